-- Checks that a webhook's request comes from the API: the challenge when the webhook is set up, and later the HMAC of each body.
-- Compares in constant time. Never changes a body; never raises for any request.
local crypto = require("whatsapp.util.needed").module "whatsapp.crypto"
local last = require("whatsapp.webhook.http").last
local options_of = require "whatsapp.util.options"
local url = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local signature = {}

-- ---- challenge ---------------------------------------------------------------------------------------------------------

---Checks the request that sets up a webhook.
---@param query any the raw query, or a decoded table
---@param verify_token string not empty
---@return string? challenge
---@return string? err
---@return boolean? is_foreign true: the request has no hub.mode, no hub.verify_token and no hub.challenge
function signature.challenge(query, verify_token)
  local parameters = query
  if type(query) == "string" then parameters = url.parameters((query:gsub("^%?", ""))) end
  if type(parameters) ~= "table" then parameters = {} end
  local mode, token = last(parameters["hub.mode"]), last(parameters["hub.verify_token"])
  local challenge = last(parameters["hub.challenge"])
  if mode == nil and token == nil and challenge == nil then return nil, "the request has no parameter hub.*", true end
  if type(token) ~= "string" or not crypto.equal(token, verify_token) then return nil, "hub.verify_token is wrong" end
  if mode ~= "subscribe" then return nil, "hub.mode is not subscribe" end
  if type(challenge) ~= "string" or challenge == "" then return nil, "the request has no hub.challenge" end
  return challenge
end

-- ---- bodies ------------------------------------------------------------------------------------------------------------

---Returns whether a value can be the app secret of verify().
---@param app_secret any
---@return boolean usable true if the value is a secret or a list of secrets
function signature.usable(app_secret)
  return options_of.is_secret(app_secret) or options_of.is_list(app_secret, options_of.is_secret)
end

-- Returns the body with \u escapes for DEL and for each character outside ASCII. The API signs a body in this form, but a proxy
-- may have replaced the escapes.
local function escaped_form(body)
  return (body:gsub("[\127\194-\244][\128-\191]?[\128-\191]?[\128-\191]?", values.json_escape))
end

-- secret -> the function that checks signatures with this secret; the table is cleared when it has MOST_KEYS secrets
local MOST_KEYS = 64
local keys, key_count = {}, 0

local function key_of(secret)
  local key = keys[secret]
  if key then return key end
  if key_count == MOST_KEYS then keys, key_count = {}, 0 end
  key = crypto.checker(secret)
  keys[secret], key_count = key, key_count + 1
  return key
end

local function matches(body, digits, secrets)
  if type(secrets) == "string" then return key_of(secrets)(body, digits) end
  for i = 1, #secrets do
    if key_of(secrets[i])(body, digits) then return true end
  end
  return false
end

---Returns whether one of the secrets signed the body.
---@param body any
---@param header any the value of X-Hub-Signature-256
---@param secrets string|string[] a secret, or a list with at least one secret
---@param reencoded boolean? true: a proxy may have written \u escapes as UTF-8
---@return boolean ok
---@return string? err
function signature.verify(body, header, secrets, reencoded)
  if type(body) ~= "string" then return false, "the request has no body" end
  if type(header) ~= "string" then return false, "the request has no header X-Hub-Signature-256" end
  if #header ~= 71 or header:find("sha256=", 1, true) ~= 1 then
    return false, "X-Hub-Signature-256 must be sha256= and 64 hexadecimal digits"
  end
  local digits = header:sub(8)
  if matches(body, digits, secrets) then return true end
  if reencoded and body:find "[\127-\255]" and matches(escaped_form(body), digits, secrets) then return true end
  return false, "the signature was made for another body or with another secret"
end

return signature
