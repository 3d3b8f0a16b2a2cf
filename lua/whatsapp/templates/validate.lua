-- Checks a template's definition before a program sends it to the API. graph/fields checks single fields by the rows of
-- graph/objects. This file checks the rules about several fields: parts that go together, categories, cards with the same parts.
-- templates/texts and templates/buttons check texts and buttons. Never sends anything.
local buttons = require "whatsapp.templates.buttons"
local definition = require "whatsapp.templates.definition"
local fields = require "whatsapp.graph.fields"
local kinds = require "whatsapp.templates.kinds"
local problems = require "whatsapp.wire.problems"
local texts = require "whatsapp.templates.texts"
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local validate = {}

local capitals, shown, text_of, table_of = definition.capitals, problems.shown, texts.text, texts.table

-- ---- parts ------------------------------------------------------------------------------------------------------------------

local function check_header(report, state, component, path)
  local format = capitals(component.format)
  local kind = kinds.HEADERS[format]
  if not kind then return end
  if format == "TEXT" then
    if component.text == nil then report:missing(path .. ".text", "a string of 1 to 60 characters") end
    texts.check_one_line(report, path .. ".text", text_of(component.text))
    return texts.check(report, state, path, "HEADER", component, 1)
  end
  if component.text ~= nil then report:forbid(path .. ".text", ("a header of the format %s has no text"):format(format)) end
  local handles = table_of(table_of(component.example).header_handle)
  if kind.media and not text_of(handles[1]) then
    report:missing(path .. ".example.header_handle", "the handle of a sample, as client.media:upload_sample returns it")
  end
end

local LIBRARY_NAME = "library_template_name" -- only a template from Meta's template library has this member
local API_WRITES = "the API writes the texts of an authentication template"

local function check_body(report, state, component, path, most)
  local at = path .. ".text"
  if state.is_authentication then
    if component.text ~= nil and not state.has_id then report:forbid(at, API_WRITES) end
    return
  end
  if component.text == nil then report:missing(at, ("a string of 1 to %d characters"):format(most)) end
  local text = text_of(component.text)
  if text and most < kinds.BODY then
    local length = values.characters(text)
    if length > most then report:over(at, "max_chars", length, "character", most, " here") end
  end
  if component.add_security_recommendation ~= nil then
    report:forbid(path .. ".add_security_recommendation", "only in an authentication template")
  end
  texts.check(report, state, path, "BODY", component)
end

local function check_footer(report, state, component, path)
  local text = text_of(component.text)
  if state.is_authentication then
    if text and not state.has_id then report:forbid(path .. ".text", API_WRITES) end
    return
  end
  if component.code_expiration_minutes ~= nil then
    report:forbid(path .. ".code_expiration_minutes", "only in an authentication template")
  end
  if component.text == nil then report:missing(path .. ".text", "a string of 1 to 60 characters") end
  if text and #variables.find(text) > 0 then report:add(path .. ".text", "format", "a footer has no variables") end
  texts.check_one_line(report, path .. ".text", text)
end

-- ---- cards ------------------------------------------------------------------------------------------------------------------

-- returns the types of a card's parts as one line
local function shape_of(card)
  local names = {}
  for i, component in ipairs(table_of(table_of(card).components)) do
    component = table_of(component)
    local words = { capitals(component.type) or "?", capitals(component.format) }
    for _, button in ipairs(table_of(component.buttons)) do words[#words + 1] = capitals(table_of(button).type) or "?" end
    names[i] = table.concat(words, " ")
  end
  return table.concat(names, ", ")
end

local CARD_PARTS = { HEADER = true, BODY = true, BUTTONS = true }
local CARD_HEADERS = { IMAGE = true, VIDEO = true, PRODUCT = true }
local CARD_BUTTONS = 2

local check_components

local function check_card(report, state, card, path)
  local components, header = table_of(table_of(card).components), nil
  for i, component in ipairs(components) do
    component = table_of(component)
    local kind = capitals(component.type)
    local at = ("%s[%d]"):format(path, i)
    if kind == "HEADER" then header = capitals(component.format) or true end
    if kind and not CARD_PARTS[kind] then report:forbid(at, "a card has a header, a body and buttons only") end
    if kind == "HEADER" and kinds.HEADERS[capitals(component.format)] and not CARD_HEADERS[capitals(component.format)] then
      report:add(at .. ".format", "enum", 'must be "IMAGE", "VIDEO" or "PRODUCT" on a card', nil, component.format)
    end
    local count = #table_of(component.buttons)
    if kind == "BUTTONS" and count > CARD_BUTTONS and count <= kinds.MOST_BUTTONS then
      report:over(at .. ".buttons", "max_items", count, "item", CARD_BUTTONS, " on a card")
    end
  end
  if not header and #components > 0 then report:missing(path, "a header: each card needs a header") end
  check_components(report, state, components, path, kinds.CARD_BODY)
end

local function check_cards(report, state, component, path)
  local cards, first = table_of(component.cards), nil
  local inner = { format = state.format, is_card = true, has_id = state.has_id, category = state.category }
  for i, card in ipairs(cards) do
    if i > 10 then break end
    local at = ("%s.cards[%d].components"):format(path, i)
    local shape = shape_of(card)
    first = first or shape
    if shape ~= first then
      report:add(at, "enum", ("must have the parts of the first card: %s; got %s"):format(first, shape), first, shape)
    end
    check_card(report, inner, card, at)
  end
end

-- ---- the whole ----------------------------------------------------------------------------------------------------------------

local PART = { HEADER = check_header, BODY = check_body, FOOTER = check_footer, BUTTONS = buttons.check }

local function body_limit(found)
  if found.LIMITED_TIME_OFFER then return 600 end
  if found.HEADER and capitals(found.HEADER.format) == "PRODUCT" then return 160 end
  return kinds.BODY
end

---Reports each type of component that occurs twice.
---@return table<string, table> found the first component of each type
local function check_once(report, components, path)
  local found = {}
  for i, component in ipairs(components) do
    local kind = capitals(table_of(component).type)
    if kind and found[kind] then
      local words = ("%s occurs twice: a template has at most one"):format(shown(component.type))
      report:add(("%s[%d].type"):format(path, i), "unique", words, nil, component.type)
    elseif kind then found[kind] = component end
  end
  return found
end

function check_components(report, state, components, path, most)
  local found = check_once(report, components, path)
  most = most or body_limit(found)
  for i, component in ipairs(components) do
    if i > 10 then break end
    component = table_of(component)
    local check, at = PART[capitals(component.type)], ("%s[%d]"):format(path, i)
    if check then check(report, state, component, at, most) end
    if capitals(component.type) == "CAROUSEL" and not state.is_card then check_cards(report, state, component, at) end
  end
  return found
end

-- component -> categories that may have it, and components that must not be in the same template
local TOGETHER = {
  CAROUSEL = { { MARKETING = true }, { "HEADER", "FOOTER", "BUTTONS" } },
  LIMITED_TIME_OFFER = { { MARKETING = true }, { "FOOTER" } },
  CALL_PERMISSION_REQUEST = { { MARKETING = true, UTILITY = true }, { "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER" } },
}
local ORDER = { "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST" }

local function check_together(report, state, found, path)
  for _, kind in ipairs(ORDER) do
    local categories, excluded = TOGETHER[kind][1], TOGETHER[kind][2]
    if found[kind] and state.category and not categories[state.category] then
      report:forbid(path, ("a template of the category %s must not have %s"):format(state.category, kind))
    end
    for _, other in ipairs(excluded) do
      if found[kind] and found[other] then report:forbid(path, ("a template with %s must not have %s"):format(kind, other)) end
    end
  end
  local format = found.HEADER and capitals(found.HEADER.format)
  if found.LIMITED_TIME_OFFER and kinds.HEADERS[format] and format ~= "IMAGE" and format ~= "VIDEO" then
    report:forbid(path, "the header of a limited-time offer must be an image or a video")
  end
end

-- An authentication template has a body, a footer and one button.
local function check_authentication(report, found, components, path)
  local allowed = { BODY = true, FOOTER = true, BUTTONS = true }
  for i, component in ipairs(components) do
    local kind = capitals(table_of(component).type)
    if kind and not allowed[kind] then
      report:forbid(("%s[%d]"):format(path, i), "an authentication template has a body, a footer and a button only")
    end
  end
  if not found.BUTTONS then report:missing(path, "a button of the type OTP") end
end

-- category -> the range of message_send_ttl_seconds; except for MARKETING, -1 (30 days) is also allowed
local TTL = { AUTHENTICATION = { 30, 900 }, UTILITY = { 30, 43200 }, MARKETING = { 43200, 2592000 } }

local function check_ttl(report, state, seconds)
  local range = TTL[state.category]
  if type(seconds) ~= "number" or not range then return end
  if seconds == -1 and state.category ~= "MARKETING" then return end
  if seconds < range[1] or seconds > range[2] then
    report:add("message_send_ttl_seconds", "range", ("must be %d to %d for the category %s, got %s"):format(range[1], range[2],
      state.category, tostring(seconds)), range[2], seconds)
  end
end

-- Checks the rules of the components of a definition or of an edit. An edit may have no category. has_id: the API made this
-- definition, so it may contain texts that the API wrote.
local function check_rules(report, source)
  local category = capitals(source.category)
  local state = {
    category = TTL[category] and category, format = capitals(source.parameter_format), has_id = source.id ~= nil,
    is_authentication = category == "AUTHENTICATION",
  }
  local components, path = source.components, "components"
  check_ttl(report, state, source.message_send_ttl_seconds)
  if type(components) ~= "table" then return end
  local found = check_components(report, state, components, path)
  if not found.BODY and #components > 0 then report:missing(path, "a body: each template needs a body") end
  check_together(report, state, found, path)
  if state.is_authentication then check_authentication(report, found, components, path) end
end

---Checks the definition of a new template.
---@param source table
---@return whatsapp.report
function validate.definition(source)
  local report = problems.new "definition"
  local is_of_library = source[LIBRARY_NAME] ~= nil and source.components == nil
  fields.check(is_of_library and "LibraryTemplate" or "TemplateDefinition", source, report)
  if not is_of_library then check_rules(report, source) end
  return report
end

---Checks the body of a request that changes a template.
---@param source table
---@return whatsapp.report
function validate.edit(source)
  local report = problems.new "edit"
  fields.check("TemplateEdit", source, report)
  if next(source) == nil then report:add("", "required", "has no member to change") end
  check_rules(report, source)
  return report
end

return validate
