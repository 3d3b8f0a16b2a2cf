-- Secrets in texts that come back: a token function that gives another token each time, an app secret, and many requests in flight.
-- Wherever a transport or an answer repeats the token, the proof or the app secret, the outcome has *** in its place. Never touches
-- a network.
local crypto = require "whatsapp.crypto"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local APP_SECRET, MANY, AT_ONCE = "app-secret|of a test", 100, 60

-- the text of all secrets of a request, also as a URL writes them
local function secrets_of(request)
  return ("%s %s %s %s"):format(request.url, request.headers.Authorization, APP_SECRET, "app-secret%7Cof%20a%20test")
end

local function failed(err, details)
  details = details or {}
  details.kind, details.retryable, details.may_have_been_sent = "transport", false, true
  return nil, err, details
end

local function answer(status, body, headers) return { status = status, headers = headers or {}, body = body } end

-- a place where secrets come back -> the answer of the transport; %s is the text with the secrets
local PLACES = {
  err = function(text) return failed(text) end,
  ["an error that is raised"] = function(text) error(text, 0) end,
  ["details"] = function(text) return failed("x", { hint = text, deep = { deep = { text } } }) end,
  ["a name in details"] = function(text) return failed("x", { [text] = true }) end,
  ["an answer"] = function(text)
    return answer(400, ('{"error":{"code":100,"message":"%s","error_data":{"details":"%s"}}}'):format(text, text))
  end,
  ["a name in an answer"] = function(text)
    return answer(400, ('{"error":{"code":100,"message":"m","%s":1,"error_data":{"%s":1}}}'):format(text, text))
  end,
  ["a header of a failure"] = function(text) return answer(400, "<", { ["x-fb-trace-id"] = text, ["content-type"] = text }) end,
  ["a header of a success"] = function(text)
    return answer(200, '{"messages":[{"id":"1"}]}', { ["x-fb-trace-id"] = text, ["x-app-usage"] = ('{"%s":"%s"}'):format(text, text) })
  end,
}

-- returns the first of the texts that is in a string, or in a string or name within a table
local function found(value, texts, depth)
  if type(value) == "string" then
    for _, text in ipairs(texts) do
      if value:find(text, 1, true) then return text end
    end
  elseif type(value) == "table" and depth < 10 then
    for name, member in next, value do
      local text = found(name, texts, depth + 1) or found(member, texts, depth + 1)
      if text then return text end
    end
    return getmetatable(value) and found(tostring(value), texts, 10)
  end
end

local function new_client(transport, log)
  local secrets = { APP_SECRET, "app-secret%7Cof%20a%20test" }
  local function token()
    local made = ("token|%010d"):format(#secrets)
    secrets[#secrets + 1], secrets[#secrets + 2] = made, crypto.hmac_sha256(APP_SECRET, made)
    return made
  end
  local client = whatsapp.new {
    token = token, app_secret = APP_SECRET, phone_number_id = "1", transport = transport, retry = false, limiter = false, log = log,
  }
  return client, secrets
end

describe("the secrets of many requests in flight", function()
  for place, make in pairs(PLACES) do
    it("are in no text of an outcome, nor in the log: " .. place, function()
      local logged = {}
      local client, secrets = new_client(memory.new(function(request) return make(secrets_of(request)) end,
        { delay = function() return math.random() * 10 end }), function(entry) logged[#logged + 1] = entry end)
      local messages, outcomes = {}, 0
      for i = 1, MANY do messages[i] = { to = tostring(1000 + i), text = { body = "x" } } end
      for _, _, err, details in client:each(messages, { concurrency = AT_ONCE }) do
        outcomes = outcomes + 1
        assert.is_nil(found(err, secrets, 1))
        assert.is_nil(found(details, secrets, 1))
      end
      assert.equal(MANY, outcomes)
      assert.equal(MANY, #logged)
      assert.is_nil(found(logged, secrets, 1))
    end)
  end

  it("are not in the URL of a next page, also if other requests begin meanwhile", function()
    local client, secrets
    local depth = 0
    local transport = memory.new(function(request)
      depth = depth + 1
      if depth < 20 then client:call { path = "x" } end -- other requests with other tokens begin and end
      local token = request.headers.Authorization:match "^Bearer (.*)$"
      return answer(200, ('{"data":[],"paging":{"next":"https://graph.facebook.com/x?access_token=%s&a=%s"}}')
        :format(token:gsub("|", "%%7C"), token))
    end)
    client, secrets = new_client(transport)
    local result = assert(client:call { path = "x" })
    assert.equal(20, depth)
    assert.truthy(result.paging.next:find("access_token=***&a=***", 1, true), result.paging.next)
    assert.is_nil(found(result, secrets, 1))
  end)
end)
