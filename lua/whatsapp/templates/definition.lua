-- Reads a template's definition, as the API lists it or as a program creates it, into a view: the table that templates/check and
-- templates/render need. Takes any table: leaves out each member that it cannot read (templates/validate reports such a member).
-- Never changes the definition.
local kinds = require "whatsapp.templates.kinds"
local text_of = require("whatsapp.templates.texts").text
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local definition = {}

---@class whatsapp.templates.text_view
---@field text string
---@field names string[] names of the variables in the text

---@class whatsapp.templates.button_view
---@field type string in capitals
---@field kind whatsapp.templates.button_kind? nil: this library does not know the kind
---@field text string? the label
---@field url string?
---@field phone_number string?
---@field names string[] names of the variables in the URL

---@class whatsapp.templates.view
---@field name string?
---@field language string?
---@field status string? in capitals
---@field has_names boolean true: the variables have names, not numbers
---@field header { format: string, text: string?, names: string[] }?
---@field body whatsapp.templates.text_view?
---@field footer whatsapp.templates.text_view?
---@field buttons whatsapp.templates.button_view[]
---@field offer { text: string?, has_expiration: boolean }?
---@field cards whatsapp.templates.view[]?
---@field may_grow boolean? a message may have more cards than the template
---@field is_order_status boolean
---@field is_authentication boolean
---@field components integer number of components

local NONE = values.NONE
local MOST = 100 -- the most components, buttons or cards that are read

---Returns a string in capitals, because types and states may have small letters.
---@param value any
---@return string? capitals nil if the value is not a string
function definition.capitals(value)
  return type(value) == "string" and value:upper() or nil
end
local capitals = definition.capitals

local function tables_of(list)
  local found = {}
  for i = 1, type(list) == "table" and MOST or 0 do
    if list[i] == nil then break end
    found[#found + 1] = type(list[i]) == "table" and list[i] or NONE
  end
  return found
end

local function text_view(text)
  local names, has_names = variables.names(text)
  return { text = text, names = names, has_names = has_names }
end

-- The API itself writes the texts of authentication templates.
local function authentication_body(component)
  local advice = component.add_security_recommendation == true and " For your security, do not share this code." or ""
  return "{{1}} is your verification code." .. advice
end

local function expiry(component)
  local minutes = values.text(component.code_expiration_minutes)
  return minutes and ("This code expires in %s minutes."):format(minutes) or nil
end

local function button_view(button)
  local kind = capitals(button.type) or ""
  local view = {
    type = kind, kind = kinds.BUTTONS[kind], text = text_of(button.text), url = text_of(button.url),
    phone_number = text_of(button.phone_number), names = (variables.names(button.url)),
  }
  if kind == "OTP" then
    view.text, view.names = view.text or "Copy code", { "1" }
  end
  return view
end

-- type of a component -> function that copies its content into the view
local READ = {
  HEADER = function(view, component)
    local header = text_view(text_of(component.text))
    header.format = capitals(component.format) or "TEXT"
    if header.format ~= "TEXT" then header.names = {} end
    view.header = header
  end,
  BODY = function(view, component)
    local text = text_of(component.text)
    if not text and view.is_authentication then text = authentication_body(component) end
    view.body = text_view(text or "")
  end,
  FOOTER = function(view, component) view.footer = text_view(text_of(component.text) or expiry(component) or "") end,
  BUTTONS = function(view, component)
    for i, button in ipairs(tables_of(component.buttons)) do view.buttons[i] = button_view(button) end
  end,
  LIMITED_TIME_OFFER = function(view, component)
    local offer = type(component.limited_time_offer) == "table" and component.limited_time_offer or NONE
    view.offer = { text = text_of(offer.text), has_expiration = offer.has_expiration == true }
  end,
}

local function read_components(view, components)
  for _, component in ipairs(tables_of(components)) do
    local kind = capitals(component.type)
    view.components = view.components + 1
    if READ[kind] then READ[kind](view, component) end
    if kind == "CAROUSEL" and not view.is_card then
      view.cards = {}
      for i, card in ipairs(tables_of(component.cards)) do
        view.cards[i] = read_components({ is_card = true, buttons = {}, components = 0 }, card.components)
      end
      local header = view.cards[1] and view.cards[1].header
      view.may_grow = header ~= nil and header.format == "PRODUCT" -- the definition has two cards, a message has up to ten
    end
  end
  return view
end

local function has_names(view)
  for _, part in ipairs { view.header or NONE, view.body or NONE } do
    if part.has_names then return true end
  end
  for _, card in ipairs(view.cards or NONE) do
    if has_names(card) then return true end
  end
  return false
end

---Makes the view of a definition.
---@param source table a template's definition
---@return whatsapp.templates.view
function definition.read(source)
  local category = capitals(source.category)
  local view = {
    name = text_of(source.name), language = text_of(source.language), status = capitals(source.status), buttons = {},
    is_authentication = category == "AUTHENTICATION", is_order_status = capitals(source.sub_category) == "ORDER_STATUS",
    components = 0,
  }
  read_components(view, source.components)
  local format = capitals(source.parameter_format)
  view.has_names = format == "NAMED" or (format ~= "POSITIONAL" and has_names(view))
  for _, card in ipairs(view.cards or NONE) do card.has_names = view.has_names end
  return view
end

return definition
