-- Flows: makes the endpoint that gives a flow the data of its screens, and makes the endpoint's keys. Has the public functions;
-- the files in flows/ do the work, and libcrypto encrypts and decrypts. Never sends anything: client.flows sends requests about
-- flows.
local options_of = require "whatsapp.util.options"

---@class whatsapp.flows
local flows = {}

---Makes the endpoint of flows: a pure function that takes a request of any server and returns the response. The endpoint checks
---the signature and decrypts the request. It answers pings and notifications of errors by itself. For each other request it calls
---a function of `on`, and encrypts the result. Statuses of the response: 200: success; 400: this is no request of a flow, or its
---action is unknown; 405: the method is not POST; 413: the body is too long; 421: no private key decrypts the request (WhatsApp's
---client then fetches the new public key); 427: the function returned flows.used_up(); 432: the signature is wrong; 500: the
---function is missing, raises, returns nil and an error, or returns a value that is not { screen =, data = }.
---@param options whatsapp.flows.endpoint_options
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handle
function flows.endpoint(options)
  -- not a tail call: a tail call would hide the caller's line from the error
  local handle = require("whatsapp.flows.endpoint").new(options)
  return handle
end

---For a callback: `return flows.used_up(message)` says that the flow_token is no longer valid. The endpoint then answers 427, and
---WhatsApp shows the message to the user.
---@param message string for the user: "This appointment is booked already"
---@return nil
---@return string message
---@return { used_up: boolean } details
function flows.used_up(message)
  if type(message) ~= "string" or message == "" then error("flows.used_up needs a message for the user", 2) end
  return nil, message, { used_up = true }
end

local GENERATE, PUBLIC = { passphrase = "key", bits = "count" }, { private_key = "pem", passphrase = "secrets" }
local BITS = 2048

---Makes a pair of keys for an endpoint, with libcrypto's random numbers. This takes a tenth of a second for 2048 bits, and a
---second for 4096 bits.
---@param options { passphrase: string?, bits: integer? }? passphrase: encrypts the private key with AES-256 (absent: no
---encryption); bits: 2048 to 8192, 2048 if absent
---@return { private_key: string, public_key: string } pair both in PEM
function flows.generate_key(options)
  local checked = options_of.check(options, GENERATE, 2)
  local bits = checked.bits or BITS
  if bits < BITS or bits > 8192 then error("option bits must be 2048 to 8192", 2) end
  local key = require("whatsapp.util.needed").module("whatsapp.crypto").generate_key(bits)
  return { private_key = key:private_pem(checked.passphrase), public_key = key:public_pem() }
end

---Returns the public key that belongs to a private key, for client.flows.
---@param options { private_key: string, passphrase: string? } as flows.endpoint takes them
---@return string? public_key in PEM
---@return string? err
function flows.public_key(options)
  local checked = options_of.check(options, PUBLIC, 2)
  if checked.private_key == nil then error("flows.public_key needs private_key", 2) end
  local keys, err = require("whatsapp.flows.endpoint").read_keys(checked.private_key, checked.passphrase)
  if not keys then return nil, err end
  return keys[1]:public_pem()
end

return flows
