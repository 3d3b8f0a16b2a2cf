-- The faults of a box: each kind has the effect that its row says, and the client reports the fault as it would with the real API. In
-- this process, in virtual time. spec/sandbox/each_spec.lua has all faults at once.
local chaos = require "whatsapp.sandbox.chaos"
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local TEXT = { to = "16505551234", text = { body = "x" } }

local function new_client(box, options)
  options = options or {}
  options.token, options.phone_number_id, options.transport = "t", "1", box.transport
  if options.retry == nil then options.retry = false end
  return whatsapp.new(options)
end

-- faults of answers; each row: the rule, the client's details (nil: success), whether the box accepts the message, the seconds that
-- the client waits
local ANSWERS = {
  { { what = "hang" }, { kind = "transport", curl_code = 28, may_have_been_sent = true, retryable = false }, true, 30 },
  { { what = "reset" }, { kind = "transport", curl_code = 56, may_have_been_sent = true, retryable = false }, true, 0 },
  { { what = "refuse" }, { kind = "transport", curl_code = 56, may_have_been_sent = true, retryable = false }, false, 0 },
  { { what = "truncated" }, { kind = "transport", curl_code = 56, http_status = 200, may_have_been_sent = true }, true, 0 },
  { { what = "html" }, { kind = "protocol", http_status = 502, may_have_been_sent = true, retryable = false }, true, 0 },
  { { what = "html", status = 503 }, { kind = "protocol", http_status = 503, may_have_been_sent = true }, true, 0 },
  { { what = "slow", seconds = 3 }, nil, true, 3 },
  { { what = "late", seconds = 7 }, nil, true, 7 },
  { { what = "late", seconds = 70 }, { kind = "transport", curl_code = 28, may_have_been_sent = true }, true, 30 },
  { { what = "throttle" }, { kind = "api", code = 130429, http_status = 400, retryable = true, may_have_been_sent = false }, false, 0 },
  { { what = "throttle", code = 131056 }, { kind = "api", code = 131056, retryable = true, may_have_been_sent = false }, false, 0 },
  { { what = "throttle", code = 4, retry_after = 60, status = 429 },
    { kind = "api", code = 4, http_status = 429, retry_after = 60, retryable = true }, false, 0 },
  { { what = "throttle", code = 80007 }, { kind = "api", code = 80007, retryable = true }, false, 0 },
  { { what = "error", code = 131047 }, { kind = "api", code = 131047, http_status = 400, retryable = false }, false, 0 },
  { { what = "error", code = 131000 }, { kind = "api", code = 131000, http_status = 500, may_have_been_sent = true }, false, 0 },
  { { what = "token_expired" }, { kind = "api", code = 190, subcode = 463, http_status = 401, may_have_been_sent = false }, false, 0 },
}

-- faults of webhooks, applied to the messages "1", "2" and "3" of a user; each row: the rule, the texts that have arrived at once, and
-- the texts that have arrived after an hour, both in the order of arrival
local WEBHOOKS = {
  { { what = "twice" }, "1 1 2 3", "1 1 2 3" },
  { { what = "twice", copies = 3 }, "1 1 1 2 3", "1 1 1 2 3" },
  { { what = "late", seconds = 60 }, "2 3", "2 3 1" },
  { { what = "drop" }, "2 3", "2 3 1" },
  { { what = "lose" }, "2 3", "2 3" },
  { { what = "reverse", times = 3, hold = 3 }, "3 2 1", "3 2 1" },
  { { what = "reverse", times = 1, hold = 3 }, "2 3", "2 3 1" },
  { { what = "batch", times = 3 }, "", "123" },
  { { what = "garble" }, "2 3", "2 3 1" },
  { { what = "empty_values" }, "messages 2 3", "messages 2 3" },
}

local function words_of(body)
  local words = {}
  for _, entry in ipairs(json.decode(body).entry) do
    words[#words + 1] = entry.changed_fields and entry.changed_fields[1] or entry.changes[1].value.messages[1].text.body
  end
  return table.concat(words)
end

describe("a fault of an answer", function()
  it("has the effect of its row, and the client says whether the message may have been sent", function()
    for _, row in ipairs(ANSWERS) do
      local box = sandbox.new()
      local rule = row[1]
      rule.on, rule.times = "answer", 1
      box.chaos:add(rule)
      local client, start = new_client(box), box.clock:now()
      local result, _, details = client:send(TEXT)
      assert.equal(row[2] == nil, result ~= nil, rule.what)
      for name, value in pairs(row[2] or {}) do assert.equal(value, details[name], rule.what .. " " .. name) end
      assert.equal(row[3], #box.messages == 1, rule.what)
      assert.equal(row[4], box.clock:now() - start, rule.what)
      assert(client:send(TEXT))
    end
  end)

  it("has the same effect in a batch", function()
    for _, row in ipairs(ANSWERS) do
      local box = sandbox.new()
      row[1].on, row[1].times = "answer", 1
      box.chaos:add(row[1])
      local count = 0
      for _, result, _, details in new_client(box):each({ TEXT, { to = "2", text = { body = "y" } } }, { concurrency = 2 }) do
        count = count + 1
        if not result then
          for name, value in pairs(row[2]) do assert.equal(value, details[name], row[1].what .. " " .. name) end
        end
      end
      assert.equal(2, count)
      assert.equal(row[3] and 2 or 1, #box.messages)
    end
  end)

  it("makes the client repeat a message only if the message cannot be sent twice", function()
    for _, row in ipairs(ANSWERS) do
      local box = sandbox.new()
      row[1].on, row[1].times = "answer", 1
      box.chaos:add(row[1])
      local result = new_client(box, { retry = { total = 600 } }):send(TEXT)
      assert.is_true(#box.messages <= 1)
      assert.equal(row[2] == nil or row[2].retryable == true, result ~= nil, row[1].what)
    end
  end)

  it("fires as often as its rule says: times, every, after, rate", function()
    local function fired(rule, count)
      local box = sandbox.new()
      rule.on, rule.what = "answer", "token_expired"
      box.chaos:add(rule)
      local hits = {}
      for i = 1, count do
        if not new_client(box):send(TEXT) then hits[#hits + 1] = i end
      end
      return hits, box
    end
    assert.same({ 1, 2 }, (fired({ times = 2 }, 6)))
    assert.same({ 3, 6 }, (fired({ every = 3 }, 7)))
    assert.same({ 3, 4 }, (fired({ times = 2, after = 2 }, 6)))
    assert.same({ 1, 2, 3 }, (fired({}, 3)))
    local hits = fired({ rate = 0.3 }, 100)
    assert.is_true(#hits > 15 and #hits < 45, #hits)
    assert.same(hits, (fired({ rate = 0.3 }, 100)))
    assert.same({}, (fired({ rate = 0 }, 20)))
    local _, box = fired({ times = 2 }, 6)
    assert.same({ 2, 6, false }, { box.chaos:list()[1].fired, box.chaos:list()[1].seen, box.chaos:list()[1].active })
  end)

  it("fires only for matches of its rule", function()
    local box = sandbox.new()
    box.chaos:add { on = "answer", what = "token_expired", match = { type = "image" } }
    box.chaos:add { on = "answer", what = "error", code = 131026, match = { to = "+49 151 1" } }
    box.chaos:add { on = "answer", what = "html", match = { endpoint = "media" } }
    local client = new_client(box)
    assert(client:send(TEXT))
    assert.equal(190, select(3, client:send { to = "1", image = { id = "1" } }).code)
    assert.equal(131026, select(3, client:send { to = "491511", text = { body = "x" } }).code)
    assert.equal(502, select(3, client.media:upload { data = "%PDF-1.4", filename = "a.pdf" }).http_status)
    assert(client:mark_read "wamid.X")
  end)

  it("can be removed", function()
    local box = sandbox.new()
    local id = box.chaos:add { on = "answer", what = "hang" }
    assert.is_true(box.chaos:remove(id))
    assert.is_false(box.chaos:remove(id))
    assert(new_client(box):send(TEXT))
    box.chaos:add { on = "answer", what = "hang" }
    box.chaos:clear()
    assert(new_client(box):send(TEXT))
  end)
end)

describe("a fault of a webhook", function()
  it("has the effect of its row, and only `lose` loses a message", function()
    for _, row in ipairs(WEBHOOKS) do
      local seen = {}
      local box
      box = sandbox.new { app_secret = "s", webhook = function(request)
        if not whatsapp.webhook.verify(request.body, request.headers["x-hub-signature-256"], "s") then return { status = 401 } end
        seen[#seen + 1] = words_of(request.body)
        return { status = 200, headers = {}, body = "" }
      end }
      local rule = row[1]
      rule.on, rule.times = "webhook", rule.times or 1
      box.chaos:add(rule)
      for i = 1, 3 do box:user("16505551234"):writes(tostring(i)) end
      assert.equal(row[2], table.concat(seen, " "), rule.what)
      box.clock:advance(3600)
      assert.equal(row[3], table.concat(seen, " "), rule.what)
      assert.equal(0, box.waiting.count)
    end
  end)

  it("reaches the handler once, though the webhook comes twice", function()
    local handled = 0
    local handle = whatsapp.webhook.handler { app_secret = "s", verify_token = "v", on = { message = function() handled = handled + 1 end } }
    local box = sandbox.new { app_secret = "s", webhook = handle }
    box.chaos:add { on = "webhook", what = "twice", times = 1 }
    box:user("16505551234"):writes "hi"
    assert.same({ 2, 1 }, { #box.shelves.deliveries.list, handled })
  end)

  it("puts at most a thousand changes into one body", function()
    local sizes = {}
    local box = sandbox.new { webhook = function(request)
      sizes[#sizes + 1] = #json.decode(request.body).entry
      return { status = 200, headers = {}, body = "" }
    end }
    box.chaos:add { on = "webhook", what = "batch", seconds = 1 }
    for i = 1, 1003 do box:user("16505551234"):writes(tostring(i)) end
    box.clock:advance(1)
    assert.same({ 1000, 3 }, sizes)
  end)

  it("that is only for statuses does not change the webhooks of messages; `fail` makes a message fail", function()
    local words = {}
    local box = sandbox.new { webhook = function(request)
      local value = json.decode(request.body).entry[1].changes[1].value
      local status = value.statuses and value.statuses[1]
      words[#words + 1] = status and status.status or "message"
      if status and status.errors then words[#words + 1] = status.errors[1].code end
      assert.equal(status and status.status == "failed" or false, value.contacts == nil)
      return { status = 200, headers = {}, body = "" }
    end }
    box.chaos:add { on = "status", what = "twice", match = { type = "delivered" } }
    box.chaos:add { on = "status", what = "fail", code = 131049, times = 1, after = 1 }
    box:user("16505551234"):writes "hi"
    local client = new_client(box)
    assert(client:send(TEXT))
    box.clock:advance(10)
    assert(client:send(TEXT))
    box.clock:advance(10)
    assert.same({ "message", "sent", "delivered", "delivered", "sent", "failed", 131049 }, words)
    assert.same({ "failed", 131049 }, { box.messages[2].status, box.messages[2].error })
  end)
end)

describe("a rule that is wrong", function()
  it("raises at the line of the test, and names the right values", function()
    local box = sandbox.new()
    local cases = {
      { {}, "on must be" }, { { on = "answers", what = "hang" }, 'on must be "answer", "webhook" or "status", did you mean answer?' },
      { { on = "answer", waht = "hang" }, "waht is not known, did you mean what?" },
      { { on = "answer", what = "hand" }, "did you mean hang" }, { { on = "answer" }, "what must be one of error, hang" },
      { { on = "webhook", what = "hang" }, "what must be one of" }, { { on = "answer", what = "hang", time = 1 }, "did you mean times" },
      { { on = "answer", what = "hang", code = 4 }, "hang has no code" }, { { on = "answer", what = "error" }, "error needs code" },
      { { on = "answer", what = "error", code = 1234567 }, "error takes no code 1234567" },
      { { on = "answer", what = "throttle", code = 131047 }, "throttle takes no code 131047" },
      { { on = "answer", what = "hang", times = 1, rate = 0.5 }, "only one of" }, { { on = "answer", what = "hang", rate = 2 }, "rate must be" },
      { { on = "answer", what = "hang", times = 0 }, "times must be" }, { { on = "answer", what = "hang", match = { typ = "x" } }, "match.typ" },
      { { on = "answer", what = "late", seconds = -1 }, "seconds must be" },
      { { on = "answer", what = "hang", match = { to = 5 } }, "must be a string" },
      { 5, "a rule must be a table" },
    }
    for _, case in ipairs(cases) do
      local ok, err = pcall(function() box.chaos:add(case[1]) end)
      assert.is_false(ok)
      assert.is_truthy(err:find(case[2], 1, true), err)
      assert.is_truthy(err:find("chaos_spec.lua", 1, true), err)
    end
    assert.same({}, box.chaos:list())
  end)

  it("is also read from words", function()
    local rule = { on = "answer", what = "hang", times = 1, match = { type = "text" } }
    assert.same(rule, chaos.parse "answer hang times=1 type=text")
    assert.same({ on = "webhook", what = "late", rate = 0.05, seconds = 3 }, chaos.parse " webhook late rate=0.05 seconds=3 ")
    for _, text in ipairs { "", "answer", "answer hang twice", "answer hang times=x", "webhook hang" } do
      local none, problem = chaos.parse(text)
      assert.is_nil(none)
      assert.is_string(problem)
    end
  end)
end)
