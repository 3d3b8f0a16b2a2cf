-- The encrypted endpoint of flows as a pure function: it takes a request and returns the response. It checks the signature and
-- decrypts the request. It answers pings and notifications of errors by itself; for other requests it calls the user's function
-- and encrypts the result. Never raises because of a request. Its private keys are objects of libcrypto. Never puts a flow_token
-- or a text of the request's data into a report, except texts of less than 4 bytes.
local crypto = require("whatsapp.util.needed").module "whatsapp.crypto"
local exchange = require "whatsapp.flows.exchange"
local http = require "whatsapp.webhook.http"
local json = require "whatsapp.wire.json"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"
local signature = require "whatsapp.webhook.signature"
local values = require "whatsapp.util.values"

local endpoint = {}

---@class whatsapp.flows.request the decrypted request of a screen
---@field action "INIT"|"data_exchange"|"BACK" as received
---@field screen string? the screen that the user is on
---@field data whatsapp.json_object? the members that the flow names; lists are marked, so that an empty list stays a list
---@field flow_token string? the token of the message that opened the flow
---@field version string

---@class whatsapp.flows.response
---@field screen string the screen that is shown next; "SUCCESS" ends the flow
---@field data whatsapp.json_object? the data of the screen; for "SUCCESS" { extension_message_response = { params = {} } }

---@alias whatsapp.flows.callback fun(request: whatsapp.flows.request): whatsapp.flows.response?, string?, { used_up: boolean? }?

---@class whatsapp.flows.callbacks
---@field init whatsapp.flows.callback? the flow is opened
---@field data_exchange whatsapp.flows.callback? a screen is submitted
---@field back whatsapp.flows.callback? the user goes back
---@field error (fun(notification: whatsapp.flows.request))? WhatsApp's client could not use an answer: see .data.error and
---.data.error_message; the return value is ignored

---@class whatsapp.flows.endpoint_options
---@field private_key string|string[] in PEM; a list of two while a new key replaces the old one
---@field passphrase string|string[]|nil of the private key; with a list, each key is tried with each passphrase
---@field app_secret string|string[] the app's secret; a list of two while a new secret replaces the old one
---@field on whatsapp.flows.callbacks each callback returns the next screen; or nil and an error; or flows.used_up(…), if the
---flow_token is no longer valid
---@field on_error (fun(err: string))? gets one line for a log. The line has no key, no flow_token and no text of the request's
---data, but it may have numbers, names, and texts of less than 4 bytes
---@field max_body integer? bytes, 4 MiB if absent

local OPTIONS = {
  private_key = "pem", passphrase = "secrets", app_secret = "secrets", on = "flow_callbacks", on_error = "callable",
  max_body = "bytes",
}
local NEEDED = { "private_key", "app_secret", "on" }
local MAX_BODY = 4 * 1024 * 1024

-- Statuses for WhatsApp's client. After 421 it fetches the new public key. After 427 it shows the user the message of
-- flows.used_up(). After each other status it gives up.
local NO_REQUEST, NO_KEY, USED_UP, UNSIGNED, FAILED = 400, 421, 427, 432, 500

local ACTIONS = { init = "init", data_exchange = "data_exchange", back = "back" } -- name in lower case -> callback

-- ---- reports ---------------------------------------------------------------------------------------------------------------

local MOST, LONGEST_ERROR = 4096, 16384 -- bytes of an error: the most for on_error, and the most that are searched
local SHORTEST, MOST_STRINGS = 4, 1000 -- strings to remove from an error: the least bytes of a string, the most strings

local function report(self, line)
  if self.on_error then pcall(self.on_error, show.line(line, MOST)) end
end

local function add_strings(list, value)
  if type(value) == "string" then
    if #value >= SHORTEST then list[#list + 1] = value end
  elseif type(value) == "table" then
    for _, member in pairs(value) do add_strings(list, member) end
  end
  return list
end

local function without(text, word)
  local from, to = text:find(word, 1, true)
  while from do
    text = text:sub(1, from - 1) .. "***" .. text:sub(to + 1)
    from, to = text:find(word, from + 3, true)
  end
  return text
end

-- An error of the user's function may quote the request, as Lua's errors do. Removes the flow_token and the strings of the
-- request's data from the error, the longest string first.
local function clean(err, request)
  local text = values.text_of(err)
  if #text > LONGEST_ERROR then text = text:sub(1, LONGEST_ERROR) end
  local list = add_strings(add_strings({}, request.data), request.flow_token)
  if #list > MOST_STRINGS then return "an error (not shown, because it may quote the request)" end
  table.sort(list, function(a, b) return #a > #b end)
  for _, word in ipairs(list) do text = without(text, word) end
  return text
end

-- ---- answers ---------------------------------------------------------------------------------------------------------------

local function fail(self, status, line)
  report(self, line)
  return http.answer(status)
end

-- returns the response with an encrypted table; `what` names this table in a report
local function seal(self, opened, status, content, what)
  local text, err = json.write(content)
  if text then return http.answer(status, exchange.seal(opened, text)) end
  return fail(self, FAILED, ("%s: %s"):format(what, err))
end

-- returns words that say why a callback's value is wrong, or nil
local function fault_of(response)
  if type(response) ~= "table" then return "returned no { screen =, data = }, but a " .. type(response) end
  if type(response.screen) ~= "string" or response.screen == "" then return "returned no name of a screen" end
  if response.data ~= nil and type(response.data) ~= "table" then return "returned data that is not a table" end
end

-- returns the response for the return values of a callback
local function respond(self, opened, request, name, response, err, details)
  if response == nil and err ~= nil then
    local text = clean(err, request)
    if type(details) ~= "table" or not details.used_up then return fail(self, FAILED, ("%s: %s"):format(name, text)) end
    report(self, ("%s: the flow_token is used up: %s"):format(name, text))
    return seal(self, opened, USED_UP, { error_msg = values.text_of(err) }, name)
  end
  local fault = fault_of(response)
  if fault then return fail(self, FAILED, ("%s %s"):format(name, fault)) end
  if response.data == nil then
    response = values.copy(response)
    response.data = {}
  end
  return seal(self, opened, 200, response, name)
end

local function action_of(request)
  return type(request.action) == "string" and request.action:lower() or ""
end

local function call(self, opened, request)
  local action = action_of(request)
  local name = ACTIONS[action]
  local callback = name and self.on[name]
  if not name then return fail(self, NO_REQUEST, "a request with another action: " .. show.line(action, 40)) end
  if not callback then return fail(self, FAILED, ("there is no callback for the action %s"):format(name)) end
  local ok, response, err, details = pcall(callback, request)
  if not ok then return fail(self, FAILED, ("%s: %s"):format(name, clean(response, request))) end
  return respond(self, opened, request, name, response, err, details)
end

-- ---- requests --------------------------------------------------------------------------------------------------------------

-- returns whether a request is a notification: WhatsApp's client could not use an earlier answer
local function is_notification(request)
  return type(request.data) == "table" and type(request.data.error) == "string"
end

local function acknowledge(self, opened, request)
  if self.on.error then
    local ok, err = pcall(self.on.error, request)
    if not ok then report(self, "error: " .. clean(err, request)) end
  end
  return seal(self, opened, 200, { data = { acknowledged = true } }, "error")
end

-- The order of the steps matters: a request without a valid signature is not decrypted.
local function receive(self, http_request)
  local body = http_request.body
  if type(body) == "string" and #body > self.max_body then return http.answer(413) end
  local is_signed, why = signature.verify(body, http.header(http_request, "x-hub-signature-256"), self.secrets)
  if not is_signed then return fail(self, UNSIGNED, why) end
  local opened, err, is_body = exchange.open(self.keys, body)
  if not opened then return fail(self, is_body and NO_REQUEST or NO_KEY, err) end
  local request = opened.text:find "^%s*{" and json.decode(opened.text) or nil
  if type(request) ~= "table" then return fail(self, NO_REQUEST, "the decrypted request is not a JSON object") end
  if action_of(request) == "ping" then return seal(self, opened, 200, { data = { status = "active" } }, "ping") end
  if is_notification(request) then return acknowledge(self, opened, request) end
  return call(self, opened, request)
end

-- ---- keys ------------------------------------------------------------------------------------------------------------------

local function list_of(value)
  if type(value) == "table" then return value end
  return { value }
end

-- returns a key, or nil and the error of the last passphrase
local function read_key(pem, passphrases)
  local key, err = crypto.private_key(pem)
  for _, passphrase in ipairs(passphrases) do
    if key then break end
    key, err = crypto.private_key(pem, passphrase)
  end
  return key, err
end

---Reads private keys from PEM.
---@param private_key string|string[]
---@param passphrase string|string[]|nil
---@return userdata[]? keys
---@return string? err without any secret
function endpoint.read_keys(private_key, passphrase)
  local keys, passphrases = {}, list_of(passphrase)
  local list = list_of(private_key)
  for i, pem in ipairs(list) do
    local key, err = read_key(pem, passphrases)
    if not key then return nil, ("%s is %s"):format(#list > 1 and ("private_key[%d]"):format(i) or "private_key", err) end
    keys[i] = key
  end
  return keys
end

-- returns the state of an endpoint; copies the list of secrets, because the caller may change it later
local function new_state(options, keys)
  local secrets = options.app_secret
  return {
    keys = keys, secrets = type(secrets) == "table" and values.copy(secrets) or secrets, on = options.on,
    on_error = options.on_error, max_body = options.max_body or MAX_BODY,
  }
end

---Makes the endpoint. Raises at the line of flows.endpoint's caller if an option is wrong or missing.
---@param options whatsapp.flows.endpoint_options
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handle
function endpoint.new(options)
  if type(options) ~= "table" then error("flows.endpoint takes a table: { private_key =, app_secret =, on = {} }", 3) end
  local checked = options_of.check(options, OPTIONS, 3)
  for _, name in ipairs(NEEDED) do
    if checked[name] == nil then error("flows.endpoint needs " .. name, 3) end
  end
  local keys, err = endpoint.read_keys(checked.private_key, checked.passphrase)
  if not keys then error("flows.endpoint: " .. err, 3) end
  local self = new_state(checked, keys)
  return function(request)
    if type(request) ~= "table" then error("a request is a table, got a " .. type(request), 2) end
    if request.method ~= "POST" then return http.answer(405, "", { allow = "POST" }) end
    return receive(self, request)
  end
end

return endpoint
