-- The client: checks the arguments of its methods, and calls send/, media/ and graph/, which do the work. print(client) shows no
-- secret. The client never repeats a message that may have been sent, unless the option retry has may_send_twice = true.
local batch = require "whatsapp.send.batch"
local checks = require "whatsapp.util.options"
local core = require "whatsapp.core"
local credentials = require "whatsapp.send.credentials"
local delivery = require "whatsapp.send.delivery"
local limits = require "whatsapp.send.limits"
local marketing = require "whatsapp.send.marketing"
local observe = require "whatsapp.util.observe"
local outcome = require "whatsapp.wire.outcome"
local recipient = require "whatsapp.send.recipient"
local retry = require "whatsapp.send.retry"
local show = require "whatsapp.util.show"
local shown = require "whatsapp.wire.shown"
local single = require "whatsapp.send.single"
local urls = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local copy = values.copy
local new_delivery, begin, run, recipient_of = delivery.new, delivery.begin, single.run, core.recipient_of

local M = {}

---@class whatsapp.options
---@field token string|fun(): string?, string? the access token; a function is called before each attempt and returns the token,
---or nil and an error
---@field phone_number_id string|integer the id of the business's phone number
---@field waba_id string|integer? the id of the WhatsApp Business Account; needed for templates, for flows, and for paths with
---{waba} in client:call
---@field version string? the version of the Graph API, whatsapp.GRAPH_VERSION if absent
---@field base_url string? "https://graph.facebook.com" if absent; plain http is allowed only to loopback; with allow_http, to
---every host
---@field transport whatsapp.Transport|whatsapp.transport_function|nil sends the requests; if absent, the client uses
---cosockets in nginx, and libcurl elsewhere
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds, 10 if absent
---@field retry whatsapp.retry|false? {attempts = 3, total = 30} if absent; false: a failed request is not repeated
---@field limiter whatsapp.limits|false? if absent: 80 messages a second; to one recipient 45 messages at once, then one message
---every 6 seconds; false: no limits
---@field stamp boolean? true: each message gets a new id in biz_opaque_callback_data; its status webhooks repeat this id
---@field before_send (fun(request: whatsapp.request): boolean?, string?)? called before each attempt, for example to write a
---journal. It gets the request (.stamp, .to, .body, ...) and may change it. If it returns false, or nil and an error, the request
---is not sent
---@field mode "strict"|"lenient"? "strict" if absent; "lenient" sends every message that can be written as JSON
---@field app_secret string? with it, requests carry appsecret_proof
---@field proxy string? URL; "" connects without a proxy, even if the environment names a proxy
---@field ca_file string? file of certificates; they replace the system's certificates
---@field user_agent string? "lua-whatsapp/" and the version if absent
---@field max_requests integer? number of requests after which a connection is closed, 900 if absent
---@field max_body integer? largest size of an answer in bytes, 1 MiB if absent; downloads of files have their own bound
---@field allow_http boolean? true: plain http is allowed to every host
---@field log fun(entry: whatsapp.log_entry)? called after each attempt
---@field observe (fun(event: whatsapp.observed))? an object of whatsapp.metrics.new(), or a function. It is called when a message
---or a call ends, and after each failed attempt that another attempt follows. If it raises, the member observe_error of `info`
---or `details` has the error
---@field on_warning fun(warning: whatsapp.problem, message: whatsapp.Message|whatsapp.media.plan|nil)? called for each value that
---the API may refuse. The second argument is the message; for an upload, a table with the type, filename and size of the file;
---for client:call, the body of the call
---@field media_store whatsapp.media_store|false? remembers the files that client:send_file uploaded; if absent, the client
---remembers them in memory; false: client:send_file uploads each file each time
---@field templates whatsapp.templates.Definition[]|whatsapp.templates.store|nil a list of definitions, or
---whatsapp.templates.store(). Before the client sends a template message, it compares the message with its definition
---@field media_hosts string[]? hosts, other than the API's hosts, from which the client may download files; a request to such a
---host does not have the token; ".fbcdn.net" means all hosts below fbcdn.net

---The API's answer to a message.
---@class whatsapp.Result
---@field messages { id: string, message_status: string? }[]?
---@field contacts { input: string?, wa_id: string?, user_id: string? }[]?
---@field success boolean? from client:mark_read

---The API's answer to client:message_history.
---@class whatsapp.History
---@field data { id: string, message_id: string?, events: { delivery_status: string, timestamp: integer? }[]? }[]
---@field paging { cursors: { before: string?, after: string? }? }?

---@alias whatsapp.transport_function fun(request: whatsapp.request): whatsapp.response?, string?, whatsapp.details?

---A transport sends a request and returns the answer. The library calls the transport in the coroutine of the code that sends.
---The transport may yield there, and must not raise.
---@class whatsapp.Transport
---@field now (fun(): number)? seconds of a clock that never goes back; if now or sleep is absent, the client repeats nothing and
---has no limits
---@field sleep fun(seconds: number)? waits; may yield
---@field start (fun(request: whatsapp.request, slot: any, inbox: any))? begins a request; with `wait`, many requests may be on
---the wire at once. The slot identifies the request; the inbox identifies the batch that waits for the answer
---@field wait (fun(seconds: number, inbox: any): any, whatsapp.response?, string?, whatsapp.details?)? waits for an answer.
---Returns the slot and the answer of one request; returns no value if no answer came in these seconds
---@field close fun()? closes the transport. The program that made the transport calls it: a client closes only the transport
---that it made itself
---@field streams boolean? true: the transport sends body_file and form, and writes to_file; for other transports the library
---puts files into the body
---@overload fun(request: whatsapp.request): whatsapp.response?, string?, whatsapp.details?

---@class whatsapp.log_entry
---@field request whatsapp.request without secrets
---@field url string the URL without its query
---@field seconds number? the time of this attempt, if the transport has a clock
---@field status integer? the HTTP status; nil if no answer came
---@field error string? one line, if no answer came

---@class whatsapp.send_options
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?
---@field mode "strict"|"lenient"?
---@field stamp boolean?
---@field fallback whatsapp.Message|(fun(message: whatsapp.Message, details: whatsapp.details): whatsapp.Message?)? a template
---message, or a function that returns one. The client sends this template in place of the message if 24 hours have passed since
---the user's last message (code 131047). If the template has no address, it goes to the same recipient
---@field window whatsapp.window_book? for the option fallback: an object of whatsapp.window.new(), which knows when each user
---wrote last. If these 24 hours are over, the client sends the fallback at once, and not the message

---@class whatsapp.each_options: whatsapp.send_options
---@field concurrency integer? requests on the wire at once, 32 if absent
---@field on_progress (fun(progress: whatsapp.progress))? called after each outcome

---@class whatsapp.info
---@field attempts integer number of attempts that were made
---@field http_status integer
---@field stamp string? the message's biz_opaque_callback_data; its status webhooks repeat it
---@field trace_id string? the API's id of the request, for questions to Meta
---@field usage { business: whatsapp.json_object?, app: whatsapp.json_object? }? how much of the API's limits the account and the
---app have used, from the headers of the answer
---@field warnings whatsapp.problem[]? values that the API may refuse
---@field fallback boolean? true: the fallback was sent in place of the message
---@field waited number? seconds that the message waited for limits
---@field log_error string? the error that the option log raised
---@field observe_error string? the error that the option observe raised
---@field progress_error string? the error that the option progress or on_progress raised
---@field fallback_error string? the error that the function in the option fallback, or the object in the option window, raised
---@field media_id string? of client:send_file: the id of the uploaded file
---@field store_error string? of client:send_file: the error that the media_store raised
---@field session string? of media:upload_sample: the id of the upload

local NEW = {
  token = "secret", phone_number_id = "id", waba_id = "id", version = "version", base_url = "base_url", transport = "callable",
  retry = "retry", limiter = "limiter", mode = "mode", app_secret = "key", log = "callable", on_warning = "callable",
  observe = "callable",
  stamp = "boolean", before_send = "callable", media_store = "media_store", media_hosts = "names",
  templates = "templates",
}
for name, kind in pairs(checks.TRANSPORT) do NEW[name] = kind end -- for the transport that the client makes
-- options of the transport that the client also needs if the caller passes a transport
local SHARED = { timeout = true, user_agent = true, allow_http = true }
local WITH = { token = "secret", phone_number_id = "id", waba_id = "id", app_secret = "key" }
local SEND = { timeout = "seconds", retry = "retry", mode = "mode", stamp = "boolean", fallback = "fallback", window = "window" }
local EACH = {
  timeout = "seconds", retry = "retry", mode = "mode", stamp = "boolean", fallback = "fallback", window = "window",
  concurrency = "count", on_progress = "callable",
}
local HISTORY = { timeout = "seconds", retry = "retry", limit = "count", after = "key" }
local CONCURRENCY = 32
local MARK_READ = { timeout = "seconds", retry = "retry", typing = "boolean" }

---@class whatsapp.client
---@field media whatsapp.media.client files: upload, look up, download, delete; made at its first use
---@field templates whatsapp.templates_table templates of the account: list, each, get, create, edit, delete
---@field groups whatsapp.groups_table groups: create, get, update, delete, participants, invite link, requests to join
---@field blocked whatsapp.blocked_table blocked users: list, each, add, remove
---@field profile whatsapp.profile_table the profile that users see: get, update
---@field phone whatsapp.phone_table the phone number: get, register, deregister, PIN, settings
---@field flows whatsapp.flows_table flows: list, each, create, upload, publish, deprecate, delete
local client = {}
client.__name = "whatsapp.client"

-- client -> its state; the state is not a member of the object, so that a print of the object shows no secret
local private = setmetatable({}, { __mode = "k" })

---@return table
local function state_of(self, level)
  local state = private[self]
  if not state then error("not a client: call its functions with a colon, as in client:send(message)", level + 1) end
  if state.shared.closed then error("attempt to use a closed client", level + 1) end
  return state
end

-- ---- life ---------------------------------------------------------------------------------------------------------------

local access_of

-- Returns the headers that every message has, in a new table. The library's transport sets the user agent itself.
local function make_headers(state)
  return { ["Content-Type"] = "application/json", ["User-Agent"] = not state.shared.owned and state.shared.user_agent or nil }
end

-- Returns a new plan: the settings that all deliveries of one call share. Calls without options share state.plan.
local function plan_of(state, options, url, max_wait)
  local mode, stamp, policy = options.mode or state.mode, options.stamp, options.retry
  if stamp == nil then stamp = state.stamp end
  if policy == nil then policy = state.retry end
  return {
    url = url or state.messages_url, read = outcome.message, policy = policy, timeout = options.timeout or state.timeout,
    encode = mode and { mode = mode }, stamp = stamp, fallback = options.fallback, window = options.window, max_wait = max_wait,
  }
end

-- returns the seconds that the limits may delay a call that sends one message
local function max_wait_of(state, options)
  local limiter, policy = state.shared.limiter, options.retry
  if policy == nil then policy = state.retry end
  return limiter and limiter.max_wait or (policy and policy.total or retry.TOTAL)
end

local function make(state)
  local transport = state.shared.transport
  state.root = ("%s/%s/"):format(state.base_url, state.version)
  state.url = ("%s%s/"):format(state.root, state.phone_number_id)
  state.messages_url = state.url .. "messages"
  state.make_headers, state.headers = make_headers, make_headers(state) -- state.headers is never changed
  state.signed, state.asks_token = {}, type(state.token) ~= "string"
  state.access = nil
  state.check_template = state.templates and require("whatsapp.send.templates").checker(state.templates, access_of(state)) or nil
  if type(transport) == "table" or type(transport) == "userdata" then state.now, state.sleep = transport.now, transport.sleep end
  state.streams = type(transport) == "table" and transport.streams == true
  state.can_wait = state.now ~= nil and state.sleep ~= nil
  state.event = observe.event_of(state.observe)
  state.is_timed = state.now ~= nil and (state.log ~= nil or state.observe ~= nil)
  state.is_held = state.before_send ~= nil or state.asks_token -- true: the user's code may take long, so read the clock after it
  state.steps = delivery.steps(state)
  state.plan = plan_of(state, values.NONE, nil, max_wait_of(state, values.NONE))
  local self = setmetatable({}, client)
  private[self] = state
  return self
end

-- Returns whether the code runs in nginx. Returns true in init_by_lua too: a program may make a client there, and send later.
local function in_nginx()
  local ngx = rawget(_G, "ngx")
  return type(ngx) == "table" and ngx.socket ~= nil and ngx.get_phase ~= nil
end

local MAX_BODY = 2 ^ 20 -- bytes: an answer to a message has about 300 bytes, and files go to the disk

-- Makes the transport. In nginx: cosockets, because libcurl would block the worker. Elsewhere: libcurl. The transport keeps
-- only the response headers that the library reads.
local function default_transport(options, user_agent, level)
  local wanted = { user_agent = user_agent, headers = outcome.HEADERS, max_body = MAX_BODY }
  for name in pairs(checks.TRANSPORT) do
    if options[name] ~= nil then wanted[name] = options[name] end
  end
  if not in_nginx() then return require("whatsapp.transport.curl").new(wanted) end
  local transport = require("whatsapp.transport.resty").new(wanted, level + 1)
  return transport
end

-- Raises for two frequent mistakes, with a clearer error than options.check() would raise.
local function check_mistakes(options, level)
  local transport, id = options.transport, options.phone_number_id
  if type(transport) == "table" and values.callable(transport.new) and not values.callable(transport) then
    error("option transport is a module: call its .new(), which makes a transport", level + 1)
  end
  if type(id) == "string" and id:find "^%+" then
    error("option phone_number_id is the id of the number in the app's dashboard, not the number itself", level + 1)
  end
end

---Makes a client. Also makes the transport, if the options have no transport.
---@param options whatsapp.options
---@param defaults { version: string, user_agent: string }
---@return whatsapp.client
function M.new(options, defaults)
  if type(options) ~= "table" then error("whatsapp.new takes a table: whatsapp.new { token =, phone_number_id = }", 3) end
  check_mistakes(options, 3)
  local state = checks.check(options, NEW, 3)
  if state.token == nil then error("whatsapp.new needs a token", 3) end
  if state.phone_number_id == nil then error("whatsapp.new needs a phone_number_id", 3) end
  state.base_url = (state.base_url or "https://graph.facebook.com"):gsub("/+$", "")
  if not (state.allow_http or urls.read_base(state.base_url).secure) then
    error("option base_url: plain http is only for loopback, or with allow_http = true", 3)
  end
  state.version = state.version or defaults.version
  state.phone_number_id, state.waba_id = values.text_of_id(state.phone_number_id), values.text_of_id(state.waba_id)
  for name in pairs(state.transport and checks.TRANSPORT or values.NONE) do
    if state[name] ~= nil and not SHARED[name] then
      error(("option %s: pass it to the transport, when you make the transport"):format(name), 3)
    end
  end
  if state.templates and values.callable(state.templates.definitions) and not state.waba_id then
    error("option templates: a store also needs the option waba_id, which names the account that has the templates", 3)
  end
  if state.retry == nil then state.retry = {} end
  state.shared = {
    transport = state.transport or default_transport(state, defaults.user_agent, 4),
    owned = state.transport == nil, user_agent = state.user_agent or defaults.user_agent, media_store = state.media_store,
    token_calls = setmetatable({}, { __mode = "k" }), -- token function -> its call that is under way
    secrets = {}, closed = false, limiter = state.limiter ~= false and limits.new(state.limiter) or nil,
  }
  return make(state)
end

---@class whatsapp.with_changes
---@field phone_number_id string|integer|nil
---@field waba_id string|integer|nil
---@field token string|(fun(): string?)|nil
---@field app_secret string?

---Returns a client for another number or another token. It shares the connections and the limits of this client.
---@param changes whatsapp.with_changes
---@return whatsapp.client
function client:with(changes)
  local state = copy(state_of(self, 2))
  for name, value in pairs(checks.check(changes, WITH, 2)) do state[name] = value end
  state.phone_number_id, state.waba_id = values.text_of_id(state.phone_number_id), values.text_of_id(state.waba_id)
  return make(state)
end

---Closes the client, and all clients that share its connections through client:with. Closes the transport only if the library
---made it: a program closes its own transport. A second call does nothing.
function client:close()
  local state = private[self]
  if not state then error("not a client: call its functions with a colon, as in client:close()", 2) end
  if state.shared.closed then return end
  state.shared.closed = true
  if state.shared.owned then state.shared.transport.close() end
end
client.__close = client.close

function client:__tostring()
  local state = private[self]
  return state and ("whatsapp.client (%s)"):format(state.phone_number_id) or "whatsapp.client"
end

-- ---- sending ----------------------------------------------------------------------------------------------------------------

local function check_message(message, level)
  if type(message) ~= "table" then error("a message is a table, got a " .. type(message), level + 1) end
end

local function plan_of_call(state, options, url)
  if options == values.NONE and not url then return state.plan end
  return plan_of(state, options, url, max_wait_of(state, options))
end

local function deliver(state, message, plan)
  local one = new_delivery(state, plan, message, false, false)
  begin(one, recipient_of(message))
  return run(one)
end

---Returns the request that a transport would get for this message: plain data without secrets. Sends nothing.
---@param message whatsapp.Message has the same form as the API's JSON
---@param options whatsapp.send_options?
---@return whatsapp.request? request
---@return string? err
---@return whatsapp.details? details
function client:request(message, options)
  local state = state_of(self, 2)
  check_message(message, 2)
  local one = new_delivery(state, plan_of_call(state, checks.check(options, SEND, 2)), message, false, false)
  begin(one, recipient_of(message))
  local request, err, details = nil, one.err, one.details
  if not one.is_over then request, err, details = one:shown_request(), nil, nil end
  one:release()
  return request, err, details
end

---Returns a copy of the request with the header Authorization and, if the client has an app secret, with appsecret_proof.
---@param request whatsapp.request
---@return whatsapp.request? request
---@return string? err
---@return whatsapp.details? details
function client:authorize(request)
  local state = state_of(self, 2)
  if type(request) ~= "table" or type(request.url) ~= "string" then error("a request is a table with a url", 2) end
  local url, headers, details = credentials.sign(state, request.url, copy(request.headers))
  if url == false then return credentials.busy() end
  if not url then return nil, headers, details end
  local signed = copy(request)
  signed.url, signed.headers = url, headers
  return signed
end

---Sends a message of any type.
---@param message whatsapp.Message has the same form as the API's JSON; messaging_product, recipient_type and type are filled in
---if absent
---@param options whatsapp.send_options?
---@return whatsapp.Result? result has the same form as the API's answer: .messages[1].id, .contacts[1].wa_id
---@return string? err one line
---@return whatsapp.info|whatsapp.details details whatsapp.info after a success, whatsapp.details after a failure
function client:send(message, options)
  local state = state_of(self, 2)
  check_message(message, 2)
  return deliver(state, message, plan_of_call(state, checks.check(options, SEND, 2)))
end

-- Raises for a list with a hole, because the messages after the hole would never be sent. Raises for one message in place of a
-- list. Accepts any members in a table with __index, because such a table may make its messages when they are read.
local function check_list(messages, level)
  local hole = values.hole_in(messages)
  if hole then error(("messages are a list without holes, got nil at %d"):format(hole), level + 1) end
  local meta = getmetatable(messages)
  if type(meta) == "table" and meta.__index ~= nil then return end
  for key in next, messages do
    if type(key) ~= "number" and key ~= "n" then -- table.pack sets the member n
      error(("messages are a list, got a table with the key %s"):format(show.value(key)), level + 1)
    end
  end
end

-- returns a function that returns the next message; if the messages are a list, also returns their number
local function source_of(messages, level)
  if values.callable(messages) then return messages end
  if type(messages) ~= "table" then
    error("messages are a list, or a function that returns the next message, got a " .. type(messages), level + 1)
  end
  check_list(messages, level + 1)
  local at = 0
  return function()
    at = at + 1
    return messages[at]
  end, #messages
end

---Sends many messages, several at once. Returns each message with its outcome, in the order in which the outcomes come:
---`for message, result, err, details in client:each(messages) do`. Messages to one recipient keep their order while the limit
---for a recipient is on (option `limiter`). You may leave the loop early: batch:close() then returns the outcomes
---of all other messages that the batch has read from the list or the function.
---@param messages whatsapp.Message[]|fun(): whatsapp.Message? a list, or a function that returns the next
---message, and nil at the end
---@param options whatsapp.each_options?
---@return whatsapp.batch batch callable; batch:next(), batch:close()
function client:each(messages, options)
  local state = state_of(self, 2)
  options = checks.check(options, EACH, 2)
  local source, total = source_of(messages, 2)
  local limiter = state.shared.limiter
  local made = batch.new {
    state = state, plan = plan_of(state, options, nil, limiter and limiter.max_wait), source = source, total = total,
    on_progress = options.on_progress, concurrency = options.concurrency or CONCURRENCY,
    window = limiter and limiter.window or limits.WINDOW, ordered = limiter ~= nil and limiter.ordered,
  }
  return made, nil, nil, made -- in Lua 5.4, `for` closes this last value
end

---Sends messages to one recipient in their order: each message is sent after the API accepted the message before it. Stops at
---the first failure.
---@param to whatsapp.Address the recipient of all messages
---@param messages whatsapp.Message[] messages without an address
---@param options whatsapp.send_options?
---@return whatsapp.Result[]? results one for each message, as client:send returns it
---@return string? err
---@return whatsapp.details? details of the failure; .index is the position of the message that failed, .results are the results
---of the messages before it
function client:sequence(to, messages, options)
  local state = state_of(self, 2)
  local members, problem, is_data = recipient.of(to)
  if not members and not is_data then error(problem, 2) end
  if type(messages) ~= "table" then error("messages are a list, got a " .. type(messages), 2) end
  check_list(messages, 2)
  options = checks.check(options, SEND, 2)
  if not members then return outcome.refused("event", problem) end
  local limiter = state.shared.limiter
  local plan, results = plan_of(state, options, nil, limiter and limiter.max_wait), {}
  for i, message in ipairs(messages) do
    check_message(message, 2)
    local result, err, details = deliver(state, recipient.address(message, members, true), plan)
    if not result then
      details.index, details.results = i, results
      return nil, ("message %d of %d: %s"):format(i, #messages, err), details
    end
    results[i] = result
  end
  return results
end

---Sends a marketing template through /marketing_messages. For these messages, the API decides when to deliver them.
---@param message whatsapp.TemplateMessage product_policy and message_activity_sharing are members of the message
---@param options whatsapp.send_options?
---@return whatsapp.Result? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:send_marketing(message, options)
  local state = state_of(self, 2)
  check_message(message, 2)
  options = checks.check(options, SEND, 2)
  local ok, err, details = marketing.check(message)
  if not ok and (options.mode or state.mode) ~= "lenient" then return nil, err, details end
  return deliver(state, message, plan_of_call(state, options, state.url .. "marketing_messages"))
end

-- Returns a copy of the policy, for a request that does no harm if it is sent twice. With this copy, the client repeats the
-- request whenever a repetition may help.
local function harmless(policy, is_idempotent)
  if not policy then return policy end
  policy = copy(policy)
  policy.may_send_twice, policy.idempotent = true, is_idempotent
  return policy
end

local PAGING_LEVELS = 4

-- Sends one request that is not a message. how: { read, policy, warnings, about, harmless, no_token }
local function exchange(state, request, how)
  local function read(response, one)
    local result, err, details = how.read(response)
    if type(result) == "table" and result.paging ~= nil then -- the URL of a next page contains the token
      result.paging = credentials.cleaned(state, result.paging, PAGING_LEVELS, one.request)
    end
    return result, err, details
  end
  local one = new_delivery(state, {
    url = request.url, read = read, policy = how.policy, harmless = how.harmless, timeout = request.timeout or state.timeout,
    no_token = how.no_token, is_call = true,
  }, false, false, false)
  one:begin_request(request, how.warnings, how.about)
  local result, err, details = single.run(one)
  return shown.result(result), err, details
end

-- ---- answering ------------------------------------------------------------------------------------------------------------

local function check_event(event, level)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), level + 1) end
end

---Answers a message and quotes it. The answer goes to the sender of the message, or to the group of the message. If a business
---has several numbers, answer from the number that got the message: `client:with { phone_number_id = event.phone_number_id }`.
---@param event whatsapp.event of kind "message"
---@param message whatsapp.Message if it has an address, it goes to this address, and not to the sender or the group
---@param options whatsapp.send_options?
---@return whatsapp.Result? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:reply(event, message, options)
  local state = state_of(self, 2)
  check_event(event, 2)
  check_message(message, 2)
  options = checks.check(options, SEND, 2)
  local reply, err = recipient.reply(event, message)
  if not reply then return outcome.refused("event", err) end
  return deliver(state, reply, plan_of_call(state, options))
end

---Reacts to a message.
---@param event whatsapp.event of kind "message"
---@param emoji string "" removes an earlier reaction
---@param options whatsapp.send_options?
---@return whatsapp.Result? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:react(event, emoji, options)
  local state = state_of(self, 2)
  check_event(event, 2)
  if type(emoji) ~= "string" then error("an emoji is a string, got a " .. type(emoji), 2) end
  options = checks.check(options, SEND, 2)
  local reaction, err = recipient.reaction(event, emoji)
  if not reaction then return outcome.refused("event", err) end
  return deliver(state, reaction, plan_of_call(state, options))
end

---Marks a received message, and the messages before it, as read. The client repeats a failed request if a repetition may help,
---because it does no harm to send this request twice.
---@param received string|whatsapp.event the event of the message, or its id
---@param options { typing: boolean?, timeout: number?, retry: whatsapp.retry|false? }? typing: also shows the user that you
---write an answer
---@return whatsapp.Result? result .success
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:mark_read(received, options)
  local state = state_of(self, 2)
  local message_id = received
  if type(received) == "table" then message_id = received.id end
  if type(message_id) ~= "string" then error("a message_id is a string, got a " .. type(message_id), 2) end
  options = checks.check(options, MARK_READ, 2)
  local message = { status = "read", message_id = message_id, typing_indicator = options.typing and { type = "text" } or nil }
  local plan = plan_of(state, options, nil, nil)
  plan.policy, plan.harmless, plan.is_call = harmless(plan.policy), true, true
  return deliver(state, message, plan)
end

-- ---- asking ---------------------------------------------------------------------------------------------------------------

local HISTORY_FIELDS = "id,message_id,events{delivery_status,webhook_update_state,timestamp}"

---Asks the API for the statuses of a message. A program without a webhook needs this. The client repeats a failed request if a
---repetition may help.
---@param message_id string as client:send returned it
---@param options { limit: integer?, after: string?, timeout: number?, retry: whatsapp.retry|false? }? after: the cursor
---.paging.cursors.after of the previous answer
---@return whatsapp.History? history has the same form as the API's answer: .data[1].events; tracker:history(history) reads it
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:message_history(message_id, options)
  local state = state_of(self, 2)
  if type(message_id) ~= "string" then error("a message_id is a string, got a " .. type(message_id), 2) end
  options = checks.check(options, HISTORY, 2)
  local url = ("%smessage_history?message_id=%s&fields=%s")
    :format(state.url, urls.escape(message_id), urls.escape(HISTORY_FIELDS))
  if options.limit then url = url .. ("&limit=%d"):format(options.limit) end
  if options.after then url = url .. "&after=" .. urls.escape(options.after) end
  return exchange(state, { method = "GET", url = url, headers = state.headers, timeout = options.timeout },
    { read = outcome.read, policy = harmless(plan_of(state, options).policy), harmless = true })
end

---Calls any endpoint of the Graph API. The request has the token and, if the client has an app secret, appsecret_proof. Failures
---have the same `details` as for messages, and their texts contain no secret. The client repeats a failed GET or DELETE if a
---repetition may help. It repeats a failed POST only if the API cannot have processed the request, or if the call has
---idempotent = true. The option limiter does not count calls.
---`client:call { method = "POST", path = "{waba}/message_templates", body = definition }`
---@param request whatsapp.call
---@return whatsapp.json_object? result has the same form as the API's answer
---@return string? err one line
---@return whatsapp.info|whatsapp.details details whatsapp.info after a success, whatsapp.details after a failure
function client:call(request)
  local state, calls = state_of(self, 2), require "whatsapp.graph.call"
  local asked = checks.check(request, calls.ROWS, 2)
  calls.check(access_of(state), asked, 2)
  return calls.run(access_of(state), asked)
end

---Returns the items of a list that the API sends in pages:
---`for item, err, details in client:pages { path = "{waba}/message_templates" } do`. Each page is requested when the loop needs
---it. If a page fails, or if the list has too many pages or items, the last turn of the loop has the item `false`, err and
---details. In plain Lua 5.1 the function of a `for` cannot yield to an event loop: call pages:next() in a `while`
---there.
---@param request whatsapp.pages_call
---@return whatsapp.pages pages callable: returns the next item; nil at the end; false, err, details after a failure
function client:pages(request)
  local state, calls = state_of(self, 2), require "whatsapp.graph.call"
  local asked = checks.check(request, calls.PAGES, 2)
  calls.check(access_of(state), asked, 2)
  return calls.pages(access_of(state), asked)
end

-- ---- media ----------------------------------------------------------------------------------------------------------------

-- Returns the part of a client's state that the modules of media/ and graph/ may use. It contains no secret.
function access_of(state)
  if state.access then return state.access end
  local shared = state.shared
  ---@class whatsapp.media.access
  local access = {
    root = state.root, phone_url = state.url, base_url = state.base_url, phone_number_id = state.phone_number_id,
    user_agent = shared.user_agent, mode = state.mode, media_hosts = state.media_hosts,
    ids = { waba = state.waba_id, phone = state.phone_number_id },
  }
  state.access = access
  function access.is_closed() return shared.closed end

  function access.exchange(request, how)
    local policy = how.retry
    if policy == nil then policy = state.retry end
    if policy and policy.total == nil and how.total then -- a file needs more time than a message
      policy = copy(policy)
      policy.total = how.total
    end
    if how.harmless then policy = harmless(policy, request.method ~= "POST") end
    return exchange(state, request, {
      read = how.read or outcome.message, policy = policy, harmless = how.harmless, warnings = how.warnings, about = how.about,
      no_token = how.no_token,
    })
  end

  function access.deliver(message, options) return deliver(state, message, plan_of_call(state, options)) end

  function access.store()
    if shared.media_store == nil then shared.media_store = require("whatsapp.media").store() end
    return shared.media_store
  end
  return access
end

---Sends a file as an image, a video, audio, a sticker or a document; the kind of the file decides. Uploads the file first,
---unless the same content was uploaded before. Checks the file and the message before the upload begins.
---@param to whatsapp.Address
---@param file string|{ path: string?, data: string?, filename: string? } a path, or the bytes and a name
---@param options whatsapp.send_file_options?
---@return whatsapp.Result? result as client:send returns it
---@return string? err
---@return whatsapp.info|whatsapp.details details
function client:send_file(to, file, options)
  state_of(self, 2)
  local result, err, details = self.media:send(to, file, options, 3)
  return result, err, details
end

-- Returns a method; or makes `media`, or a table of graph/endpoints, at its first use.
function client:__index(name)
  local method = client[name]
  if method ~= nil or not private[self] then return method end
  local made
  if name == "media" then made = require("whatsapp.media.client").new(access_of(private[self])) end
  local tables = require "whatsapp.graph.tables"
  if tables.has(name) then made = tables.new(name, access_of(private[self])) end
  rawset(self, name, made)
  return made
end

---Returns the client's state, and plan_of. For the outbox, whose sender sends messages over the client's transport.
---@private
function M.access(self, level) return state_of(self, level + 1), plan_of end

return M
