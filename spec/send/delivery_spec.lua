-- A message takes one way: the user's code runs in the coroutine that sends, an error in it becomes an outcome, and the outcome
-- is the same with all options. Never touches a network.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local TEXT = { to = "1", text = { body = "x" } }
local ODD = { to = "1", audio = { id = "1", caption = "x" } } -- gets a warning
local TEMPLATE = { template = { name = "n", language = { code = "en" } } }

local function answer(status, body) return { status = status, headers = {}, body = body } end
local function accepted() return answer(200, '{"messages":[{"id":"wamid.1"}]}') end
local CLOSED_WINDOW = answer(400, '{"error":{"code":131047}}')

local function new(transport, changes)
  local options = { token = "a-token-of-a-test", phone_number_id = "1", transport = transport, limiter = false }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options)
end

-- every message is sent by client:send and by a batch, and each gives its outcome in the same form
local SENDERS = {
  send = function(client, message, options) return client:send(message, options) end,
  each = function(client, message, options)
    local batch = client:each({ message }, options)
    local sent, result, err, details = batch:next()
    assert(sent == message, "a message comes back with its outcome")
    assert(batch:next() == nil, "one outcome for one message")
    return result, err, details
  end,
}

-- The places at which the user's code is called: options of the client, options of the call, the message, the answers. `code` is
-- the called function.
local PLACES = {
  before_send = function(code) return { before_send = code } end,
  token = function(code)
    return { token = function()
      code()
      return "another-token-of-a-test"
    end }
  end,
  take = function(code)
    return { limiter = { store = { take = function()
      code()
      return 0
    end } } }
  end,
  log = function(code) return { log = code } end,
  on_warning = function(code) return { on_warning = code }, nil, ODD end,
  fallback = function(code)
    return {}, { fallback = function()
      code()
      return TEMPLATE
    end }, TEXT, { CLOSED_WINDOW, accepted() }
  end,
}

local function arrange(place, code, wrap)
  local changes, options, message, answers = PLACES[place](code)
  local transport = memory.new(answers or accepted)
  return new(wrap and wrap(transport) or transport, changes), message or TEXT, options, transport
end

describe("the user's code", function()
  for place in pairs(PLACES) do
    for name, send in pairs(SENDERS) do
      it(("runs in the coroutine that sends, and may yield there: %s, %s"):format(place, name), function()
        local seen = {}
        local client, message, options = arrange(place, function()
          seen[#seen + 1] = coroutine.running()
          coroutine.yield "a wait of the user's"
        end)
        local result, err
        local driver = coroutine.create(function() result, err = send(client, message, options) end)
        local turns = 0
        while coroutine.status(driver) ~= "dead" do
          local ok, value = coroutine.resume(driver)
          assert(ok, value)
          if coroutine.status(driver) ~= "dead" then assert.equal("a wait of the user's", value) end
          turns = turns + 1
        end
        assert.is_table(result, err)
        assert.is_true(turns >= 2)
        for _, co in ipairs(seen) do assert.equal(driver, co) end
      end)

      it(("that raises costs no outcome: %s, %s"):format(place, name), function()
        local odd = setmetatable({}, { __tostring = function() error "no text" end })
        for _, raised in ipairs { "the disk is full", {}, odd, false } do
          local client, message, options, transport = arrange(place, function() error(raised, 0) end)
          local result, err, details = send(client, message, options)
          assert.is_table(details)
          if result then
            assert.is_string(details.log_error)
          else
            assert.is_string(err)
            assert.is_false(details.may_have_been_sent)
            assert.equal(place == "fallback" and 1 or 0, #transport.requests)
            if place ~= "fallback" and place ~= "take" then assert.equal("refused", details.kind) end
          end
          assert.equal(place == "log", result ~= nil)
        end
      end)

      it(("that closes the client while it waits: nothing is sent: %s, %s"):format(place, name), function()
        local client, message, options, transport
        client, message, options, transport = arrange(place, function() client:close() end)
        local result, err, details = send(client, message, options)
        if place == "log" then return assert.is_table(result) end
        assert.is_nil(result)
        assert.is_string(err)
        assert.is_false(details.may_have_been_sent)
        assert.equal(place == "fallback" and 1 or 0, #transport.requests)
      end)
    end
  end
end)

describe("a transport that is only callable", function()
  for name, send in pairs(SENDERS) do
    it("is called in the coroutine that sends, and its host may resume this coroutine: " .. name, function()
      local waiting = {}
      local client = new(function(request)
        local co = coroutine.running()
        waiting[#waiting + 1] = { co = co, request = request }
        return coroutine.yield()
      end)
      local got = {}
      local driver = coroutine.create(function()
        for i = 1, 3 do got[i] = { send(client, TEXT) } end
      end)
      assert(coroutine.resume(driver))
      for i = 1, 3 do
        assert.equal(i, #waiting)
        assert.equal(driver, waiting[i].co)
        assert(coroutine.resume(waiting[i].co, accepted()))
      end
      assert.equal("dead", coroutine.status(driver))
      for i = 1, 3 do assert.equal("wamid.1", got[i][1].messages[1].id) end
    end)

    it("may raise, and the error is in the outcome: " .. name, function()
      for _, raised in ipairs { "broken: Bearer a-token-of-a-test", {}, false } do
        local result, err, details = send(new(function() error(raised, 0) end), TEXT)
        assert.is_nil(result)
        assert.is_string(err)
        assert.is_nil(err:find("a-token-of-a-test", 1, true))
        assert.same({ "transport", false, true }, { details.kind, details.retryable, details.may_have_been_sent })
      end
    end)
  end

  it("sends a whole batch in the coroutine of its host", function()
    local waiting, got = nil, 0
    local client = new(function()
      waiting = coroutine.running()
      return coroutine.yield()
    end)
    local driver = coroutine.create(function()
      local batch = client:each { TEXT, TEXT, TEXT, TEXT, TEXT }
      while batch:next() do got = got + 1 end
    end)
    assert(coroutine.resume(driver))
    while waiting do
      local co = waiting
      waiting = nil
      assert(coroutine.resume(co, accepted()))
    end
    assert.equal(5, got)
  end)
end)

describe("a transport that starts many", function()
  it("may raise in start: this message has an outcome, and the others are sent", function()
    local transport = memory.new(accepted)
    local start, count = transport.start, 0
    function transport.start(request, slot)
      count = count + 1
      if count == 2 then error "no more sockets" end
      start(request, slot)
    end
    local sent, failed = 0, 0
    for _, result, err, details in new(transport):each { TEXT, TEXT, TEXT } do
      if result then sent = sent + 1
      else
        failed = failed + 1
        assert.truthy(err:find "no more sockets")
        assert.is_true(details.may_have_been_sent)
      end
    end
    assert.same({ 2, 1 }, { sent, failed })
  end)

  it("may give a batch the answers of another batch, and each batch gets its own answers", function()
    local transport = memory.new(function(request) return answer(200, ('{"messages":[{"id":"%s"}]}'):format(request.to)) end,
      { delay = function(request) return tonumber(request.to) % 7 end })
    local client, got = new(transport), {}
    local function list(from)
      local messages = {}
      for i = from, from + 19 do messages[#messages + 1] = { to = tostring(i), text = { body = "x" } } end
      return messages
    end
    local one, other = client:each(list(100), { concurrency = 10 }), client:each(list(200), { concurrency = 10 })
    local open = { one, other }
    while #open > 0 do
      for i = #open, 1, -1 do
        local message, result = open[i]:next()
        if not message then table.remove(open, i)
        else
          assert.equal(message.to, result.messages[1].id)
          assert.equal(open[i] == one, tonumber(message.to) < 200)
          got[message.to] = (got[message.to] or 0) + 1
        end
      end
    end
    for to = 100, 119 do assert.equal(1, got[tostring(to)]) end
    for to = 200, 219 do assert.equal(1, got[tostring(to)]) end
  end)

  it("makes no coroutine for a message", function()
    local create, wrap, made = coroutine.create, coroutine.wrap, 0
    local function counting(make)
      return function(...)
        made = made + 1
        return make(...)
      end
    end
    local client = new(memory.new(accepted), { before_send = function() end, log = function() end, limiter = {} })
    coroutine.create, coroutine.wrap = counting(create), counting(wrap) -- luacheck: ignore 122
    local ok, problem = pcall(function()
      for _ in client:each({ TEXT, TEXT, TEXT, TEXT, TEXT }) do assert(client:send(TEXT)) end
    end)
    coroutine.create, coroutine.wrap = create, wrap -- luacheck: ignore 122
    assert(ok, problem)
    assert.equal(0, made)
  end)
end)

describe("the token function", function()
  it("is called once at a time, with many sends under way", function()
    local under_way, most, calls = 0, 0, 0
    local transport = memory.new(accepted)
    transport.sleep = function() coroutine.yield() end
    local client = new(transport, { token = function()
      calls, under_way = calls + 1, under_way + 1
      most = math.max(most, under_way)
      coroutine.yield()
      under_way = under_way - 1
      return "token-number-" .. calls
    end })
    local senders, done = {}, 0
    for i = 1, 5 do
      senders[i] = coroutine.create(function()
        assert(client:send(TEXT))
        done = done + 1
      end)
    end
    for _ = 1, 50 do
      for _, co in ipairs(senders) do
        if coroutine.status(co) ~= "dead" then assert(coroutine.resume(co)) end
      end
    end
    assert.same({ 5, 5, 1 }, { done, calls, most })
  end)

  it("is called once at a time also for clients that client:with made", function()
    local under_way, most, calls = 0, 0, 0
    local transport = memory.new(accepted)
    function transport.sleep() coroutine.yield() end
    local client = new(transport, { token = function()
      calls, under_way = calls + 1, under_way + 1
      most = math.max(most, under_way)
      coroutine.yield()
      under_way = under_way - 1
      return "a-token-of-a-test"
    end })
    local senders, done = {}, 0
    for i = 1, 3 do
      senders[i] = coroutine.create(function()
        assert(client:with({ phone_number_id = i }):send(TEXT))
        done = done + 1
      end)
    end
    for _ = 1, 20 do
      for _, co in ipairs(senders) do
        if coroutine.status(co) ~= "dead" then assert(coroutine.resume(co)) end
      end
    end
    assert.same({ 3, 3, 1 }, { done, calls, most })
  end)

  it("is called once at a time if hooks wait for different times before it", function()
    local under_way, most, held = 0, 0, {}
    local transport = memory.new(accepted)
    function transport.sleep() coroutine.yield() end
    local client = new(transport, {
      before_send = function(request) while held[request.to] do coroutine.yield() end end,
      token = function()
        under_way = under_way + 1
        most = math.max(most, under_way)
        while held.token do coroutine.yield() end
        under_way = under_way - 1
        return "a-token-of-a-test"
      end,
    })
    local senders, done = {}, 0
    for i = 1, 2 do
      senders[i] = coroutine.create(function()
        assert(client:send { to = tostring(i), text = { body = "x" } })
        done = done + 1
      end)
    end
    local function go_on(i) assert(coroutine.resume(senders[i])) end
    held = { ["1"] = true, token = true }
    go_on(1) -- waits in its hook
    transport.slept = 1
    go_on(2) -- waits in the token function
    held["1"] = nil
    go_on(1)
    held.token = nil
    go_on(2)
    go_on(1)
    assert.same({ 2, 1 }, { done, most })
  end)

  it("is under way already: a client that cannot wait refuses the message", function()
    local is_held = true
    local client = whatsapp.new { phone_number_id = "1", transport = accepted, token = function()
      while is_held do coroutine.yield() end
      return "a-token-of-a-test"
    end }
    local sent
    local first = coroutine.create(function() sent = client:send(TEXT) end)
    assert(coroutine.resume(first))
    for _, use in ipairs {
      function() return client:send(TEXT) end,
      function() return select(2, client:each({ TEXT }):next()) end,
      function() return client:authorize { url = "https://graph.facebook.com/me" } end,
    } do
      local result, err, details = use()
      assert.is_nil(result)
      assert.equal("another call of the token function is under way", err)
      assert.same({ "refused", "token", true, false },
        { details.kind, details.refused_by, details.retryable, details.may_have_been_sent })
    end
    is_held = false
    assert(coroutine.resume(first))
    assert.is_table(sent)
  end)

  it("is called again if the coroutine that called it has vanished", function()
    local transport, calls = memory.new(accepted), 0
    local sleep = transport.sleep
    function transport.sleep(seconds) sleep(seconds) end
    local client = new(transport, { token = function()
      calls = calls + 1
      if calls == 1 then coroutine.yield() end
      return "a-token-of-a-test"
    end })
    local lost = coroutine.create(function() client:send(TEXT) end)
    assert(coroutine.resume(lost))
    lost = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.is_table((client:send(TEXT)))
    assert.equal(2, calls)
    -- a coroutine that is kept and never continues is given up after a while
    calls = 0
    local kept = coroutine.create(function() client:send(TEXT) end)
    assert(coroutine.resume(kept))
    assert.is_table((client:send(TEXT)))
    assert.is_true(transport.slept >= 60)
  end)

  it("sends each message with a new token, and shows no token in an error, with many messages under way", function()
    local count = 0
    local client = new(memory.new(function(request)
      return nil, "could not send with " .. request.headers.Authorization,
        { kind = "transport", retryable = false, may_have_been_sent = true, message = request.headers.Authorization }
    end, { delay = 1 }), { token = function()
      count = count + 1
      return ("secret-token-%04d"):format(count)
    end })
    local list = {}
    for i = 1, 100 do list[i] = TEXT end
    local seen = 0
    for _, result, err, details in client:each(list, { concurrency = 60 }) do
      assert.is_nil(result)
      seen = seen + 1
      assert.equal("could not send with Bearer ***", err)
      assert.equal("Bearer ***", details.message)
    end
    assert.same({ 100, 100 }, { seen, count })
  end)

  it("must not send with the client that waits for its token", function()
    local client
    client = new(memory.new(accepted), { token = function()
      local _, err = client:send(TEXT)
      return nil, err
    end })
    local result, err, details = client:send(TEXT)
    assert.is_nil(result)
    assert.truthy(err:find("it sends a message with the client that waits for this token", 1, true), err)
    assert.equal("token", details.refused_by)
  end)
end)

-- the answers of the API, in order of attempts
local ANSWERS = {
  accepted = { accepted() }, throttled = { answer(429, '{"error":{"code":130429}}'), accepted() },
  refused = { answer(400, '{"error":{"code":131026,"message":"no"}}') }, broken = { answer(500, "<html>") },
  lost = { { err = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } } },
  unsent = { { err = "unsent", details = { kind = "transport", retryable = true, may_have_been_sent = false } }, accepted() },
  window = { CLOSED_WINDOW, accepted() },
}

local OPTIONS = {
  limits = { limiter = {} }, log = { log = function() end }, hook = { before_send = function() end },
  token = { token = function() return "a-token-of-a-test" end }, secret = { app_secret = "a-secret-of-a-test" },
  stamp = { stamp = true }, lenient = { mode = "lenient" },
}

describe("the outcome of a message", function()
  local function facts_of(result, err, details)
    local facts = { id = result and result.messages[1].id, err = err }
    for _, name in ipairs { "kind", "retryable", "may_have_been_sent", "http_status", "code", "attempts", "fallback" } do
      facts[name] = details[name]
    end
    return facts
  end

  local function outcome(send, answers, changes)
    local transport = memory.new(ANSWERS[answers])
    local facts = facts_of(send(new(transport, changes), TEXT, { fallback = TEMPLATE }))
    facts.requests = #transport.requests
    return facts
  end

  for answers in pairs(ANSWERS) do
    it("is the same with all options and in every driver: " .. answers, function()
      local expected = outcome(SENDERS.send, answers)
      for _, send in pairs(SENDERS) do
        assert.same(expected, outcome(send, answers))
        for _, changes in pairs(OPTIONS) do assert.same(expected, outcome(send, answers, changes)) end
      end
    end)
  end
end)

describe("a fallback with a window book", function()
  local function book(open)
    return { open = function(_, to, number)
      assert(to == "1" and number == "1")
      return open
    end }
  end

  for name, send in pairs(SENDERS) do
    it("is sent at once if the window is known to be closed: " .. name, function()
      for _, open in ipairs { false, true, "unknown" } do
        local transport = memory.new(accepted)
        local state = open
        if open == "unknown" then state = nil end
        local result, _, info = send(new(transport), TEXT, { fallback = TEMPLATE, window = book(state) })
        assert.is_table(result)
        assert.equal(1, #transport.requests)
        assert.equal(open == false, transport.requests[1].body:find('"type":"template"', 1, true) ~= nil)
        assert.equal(open == false or nil, info.fallback)
      end
    end)
  end
end)

local close = coroutine.close -- luacheck: ignore 143

if close then -- before Lua 5.4, a coroutine cannot be ended from outside
  describe("a batch whose coroutine has ended within a hook", function()
    it("continues, and the message has an outcome", function()
      local client = new(memory.new(accepted), { before_send = function(request)
        if request.to == "2" then coroutine.yield() end
      end })
      local batch = client:each { { to = "1", text = { body = "x" } }, { to = "2", text = { body = "x" } } }
      local co = coroutine.create(function()
        while batch:next() do end -- luacheck: ignore 542
      end)
      assert(coroutine.resume(co))
      close(co)
      local message, result, err, details = batch:next()
      assert.same({ "2", nil, "an error was raised before the request was sent", false }, { message.to, result, err, details.may_have_been_sent })
      message, result = batch:next()
      assert.equal("1", message.to)
      assert.is_table(result)
      assert.is_nil((batch:next()))
    end)
  end)
end
