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
---@field when { path: string, value: string? }[] the choices under which it stands; no value: the member is present

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

-- the value that was chosen, on the field that holds the choice
local function chosen(path, when)
  for _, choice in ipairs(when) do
    if choice.path == path and choice.value then return { choice.value } end
  end
end

local function add_row(state, object, field, path, when)
  local row = {}
  for name, value in pairs(field) do row[name] = value end
  row.path, row.object, row.section, row.when = join(path, field.name), object.name, object.section, when
  row.of, row.required = field.object, field.required or false
  row.values = chosen(row.path, when) or field.values
  state.rows[#state.rows + 1] = row
  local below = field.object and state.objects[field.object]
  if below then visit(state, below, row.path .. (field.kind == "list" and "[]" or ""), when) end
end

local function also(when, choice)
  local longer = {}
  for i, before in ipairs(when) do longer[i] = before end
  longer[#longer + 1] = choice
  return longer
end

local function visit_variants(state, object, path, when)
  local shown = {}
  for _, variant in ipairs(object.variants or {}) do
    if not shown[variant.object] then -- else another name for the same shape
      shown[variant.object] = true
      local choice = object.by and { path = join(path, object.by), value = variant.value } or { path = join(path, variant.value) }
      visit(state, state.objects[variant.object], path, also(when, choice))
    end
  end
end

-- an object that is chosen by a value is only ever one of its variants
function visit(state, object, path, when)
  if not object.by and not object.otherwise then
    for _, field in ipairs(fields_of(state.objects, object)) do add_row(state, object, field, path, when) end
  end
  visit_variants(state, object, path, when)
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
