-- The user's tables have metatables that raise: messages, and the results of hooks, of a token function and of a transport. Each
-- message has one outcome, and the core reads a message without its metatable. Never touches a network.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local function raise() error("a metamethod was called", 0) end

local RAISING = {}
for _, name in ipairs { "index", "newindex", "len", "pairs", "ipairs", "tostring", "eq", "lt", "le", "concat", "unm" } do
  RAISING["__" .. name] = raise
end
local PROTECTED = { __index = raise, __pairs = raise, __metatable = "locked" }

local function raising(plain) return setmetatable(plain or {}, RAISING) end
local function protected(plain) return setmetatable(plain or {}, PROTECTED) end

local ANSWER = '{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.1"}]}'
local function accept() return { status = 200, headers = {}, body = ANSWER } end

local function client_of(options, transport)
  options.token, options.phone_number_id = options.token or "tokentoken", "1"
  options.transport, options.retry = transport or memory.new(accept), false
  if options.limiter == nil then options.limiter = false end
  return whatsapp.new(options)
end

-- the options of clients: each client sends a message in another way
local CLIENTS = {
  plain = {}, stamped = { stamp = true }, limited = { limiter = { throughput = 1000, pair = { interval = 0.001, burst = 100 } } },
  proved = { app_secret = "secret" }, hooked = { before_send = function() end, log = function() end, observe = function() end },
  templated = { templates = { { name = "x", language = "en", components = {} } } },
}

local MESSAGES = {
  text = function(wrap) return wrap { to = "1", text = wrap { body = "x" } } end,
  template = function(wrap)
    return wrap { to = "1", template = wrap { name = "x", language = wrap { code = "en" }, components = wrap {} } }
  end,
}

local CLOSED = { open = function() return false end }

-- the ways to send; each returns the results of the messages
local WAYS = {
  send = function(client, made) return { client:send(made()) } end,
  fallback = function(client, made)
    return { client:send({ to = "1", text = { body = "x" } }, { fallback = made(), window = CLOSED }) }
  end,
  reply = function(client, made) return { client:reply({ kind = "message", from = "1", id = "wamid.2" }, made()) } end,
  sequence = function(client, made) return client:sequence("1", { made(), made() }) end,
  each = function(client, made)
    local results = {}
    for _, result in client:each { made(), made() } do results[#results + 1] = result end
    return #results == 2 and results or {}
  end,
}

describe("a message with a metatable that raises", function()
  for client_name, options in pairs(CLIENTS) do
    for message_name, make in pairs(MESSAGES) do
      for way_name, way in pairs(WAYS) do
        it(("is sent as the plain table: %s, %s, %s"):format(client_name, message_name, way_name), function()
          for _, wrap in ipairs { raising, protected } do
            local copy = {}
            for name, value in pairs(options) do copy[name] = value end
            local client = client_of(copy)
            local results = way(client, function() return make(wrap) end)
            assert.is_true(#results > 0)
            for _, result in ipairs(results) do assert.equal("wamid.1", result.messages[1].id) end
            client:close()
          end
        end)
      end
    end
  end

  it("is read without its metatable by the other functions that take a message", function()
    local client = client_of {}
    for _, make in pairs(MESSAGES) do
      for _, wrap in ipairs { raising, protected } do
        assert.is_string((client:request(make(wrap))).body)
        assert.is_string((whatsapp.encode(make(wrap))))
        assert.is_true((whatsapp.validate(make(wrap))))
        client:send_marketing(make(wrap))
      end
    end
  end)
end)

describe("each message has one outcome", function()
  local function outcomes_of(client)
    local outcomes = {}
    for _, result, err, details in client:each { MESSAGES.text(raising), MESSAGES.text(protected) } do
      outcomes[#outcomes + 1] = { result, err, details }
    end
    local result, err, details = client:send(MESSAGES.text(raising))
    outcomes[#outcomes + 1] = { result, err, details }
    client:close()
    assert.equal(3, #outcomes)
    for _, outcome in ipairs(outcomes) do
      assert.is_true(outcome[1] ~= nil or type(outcome[2]) == "string" and type(outcome[3]) == "table")
      assert.is_string(tostring(outcome[1] or outcome[3])) -- it can be printed
    end
    return outcomes
  end

  for _, wrap in ipairs { raising, protected } do
    for name, answer in pairs {
      response = function() return wrap() end,
      ["response with a status"] = function() return wrap { status = 200 } end,
      details = function() return nil, "failed", wrap() end,
      ["member of details"] = function() return nil, "failed", { kind = wrap(), may_have_been_sent = wrap(), retryable = wrap() } end,
      err = function() return nil, wrap(), wrap() end,
      ["error that is raised"] = function() error(wrap(), 0) end,
    } do
      it("for each result of a transport:  " .. name, function()
        for _, outcome in ipairs(outcomes_of(client_of({}, answer))) do assert.is_nil(outcome[1]) end
      end)
    end

    for _, option in ipairs { "before_send", "log", "observe", "on_warning", "token" } do
      it("for each result of a function:  " .. option, function()
        for _, give in ipairs {
          function() return wrap() end, function() return false, wrap() end, function() return nil, wrap() end,
          function() error(wrap(), 0) end,
        } do
          outcomes_of(client_of { [option] = give })
        end
      end)
    end
  end
end)
