-- Writes a value as one line of JSON that is safe for a terminal: all control characters are escaped. Equal values become equal
-- bytes: first the members that the caller names, in this order, then the other members, sorted by name. An empty list stays a
-- list if the core or core.array has made it. Never raises: a function becomes null.
local core = require "whatsapp.core"
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local json_line = {}

local LIST = getmetatable(core.array {})
local DEEPEST = 100 -- levels of tables; a deeper table becomes "..."

local SHORT = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\b"] = "\\b", ["\f"] = "\\f" }

local function escaped(char) return SHORT[char] or ("\\u%04x"):format(char:byte()) end

local function quoted(text) return '"' .. show.json((text:gsub('[%z\1-\31"\\\127]', escaped))) .. '"' end

local function is_list(value) return getmetatable(value) == LIST or value[1] ~= nil end

-- returns the names of an object's members as strings, in the order of the line
local function names_of(object, order)
  local names, seen, rest = {}, {}, {}
  for _, name in ipairs(order or values.NONE) do
    if object[name] ~= nil then names[#names + 1] = name end
    seen[name] = true
  end
  for name in pairs(object) do
    if not seen[name] then rest[#rest + 1] = tostring(name) end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do names[#names + 1] = name end
  return names
end

local write

local function write_table(value, order, depth)
  local pieces = {}
  if depth > DEEPEST then return '"..."' end
  if is_list(value) then
    for i, item in ipairs(value) do pieces[i] = write(item, nil, depth + 1) end
    return "[" .. table.concat(pieces, ",") .. "]"
  end
  for i, name in ipairs(names_of(value, order)) do
    local member = value[name]
    if member == nil then member = value[tonumber(name)] end -- the key is a number
    pieces[i] = quoted(name) .. ":" .. write(member, nil, depth + 1)
  end
  return "{" .. table.concat(pieces, ",") .. "}"
end

function write(value, order, depth)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "table" then return write_table(value, order, depth) end
  if kind == "boolean" then return tostring(value) end
  return values.text(value) or "null"
end

---@param value any plain data
---@param order string[]? the names of the members that come first; only for `value` itself, not for the tables in it
---@return string line without a line end
function json_line.of(value, order) return write(value, order, 1) end

return json_line
