-- The schema as a JSON Schema (draft 2020-12), for editors, other languages and documentation. Says what strict mode
-- refuses; what only makes a warning, and what a list says of all its items, a JSON Schema of this kind cannot say. Never
-- checks a message itself.
local core = require "whatsapp.core"
local schema = require "whatsapp.schema"

local M = {}

-- free data needs its lists marked, or an empty one would be written as {}
local list = core.array

local KINDS = {
  string = { "string" }, id = { "string", "integer" }, boolean = { "boolean" }, integer = { "integer" },
  ["number|string"] = { "number", "string" }, ["integer|string"] = { "integer", "string" },
  ["string|boolean"] = { "string", "boolean" }, map = { "object" }, object = { "object" }, list = { "array" },
}

local PATTERNS = {
  web_link = "^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]", absolute = "^[A-Za-z][A-Za-z0-9+.-]*:\\S", date = "^\\d{4}-\\d{2}-\\d{2}$",
  trimmed = "^(\\S([\\s\\S]*\\S)?)?$", one_line = "^(?![\\s\\S]*[\\n\\r\\t])(?![\\s\\S]* {5})",
  few_lines = "^[^\\n]*(\\n[^\\n]*){0,2}$",
}

local function ref(name)
  return { ["$ref"] = "#/$defs/" .. name }
end

-- a value in any case, as the API takes it
local function any_case(values)
  local alternatives = {}
  for i, value in ipairs(values) do
    alternatives[i] = value:gsub("[^%w_]", "\\%0"):gsub("%a", function(c) return "[" .. c:upper() .. c:lower() .. "]" end)
  end
  return "^(" .. table.concat(alternatives, "|") .. ")$"
end

local function add_limits(made, field)
  local is_text = field.kind == "string" or field.kind == "id" or field.kind == "number|string"
  if is_text then
    made.minLength, made.maxLength = field.min, field.max
  elseif field.kind == "list" then
    made.minItems, made.maxItems = field.min, field.max
  elseif field.max or field.min then
    made.minimum, made.maximum = field.min, field.max
  end
end

local function property(field, chosen)
  local first, second = KINDS[field.kind][1], KINDS[field.kind][2]
  local made = { description = field.doc, type = second and list { first, second } or first }
  if field.object and field.kind == "object" then return { ["$ref"] = "#/$defs/" .. field.object, description = field.doc } end
  if field.kind == "list" then made.items = field.object and ref(field.object) or { type = "string" } end
  if field.class ~= "S" then
    add_limits(made, field)
    made.pattern = field.format and PATTERNS[field.format] or nil
    if field.values and not field.open then made.pattern = any_case(field.values) end
  end
  if chosen then made.pattern = any_case(chosen) end
  return made
end

local function add_rules(made, rules)
  for _, rule in ipairs(rules or {}) do
    if rule.rule == "exactly_one" or rule.rule == "at_least_one" then
      local choices = list {}
      for i, name in ipairs(rule.names) do choices[i] = { required = list { name } } end
      made.allOf = made.allOf or list {}
      made.allOf[#made.allOf + 1] = { [rule.rule == "exactly_one" and "oneOf" or "anyOf"] = choices }
    end
  end
end

-- an object that has no variants
local function closed(objects, object, chosen)
  local made = {
    title = object.name, description = object.doc, type = "object", additionalProperties = false, properties = {},
    required = list {},
  }
  for _, field in ipairs(schema.fields_of(objects, object)) do
    made.properties[field.name] = property(field, chosen[field.name])
    local is_inferred = chosen[field.name] and object.base
    if field.required and not field.fill and not is_inferred then made.required[#made.required + 1] = field.name end
  end
  add_rules(made, object.base and objects[object.base].rules)
  add_rules(made, object.rules)
  return made
end

-- a variant that is chosen by a member needs that member
local function choice_of(object, choice)
  if object.by or not choice.value then return ref(choice.object) end
  return { allOf = list { ref(choice.object), { required = list { choice.value } } } }
end

-- a value that none of the variants has, where that only makes a warning
local function another(object)
  local values = {}
  for i, variant in ipairs(object.variants) do values[i] = variant.value end
  return {
    type = "object", required = list { object.by },
    properties = { [object.by] = { type = "string", ["not"] = { pattern = any_case(values) } } },
  }
end

local function definition(objects, object, chosen)
  if not object.variants then return closed(objects, object, chosen) end
  local choices = list {}
  for i, choice in ipairs(schema.choices_of(objects, object)) do choices[i] = choice_of(object, choice) end
  if object.open then choices[#choices + 1] = another(object) end
  if not object.by and not object.otherwise then choices[#choices + 1] = closed(objects, object, chosen) end
  return { title = object.name, description = object.doc, anyOf = choices }
end

---@return table schema plain tables; lists are marked, so that whatsapp's and lua-cjson's writers keep them lists
function M.export()
  local objects, order = schema.objects()
  local chosen = schema.chosen(objects)
  local definitions = {}
  for _, name in ipairs(order) do definitions[name] = definition(objects, objects[name], chosen[name] or {}) end
  return {
    ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
    title = "Messages of the WhatsApp Cloud API",
    ["$ref"] = "#/$defs/" .. order[1],
    ["$defs"] = definitions,
  }
end

return M
