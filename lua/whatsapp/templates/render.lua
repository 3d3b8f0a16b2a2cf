-- Writes a template message as the user sees it: the definition's texts with the message's values in their places. For logs,
-- previews and the sandbox. Takes any message: if a variable has no value, {{1}} stays. Never sends or fetches anything.
local definition = require "whatsapp.templates.definition"
local kinds = require "whatsapp.templates.kinds"
local message_reader = require "whatsapp.templates.message"
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local render = {}

---@class whatsapp.rendered_button
---@field type string the type from the definition, in capitals: "QUICK_REPLY", "URL"…
---@field text string the label
---@field url string? the URL, with the value of its variable
---@field phone_number string?
---@field code string? the code that the button copies
---@field payload string? the webhook has this payload when the user presses the button

---@class whatsapp.rendered
---@field header string? the text; for a file, a place or a product: its kind and its name, in brackets
---@field format string? "TEXT", "IMAGE"…
---@field body string?
---@field footer string?
---@field buttons whatsapp.rendered_button[]
---@field offer string? the text of a limited-time offer
---@field cards whatsapp.rendered[]? the cards of a carousel
local Rendered = {}

-- the members that may name a file, a place or a product; the first one that has a value is used
local NAMES = { "filename", "name", "link", "id", "address", "product_retailer_id" }

local function named(parameter, kind)
  local object = type(parameter) == "table" and type(parameter[kind]) == "table" and parameter[kind] or values.NONE
  for _, name in ipairs(NAMES) do
    local value = values.text_of_id(object[name])
    if value then return value end
  end
end

local function filled(view, part, one)
  local parameters = message_reader.parameters(one and one.component)
  return variables.fill(part.text or "", message_reader.texts(parameters, part.names, view.has_names))
end

local function header_of(view, one)
  local header = view.header
  if not header then return nil end
  local kind = kinds.HEADERS[header.format]
  if kind and not kind.parameter then return filled(view, header, one) end
  local name = kind and named(message_reader.parameters(one and one.component)[1], kind.parameter)
  return ("[%s%s]"):format(header.format:lower(), name and ": " .. name or "")
end

local function component_of(components, index)
  for _, one in ipairs(components) do
    if one.index == index then return one.component end
  end
end

local function button_of(button, component)
  local first = message_reader.parameters(component)[1]
  local parameter = type(first) == "table" and first or values.NONE
  local text = message_reader.text_of(parameter)
  local made = {
    type = button.type, text = button.text or button.type:lower():gsub("_", " "), phone_number = button.phone_number,
    url = button.url and variables.fill(button.url, { [button.names[1] or ""] = text }),
    code = values.scalar(parameter.coupon_code), payload = values.scalar(parameter.payload),
  }
  if button.type == "OTP" then made.code = text end
  return made
end

local function render_parts(view, found)
  local made = {
    header = header_of(view, found.header), format = view.header and view.header.format,
    body = view.body and filled(view, view.body, found.body), footer = view.footer and view.footer.text, buttons = {},
    offer = view.offer and view.offer.text,
  }
  for i, button in ipairs(view.buttons) do made.buttons[i] = button_of(button, component_of(found.buttons, i - 1)) end
  return setmetatable(made, Rendered)
end

local function card_of(cards, index)
  for i = 1, #cards do
    local card = type(cards[i]) == "table" and cards[i] or values.NONE
    if (values.integer(card.card_index) or i - 1) == index then return card end
  end
end

---Renders a template message. Without a message, renders the definition alone.
---@param source table a definition
---@param message table?
---@return whatsapp.rendered
function render.message(source, message)
  local view = definition.read(source)
  local template = message and type(message.template) == "table" and message.template or values.NONE
  local found = message_reader.read(template.components, "")
  local made = render_parts(view, found)
  if not view.cards then return made end
  local cards = found.carousel and found.carousel.component.cards
  if type(cards) ~= "table" then cards = values.NONE end
  made.cards = {}
  for i, shape in ipairs(view.cards) do
    local card = card_of(cards, i - 1)
    made.cards[i] = render_parts(shape, message_reader.read(card and card.components, ""))
  end
  return made
end

-- ---- as text ----------------------------------------------------------------------------------------------------------------

function Rendered.__tostring(self)
  local lines = { self.header, self.body }
  if not self.header then lines = { self.body } end
  lines[#lines + 1] = self.offer
  lines[#lines + 1] = self.footer
  for _, button in ipairs(self.buttons) do
    local to = button.url or button.phone_number or button.code
    lines[#lines + 1] = ("[%s]%s"):format(button.text, to and " " .. to or "")
  end
  for i, card in ipairs(self.cards or values.NONE) do lines[#lines + 1] = ("-- card %d --\n%s"):format(i, tostring(card)) end
  return table.concat(lines, "\n")
end

return render
