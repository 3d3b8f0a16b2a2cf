-- Finds the buttons and rows of a message that a user can press, also those of its cards, and makes the message that the user
-- sends by a press. Never sends, and never raises for a message that the core accepts.
local buttons = {}

---@class whatsapp.sandbox.button
---@field id string? the id that the business gave the button; for a link, its URL
---@field title string? the text that the user sees
---@field kind string a key of REPLIES, or of SILENT: a press of the button sends no message
---@field description string? the description of a row of a list

local EMPTY = {}

local function list(value) return type(value) == "table" and value or EMPTY end
local function member(value, name) return type(value) == "table" and value[name] or nil end

-- ---- interactive messages -----------------------------------------------------------------------------------------------

local function add_replies(found, action)
  for _, button in ipairs(list(member(action, "buttons"))) do
    local reply = member(button, "reply") or member(button, "quick_reply")
    if reply then found[#found + 1] = { kind = "button_reply", id = reply.id, title = reply.title } end
  end
end

local function add_rows(found, action)
  for _, section in ipairs(list(member(action, "sections"))) do
    for _, row in ipairs(list(member(section, "rows"))) do
      found[#found + 1] = { kind = "list_reply", id = row.id, title = row.title, description = row.description }
    end
  end
end

local function add_cards(found, action)
  for _, card in ipairs(list(member(action, "cards"))) do add_replies(found, member(card, "action")) end
end

local function add_link(found, action)
  local parameters = member(action, "parameters") or EMPTY
  found[#found + 1] = { kind = "link", title = parameters.display_text, id = parameters.url }
end

local function add_flow(found, action)
  local parameters = member(action, "parameters") or EMPTY
  found[#found + 1] = { kind = "flow", title = parameters.flow_cta, id = parameters.flow_id or parameters.flow_name }
end

local function add_permission(found)
  found[#found + 1] = { kind = "call_permission_reply", id = "accept", title = "Allow" }
  found[#found + 1] = { kind = "call_permission_reply", id = "reject", title = "Not now" }
end

-- type of an interactive message -> function that adds its buttons
local INTERACTIVE = {
  button = add_replies, list = add_rows, carousel = add_cards, cta_url = add_link, flow = add_flow,
  call_permission_request = add_permission,
}

-- ---- templates ----------------------------------------------------------------------------------------------------------

-- Adds the quick replies of a template. Their titles come from its definition, their payloads from the components of the message.
-- Without a definition, adds only the quick replies for which the message has a payload.
local function add_quick_replies(found, components, definition)
  local payloads = {}
  for _, component in ipairs(list(components)) do
    local first = list(component.parameters)[1]
    if tostring(component.type):lower() == "button" and tostring(component.sub_type):lower() == "quick_reply" then
      payloads[tonumber(component.index) or 0] = member(first, "payload") or member(first, "text") or ""
    end
    for _, card in ipairs(list(component.cards)) do add_quick_replies(found, card.components) end
  end
  local titles = {}
  for _, component in ipairs(list(member(definition, "components"))) do
    for i, button in ipairs(list(component.buttons)) do
      if tostring(button.type):upper() == "QUICK_REPLY" then titles[i - 1] = button.text end
    end
  end
  for index = 0, 9 do
    local title = titles[index] or payloads[index]
    if title then found[#found + 1] = { kind = "button", id = payloads[index] or title, title = title } end
  end
end

---@param message table of the business
---@param definition table? the definition of its template
---@return whatsapp.sandbox.button[] buttons in the order of the message
function buttons.of(message, definition)
  local found = {}
  local interactive = member(message, "interactive")
  local add = interactive and INTERACTIVE[interactive.type]
  if add then add(found, interactive.action) end
  local template = member(message, "template")
  if template then add_quick_replies(found, template.components, definition) end
  return found
end

-- ---- presses ------------------------------------------------------------------------------------------------------------

local function interactive(kind, reply)
  return { type = "interactive", interactive = { type = kind, [kind] = reply } }
end

-- kind of a button -> function that returns the message of a press
local REPLIES = {
  button_reply = function(button) return interactive("button_reply", { id = button.id, title = button.title }) end,
  list_reply = function(button)
    return interactive("list_reply", { id = button.id, title = button.title, description = button.description })
  end,
  button = function(button) return { type = "button", button = { payload = button.id, text = button.title } } end,
  call_permission_reply = function(button)
    return interactive("call_permission_reply", { response = button.id, response_source = "user_action" })
  end,
}

-- kind of a button whose press sends no message -> why, as the rest of a sentence
local SILENT = {
  link = "opens a link and sends nothing",
  flow = "opens a flow: answer it with the verb `flow`",
}

---Makes the message of a press.
---@param button whatsapp.sandbox.button
---@return table? message its type, and the object of this type
---@return string? problem why a press sends no message
function buttons.press(button)
  local reply = REPLIES[button.kind]
  if reply then return reply(button) end
  return nil, ("`%s` %s"):format(button.title or button.id or "?", SILENT[button.kind])
end

---Finds a button by its id; if there is none of this id, by its title.
---@param found whatsapp.sandbox.button[]
---@param wanted string the id or the title of a button
---@return whatsapp.sandbox.button? button
function buttons.find(found, wanted)
  for _, name in ipairs { "id", "title" } do
    for _, button in ipairs(found) do
      if button[name] == wanted then return button end
    end
  end
end

---@param found whatsapp.sandbox.button[]
---@return string ids of the buttons, or titles if they have no id, separated by commas
function buttons.names(found)
  local names = {}
  for i, button in ipairs(found) do names[i] = tostring(button.id or button.title) end
  return table.concat(names, ", ")
end

return buttons
