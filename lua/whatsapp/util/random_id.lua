-- Makes unique ids of 32 hexadecimal digits. Uses libcrypto if whatsapp.crypto can be loaded. Else uses the clock, a counter
-- and Lua's random numbers; other people can guess such an id, so never use an id as a secret.
local random_id = {}

local count = 0

local function without_crypto()
  count = count + 1
  local address = tostring({}):match "(%x+)$" or "0"
  return ("%08x%08x%04x%s%04x"):format(os.time() % 2 ^ 32, math.floor(os.clock() * 1e6 % 2 ^ 31), count % 2 ^ 16,
    ("00000000" .. address):sub(-8), math.random(0, 65535))
end

---@return string id
function random_id.new()
  local ok, crypto = pcall(require, "whatsapp.crypto")
  return ok and crypto.random(16) or without_crypto()
end

return random_id
