-- Reads and writes JSON. The core (the C module whatsapp.core) reads all JSON: it keeps every digit of an integer, reads half a
-- surrogate pair as U+FFFD, and needs half the time of lua-cjson. The core also writes all JSON that is sent: messages, and the
-- bodies of calls. So checking, sending and receiving need no JSON library. Only encode() uses lua-cjson, for example for
-- answers of the sandbox; no other file loads lua-cjson. Never raises because of a value or a JSON text.
local core = require "whatsapp.core"

local json = {}

---Reads a JSON text with the core.
---@param text string
---@return any? value a null inside a table is whatsapp.null
---@return string? err
json.decode = core.decode

---Writes a value as JSON with the core: numbers with all their digits, and keys sorted by their bytes. A table that
---whatsapp.array marked as a list is a list, even if it is empty.
---@param value any a table, a string, a number, a boolean or whatsapp.null
---@return string? text
---@return string? err
---@return whatsapp.details? details
json.write = core.write

local cjson

-- Uses a separate instance of lua-cjson, which is made at the first use: so the settings of other code do not change the
-- output.
local function encode(value)
  cjson = cjson or require("whatsapp.util.needed").module("cjson").new()
  return cjson.encode(value)
end

---Writes a table as JSON with lua-cjson.
---@param value table
---@return string? text
---@return string? err lua-cjson is missing, or it cannot write the value
function json.encode(value)
  local ok, text = pcall(encode, value)
  if ok then return text end
  return nil, tostring(text)
end

return json
