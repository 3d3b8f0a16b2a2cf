-- The variables of a template's texts: finds {{1}} and {{name}}, and replaces them by values. Pure; reads each byte once, and
-- never looks for variables in a value.
local variables = {}

---@class whatsapp.templates.variable
---@field name string without the braces
---@field from integer position of its first byte
---@field to integer position of its last byte

local VARIABLE = "{{%s*([%w_]+)%s*}}"

---Finds the variables of a text.
---@param text string
---@return whatsapp.templates.variable[] found in the order of the text
function variables.find(text)
  local found = {}
  for from, name, after in text:gmatch("()" .. VARIABLE .. "()") do
    found[#found + 1] = { name = name, from = from, to = after - 1 }
  end
  return found
end

---Returns the number of a variable that has a number.
---@param name string
---@return integer? number 1 for {{1}}; nil for a name
function variables.number(name)
  return name:find "^%d+$" and #name <= 4 and tonumber(name) or nil
end

---Returns the names of the variables of a text, each once. If all variables have numbers, returns each number from 1 to the
---highest (at most 100), because a number is the position of a value.
---@param text any
---@return string[] names in the order of the values
---@return boolean has_names true: a variable has a name
function variables.names(text)
  local names, seen, highest, has_names = {}, {}, 0, false
  for _, variable in ipairs(type(text) == "string" and variables.find(text) or {}) do
    local name = variable.name
    local number = variables.number(name)
    if not number then has_names = true end
    if number and number > highest and number <= 100 then highest = number end
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  if has_names then return names, true end
  local numbers = {}
  for i = 1, highest do numbers[i] = tostring(i) end
  return numbers, false
end

---Puts values in the places of variables.
---@param text string
---@param values table<string, string> name of a variable -> value
---@return string text a variable without a value stays as it is
function variables.fill(text, values)
  return (text:gsub(VARIABLE, function(name)
    local number = variables.number(name)
    return values[number and tostring(number) or name]
  end))
end

return variables
