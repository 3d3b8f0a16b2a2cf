-- The schema as a JSON Schema (draft 2020-12), for editors, other languages and documentation. The JSON Schema refuses nearly the
-- same messages as strict mode. It leaves out warnings, the rules about several items of a list together, and the rules that a
-- field needs another field. Never checks a message itself.
local core = require "whatsapp.core"
local schema = require "whatsapp.schema"

local M = {}

-- free-form data needs marked lists: an empty list without a mark is written as {}
local list = core.array

-- returns "string", or a list such as { "string", "integer" }
local function types_of(kind)
  local types = list {}
  for name in kind.json:gmatch "%a+" do types[#types + 1] = name end
  return types[2] and types or types[1]
end

local function ref(name)
  return { ["$ref"] = "#/$defs/" .. name }
end

-- returns a pattern for the values in upper or lower case: the API takes both
local function any_case(values)
  local alternatives = {}
  for i, value in ipairs(values) do
    alternatives[i] = value:gsub("[^%w_]", "\\%0"):gsub("%a", function(c) return "[" .. c:upper() .. c:lower() .. "]" end)
  end
  return "^(" .. table.concat(alternatives, "|") .. ")$"
end

local function add_limits(made, field, unit)
  if unit == "characters" then
    made.minLength, made.maxLength = field.min, field.max
  elseif unit == "items" then
    made.minItems, made.maxItems = field.min, field.max
  elseif unit == "" then
    made.minimum, made.maximum = field.min, field.max
  end
end

local function property(terms, field, chosen)
  local made = { description = field.doc, type = types_of(terms.kinds[field.kind]) }
  if field.object and field.kind == "object" then return { ["$ref"] = "#/$defs/" .. field.object, description = field.doc } end
  if field.kind == "list" then made.items = field.object and ref(field.object) or { type = "string" } end
  if field.class ~= "S" then
    add_limits(made, field, terms.kinds[field.kind].unit)
    made.pattern = field.format and terms.formats[field.format].pattern or nil
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

-- returns the schema of an object without variants
local function closed(terms, objects, object, chosen)
  local made = {
    title = object.name, description = object.doc, type = "object", additionalProperties = false, properties = {},
    required = list {},
  }
  for _, field in ipairs(schema.fields_of(objects, object)) do
    made.properties[field.name] = property(terms, field, chosen[field.name])
    local is_inferred = chosen[field.name] and object.base
    if field.required and not field.fill and not is_inferred then made.required[#made.required + 1] = field.name end
  end
  add_rules(made, object.base and objects[object.base].rules)
  add_rules(made, object.rules)
  return made
end

-- a variant that is chosen by a member requires this member
local function choice_of(object, choice)
  if object.by or not choice.value then return ref(choice.object) end
  return { allOf = list { ref(choice.object), { required = list { choice.value } } } }
end

-- returns the schema of an unknown variant; used if an unknown value only makes a warning
local function another(object)
  local values = {}
  for i, variant in ipairs(object.variants) do values[i] = variant.value end
  return {
    type = "object", required = list { object.by },
    properties = { [object.by] = { type = "string", ["not"] = { pattern = any_case(values) } } },
  }
end

local function definition(terms, objects, object, chosen)
  if not object.variants then return closed(terms, objects, object, chosen) end
  local choices = list {}
  for i, choice in ipairs(schema.choices_of(objects, object)) do choices[i] = choice_of(object, choice) end
  if object.open then choices[#choices + 1] = another(object) end
  if not object.by and not object.otherwise then choices[#choices + 1] = closed(terms, objects, object, chosen) end
  return { title = object.name, description = object.doc, anyOf = choices }
end

---@class whatsapp.JsonSchema: { [string]: any }

---Returns the JSON Schema.
---@return whatsapp.JsonSchema schema plain tables; lists are marked, so that whatsapp's JSON writer and lua-cjson write them as
---lists
function M.export()
  local objects, order = schema.objects()
  local terms = schema.terms()
  local chosen = schema.chosen(objects)
  local definitions = {}
  for _, name in ipairs(order) do definitions[name] = definition(terms, objects, objects[name], chosen[name] or {}) end
  return {
    ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
    title = "Messages of the WhatsApp Cloud API",
    ["$ref"] = "#/$defs/" .. order[1],
    ["$defs"] = definitions,
  }
end

return M
