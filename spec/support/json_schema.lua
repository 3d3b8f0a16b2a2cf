-- A validator of JSON Schema for specs, with only the keywords that the exported schema uses. It checks `pattern` only if the pattern is a
-- list of words, because Lua's patterns differ. A value is a plain Lua table, not JSON text.
local M = {}

local function type_of(value)
  local kind = type(value)
  if kind == "number" then return value % 1 == 0 and "integer" or "number" end
  if kind ~= "table" then return kind end
  return (#value > 0 or next(value) == nil) and "array" or "object"
end

local function characters(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

local function within(number, least, most)
  return number >= (least or -math.huge) and number <= (most or math.huge)
end

local function is_type(value, wanted)
  local kind = type_of(value)
  local empty = type(value) == "table" and next(value) == nil
  for _, name in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    local table_of_none = empty and (name == "object" or name == "array")
    if name == kind or table_of_none or (name == "number" and kind == "integer") then return true end
  end
  return false
end

local valid

local function count_valid(root, alternatives, value)
  local count = 0
  for _, alternative in ipairs(alternatives) do
    if valid(root, alternative, value) then count = count + 1 end
  end
  return count
end

local CHECKS = {
  ["$ref"] = function(root, name, value) return valid(root, assert(root["$defs"][name:match "^#/%$defs/(.*)$"], name), value) end,
  allOf = function(root, all, value) return count_valid(root, all, value) == #all end,
  anyOf = function(root, all, value) return count_valid(root, all, value) > 0 end,
  oneOf = function(root, all, value) return count_valid(root, all, value) == 1 end,
  ["not"] = function(root, other, value) return not valid(root, other, value) end,
  type = function(_, wanted, value) return is_type(value, wanted) end,
  required = function(_, names, value)
    for _, name in ipairs(names) do
      if type(value) == "table" and value[name] == nil then return false end
    end
    return true
  end,
  properties = function(root, properties, value)
    for name, member in pairs(type(value) == "table" and value or {}) do
      if properties[name] and not valid(root, properties[name], member) then return false end
    end
    return true
  end,
  items = function(root, item, value)
    for _, member in ipairs(type(value) == "table" and value or {}) do
      if not valid(root, item, member) then return false end
    end
    return true
  end,
  pattern = function(_, pattern, value)
    local words = pattern:match "^%^%((.*)%)%$$"
    if type(value) ~= "string" or not words or words:find "%*" then return true end
    for word in words:gmatch "[^|]+" do
      if value:find("^" .. word:gsub("\\(.)", "%%%1") .. "$") then return true end
    end
    return false
  end,
  minLength = function(_, least, value) return type(value) ~= "string" or characters(value) >= least end,
  maxLength = function(_, most, value) return type(value) ~= "string" or characters(value) <= most end,
  minItems = function(_, least, value) return type(value) ~= "table" or #value >= least end,
  maxItems = function(_, most, value) return type(value) ~= "table" or #value <= most end,
  minimum = function(_, least, value) return type(value) ~= "number" or within(value, least) end,
  maximum = function(_, most, value) return type(value) ~= "number" or within(value, nil, most) end,
}

-- keywords that do not restrict a value; valid() itself checks additionalProperties
local SILENT = { title = true, description = true, additionalProperties = true, ["$schema"] = true, ["$defs"] = true }

function valid(root, schema, value)
  for name, wanted in pairs(schema) do
    if not SILENT[name] and not assert(CHECKS[name], name)(root, wanted, value) then return false end
  end
  if schema.additionalProperties == false and type(value) == "table" then
    for name in pairs(value) do
      if not schema.properties[name] then return false end
    end
  end
  return true
end

---@param schema table
---@param value any
---@return boolean valid
function M.valid(schema, value)
  return valid(schema, schema, value)
end

return M
