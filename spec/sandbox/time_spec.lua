-- The clock of a box, and the things that depend on the time: the window of 24 hours, limits, usage, tokens and files. No spec sleeps.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local DAY = 86400
local TEXT = { to = "16505551234", text = { body = "x" } }
local TEMPLATE = { to = "16505551234", template = { name = "n", language = { code = "en" } } }

local function new_client(box, options)
  local all = { token = "t", phone_number_id = "1", transport = box.transport, limiter = false, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return whatsapp.new(all)
end

local function code_of(client, message)
  local result, _, details = client:send(message or TEXT)
  return result and 200 or details.code
end

describe("the clock of the sandbox", function()
  it("moves only if a program moves it, and does the due work in order, each at its time", function()
    local times = {}
    local box
    box = sandbox.new { webhook = function(request)
      local value = json.decode(request.body).entry[1].changes[1].value
      times[#times + 1] = ("%s %g"):format(value.statuses[1].status, box.clock:now() - times.start)
      return { status = 200, headers = {}, body = "" }
    end, statuses = { sent = 1, delivered = 3, read = 60 } }
    times.start = box.clock:now()
    local client = new_client(box)
    assert(client:send(TEXT))
    box.clock:advance(0.5)
    assert(client:send(TEXT))
    assert.equal(0.5, box:due())
    box.clock:advance(100)
    times.start = nil
    assert.same({ "sent 1", "sent 1.5", "delivered 3", "delivered 3.5", "read 60", "read 60.5" }, times)
    assert.is_nil(box:due())
  end)

  it("never goes back, also if the real clock goes back", function()
    local real = 1000000
    local box = sandbox.new { now = function() return real end }
    assert.equal(1000000, box.clock:now())
    box.clock:advance(50)
    real = 999000
    assert.equal(1000050, box.clock:now())
    real = 1000100
    assert.equal(1000150, box.clock:now())
    assert.equal(1000200, box.clock:set(1000200))
    for _, wrong in ipairs { function() box.clock:set(5) end, function() box.clock:advance(-1) end, function() box.clock:advance "x" end,
      function() box.clock:set(nil) end, function() box.clock:advance(0 / 0) end, function() box.clock:advance(1 / 0) end } do
      local ok, err = pcall(wrong)
      assert.is_false(ok)
      assert.is_truthy(err:find("time_spec.lua", 1, true), err)
    end
    assert.equal(1000200, box.clock:now())
  end)

  it("freezes, and continues from the same time", function()
    local real = 1000
    local box = sandbox.new { now = function() return real end }
    box.clock:freeze()
    real = 2000
    assert.equal(1000, box.clock:now())
    box.clock:advance(10)
    assert.equal(1010, box.clock:now())
    box.clock:freeze(false)
    assert.equal(1010, box.clock:now())
    real = 2005
    assert.equal(1015, box.clock:now())
  end)

  it("is the clock of the transport: waits of retries and limits take no real time", function()
    local box = sandbox.new()
    box.chaos:add { on = "answer", what = "throttle", code = 131056, times = 2 }
    local client, start = new_client(box, { retry = { total = 600 } }), box.clock:now()
    assert(client:send(TEXT))
    assert.is_true(box.clock:now() - start >= 6)
    local slow = new_client(box, { limiter = { pair = { interval = 100, burst = 1 }, max_wait = 1e6 } })
    start = box.clock:now()
    for _ = 1, 3 do assert(slow:send(TEXT)) end
    assert.equal(200, box.clock:now() - start)
  end)

  it("lets a handler send and wait; the work that the handler adds is done after the handler", function()
    local order, client = {}, nil
    local handle = whatsapp.webhook.handler { app_secret = "s", verify_token = "v", on = {
      message = function(event)
        order[#order + 1] = "begin"
        assert(client:reply(event, { text = { body = "one" } }))
        assert(client:reply(event, { text = { body = "two" } }))
        order[#order + 1] = "end"
      end,
      status = function(event) order[#order + 1] = event.status end,
    } }
    local box = sandbox.new { app_secret = "s", webhook = handle }
    box.chaos:add { on = "answer", what = "late", seconds = 5, times = 1 }
    client = new_client(box)
    assert.equal(200, (box:user("16505551234"):writes "hi").status)
    box.clock:advance(1)
    assert.same({ "begin", "end", "sent", "delivered", "sent", "delivered" }, order)
  end)
end)

describe("the window of the sandbox", function()
  it("closes 24 hours after a user wrote or called; a template is still accepted", function()
    for _, opens in ipairs { function(ana) ana:writes "hi" end, function(ana) ana:calls() end, function(ana) ana:sends_location(1, 1) end } do
      local box = sandbox.new { numbers = { "1" } }
      local client = new_client(box)
      opens(box:user "16505551234")
      box.clock:advance(DAY - 1)
      assert.equal(200, code_of(client))
      box.clock:advance(1)
      assert.equal(131047, code_of(client))
      assert.equal(200, code_of(client, TEMPLATE))
      assert.equal(131047, code_of(client, { to = "+1 (650) 555-1234", text = { body = "x" } }))
      opens(box:user "16505551234")
      assert.equal(200, code_of(client))
    end
  end)

  it("is not longer after an ad, and a message of the business does not open it", function()
    local box = sandbox.new { numbers = { "1" } }
    local client = new_client(box)
    box:user("16505551234"):writes("hi", { referral = { source_type = "ad", source_id = "1" } })
    box.clock:advance(DAY - 1)
    assert.equal(200, code_of(client))
    box.clock:advance(2)
    assert.equal(131047, code_of(client))
  end)

  it("is separate for each number of the business", function()
    local box = sandbox.new { numbers = { "1", "2" }, window = "strict" }
    box:user("16505551234"):writes("hi", { number = "1" })
    assert.equal(200, code_of(new_client(box)))
    assert.equal(131047, code_of(new_client(box, { phone_number_id = "2" })))
  end)

  it("follows the option for a user who never wrote", function()
    for mode, codes in pairs { api = { 200, 131047 }, strict = { 131047, 131047 }, off = { 200, 200 }, late = { 200, 200 } } do
      local box = sandbox.new { window = mode, numbers = { "1" } }
      local client = new_client(box)
      assert.equal(codes[1], code_of(client))
      assert.equal(codes[1], code_of(client, { to = "49" .. #mode, text = { body = "to somebody new" } }))
      assert.equal(200, code_of(client, { to = "Y2FwaV9ncm91cDox", recipient_type = "group", text = { body = "to a group" } }))
      box:user("16505551234"):writes "hi"
      box.clock:advance(DAY)
      assert.equal(codes[2], code_of(client))
      box.clock:advance(10)
      local last = box.messages[#box.messages]
      if mode == "late" then assert.same({ "failed", 131047 }, { last.status, last.error }) end
    end
  end)

  it("agrees with whatsapp.window, which reads the same webhooks", function()
    local book
    local handle = whatsapp.webhook.handler { app_secret = "s", verify_token = "v", on = { event = function(event) book:feed(event) end } }
    local box = sandbox.new { app_secret = "s", webhook = handle, numbers = { "1" } }
    book = whatsapp.window.new { now = box.transport.now }
    assert.is_nil((book:open "16505551234"))
    box:user("16505551234"):writes "hi"
    box.clock:advance(DAY - 10)
    assert.same({ true, 200 }, { (book:open "16505551234"), code_of(new_client(box)) })
    box.clock:advance(11)
    assert.same({ false, 131047 }, { (book:open "16505551234"), code_of(new_client(box)) })
  end)
end)

describe("the limits of the sandbox", function()
  it("are off without the option", function()
    local box = sandbox.new()
    local client = new_client(box)
    for _ = 1, 200 do assert(client:send(TEXT)) end
    assert.equal(200, #box.messages)
  end)

  it("are the API's limits: 80 messages a second for a number, and one in 6 seconds to a user after 45", function()
    local box = sandbox.new { limits = "api", limit_status = 429 }
    local client = new_client(box)
    for i = 1, 8 do assert.equal(200, code_of(client, { to = "1650" .. i, text = { body = "x" } })) end
    local _, _, details = client:send { to = "16509", text = { body = "x" } }
    assert.same({ 130429, 429 }, { details.code, details.http_status })
    box.clock:advance(1)
    for _ = 1, 45 do
      assert.equal(200, code_of(client))
      box.clock:advance(0.02)
    end
    assert.equal(131056, code_of(client))
    assert.equal(200, code_of(client, { to = "2", text = { body = "x" } }))
    box.clock:advance(6)
    assert.equal(200, code_of(client))
    assert.equal(131056, code_of(client))
    assert.is_true(box.traffic:gauges("1", "16505551234").pair > 90)
  end)

  it("never refuse a message of a client that keeps them itself", function()
    local box = sandbox.new { limits = "api" }
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = box.transport, retry = false }
    local list = {}
    for i = 1, 300 do list[i] = { to = "1650" .. i % 4, text = { body = "x" } } end
    for _, result, err in client:each(list) do assert(result, err) end
    assert.equal(300, #box.messages)
  end)

  it("are reported in headers, computed from the traffic", function()
    local box = sandbox.new()
    local client = new_client(box)
    local _, _, info = client:send(TEXT)
    assert.equal(0, info.usage.app.call_count)
    for _ = 1, 500 do client:send(TEXT) end
    _, _, info = client:send(TEXT)
    assert.equal(10, info.usage.app.call_count)
    local _, business = next(info.usage.business)
    assert.equal(10, business[1].call_count)
    box.clock:advance(3700)
    _, _, info = client:send(TEMPLATE)
    assert.equal(0, info.usage.app.call_count)
    box.chaos:add { on = "answer", what = "throttle", code = 80007, retry_after = 300, times = 1 }
    local answer = box.handle { method = "POST", url = "/v26.0/1/messages", headers = { authorization = "Bearer t" }, body = "{}" }
    assert.is_truthy(answer.headers["x-business-use-case-usage"]:find('"estimated_time_to_regain_access":5', 1, true))
  end)
end)

describe("a token of the sandbox", function()
  it("expires by the clock after its first request, and then another token is valid", function()
    local box = sandbox.new { token_life = 24 * 3600 }
    local now = "first"
    local client = whatsapp.new { token = function() return now end, phone_number_id = "1", transport = box.transport }
    local function code()
      local sent, _, details = client:send(TEXT)
      return sent and "sent" or ("%d/%d"):format(details.code, details.subcode)
    end
    assert.equal("sent", code())
    box.clock:advance(24 * 3600 - 1)
    assert.equal("sent", code())
    box.clock:advance(1)
    assert.equal("190/463", code())
    now = "second"
    assert.equal("sent", code())
    box.clock:advance(24 * 3600)
    assert.equal("190/463", code())
    assert.is_nil(json.encode(box:state()):find("second", 1, true))
    box:reset()
    assert.equal("sent", code())
  end)

  it("does not expire without token_life", function()
    local box = sandbox.new()
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = box.transport }
    assert(client:send(TEXT))
    box.clock:advance(400 * 86400)
    assert(client:send { to = "1", template = { name = "n", language = { code = "en" } } })
  end)
end)

describe("a file of the sandbox", function()
  it("has a URL for 5 minutes, and is kept for 30 days", function()
    local box = sandbox.new()
    local client = new_client(box)
    local id = assert(client.media:upload { data = "%PDF-1.4", filename = "a.pdf" }).id
    local found = assert(client.media:get(id))
    local function status_of(url)
      return box.handle({ method = "GET", url = url, headers = { authorization = "Bearer t", ["user-agent"] = "a/1.0" } }).status
    end
    assert.equal(200, status_of(found.url))
    box.clock:advance(299)
    assert.equal(200, status_of(found.url))
    box.clock:advance(1)
    assert.equal(404, status_of(found.url))
    box.clock:advance(29 * DAY)
    assert.equal(200, status_of(assert(client.media:get(id)).url))
    box.clock:advance(DAY)
    assert.is_nil((client.media:get(id)))
  end)
end)
