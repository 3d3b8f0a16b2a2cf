-- Decides which host gets a secret. This file has the only function that signs requests, the list of the hosts that may get the
-- token, and the functions that remove secrets from every error and detail that the user gets. step() is the last step before an
-- attempt (see send/delivery). Never shows a secret, and never sends anything.
local caller = require "whatsapp.send.caller"
local core = require "whatsapp.core"
local outcome = require "whatsapp.wire.outcome"
local url_reader = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local credentials = {}

local LIST = getmetatable(core.array {})

-- ---- the hosts that get the token -----------------------------------------------------------------------------------------

-- The token goes to the API's own hosts over https, and to the host of the client's base_url. The check reads only the text of
-- the URL, and asks no name server.

-- host -> true: the host is the Graph API, and also gets appsecret_proof; false: the host gets only the token
local HOSTS = { ["graph.facebook.com"] = true, ["lookaside.fbsbx.com"] = false }

local LONGEST_URL = 8192

local function origin(url)
  return url:match "^https?://[^/?#]*"
end

-- returns a host for an error text, with "?" for each unusual byte
local function shown(authority)
  local host = authority:match "([^@]*)$":gsub("[^0-9A-Za-z.:%[%]-]", "?")
  return host ~= "" and host:sub(1, 80) or "nowhere"
end

-- returns an error if a URL is not a string, is too long, or has bytes that a URL with the token must not have
local function oddity(url)
  if type(url) ~= "string" then return "a URL is a string, got a " .. type(url) end
  if #url > LONGEST_URL then return ("a URL of %d bytes is too long"):format(#url) end
  if url:find "[%c%s\\\127-\255]" then
    return "a URL has no spaces, control characters, backslashes or letters beyond ASCII"
  end
  if url:find("#", 1, true) then return "a URL that gets the token has no fragment" end
end

---Decides whether the token may go to a URL.
---@param url any
---@param base_url string the client's base_url
---@return boolean? graph true: the URL is on the Graph API or on base_url; false: the URL is on another host that gets the token;
---nil: the token must not go to this URL
---@return string? err
function credentials.is_graph(url, base_url)
  local err = oddity(url)
  if err then return nil, err end
  local base = origin(base_url)
  if url == base or url:sub(1, #base + 1) == base .. "/" then return true end
  local authority, rest = url:match "^https://([^/?]*)(.*)$"
  if not authority then return nil, "the token goes only to a URL that begins with https://" end
  if authority:find("@", 1, true) then return nil, "the token goes only to a URL without a name and password before its host" end
  local read = url_reader.read(url)
  local host = read and read.port == 443 and read.host or ""
  local graph = HOSTS[host]
  -- The URL must spell the host exactly as HOSTS does: then the transport cannot read another host from this URL.
  if graph == nil or (authority ~= host and authority ~= host .. ":443") then
    return nil, ("the token goes to graph.facebook.com and lookaside.fbsbx.com only, not to %s"):format(shown(authority))
  end
  if rest:sub(1, 1) ~= "/" then return nil, "a URL has a path" end
  return graph
end

-- ---- scrubbing ------------------------------------------------------------------------------------------------------------

-- state.shared.secrets is the list of secrets that clean() removes: the last KEPT secrets, the newest first. remember() adds a
-- secret when a request first uses it. The list has no secret shorter than SHORTEST bytes: only tests use such short secrets, and
-- clean() would remove parts of ordinary words.
local KEPT, SHORTEST = 12, 8

local function remember(secrets, secret)
  if type(secret) ~= "string" or #secret < SHORTEST or secrets[secret] then return end
  table.insert(secrets, 1, secret)
  secrets[secret] = true
  if #secrets > KEPT then secrets[table.remove(secrets)] = nil end
end

-- returns the text with *** in place of each occurrence of the secret
local function replaced(text, secret)
  local from, to = text:find(secret, 1, true)
  while from do
    text = text:sub(1, from - 1) .. "***" .. text:sub(to + 1)
    from, to = text:find(secret, from + 3, true)
  end
  return text
end

-- returns the text with *** in place of each occurrence of the secret, as plain text and as escaped in a URL
local function without(text, secret)
  if type(secret) ~= "string" or #secret < SHORTEST then return text end
  text = replaced(text, secret)
  if not text:find("%", 1, true) then return text end -- an escape has a %; to escape the secret costs more than this look
  return replaced(text, url_reader.escape(secret))
end

-- Returns the token and the appsecret_proof of a signed request. Checks the types, because a user's transport may have changed
-- the request.
local function secrets_in(request)
  local headers, url = request.headers, request.url
  local authorization = type(headers) == "table" and headers.Authorization
  return type(authorization) == "string" and authorization:match "^Bearer (.*)$" or nil,
    type(url) == "string" and url:match "[?&]appsecret_proof=(%x+)" or nil
end

---@param state table the state of a client
---@param text string
---@param request table? the signed request, whose token and proof are removed too: they may no longer be in the list
---@return string text without the client's secrets
function credentials.clean(state, text, request)
  if request then
    local token, proof = secrets_in(request)
    text = without(without(text, token), proof)
  end
  -- clients that share the list may have pushed the secrets of this client out of the list
  text = without(without(without(text, state.token), state.signed.token), state.app_secret)
  for _, secret in ipairs(state.shared.secrets) do text = without(text, secret) end
  return text
end

---Returns a copy of a tree of tables without the client's secrets: removes them from every string and every name of a member.
---@param state table the state of a client
---@param value any
---@param depth integer levels of tables that are copied
---@param request table? the signed request
---@return any copy without tables that are deeper than `depth`
function credentials.cleaned(state, value, depth, request)
  if type(value) == "string" then return credentials.clean(state, value, request) end
  if type(value) ~= "table" then return value end
  if depth == 0 then return nil end
  local clean = {}
  for name, member in next, value do
    if type(name) == "string" then name = credentials.clean(state, name, request) end
    clean[name] = credentials.cleaned(state, member, depth - 1, request)
  end
  return getmetatable(value) == LIST and setmetatable(clean, LIST) or clean -- no other metatable: it could raise
end

-- ---- the token ------------------------------------------------------------------------------------------------------------

-- Seconds. AGAIN: between two checks of a token call that is under way. LONGEST: after this time, a token call counts as lost.
-- LOOK: after this time, a check may collect garbage to see whether the call is lost. After such a check, the next collection is
-- due when the call has lasted twice as long, because a collection is slow.
local AGAIN, LONGEST, LOOK = 0.01, 60, 0.5

-- Returns whether a call of the token function is under way. While it is, no other coroutine calls the function, neither with
-- this client nor with a client from client:with. A call counts as lost, and the next coroutine calls the function again, if the
-- coroutine of the call died, if the call takes longer than LONGEST, or if the clock went back.
local function is_asking(asking, now)
  if not asking then return false end
  local seconds = now - asking.since
  if seconds > LONGEST or seconds < 0 then return false end
  local collect = seconds >= asking.look
  if collect then asking.look = 2 * seconds end
  return caller.is_alive(asking.caller, collect)
end

local function refused(problem)
  return outcome.refused("token", "the token function gave " .. problem)
end

---Returns the failure for a client without sleep(), which cannot wait while another call of the token function is under way.
---@return nil, string err, whatsapp.details details
function credentials.busy()
  local _, err, details = outcome.refused("token", "another call of the token function is under way")
  details.retryable = true
  return nil, err, details
end

-- Calls the token function. Returns the token; false if another call is under way; or nil, err, details. Reads the clock, and
-- does not use the time from advance(): the earlier steps may have waited since.
local function asked_token(state, delivery)
  local now, calls, code = (state.now or os.clock)(), state.shared.token_calls, state.token
  if is_asking(calls[code], now) then
    if not caller.is_current(calls[code].caller) then return false end
    return refused "no token: it sends a message with the client that waits for this token"
  end
  local asking = { since = now, look = LOOK, caller = caller.new() }
  caller.set(asking.caller)
  calls[code] = asking
  local ok, token, problem
  if delivery then ok, token, problem = delivery:call(code)
  else ok, token, problem = values.protected(code) end
  if calls[code] == asking then calls[code] = nil end
  if not ok then return refused("no token: it raised " .. values.text_of(token)) end
  if type(token) ~= "string" or token == "" then
    remember(state.shared.secrets, token)
    return refused("no token" .. (type(problem) == "string" and ": " .. problem or ""))
  end
  if token:find "[%c ]" then return refused "a token with spaces or control characters" end
  return token
end

-- ---- signing --------------------------------------------------------------------------------------------------------------

-- returns whether the URL is on the Graph API; or nil, err, details if the token must not go there
local function destination(state, url)
  if url == state.messages_url then return true end
  local graph, problem = credentials.is_graph(url, state.base_url)
  if graph == nil then return outcome.refused("credentials", problem) end
  return graph
end

-- returns a copy of the headers, with the header Authorization added
local function signed_headers(state, headers, token)
  local made = values.copy(headers)
  made.Authorization = "Bearer " .. token
  remember(state.shared.secrets, token)
  return made
end

-- returns the appsecret_proof of a token
local function proof_of(state, token)
  local proof = require("whatsapp.util.needed").module("whatsapp.crypto").hmac_sha256(state.app_secret, token)
  remember(state.shared.secrets, state.app_secret)
  remember(state.shared.secrets, proof)
  return proof
end

-- Signs a request whose URL, headers or token differ from the last request. If the transport is the library's own, all messages
-- with the same URL and headers get the same table of signed headers: the transport recognizes this table, and uses its prepared
-- head again. A user's transport gets a new table for each request, because it may write into the table. If a hook has changed
-- the headers, each request gets a new table.
local function sign_anew(state, url, headers, token, graph)
  local signed_url, made = url, signed_headers(state, headers, token)
  if state.app_secret and graph then
    signed_url = url .. (url:find("?", 1, true) and "&" or "?") .. "appsecret_proof=" .. proof_of(state, token)
  end
  if state.shared.owned and headers == state.headers then
    state.signed = { token = token, from = headers, url = url, graph = graph, headers = made, signed_url = signed_url }
  end
  return signed_url, made
end

---Adds the credentials to a URL and to headers.
---@param state table the state of a client
---@param url string
---@param headers table<string, string>
---@param delivery table? the delivery that needs the token, if there is one
---@return string|false|nil url with appsecret_proof, if the client has an app secret and the URL is on the Graph API; false:
---another call of the token function is under way; nil: it failed
---@return table<string, string>|string|nil headers with Authorization; a string: the error
---@return whatsapp.details? details
function credentials.sign(state, url, headers, delivery)
  local signed, token = state.signed, state.token -- the last request usually had the same URL, headers and token
  local is_known, graph = signed.url == url and signed.from == headers, signed.graph
  local err, details
  if not is_known then
    graph, err, details = destination(state, url)
    if graph == nil then return nil, err, details end
  end
  if state.asks_token then
    token, err, details = asked_token(state, delivery)
    if not token then return token, err, details end
  end
  if is_known and signed.token == token then return signed.signed_url, signed.headers end
  return sign_anew(state, url, headers, token, graph)
end

local sign = credentials.sign

---The last step before an attempt: signs the request, and makes it for the transport.
---@param delivery table
---@return number? seconds 0: the request is ready; more: the seconds until the token function may be free; nil: the step failed
---@return boolean|string|nil again true: run this step again after these seconds; a string: the error
---@return whatsapp.details? details
function credentials.step(delivery)
  local state, url, headers = delivery.state, delivery.url, delivery.headers
  local signed = state.signed
  if signed.url == url and signed.from == headers and signed.token == state.token then -- the usual case
    delivery:make_request(signed.signed_url, signed.headers)
    return 0
  end
  if not delivery.plan.no_token then -- no_token: a download from a host that is not the API's, and that the caller named
    local details
    url, headers, details = sign(state, url, headers, delivery)
    if url == false and state.sleep then return AGAIN, true end
    if url == false then return credentials.busy() end
    if not url then return nil, headers, details end
  end
  delivery:make_request(url, headers)
  return 0
end

return credentials
