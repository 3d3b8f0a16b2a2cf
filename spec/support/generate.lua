-- Makes messages from the schema, for specs: message() returns the smallest valid message that has a certain row of whatsapp.schema(), and
-- place() returns the table in the message that has the field of the row. Knows no message by name: all comes from the schema.
local core = require "whatsapp.core"
local fields_of = require("whatsapp.schema").fields_of

local generate = {}

local objects, root, terms = core.schema()

local function join(path, name)
  return path == "" and name or path .. "." .. name
end

-- returns the choice of a row at a path: a value; true: a member must be present; nil: the row has no choice there
local function choice(row, path)
  for _, made in ipairs(row.when) do
    if made.path == path then return made.value or true end
  end
end

local function resolve(object, path, row)
  while true do
    local found
    for _, variant in ipairs(object.variants or {}) do
      local wanted = choice(row, object.by and join(path, object.by) or join(path, variant.value))
      if wanted == (object.by and variant.value or true) then found = found or variant.object end
    end
    if not found and object.by then found = object.variants[1].object end
    found = found or object.otherwise
    if not found then return object end
    object = objects[found]
  end
end

-- returns whether the path leads to the path of the row
local function leads(path, row)
  return row.path == path or row.path:sub(1, #path + 1) == path .. "." or row.path:sub(1, #path + 2) == path .. "[]"
end

local function needed_by_rule(object, name)
  local rules = {}
  for _, rule in ipairs(object.base and objects[object.base].rules or {}) do rules[#rules + 1] = rule end
  for _, rule in ipairs(object.rules or {}) do rules[#rules + 1] = rule end
  for _, rule in ipairs(rules) do
    if (rule.rule == "exactly_one" or rule.rule == "at_least_one") and (rule.names[1] == name or rule.names[2] == name) then return rule end
  end
end

-- returns whether a rule says that the field of the row needs this field
local function is_needed_by_row(object, field, path, row)
  for _, rule in ipairs(object.base and objects[object.base].rules or {}) do
    local needing = rule.rule == "needs" and rule.names[2] == field.name and path:gsub("[%w_]+$", rule.names[1])
    if needing and leads(needing, row) then return true end
  end
  return false
end

local function is_needed(object, field, path, row, position)
  if is_needed_by_row(object, field, path, row) then return true end
  if field.required_among_many and position > 0 then return true end
  if field.required or choice(row, path) ~= nil or leads(path, row) then return true end
  local rule = needed_by_rule(object, field.name)
  if not rule or rule.names[1] ~= field.name then return false end
  return not (rule.rule == "exactly_one" and row.path == path:gsub("[%w_]+$", rule.names[2]))
end

local make

-- Returns an item of a list. position: the number of the item; 0 if the list has only one item, because then no other item must agree
-- with it.
local function item(field, path, row, position)
  if field.object then return make(objects[field.object], path .. "[]", row, position) end
  return field.values and field.values[1] or "item " .. position
end

---Returns a list of `count` items for a field.
---@param count integer
---@return table list
function generate.list(field, path, row, count)
  local list = {}
  for i = 1, count do list[i] = item(field, path, row, count > 1 and i or 0) end
  return list
end

local function text_of(field, position)
  local format = terms.formats[field.format]
  local is_free = not format or format.right == "text" -- any text has the format
  local text = (field.same and "same") or (is_free and "text " .. position) or format.right
  return text .. ("x"):rep((field.min or 0) - #text)
end

-- the first JSON type of a kind -> function that makes a value
local MAKE = {
  string = text_of,
  boolean = function() return true end,
  integer = function(field, position) return (field.min or 0) + (field.unique and math.max(position - 1, 0) or 0) end,
  number = function() return -0.5 end,
  object = function() return { key = "value" } end,
}

local function value_of(field, path, row, position)
  if choice(row, path) and choice(row, path) ~= true then return choice(row, path) end
  if field.values and field.kind ~= "list" then return field.values[1] end
  if field.kind == "object" then return make(objects[field.object], path, row, position) end
  if field.kind == "list" then return generate.list(field, path, row, math.max(field.min or 0, 1)) end
  return MAKE[terms.kinds[field.kind].json:match "%a+"](field, position)
end

-- returns the value of the field that selects the object, if the row does not name it
local function chosen_value(object, name, resolved)
  while object.variants do
    for _, variant in ipairs(object.variants) do
      if object.by == name and (variant.object == resolved.name or objects[variant.object].by) then return variant.value end
    end
    object = objects[object.otherwise or object.variants[1].object]
  end
end

function make(object, path, row, position)
  local resolved, made = resolve(object, path, row), {}
  for _, field in ipairs(fields_of(objects, resolved)) do
    local at = join(path, field.name)
    if is_needed(resolved, field, at, row, position) then
      local chosen = field.kind == "string" and not field.values and choice(row, at) == nil and object.variants
        and chosen_value(object, field.name, resolved)
      made[field.name] = chosen or value_of(field, at, row, position)
    end
  end
  return made
end

---Returns whether the object of the row has a rule about this field and another field.
function generate.is_ruled(row)
  return needed_by_rule(objects[row.object], row.name) ~= nil
end

---Returns the smallest valid message that has the field of the row.
---@param row whatsapp.schema_row
---@return table message
function generate.message(row)
  return make(objects[root], "", row, 0)
end

---Finds the place of the row's field in a message: the table that has the field. On the way, takes the first item of each list.
---@return table parent, string path of the field with indices, such as "sections[1].title"
function generate.place(message, row)
  local parent, path = message, ""
  for name, list in row.path:gmatch "([%w_]+)(%[?%]?)%." do
    parent, path = parent[name], join(path, name)
    if list == "[]" then parent, path = parent[1], path .. "[1]" end
  end
  return parent, join(path, row.name)
end

return generate
