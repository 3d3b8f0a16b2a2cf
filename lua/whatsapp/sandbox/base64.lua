-- Base64 (RFC 4648) for the bytes of files in JSON. Pure; never raises for any string.
local base64 = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local DIGIT, VALUE = {}, {}
for i = 1, 64 do DIGIT[i - 1], VALUE[ALPHABET:byte(i)] = ALPHABET:sub(i, i), i - 1 end

local floor = math.floor

---@param bytes string
---@return string text
function base64.encode(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = DIGIT[floor(bits / 262144)] .. DIGIT[floor(bits / 4096) % 64]
      .. (b and DIGIT[floor(bits / 64) % 64] or "=") .. (c and DIGIT[bits % 64] or "=")
  end
  return table.concat(out)
end

---@param text string
---@return string? bytes nil: it is no base64
function base64.decode(text)
  local digits, padding = text:match "^([0-9A-Za-z+/]*)(=*)$"
  if not digits or (#digits + #padding) % 4 ~= 0 or #padding > 2 then return nil end
  local out = {}
  for i = 1, #digits, 4 do
    local a, b, c, d = digits:byte(i, i + 3)
    if not b then return nil end
    local bits = VALUE[a] * 262144 + VALUE[b] * 4096 + (c and VALUE[c] or 0) * 64 + (d and VALUE[d] or 0)
    out[#out + 1] = string.char(floor(bits / 65536), floor(bits / 256) % 256, bits % 256):sub(1, d and 3 or c and 2 or 1)
  end
  return table.concat(out)
end

return base64
