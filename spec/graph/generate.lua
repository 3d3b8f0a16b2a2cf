-- Makes values from the rows of graph/objects: a good value of an object, and wrong values for each field. For specs.
local fields = require "whatsapp.graph.fields"

local generate = {}

local objects = fields.objects()

local function text_of(field)
  if field.values then return field.values[1] end
  local text = field.format and fields.FORMATS[field.format][3] or "text"
  return text .. ("x"):rep((field.min or 0) - #text)
end

local value_of

-- returns the object, or its first variant
local function resolved(object) return object.by and objects[object.variants[1].object] or object end

---@param name string of an object
---@param with string? a field that the value must have
---@return table good, table object
function generate.object(name, with)
  local object = objects[name]
  local shape, made = resolved(object), {}
  local ruled = {}
  for _, rule in ipairs(shape.rules or {}) do
    for i, member in ipairs(rule.names) do ruled[member] = (with == member or i == 1) and rule or false end
    local wanted = false
    for _, member in ipairs(rule.names) do wanted = wanted or member == with end
    if wanted then
      for _, member in ipairs(rule.names) do ruled[member] = member == with and rule end
    end
  end
  for _, field in ipairs(shape.fields) do
    if (field.required or ruled[field.name] or field.name == with) and not field.answered then made[field.name] = value_of(field) end
  end
  if object.by then made[object.by] = object.variants[1].value end
  return made, shape
end

-- kind of a field -> a good value
local MAKE = {
  string = text_of, id = function() return "106540352242922" end, boolean = function() return true end,
  integer = function(field) return math.max(field.min or 0, 0) end, map = function() return { key = "value" } end,
  json = function() return "value" end, names = function() return { "id", "name" } end,
  object = function(field) return (generate.object(field.object)) end,
  list = function(field)
    local list = {}
    for i = 1, math.max(field.min or 0, 1) do
      list[i] = field.object and generate.object(field.object) or value_of(field.item)
    end
    return list
  end,
}

function value_of(field) return MAKE[field.kind](field) end

local WRONG_TYPE = {
  string = 5, id = true, boolean = "true", integer = "5", map = "x", names = 5, object = "x", list = "x",
}

-- name of a fault -> rule of the problem, and a function that returns the wrong value, or nil if the fault does not fit the row
local SPOIL = {
  { "type", function(field) return WRONG_TYPE[field.kind] end },
  { "enum", function(field) return field.kind == "string" and field.values and not field.open and "odd" or nil end },
  { "max_chars", function(field)
    if field.kind == "string" and field.max and not field.values then return ("x"):rep(field.max + 1) end
  end },
  { "min_chars", function(field) return field.kind == "string" and (field.min or 0) > 0 and not field.values and "" or nil end },
  { "format", function(field) return field.kind == "string" and field.format and fields.FORMATS[field.format][4] or nil end },
  { "range", function(field) return field.kind == "integer" and field.max and field.max + 1 or nil end },
  { "min_items", function(field) return field.kind == "list" and (field.min or 0) > 0 and {} or nil end },
  { "max_items", function(field)
    if field.kind ~= "list" or not field.max then return nil end
    local list = {}
    for i = 1, field.max + 1 do list[i] = MAKE.list(field)[1] end
    return list
  end },
  { "utf8", function(field) return field.kind == "string" and "\255" or nil end },
}

---Calls `found(rule, field, value)` for each fault of each field of an object.
---@param name string of the object
---@param found fun(rule: string, field: table, value: any)
function generate.each_spoilt(name, found)
  local _, shape = generate.object(name)
  for _, field in ipairs(shape.fields) do
    for _, spoil in ipairs(not field.answered and SPOIL or {}) do
      local value = spoil[2](field)
      if value ~= nil then found(spoil[1], field, value) end
    end
    if field.required and not field.fill then found("required", field, nil) end
  end
end

return generate
