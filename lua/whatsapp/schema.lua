-- Returns the schema as a list. Each row describes one field of a message; it has the path of the field, and the choices that
-- lead to the field. The generators, the documentation and the specs of the schema read this list. Never checks a message.
local core = require "whatsapp.core"

local schema = {}

---@class whatsapp.schema_row
---@field path string such as interactive.action.buttons[].reply.title
---@field name string
---@field object string the object that holds the field
---@field kind string a name of schema.terms().kinds
---@field of string? the name of the object that describes the value, or each item of the value
---@field required boolean
---@field min integer? the smallest number of characters or of items, or the smallest value
---@field max integer? the largest number of characters or of items, or the largest value
---@field max_among_parts integer? replaces `max` if the template also has other components
---@field advised_formats string[]? names of schema.terms().formats; a string that has no format of this list makes a warning
---@field values string[]? the allowed values
---@field class "H"|"G"|"S" H: a hard rule; G: a rule from the guides; S: a soft rule, which only makes a warning
---@field doc string
---@field section string the path of a page of Meta's documentation; the first part of its URL is in
---schema.terms().documentation
---@field when { path: string, value: string? }[] the choices that lead to the field. In a choice, the member at `path` has the
---value; if the choice has no value, the member is present

local function join(path, name)
  return path == "" and name or path .. "." .. name
end

-- Returns all fields of an object: first the fields of its base, then its other fields. A field of the object replaces the field
-- of the base that has the same name. A field of the kind "removed" only removes the field of the base.
local function fields_of(objects, object)
  local by_name, list, seen = {}, {}, {}
  for _, field in ipairs(object.fields) do by_name[field.name] = field end
  for _, field in ipairs(object.base and objects[object.base].fields or {}) do
    local effective = by_name[field.name] or field
    seen[field.name] = true
    if effective.kind ~= "removed" then list[#list + 1] = effective end
  end
  for _, field in ipairs(object.fields) do
    if not seen[field.name] then list[#list + 1] = field end
  end
  return list
end
schema.fields_of = fields_of

local visit

-- returns a list with the chosen value, if `when` has a choice of a value at this path
local function chosen_value(path, when)
  for _, choice in ipairs(when) do
    if choice.path == path and choice.value then return { choice.value } end
  end
end

local function add_row(state, object, field, path, when)
  local row = {}
  for name, value in pairs(field) do row[name] = value end
  row.path, row.object, row.section, row.when = join(path, field.name), object.name, object.section, when
  row.of, row.required = field.object, field.required or false
  row.values = chosen_value(row.path, when) or field.values
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
    if not shown[variant.object] then -- two variants may have the same object
      shown[variant.object] = true
      local choice = object.by and { path = join(path, object.by), value = variant.value } or { path = join(path, variant.value) }
      visit(state, state.objects[variant.object], path, also(when, choice))
    end
  end
end

-- Adds the rows of an object. An object with `by` or `otherwise` has no rows itself: a value always has one of its variants.
function visit(state, object, path, when)
  if not object.by and not object.otherwise then
    for _, field in ipairs(fields_of(state.objects, object)) do add_row(state, object, field, path, when) end
  end
  visit_variants(state, object, path, when)
  if object.otherwise then visit(state, state.objects[object.otherwise], path, when) end
end

---Returns every field of every message.
---@return whatsapp.schema_row[]
function schema.rows()
  local objects, root = core.schema()
  local state = { objects = objects, rows = {} }
  visit(state, objects[root], "", {})
  return state.rows
end

-- ---- objects, for the generators ------------------------------------------------------------------------------------

---@class whatsapp.schema_object an object of the schema, as core.schema() returns it
---@field name string
---@field doc string
---@field section string the path of a page of Meta's documentation
---@field by string? the name of the field whose value chooses a variant
---@field base string? the name of the object whose fields come first
---@field otherwise string? the name of the object that the value has if no variant fits
---@field variants { value: string, object: string }[]?
---@field fields whatsapp.schema_row[] without path, section and when; `object` is here what a row of schema.rows() calls `of`
---@field rules { rule: string, class: string, names: string[], value: string?, limit: integer? }[]?

---@class whatsapp.schema_terms in each list, a term also has its name as a key: schema.terms().kinds.string
---@field kinds { name: string, text: string, json: string, lua: string, unit: string }[]
---@field formats { name: string, text: string, right: string, wrong: string, pattern: string }[]
---@field rules { name: string, code: string, doc: string }[]
---@field codes { name: string, doc: string }[] the possible values of problem.rule
---@field documentation string the first part of the URLs of Meta's pages

---Returns the terms of the schema: its kinds, formats, rules and error codes.
---@return whatsapp.schema_terms
function schema.terms()
  local _, _, terms = core.schema()
  return terms
end

---Returns the variants of an object; the last one is `otherwise`, if the object has it.
---@param objects table<string, whatsapp.schema_object>
---@param object whatsapp.schema_object
---@return { value: string?, object: string }[]
function schema.choices_of(objects, object)
  local list, shown = {}, {}
  for _, variant in ipairs(object.variants or {}) do
    if object.by or not shown[variant.object] then list[#list + 1] = variant end
    shown[variant.object] = true
  end
  if object.otherwise then list[#list + 1] = { object = object.otherwise } end
  assert(objects[object.name])
  return list
end

-- returns the names of the objects in an object's fields and variants, in the order of the schema
local function named_by(objects, object)
  local names = {}
  for _, field in ipairs(fields_of(objects, object)) do names[#names + 1] = field.object end
  for _, choice in ipairs(schema.choices_of(objects, object)) do names[#names + 1] = choice.object end
  return names
end

---Returns the objects of the schema.
---@return table<string, whatsapp.schema_object> objects by name
---@return string[] order the names of the objects, in the order in which a walk from the root first meets them
function schema.objects()
  local objects, root = core.schema()
  local order, seen = {}, {}
  local function add(name)
    if seen[name] then return end
    seen[name] = true
    order[#order + 1] = name
    for _, below in ipairs(named_by(objects, objects[name])) do add(below) end
  end
  add(root)
  return objects, order
end

---Returns the values that choose each variant: name of the variant's object -> name of the field that chooses -> values.
---@param objects table<string, whatsapp.schema_object>
---@return table<string, table<string, string[]>>
function schema.chosen(objects)
  local chosen = {}
  local function add(object, name, value)
    chosen[object.name] = chosen[object.name] or {}
    local values = chosen[object.name][name] or {}
    chosen[object.name][name] = values
    for _, known in ipairs(values) do
      if known == value then return end
    end
    values[#values + 1] = value
    for _, variant in ipairs(object.variants or {}) do add(objects[variant.object], name, value) end
  end
  local _, order = schema.objects()
  for _, name in ipairs(order) do
    local object = objects[name]
    for _, variant in ipairs(object.by and object.variants or {}) do add(objects[variant.object], object.by, variant.value) end
  end
  return chosen
end

return schema
