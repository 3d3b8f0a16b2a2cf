-- The only file that knows the JSON libraries. The core reads JSON: it keeps every digit of an integer, reads half a surrogate
-- pair as U+FFFD, and takes half the time of lua-cjson. The core also writes the JSON that is sent: messages, and the bodies of
-- calls. So checking, sending and receiving need no library. Only encode() uses lua-cjson, for example for answers of the
-- sandbox. Never raises.
local core = require "whatsapp.core"

local json = {}

---@param text string
---@return any? value a null inside a table is whatsapp.null
---@return string? err
json.decode = core.decode

---Writes any value: numbers with all their digits, marked lists as lists, keys sorted by their bytes. Needs no library.
---@param value any a table, a text, a number, a boolean or null
---@return string? text
---@return string? err
---@return whatsapp.details? details
json.write = core.write

local cjson

-- The instance of lua-cjson is private, so that the settings of other code do not change its output. It is made at the first
-- use.
local function encode(value)
  cjson = cjson or require("whatsapp.util.needed").module("cjson").new()
  return cjson.encode(value)
end

---@param value table
---@return string? text
---@return string? err
function json.encode(value)
  local ok, text = pcall(encode, value)
  if ok then return text end
  return nil, tostring(text)
end

return json
