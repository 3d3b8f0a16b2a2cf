-- The endpoint as a function: its answers, one callback for each event, and no lost event after a failure.
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local SECRET, TOKEN = webhooks.SECRET, webhooks.TOKEN

-- returns a handler, the events of its callbacks, and its reports
local function new(changes)
  local seen, reported = {}, {}
  local function keep(event) seen[#seen + 1] = event.kind .. ":" .. tostring(event.id) end
  local options = {
    app_secret = SECRET, verify_token = TOKEN, on = { message = keep, status = keep },
    on_error = function(text, event, final) reported[#reported + 1] = { text, event and event.id, final } end,
  }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.webhook.handler(options), seen, reported
end

local function messages(...)
  local list = {}
  for i, id in ipairs { ... } do list[i] = webhooks.text(id, "x") end
  return webhooks.post(webhooks.body { messages = list })
end

describe("the handler", function()
  it("answers the challenge, and no other GET", function()
    local handle = new()
    local function get(query) return handle { method = "GET", query = query, headers = {} } end
    local answer = get("hub.mode=subscribe&hub.challenge=77&hub.verify_token=" .. TOKEN)
    assert.same({ 200, "77", "text/plain" }, { answer.status, answer.body, answer.headers["content-type"] })
    assert.equal(403, get("hub.mode=subscribe&hub.challenge=77&hub.verify_token=x").status)
    assert.equal("", get("hub.mode=subscribe&hub.challenge=77&hub.verify_token=x").body)
    assert.equal(404, get("").status)
    assert.equal(404, get().status)
    assert.equal(405, handle { method = "PUT", headers = {} }.status)
    assert.equal("GET, POST", handle({}).headers.allow)
  end)

  it("verifies before it reads, with header names in any case", function()
    local handle, seen, reported = new()
    local request = messages "a"
    for _, headers in ipairs { {}, { ["x-hub-signature-256"] = "sha256=" .. ("0"):rep(64) }, { ["X-Hub-Signature-256"] = {} }, { 5 } } do
      assert.equal(401, handle { method = "POST", headers = headers, body = request.body }.status)
    end
    assert.equal(401, handle { method = "POST", body = request.body }.status)
    assert.equal(401, handle { method = "POST", headers = request.headers }.status)
    assert.same({}, seen)
    assert.equal(6, #reported)
    for _, name in ipairs { "x-hub-signature-256", "X-HUB-SIGNATURE-256", "X-Hub-Signature-256" } do
      assert.equal(200, handle { method = "POST", headers = { [name] = webhooks.sign(request.body) }, body = request.body }.status)
    end
    assert.same({ "message:a" }, seen)
  end)

  it("uses the last of several signatures", function()
    local handle = new()
    local request = messages "a"
    local good, bad = request.headers["X-Hub-Signature-256"], "sha256=" .. ("0"):rep(64)
    for _, row in ipairs { { { good, bad }, 401 }, { { bad, good }, 200 }, { {}, 401 }, { { good }, 200 } } do
      for _, name in ipairs { "x-hub-signature-256", "X-Hub-Signature-256" } do
        assert.equal(row[2], handle { method = "POST", headers = { [name] = row[1] }, body = request.body }.status)
      end
    end
  end)

  it("keeps its secrets if the caller changes the list", function()
    local secrets = { "old", SECRET }
    local handle = new { app_secret = secrets }
    secrets[1], secrets[2] = nil, nil
    assert.equal(200, handle(messages "a").status)
  end)

  it("answers 413 to a body over the limit, and 200 to one that cannot be read", function()
    local handle, _, reported = new { max_body = 100 }
    assert.equal(413, handle(webhooks.post(("x"):rep(101))).status)
    assert.equal(200, handle(webhooks.post "no json").status)
    assert.equal(1, #reported)
    assert.equal(200, handle(webhooks.post '{"object":"of tomorrow"}').status)
  end)

  it("calls back once for each event, also if it comes again in another body", function()
    local handle, seen = new()
    assert.equal(200, handle(messages("a", "b", "a")).status)
    assert.equal(200, handle(messages("b", "c")).status)
    local function status(word, more) return webhooks.status("a", word, more) end
    for _ = 1, 2 do
      handle(webhooks.post(webhooks.body { statuses = { status "sent", status "read", status("read", { recipient_participant_id = "1" }),
        status("read", { recipient_participant_id = "2" }) } }))
    end
    assert.same({ "message:a", "message:b", "message:c", "status:a", "status:a", "status:a", "status:a" }, seen)
  end)

  it("recognizes other events by their content", function()
    local seen = {}
    local handle = new { on = { event = function(event) seen[#seen + 1] = event.kind end } }
    local function change(value) return webhooks.post(webhooks.body(value, "account_update")) end
    for _ = 1, 2 do
      handle(change { event = "A", more = { x = 1, y = { 1, 2, "\255" } } })
      handle(change { event = "B" })
      handle(webhooks.post(webhooks.body { errors = { { code = 1 } } }))
      handle(messages "a")
    end
    assert.same({ "change", "change", "error", "message" }, seen)
  end)

  it("does not treat a refund as a duplicate, or a payment as a status of the message", function()
    local tracker, seen = whatsapp.status.tracker(), {}
    local handle = new { on = { status = function(event) tracker:feed(event) end, payment = function(event)
      tracker:feed(event)
      seen[#seen + 1] = event.payment.refunds and event.payment.refunds[1].id or event.status
    end } }
    local function payment(refund, word)
      return webhooks.post(webhooks.body { statuses = { webhooks.status("m", word or "captured", { type = "payment",
        payment = { reference_id = "o", refunds = refund and { { id = refund } } } }) } })
    end
    handle(webhooks.post(webhooks.body { statuses = { webhooks.status("m", "delivered") } }))
    for _ = 1, 3 do
      for _, request in ipairs { payment(), payment "r1", payment "r2", payment(nil, "failed") } do handle(request) end
    end
    assert.same({ "captured", "r1", "r2", "failed" }, seen)
    assert.equal("delivered", tracker:state("m").status)
  end)

  it("has a callback for each kind", function()
    local seen = {}
    local on = {}
    for _, kind in ipairs { "message", "status", "error", "echo", "payment", "standby", "change" } do
      on[kind] = function(event) seen[#seen + 1] = kind == event.kind and kind end
    end
    local handle = new { on = on }
    handle(webhooks.post(webhooks.body { messages = { webhooks.text("m", "x") }, errors = { { code = 1 } },
      statuses = { webhooks.status("m", "read"), webhooks.status("m", "pending", { type = "payment" }) } }))
    handle(webhooks.post(webhooks.body({ standby = { messages = { webhooks.text("n", "x") } } }, "standby")))
    handle(webhooks.post(webhooks.body({ message_echoes = { { id = "e" } } }, "message_echoes")))
    handle(webhooks.post(webhooks.body({ event = "A" }, "account_update")))
    assert.same({ "message", "status", "payment", "error", "standby", "echo", "change" }, seen)
  end)

  it("handles the events after an event that fails, and makes the API repeat this event", function()
    local calls, fails = {}, 2
    local handle, _, reported = new { on = { message = function(event)
      calls[#calls + 1] = event.id
      if event.id == "b" and fails > 0 then
        fails = fails - 1
        error "no database"
      end
    end } }
    local request = messages("a", "b", "c")
    assert.same({ 500, 500, 200, 200 }, { handle(request).status, handle(request).status, handle(request).status, handle(request).status })
    assert.same({ "a", "b", "c", "b", "b" }, calls)
    assert.same({ 2, "b", false }, { #reported, reported[1][2], reported[1][3] })
    assert.is_truthy(reported[1][1]:find "no database")
  end)

  it("continues after every error of a callback, a store or defer, and handles the other events", function()
    local function object(shown) return setmetatable({}, { __tostring = shown }) end
    for i, raised in ipairs { "x", object(function() error "no" end), object(function() return {} end), object(function() return nil end),
      object(function() error(object(error)) end), {}, print, 5, false, "nil" } do
      if raised == "nil" then raised = nil end
      local calls = {}
      local handle, _, reported = new { on = { message = function(event)
        calls[#calls + 1] = event.id
        if event.id == "b" then error(raised) end
      end } }
      assert.equal(500, handle(messages("a", "b", "c")).status)
      assert.same({ "a", "b", "c" }, calls)
      assert.same({ 1, "string" }, { #reported, type(reported[1] and reported[1][1]) }, tostring(i))
      local function raise() error(raised) end
      handle, _, reported = new { store = { begin = raise, done = raise, forget = raise } }
      assert.equal(500, handle(messages("a", "b")).status)
      assert.equal(2, #reported)
      handle, _, reported = new { defer = raise, on_error = nil }
      assert.equal(500, handle(messages "a").status)
      assert.equal(1, #reported)
    end
  end)

  it("gives up an event after the allowed number of attempts, and reports this", function()
    local calls = 0
    local handle, _, reported = new { attempts = 3, on = { message = function()
      calls = calls + 1
      error "never"
    end } }
    local answers = {}
    for i = 1, 5 do answers[i] = handle(messages "a").status end
    assert.same({ 500, 500, 200, 200, 200 }, answers)
    assert.same({ 3, 3, true }, { calls, #reported, reported[3][3] })
  end)

  it("answers 500 to a body whose event another request is handling", function()
    local handle, inner
    handle = new { on = { message = function() inner = handle(messages "a").status end } }
    assert.equal(200, handle(messages "a").status)
    assert.equal(500, inner) -- if the first fails, the API has to repeat it
    assert.equal(200, handle(messages "a").status)
  end)

  it("can answer first and do the work later", function()
    local work, _
    local fail = true
    local handle, seen, reported
    handle, seen = new { defer = function(f) work = f end }
    assert.equal(200, handle(messages "a").status)
    assert.same({}, seen)
    work()
    assert.same({ "message:a" }, seen)
    handle, _, reported = new { defer = function(f) f() end, on = { message = function() if fail then error "x" end end } }
    assert.equal(200, handle(messages "a").status)
    assert.same({ 1, true }, { #reported, reported[1][3] })
    handle, _, reported = new { defer = function() error "no timers" end }
    assert.same({ 500, 1 }, { handle(messages "a").status, #reported })
  end)

  it("continues if a store and on_error fail", function()
    local broken = { begin = function() error "down" end, done = function() error "down" end, forget = error }
    local handle, seen, reported = new { store = broken }
    assert.equal(500, handle(messages "a").status)
    assert.same({ 0, 1, false }, { #seen, #reported, reported[1][3] }) -- the API repeats it
    local later, _, lost = new { store = broken, defer = function(work) work() end }
    assert.equal(200, later(messages "a").status)
    assert.same({ 1, true }, { #lost, lost[1][3] }) -- the API does not repeat it
    broken.begin = function() return 1 end
    assert.equal(200, handle(messages "a").status)
    assert.same({ 1, 2 }, { #seen, #reported })
    handle = new { on_error = error, on = { message = error } }
    assert.equal(500, handle(messages "a").status)
  end)

  it("raises at the caller for options that are missing or of another kind", function()
    local function raises(changes, with)
      local ok, err = pcall(function()
        local made = new(changes)
        return made
      end)
      assert.is_false(ok)
      assert.is_truthy(err:find(with, 1, true), err)
    end
    for _, name in ipairs { "app_secret", "verify_token", "on" } do
      local options = { app_secret = SECRET, verify_token = TOKEN, on = {} }
      options[name] = nil
      assert.has_error(function() whatsapp.webhook.handler(options) end)
    end
    assert.has_error(function() whatsapp.webhook.handler(nil) end)
    raises({ app_secret = "" }, "app_secret")
    raises({ app_secret = {} }, "app_secret")
    raises({ app_secret = { "a", "" } }, "app_secret")
    raises({ verify_token = "" }, "verify_token")
    for _, holes in ipairs { { nil, "old" }, { "new", nil, "old" }, { "a", x = "b" }, { [2] = "a" }, { "a", [3] = "b" }, { "a", [1.5] = "b" } } do
      raises({ app_secret = holes }, "app_secret")
      assert.has_error(function() whatsapp.webhook.verify("x", "sha256=", holes) end)
    end
    raises({ on = { mesage = print } }, "option on")
    raises({ on = { message = 5 } }, "option on")
    raises({ store = {} }, "option store")
    raises({ ttl = 0 }, "option ttl")
    raises({ attempts = 1.5 }, "option attempts")
    raises({ defer = 5 }, "option defer")
    raises({ onerror = print }, "unknown option onerror")
  end)
end)

describe("the memory store of events", function()
  it("is bounded in entries and in time", function()
    local now = 0
    local memory = whatsapp.webhook.memory_store { max = 3, now = function() return now end }
    for i = 1, 100 do
      assert.equal(1, memory:begin("k" .. i, 10))
      memory:done("k" .. i)
    end
    assert.same({ 3, 97 }, { memory.events.count, memory.forgotten })
    for _, key in ipairs { "k98", "k99", "k100" } do assert.is_nil((memory:begin(key, 10))) end
    assert.equal(1, memory:begin("k1", 10))
    now = 10
    assert.equal(1, memory:begin("k100", 10))
    assert.is_true(memory.events.count <= 3)
    assert.equal(98, memory.forgotten)
  end)

  it("counts attempts, and gives up an attempt that never ends", function()
    local now = 0
    local memory = whatsapp.webhook.memory_store { claim = 5, now = function() return now end }
    assert.equal(1, memory:begin("a", 100))
    assert.same({ nil, "busy" }, { memory:begin("a", 100) })
    memory:forget "a"
    assert.equal(2, memory:begin("a", 100))
    now = 5
    assert.equal(3, memory:begin("a", 100))
    memory:done "a"
    assert.same({}, { memory:begin("a", 100) })
    memory:done "unknown"
    memory:forget "unknown"
  end)

  it("also has the names of 0.1", function()
    for _, store in ipairs { require "whatsapp.webhook.store", require "whatsapp.webhook.memory", whatsapp.webhook.store } do
      local memory = store.memory { max = 1 }
      assert.equal(1, memory:begin("a", 10))
    end
  end)

  it("reports to the handler's on_error when it forgets an event, but not for every event", function()
    local handle, seen, reported = new { store = whatsapp.webhook.memory_store { max = 10 } }
    for i = 1, 200 do assert.equal(200, handle(messages("m" .. i)).status) end
    assert.equal(200, #seen)
    assert.equal(8, #reported) -- 1, 2, 4 ... 128
    assert.is_truthy(reported[1][1]:find("dropped 1 ", 1, true), reported[1][1])
    assert.is_truthy(reported[8][1]:find("dropped 128 ", 1, true), reported[8][1])
    handle(messages "m1")
    assert.equal(201, #seen)
  end)

  it("raises at the caller for unknown options", function()
    for _, options in ipairs { { size = 5 }, { max = 0 }, { claim = -1 }, { now = 5 } } do
      local ok, err = pcall(function()
        local made = whatsapp.webhook.memory_store(options)
        return made
      end)
      assert.is_false(ok)
      assert.is_truthy(err:find("handler_spec.lua:", 1, true), err)
    end
  end)
end)

describe("the user's code around the handler", function()
  local function raise() error(setmetatable({}, { __tostring = function() error("no text", 0) end })) end
  local function nothing() end
  local function first() return 1 end
  local function store(begin, more)
    local made = { begin = begin, done = nothing, forget = nothing }
    for name, value in pairs(more or {}) do made[name] = value end
    return made
  end

  -- a fault of the code -> the changed options, the status and the number of handled events
  local WRONG = {
    ["a store whose begin raises"] = { { store = store(raise) }, 500, 0 },
    ["a store whose begin returns true"] = { { store = store(function() return true end) }, 200, 2 },
    ["a store whose begin returns a string"] = { { store = store(function() return "1" end) }, 200, 2 },
    ["a store whose begin returns a table"] = { { store = store(function() return {} end) }, 200, 2 },
    ["a store whose done raises"] = { { store = store(first, { done = raise }) }, 200, 2 },
    ["a store that has forgotten NaN events"] = { { store = store(first, { forgotten = 0 / 0 }) }, 200, 2, true },
    ["a store that has forgotten a text"] = { { store = store(first, { forgotten = {} }) }, 200, 2, true },
    ["a store whose metatable raises"] = { { store = setmetatable(store(first), { __index = raise }) }, 200, 2, true },
    ["a clock that raises"] = { { observe = nothing, now = raise }, 200, 2 },
    ["a clock that returns nothing"] = { { observe = nothing, now = nothing }, 200, 2 },
    ["a clock that returns a text"] = { { observe = nothing, now = function() return "x" end }, 200, 2 },
    ["an observer that raises"] = { { observe = raise }, 200, 2 },
    ["a defer that raises"] = { { defer = raise }, 500, 0 },
    ["an on_error that raises"] = { { observe = raise, on_error = raise }, 200, 2, true },
  }

  for name, row in pairs(WRONG) do
    it("loses no event: " .. name, function()
      local handle, seen, reported = new(row[1])
      assert.equal(row[2], handle(messages("a", "b")).status)
      assert.equal(row[3], #seen)
      assert.is_true(row[4] or #reported > 0)
      for _, report in ipairs(reported) do assert.is_nil(report[1]:find "%c") end
    end)
  end

  it("lets a failed event come again: a store whose begin returns true", function()
    local handle = new { store = store(function() return true end), on = { message = raise } }
    assert.equal(500, handle(messages "a").status)
  end)
end)
