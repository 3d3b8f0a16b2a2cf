-- The one room that knows JSON libraries. Reading is the core's: it keeps every digit of an integer, reads half a surrogate
-- pair as U+FFFD, and needs half of lua-cjson's time. The core also writes what is sent: messages, and the bodies of calls; so
-- checking, sending and receiving need nothing else. The sandbox's answers and the like are lua-cjson's. Never raises.
local core = require "whatsapp.core"

local json = {}

---@param text string
---@return any? value a null inside is whatsapp.null
---@return string? err
json.decode = core.decode

---Writes any value with all its digits and its marked lists, keys sorted by their bytes. It needs no library.
---@param value any a table, a text, a number, a boolean or null
---@return string? text
---@return string? err
---@return whatsapp.details? details
json.write = core.write

local cjson

-- A private instance, so that no other code's settings change what is written here; loaded when it is first needed.
local function encode(value)
  cjson = cjson or require("cjson").new()
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
