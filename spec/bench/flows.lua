-- How many exchanges of a flow one core does in a second, and how many it would do if RSA were the only work. Prints only: it
-- never fails because of a number.
--   $LUA spec/bench/flows.lua [seconds]
package.path = "./?.lua;" .. package.path
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"
local vectors = require "spec.support.flow_vectors"
local whatsapp = require "whatsapp"

local SECONDS = tonumber(arg[1]) or 2

-- returns the number of calls in a second of processor time
local function rate(call)
  local count, from = 0, os.clock()
  repeat
    for _ = 1, 10 do call() end
    count = count + 10
  until os.clock() - from >= SECONDS
  return count / (os.clock() - from)
end

local function exchange_of(key, name)
  for _, exchange in ipairs(key.exchanges) do
    if exchange.name == name then return exchange end
  end
end

for _, key in ipairs(vectors.keys) do
  local exchange = exchange_of(key, "data_exchange")
  local response = json.decode(exchange.response)
  local handle = whatsapp.flows.endpoint {
    private_key = key.pkcs8, app_secret = vectors.secret, on = { data_exchange = function() return response end },
  }
  local request = { method = "POST", body = exchange.body, headers = { ["x-hub-signature-256"] = exchange.signature } }
  assert(handle(request).body == exchange.answer)
  local private = crypto.private_key(key.pkcs8)
  local wrapped = crypto.from_base64(json.decode(exchange.body).encrypted_aes_key)
  local whole, rsa = rate(function() handle(request) end), rate(function() private:unwrap(wrapped) end)
  print(("RSA %d: %6.0f exchanges a second on one core; RSA alone allows %6.0f (%.0f %% of the time is RSA's)"):format(key.bits, whole,
    rsa, 100 * whole / rsa))
end
