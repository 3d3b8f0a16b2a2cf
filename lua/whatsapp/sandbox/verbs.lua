-- The verbs of users. A verb is an action of a user, such as `write` or `press`, with a body of arguments. Each verb is a row of
-- verbs.ROWS: to add a verb, add a row. perform() checks the body, and returns the message that the business gets; a verb without
-- a message changes the box instead. A wrong body never raises an error: perform() returns nil and a sentence.
local crypto = require "whatsapp.crypto"
local buttons = require "whatsapp.sandbox.buttons"
local chats = require "whatsapp.sandbox.chats"
local escaped = require "whatsapp.sandbox.escaped"
local files = require "whatsapp.util.file"
local kinds = require "whatsapp.media.kinds"
local media = require "whatsapp.sandbox.media"
local options_of = require "whatsapp.util.options"
local statuses = require "whatsapp.sandbox.statuses"
local values = require "whatsapp.util.values"

local verbs = {}

-- ---- bodies -------------------------------------------------------------------------------------------------------------

-- returns whether a value is a table that JSON can hold: not nested too deep, and all its strings are UTF-8
local function is_json(value)
  if type(value) ~= "table" then return false end
  local ok, text = pcall(escaped.encode, value)
  return ok and not text:find "[\128-\255]"
end

-- kind of a member of a body -> { test, the words after "must be" }
local KINDS = {
  text = { function(value) return type(value) == "string" and value ~= "" and values.is_utf8(value) end,
    "a string of UTF-8 that is not empty" },
  words = { function(value) return type(value) == "string" and values.is_utf8(value) end, "a string of UTF-8" },
  bytes = { function(value) return type(value) == "string" end, "a string" },
  number = { function(value) return type(value) == "number" and value == value and math.abs(value) <= 180 end,
    "a number of degrees" },
  boolean = { function(value) return type(value) == "boolean" end, "true or false" },
  table = { is_json, "an object that JSON can hold" },
  list = { function(value) return is_json(value) and type(value[1]) == "table" end, "a list of objects that is not empty" },
}

-- the members that every verb with a message takes, in addition to its own members
local COMMON = {
  { "reply_to", "text" }, { "forwarded", "boolean" }, { "frequently_forwarded", "boolean" }, { "referral", "table" },
  { "number", "text" }, { "group_id", "text" }, { "referred_product", "table" },
}

-- returns the row with a name
local function row_of(rows, name)
  for _, row in ipairs(rows) do
    if row[1] == name then return row end
  end
end

-- returns the error for a member that the verb does not take
local function unknown(verb, row, name)
  local names = {}
  for _, rows in ipairs { row.takes, row.make and COMMON or values.NONE } do
    for _, member in ipairs(rows) do names[member[1]] = true end
  end
  return ("%s: %s is not known%s"):format(verb, tostring(name), options_of.hint(name, names))
end

-- returns true if the body fits the verb; or nil and the problem
local function check(verb, row, body)
  for name, value in pairs(body) do
    local member = row_of(row.takes, name) or row.make and row_of(COMMON, name)
    if not member then return nil, unknown(verb, row, name) end
    local kind = KINDS[member[2]]
    if not kind[1](value) then return nil, ("%s: %s must be %s"):format(verb, name, kind[2]) end
  end
  for _, member in ipairs(row.takes) do
    if member.needed and body[member[1]] == nil then return nil, ("%s: %s is missing"):format(verb, member[1]) end
  end
  return true
end

-- ---- the message that a verb is about -------------------------------------------------------------------------------------

-- Returns the entry of a message to the user: the message with the id; without an id, the newest message for which fits() returns
-- true. Without such a message, returns nil and the problem.
local function entry_of(box, user, verb, id, fits)
  if id then
    local entry = chats.find(box, id)
    if entry and entry.user == user.id then return entry end
    return nil, ("%s: %s has no message %s"):format(verb, user.name, id)
  end
  local entry = chats.last(box, user, fits)
  if entry then return entry end
  return nil, ("%s: there is no such message to %s"):format(verb, user.name)
end

-- Returns the function that makes the message of a press. kind_of(button) returns the word for a button that this verb may press,
-- or nil. Without a message id, the user presses a button of the newest message that has such a button.
local function press(verb, kind_of)
  return function(box, user, body)
    local wanted = body.button or body.row
    local function found_in(entry) return buttons.of(entry.message, chats.definition(box, entry)) end
    local entry, problem = entry_of(box, user, verb, body.message, function(entry)
      local found = found_in(entry)
      return found[1] and kind_of(found[1])
    end)
    if not entry then return nil, problem end
    local found = found_in(entry)
    local button = buttons.find(found, wanted)
    if not button then
      return nil, ("%s: no %s `%s` in %s; it has: %s"):format(verb, kind_of(found[1] or {}) or "button", wanted, entry.id,
        found[1] and buttons.names(found) or "nothing to press")
    end
    local message, silent = buttons.press(button)
    if not message then return nil, ("%s: %s"):format(verb, silent) end
    message.context = { from = chats.display(box, entry.from), id = entry.id }
    return message
  end
end

local function any_button(button) return button.kind == "list_reply" and "row" or "button" end
local function only_row(button) return button.kind == "list_reply" and "row" or nil end

local function react(box, user, body)
  local entry, problem = entry_of(box, user, "react", body.message)
  if not entry then return nil, problem end
  entry.reaction = body.emoji ~= "" and body.emoji or nil
  return { type = "reaction", reaction = { message_id = entry.id, emoji = body.emoji ~= "" and body.emoji or nil } }
end

local function is_voice(entry)
  return type(entry.message.audio) == "table" and entry.message.audio.voice == true
end

-- ---- files --------------------------------------------------------------------------------------------------------------

-- Returns the names of all kinds of files, sorted: first the kinds that the API takes, then the others. If several kinds have the
-- same extension, TYPES takes the first of them.
local function names_of_kinds()
  local names = {}
  for name in pairs(kinds.ROWS) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    local is_taken, is_other_taken = kinds.ROWS[a].as ~= nil, kinds.ROWS[b].as ~= nil
    if is_taken ~= is_other_taken then return is_taken end
    return a < b
  end)
  return names
end

-- extension -> MIME type; the main extensions of all kinds come before their other extensions
local TYPES = {}
for _, member in ipairs { "extensions", "also" } do
  for _, name in ipairs(names_of_kinds()) do
    local row = kinds.ROWS[name]
    for _, extension in ipairs(row[member] or values.NONE) do TYPES[extension] = TYPES[extension] or row.type end
  end
end

local function mime_type_of(name)
  return TYPES[(name:match "%.([%w]+)$" or ""):lower()] or "application/octet-stream"
end

-- Returns the bytes of a file: the members `data` or `base64` of the body, or the file at `path`; or nil and the problem.
local function data_of(body)
  if body.data then return body.data end
  if body.path then return files.read(body.path, kinds.MAX_INCOMING) end
  local data = body.base64 and crypto.from_base64(body.base64)
  if data then return data end
  return nil, body.base64 and "base64 is not valid base64" or "base64 is missing"
end

-- returns the message with a file; its type depends on the MIME type
local function file(box, user, body)
  local data, problem = data_of(body)
  if not data then return nil, "file: " .. problem end
  if #data == 0 or #data > kinds.MAX_INCOMING then
    return nil, ("file: the file has %d bytes, it must have 1 to %d"):format(#data, kinds.MAX_INCOMING)
  end
  local name = body.name or (body.path or ""):match "[^/]*$"
  local mime_type = body.mime_type or mime_type_of(name)
  local row = kinds.ROWS[kinds.of_type(mime_type) or ""]
  local type = row and row.as or "document"
  local object = media.keep_inbound(box, { data = data, type = mime_type, filename = name, from = user.id })
  if not object then return nil, "file: the file is too large for the box" end
  object.caption = body.caption
  if type == "document" then object.filename = name end
  if type == "audio" then object.voice = body.voice or false end
  if type == "sticker" then object.animated = false end
  return { type = type, [type] = object }
end

-- ---- answers to flows and catalogs ---------------------------------------------------------------------------------------

-- returns whether a message opens a flow, or asks for an address, which the user answers in the same way
local function is_flow(entry)
  for _, button in ipairs(buttons.of(entry.message)) do
    if button.kind == "flow" then return true end
  end
  local template = entry.message.template
  for _, component in ipairs(type(template) == "table" and template.components or values.NONE) do
    if tostring(component.sub_type):lower() == "flow" then return true end
  end
  local interactive = entry.message.interactive
  return type(interactive) == "table" and interactive.type == "address_message"
end

local function flow(box, user, body)
  local entry, problem = entry_of(box, user, "flow", body.message, is_flow)
  if not entry then return nil, problem end
  local interactive = entry.message.interactive
  local is_address = type(interactive) == "table" and interactive.type == "address_message"
  local response = values.copy(body.response)
  local parameters = type(interactive) == "table" and interactive.action.parameters
  if not is_address and response.flow_token == nil then response.flow_token = parameters and parameters.flow_token or "unused" end
  return {
    type = "interactive", context = { from = chats.display(box, entry.from), id = entry.id },
    interactive = { type = "nfm_reply", nfm_reply = {
      name = body.name or (is_address and "address_message" or "flow"), body = body.text or "Sent",
      response_json = escaped.encode(response),
    } },
  }
end

-- returns the message of an order; fills in the members of its items that the body does not have
local function order(box, user, body)
  local message = { type = "order", order = { catalog_id = body.catalog_id or "194836987003835", text = body.text or "" } }
  local entry = body.message and chats.find(box, body.message)
  if body.message and not (entry and entry.user == user.id) then
    return nil, ("order: %s has no message %s"):format(user.name, body.message)
  end
  local items = {}
  for i, item in ipairs(body.items) do
    if type(item.product_retailer_id) ~= "string" then
      return nil, ("order: items[%d].product_retailer_id is missing"):format(i)
    end
    items[i] = {
      product_retailer_id = item.product_retailer_id, quantity = item.quantity or 1, item_price = item.item_price or 10,
      currency = item.currency or "USD",
    }
  end
  message.order.product_items = items
  if entry then message.context = { from = chats.display(box, entry.from), id = entry.id } end
  return message
end

-- ---- the others ---------------------------------------------------------------------------------------------------------

local function located(_, _, body)
  return { type = "location", location = {
    latitude = body.latitude, longitude = body.longitude, name = body.name, address = body.address, url = body.url,
  } }
end

local function contacts(_, _, body)
  local list = body.contacts or { { name = { formatted_name = body.name, first_name = body.name },
    phones = { { phone = body.phone, wa_id = body.phone and (body.phone:gsub("%D", "")), type = "CELL" } } } }
  for i, contact in ipairs(list) do
    local name = contact.name
    if type(name) ~= "table" or type(name.formatted_name) ~= "string" then
      return nil, ("contact: contacts[%d].name.formatted_name is missing"):format(i)
    end
  end
  return { type = "contacts", contacts = list }
end

local function unsupported(_, _, body)
  return {
    type = "unsupported", unsupported = { type = body.type or "poll_creation" },
    errors = { { code = 131051, title = "Message type unknown", message = "Message type unknown",
      error_data = { details = "Message type is currently not supported." } } },
  }
end

---The verbs. takes: rows { name, kind, needed = } of the members of the body. A row has one of these: make, a function(box, user,
---body) that returns the message for the business, or nil and the problem; act, the same function for a verb without a message,
---which returns the result; is_call, true for the verb `call`, which inbound.lua does.
---@type table<string, table>
verbs.ROWS = {
  write = {
    takes = { { "text", "text", needed = true } },
    make = function(_, _, body) return { type = "text", text = { body = body.text } } end,
  },
  press = { takes = { { "button", "words", needed = true }, { "message", "text" } }, make = press("press", any_button) },
  choose = { takes = { { "row", "words", needed = true }, { "message", "text" } }, make = press("choose", only_row) },
  react = { takes = { { "emoji", "words", needed = true }, { "message", "text" } }, make = react },
  file = {
    takes = {
      { "name", "text" }, { "mime_type", "text" }, { "base64", "bytes" }, { "data", "bytes" }, { "path", "text" },
      { "caption", "text" }, { "voice", "boolean" },
    },
    make = file,
  },
  location = {
    takes = {
      { "latitude", "number", needed = true }, { "longitude", "number", needed = true }, { "name", "text" },
      { "address", "text" }, { "url", "text" },
    },
    make = located,
  },
  contact = { takes = { { "contacts", "list" }, { "name", "text" }, { "phone", "text" } }, make = contacts },
  flow = {
    takes = { { "response", "table", needed = true }, { "message", "text" }, { "name", "text" }, { "text", "text" } },
    make = flow,
  },
  order = {
    takes = {
      { "items", "list", needed = true }, { "message", "text" }, { "catalog_id", "text" }, { "text", "words" },
    },
    make = order,
  },
  unsupported = { takes = { { "type", "text" } }, make = unsupported },
  read = { takes = { { "message", "text" } }, act = function(box, user, body) return statuses.read(box, user, body.message) end },
  play = {
    takes = { { "message", "text" } },
    act = function(box, user, body)
      local entry, problem = entry_of(box, user, "play", body.message, is_voice)
      if not entry then return nil, problem end
      return statuses.set(box, entry.id, "played")
    end,
  },
  block = { takes = {}, act = function(_, user)
    user.blocked = true
    return { blocked = true }
  end },
  unblock = { takes = {}, act = function(_, user)
    user.blocked = false
    return { blocked = false }
  end },
  call = { takes = { { "number", "text" } }, is_call = true },
}
verbs.ROWS.contacts = verbs.ROWS.contact

-- copies the members of COMMON from a body into the message, or into its context
local function add_common(message, body)
  message.referral, message.group_id = body.referral, body.group_id
  local context = message.context or {}
  context.id = body.reply_to or context.id
  context.forwarded, context.frequently_forwarded = body.forwarded, body.frequently_forwarded
  context.referred_product = body.referred_product
  if next(context) then message.context = context end
end

---Performs a verb.
---@param box table
---@param user whatsapp.sandbox.user
---@param verb string
---@param body table
---@return table? result the message that the business gets; or the result of a verb without a message
---@return string? problem
---@return "message"|"call"|nil kind "message": `result` is a message; nil: the verb is done
function verbs.perform(box, user, verb, body)
  local row = verbs.ROWS[verb]
  if not row then return nil, ("there is no verb %s"):format(tostring(verb)) end
  local ok, problem = check(verb, row, body)
  if not ok then return nil, problem end
  if row.is_call then return {}, nil, "call" end
  if row.act then return row.act(box, user, body) end
  local message
  message, problem = row.make(box, user, body)
  if not message then return nil, problem end
  if body.reply_to then
    local quoted = chats.find(box, body.reply_to) or chats.find_inbound(box, body.reply_to)
    if not quoted then return nil, ("%s: there is no message %s to answer to"):format(verb, body.reply_to) end
    message.context = { from = quoted.inbound and user.number or chats.display(box, quoted.from) }
  end
  add_common(message, body)
  return message, nil, "message"
end

return verbs
