-- What stands between a request and the network: limits, the journal, the log, credentials. Holds secrets where nobody
-- sees them, adds them innermost, at each attempt, and takes them out of every text that comes back. Never repeats.
local batch = require "whatsapp.send.batch"
local decorate = require "whatsapp.util.decorate"
local options = require "whatsapp.util.options"
local response = require "whatsapp.wire.outcome"
local trusted = require "whatsapp.send.trusted"

local copy = options.copy

local pipeline = {}

-- ---- secrets --------------------------------------------------------------------------------------------------------

-- what must not come back in a text: the secrets of the latest requests, the newest first
local KEPT_SECRETS, SHORTEST_SECRET = 12, 8 -- what is shorter is a stand-in of a test, and part of many words

local function remember(secrets, secret)
  if type(secret) ~= "string" or #secret < SHORTEST_SECRET or secrets[secret] then return end
  table.insert(secrets, 1, secret)
  secrets[secret] = true
  if #secrets > KEPT_SECRETS then secrets[table.remove(secrets)] = nil end
end

local function without(text, secret)
  if type(secret) ~= "string" or #secret < SHORTEST_SECRET then return text end
  local from, to = text:find(secret, 1, true)
  while from do
    text = text:sub(1, from - 1) .. "***" .. text:sub(to + 1)
    from, to = text:find(secret, from + 3, true)
  end
  return text
end

---@param parts table of a client
---@param text string
---@return string text without the client's secrets
function pipeline.clean(parts, text)
  text = without(without(text, parts.token), parts.signed_token) -- others may have used the connections more lately
  for _, secret in ipairs(parts.shared.secrets) do text = without(text, secret) end
  return text
end

---The same of every string in details, which are a tree of few levels; a copy.
---@param parts table of a client
---@param value any
---@param depth integer how many levels of tables
function pipeline.cleaned(parts, value, depth)
  if type(value) == "string" then return pipeline.clean(parts, value) end
  if type(value) ~= "table" or depth == 0 then return value end
  local clean = {}
  for name, member in pairs(value) do clean[name] = pipeline.cleaned(parts, member, depth - 1) end
  return clean
end

---What the API says beside its answer.
---@param parts table of a client
---@param info table which is told
---@param headers table<string, string>
function pipeline.tell(parts, info, headers)
  local trace_id, usage = response.trace_id(headers), response.usage(headers)
  info.trace_id = trace_id and pipeline.cleaned(parts, trace_id, 0)
  info.usage = usage and pipeline.cleaned(parts, usage, 6)
end

-- ---- credentials ----------------------------------------------------------------------------------------------------

local function current_token(parts)
  if type(parts.token) == "string" then return parts.token end
  local token, problem = parts.token()
  if type(token) ~= "string" or token == "" then
    return options.refused("the token function gave no token" .. (type(problem) == "string" and ": " .. problem or ""))
  end
  if token:find "[%c ]" then return options.refused "the token function gave a token with spaces or control characters" end
  return token
end

-- whether it is the Graph API that the request goes to; nothing and a refusal: somebody who is not told the token
local function destination(parts, request)
  if request.url == parts.messages_url then return true end
  local graph, problem = trusted.is_graph(request.url, parts.base_url)
  if graph == nil then return options.refused(problem) end
  return graph
end

---@param parts table of a client
---@param request table
---@return table? request a copy with its credentials
---@return string? text
---@return whatsapp.details? details
function pipeline.authorized(parts, request)
  local graph, unknown, refusal = destination(parts, request)
  if graph == nil then return nil, unknown, refusal end
  local token, text, details = current_token(parts)
  if not token then return nil, text, details end
  local signed = copy(request)
  signed.headers = copy(request.headers)
  signed.headers.Authorization = "Bearer " .. token
  remember(parts.shared.secrets, token)
  if parts.app_secret and graph then
    local proof = require("whatsapp.crypto").hmac_sha256(parts.app_secret, token)
    signed.url = signed.url .. (signed.url:find("?", 1, true) and "&" or "?") .. "appsecret_proof=" .. proof
    remember(parts.shared.secrets, parts.app_secret)
    remember(parts.shared.secrets, proof)
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
  return decorate.around(transport, function(_, request)
    local signed, problem, refusal = pipeline.authorized(parts, request)
    if not signed then return nil, problem, refusal end
    local answer, text, details = outcome_of(transport(signed))
    if answer == nil then return nil, pipeline.clean(parts, text), details end
    return answer
  end)
end

-- The same where nobody but libcurl ever sees the request: nothing is copied, and the headers that all messages share are
-- made once a token. true, or nil, text, details.
local function sign(parts, request)
  local graph, unknown, refused = destination(parts, request)
  if graph == nil then return nil, unknown, refused end
  local token, problem, refusal = current_token(parts)
  if not token then return nil, problem, refusal end
  local given = request.headers
  if token ~= parts.signed_token or given ~= parts.signed_from and given ~= parts.signed_headers then -- the latter: a repeat
    parts.signed_headers, parts.signed_token, parts.signed_from = copy(given), token, given
    parts.signed_headers.Authorization = "Bearer " .. token
    remember(parts.shared.secrets, token)
  end
  request.headers = parts.signed_headers
  return true
end

---The same once for many requests, of a client whose token is a string.
---@param parts table of a client
---@param request table without a body
---@return any? prepared for transport.post; nil: it was refused, and will be where it is sent
function pipeline.prepare(parts, request)
  request.headers.Authorization = "Bearer " .. parts.token
  remember(parts.shared.secrets, parts.token)
  local prepared = parts.shared.transport.prepare(request)
  return prepared
end

local function authorizing_own(parts, transport)
  return decorate.around(transport, function(_, request)
    local ok, problem, refusal = sign(parts, request)
    if not ok then return nil, problem, refusal end
    local answer, text, details = transport(request)
    if answer == nil then return nil, pipeline.clean(parts, text), details end
    return answer
  end)
end

-- ---- log and journal --------------------------------------------------------------------------------------------------

-- request -> what the log raised for it: an error there must not lose what became of the request
local log_errors = setmetatable({}, { __mode = "k" })

---@param request table
---@return string? problem what the log raised
function pipeline.take_log_error(request)
  local problem = log_errors[request]
  log_errors[request] = nil
  return problem
end

local function logging(parts, transport)
  local now = decorate.carried(transport, "now")
  return decorate.around(transport, function(_, request)
    local started = now and now()
    local answer, text, details = transport(request)
    local ok, problem = pcall(parts.log, {
      request = request,
      url = request.url:match "^[^?]*",
      seconds = now and now() - started,
      status = answer and answer.status,
      error = answer == nil and text or nil,
    })
    if not ok then log_errors[request] = tostring(problem) end
    return answer, text, details
  end)
end

-- what the hook refuses, or raises for, does not leave
local function announcing(parts, transport)
  return decorate.around(transport, function(_, request)
    local agreed, problem = parts.before_send(request)
    if agreed == false or (agreed == nil and problem ~= nil) then
      return options.refused("before_send did not let it leave" .. (problem and ": " .. tostring(problem) or ""))
    end
    return transport(request)
  end)
end

---@param parts table of a client
---@return table transport from the outside in: limits, journal, log, credentials
---@return boolean own whether no code of the user's sees a request
function pipeline.build(parts)
  local own = parts.shared.owned and parts.shared.own_limiter and not (parts.log or parts.before_send or parts.app_secret)
  local transport = (own and authorizing_own or authorizing)(parts, batch.switch(parts.shared.transport))
  if parts.log then transport = logging(parts, transport) end
  if parts.before_send then transport = announcing(parts, transport) end
  if parts.shared.limiter then transport = parts.shared.limiter(transport) end
  return transport, own
end

return pipeline
