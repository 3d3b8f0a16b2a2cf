-- One encrypted exchange of a flow: reads the three members of a body, decrypts the request, and encrypts the answer.
-- sandbox/flow has the client's side, which differs only in the key. libcrypto encrypts and decrypts. Never raises because of a
-- body, and never returns text that is not authentic.
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"

local exchange = {}

local IV_SIZE = 16
local MEMBERS = { "encrypted_aes_key", "initial_vector", "encrypted_flow_data" }

---@class whatsapp.flows.opened
---@field text string the JSON that was encrypted
---@field secret userdata the key of this exchange
---@field iv string 16 bytes: the initial vector of the answer

---Returns the initial vector of the answer: the initial vector of the request, with all bits flipped.
---@param iv string
---@return string
function exchange.flipped(iv)
  return (iv:gsub(".", function(byte) return string.char(255 - byte:byte()) end))
end

-- returns the three members as bytes, or nil and an error
local function read(body)
  local value = body:find "^%s*{" and json.decode(body) or nil
  if type(value) ~= "table" then return nil, "the body is not a JSON object" end
  local members = {}
  for _, name in ipairs(MEMBERS) do
    local text = value[name]
    if type(text) ~= "string" then return nil, ("the body has no %s"):format(name) end
    members[name] = crypto.from_base64(text)
    if not members[name] then return nil, name .. " is not base64" end
  end
  if #members.initial_vector ~= IV_SIZE then return nil, ("initial_vector must have %d bytes"):format(IV_SIZE) end
  return members
end

-- Tries the keys in order. A key that does not fit returns nil without a reason: so no attacker learns why.
local function unwrap(keys, wrapped)
  for i = 1, #keys do
    local secret = keys[i]:unwrap(wrapped)
    if secret then return secret end
  end
end

---Decrypts a request.
---@param keys userdata[] private keys
---@param body string as received
---@return whatsapp.flows.opened? opened
---@return string? err
---@return boolean? is_body true: the body has not the form of a request, and no other key would help; nil: the members cannot be
---decrypted
function exchange.open(keys, body)
  local members, err = read(body)
  if not members then return nil, err, true end
  local iv = members.initial_vector
  local secret = unwrap(keys, members.encrypted_aes_key)
  if not secret then return nil, "encrypted_aes_key is for another private key" end
  local text = secret:open(iv, members.encrypted_flow_data)
  if not text then return nil, "encrypted_flow_data is not authentic" end
  return { text = text, secret = secret, iv = exchange.flipped(iv) }
end

---Encrypts an answer.
---@param opened whatsapp.flows.opened
---@param text string JSON
---@return string body base64
function exchange.seal(opened, text)
  return crypto.base64(opened.secret:seal(opened.iv, text))
end

return exchange
