-- The option observe of the client and of the webhook handler: the events, that it never changes an outcome, and that no event
-- holds a recipient, an id, a text or a token. Touches no network.
local memory = require "whatsapp.transport.memory"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local TOKEN, TO, TEXT, ID = "token-of-a-spec-of-observe", "16505551234", "words of a person", "wamid.OBSERVED"
local ACCEPTED = { status = 200, headers = {}, body = ('{"messages":[{"id":"%s"}]}'):format(ID) }
local SUCCESS = { status = 200, headers = {}, body = '{"success":true}' }
local BUSY = { status = 429, headers = {}, body = '{"error":{"code":130429,"message":"Rate limit hit"}}' }
local GONE = { err = "the connection was reset", details = { kind = "transport", retryable = false, may_have_been_sent = true } }
local TEXT_MESSAGE, EMPTY = { to = TO, text = { body = TEXT } }, { to = TO, text = { body = "" } }

local function client_with(answers, observe, more)
  local transport = memory.new(answers, { delay = 0.25 })
  local options = { token = TOKEN, phone_number_id = "106", transport = transport, observe = observe }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options)
end

-- returns the events that are observed while `act` runs, each as a line of its members in order
local function told(answers, act, more)
  local lines = {}
  local client = client_with(answers, function(event)
    local names, line = {}, { event.name }
    for name in pairs(event) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
      if name ~= "name" and name ~= "phone_number_id" then line[#line + 1] = ("%s=%s"):format(name, tostring(event[name])) end
    end
    assert.equal("106", event.phone_number_id)
    lines[#lines + 1] = (table.concat(line, " "):gsub("(%d)%.0%f[^%w]", "%1"))
  end, more)
  act(client)
  return lines
end

local function each(client, messages)
  for _ in client:each(messages) do end -- luacheck: ignore 542
end

-- each row: the answers, the call, the events
local ROWS = {
  { "a message", { ACCEPTED }, function(client) client:send(TEXT_MESSAGE) end,
    { "message answer_seconds=0.25 attempts=1 endpoint=messages http_status=200 outcome=accepted seconds=0.25" } },
  { "a message that is wrong", {}, function(client) client:send(EMPTY) end,
    { "message attempts=0 endpoint=messages outcome=invalid" } },
  { "a message that a hook refuses", {}, function(client) client:send(TEXT_MESSAGE) end,
    { "message attempts=0 endpoint=messages outcome=refused" }, { before_send = function() return false end } },
  { "a message that may have been sent", { GONE }, function(client) client:send(TEXT_MESSAGE) end,
    { "message answer_seconds=0.25 attempts=1 endpoint=messages outcome=unknown seconds=0.25" } },
  { "a message that fails", { BUSY }, function(client) client:send(TEXT_MESSAGE, { retry = false }) end,
    { "message answer_seconds=0.25 attempts=1 code=130429 endpoint=messages http_status=429 outcome=failed seconds=0.25" } },
  { "many messages", { ACCEPTED, ACCEPTED }, function(client) each(client, { TEXT_MESSAGE, EMPTY, { to = "2", text = { body = "x" } } }) end,
    { "message attempts=0 endpoint=messages outcome=invalid",
      "message answer_seconds=0.25 attempts=1 endpoint=messages http_status=200 outcome=accepted seconds=0.25",
      "message answer_seconds=0.25 attempts=1 endpoint=messages http_status=200 outcome=accepted seconds=0.25" } },
  { "a sequence", { ACCEPTED }, function(client) client:sequence(TO, { { text = { body = TEXT } } }) end,
    { "message answer_seconds=0.25 attempts=1 endpoint=messages http_status=200 outcome=accepted seconds=0.25" } },
  { "a mark as read", { SUCCESS }, function(client) client:mark_read(ID) end,
    { "call answer_seconds=0.25 attempts=1 endpoint=messages http_status=200 outcome=accepted seconds=0.25" } },
  { "a file that is deleted", { SUCCESS }, function(client) client.media:delete "4711" end,
    { "call answer_seconds=0.25 attempts=1 endpoint=object http_status=200 outcome=accepted seconds=0.25" } },
  { "a question", { { status = 200, headers = {}, body = '{"data":[]}' } }, function(client) client:message_history(ID) end,
    { "call answer_seconds=0.25 attempts=1 endpoint=message_history http_status=200 outcome=accepted seconds=0.25" } },
  { "a message of a batch that is closed", {}, function(client)
    local batch = client:each { TEXT_MESSAGE }
    client:close()
    batch()
  end, { "message attempts=0 endpoint=messages outcome=failed" } },
}

describe("observe", function()
  for _, row in ipairs(ROWS) do
    it("gets one event for " .. row[1], function()
      local lines = told(row[2], row[3], row[5])
      table.sort(lines)
      local expected = { (table.unpack or unpack)(row[4]) } -- luacheck: ignore 113 143
      table.sort(expected)
      assert.same(expected, lines)
    end)
  end

  it("gets each repeated attempt, and then the message", function()
    local lines = told({ BUSY, BUSY, ACCEPTED }, function(client) client:send(TEXT_MESSAGE) end)
    assert.equal(3, #lines)
    for i = 1, 2 do
      assert.equal(("attempt answer_seconds=0.25 attempts=%d code=130429 endpoint=messages http_status=429 outcome=failed"):format(i), lines[i])
    end
    assert.matches("^message answer_seconds=0.25 attempts=3 .* outcome=accepted", lines[3])
  end)

  it("gets no event for a request that is only shown", function()
    assert.same({}, told({}, function(client)
      client:request(TEXT_MESSAGE)
      client:request(EMPTY)
    end))
  end)

  it("gets the seconds that a message waited for limits", function()
    local lines = told({ ACCEPTED, ACCEPTED }, function(client)
      client:send(TEXT_MESSAGE)
      client:send(TEXT_MESSAGE)
    end, { limiter = { pair = { interval = 6, burst = 1 } } })
    assert.matches("seconds=6 waited=5.75$", lines[2])
  end)

  -- functions that return the outcome of one message or call
  local WAYS = {
    send = function(client) return client:send(TEXT_MESSAGE) end,
    each = function(client) return select(2, client:each({ TEXT_MESSAGE }):next()) end,
    mark_read = function(client) return client:mark_read(ID) end,
    delete = function(client) return client.media:delete "4711" end,
    wrong = function(client) return client:send(EMPTY) end,
  }
  for name, way in pairs(WAYS) do
    it("changes no outcome if it raises, and its error is not lost: " .. name, function()
      for _, problem in ipairs { "the disk\nis full", setmetatable({}, { __tostring = error }) } do
        local body = (name == "send" or name == "each") and ACCEPTED or SUCCESS
        local plain = { way(client_with({ body })) }
        local result, err, details = way(client_with({ body }, function() error(problem, 0) end))
        assert.same(plain[1], result)
        assert.equal(plain[2], err)
        assert.equal("string", type(details.observe_error))
        assert.is_nil(details.observe_error:find "\n")
      end
    end)
  end

  it("returns its error also for an attempt", function()
    local client = client_with({ BUSY, ACCEPTED }, function(event) if event.name == "attempt" then error("x", 0) end end)
    local result, _, info = client:send(TEXT_MESSAGE)
    assert.equal(ID, result.messages[1].id)
    assert.equal("x", info.observe_error)
  end)

  it("must not ask the batch of its message for outcomes", function()
    local batch
    local client = client_with({ ACCEPTED }, function() batch:next() end)
    batch = client:each { TEXT_MESSAGE }
    local _, result, _, info = batch:next()
    assert.equal(ID, result.messages[1].id)
    assert.matches("cannot call the batch that runs it", info.observe_error)
    assert.is_nil(batch:next())
  end)

  it("holds no recipient, id, text or token", function()
    local seen = {}
    local client = client_with({ ACCEPTED, GONE, BUSY, BUSY, BUSY, SUCCESS, SUCCESS }, function(event)
      for name, value in pairs(event) do seen[#seen + 1] = ("%s=%s"):format(name, tostring(value)) end
    end)
    for _ = 1, 3 do client:send(TEXT_MESSAGE) end
    client:mark_read(ID)
    client.media:delete "4711"
    local all = table.concat(seen, "\n")
    for _, secret in ipairs { TO, TEXT, ID, TOKEN, "4711" } do assert.is_nil(all:find(secret, 1, true), secret) end
  end)
end)

describe("observe of the sandbox", function()
  it("gets each request and each attempt to post a webhook, and stops nothing if it raises", function()
    for _, problem in ipairs { false, "x" } do
      local seen = {}
      local box = require("whatsapp.sandbox").new {
        webhook = function() return { status = 500, headers = {}, body = "" } end,
        observe = function(event)
          seen[#seen + 1] = ("%s %s %s"):format(event.name, tostring(event.endpoint), tostring(event.http_status))
          if problem then error(problem, 0) end
        end,
      }
      local client = whatsapp.new { token = TOKEN, phone_number_id = "106", transport = box.transport }
      assert(client:send(TEXT_MESSAGE))
      client:send { to = TO, text = { body = "" } }
      box:user(TO):writes "hi"
      local all = table.concat(seen, "\n")
      assert.is_truthy(all:find("sandbox_request messages 200", 1, true), all)
      assert.is_truthy(all:find("sandbox_delivery nil 500", 1, true), all)
      assert.is_nil(all:find(TO, 1, true))
      assert.equal(problem or nil, box.observe_error)
    end
  end)
end)

-- ---- the handler ------------------------------------------------------------------------------------------------------------

local function handler_with(observe, changes)
  local options = {
    app_secret = webhooks.SECRET, verify_token = webhooks.TOKEN, on = { message = function() end }, observe = observe,
    now = function() return 1749416385 end,
  }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.webhook.handler(options)
end

local function one(id) return webhooks.post(webhooks.body { messages = { webhooks.text(id, TEXT, TO) } }) end
local STATUS = webhooks.post(webhooks.body { statuses = { webhooks.status(ID, "delivered") } })
local function fails() error("x", 0) end

local HANDLED = {
  { "handled", one "a" }, { "duplicate", one "b", before = true }, { "ignored", STATUS },
  { "failed", one "c", { on = { message = fails } } }, { "given_up", one "d", { on = { message = fails }, attempts = 1 } },
  { "failed", one "e", { store = { begin = fails, done = fails, forget = fails } } },
}
local REFUSED = {
  signature = { method = "POST", headers = {}, body = "{}" },
  not_json = webhooks.post "[", too_long = webhooks.post(("x"):rep(100)),
  verify_token = { method = "GET", query = "hub.mode=subscribe&hub.challenge=77&hub.verify_token=x", headers = {} },
}

describe("observe of the handler", function()
  for _, row in ipairs(HANDLED) do
    it("gets an event that is " .. row[1], function()
      local seen
      local handle = handler_with(function(event) seen = event end, row[3])
      if row.before then handle(row[2]) end
      handle(row[2])
      local is_status = row[2] == STATUS
      assert.same({ name = "webhook", kind = is_status and "status" or "message", status = is_status and "delivered" or nil,
        result = row[1], phone_number_id = "106", seconds = 0, lag = 2 }, seen)
    end)
  end
  for why, request in pairs(REFUSED) do
    it("gets a webhook that is refused: " .. why, function()
      local seen
      handler_with(function(event) seen = event end, { max_body = 50 })(request)
      assert.same({ name = "refused_webhook", why = why }, seen)
    end)
  end

  it("changes no answer if it raises, and on_error gets the error", function()
    local reported = {}
    local function keep(err) reported[#reported + 1] = err end
    local requests = { one "f", STATUS }
    for _, request in pairs(REFUSED) do requests[#requests + 1] = request end
    for _, request in ipairs(requests) do
      local before = #reported
      local answer = handler_with(fails, { on_error = keep })(request)
      assert.equal(handler_with(nil)(request).status, answer.status)
      assert.is_true(#reported > before)
      assert.equal("observe: x", reported[#reported])
    end
  end)
end)
