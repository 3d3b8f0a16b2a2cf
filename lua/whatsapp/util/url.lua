-- Reads the query of a URL. Pure; never raises, whatever the bytes.
local query = {}

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

---@param text string what stands behind the question mark
---@return table<string, string> parameters by name, the first of each
function query.parameters(text)
  local found = {}
  for pair in text:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name = decoded(name)
    if found[name] == nil then found[name] = decoded(value) end
  end
  return found
end

return query
