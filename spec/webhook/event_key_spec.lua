-- The key of an event: equal for equal data, different for different data, in linear time, without lua-cjson.
local event_key = require "whatsapp.webhook.event_key"
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local webhooks = require "spec.support.webhooks"

local function spelled(text)
  return event_key.spelling(assert(json.decode(text)))
end

describe("the spelling of data", function()
  it("is the same for the same data, also if the JSON is written differently", function()
    for first, second in pairs {
      ['{"a":1,"b":[true,null,"x"]}'] = '{ "b" : [ true , null , "\\u0078" ], "a" : 1 }',
      ['{"n":1.0}'] = '{"n":1}', ['{"n":1e2}'] = '{"n":100}', ['{"n":-0.5}'] = '{"n":-5e-1}',
    } do
      assert.equal(spelled(first), spelled(second))
    end
    local shuffled, sorted = {}, {}
    for i = 1, 200 do shuffled["k" .. (i * 37 % 200)] = i * 37 % 200 end
    for i = 0, 199 do sorted["k" .. i] = i end
    assert.equal(event_key.spelling(sorted), event_key.spelling(shuffled))
  end)

  it("is different for different data", function()
    local seen = {}
    for _, text in ipairs { '{"a":1}', '{"a":"1"}', '{"a":true}', '{"a":null}', '{"a":[1]}', '{"a":{"b":1}}', '{"a":1.5}', '{"a":2}',
      '{"a":"true"}', '{"a":"null"}', '{"a":{}}', '{"ab":""}', '{"a":"b"}', '{"a":"","b":""}', '{"a":"{1:b0:,}"}', '["a",1]', '["a1"]',
      '[["a"],1]', '[["a",1]]', '[1,2]', '[12]', '[2,1]', '{"a":12345678901234567}', '{"a":12345678901234568}', '{"":""}', '[]' } do
      local spelling = spelled(text)
      assert.is_nil(seen[spelling], text)
      seen[spelling] = true
    end
  end)

  it("accepts any table, and takes linear time", function()
    local deep, round = {}, {}
    for _ = 1, 100000 do deep = { deep } end
    round.round = round
    for _, value in ipairs { deep, round, { [{}] = 1, [1.5] = 2, [true] = 3 }, { print, io.stdout }, { 0 / 0, math.huge, -math.huge } } do
      assert.is_string(event_key.spelling(value))
    end
    local shared = { 1 }
    for _ = 1, 60 do shared = { shared, shared } end -- 2^60 values
    assert.is_string(event_key.spelling(shared))
    local function seconds(count)
      local list = {}
      for i = 1, count do list[i] = { a = { b = { c = ("x"):rep(50) } } } end
      local started = os.clock()
      event_key.spelling { list }
      return os.clock() - started
    end
    seconds(1000)
    local few, many = seconds(2000) + 0.002, seconds(20000)
    assert.is_true(many < few * 40, ("%g %g"):format(few, many))
  end)
end)

describe("the key of an event", function()
  it("is bounded for an id of any length", function()
    for _, kind in ipairs { "message", "status", "change", "error", "payment" } do
      for _, id in ipairs { "x", ("x"):rep(257), ("x"):rep(4000000) } do
        local key = event_key.of { kind = kind, id = id, status = id, participant = id, raw = { id = id } }
        assert.is_true(#key <= 300)
        assert.not_equal(key, event_key.of { kind = kind, id = id .. "y", status = id, participant = id, raw = { id = id .. "y" } })
      end
    end
  end)
end)

describe("receiving", function()
  it("needs neither lua-cjson nor libcurl", function()
    local body = webhooks.body { messages = { webhooks.text("a", "x") }, statuses = { webhooks.status("b", "read") }, new = { 1, { x = 2 } },
      errors = { { code = 1 } } }
    local program = ([[
      for _, name in ipairs { "cjson", "cjson.safe", "whatsapp.curl" } do
        package.preload[name] = function() error(name .. " is not here", 0) end
      end
      local whatsapp = require "whatsapp"
      local tracker, book = whatsapp.status.tracker(), whatsapp.window.new()
      local seen = {}
      local handle = whatsapp.webhook.handler { app_secret = "%s", verify_token = "t", on_error = print, on = { event = function(event)
        seen[#seen + 1] = event.kind
        tracker:feed(event)
        book:feed(event)
      end } }
      local body = io.read "*a"
      for _ = 1, 2 do
        local response = handle { method = "POST", headers = { ["x-hub-signature-256"] = "%s" }, body = body }
        io.write(response.status, " ")
      end
      io.write(table.concat(seen, " "), " ", tracker:state("b").status, " ", tostring(book:open "16505551234"))
    ]]):format(webhooks.SECRET, webhooks.sign(body))
    local scratch = require("spec.support.scratch").new()
    finally(scratch.remove)
    scratch.write("program.lua", program)
    scratch.write("body", body)
    local said = output(("%s %s < %s 2>&1"):format(os.getenv "LUA" or "lua5.4", scratch.path "program.lua", scratch.path "body"))
    assert.equal("200 200 message status error change read nil", said)
  end)
end)
