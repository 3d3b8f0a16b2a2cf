-- Ids that no two messages share: 32 hexadecimal digits, from libcrypto where there is whatsapp.crypto, else from the
-- clock and Lua's own random numbers. Never a secret.
local stamp = {}

local count = 0

local function home_made()
  count = count + 1
  local address = tostring({}):match "(%x+)$" or "0"
  return ("%08x%08x%04x%s%04x"):format(os.time() % 2 ^ 32, math.floor(os.clock() * 1e6 % 2 ^ 31), count % 2 ^ 16,
    ("00000000" .. address):sub(-8), math.random(0, 65535))
end

---@return string
function stamp.new()
  local ok, crypto = pcall(require, "whatsapp.crypto")
  return ok and crypto.random(16) or home_made()
end

return stamp
