-- The one room that knows a JSON reader: the core's own, which keeps every digit of an integer, takes half a surrogate pair
-- for U+FFFD and needs half of lua-cjson's time. A host that has a better one puts another module of this shape into
-- package.loaded["whatsapp.wire.json"]. Never raises.
local core = require "whatsapp.core"

local json = {}

---Raises where there is no reader: asked before a request leaves, so that its answer can be read.
function json.prepare() end

---@param text string
---@return any? value a null inside is whatsapp.null
---@return string? problem
json.decode = core.decode

local cjson

---Messages are written by the core; this is for the few other tables that leave (the sandbox's answers), by a private
---instance of lua-cjson, so that nobody's settings change ours.
---@param value table
---@return string? text, string? problem
function json.encode(value)
  local ok, text = pcall(function()
    cjson = cjson or require("cjson").new()
    return cjson.encode(value)
  end)
  if ok then return text end
  return nil, tostring(text)
end

return json
