-- A webhook endpoint as a function: it takes a request and returns the response. It checks the signature, reads the body, skips
-- events that were handled before, and calls the user's function for each other event. Never raises for a bad request. If an
-- event fails and has attempts left, answers 500, so that the API sends the body again. With the option `defer`, the answer is
-- sent before the events are handled: so each event has only one attempt.
local event_key = require "whatsapp.webhook.event_key"
local observe = require "whatsapp.util.observe"
local http = require "whatsapp.webhook.http"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"
local signature = require "whatsapp.webhook.signature"
local store = require "whatsapp.webhook.memory"
local values = require "whatsapp.util.values"
local webhook -- handler.new() loads it, because whatsapp.webhook and this file need each other

local answer, header = http.answer, http.header

local handler = {}

---@class whatsapp.webhook_request
---@field method string
---@field query string|table<string, string>|nil
---@field headers table<string, string|string[]>? names in upper or lower case; the last item of a list is used
---@field body string?

---@class whatsapp.webhook_response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string

---@class whatsapp.webhook_options
---@field app_secret string|string[] the app's secret; or a list with the new and the old secret, while you change the secret
---@field verify_token string the same token as in the app's dashboard
---@field on table<string, fun(event: whatsapp.event)> functions by kind of event: message, status, error, echo, payment,
---standby, change; the function `event` gets all events whose kind has no function
---@field on_error (fun(err: string, event: whatsapp.event?, final: boolean?))? err: one line for a log; final: true if the
---handler gives the event up, or refuses the whole request
---@field store whatsapp.webhook_store? remembers the events that were handled; the memory of this process if absent
---@field ttl number? the seconds for which the store remembers an event; 7 days if absent, because the API repeats an event for 7
---days
---@field attempts integer? the number of failed attempts after which the handler gives an event up, 5 if absent
---@field max_body integer? bytes, 4 MiB if absent
---@field reencoded boolean? see webhook.verify
---@field defer (fun(work: fun()))? gets the function `work`, and must call `work` after the answer was sent. If an event then
---fails, on_error gets the error, and the API does not send the event again, because its answer was 200
---@field observe (fun(event: whatsapp.observed))? an object of whatsapp.metrics.new(), or a function. The handler calls it with
---the result of each event, and with each refused webhook. If the observer raises, on_error gets the error
---@field now (fun(): number)? the clock for `observe`, in seconds since 1970; if absent: nginx's clock in nginx, else os.time

local OPTIONS = {
  app_secret = "secrets", verify_token = "key", on = "callbacks", on_error = "callable", store = "event_store",
  ttl = "amount", attempts = "count", max_body = "bytes", reencoded = "boolean", defer = "callable",
  observe = "callable", now = "callable",
}
local NEEDED = { "app_secret", "verify_token", "on" }
local WEEK = 7 * 86400

-- ---- events --------------------------------------------------------------------------------------------------------------

local MOST = 4096 -- bytes of an error that on_error gets

-- Calls on_error with an error as one line. If on_error raises, its error is ignored, and the answer stays the same.
local function report(self, err, event, final)
  if self.on_error then pcall(self.on_error, show.value(err, MOST), event, final) end
end

-- Calls a function of the store. If it raises, reports the error. final: true if no later attempt can handle the event after this
-- call has failed.
local function ask(self, name, event, final, ...)
  local ok, first, second = pcall(self.store[name], self.store, ...)
  if not ok then report(self, ("the store's %s: %s"):format(name, show.value(first)), event, final) end
  return ok, first, second
end

-- Calls the observer. If the observer raises, on_error gets the error, and the answer stays the same.
local function tell(self, observed, event)
  local err = observe.tell(self.observe, observed)
  if err then report(self, "observe: " .. err, event, false) end
end

local function tell_refused(self, why)
  if self.observe then tell(self, { name = "refused_webhook", why = why }) end
end

-- returns seconds since 1970; in nginx with milliseconds
local function default_now()
  local ngx = rawget(_G, "ngx")
  if type(ngx) ~= "table" or not ngx.update_time then return os.time() end
  ngx.update_time()
  return ngx.now()
end

local function forgotten_of(events) return events.forgotten, events.forget_error end

-- Reports that a full store has dropped events, which the handler may then handle twice. Reports the first dropped event, and
-- then each time the number of dropped events has doubled. Also reports each new error of the store's on_forget.
local function report_forgotten(self)
  local ok, count, err = pcall(forgotten_of, self.store) -- a store may be an object with a metatable
  count = ok and values.integer(count)
  if ok and err ~= self.forget_error then
    self.forget_error = err
    report(self, "the store's on_forget: " .. show.value(err))
  end
  if not count or count < self.report_at then return end
  self.report_at = count * 2
  report(self, ("the store of events is full: it has dropped %d events too early, and the handler may repeat them"):format(count))
end

-- Handles the failure of a callback: tells the store whether another attempt may begin, and reports the error. Returns whether
-- this was the last attempt, and the result for the observer.
local function fail(self, event, key, err, is_last)
  ask(self, is_last and not self.defer and "done" or "forget", event, false, key)
  report(self, err, event, is_last)
  return is_last, is_last and "given_up" or "failed"
end

-- Handles one event. Returns true if the API need not send the event again, and the result for the observer.
local function handle(self, event)
  local callback = self.on[event.kind] or self.on.event
  if not callback then return true, "ignored" end
  local is_deferred, key = self.defer ~= nil, event_key.of(event)
  local asked, attempt, why = ask(self, "begin", event, is_deferred, key, self.ttl)
  if not asked then return false, is_deferred and "given_up" or "failed" end
  report_forgotten(self)
  if not attempt then return why ~= "busy", why == "busy" and "busy" or "duplicate" end
  if type(attempt) ~= "number" then
    report(self, ("the store's begin returned a %s and not the attempt number"):format(type(attempt)), event, false)
    attempt = 1
  end
  local ok, err = pcall(callback, event)
  if not ok then return fail(self, event, key, err, is_deferred or attempt >= self.attempts) end
  ask(self, "done", event, false, key)
  return true, "handled"
end

-- Returns the time of the option now. If now() raises or returns no number, reports this and returns nil.
local function time_of(self, event)
  local ok, time = pcall(self.now)
  if ok and type(time) == "number" then return time end
  report(self, "now: " .. (ok and "it returned a " .. type(time) or show.value(time)), event, false)
end

-- Does the same as handle(), and calls the observer.
local function handle_observed(self, event)
  local started, timestamp = time_of(self, event), tonumber(event.timestamp)
  local is_over, result = handle(self, event)
  local ended = started and time_of(self, event)
  tell(self, {
    name = "webhook", kind = event.kind, status = event.kind == "status" and event.status or nil, result = result,
    phone_number_id = event.phone_number_id, code = event.details and event.details.code,
    seconds = ended and math.max(0, ended - started) or nil,
    lag = started and timestamp and math.max(0, started - timestamp) or nil,
  }, event)
  return is_over
end

-- Handles every event, even after one event has failed. Returns true if the API need not send the body again.
local function handle_all(self, events)
  local is_over, handle_one = true, self.observe and handle_observed or handle
  for _, event in ipairs(events) do is_over = handle_one(self, event) and is_over end
  return is_over
end

-- ---- requests ------------------------------------------------------------------------------------------------------------

local function set_up(self, request)
  local challenge, err, is_foreign = signature.challenge(request.query, self.verify_token)
  if challenge then return answer(200, challenge) end
  if is_foreign then return answer(404) end
  report(self, err, nil, true)
  tell_refused(self, "verify_token")
  return answer(403)
end

local function receive(self, request)
  local body = request.body or ""
  if type(body) == "string" and #body > self.max_body then
    tell_refused(self, "too_long")
    return answer(413)
  end
  local is_signed, why = signature.verify(body, header(request, "x-hub-signature-256"), self.secrets, self.reencoded)
  if not is_signed then
    report(self, why, nil, true)
    tell_refused(self, "signature")
    return answer(401)
  end
  local events, err = webhook.parse(body, self.max_body)
  if not events then -- answers 200: after any other status, the API would send the same unreadable body again
    report(self, err, nil, true)
    tell_refused(self, "not_json")
    return answer(200)
  end
  if not self.defer then return answer(handle_all(self, events) and 200 or 500) end
  local is_deferred, why_not = pcall(self.defer, function() handle_all(self, events) end)
  if is_deferred then return answer(200) end
  report(self, "defer: " .. show.value(why_not), nil, false)
  return answer(500)
end

local METHODS = { GET = set_up, POST = receive }

-- returns the state of a handler; copies the list of secrets, because the caller may change it later
local function new_state(options)
  local secrets = options.app_secret
  return {
    secrets = type(secrets) == "table" and values.copy(secrets) or secrets, verify_token = options.verify_token,
    on = options.on, on_error = options.on_error, store = options.store or store.memory(), report_at = 1,
    ttl = options.ttl or WEEK, attempts = options.attempts or 5, max_body = options.max_body or webhook.MAX_BODY,
    reencoded = options.reencoded, defer = options.defer,
    observe = options.observe, now = options.now or default_now,
  }
end

---Makes a handler. If an option is wrong or missing, raises an error that names the line of webhook.handler's caller.
---@param options whatsapp.webhook_options
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handler
function handler.new(options)
  webhook = webhook or require "whatsapp.webhook"
  if type(options) ~= "table" then error("webhook.handler takes a table: { app_secret =, verify_token =, on = {} }", 3) end
  local checked = options_of.check(options, OPTIONS, 3)
  for _, name in ipairs(NEEDED) do
    if checked[name] == nil then error("webhook.handler needs " .. name, 3) end
  end
  local self = new_state(checked)
  return function(request)
    if type(request) ~= "table" then error("a request is a table, got a " .. type(request), 2) end
    local method = METHODS[request.method]
    if not method then return answer(405, "", { allow = "GET, POST" }) end
    return method(self, request)
  end
end

return handler
