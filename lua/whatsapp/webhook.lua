-- Webhooks of the API: checks that a request comes from the API, reads its body, and answers it. Has the public functions; the
-- files in webhook/ do the work. Raises only for wrong use, never for data from the network.
local events = require "whatsapp.webhook.events"
local json = require "whatsapp.wire.json"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"

---@class whatsapp.webhook
local webhook = {}

local signature -- webhook/signature; loaded at the first call of challenge() or verify(), because parse() needs no libcrypto

local function signatures()
  signature = signature or require "whatsapp.webhook.signature"
  return signature
end

---The largest body in bytes, if the caller sets no other bound. The API sends at most 3 MiB.
webhook.MAX_BODY = 4 * 1024 * 1024

---Checks the request that sets up a webhook, and returns the body of the answer to it.
---@param query string|table<string, string> the raw query string, or its decoded parameters
---@param verify_token string the same token as in the app's dashboard
---@return string? challenge the whole body of the answer
---@return string? err
function webhook.challenge(query, verify_token)
  if type(verify_token) ~= "string" or verify_token == "" then error("webhook.challenge needs a verify_token", 2) end
  return signatures().challenge(query, verify_token)
end

local VERIFY = { reencoded = "boolean" }

---Returns whether the API signed a body with the app secret.
---@param body string the bytes as they were received
---@param header string? the value of X-Hub-Signature-256
---@param app_secret string|string[] the app's secret, or a list of secrets: one of them must match
---@param options { reencoded: boolean? }? reencoded: a proxy may have written \u escapes as UTF-8
---@return boolean ok
---@return string? err
function webhook.verify(body, header, app_secret, options)
  if not signatures().usable(app_secret) then
    error("webhook.verify needs an app_secret, or a list of them without holes", 2)
  end
  return signature.verify(body, header, app_secret, options_of.check(options, VERIFY, 2).reencoded)
end

---Reads the body of a webhook. Returns one list with an event for each message, status, error, echo and other change in it.
---@param body string the bytes as they were received
---@param max_body integer? bytes, webhook.MAX_BODY if absent
---@return whatsapp.event[]? events
---@return string? err
function webhook.parse(body, max_body)
  if type(body) ~= "string" then return nil, "a body is a string, got a " .. type(body) end
  local most = max_body or webhook.MAX_BODY
  if #body > most then return nil, ("the body has %d bytes, at most %d"):format(#body, most) end
  if not body:find "^%s*{" then return nil, "the body is not a JSON object" end
  local decoded, err = json.decode(body)
  if type(decoded) ~= "table" then return nil, "the body is not JSON: " .. show.value(err) end
  return events.of(decoded)
end

---Makes the handler of a webhook: a function that takes a request and returns the answer. It works with any server.
---@param options whatsapp.webhook_options
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handler
function webhook.handler(options)
  -- not a tail call: a tail call would hide the caller's line from the error
  local handler = require("whatsapp.webhook.handler").new(options)
  return handler
end

local MEMORY = { max = "count", claim = "amount", now = "callable", on_forget = "callable" }

---Makes a store of handled events in the memory of this process, for the option `store` of webhook.handler. Any other store must
---have the same three functions: begin, done and forget.
---@param options whatsapp.webhook_memory_options? max: events, 100,000 if absent
---@return whatsapp.webhook_memory
function webhook.memory_store(options)
  local checked = options_of.check(options, MEMORY, 2)
  return require("whatsapp.webhook.memory").memory(checked)
end

---In version 0.1, webhook.memory_store had the name webhook.store.memory. Only for old programs.
webhook.store = { memory = webhook.memory_store }

return webhook
