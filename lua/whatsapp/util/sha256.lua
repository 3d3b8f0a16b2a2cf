-- SHA-256. hex() reads a sum in the two forms that the API writes: hexadecimal (in look-ups) and base64 (in webhooks). new()
-- computes a sum with libcrypto. This file implements no hash itself.
local sha256 = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local DIGITS = {}
for i = 1, 64 do DIGITS[ALPHABET:byte(i)] = i - 1 end

-- Returns 32 bytes of base64 as hexadecimal digits, or nil. 43 digits of base64 have 258 bits: the 256 bits of the sum, and two
-- bits that must be 0.
local function from_base64(text)
  local bits, count, hex = 0, 0, {}
  for i = 1, 43 do
    local digit = DIGITS[text:byte(i)]
    if not digit then return nil end
    bits, count = bits * 64 + digit, count + 6
    while count >= 4 do
      local unit = 2 ^ (count - 4)
      hex[#hex + 1] = ("%x"):format(math.floor(bits / unit))
      bits, count = bits % unit, count - 4
    end
  end
  return bits == 0 and table.concat(hex) or nil
end

---Reads a SHA-256.
---@param text any hexadecimal or base64
---@return string? hex 64 digits in lower case; nil if the text is not a SHA-256
function sha256.hex(text)
  if type(text) ~= "string" then return nil end
  if #text == 64 and not text:find "%X" then return text:lower() end
  if #text == 44 and text:sub(44) == "=" then return from_base64(text) end
end

---Begins a sum.
---@return table sum an object with :update(piece) and :final() -> 64 hexadecimal digits
function sha256.new()
  return require("whatsapp.util.needed").module("whatsapp.crypto").digest "sha256"
end

return sha256
