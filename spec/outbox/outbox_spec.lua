-- The outbox over the store in memory and a transport without a network, in virtual time: each message that was put is sent once,
-- or its entry says why not.
local whatsapp = require "whatsapp"

local outbox_of, memory_transport = whatsapp.outbox, require "whatsapp.transport.memory"
local memory = require "whatsapp.outbox.memory"
local json = require "whatsapp.wire.json"

local START = 1750000000

local function text(to, body, more)
  local message = { to = to or "4915112345678", type = "text", text = { body = body or "hello" } }
  for name, value in pairs(more or {}) do message[name] = value end
  return message
end

local function accepted(n)
  return { status = 200, headers = {}, body = ('{"messaging_product":"whatsapp","messages":[{"id":"wamid.%d"}]}'):format(n) }
end

local function refused(code, status)
  return { status = status or 400, headers = {}, body = ('{"error":{"message":"(#%d) no","code":%d}}'):format(code, code) }
end

-- answers: a list, or a function of (request, n, message); without an answer, a message is accepted
local function world(answers, options, client_options)
  local self = { arrived = {} }
  local n = 0
  local function answer(request)
    n = n + 1
    local message = json.decode(request.body)
    local special
    if type(answers) == "function" then special = answers(request, n, message)
    else special = (answers or {})[n] end
    if special and special.err then return nil, special.err, special.details end
    self.arrived[#self.arrived + 1] = not (special and special.status ~= 200) and message or nil
    return special or accepted(n)
  end
  self.transport = memory_transport.new(answer, { delay = 0.1 })
  self.store = memory.new { now = function() return START + self.transport.slept end }
  local made = { store = self.store }
  for name, value in pairs(options or {}) do made[name] = value end
  self.outbox = outbox_of.new(made)
  self.outbox.random = function() return 0 end
  local wanted = { token = "EAAsecret", phone_number_id = "1065", transport = self.transport }
  for name, value in pairs(client_options or {}) do wanted[name] = value end
  self.client = whatsapp.new(wanted)
  function self.run(run_options)
    run_options = run_options or {}
    run_options.until_empty = true
    return self.outbox:run(self.client, run_options)
  end
  return self
end

local SENT = { kind = "transport", retryable = false, may_have_been_sent = true }
local UNSENT = { kind = "transport", retryable = true, may_have_been_sent = false }

describe("outbox:put", function()
  it("checks the message, and refuses a wrong message", function()
    local w = world()
    local state, err, details = w.outbox:put { to = "4915112345678", type = "text", text = { bdy = "x" } }
    assert.is_nil(state)
    assert.equal("invalid", details.kind)
    assert.matches("bdy", err)
    assert.equal(0, w.outbox:counts().queued)
  end)

  it("returns new and a stamp, then same and that stamp", function()
    local w = world()
    local state, stamp, info = w.outbox:put(text(), { key = "order-1" })
    assert.same({ "new", "order-1" }, { state, info.key })
    assert.equal(32, #stamp)
    local again, there = w.outbox:put(text(), { key = "order-1" })
    assert.same({ "same", stamp }, { again, there })
  end)

  it("refuses another message under the same key, and another entry's stamp", function()
    local w = world()
    assert(w.outbox:put(text(nil, nil, { biz_opaque_callback_data = "mine" }), { key = "order-1" }))
    local state, err, details = w.outbox:put(text(nil, "other"), { key = "order-1" })
    assert.same({ nil, "invalid", "key", false }, { state, details.kind, details.problems[1].path, details.retryable })
    assert.matches("another message", err)
    state, err, details = w.outbox:put(text(nil, "other", { biz_opaque_callback_data = "mine" }))
    assert.same({ nil, "biz_opaque_callback_data" }, { state, details.problems[1].path })
    assert.matches("has this stamp", err)
  end)

  it("refuses marks as read, long and broken names", function()
    local w = world()
    assert.is_nil((w.outbox:put { status = "read", message_id = "wamid.1" }))
    for _, key in ipairs { "", ("k"):rep(513), "a\0b", "\255", "a\195", "\237\160\128" } do
      local state, _, details = w.outbox:put(text(), { key = key })
      assert.same({ nil, "invalid" }, { state, details.kind })
    end
    assert.equal("new", (w.outbox:put(text(), { key = ("k"):rep(512) })))
  end)

  it("raises for wrong use at the caller's line", function()
    local w = world()
    for problem, call in pairs {
      ["a message is a table"] = function() w.outbox:put "hello" end,
      ["did you mean key"] = function() w.outbox:put(text(), { kee = "x" }) end,
      ["items are a list"] = function() w.outbox:put_all "x" end,
      ["needs a store"] = function() outbox_of.new {} end,
      ["no function put"] = function() outbox_of.new { store = {} } end,
      ["did you mean concurrency"] = function() w.outbox:run(w.client, { concurency = 1 }) end,
      ["not a client"] = function() w.outbox:run {} end,
      ["the word must be"] = function() w.outbox:resolve("x", "perhaps") end,
      ["longer than the client's timeout"] = function() outbox_of.new({ store = w.store, lease = 30 }):run(w.client) end,
    } do
      local ok, err = pcall(call)
      assert.is_false(ok)
      assert.matches("^[^:]*outbox_spec.lua:%d+: ", err)
      assert.matches(problem, err)
    end
  end)

  it("takes lists: a wrong message does not stop the others", function()
    local w = world()
    local results = assert(w.outbox:put_all { { message = text(), key = "a" }, { message = { type = "text" } }, { message = text(), key = "a" } })
    assert.same({ "new", "same" }, { results[1].state, results[3].state })
    assert.equal("invalid", results[2].details.kind)
    assert.equal(1, w.outbox:counts().queued)
  end)

  it("stores no token", function()
    local w = world()
    assert(w.outbox:put(text(), { key = "a" }))
    w.run()
    local function search(value, seen)
      if type(value) == "string" then assert.is_nil(value:find("EAAsecret", 1, true)) end
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for k, v in pairs(value) do
        search(k, seen)
        search(v, seen)
      end
    end
    search(w.store, {})
  end)
end)

describe("outbox:run", function()
  it("sends each entry once, with its stamp, and keeps the id", function()
    local w = world()
    local _, stamp = w.outbox:put(text(), { key = "a" })
    assert.equal(1, w.run())
    assert.equal(1, #w.arrived)
    assert.same({ stamp, "hello" }, { w.arrived[1].biz_opaque_callback_data, w.arrived[1].text.body })
    local entry = w.outbox:get "a"
    assert.same({ "accepted", "wamid.1", 1, "hello" }, { entry.state, entry.id, entry.attempts, entry.message.text.body })
    assert.equal(0, w.run())
    assert.equal(1, #w.transport.requests)
  end)

  it("sends a caller's stamp unchanged", function()
    local w = world()
    local stamp = 'a"b\\c\195\164'
    assert(w.outbox:put(text(nil, nil, { biz_opaque_callback_data = stamp })))
    w.run()
    assert.equal(stamp, w.arrived[1].biz_opaque_callback_data)
  end)

  it("keeps the order of each recipient", function()
    local w = world(function(_, n) return n % 3 == 0 and refused(130429) or nil end, nil, { limiter = false })
    for i = 1, 40 do assert(w.outbox:put(text("49151000" .. i % 4, tostring(i)))) end
    w.run()
    assert.equal(40, #w.arrived)
    local last = {}
    for _, message in ipairs(w.arrived) do
      local n = tonumber(message.text.body)
      assert.is_true(n > (last[message.to] or 0))
      last[message.to] = n
    end
  end)

  it("tries a message that was certainly not sent again after 4, 16, 64 … seconds, and gives up", function()
    local times = {}
    local w
    w = world(function()
      times[#times + 1] = w.transport.slept
      return { err = "no connection", details = UNSENT }
    end, { attempts = 4 })
    assert(w.outbox:put(text(), { key = "a" }))
    w.run()
    assert.equal(4, #times)
    for i, seconds in ipairs { 4, 16, 64 } do
      local waited = times[i + 1] - times[i]
      assert.is_true(waited >= seconds and waited < seconds + 3, waited)
    end
    local entry = w.outbox:get "a"
    assert.equal("failed", entry.state)
    assert.matches("given up after 4 attempts: no connection", entry.error)
  end)

  it("never repeats a message that may have been sent: its entry is unknown", function()
    local w = world { { err = "connection reset", details = SENT } }
    assert(w.outbox:put(text(), { key = "a" }))
    assert(w.outbox:put(text(nil, "next"), { key = "b" }))
    w.run()
    assert.same({ "unknown", "accepted" }, { w.outbox:get("a").state, w.outbox:get("b").state })
    assert.matches("connection reset", w.outbox:get("a").error)
    assert.equal(2, #w.transport.requests)
  end)

  it("holds the recipient of an unknown entry with hold_unknown", function()
    local w = world({ { err = "connection reset", details = SENT } }, { hold_unknown = true })
    local _, stamp = w.outbox:put(text(), { key = "a" })
    assert(w.outbox:put(text(nil, "next"), { key = "b" }))
    assert.equal(1, w.outbox:step(w.client))
    assert.equal(0, w.outbox:step(w.client))
    w.outbox:feed { kind = "status", status = "sent", id = "wamid.9", stamp = stamp, timestamp = START }
    assert.equal(1, w.outbox:step(w.client))
    assert.same({ "accepted", "accepted" }, { w.outbox:get("a").state, w.outbox:get("b").state })
  end)

  it("holds the whole queue if the number is throttled, and counts no attempt", function()
    local w = world { refused(130429), refused(4) }
    for i = 1, 5 do assert(w.outbox:put(text("4915100" .. i), { key = "k" .. i })) end
    w.run { concurrency = 1 }
    assert.equal(7, #w.transport.requests)
    assert.is_true(w.transport.slept > 20 and w.transport.slept < 30, w.transport.slept)
    assert.equal(1, w.outbox:get("k1").attempts)
  end)

  it("holds the queue for Retry-After", function()
    local answer = refused(130429)
    answer.headers["retry-after"] = "100"
    local w = world { answer }
    assert(w.outbox:put(text()))
    w.run()
    assert.is_true(w.transport.slept > 100 and w.transport.slept < 105, w.transport.slept)
  end)

  it("holds the queue if the token is not valid, and fails no message", function()
    local w = world { refused(190, 401), refused(190, 401) }
    assert(w.outbox:put(text(), { key = "a" }))
    w.run()
    assert.same({ "accepted", 1 }, { w.outbox:get("a").state, w.outbox:get("a").attempts })
    local asked = 0
    local function token()
      asked = asked + 1
      if asked == 1 then return nil, "the vault is closed" end
      return "EAAx"
    end
    w = world(nil, nil, { token = token })
    for i = 1, 4 do assert(w.outbox:put(text("4915100" .. i), { key = "k" .. i })) end
    w.run()
    assert.equal(4, w.outbox:counts().accepted)
    assert.is_true(asked <= 6, asked)
  end)

  it("holds only one recipient if a pair is throttled", function()
    local w
    local when = {}
    w = world(function(_, n, message)
      when[message.text.body] = w.transport.slept
      return n == 1 and refused(131056) or nil
    end)
    assert(w.outbox:put(text("4915100", "a1")))
    assert(w.outbox:put(text("4915100", "a2")))
    assert(w.outbox:put(text("4915200", "b1")))
    w.run()
    assert.is_true(when.b1 < 1 and when.a1 >= 6 and when.a2 >= when.a1, w.transport.slept)
  end)

  it("keeps the limits of the client in the store", function()
    local w = world(nil, nil, { limiter = { throughput = 10, pair = { interval = 6, burst = 2 } } })
    for i = 1, 4 do assert(w.outbox:put(text("4915100", tostring(i)))) end
    for i = 1, 30 do assert(w.outbox:put(text("49152" .. i))) end
    w.run()
    assert.equal(34, #w.arrived)
    assert.is_true(w.transport.slept >= 12 and w.transport.slept < 20, w.transport.slept)
    assert.equal(1, w.outbox:list({ limit = 1 })[1].attempts)
    local first = w.arrived[33]
    assert.equal("3", first.text.body)
  end)

  it("does not send a message that is too old", function()
    local w = world()
    assert(w.outbox:put(text(), { key = "code", ttl = 300, due = START + 1000 }))
    assert(w.outbox:put(text("491", "x"), { key = "old", ttl = 300 }))
    w.transport.sleep(301)
    w.run()
    assert.same({ "accepted", "expired" }, { w.outbox:get("code").state, w.outbox:get("old").state })
    assert.equal(1, #w.transport.requests)
  end)

  it("fails a message that the API refuses, with the reason", function()
    local w = world { refused(131026) }
    local seen = {}
    assert(w.outbox:put(text(), { key = "a" }))
    w.run { on_outcome = function(entry, result, err, details) seen = { entry.key, entry.state, result, err ~= nil, details.code } end }
    assert.same({ "a", "failed", nil, true, 131026 }, seen)
    assert.matches("131026", w.outbox:get("a").error)
  end)

  it("does not send a message that a hook refuses", function()
    local w = world(nil, nil, { before_send = function() return false, "not today" end })
    assert(w.outbox:put(text(), { key = "a" }))
    w.run()
    assert.equal("failed", w.outbox:get("a").state)
    assert.matches("not today", w.outbox:get("a").error)
    assert.equal(0, #w.transport.requests)
  end)

  it("ends when on_outcome returns false or raises; all outcomes are recorded, and the other entries are queued again", function()
    local w = world()
    for i = 1, 20 do assert(w.outbox:put(text("4915100" .. i))) end
    w.outbox:run(w.client, { concurrency = 4, on_outcome = function() return false end })
    local counts = w.outbox:counts()
    assert.equal(20, counts.accepted + counts.queued)
    assert.equal(#w.transport.requests, counts.accepted)
    assert.error_matches(function() w.outbox:run(w.client, { on_outcome = function() error "mine" end }) end, "mine")
    counts = w.outbox:counts()
    assert.same({ 20, 0 }, { counts.accepted + counts.queued, counts.sending + counts.claimed })
    assert.equal(#w.transport.requests, counts.accepted)
  end)

  it("ends when the client is closed; nothing is lost", function()
    local w
    w = world(function(_, n)
      if n == 3 then w.client:close() end
    end)
    for i = 1, 20 do assert(w.outbox:put(text("4915100" .. i))) end
    w.outbox:run(w.client, { concurrency = 2 })
    local counts = w.outbox:counts()
    assert.equal(20, counts.accepted + counts.queued)
    assert.is_true(counts.accepted < 20)
  end)

  it("needs a transport with a clock, and works with a transport that sends one request at a time", function()
    local w = world(nil, nil, { transport = function() return accepted(1) end })
    assert.error_matches(function() w.outbox:run(w.client) end, "no clock")
    local count = 0
    local plain = setmetatable({ now = w.transport.now, sleep = w.transport.sleep }, { __call = function()
      count = count + 1
      return accepted(count)
    end })
    w = world(nil, nil, { transport = plain })
    for i = 1, 5 do assert(w.outbox:put(text("4915100" .. i))) end
    w.run()
    assert.same({ 5, 5 }, { count, w.outbox:counts().accepted })
  end)
end)

describe("outbox:step", function()
  it("sends the due entries, up to its concurrency", function()
    local w = world()
    for i = 1, 5 do assert(w.outbox:put(text("4915100" .. i))) end
    assert.same({ 3, 2, 0 }, {
      w.outbox:step(w.client, { concurrency = 3 }), w.outbox:step(w.client, { concurrency = 3 }), (w.outbox:step(w.client)),
    })
  end)
end)

-- ---- a store that fails ------------------------------------------------------------------------------------------------------

local STEPS = { "sweep", "purge", "take_all", "claim", "start", "finish", "counts" }

-- the function fails at its n-th call: before its work, after its work, or by raising
local function break_store(store, name, n, how)
  local calls, method = 0, store[name]
  store[name] = function(...)
    calls = calls + 1
    if calls ~= n then return method(...) end
    if how == "after" then method(...) end
    if how == "raises" then error "the connection is gone" end
    return nil, "the connection is gone", { retryable = true }
  end
end

describe("a store that fails at any step", function()
  for _, how in ipairs { "before", "after", "raises" } do
    it("loses no message and sends none of them twice: " .. how, function()
      for _, name in ipairs(STEPS) do
        for n = 1, 3 do
          local w = world()
          for i = 1, 12 do assert(w.outbox:put(text("4915100" .. i % 5, tostring(i)), { key = "k" .. i })) end
          break_store(w.store, name, n, how)
          w.run { concurrency = 3 }
          w.store[name] = nil
          local counts = w.outbox:counts()
          local about = ("%s %s %d: %d accepted, %d unknown"):format(name, how, n, counts.accepted, counts.unknown)
          assert.same({ 12, 12, 0 }, { #w.arrived, counts.accepted, counts.unknown }, about)
        end
      end
    end)
  end

  it("is reported by put, get, list, counts, resolve, purge, feed and step", function()
    local w = world()
    assert(w.outbox:put(text(), { key = "a" }))
    for _, name in ipairs { "put", "get", "list", "counts", "resolve", "purge", "settle", "sweep" } do
      w.store[name] = function() error "the disk is full" end
    end
    for name, call in pairs {
      put = function() return w.outbox:put(text()) end,
      put_all = function() return w.outbox:put_all { { message = text() } } end,
      get = function() return w.outbox:get "a" end, list = function() return w.outbox:list() end,
      counts = function() return w.outbox:counts() end, resolve = function() return w.outbox:resolve("a", "drop") end,
      purge = function() return w.outbox:purge() end, step = function() return w.outbox:step(w.client) end,
      feed = function() return w.outbox:feed { kind = "status", status = "sent", stamp = "x" } end,
    } do
      local result, err, details = call()
      assert.is_nil(result, name)
      assert.matches("the disk is full", err)
      assert.same({ "store", true, false }, { details.kind, details.retryable, details.may_have_been_sent }, name)
    end
  end)
end)

describe("a sender that slept past its lease", function()
  it("does not send: another sender has the entry", function()
    local w = world()
    assert(w.outbox:put(text(), { key = "a" }))
    local other = outbox_of.new { store = w.store }
    local claim = w.store.claim
    w.store.claim = function(...)
      w.store.claim = claim
      local claimed, err = claim(...)
      w.transport.sleep(100) -- frozen, as by SIGSTOP
      other:run(w.client, { until_empty = true })
      return claimed, err
    end
    w.run()
    assert.equal(1, #w.transport.requests)
    assert.equal("accepted", w.outbox:get("a").state)
  end)
end)

describe("the option observe of an outbox", function()
  it("gets each put and the counts; the client's observe gets each message once, when it has ended", function()
    local seen, ended = {}, {}
    local w = world({ { err = "no connection", details = UNSENT }, { err = "reset", details = SENT } }, {
      observe = function(event) seen[#seen + 1] = event end,
    }, { observe = function(event)
      if event.name == "message" then ended[#ended + 1] = event.outcome end
    end })
    assert(w.outbox:put(text("49151", "1"), { key = "a" }))
    assert(w.outbox:put(text("49151", "1"), { key = "a" }))
    assert.is_nil((w.outbox:put(text("49151", "2"), { key = "a" })))
    assert.is_nil((w.outbox:put({})))
    assert(w.outbox:put_all { { message = text("49152", "2") }, { message = {} } })
    w.run { concurrency = 1 }
    local results, counts = {}, nil
    for _, event in ipairs(seen) do
      if event.name == "put" then results[#results + 1] = event.result
      else counts = counts or event end
    end
    assert.same({ "new", "same", "other", "invalid", "invalid", "new" }, results)
    assert.same({ "outbox", 2, 0 }, { counts.name, counts.counts.queued, counts.oldest })
    table.sort(ended)
    assert.same({ "accepted", "unknown" }, ended)
  end)

  it("stops nothing when it raises", function()
    local w = world(nil, { observe = function() error "mine" end })
    assert.equal("new", (w.outbox:put(text())))
    assert.equal(1, w.run())
    assert.matches("mine", w.outbox.observe_error)
  end)
end)

describe("outbox:feed", function()
  it("accepts only status events with a stamp", function()
    local w = world { { err = "reset", details = SENT } }
    local _, stamp = w.outbox:put(text(), { key = "a" })
    w.run()
    assert.is_false(w.outbox:feed { kind = "message", id = "x" })
    assert.is_false(w.outbox:feed { kind = "status", status = "sent", id = "x" })
    assert.is_false(w.outbox:feed { kind = "status", status = "sent", stamp = "another" })
    assert.equal("accepted", w.outbox:feed { kind = "status", status = "delivered", id = "wamid.7", stamp = stamp, timestamp = START })
    local entry = w.outbox:get "a"
    assert.same({ "accepted", "wamid.7", "delivered" }, { entry.state, entry.id, entry.status })
    assert.error_matches(function() w.outbox:feed "x" end, "an event is a table")
  end)
end)
