-- The one room that knows a JSON reader: a private instance of lua-cjson, so that nobody's settings change ours.
-- A host without lua-cjson puts another module of this shape into package.loaded["whatsapp.json"]. Never raises.
local json = {}

local cjson, decode

local function reader()
  if not cjson then
    local own = require("cjson").new()
    own.decode_invalid_numbers(false)
    cjson, decode = own, own.decode
  end
  return cjson
end

---Raises where there is no reader: asked before a request leaves, so that its answer can be read.
function json.prepare()
  reader()
end

---@param text string
---@return any? value, string? problem a null inside is whatsapp.null
function json.decode(text)
  if not decode then reader() end
  local ok, value = pcall(decode, text)
  if ok then return value end
  return nil, tostring(value)
end

---Messages are written by the core; this is for the few other tables that leave (the sandbox's answers).
---@param value table
---@return string? text, string? problem
function json.encode(value)
  local ok, text = pcall(function() return reader().encode(value) end)
  if ok then return text end
  return nil, tostring(text)
end

return json
