-- A whole endpoint as a pure function: request in, response out. Verifies, reads, drops what was handled, calls back. Never
-- raises for what a request holds; never answers 200 for an event whose callback failed and may be repeated.
local key = require "whatsapp.webhook.event_key"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"
local signature = require "whatsapp.webhook.signature"
local store = require "whatsapp.webhook.memory"
local webhook -- required when a handler is made: it requires this file

local M = {}

---@class whatsapp.webhook_options
---@field app_secret string|string[] of the app; several while one replaces another
---@field verify_token string agreed on in the app's dashboard
---@field on table<string, fun(event: whatsapp.event)> by kind: message, status, error, echo,
---payment, standby, change; `event` gets the events whose kind has no function
---@field on_error (fun(text: string, event: whatsapp.event?, final: boolean))? final: it will not be repeated
---@field store whatsapp.webhook_store? who remembers what was handled; the memory of this process if absent
---@field ttl number? seconds for which it is remembered, 7 days if absent: as long as the API repeats
---@field attempts integer? how often a failing event is handled before it is given up, 5 if absent
---@field max_body integer? bytes, 4 MiB if absent
---@field reencoded boolean? see webhook.verify
---@field defer (fun(work: fun()))? runs work after the answer left; what fails then is reported, and not repeated

local OPTIONS = {
  app_secret = "secrets", verify_token = "key", on = "callbacks", on_error = "callable", store = "event_store",
  ttl = "amount", attempts = "count", max_body = "bytes", reencoded = "boolean", defer = "callable",
}
local WEEK = 7 * 86400

-- ---- answers -----------------------------------------------------------------------------------------------------------

local function answer(status, text, more)
  local headers = { ["content-type"] = "text/plain", ["x-content-type-options"] = "nosniff" }
  for name, value in pairs(more or {}) do headers[name] = value end
  return { status = status, headers = headers, body = text or "" }
end

-- the last of several values of one name, as nginx gives them
local function last(value)
  if type(value) == "table" then return value[#value] end
  return value
end

local function header(request, wanted)
  local headers = request.headers
  if type(headers) ~= "table" then return nil end
  if headers[wanted] ~= nil then return last(headers[wanted]) end
  for name, value in pairs(headers) do
    if type(name) == "string" and name:lower() == wanted then return last(value) end
  end
end

-- ---- events ------------------------------------------------------------------------------------------------------------

-- on one line, whatever was raised
local function report(self, err, event, final)
  if self.on_error then pcall(self.on_error, show.value(err), event, final) end
end

-- Calls a function of the store, and reports what it raises. final: the event is lost with it.
local function ask(self, name, event, final, ...)
  local ok, first, second = pcall(self.store[name], self.store, ...)
  if not ok then report(self, ("the store's %s: %s"):format(name, show.value(first)), event, final) end
  return ok, first, second
end

-- a store that forgets may give an event twice; told when it happens first, and whenever its count has doubled since
local function tell_forgotten(self)
  local count = self.store.forgotten
  if type(count) ~= "number" or count < self.tell_at then return end
  self.tell_at = count * 2
  report(self, ("the store of events is full: it has forgotten %d before their time, and may handle them again"):format(count))
end

-- whether the event needs not come again
local function handle(self, event, deferred)
  local callback = self.on[event.kind] or self.on.event
  if not callback then return true end
  local name = key.of(event)
  local asked, attempt, why = ask(self, "begin", event, deferred, name, self.ttl)
  if not asked then return false end
  tell_forgotten(self)
  if not attempt then return why ~= "busy" end
  local ok, problem = pcall(callback, event)
  if ok then
    ask(self, "done", event, false, name)
    return true
  end
  local final = deferred or attempt >= self.attempts
  ask(self, final and not deferred and "done" or "forget", event, false, name)
  report(self, problem, event, final)
  return final
end

-- whether none needs to come again; one that fails hides none of the others
local function handle_all(self, events, deferred)
  local all = true
  for _, event in ipairs(events) do all = handle(self, event, deferred) and all end
  return all
end

-- ---- requests ----------------------------------------------------------------------------------------------------------

local function set_up(self, request)
  local challenge, text, foreign = signature.challenge(request.query, self.verify_token)
  if challenge then return answer(200, challenge) end
  if foreign then return answer(404) end
  report(self, text, nil, true)
  return answer(403)
end

local function receive(self, request)
  local body = request.body or ""
  if type(body) == "string" and #body > self.max_body then return answer(413) end
  local ok, text = signature.verify(body, header(request, "x-hub-signature-256"), self.secrets, self.reencoded)
  if not ok then
    report(self, text, nil, true)
    return answer(401)
  end
  local events, problem = webhook.parse(body, self.max_body)
  if not events then -- it would be no better the next time
    report(self, problem, nil, true)
    return answer(200)
  end
  if not self.defer then return answer(handle_all(self, events, false) and 200 or 500) end
  local deferred, why = pcall(self.defer, function() handle_all(self, events, true) end)
  if deferred then return answer(200) end
  report(self, "defer: " .. show.value(why), nil, false)
  return answer(500)
end

local METHODS = { GET = set_up, POST = receive }

---@param given whatsapp.webhook_options
---@return fun(request: table): table handler request = { method, query, headers, body }, response = { status, headers, body }
function M.new(given)
  webhook = webhook or require "whatsapp.webhook"
  if type(given) ~= "table" then error("webhook.handler takes a table: { app_secret =, verify_token =, on = {} }", 3) end
  local options = options_of.check(given, OPTIONS, 3)
  for _, name in ipairs { "app_secret", "verify_token", "on" } do
    if options[name] == nil then error("webhook.handler needs " .. name, 3) end
  end
  local secrets = options.app_secret
  local self = {
    secrets = type(secrets) == "table" and options_of.copy(secrets) or secrets, verify_token = options.verify_token,
    on = options.on,
    on_error = options.on_error, store = options.store or store.memory(), ttl = options.ttl or WEEK,
    attempts = options.attempts or 5, max_body = options.max_body or webhook.MAX_BODY, reencoded = options.reencoded,
    defer = options.defer, tell_at = 1,
  }
  return function(request)
    if type(request) ~= "table" then error("a request is a table, got a " .. type(request), 2) end
    local method = METHODS[request.method]
    if not method then return answer(405, "", { allow = "GET, POST" }) end
    return method(self, request)
  end
end

return M
