-- What the API sends to a webhook: proves that it is the API's, reads it, answers it. The public face; reading is in
-- webhook/. Never raises for what came over the network, only for a call without a secret.
local events = require "whatsapp.webhook.events"
local json = require "whatsapp.wire.json"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"

---@class whatsapp.webhook
local webhook = {}

local signature -- loaded by who verifies: who only reads needs no libcrypto

local function signatures()
  signature = signature or require "whatsapp.webhook.signature"
  return signature
end

---Bytes that are read at most: the API sends 3 MiB.
webhook.MAX_BODY = 4 * 1024 * 1024

---Whether a request that sets up the webhook knows the token that was agreed on, and what it is to be answered with.
---@param query string|table the raw query string, or its decoded parameters
---@param verify_token string
---@return string? challenge the whole body of the answer
---@return string? text
function webhook.challenge(query, verify_token)
  if type(verify_token) ~= "string" or verify_token == "" then error("webhook.challenge needs a verify_token", 2) end
  return signatures().challenge(query, verify_token)
end

---Whether the body is what somebody who knows the secret signed.
---@param body string the bytes as received
---@param header string? X-Hub-Signature-256
---@param app_secret string|string[] one of several is enough
---@param options { reencoded: boolean? }? reencoded: something on the way may have written \u escapes as UTF-8
---@return boolean ok
---@return string? text
function webhook.verify(body, header, app_secret, options)
  if not signatures().usable(app_secret) then error("webhook.verify needs an app_secret, or a list of them", 2) end
  return signature.verify(body, header, app_secret, options and options.reencoded)
end

---Every message, status, error, echo and other change of a body, in one list.
---@param body string the bytes as received
---@param max_body integer? bytes, webhook.MAX_BODY if absent
---@return whatsapp.event[]? events
---@return string? text
function webhook.parse(body, max_body)
  if type(body) ~= "string" then return nil, "a body is a string, got a " .. type(body) end
  if #body > (max_body or webhook.MAX_BODY) then return nil, ("a body of %d bytes is too long"):format(#body) end
  if not body:find "^%s*{" then return nil, "the body is no JSON object" end
  local decoded, problem = json.decode(body)
  if type(decoded) ~= "table" then return nil, "the body is no JSON: " .. show.value(problem) end
  return events.of(decoded)
end

---An endpoint: a function that answers requests, whoever received them.
---@param options whatsapp.webhook_options
---@return fun(request: table): table handler
function webhook.handler(options)
  -- no tail call: what it raises is blamed on whoever called this function
  local made = require("whatsapp.webhook.handler").new(options)
  return made
end

local MEMORY = { max = "count", claim = "amount", now = "callable", on_forget = "callable" }

---A store of handled events in the memory of this process: the option `store` of webhook.handler. Other stores have the same
---three functions: begin, done and forget.
---@param options whatsapp.webhook_memory_options? max: events, 100,000 if absent
---@return whatsapp.webhook_memory
function webhook.memory_store(options)
  local checked = options_of.check(options, MEMORY, 2)
  return require("whatsapp.webhook.memory").memory(checked)
end

return webhook
