-- A delivery is one message on its way from the user's table to its outcome. A delivery does no I/O: advance() and settle()
-- tell its driver how long to wait. A driver is the code that waits and sends: send/single for one delivery (client:send),
-- send/batch for many (client:each), outbox/sender for the entries of a store. Lifecycle:
--   1. begin     checks the message and writes its JSON, or refuses the message; the outbox skips this step, because its put()
--                has checked the message and written the JSON
--   2. advance   runs the steps before an attempt (limits, hook, credentials); returns the seconds to wait; 0: .request is ready
--   3. the driver sends .request over the transport
--   4. settle    reads the answer; returns the seconds until step 2 must run again (0 for the fallback), or nil at the end
--   5. the outcome is in .result, .err and .details
local caller = require "whatsapp.send.caller"
local core = require "whatsapp.core"
local credentials = require "whatsapp.send.credentials"
local observe = require "whatsapp.util.observe"
local outcome = require "whatsapp.wire.outcome"
local recipient = require "whatsapp.send.recipient"
local retry = require "whatsapp.send.retry"
local show = require "whatsapp.util.show"
local shown = require "whatsapp.wire.shown"
local values = require "whatsapp.util.values"

local delivery = {}

local encode, recipient_of, same, tell, INFO = core.encode, core.recipient_of, core.same, outcome.tell, shown.INFO
local protected, new_caller, set_caller, setmetatable = values.protected, caller.new, caller.set, setmetatable

local LEVELS = 8 -- levels of tables in the copy of the details without secrets
local WINDOW_CLOSED = 131047 -- error code: the user's last message is older than 24 hours; then the API takes only templates

---A plan: the settings that all deliveries of one call share, for example of one client:send.
---@class whatsapp.plan
---@field url string
---@field read fun(response: table, delivery: whatsapp.delivery): any, string?, table? makes the result from a response
---@field policy whatsapp.retry|false
---@field harmless boolean? true: a request that is sent twice does no harm
---@field timeout number? seconds
---@field encode { mode: string }?
---@field stamp boolean?
---@field fallback table|function|nil
---@field window whatsapp.window_book?
---@field max_wait number? seconds
---@field no_token boolean? true: the request has no token
---@field is_call boolean? true: the request is not a message; its event for observers is "call"
---@field endpoint string? the name of the endpoint for observers; set at the first use
---@field log_url string? the URL for the log, without its query; set at the first use
---@field idle whatsapp.delivery? the first of the released deliveries, which new() uses again; the field `after` of each has the
---next one

---@class whatsapp.delivery
---@field is_over boolean
---@field request table the request for the transport; set when advance() returns 0
local Delivery = {}
Delivery.__index = Delivery

-- Returns a new delivery. A field without a value is set to false and not to nil: nil leaves no slot in the table, and a later
-- write to a field without a slot costs three times as much as a write to a field with a slot.
local function make(state, plan)
  return setmetatable({
    state = state, plan = plan, after = false, message = false, to = false, plain_to = false, body = false, step = 1,
    attempts = 0, started = false, sent_at = false, answered_at = false, request = false, kept_request = false, is_over = false,
    result = false, details = false, calling = false, caller = false, is_plain = true,
    -- fields that change only after note() was called:
    base = false, url = plan.url, headers = state.headers, stamp = false, warnings = false, waited = false, log_error = false,
    fallback_error = false,
    observe_error = false, err = false, failure = false, is_unsure = false, fallen = false,
    -- fields for the batch:
    batch = false, key = false, wakes = false, on_wire = false, is_ended = false, is_spoilt = false, response = false,
    answered_before = false,
  }, Delivery)
end

---Returns a released delivery of the plan, or a new delivery. A released delivery saves 3 % of a message's cost.
---@param state table the state of a client
---@param plan whatsapp.plan
---@param message table|false false: the request is not a message, and the caller calls begin_request() next
---@param driver table|false the batch or the outbox's sender that drives the delivery; false: single.run() drives it
---@param key string|false the recipient whose next message waits until this delivery is over; false: no message waits for it
---@return whatsapp.delivery
function delivery.new(state, plan, message, driver, key)
  local self = plan.idle
  if self then plan.idle, self.after = self.after, false
  else self = make(state, plan) end
  self.message, self.batch, self.key = message, driver, key
  return self
end

---Sets a field that few messages need, and sets `is_plain` to false. While `is_plain` is true, succeed() and release() skip all
---such fields, which saves time.
---@param name string
---@param value any
function Delivery:note(name, value)
  self.is_plain = false
  self[name] = value
end

-- resets the fields that change only after note() was called
local function forget(self)
  self.is_plain = true
  self.base, self.url, self.headers = false, self.plan.url, self.state.headers
  self.stamp, self.warnings, self.waited, self.log_error, self.observe_error = false, false, false, false, false
  self.err, self.failure, self.is_unsure, self.fallen, self.fallback_error = false, false, false, false, false
end

---Clears the fields of this message, and puts the delivery into the plan's list `idle`, for another message. The driver must read
---the outcome before it calls this function.
function Delivery:release()
  local plan, request = self.plan, self.kept_request
  if not self.is_plain then forget(self) end
  if request then request.body = false end
  self.message = false
  self.body = false
  self.to = false
  self.plain_to = false
  self.step = 1
  self.attempts = 0
  self.started = false
  self.answered_at = false
  self.request = false
  self.is_over = false
  self.is_ended = false
  self.result = false
  self.details = false
  self.after = plan.idle
  plan.idle = self
end

-- ---- calls of the user's code ----------------------------------------------------------------------------------------------

-- Notes that a function of the user runs now. While the function runs, the batch refuses each call that the function makes to
-- the batch.
local function note_caller(self)
  self.calling = true
  self.caller = self.caller or new_caller()
  set_caller(self.caller)
end

-- notes that the user's function has returned; returns its results
local function called(self, ...)
  self.calling = false
  return ...
end

-- returns an error of the user's code as one line without secrets
local function line_of(self, problem)
  return show.line(credentials.clean(self.state, values.text_of(problem), self.request))
end

---Calls a function of the user. The function may yield and may raise.
---@return boolean ok, any ...
function Delivery:call(code, ...)
  if not self.batch then return protected(code, ...) end
  note_caller(self)
  return called(self, protected(code, ...))
end

-- ---- the observer ----------------------------------------------------------------------------------------------------------

local tell_observer, endpoint_of, new_event = observe.tell, observe.endpoint, observe.new_event

-- Calls the function of the option observe. If the function raises, returns the error and does not fail the message.
local function tell_of(self, event)
  if self.batch then note_caller(self) end
  local err = tell_observer(self.state.observe, event)
  self.calling = false
  return err and line_of(self, err)
end

local function endpoint(plan)
  plan.endpoint = endpoint_of(plan.url)
  return plan.endpoint
end

-- returns the outcome of a failed message for an event: "invalid", "refused", "failed" or "unknown"
local function failure_of(details)
  if details.may_have_been_sent then return "unknown" end
  local kind = details.kind
  return (kind == "invalid" or kind == "refused") and kind or "failed"
end

---Calls the observer with the outcome, after the end of the delivery. If the observer is whatsapp.metrics, the call takes 5 % of
---a message's cost. `make bench-send ROUNDS=0` prints the cost with an observer (observed) and without one (default).
function Delivery:observed()
  local details, plan, answered = self.details, self.plan, self.answered_at
  local event = self.state.event or new_event()
  event.name = plan.is_call and "call" or "message"
  event.outcome = self.result ~= false and "accepted" or failure_of(details)
  event.http_status, event.attempts = details.http_status, self.attempts
  event.seconds = answered and answered - self.started or nil
  event.answer_seconds = answered and answered - self.sent_at or nil
  event.code, event.waited = details.code, self.waited or nil
  event.endpoint, event.phone_number_id = plan.endpoint or endpoint(plan), self.state.phone_number_id
  local err = tell_of(self, event)
  if err then details.observe_error = err end
end

-- Calls the observer after a failed attempt that the delivery will repeat. At the end, observed() calls the observer.
local function observe_attempt(self, details)
  local answered, plan = self.answered_at, self.plan
  local err = tell_of(self, {
    name = "attempt", outcome = failure_of(details), http_status = details.http_status, attempts = self.attempts,
    answer_seconds = answered and answered - self.sent_at or nil, endpoint = plan.endpoint or endpoint(plan),
    phone_number_id = self.state.phone_number_id, code = details.code,
  })
  if err then self:note("observe_error", err) end
end

-- ---- the end --------------------------------------------------------------------------------------------------------------

-- Ends the delivery with a failure. Removes no secrets: fail() removes them.
local function refuse(self, err, details)
  self:note("err", err)
  self.details, self.is_over = details, true
end

-- Ends the delivery with a failure. Removes secrets from the error and the details, and adds fields to the details, such as the
-- number of attempts and the stamp.
function Delivery:fail(err, details)
  local state = self.state
  details = credentials.cleaned(state, details, LEVELS, self.request)
  details.attempts, details.stamp, details.waited = self.attempts, self.stamp or nil, self.waited or nil
  details.log_error, details.observe_error = self.log_error or nil, self.observe_error or nil
  details.fallback_error = details.fallback_error or self.fallback_error or nil
  if self.fallen then details.fallback = true end
  -- the API may have got the message in an earlier attempt: if the user sent it again, the message could arrive twice
  if self.is_unsure and not self.plan.harmless then
    details.may_have_been_sent, details.retryable = true, false
  end
  return refuse(self, show.line(credentials.clean(state, tostring(err), self.request)), shown.details(details))
end

---Ends the delivery before its next attempt. If an attempt has failed, the outcome is the failure of the last attempt. Otherwise
---the outcome says that nothing was sent. After a fallback has begun, only the attempts of the fallback count.
---@param who "client"|"batch" the object that was closed
function Delivery:stop(who)
  if self.is_over then return end
  if self.failure then return self:fail(self.err, self.failure) end
  self:fail(("the %s was closed before the request was sent"):format(who),
    { kind = "transport", retryable = true, may_have_been_sent = false })
end

---Ends the delivery with an error that other code raised.
---@param problem any the raised value
---@param begun boolean true: the request may have been sent
function Delivery:raised(problem, begun)
  self:fail(values.text_of(problem), { kind = "transport", retryable = false, may_have_been_sent = begun })
end

-- ---- 1. begin -------------------------------------------------------------------------------------------------------------

-- Returns a message with a stamp, and the stamp. If the message has no stamp, returns a copy of the message with a new stamp. A
-- stamp is an id that the API repeats in each webhook about the status of the message.
local function stamped(message)
  local stamp = rawget(message, "biz_opaque_callback_data")
  if stamp ~= nil then return message, values.scalar(stamp) end
  local marked = values.copy(message)
  marked.biz_opaque_callback_data = require("whatsapp.util.random_id").new()
  return marked, marked.biz_opaque_callback_data
end

-- calls the function of the option on_warning with each warning; ends the delivery if the function raises
local function warn(self, warnings, about)
  for _, warning in ipairs(self.state.on_warning and warnings or values.NONE) do
    local ok, problem = self:call(self.state.on_warning, warning, about)
    if not ok then
      local _, err, details = outcome.refused("on_warning", "on_warning raised: " .. values.text_of(problem))
      return self:fail(err, details)
    end
  end
end

-- Returns false for the table of client:mark_read, which has a status and is not a message. Uses rawget, because a metamethod of
-- the user's table could raise.
local function is_sent(message) return rawget(message, "status") == nil end

-- Checks the message and writes its JSON. `to` and `plain_to` are the results of core.recipient_of.
local function write(self, message, to, plain_to)
  local plan, marked, stamp = self.plan, message, false
  if plan.stamp and is_sent(message) then marked, stamp = stamped(message) end
  local body, warnings, details = encode(marked, plan.encode)
  local check_template = self.state.check_template
  if check_template and is_sent(message) then
    body, warnings, details = check_template(self, marked, body, warnings, details)
  end
  if not body then
    details.attempts = 0
    return refuse(self, warnings, shown.details(details))
  end
  self.body = body
  if stamp then self:note("stamp", stamp) end
  self.to, self.plain_to = to, plain_to or false -- the request has `to`; the limits read plain_to
  if warnings then
    self:note("warnings", warnings)
    return warn(self, warnings, message)
  end
end

-- Returns the message of the option fallback; it gets this message's recipient if it names no recipient. Returns nil if there is
-- no fallback for this message.
local function fallback_of(self, details)
  local instead = self.plan.fallback
  if values.callable(instead) then
    local ok, made = self:call(instead, self.message, details)
    instead = made
    if not ok then details.fallback_error = line_of(self, made) end
  end
  return type(instead) == "table" and recipient.address(instead, self.message) or nil
end

-- Returns whether the fallback must be sent at once, because the recipient's window is closed and the API would refuse this
-- message. Returns false for a template, because the API takes templates at any time. Returns false if there is no fallback.
local function is_window_closed(self, message)
  local book = self.plan.window
  if not (book and self.plan.fallback) or rawget(message, "template") ~= nil then return false end
  local to = recipient_of(message)
  if not to then return false end
  local ok, is_open = self:call(book.open, book, to, self.state.phone_number_id)
  if not ok then self:note("fallback_error", line_of(self, is_open)) end
  return ok and is_open == false
end

---Checks the message and writes its JSON. If the recipient's window is closed and the option fallback has a message, checks and
---writes the fallback in place of the message.
---@param to any as core.recipient_of(message) returns it
---@param plain_to string?
function Delivery:begin(to, plain_to)
  local message = self.message
  if not to and type(message) ~= "table" then
    local _, err, details = outcome.invalid("a message is a table, got a " .. type(message))
    return self:fail(err, details)
  end
  if self.plan.window and is_window_closed(self, message) then
    local instead = fallback_of(self, { code = WINDOW_CLOSED })
    if instead then
      self:note("fallen", true)
      return write(self, instead, recipient_of(instead))
    end
  end
  return write(self, message, to, plain_to)
end

---Begins the delivery of a request that is not a message, such as an upload or a GET.
---@param request table without credentials
---@param warnings whatsapp.problem[]? for the option on_warning
---@param about table? the second argument of on_warning
function Delivery:begin_request(request, warnings, about)
  self:note("base", request)
  self.url, self.headers, self.warnings = request.url, request.headers, warnings or false
  if warnings then return warn(self, warnings, about) end
end

-- ---- 2. the steps before an attempt ---------------------------------------------------------------------------------------

---@param url string
---@param headers table<string, string>
---@return table request a new table
function Delivery:request_to(url, headers)
  local base = self.base
  if base then
    local request = values.copy(base)
    request.url, request.headers, request.timeout = url, headers, base.timeout or self.plan.timeout
    return request
  end
  return {
    method = "POST", url = url, headers = headers, body = self.body, timeout = self.plan.timeout, stamp = self.stamp or nil,
    to = self.to or nil, phone_number_id = self.to and self.state.phone_number_id or nil,
  }
end

---Makes .request, with the credentials. The library's own transport does not use a request after its answer: so the delivery
---keeps the table of the request for the next message, which saves 2 % of a message's cost. A user's transport may use a request
---for longer: it gets a new table for each request.
---@param url string
---@param headers table<string, string>
function Delivery:make_request(url, headers)
  local request = self.kept_request
  if request and not self.base then
    request.url = url
    request.headers = headers
    request.body = self.body
    request.to = self.to or nil
    request.stamp = self.stamp or nil
  else
    request = self:request_to(url, headers)
    if self.state.shared.owned and not self.base then self.kept_request = request end
  end
  self.request = request
end

local make_request = Delivery.make_request

---Returns a request without credentials, for the user's code. The user's code may write into the request and its headers, so both
---are new tables. For a message, making the headers is faster than copying them: this saves 0.8 % of the cost of a message with
---a hook.
---@return table
function Delivery:shown_request()
  local state, headers = self.state, self.headers
  return self:request_to(self.url, headers == state.headers and state.make_headers(state) or values.copy(headers))
end

-- Calls the hook with a copy of the request. If the hook has changed the copy, the delivery makes its request from the copy. If
-- the hook has changed nothing, the delivery drops the copy, which saves 10 % of a message's cost. If the hook has changed no
-- header, the delivery keeps its own table of headers: then the transport over libcurl uses the head of the last request again,
-- which saves 13 %.
local function hook(self)
  local request = self:shown_request()
  local ok, agreed, problem = self:call(self.state.before_send, request)
  if not ok then return outcome.refused("before_send", "before_send raised: " .. values.text_of(agreed)) end
  if agreed == false or (agreed == nil and problem ~= nil) then
    local why = problem and ": " .. values.text_of(problem) or ""
    return outcome.refused("before_send", "before_send stopped the message" .. why)
  end
  make_request(self, self.url, self.headers)
  if same(request, self.request) then return 0 end -- the hook changed nothing
  self:note("base", request)
  self.url = request.url
  if not same(request.headers, self.headers) then self.headers = request.headers end
  return 0
end

---@param state table the state of a client
---@return function[] steps in their order. A step returns the seconds to wait, and true if the step must run again after the
---wait; or nil, err, details if the step failed
function delivery.steps(state)
  local steps = {}
  local limiter = state.can_wait and state.shared.limiter -- a limit needs now() and sleep()
  for i, step in ipairs(limiter and limiter.steps or values.NONE) do steps[i] = step end
  if state.before_send then steps[#steps + 1] = hook end
  steps[#steps + 1] = credentials.step
  return steps
end

-- Handles a step after which the request cannot be sent now: the step returned seconds to wait or an error, or it ended the
-- delivery, or the client is closed. Returns the seconds to wait, or nil if the delivery is over.
local function held(self, at, wait, again, details)
  if self.is_over then return nil end
  if wait == nil then return self:fail(again, details) end
  if self.state.shared.closed then return self:stop "client" end -- the client was closed while the step ran
  self.step = again and at or at + 1
  return wait
end

---Runs the steps before an attempt. Begins with the first step that the earlier calls for this attempt have not finished.
---@param now number seconds
---@return number? seconds to wait before the next call of advance(); 0: send .request; nil: the delivery is over
function Delivery:advance(now)
  if self.is_over then return nil end
  if not self.started then self.started = now end
  local state = self.state
  local steps, shared = state.steps, state.shared
  for at = self.step, #steps do
    local wait, again, details = steps[at](self, now)
    if wait ~= 0 or shared.closed then return held(self, at, wait, again, details) end
  end
  self.step = 1
  self.attempts = self.attempts + 1
  if state.is_timed then self.sent_at = state.is_held and state.now() or now end
  return 0
end

-- ---- 4. settle ------------------------------------------------------------------------------------------------------------

-- Returns the failure of an attempt without a response. A transport must return a response, or nil, err, details. If a transport
-- returns anything else, the failure says that the request may have been sent, because the delivery cannot know.
---@return string err, table details
local function no_response(response, err, details)
  if response == nil and type(err) == "string" then
    if type(details) ~= "table" then return err, { kind = "transport", retryable = false, may_have_been_sent = true } end
    local seconds = rawget(details, "retry_after")
    if seconds ~= nil and not (type(seconds) == "number" and seconds >= 0 and seconds < math.huge) then
      details = values.copy(details)
      details.retry_after = nil
    end
    return err, details
  end
  local got = response == nil and "nothing" or "a " .. type(response)
  return ("the transport returned %s; it must return a response, or nil and an error string"):format(got),
    { kind = "transport", retryable = false, may_have_been_sent = true }
end

-- returns the URL for the log, without its query
local function log_url(self)
  local url, plan = self.url, self.plan
  if url ~= plan.url then return url:match "^[^?]*" end
  plan.log_url = plan.log_url or url:match "^[^?]*" -- kept for the next messages: a match costs 1 % of a message's cost
  return plan.log_url
end

-- Calls the function of the option log. If the function raises, the outcome does not change, and log_error of the details has
-- the error.
local function log(self, response, err)
  local state = self.state
  local ok, problem = self:call(state.log, {
    request = self:shown_request(), url = log_url(self), seconds = self.sent_at and state.now() - self.sent_at or nil,
    status = response and response.status,
    error = response == nil and show.line(credentials.clean(state, err, self.request)) or nil,
  })
  if not ok then self:note("log_error", line_of(self, problem)) end
end

-- copies into `info` those fields of note() that the user may see
local function tell_notes(self, info)
  info.stamp, info.warnings, info.waited = self.stamp or nil, self.warnings or nil, self.waited or nil
  info.fallback, info.log_error, info.observe_error = self.fallen or nil, self.log_error or nil, self.observe_error or nil
  info.fallback_error = self.fallback_error or nil
  self.err = false -- a failed attempt before this success may have set err
end

local function cleaned(self, value) return credentials.cleaned(self.state, value, LEVELS, self.request) end

-- ends the delivery with a result
local function succeed(self, result, response)
  local info = setmetatable({ attempts = self.attempts, http_status = response.status, trace_id = nil, usage = nil }, INFO)
  tell(info, response.headers, cleaned, self)
  if not self.is_plain then tell_notes(self, info) end
  if response.progress_error then info.progress_error = line_of(self, response.progress_error) end
  self.result = result
  self.details = info
  self.is_over = true
end

-- returns the seconds until the next attempt; nil: there is no other attempt
local function next_attempt(self, details)
  local policy = self.plan.policy
  if not (policy and self.state.can_wait) then return nil end
  local elapsed = self.state.now() - self.started - (self.waited or 0)
  return retry.wait(details, self.attempts, elapsed, policy, math.random())
end

-- Begins the fallback, if the API refused the message because the window is closed. Returns 0 if the fallback can be sent;
-- returns nil if there is no fallback, or if the fallback is invalid and has ended the delivery.
local function fall_back(self, details)
  if self.fallen or not self.plan.fallback or details.code ~= WINDOW_CLOSED then return nil end
  local instead = fallback_of(self, details)
  if not instead then return nil end
  self:note("fallen", true)
  self.failure, self.err, self.started, self.attempts = false, false, false, 0
  self.base, self.url, self.headers, self.stamp, self.warnings = false, self.plan.url, self.state.headers, false, false
  write(self, instead, recipient_of(instead))
  if not self.is_over then return 0 end
end

-- Handles a failed attempt. Returns the seconds until the next attempt; 0: the fallback is next; nil: the delivery is over.
local function try_again(self, err, details)
  local wait = next_attempt(self, details)
  if wait then
    if details.may_have_been_sent then self:note("is_unsure", true) end
    self:note("failure", details)
    self.err = err
    if self.state.observe then observe_attempt(self, details) end
    return wait
  end
  local again = fall_back(self, details)
  if again or self.is_over then return again end
  return self:fail(err, details)
end

---Reads the answer of the transport.
---@param response table? the response of the transport
---@param err string?
---@param details whatsapp.details?
---@return number? seconds until the next call of advance(); nil: the delivery is over
function Delivery:settle(response, err, details)
  local state = self.state
  local read = response or nil
  if response and not state.shared.owned then read = outcome.checked(response) end
  if not read then err, details = no_response(response, err, details) end
  if state.log then log(self, read, err) end
  if state.observe and state.is_timed then self.answered_at = state.now() end
  if read then
    local result
    result, err, details = self.plan.read(read, self)
    if result ~= nil then return succeed(self, result, read) end
  end
  return try_again(self, err, details)
end

delivery.begin, delivery.advance = Delivery.begin, Delivery.advance
delivery.settle, delivery.release = Delivery.settle, Delivery.release

return delivery
