-- The client: puts a message, the core and a transport together. Holds the credentials where nobody sees them and adds
-- them innermost, at each attempt. Never repeats what may have been sent.
local core = require "whatsapp.core"
local decorate = require "whatsapp.transport.decorate"
local json = require "whatsapp.json"
local options = require "whatsapp.options"
local response = require "whatsapp.response"
local retry = require "whatsapp.retry"

local M = {}

---@class whatsapp.options
---@field token string|fun(): string?, string? the access token; a function is asked at each attempt
---@field phone_number_id string|integer the business's number
---@field version string? of the Graph API, whatsapp.GRAPH_VERSION if absent
---@field base_url string? "https://graph.facebook.com" if absent; http only to loopback, or with allow_http
---@field transport any? who moves the bytes; libcurl if absent
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds, 10 if absent
---@field retry whatsapp.retry|false? {attempts = 3, total = 30} if absent
---@field limiter (fun(transport: any): any)? a decorator that waits before a request leaves
---@field mode "strict"|"lenient"? "strict" if absent
---@field app_secret string? requests then carry appsecret_proof
---@field proxy string? URL; "" for none, whatever the environment says
---@field ca_file string? certificates to trust instead of the system's
---@field user_agent string?
---@field max_body integer? bytes of an answer, 16 MiB if absent
---@field allow_http boolean? plain http to others than loopback
---@field log fun(entry: whatsapp.log_entry)? called after each attempt
---@field on_warning fun(warning: whatsapp.problem, message: table)? what the API may refuse, but need not

---@class whatsapp.log_entry
---@field request table without any secret
---@field url string without its query
---@field seconds number?
---@field status integer?
---@field error string?

---@class whatsapp.send_options
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?
---@field mode "strict"|"lenient"?

---@class whatsapp.info
---@field attempts integer
---@field http_status integer
---@field trace_id string?
---@field usage table?
---@field warnings whatsapp.problem[]?

local NEW = {
  token = "secret", phone_number_id = "id", version = "version", base_url = "base_url", transport = "callable",
  timeout = "seconds", connect_timeout = "seconds", retry = "retry", limiter = "callable", mode = "mode",
  app_secret = "key", proxy = "string", ca_file = "text", user_agent = "text", max_body = "bytes",
  allow_http = "boolean", log = "callable", on_warning = "callable",
}
local WITH = { token = "secret", phone_number_id = "id", app_secret = "key" }
local SEND = { timeout = "seconds", retry = "retry", mode = "mode" }
local MARK_READ = { timeout = "seconds", retry = "retry", typing = "boolean" }
local CURL = { "timeout", "connect_timeout", "proxy", "ca_file", "user_agent", "allow_http", "max_body" }

---@class whatsapp.client
local client = {}
client.__index = client
client.__name = "whatsapp.client"

-- client -> what it is made of; not in the object, so that no print and no dump of it shows a secret
local private = setmetatable({}, { __mode = "k" })

---@return table
local function own(self, level)
  local parts = private[self]
  if not parts then error("not a client: call its functions with a colon, as in client:send(message)", level + 1) end
  if parts.shared.closed then error("attempt to use a closed client", level + 1) end
  return parts
end

-- ---- credentials ----------------------------------------------------------------------------------------------------

local function refused(text)
  return nil, text, { kind = "invalid", retryable = false, may_have_been_sent = false, problems = {}, count = 0 }
end

local function current_token(parts)
  if type(parts.token) == "string" then return parts.token end
  local token, problem = parts.token()
  if type(token) ~= "string" or token == "" then
    return refused("the token function gave no token" .. (type(problem) == "string" and ": " .. problem or ""))
  end
  if token:find "[%c ]" then return refused "the token function gave a token with spaces or control characters" end
  return token
end

-- what must not come back in a text: the secrets of the latest requests, the newest first
local KEPT_SECRETS, SHORTEST_SECRET = 12, 8 -- what is shorter is a stand-in of a test, and part of many words

local function remember(parts, secret)
  local secrets = parts.shared.secrets
  if type(secret) ~= "string" or #secret < SHORTEST_SECRET or secrets[secret] then return end
  table.insert(secrets, 1, secret)
  secrets[secret] = true
  if #secrets > KEPT_SECRETS then secrets[table.remove(secrets)] = nil end
end

local function without_secrets(parts, text)
  for _, secret in ipairs(parts.shared.secrets) do
    local from, to = text:find(secret, 1, true)
    while from do
      text = text:sub(1, from - 1) .. "***" .. text:sub(to + 1)
      from, to = text:find(secret, from + 3, true)
    end
  end
  return text
end

-- the same of every string in details, which are a tree of few levels; a copy
local function cleaned(parts, value, depth)
  if type(value) == "string" then return without_secrets(parts, value) end
  if type(value) ~= "table" or depth == 0 then return value end
  local copy = {}
  for name, member in pairs(value) do copy[name] = cleaned(parts, member, depth - 1) end
  return copy
end

local function copy(from)
  local to = {}
  for name, value in pairs(from or {}) do to[name] = value end
  return to
end

-- the request with its credentials
local function authorized(parts, request)
  local token, text, details = current_token(parts)
  if not token then return nil, text, details end
  local signed = copy(request)
  signed.headers = copy(request.headers)
  signed.headers.Authorization = "Bearer " .. token
  remember(parts, token)
  if parts.app_secret then
    local proof = require("whatsapp.crypto").hmac_sha256(parts.app_secret, token)
    signed.url = signed.url .. (signed.url:find("?", 1, true) and "&" or "?") .. "appsecret_proof=" .. proof
    remember(parts, parts.app_secret)
    remember(parts, proof)
  end
  return signed
end

-- What a transport gives is a response or nil, text, details; whatever else it gives, the request may have left.
local function outcome_of(answer, text, details)
  if type(answer) == "table" and type(answer.status) == "number" then return answer end
  if answer == nil and type(text) == "string" then return nil, text, details end
  local got = answer == nil and "nothing" or "a " .. type(answer)
  return nil, ("the transport gave %s: neither a response nor nil and a text"):format(got),
    { kind = "transport", retryable = false, may_have_been_sent = true }
end

-- credentials go in and, should the other side repeat them, do not come out in a text that is logged
local function authorizing(parts, transport)
  return decorate.around(transport, function(request)
    local signed, problem, refusal = authorized(parts, request)
    if not signed then return nil, problem, refusal end
    local answer, text, details = outcome_of(transport(signed))
    if answer == nil then return nil, without_secrets(parts, text), details end
    return answer
  end)
end

-- ---- log --------------------------------------------------------------------------------------------------------------

-- a log that raises must not lose what became of the request: what it raised stands in the outcome
local function logging(parts, transport)
  local now = decorate.carried(transport, "now")
  return decorate.around(transport, function(request)
    local started = now and now()
    local answer, text, details = transport(request)
    local ok, problem = pcall(parts.log, {
      request = request,
      url = request.url:match "^[^?]*",
      seconds = now and now() - started,
      status = answer and answer.status,
      error = answer == nil and text or nil,
    })
    if not ok then parts.shared.log_error = tostring(problem) end
    return answer, text, details
  end)
end

-- ---- life ---------------------------------------------------------------------------------------------------------------

local function is_loopback(url)
  local host = url:match "^http://%[(.-)%]" or url:match "^http://([^/:]+)"
  return host == "localhost" or host == "::1" or (host ~= nil and host:find "^127%.[%d.]+$" ~= nil)
end

local function text_of_id(id)
  return type(id) == "number" and ("%.0f"):format(id) or id
end

-- what stands between a request and the network, from the outside in: limits, log, credentials
local function pipeline(parts)
  local transport = authorizing(parts, parts.shared.transport)
  if parts.log then transport = logging(parts, transport) end
  if parts.limiter then transport = parts.limiter(transport) end
  return transport
end

local function make(parts, level)
  parts.url = ("%s/%s/%s/"):format(parts.base_url, parts.version, parts.phone_number_id)
  parts.pipeline = pipeline(parts)
  if not decorate.is_transport(parts.pipeline) then
    error("option limiter must return a transport, as it is given one", level + 1)
  end
  local self = setmetatable({}, client)
  private[self] = parts
  return self
end

local function default_transport(given, user_agent)
  local wanted = { user_agent = user_agent }
  for _, name in ipairs(CURL) do
    if given[name] ~= nil then wanted[name] = given[name] end
  end
  return require("whatsapp.transport.curl").new(wanted)
end

---@param given whatsapp.options
---@param defaults { version: string, user_agent: string }
---@return whatsapp.client
function M.new(given, defaults)
  if type(given) ~= "table" then error("whatsapp.new takes a table: whatsapp.new { token =, phone_number_id = }", 3) end
  local parts = options.check(given, NEW, 3)
  if parts.token == nil then error("whatsapp.new needs a token", 3) end
  if parts.phone_number_id == nil then error("whatsapp.new needs a phone_number_id", 3) end
  parts.base_url = (parts.base_url or "https://graph.facebook.com"):gsub("/+$", "")
  if parts.base_url:find "^http:" and not (parts.allow_http or is_loopback(parts.base_url)) then
    error("option base_url: plain http is only for loopback, or with allow_http = true", 3)
  end
  parts.version = parts.version or defaults.version
  parts.phone_number_id = text_of_id(parts.phone_number_id)
  if parts.retry == nil then parts.retry = {} end
  parts.shared = {
    transport = parts.transport or default_transport(parts, defaults.user_agent),
    owned = parts.transport == nil,
    secrets = {},
  }
  local made = make(parts, 3)
  return made
end

---A client for another number or another token, over the connections and the limits of this one.
---@param changes { phone_number_id: string|integer?, token: string|fun(): string?, app_secret: string? }
---@return whatsapp.client
function client:with(changes)
  local parts = copy(own(self, 2))
  for name, value in pairs(options.check(changes, WITH, 2)) do parts[name] = value end
  parts.phone_number_id = text_of_id(parts.phone_number_id)
  local made = make(parts, 2)
  return made
end

---Closes the connections, of the clients made with client:with too. May be called again.
function client:close()
  local parts = private[self]
  if not parts then error("not a client: call its functions with a colon, as in client:close()", 2) end
  if parts.shared.closed then return end
  parts.shared.closed = true
  if parts.shared.owned then parts.shared.transport.close() end
end
client.__close = client.close

function client:__tostring()
  local parts = private[self]
  return parts and ("whatsapp.client (%s)"):format(parts.phone_number_id) or "whatsapp.client"
end

-- ---- requests -----------------------------------------------------------------------------------------------------------

local function warn(parts, warnings, message)
  for _, warning in ipairs(parts.on_warning and warnings or {}) do parts.on_warning(warning, message) end
end

local function request_of(parts, message, given, endpoint)
  local mode = given.mode or parts.mode
  local body, warnings, details = core.encode(message, mode and { mode = mode })
  if not body then return nil, warnings, details end
  if warnings then warn(parts, warnings, message) end
  return {
    method = "POST",
    url = parts.url .. (endpoint or "messages"),
    headers = { ["Content-Type"] = "application/json" },
    body = body,
    timeout = given.timeout or parts.timeout,
  }, warnings
end

local function check_message(message, level)
  if type(message) ~= "table" then error("a message is a table, got a " .. type(message), level + 1) end
end

---What a transport takes: plain data, no network, no secret in it.
---@param message table mirrors the API's JSON
---@param given whatsapp.send_options?
---@return { method: string, url: string, headers: table<string, string>, body: string, timeout: number? }? request
---@return string? text
---@return whatsapp.details? details
function client:request(message, given)
  local parts = own(self, 2)
  check_message(message, 2)
  local request, text, details = request_of(parts, message, options.check(given, SEND, 2))
  if not request then return nil, text, details end
  return request
end

---A copy of the request with Authorization and, where an app secret is known, appsecret_proof.
---@param request table
---@return table? request
---@return string? text
---@return whatsapp.details? details
function client:authorize(request)
  local parts = own(self, 2)
  if type(request) ~= "table" or type(request.url) ~= "string" then error("a request is a table with a url", 2) end
  local signed, text, details = authorized(parts, request)
  if not signed then return nil, text, details end
  return signed
end

-- ---- sending --------------------------------------------------------------------------------------------------------------

-- what a log raised meanwhile
local function take_log_error(parts)
  local problem = parts.shared.log_error
  parts.shared.log_error = nil
  return problem
end

local function fail(parts, text, details, attempts)
  details = cleaned(parts, details or { kind = "transport", retryable = false, may_have_been_sent = true }, 3)
  details.attempts = attempts
  details.log_error = take_log_error(parts)
  return nil, without_secrets(parts, text), details
end

local function exchange(parts, request, policy, warnings)
  json.prepare()
  local answer, text, details, attempts = retry.run(parts.pipeline, request, policy)
  if answer == nil then return fail(parts, tostring(text), details, attempts) end
  local result
  result, text, details = response.parse(answer)
  if not result then return fail(parts, text, details, attempts) end
  local headers = answer.headers or {}
  return result, nil, {
    attempts = attempts,
    http_status = answer.status,
    trace_id = cleaned(parts, response.trace_id(headers), 0),
    usage = cleaned(parts, response.usage(headers), 6),
    warnings = warnings,
    log_error = take_log_error(parts),
  }
end

local function policy_of(parts, given)
  if given.retry ~= nil then return given.retry end
  return parts.retry
end

---Sends a message of any type.
---@param message table mirrors the API's JSON; messaging_product, recipient_type and type are filled in where absent
---@param given whatsapp.send_options?
---@return table? result mirrors the API's: .messages[1].id, .contacts[1].wa_id
---@return string? text what went wrong, in a line
---@return whatsapp.info|whatsapp.details details of the failure, or of the success
function client:send(message, given)
  local parts = own(self, 2)
  check_message(message, 2)
  given = options.check(given, SEND, 2)
  local request, text, details = request_of(parts, message, given)
  if not request then return nil, text, details end
  return exchange(parts, request, policy_of(parts, given), text)
end

-- what /marketing_messages takes of what /messages takes: the member, the values it may have, and which is meant where
-- it is absent
local MARKETING = { { "type", "template" }, { "recipient_type", "individual" } }

local function check_marketing(message)
  for _, row in ipairs(MARKETING) do
    local name, wanted = row[1], row[2]
    local value = message[name]
    if value == nil and name == "type" and message.template == nil then value = "another type" end
    if value ~= nil and tostring(value):lower() ~= wanted then
      local text = ('%s: must be "%s" for /marketing_messages'):format(name, wanted)
      local problem = { path = name, rule = "enum", limit = wanted, actual = value, message = text }
      return nil, text, { kind = "invalid", retryable = false, may_have_been_sent = false, count = 1, problems = { problem } }
    end
  end
  return true
end

---Sends a marketing template through /marketing_messages, where the API decides when it is delivered.
---@param message whatsapp.TemplateMessage product_policy and message_activity_sharing may stand beside the template
---@param given whatsapp.send_options?
---@return table? result
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:send_marketing(message, given)
  local parts = own(self, 2)
  check_message(message, 2)
  given = options.check(given, SEND, 2)
  local ok, text, details = check_marketing(message)
  if not ok and (given.mode or parts.mode) ~= "lenient" then return nil, text, details end
  local request
  request, text, details = request_of(parts, message, given, "marketing_messages")
  if not request then return nil, text, details end
  return exchange(parts, request, policy_of(parts, given), text)
end

---Marks a received message, and those before it, as read. Safe to repeat, and repeated where that helps.
---@param message_id string of the message that was received
---@param given { typing: boolean?, timeout: number?, retry: whatsapp.retry|false? }? typing: an answer is being written
---@return table? result .success
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:mark_read(message_id, given)
  local parts = own(self, 2)
  if type(message_id) ~= "string" then error("a message_id is a string, got a " .. type(message_id), 2) end
  given = options.check(given, MARK_READ, 2)
  local message = { status = "read", message_id = message_id, typing_indicator = given.typing and { type = "text" } or nil }
  local request, text, details = request_of(parts, message, given)
  if not request then return nil, text, details end
  local policy = policy_of(parts, given)
  if policy then
    policy = copy(policy)
    policy.idempotent = true
  end
  return exchange(parts, request, policy, text)
end

return M
