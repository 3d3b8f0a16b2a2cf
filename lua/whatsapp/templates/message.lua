-- Finds the values that a template message has for each part of its template. Takes any table; never reports a problem.
local values = require "whatsapp.util.values"

local message = {}

---@class whatsapp.templates.component a component of a message, and its place
---@field component table
---@field path string
---@field index integer? position of the button, from 0

---@class whatsapp.templates.values the components of a message, or of a card
---@field header whatsapp.templates.component?
---@field body whatsapp.templates.component?
---@field carousel whatsapp.templates.component?
---@field limited_time_offer whatsapp.templates.component?
---@field order_status whatsapp.templates.component?
---@field buttons whatsapp.templates.component[]

local MOST = 100

---Reads the components of a message or of a card.
---@param components any a list of components
---@param path string of the list
---@return whatsapp.templates.values
function message.read(components, path)
  local found = { buttons = {} }
  for i = 1, type(components) == "table" and MOST or 0 do
    local component = components[i]
    if component == nil then break end
    local kind = type(component) == "table" and type(component.type) == "string" and component.type:lower()
    local one = { component = component, path = ("%s[%d]"):format(path, i) }
    if kind == "button" then
      one.index = values.integer(component.index)
      found.buttons[#found.buttons + 1] = one
    elseif kind and not found[kind] then -- the core warns about a second component of this kind
      found[kind] = one
    end
  end
  return found
end

---Returns the parameters of a component.
---@param component table?
---@return table parameters {} if the component has no list of parameters
function message.parameters(component)
  local list = component and component.parameters
  return type(list) == "table" and list or values.NONE
end

-- type of a parameter -> the member of its value that the user sees
local SHOWN = { currency = "fallback_value", date_time = "fallback_value" }

---Returns the text of a parameter.
---@param parameter any
---@return string? text the text that the user sees instead of the variable
function message.text_of(parameter)
  if type(parameter) ~= "table" then return nil end
  if type(parameter.text) == "string" then return parameter.text end
  for kind, member in pairs(SHOWN) do
    local value = type(parameter[kind]) == "table" and parameter[kind][member]
    if type(value) == "string" then return value end
  end
end

---Returns the texts that replace the variables of a part: name of a variable -> text.
---@param parameters table
---@param names string[] names of the variables
---@param has_names boolean
---@return table<string, string>
function message.texts(parameters, names, has_names)
  local texts = {}
  for i, name in ipairs(names) do
    if not has_names then texts[name] = message.text_of(parameters[i]) end
  end
  for i = 1, has_names and MOST or 0 do
    local parameter = parameters[i]
    if parameter == nil then break end
    local name = type(parameter) == "table" and parameter.parameter_name
    if type(name) == "string" then texts[name] = message.text_of(parameter) end
  end
  return texts
end

return message
