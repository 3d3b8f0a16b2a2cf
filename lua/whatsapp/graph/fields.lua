-- Checks a table against an object of graph/objects. An object has rows, one for each field, as in the schema of messages.
-- Reports all problems of the table, each with its path. Reads with raw access (it calls no metamethod), never changes the table,
-- and never reads deeper than the object describes.
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"

local fields = {}

local counted, either, shown, unknown = problems.counted, problems.either, problems.shown, problems.unknown
local path_of = problems.path

---@class whatsapp.graph.field the row of one field; the rows of schema.objects() are similar
---@field name string
---@field kind string a name of fields.KINDS
---@field doc string
---@field required boolean?
---@field object string? the name of the object that describes the value, or each item of the list
---@field item whatsapp.graph.field? the row for each item of a list, if the items are not objects
---@field json boolean? true: in a query, this list is written as JSON
---@field secret boolean? true: errors do not show the value
---@field min integer? the smallest number of characters or of items, or the smallest value
---@field max integer? the largest number of characters or of items, or the largest value
---@field values string[]? the allowed values; upper and lower case are equal
---@field open boolean? true: another value makes only a warning, because the API may know it
---@field format string? a name of fields.FORMATS
---@field class "G"|"S" G: a wrong value is a problem; S: a wrong value is a warning. Always problems: text that is not UTF-8, and
---a list with a hole or with names
---@field fill string? the value that the library sends if the field is absent
---@field answered boolean? true: the API sets this field; a table that has it gets a warning

---@class whatsapp.graph.object
---@field name string
---@field doc string
---@field section string
---@field by string? the name of the field whose value chooses a variant
---@field variants { value: string, object: string }[]?
---@field open boolean? true: a value of `by` without a variant makes only a warning, because the API may know it
---@field fields whatsapp.graph.field[]
---@field rules { rule: string, names: string[] }[]?

-- ---- formats ----------------------------------------------------------------------------------------------------------------

-- format -> words after "must be", a test, a right example and a wrong example
fields.FORMATS = {
  snake = {
    "a string of the letters a to z, digits and _ only", function(text) return text:find "^[a-z0-9_]+$" ~= nil end,
    "order_1", "Order 1",
  },
  language = {
    "a language code such as en, fil or pt_BR",
    function(text) return text:find "^%l%l%l?$" ~= nil or text:find "^%l%l%l?_%u%u$" ~= nil end, "pt_BR", "pt-BR",
  },
  web_link = { "an http:// or https:// link", function(text) return text:lower():find "^https?://[^/%s]" ~= nil end,
    "https://example.com/", "example.com" },
  pin = { "six digits", function(text) return text:find "^%d%d%d%d%d%d$" ~= nil end, "123456", "12345" },
  region = { "two capital letters", function(text) return text:find "^%u%u$" ~= nil end, "BR", "Brazil" },
  email = {
    "an e-mail address", function(text) return text:find "^[^%s@]+@[^%s@]+$" ~= nil end, "shop@example.com", "example.com",
  },
  package = {
    "two or more words of letters, digits and _ with dots between them",
    function(text) return text:find "^%a[%w_]*%.%a" ~= nil and (text .. "."):gsub("%a[%w_]*%.", "") == "" end,
    "com.example.app", "example",
  },
  signature = { "11 characters of base64", function(text) return #text == 11 and text:find "^[%w+/=]+$" ~= nil end, "K8a/AINcGX7",
    "K8a/AINcGX" },
  digits = { "a string of digits", function(text) return text:find "^%d+$" ~= nil end, "123456", "12a" },
}

-- ---- values -----------------------------------------------------------------------------------------------------------------

-- kind -> words after "must be", a test
local KINDS = {
  string = { "a string", function(value) return type(value) == "string" end },
  id = { "a string or a whole number", function(value) return type(value) == "string" or (values.id(value) and true) end },
  boolean = { "true or false", function(value) return type(value) == "boolean" end },
  integer = { "a whole number", function(value) return type(value) == "number" and values.integer(value) ~= nil end },
  ["number|string"] = { "a number or a string", function(value) return type(value) == "number" or type(value) == "string" end },
  object = { "a table with names", function(value) return type(value) == "table" end },
  list = { "a list", function(value) return type(value) == "table" end },
  map = { "a table with names of your own", function(value) return type(value) == "table" end },
  names = { "a string, or a list of strings", function(value) return type(value) == "string" or type(value) == "table" end },
  json = { "a value", function() return true end },
}
fields.KINDS = KINDS

local function words_of(field)
  if field.values then return either(field.values) end
  if field.format then return fields.FORMATS[field.format][1] end
  local words = KINDS[field.kind][1]
  if not field.max or field.kind == "list" then return words end
  return ("%s of %d to %d%s"):format(words, field.min or 0, field.max, field.kind == "string" and " characters" or "")
end

-- returns the function that reports a wrong value of a field: as a warning for class S, else as a problem
local function report_of(report, field)
  return field.class == "S" and report.warn or report.add
end

local function check_range(report, add, path, field, size, rules, unit)
  if field.min and size < field.min then
    return add(report, path, rules[1], ("%s, at least %d"):format(counted(size, unit), field.min), field.min, size)
  end
  if field.max and size > field.max then
    return add(report, path, rules[2], ("%s, at most %d"):format(counted(size, unit), field.max), field.max, size)
  end
end

local function check_values(report, path, field, value)
  for _, known in ipairs(field.values) do
    if type(value) == "string" and known:upper() == value:upper() then return end
  end
  local add = field.open and report.warn or report_of(report, field)
  add(report, path, "enum", ("must be %s, got %s"):format(either(field.values), shown(value)), nil, value)
end

local function check_string(report, path, field, value)
  local add = report_of(report, field)
  if not values.is_utf8(value) then return report:add(path, "utf8", "not UTF-8") end
  if field.values then return check_values(report, path, field, value) end
  check_range(report, add, path, field, values.characters(value), { "min_chars", "max_chars" }, "character")
  if field.format and value ~= "" and not fields.FORMATS[field.format][2](value) then
    local words, got = "must be " .. fields.FORMATS[field.format][1], not field.secret and ", got " .. shown(value) or ""
    add(report, path, "format", words .. got, nil, not field.secret and value or nil)
  end
end

local function check_integer(report, path, field, value)
  if (field.min and value < field.min) or (field.max and value > field.max) then
    report_of(report, field)(report, path, "range", ("must be %s to %s, got %s"):format(field.min or "any", field.max or "any",
      values.text(value)), field.max, value)
  end
end

-- ---- lists and objects --------------------------------------------------------------------------------------------------------

local check_object

-- returns the length of a list; if the table is not a list, reports a problem and returns nil
local function length_of_list(report, path, list)
  local filled, hole = 0, 1
  for key in next, list do
    if type(key) ~= "number" then
      report:add(path, "type", "must be a list, got a table with names")
      return nil
    end
    filled = filled + 1
  end
  while rawget(list, hole) ~= nil do hole = hole + 1 end
  if hole <= filled then
    report:add(path, "type", ("a list has no holes: [%d] is nil"):format(hole))
    return nil
  end
  return filled
end

local NAMES = { kind = "list", item = { kind = "string", class = "G", min = 1 }, min = 1 }

local check_value

local function check_list(report, path, field, list)
  local count = length_of_list(report, path, list)
  if not count then return end
  check_range(report, report_of(report, field), path, field, count, { "min_items", "max_items" }, "item")
  local item = field.object and { kind = "object", object = field.object } or field.item
  for i = 1, math.min(count, field.max or count) do check_value(report, ("%s[%d]"):format(path, i), item, rawget(list, i)) end
end

function check_value(report, path, field, value)
  local kind = KINDS[field.kind]
  if not kind[2](value) then
    local got = field.secret and type(value) or shown(value)
    local words = ("must be %s, got %s"):format(words_of(field), got)
    return report_of(report, field)(report, path, "type", words, nil, not field.secret and value or nil)
  end
  if field.kind == "object" then return check_object(report, path, fields.objects()[field.object], value) end
  if field.kind == "list" then return check_list(report, path, field, value) end
  if field.kind == "names" and type(value) == "table" then return check_list(report, path, NAMES, value) end
  if type(value) == "string" and field.kind ~= "json" then return check_string(report, path, field, value) end
  if field.kind == "integer" then return check_integer(report, path, field, value) end
end

-- Name of a rule -> a test, the `rule` of the problem, the words of the problem. The test gets the number of present members, and
-- returns true if they break the rule.
local RULES = {
  exactly_one = { function(count) return count ~= 1 end, "one_of", "needs exactly one of %s" },
  at_least_one = { function(count) return count == 0 end, "required", "needs at least one of %s" },
}

local function check_rules(report, path, object, value)
  for _, rule in ipairs(object.rules or values.NONE) do
    local count, names = 0, {}
    for i, name in ipairs(rule.names) do
      names[i] = ("`%s`"):format(name)
      if rawget(value, name) ~= nil then count = count + 1 end
    end
    local is_wrong, code, words = RULES[rule.rule][1], RULES[rule.rule][2], RULES[rule.rule][3]
    if is_wrong(count) then report:add(path, code, words:format(table.concat(names, ", "))) end
  end
end

-- returns the object, or the variant that the value chooses; if the value chooses no known variant, reports this and returns nil
local function fields_of(report, path, object, value)
  if not object.by then return object end
  local chosen, known = rawget(value, object.by), {}
  for i, variant in ipairs(object.variants) do
    known[i] = variant.value
    if type(chosen) == "string" and chosen:upper() == variant.value then return fields.objects()[variant.object] end
  end
  local at = path_of(path, object.by)
  if chosen == nil then report:add(at, "required", "missing: " .. either(known))
  elseif type(chosen) == "string" and not values.is_utf8(chosen) then report:add(at, "utf8", "not UTF-8")
  elseif object.open and type(chosen) == "string" then
    report:warn(at, "enum", ("this library does not know %s, and does not check it"):format(shown(chosen)), nil, chosen)
  else
    local rule = type(chosen) == "string" and "enum" or "type"
    report:add(at, rule, ("must be %s, got %s"):format(either(known), shown(chosen)), nil, chosen)
  end
end

local function check_unknown(report, path, known, value)
  for name in next, value do
    if not known[name] then
      report:add(path_of(path, name), "unknown", type(name) == "string" and unknown(name, known, "no such field")
        or ("must be a table with names, got a key that is a " .. type(name)))
    end
  end
end

function check_object(report, path, object, value)
  local chosen = fields_of(report, path, object, value)
  if not chosen then return end
  local known = {}
  for _, field in ipairs(chosen.fields) do
    local member, at = rawget(value, field.name), path_of(path, field.name)
    known[field.name] = true
    if member == nil and field.required and not field.fill then
      report_of(report, field)(report, at, "required", "missing: " .. words_of(field), nil)
    elseif member ~= nil and field.answered then
      report:warn(at, "forbidden", "the API sets this field: leave it out")
    elseif member ~= nil then
      check_value(report, at, field, member)
    end
  end
  check_rules(report, path, chosen, value)
  check_unknown(report, path, known, value)
end

---Returns the objects of graph/objects by name; loads them at the first call.
---@return table<string, whatsapp.graph.object>
function fields.objects() return require("whatsapp.graph.objects") end

---Checks a value against an object of graph/objects.
---@param name string the name of an object
---@param value any
---@param report whatsapp.report gets the problems
---@param path string? the path of the value, "" if absent
function fields.check(name, value, report, path)
  check_value(report, path or "", { kind = "object", object = name }, value)
end

return fields
