-- The schema, flattened: a row for every field of every message, with its path and the choices that lead to it. What is
-- generated, documented and tested from the schema reads this. Never checks a message.
local core = require "whatsapp.core"

local schema = {}

---@class whatsapp.schema_row
---@field path string interactive.action.buttons[].reply.title
---@field name string
---@field object string the object that holds the field
---@field kind string string, id, boolean, integer, number|string, integer|string, string|boolean, object, list, map
---@field of string? the object that it is, or that its items are
---@field required boolean
---@field min integer? characters, items or value
---@field max integer?
---@field values string[]?
---@field class "H"|"G"|"S" hard, from the guides, soft (makes a warning)
---@field doc string
---@field section string of the contract
---@field when { path: string, value: string }[] the choices under which it stands

local function join(path, name)
  return path == "" and name or path .. "." .. name
end

-- fields as they stand: the base's first, where an own one of the same name stands instead
local function fields_of(objects, object)
  local own, list, seen = {}, {}, {}
  for _, field in ipairs(object.fields) do own[field.name] = field end
  for _, field in ipairs(object.base and objects[object.base].fields or {}) do
    local stands = own[field.name] or field
    seen[field.name] = true
    if stands.kind ~= "removed" then list[#list + 1] = stands end
  end
  for _, field in ipairs(object.fields) do
    if not seen[field.name] then list[#list + 1] = field end
  end
  return list
end
schema.fields_of = fields_of

local visit

local function add_row(state, object, field, path, when)
  local row = {}
  for name, value in pairs(field) do row[name] = value end
  row.path, row.object, row.section, row.when = join(path, field.name), object.name, object.section, when
  row.of, row.required = field.object, field.required or false
  state.rows[#state.rows + 1] = row
  local below = field.object and state.objects[field.object]
  if below then visit(state, below, row.path .. (field.kind == "list" and "[]" or ""), when) end
end

-- the values that choose between the variants, on the field that holds them
local function with_values(object, field)
  if field.name ~= object.chosen_by then return field end
  local copy = {}
  for name, value in pairs(field) do copy[name] = value end
  copy.values = object.chosen_values
  return copy
end

local function also(when, path, value)
  local longer = {}
  for i, choice in ipairs(when) do longer[i] = choice end
  longer[#longer + 1] = { path = path, value = value }
  return longer
end

function visit(state, object, path, when, chosen_by, chosen_value)
  local variants = object.variants
  if not variants or object.otherwise or not object.by then
    local shown = { name = object.name, section = object.section, chosen_by = chosen_by, chosen_values = chosen_value and { chosen_value } }
    for _, field in ipairs(fields_of(state.objects, object)) do
      if not object.otherwise then add_row(state, shown, with_values(shown, field), path, when) end
    end
  end
  for _, variant in ipairs(variants or {}) do
    local at = object.by and join(path, object.by) or join(path, variant.value)
    local longer = also(when, at, object.by and variant.value or "present")
    visit(state, state.objects[variant.object], path, longer, object.by, object.by and variant.value)
  end
  if object.otherwise then visit(state, state.objects[object.otherwise], path, when) end
end

---@return whatsapp.schema_row[]
function schema.rows()
  local objects, root = core.schema()
  local state = { objects = objects, rows = {} }
  visit(state, objects[root], "", {})
  return state.rows
end

return schema
