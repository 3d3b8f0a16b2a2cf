-- Compares a template message with the definition of its template. Checks only the rules that need the definition; the core (the
-- C module whatsapp.core) checks the other rules. A member of the message may have a wrong type: then this file never raises, and
-- the core reports the type. Never changes the message.
local definition = require "whatsapp.templates.definition"
local kinds = require "whatsapp.templates.kinds"
local message_reader = require "whatsapp.templates.message"
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local check = {}

local counted, either, shown, unknown = problems.counted, problems.either, problems.shown, problems.unknown
local parameters_of, texts_of = message_reader.parameters, message_reader.texts

local TEXTS = { "text", "currency", "date_time" } -- types of parameters whose text replaces a variable

local function kind_of(parameter)
  local kind = type(parameter) == "table" and parameter.type
  return type(kind) == "string" and kind:lower() or nil
end

local function is_one_of(value, list)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

local function check_kind(report, parameter, path, types)
  local kind = kind_of(parameter)
  if kind and not is_one_of(kind, types) then
    report:add(path .. ".type", "enum", ("must be %s here, got %s"):format(either(types), shown(parameter.type)),
      table.concat(types, ", "), parameter.type)
  end
end

-- ---- values of variables ----------------------------------------------------------------------------------------------------

local function check_positions(report, parameters, path, names, text)
  for i, name in ipairs(names) do
    if parameters[i] == nil then
      report:missing(("%s[%d]"):format(path, i), ("the value of {{%s}} in %s"):format(name, shown(text)), name)
    end
  end
  if #parameters > #names then
    report:add(path, "max_items", ("%s, but the template has %s here"):format(counted(#parameters, "value"),
      counted(#names, "variable")), #names, #parameters)
  end
  for i = 1, math.min(#parameters, #names) do
    local parameter = parameters[i]
    if type(parameter) == "table" and parameter.parameter_name ~= nil then
      report:add(("%s[%d].parameter_name"):format(path, i), "forbidden",
        "must be absent: the template's variables have numbers, not names", nil, parameter.parameter_name)
    end
  end
end

local function check_name(report, parameter, path, wanted, seen)
  local name = type(parameter) == "table" and parameter.parameter_name
  if name == nil then
    report:missing(path .. ".parameter_name", "the template's variables have names")
  elseif type(name) == "string" and not wanted[name] then
    local words = unknown(name, wanted, ("no variable {{%s}} here"):format(shown(name):sub(2, -2)))
    report:add(path .. ".parameter_name", "enum", words, nil, name)
  elseif type(name) == "string" and seen[name] then
    report:twice(path .. ".parameter_name", name)
  end
  if type(name) == "string" then seen[name] = true end
end

local function check_names(report, parameters, path, names)
  local wanted, seen = values.set(names), {}
  for i, parameter in ipairs(parameters) do check_name(report, parameter, ("%s[%d]"):format(path, i), wanted, seen) end
  for _, name in ipairs(names) do
    if not seen[name] then report:missing(path, ("the value of {{%s}}"):format(name), name) end
  end
end

local function check_length(report, path, text, most)
  local length = values.characters(text)
  if length > most then report:over(path, "max_chars", length, "character", most, ", with the values of the variables") end
end

-- Checks the values for the variables of a header or a body. part: the { text, names } of this header or body in the view. one:
-- the component of the message. If the text with these values has more than `most` characters, the problem has the path in
-- `where`.
local function check_texts(report, view, part, one, where, most)
  local path = one.path .. ".parameters"
  local parameters = parameters_of(one.component)
  if view.has_names and #part.names > 0 then check_names(report, parameters, path, part.names)
  else check_positions(report, parameters, path, part.names, part.text) end
  for i, parameter in ipairs(parameters) do check_kind(report, parameter, ("%s[%d]"):format(path, i), TEXTS) end
  local texts = texts_of(parameters, part.names, view.has_names)
  if next(texts) ~= nil then check_length(report, where, variables.fill(part.text or "", texts), most) end
end

-- ---- header and body --------------------------------------------------------------------------------------------------------

local function check_media(report, header, kind, one, path)
  local wanted = kind.parameter
  if not one then
    return report:missing(path, ('a component of type "header" with the template\'s %s'):format(wanted), wanted)
  end
  local parameters = parameters_of(one.component)
  local at = one.path .. ".parameters"
  if parameters[1] == nil then
    return report:missing(at, ("the %s for the template's header (%s)"):format(wanted, header.format), wanted)
  end
  if #parameters > 1 then report:over(at, "max_items", #parameters, "value", 1) end
  check_kind(report, parameters[1], at .. "[1]", { wanted })
end

local function surplus(report, one, words)
  if one and #parameters_of(one.component) > 0 then
    report:add(one.path, "forbidden", words)
  end
end

local function check_header(report, view, header, one, path)
  if not header then return surplus(report, one, "the template has no header") end
  local kind = kinds.HEADERS[header.format]
  if not kind then return end -- this version of the library does not know the format
  if kind.parameter then return check_media(report, header, kind, one, path) end
  if one then return check_texts(report, view, header, one, one.path, kinds.HEADER) end
  if #header.names > 0 then
    report:missing(path, ('a component of type "header" with %s'):format(counted(#header.names, "value")), #header.names)
  end
end

local function most_of(view)
  return view.components > 1 and kinds.BODY or kinds.BODY_ALONE
end

local function check_body(report, view, body, one, path, most)
  if not body then return surplus(report, one, "the template has no body") end
  if one then return check_texts(report, view, body, one, one.path, most) end
  if #body.names > 0 then
    report:missing(path, ('a component of type "body" with %s'):format(counted(#body.names, "value")), #body.names)
  end
end

-- ---- buttons ----------------------------------------------------------------------------------------------------------------

local function sub_type_of(one)
  local kind = one.component.sub_type
  return type(kind) == "string" and kind:lower() or nil
end

local function is_needed(button)
  return button.kind ~= nil and (button.kind.needs == "value" or (button.kind.needs == "variable" and #button.names > 0))
end

-- Returns the button of a component, and the button's index. A component without an index belongs to the first button with the
-- same sub_type that no other component has taken.
local function button_of(buttons, one, taken)
  if one.component.index ~= nil then
    return one.index and buttons[one.index + 1], one.index
  end
  for i, button in ipairs(buttons) do
    if not taken[i] and button.kind and button.kind.sub_type == sub_type_of(one) then return button, i - 1 end
  end
end

local function check_value(report, button, one)
  local parameters, path = parameters_of(one.component), one.path .. ".parameters"
  if is_needed(button) and parameters[1] == nil then
    return report:missing(path, ("the %s of the button %s"):format(button.kind.types[1], shown(button.text or button.type)),
      button.kind.types[1])
  end
  local most = button.kind.needs == "variable" and #button.names == 0 and 0 or #button.kind.types
  if #parameters > most then
    report:add(path, "max_items", ("%s, but the button %s takes %s"):format(counted(#parameters, "value"),
      shown(button.text or button.type), most == 0 and "no value" or most), most, #parameters)
  end
  for i = 1, math.min(#parameters, most) do
    check_kind(report, parameters[i], ("%s[%d]"):format(path, i), button.kind.types)
  end
  local text = button.url and message_reader.text_of(parameters[1])
  if text then check_length(report, one.path, variables.fill(button.url, { [button.names[1] or ""] = text }), kinds.URL) end
end

local function check_button(report, buttons, one, taken)
  local button, index = button_of(buttons, one, taken)
  if not button then
    local known = one.component.index ~= nil
    local path = one.path .. (known and ".index" or ".sub_type")
    if known and not one.index then return end -- the core reports an index that is not a whole number
    return report:add(path, "range", known
      and ("the template has %s: it has no button with index %d"):format(counted(#buttons, "button"), one.index)
      or ("the template has no button for %s"):format(shown(one.component.sub_type)), #buttons - 1, one.component.index)
  end
  taken[index + 1] = true
  if not button.kind then return end
  local wanted, got = button.kind.sub_type, sub_type_of(one)
  if not wanted then
    local words = ("the button %s (%s) takes no component"):format(shown(button.text or ""), button.type)
    return report:add(one.path, "forbidden", words)
  end
  if got and got ~= wanted then
    local words = ('must be "%s" for the button with index %d (%s), got %s')
      :format(wanted, index, button.type, shown(one.component.sub_type))
    return report:add(one.path .. ".sub_type", "enum", words, wanted, one.component.sub_type)
  end
  check_value(report, button, one)
end

local function check_buttons(report, buttons, components, path)
  local taken = {}
  for _, one in ipairs(components) do check_button(report, buttons, one, taken) end
  for i, button in ipairs(buttons) do
    if is_needed(button) and not taken[i] then
      report:missing(path, ('a component {type = "button", sub_type = "%s", index = %d} with the %s of %s')
        :format(button.kind.sub_type, i - 1, button.kind.types[1], shown(button.text or button.type)), i - 1)
    end
  end
end

-- ---- carousels, offers, codes -------------------------------------------------------------------------------------------------

local check_parts

-- returns the cards of the message; the keys are the positions of the cards in the template
local function cards_of(report, cards, path)
  local placed = {}
  for i = 1, #cards do
    local card = type(cards[i]) == "table" and cards[i] or values.NONE
    local index = card.card_index == nil and i - 1 or values.integer(card.card_index)
    local at = ("%s[%d]"):format(path, i)
    if index and placed[index + 1] then
      report:twice(at .. ".card_index", index)
    elseif index then
      placed[index + 1] = { card = card, path = at }
    end
  end
  return placed
end

local function check_cards(report, view, one, path)
  if not one then
    return report:missing(path, ('a component of type "carousel" with %s'):format(counted(#view.cards, "card")), #view.cards)
  end
  local cards = type(one.component.cards) == "table" and one.component.cards or values.NONE
  local at = one.path .. ".cards"
  if #cards ~= #view.cards and not view.may_grow then
    report:add(at, #cards < #view.cards and "min_items" or "max_items",
      ("%s, but the template has %d"):format(counted(#cards, "card"), #view.cards), #view.cards, #cards)
  end
  local placed = cards_of(report, cards, at)
  for i = 1, math.min(math.max(#cards, #view.cards), 100) do
    local card, shape = placed[i], view.cards[i] or view.may_grow and view.cards[1]
    if card and shape then
      local inner = card.path .. ".components"
      check_parts(report, shape, message_reader.read(card.card.components, inner), inner, kinds.CARD_BODY)
    end
  end
end

local function check_offer(report, view, one, path)
  if not view.offer then return surplus(report, one, "the template has no limited-time offer") end
  if view.offer.has_expiration and not one then
    report:missing(path, 'a component of type "limited_time_offer" with the time at which the offer ends')
  end
end

function check_parts(report, view, found, path, most)
  check_header(report, view, view.header, found.header, path)
  check_body(report, view, view.body, found.body, path, most)
  check_buttons(report, view.buttons, found.buttons, path)
end

-- In an authentication template, the body and the button should have the same code.
local function check_code(report, view, found)
  local body = found.body and message_reader.text_of(parameters_of(found.body.component)[1])
  local button = found.buttons[1]
  local code = button and message_reader.text_of(parameters_of(button.component)[1])
  if view.is_authentication and body and code and body ~= code then
    report:warn(button.path .. ".parameters[1].text", "enum", "the button copies a code that differs from the code in the body")
  end
end

-- ---- the template -------------------------------------------------------------------------------------------------------------

local function check_same(report, path, wanted, got)
  if wanted and type(got) == "string" and got ~= wanted then
    report:add(path, "enum", ("must be %s, as in the definition, got %s"):format(shown(wanted), shown(got)), wanted, got)
  end
end

local function check_name_and_language(report, view, template)
  local language = template.language
  check_same(report, "template.name", view.name, template.name)
  check_same(report, "template.language.code", view.language, type(language) == "table" and language.code)
end

local function check_status(report, view)
  local can_be_sent = kinds.STATUSES[view.status]
  if can_be_sent == false then
    local words = ("the template is %s: only an APPROVED template can be sent"):format(view.status)
    report:add("template.name", "forbidden", words, "APPROVED", view.status)
  elseif view.status and can_be_sent == nil then
    report:warn("template.name", "forbidden", ("the template is %s: the API may refuse to send it")
      :format(shown(view.status)), "APPROVED", view.status)
  end
end

---Compares a message with the view of its template's definition.
---@param view whatsapp.templates.view
---@param message table
---@param report whatsapp.report this function adds the problems to it
function check.message(view, message, report)
  local template = message.template
  if type(template) ~= "table" then
    return report:add("template", template == nil and "required" or "type",
      template == nil and "missing: a table with names" or "must be a table with names, got " .. shown(template), nil, template)
  end
  check_name_and_language(report, view, template)
  check_status(report, view)
  local path = "template.components"
  local components = template.components
  if components ~= nil and type(components) ~= "table" then
    return report:add(path, "type", "must be a list, got " .. shown(components), nil, components)
  end
  local found = message_reader.read(components, path)
  check_parts(report, view, found, path, most_of(view))
  if view.cards then check_cards(report, view, found.carousel, path)
  elseif found.carousel then report:add(found.carousel.path, "forbidden", "the template has no carousel") end
  check_offer(report, view, found.limited_time_offer, path)
  if view.is_order_status and not found.order_status then
    report:missing(path, 'a component of type "order_status" with the new state of the order')
  end
  check_code(report, view, found)
end

---Compares a message with the definition of its template.
---@param source table a definition
---@param message table
---@param subject string?
---@return whatsapp.report
function check.run(source, message, subject)
  local report = problems.new(subject)
  check.message(definition.read(source), message, report)
  return report
end

return check
