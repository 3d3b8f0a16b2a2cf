-- The phone's side of the encrypted exchange of a flow: makes a signed and encrypted request, and decrypts the answer of the
-- endpoint. flows.lua sends the bytes. Never raises because of an answer.
local crypto = require "whatsapp.crypto"
local exchange = require "whatsapp.flows.exchange"
local json = require "whatsapp.wire.json"
local show = require "whatsapp.util.show"

local flow = {}

flow.VERSION = "3.0"

-- status of an answer -> its cause, for the developer of the endpoint (see flows/endpoint)
local REFUSED = {
  [421] = "the endpoint's private key does not belong to the public key of this number",
  [432] = "the endpoint has another app secret, so the signature is wrong for it",
}

---@class whatsapp.sandbox.flow_content the content of a request before its encryption
---@field action "ping"|"INIT"|"data_exchange"|"BACK"
---@field screen string?
---@field data table?
---@field flow_token string?
---@field version string? flow.VERSION if absent

---@class whatsapp.sandbox.flow_answer
---@field screen string? the next screen
---@field data table?
---@field error_msg string? the text for the user, if the status is 427

-- returns 16 random bytes
local function new_iv()
  return (crypto.random(16):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Returns the decrypted answer of the endpoint, or nil and an error. The endpoint encrypts with the same key and the flipped IV.
local function opened(secret, iv, response)
  local bytes = type(response.body) == "string" and crypto.from_base64((response.body:gsub("%s+$", "")))
  local text = bytes and secret:open(exchange.flipped(iv), bytes)
  local answer = text and text:find "^%s*{" and json.decode(text)
  if type(answer) == "table" then return answer end
  return nil, "WhatsApp cannot decrypt the endpoint's answer: the body must be only the base64 of encrypted JSON"
end

-- returns the function that reads the answer to a request with this key and this IV
local function reader(secret, iv)
  ---@param response { status: integer, body: string? }
  return function(response)
    local status = tonumber(response.status) or 0
    if status ~= 200 and status ~= 427 then
      return nil, ("HTTP %d: %s"):format(status, REFUSED[status] or "the endpoint failed; its log says why")
    end
    local answer, err = opened(secret, iv, response)
    if not answer then return nil, err end
    if status == 200 then return answer end
    return nil, "HTTP 427: the flow_token is used up: " .. show.value(answer.error_msg), answer
  end
end

---Reads the endpoint's answer. Returns the next screen; or nil and an error. For status 427, also returns the answer with the
---text for the user.
---@alias whatsapp.sandbox.flow_reader fun(response: { status: integer, body: string? }): whatsapp.sandbox.flow_answer?, string?,
---whatsapp.sandbox.flow_answer?

---Makes the request for a step of a flow.
---@param public_key string in PEM, as it was uploaded for the number
---@param app_secret string
---@param content whatsapp.sandbox.flow_content
---@return { method: string, headers: table<string, string>, body: string }? request
---@return whatsapp.sandbox.flow_reader|string read reads the answer; without a request, the error string
function flow.request(public_key, app_secret, content)
  local key, err = crypto.public_key(public_key)
  if not key then return nil, "the public key is " .. err end
  local whole = { version = flow.VERSION }
  for name, value in pairs(content) do whole[name] = value end
  local text, unwritable = json.write(whole)
  if not text then return nil, unwritable or "the content cannot be written" end
  local secret, iv = crypto.secret(), new_iv()
  local body = json.write {
    encrypted_aes_key = crypto.base64(key:wrap(secret)), initial_vector = crypto.base64(iv),
    encrypted_flow_data = crypto.base64(secret:seal(iv, text)),
  }
  local headers = {
    ["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = "sha256=" .. crypto.hmac_sha256(app_secret, body),
  }
  return { method = "POST", headers = headers, body = body }, reader(secret, iv)
end

return flow
