-- Checks the buttons of a template's definition: the members that each kind needs, how many buttons are allowed, and their order.
-- Reads any table; never changes it.
local definition = require "whatsapp.templates.definition"
local kinds = require "whatsapp.templates.kinds"
local problems = require "whatsapp.wire.problems"
local texts = require "whatsapp.templates.texts"
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local buttons = {}

local capitals, shown, text_of, table_of = definition.capitals, problems.shown, texts.text, texts.table

local function check_url(report, button, path)
  local url = text_of(button.url)
  if not url then return end
  local found, at = variables.find(url), path .. ".url"
  texts.check_braces(report, at, url)
  if #found > 1 then report:over(at, "max_items", #found, "variable", 1) end
  if #found == 0 then
    if button.example ~= nil then report:warn(path .. ".example", "forbidden", "not needed: the URL has no variable") end
    return
  end
  if found[#found].to ~= #url then report:add(at, "format", "the variable must be at the end of the URL", nil, url) end
  if button.example == nil then report:missing(path .. ".example", "a list with one item: the URL, with a value at its end") end
end

local MOST_CODE = 20

local function check_code(report, button, path)
  if button.example == nil then return end
  local code = type(button.example) == "table" and button.example[1] or button.example
  if type(code) ~= "string" or code == "" then
    return report:add(path .. ".example", "type", "must be a code, or a list with one code, got " .. shown(code))
  end
  local length = values.characters(code)
  if length > MOST_CODE then report:over(path .. ".example", "max_chars", length, "character", MOST_CODE) end
end

local function check_otp(report, button, path)
  local kind = capitals(button.otp_type)
  if kind == "ONE_TAP" or kind == "ZERO_TAP" then
    if button.supported_apps == nil and button.package_name == nil then
      report:missing(path .. ".supported_apps", "the apps that may get the code")
    end
  end
  if kind == "ZERO_TAP" and button.zero_tap_terms_accepted ~= true then
    report:add(path .. ".zero_tap_terms_accepted", "enum", "must be true, or the API does not create the template")
  end
end

local function check_flow(report, button, path)
  if capitals(button.flow_action) == "NAVIGATE" and button.navigate_screen == nil then
    report:missing(path .. ".navigate_screen", "the first screen, because flow_action is navigate")
  end
end

local CONTACT_LABEL = "Share Contact Info"

local function check_contact(report, button, path)
  if button.text ~= nil and button.text ~= CONTACT_LABEL then
    report:add(path .. ".text", "enum", ('must be "%s", or absent'):format(CONTACT_LABEL), CONTACT_LABEL, button.text)
  end
end

local BUTTON = {
  URL = check_url, COPY_CODE = check_code, OTP = check_otp, FLOW = check_flow, REQUEST_CONTACT_INFO = check_contact,
}

-- Quick replies must be together, before or after the other buttons.
local function check_groups(report, list, path)
  local changes, before = 0, nil
  for _, button in ipairs(list) do
    local is_reply = capitals(table_of(button).type) == "QUICK_REPLY"
    if before ~= nil and is_reply ~= before then changes = changes + 1 end
    before = is_reply
  end
  if changes > 1 then report:add(path, "format", "quick replies must be together, before or after the other buttons") end
end

local function check_counts(report, counts, path)
  local names = {}
  for kind in pairs(counts) do names[#names + 1] = kind end
  table.sort(names)
  for _, kind in ipairs(names) do
    local most = kinds.BUTTONS[kind] and kinds.BUTTONS[kind].most
    if most and counts[kind] > most then
      report:over(path, "max_items", counts[kind], "button", most, (" of the type %s"):format(kind))
    end
  end
end

local function check_labels(report, list, path)
  local seen = {}
  for i, button in ipairs(list) do
    local label = text_of(table_of(button).text)
    if label and #variables.find(label) > 0 then
      report:add(("%s[%d].text"):format(path, i), "format", "the label of a button must not have a variable", nil, label)
    end
    if label and seen[label] then
      report:warn(("%s[%d].text"):format(path, i), "unique", ("%s occurs twice, make it unique"):format(shown(label)), nil, label)
    end
    if label then seen[label] = true end
  end
end

---Checks the buttons of one component of a definition.
---@param report whatsapp.report
---@param state table of the definition: .category, .is_authentication, .is_card, .has_id
---@param component table
---@param path string of the component
function buttons.check(report, state, component, path)
  local list, at, counts = table_of(component.buttons), path .. ".buttons", {}
  for i, button in ipairs(list) do
    button = table_of(button)
    local kind, where = capitals(button.type), ("%s[%d]"):format(at, i)
    if kind then counts[kind] = (counts[kind] or 0) + 1 end
    if BUTTON[kind] then BUTTON[kind](report, button, where) end
    if kinds.BUTTONS[kind] and state.is_authentication and kind ~= "OTP" and not state.has_id then
      report:forbid(where, "an authentication template has one button of the type OTP and no other")
    elseif kind == "OTP" and state.category and not state.is_authentication then
      report:forbid(where, "a button of the type OTP is only for a template of the category AUTHENTICATION")
    elseif state.is_card and kinds.BUTTONS[kind] and not kinds.BUTTONS[kind].card then
      report:forbid(where, ("a card must not have a button of the type %s"):format(kind))
    end
  end
  check_counts(report, counts, at)
  check_groups(report, list, at)
  check_labels(report, list, at)
end

return buttons
