-- The client: puts a message, the core and a transport together, once or for many messages. Never repeats what may have
-- been sent, unless it is told to.
local answer_of = require "whatsapp.send.recipient"
local batch = require "whatsapp.send.batch"
local core = require "whatsapp.core"
local decorate = require "whatsapp.util.decorate"
local direct = require "whatsapp.send.direct"
local json = require "whatsapp.wire.json"
local options = require "whatsapp.util.options"
local pipeline = require "whatsapp.send.pipeline"
local response = require "whatsapp.wire.outcome"
local retry = require "whatsapp.send.retry"
local trusted = require "whatsapp.send.trusted"

local copy = options.copy

local M = {}

---@class whatsapp.options
---@field token string|fun(): string?, string? the access token; a function is asked at each attempt
---@field phone_number_id string|integer the business's number
---@field version string? of the Graph API, whatsapp.GRAPH_VERSION if absent
---@field base_url string? "https://graph.facebook.com" if absent; http only to loopback, or with allow_http
---@field transport any? who moves the bytes; if absent cosockets in nginx, libcurl elsewhere
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds, 10 if absent
---@field retry whatsapp.retry|false? {attempts = 3, total = 30} if absent
---@field limiter whatsapp.limits|(fun(transport: any): any)|false? 80 messages a second, and to each recipient one in 6
---seconds after a burst of 45, if absent; or a decorator that waits before a request leaves
---@field stamp boolean? each message gets an id of its own in biz_opaque_callback_data, which its status webhooks repeat
---@field before_send (fun(request: table): boolean?, string?)? called before each attempt, with .stamp, .to and .body, to
---write a journal; false, or nil and a text: the request does not leave
---@field mode "strict"|"lenient"? "strict" if absent
---@field app_secret string? requests then carry appsecret_proof
---@field proxy string? URL; "" for none, whatever the environment says
---@field ca_file string? certificates to trust instead of the system's
---@field user_agent string?
---@field max_body integer? bytes of an answer, 16 MiB if absent
---@field allow_http boolean? plain http to others than loopback
---@field log fun(entry: whatsapp.log_entry)? called after each attempt
---@field on_warning fun(warning: whatsapp.problem, message: table)? what the API may refuse, but need not; of a message, or of a
---file that is uploaded: its type, filename and size
---@field media_store whatsapp.media_store|false? where client:send_file remembers what it has uploaded; in memory if absent

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
---@field stamp boolean?
---@field fallback table|(fun(message: table, details: whatsapp.details): table?)? a message, or who makes one, to be sent
---instead where 24 hours have passed since the user wrote (code 131047): a template; to the same recipient if it has none

---@class whatsapp.each_options: whatsapp.send_options
---@field concurrency integer? requests on the wire at once, 32 if absent
---@field on_progress (fun(progress: whatsapp.progress))? called after each outcome

---@class whatsapp.info
---@field attempts integer
---@field http_status integer
---@field stamp string?
---@field trace_id string?
---@field usage table?
---@field warnings whatsapp.problem[]?
---@field fallback boolean? the fallback was sent
---@field media_id string? of client:send_file: the file's
---@field session string? of media:upload_sample

local NEW = {
  token = "secret", phone_number_id = "id", version = "version", base_url = "base_url", transport = "callable",
  timeout = "seconds", connect_timeout = "seconds", retry = "retry", limiter = "limiter", mode = "mode",
  app_secret = "key", proxy = "string", ca_file = "text", user_agent = "text", max_body = "bytes",
  allow_http = "boolean", log = "callable", on_warning = "callable", stamp = "boolean", before_send = "callable",
  media_store = "media_store",
}
local WITH = { token = "secret", phone_number_id = "id", app_secret = "key" }
local SEND = { timeout = "seconds", retry = "retry", mode = "mode", stamp = "boolean", fallback = "fallback" }
local EACH = {
  timeout = "seconds", retry = "retry", mode = "mode", stamp = "boolean", fallback = "fallback", concurrency = "count",
  on_progress = "callable",
}
local HISTORY = { timeout = "seconds", retry = "retry", limit = "count", after = "key" }
local CONCURRENCY, WINDOW = 32, 1024
local MARK_READ = { timeout = "seconds", retry = "retry", typing = "boolean" }
local TRANSPORTS_OWN = { "connect_timeout", "proxy", "ca_file", "max_body" } -- nobody else knows what to do with them
local CURL = { "timeout", "connect_timeout", "proxy", "ca_file", "user_agent", "allow_http", "max_body" }

---@class whatsapp.client
---@field media whatsapp.media.client files: upload, look up, download, delete; made when it is first asked for
local client = {}
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

-- ---- life ---------------------------------------------------------------------------------------------------------------

local function is_loopback(url)
  local host = url:match "^http://%[(.-)%]" or url:match "^http://([^/:]+)"
  return host ~= nil and trusted.is_loopback(host)
end

local function make(parts, level)
  parts.root = ("%s/%s/"):format(parts.base_url, parts.version)
  parts.url = ("%s%s/"):format(parts.root, parts.phone_number_id)
  parts.messages_url = parts.url .. "messages"
  parts.pipeline, parts.own_requests = pipeline.build(parts)
  parts.signed_token, parts.signed_headers, parts.prepared = nil, nil, nil
  parts.is_direct = direct.is_possible(parts)
  if not decorate.is_transport(parts.pipeline) then
    error("option limiter must return a transport, as it is given one", level + 1)
  end
  local self = setmetatable({}, client)
  private[self] = parts
  return self
end

-- a decorator and what client:each has to know of it
local function limiter_of(given)
  if given == false then return nil, { own = true } end
  if given ~= nil and (type(given) ~= "table" or decorate.is_transport(given)) then return given, {} end
  local decorator, settings = require("whatsapp.send.limits").new(given)
  settings.own = true
  return decorator, settings
end

-- also in init_by_lua, where a client is made that sends later
local function in_nginx()
  local ngx = rawget(_G, "ngx")
  return type(ngx) == "table" and ngx.socket ~= nil and ngx.get_phase ~= nil
end

-- Where no code of the user's sees a response, it has only the headers that are read. libcurl would block a worker.
local function default_transport(given, user_agent, unseen, level)
  local wanted = { user_agent = user_agent, headers = unseen and response.HEADERS or nil }
  for _, name in ipairs(CURL) do
    if given[name] ~= nil then wanted[name] = given[name] end
  end
  if not in_nginx() then return require("whatsapp.transport.curl").new(wanted) end
  local transport = require("whatsapp.transport.resty").new(wanted, level + 1)
  return transport
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
  parts.phone_number_id = options.text_of_id(parts.phone_number_id)
  for _, name in ipairs(parts.transport and TRANSPORTS_OWN or options.NONE) do
    if parts[name] ~= nil then error(("option %s is for the transport that you pass, where it is made"):format(name), 3) end
  end
  if parts.retry == nil then parts.retry = {} end
  local limit, settings = limiter_of(parts.limiter)
  parts.shared = {
    transport = parts.transport or default_transport(parts, defaults.user_agent, settings.own, 4),
    owned = parts.transport == nil, user_agent = parts.user_agent or defaults.user_agent, media_store = parts.media_store,
    secrets = {},
    limiter = limit, ordered = settings.ordered, window = settings.window, own_limiter = settings.own,
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
  parts.phone_number_id = options.text_of_id(parts.phone_number_id)
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

local function scalar(value)
  if type(value) == "string" or type(value) == "number" then return value end
end

-- the message with an id of its own, unless it has one already; status webhooks repeat it
local function stamped(message)
  if message.biz_opaque_callback_data ~= nil then return message, scalar(message.biz_opaque_callback_data) end
  local marked = copy(message)
  marked.biz_opaque_callback_data = require("whatsapp.util.random_id").new()
  return marked, marked.biz_opaque_callback_data
end

local HEADERS = { ["Content-Type"] = "application/json" }

-- the message's JSON, its warnings and its stamp; or nil, text, details
local function body_of(parts, message, given)
  local mode, stamp = given.mode or parts.mode, given.stamp
  if stamp == nil then stamp = parts.stamp end
  local marked, id = message, nil
  if stamp and message.status == nil then marked, id = stamped(message) end
  local body, warnings, details = core.encode(marked, mode and { mode = mode })
  if not body then
    details.attempts = 0
    return nil, warnings, details
  end
  if warnings then warn(parts, warnings, message) end
  return body, warnings, id
end

local function request_around(parts, body, id, message, given, endpoint)
  local request = {
    method = "POST", url = endpoint and parts.url .. endpoint or parts.messages_url, body = body,
    headers = parts.own_requests and HEADERS or copy(HEADERS), timeout = given.timeout or parts.timeout, stamp = id,
  }
  if message.status == nil then -- for the limits: what is no message is not counted
    request.to, request.phone_number_id = scalar(message.to or message.recipient), parts.phone_number_id
  end
  return request
end

local function request_of(parts, message, given, endpoint)
  local body, warnings, id = body_of(parts, message, given)
  if not body then return nil, warnings, id end
  return request_around(parts, body, id, message, given, endpoint), warnings
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
  request.headers = copy(request.headers)
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
  local signed, text, details = pipeline.authorized(parts, request)
  if not signed then return nil, text, details end
  return signed
end

-- ---- sending --------------------------------------------------------------------------------------------------------------

local function fail(parts, request, text, details, attempts)
  details = pipeline.cleaned(parts, details or { kind = "transport", retryable = false, may_have_been_sent = true }, 3)
  details.attempts = attempts
  details.stamp = request.stamp
  details.log_error = parts.log and pipeline.take_log_error(request)
  return nil, pipeline.clean(parts, text), details
end

local function info_of(parts, request, answer, warnings, attempts)
  local info = { attempts = attempts, http_status = answer.status, stamp = request.stamp, warnings = warnings }
  pipeline.tell(parts, info, answer.headers or options.NONE)
  info.log_error = parts.log and pipeline.take_log_error(request)
  return info
end

-- first: an attempt that was made already, see retry.run
local function exchange(parts, request, policy, warnings, parse, first)
  json.prepare()
  local result, text, details, attempts, answer =
    retry.run(parts.pipeline, request, policy, parse or response.parse, first)
  if not result then return fail(parts, request, tostring(text), details, attempts) end
  return result, nil, info_of(parts, request, answer, warnings, attempts)
end

local function policy_of(parts, given)
  if given.retry ~= nil then return given.retry end
  return parts.retry
end

-- first: an attempt that was made already, with its body, warnings and stamp
local function deliver_one(parts, message, given, endpoint, first)
  local body, warnings, id
  if first then body, warnings, id = first.body, first.warnings, first.stamp
  else body, warnings, id = body_of(parts, message, given) end
  if not body then return nil, warnings, id end
  local prepared = not (first or endpoint) and not batch.is_task()
    and direct.prepared(parts, HEADERS, given.timeout or parts.timeout)
  if prepared then
    local result, info = direct.send(parts, prepared, body, warnings, id)
    if result then return result, nil, info end
    first = info -- the attempt that was made
  end
  local request = request_around(parts, body, id, message, given, endpoint)
  local result, text, details = exchange(parts, request, policy_of(parts, given), warnings, nil, first)
  return result, text, details
end

local WINDOW_CLOSED = 131047 -- the user has not written for 24 hours: only templates

local function deliver(parts, message, given, endpoint, first)
  if not given.fallback then return deliver_one(parts, message, given, endpoint, first) end
  local result, text, details = deliver_one(parts, message, given, endpoint, first)
  if result or details.code ~= WINDOW_CLOSED then return result, text, details end
  local instead = given.fallback
  if decorate.is_transport(instead) then instead = instead(message, details) end -- callable
  if type(instead) ~= "table" then return nil, text, details end
  result, text, details = deliver_one(parts, answer_of.addressed(instead, message), given, endpoint)
  details.fallback = true
  return result, text, details
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
  return deliver(parts, message, options.check(given, SEND, 2))
end

-- What stands behind a hole would never be sent, and of one message instead of a list nothing would. What has an __index is
-- asked as it is.
local function check_list(messages, level)
  local meta = getmetatable(messages)
  if type(meta) == "table" and meta.__index ~= nil then return end
  local filled, hole = 0, 1
  for key in next, messages do
    if type(key) == "number" then filled = filled + 1
    elseif key ~= "n" then -- which table.pack writes
      error(("messages are a list, got a table with the key %s"):format(tostring(key)), level + 1)
    end
  end
  while messages[hole] ~= nil do hole = hole + 1 end
  if hole <= filled then error(("messages are a list without holes, got one with nothing at %d"):format(hole), level + 1) end
end

-- where the messages come from: a function, and how many there are if they are a list
local function source_of(messages, level)
  if decorate.is_transport(messages) then return messages end -- callable
  if type(messages) ~= "table" then
    error("messages are a list, or a function that returns the next one, got a " .. type(messages), level + 1)
  end
  check_list(messages, level + 1)
  local at = 0
  return function()
    at = at + 1
    return messages[at]
  end, #messages
end

local function key_of_message(message)
  return type(message) == "table" and scalar(message.to or message.recipient) or nil
end

local function refused_message(message)
  return options.refused("a message is a table, got a " .. type(message))
end

---Sends many messages, several at once, and gives each with its outcome as it ends:
---`for message, response, text, details in client:each(messages) do`. Messages to one recipient keep their order while
---the pair limit holds (see the option `limiter`). May be left early: batch:close() returns what was under way.
---@param messages table[]|fun(): table? a list, or a function that returns the next one and nil at the end
---@param given whatsapp.each_options?
---@return whatsapp.batch batch callable; batch:next(), batch:close()
function client:each(messages, given)
  local parts = own(self, 2)
  given = options.check(given, EACH, 2)
  local source, total = source_of(messages, 2)
  -- where a warning is told, code of the user's may have to wait
  local prepared = not parts.on_warning and direct.prepared(parts, HEADERS, given.timeout or parts.timeout)
  local function checked_body(message)
    if type(message) ~= "table" then return refused_message(message) end
    return body_of(parts, message, given)
  end
  local made = batch.new {
    source = source, total = total, on_progress = given.on_progress, transport = parts.shared.transport,
    concurrency = given.concurrency or CONCURRENCY, window = parts.shared.window or WINDOW,
    key_of = parts.shared.ordered and key_of_message or nil,
    direct = prepared and direct.flights(parts, prepared, checked_body) or nil,
    is_closed = function() return parts.shared.closed end, clean = function(text) return pipeline.clean(parts, text) end,
    send = function(message, first)
      if type(message) ~= "table" then return refused_message(message) end
      return deliver(parts, message, given, nil, first)
    end,
  }
  return made, nil, nil, made -- the last is what `for` closes in Lua 5.4
end

---Sends messages to one recipient in their order, each after the one before it was accepted; stops at the first that was
---not.
---@param to string|integer the recipient of all
---@param messages table[] without `to`
---@param given whatsapp.send_options?
---@return table[]? results as client:send gives them
---@return string? text
---@return whatsapp.details? details of the one that failed, its .index, and .results of those before it
function client:sequence(to, messages, given)
  local parts = own(self, 2)
  if scalar(to) == nil then error("a recipient is a string, got a " .. type(to), 2) end
  if type(messages) ~= "table" then error("messages are a list, got a " .. type(messages), 2) end
  check_list(messages, 2)
  given = options.check(given, SEND, 2)
  local results = {}
  for i, message in ipairs(messages) do
    check_message(message, 2)
    local addressed = copy(message)
    addressed.to = to
    local result, text, details = deliver(parts, addressed, given)
    if not result then
      details.index, details.results = i, results
      return nil, ("message %d of %d: %s"):format(i, #messages, text), details
    end
    results[i] = result
  end
  return results
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
  return deliver(parts, message, given, "marketing_messages")
end

-- what does no harm twice is repeated whenever that may help
local function harmless(policy)
  if not policy then return policy end
  policy = copy(policy)
  policy.may_send_twice = true
  return policy
end

-- ---- answering ------------------------------------------------------------------------------------------------------------

local function check_event(event, level)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), level + 1) end
end

---Answers a message, quoting it: goes to its sender, or to the group that it was written in. The number that it came to is
---event.phone_number_id; where there are several, answer with `client:with { phone_number_id = event.phone_number_id }`.
---@param event whatsapp.event of kind "message"
---@param message table without `to`
---@param given whatsapp.send_options?
---@return table? result
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:reply(event, message, given)
  local parts = own(self, 2)
  check_event(event, 2)
  check_message(message, 2)
  given = options.check(given, SEND, 2)
  local reply, text = answer_of.reply(event, message)
  if not reply then return options.refused(text) end
  return deliver(parts, reply, given)
end

---Reacts to a message.
---@param event whatsapp.event of kind "message"
---@param emoji string "" takes the reaction back
---@param given whatsapp.send_options?
---@return table? result
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:react(event, emoji, given)
  local parts = own(self, 2)
  check_event(event, 2)
  if type(emoji) ~= "string" then error("an emoji is a string, got a " .. type(emoji), 2) end
  given = options.check(given, SEND, 2)
  local reaction, text = answer_of.reaction(event, emoji)
  if not reaction then return options.refused(text) end
  return deliver(parts, reaction, given)
end

---Marks a received message, and those before it, as read. Safe to repeat, and repeated where that helps.
---@param received string|whatsapp.event the message that was received, or its id
---@param given { typing: boolean?, timeout: number?, retry: whatsapp.retry|false? }? typing: an answer is being written
---@return table? result .success
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:mark_read(received, given)
  local parts = own(self, 2)
  local message_id = received
  if type(received) == "table" then message_id = received.id end
  if type(message_id) ~= "string" then error("a message_id is a string, got a " .. type(message_id), 2) end
  given = options.check(given, MARK_READ, 2)
  local message = { status = "read", message_id = message_id, typing_indicator = given.typing and { type = "text" } or nil }
  local request, text, details = request_of(parts, message, given)
  if not request then return nil, text, details end
  return exchange(parts, request, harmless(policy_of(parts, given)), text)
end

-- ---- asking ---------------------------------------------------------------------------------------------------------------

local function escaped(text)
  return (text:gsub("[^%w._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

local HISTORY_FIELDS = "id,message_id,events{delivery_status,webhook_update_state,timestamp}"

---Asks the API what became of a message, where no webhook can reach the program. Safe to repeat.
---@param message_id string as client:send returned it
---@param given { limit: integer?, after: string?, timeout: number?, retry: whatsapp.retry|false? }? after: a cursor of the
---answer before, .paging.cursors.after
---@return table? history mirrors the API's: .data[1].events; status.tracker's :history(history) understands it
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:message_history(message_id, given)
  local parts = own(self, 2)
  if type(message_id) ~= "string" then error("a message_id is a string, got a " .. type(message_id), 2) end
  given = options.check(given, HISTORY, 2)
  local url = ("%smessage_history?message_id=%s&fields=%s"):format(parts.url, escaped(message_id), escaped(HISTORY_FIELDS))
  if given.limit then url = url .. ("&limit=%d"):format(given.limit) end
  if given.after then url = url .. "&after=" .. escaped(given.after) end
  local request = {
    method = "GET", url = url, headers = parts.own_requests and HEADERS or copy(HEADERS),
    timeout = given.timeout or parts.timeout,
  }
  return exchange(parts, request, harmless(policy_of(parts, given)), nil, response.read)
end

-- ---- media ----------------------------------------------------------------------------------------------------------------

-- what a client lends to those who move files for it: no secret
local function access_of(parts)
  local shared = parts.shared
  ---@class whatsapp.media.access
  local access = {
    root = parts.root, phone_url = parts.url, base_url = parts.base_url, phone_number_id = parts.phone_number_id,
    user_agent = shared.user_agent, mode = parts.mode, escaped = escaped,
  }
  function access.is_closed() return shared.closed end

  function access.exchange(request, how)
    warn(parts, how.warnings, how.about)
    local policy = how.retry
    if policy == nil then policy = parts.retry end
    if policy and policy.total == nil and how.total then -- a file takes longer than a message
      policy = copy(policy)
      policy.total = how.total
    end
    if how.harmless and policy then
      policy = harmless(policy)
      policy.idempotent = request.method ~= "POST"
    end
    return exchange(parts, request, policy, how.warnings, how.read)
  end

  function access.deliver(message, given) return deliver(parts, message, given) end

  function access.store()
    if shared.media_store == nil then shared.media_store = require("whatsapp.media.store").memory() end
    return shared.media_store
  end
  return access
end

---Uploads a file, unless the same content was uploaded before, and sends it as what it is: an image, a video, audio, a
---sticker or a document. Everything is checked before a byte leaves.
---@param to string|integer the recipient
---@param file string|{ path: string?, data: string?, filename: string? } a path, or the bytes and a name
---@param given whatsapp.send_file_options?
---@return table? result as client:send gives it
---@return string? text
---@return whatsapp.info|whatsapp.details details
function client:send_file(to, file, given)
  own(self, 2)
  if scalar(to) == nil then error("a recipient is a string, got a " .. type(to), 2) end
  local result, text, details = self.media:send(to, file, given, 3)
  return result, text, details
end

-- methods; and what not every program needs
function client:__index(name)
  local method = client[name]
  if method ~= nil or name ~= "media" or not private[self] then return method end
  local media = require("whatsapp.media.client").new(access_of(private[self]))
  rawset(self, "media", media)
  return media
end

return M
