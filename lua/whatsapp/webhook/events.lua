-- Makes one list of events from the decoded body of a webhook: an event for every message, status, error and other change.
-- Never raises and never drops a part, whatever the body contains: an unknown part becomes an event of kind "change" with `raw`.
local core = require "whatsapp.core"
local content = require "whatsapp.webhook.content"
local event_line = require "whatsapp.webhook.event_line"
local outcome = require "whatsapp.wire.outcome"
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local events = {}

local next, setmetatable, type = next, setmetatable, type -- locals, because the code uses them many times for each body
local EVENT = event_line.metatable

---@class whatsapp.event
---@field kind "message"|"status"|"error"|"echo"|"payment"|"standby"|"change" standby: another app has the conversation, takes it
---or hands it over; a bot must not answer this event
---@field field string? the webhook's field: "messages", "account_update", ...
---@field waba_id string? the id of the WhatsApp Business Account
---@field phone_number_id string? the id of the business's number
---@field raw whatsapp.json_object the part of the body, as it was received: the message, the status, the error, the change, or an
---unknown part
---@field value any the value of the change that contained this part, with its contacts and metadata
---@field time integer? the time at which the API made the entry, in seconds since 1970
---@field id string? the message's id; of a status or a payment: the id of the message that you sent
---@field type string? the message's type: "text", "interactive", ...; of a handover: "control_passed" or "control_taken"; of a
---status: its type, if the API names one
---@field from string? the sender's phone number, if the API names it
---@field from_user_id string? the sender's business-scoped id
---@field previous_user_id string? of a system message: the sender's earlier business-scoped id
---@field to string? of an echo: the recipient's phone number or business-scoped id
---@field group_id string? the group's id, if the message is in a group
---@field timestamp integer? the time of the message, the status or the change, in seconds since 1970
---@field contact whatsapp.json_object? the contact of the sender or the recipient
---@field name string? the name in the profile of this contact
---@field context whatsapp.json_object? has the id of the message that this message answers
---@field text string? the text of the message: its body, caption, button, place, names of contacts, or emoji of a reaction. If
---the event has `details` (an error, a failed status, a message with errors): the error, unless the message also has a text
---@field reply_id string? the id of the button, row or product that the user chose, or of the order that the user pays
---@field response whatsapp.json_object? the user's answers in a flow
---@field media whatsapp.json_object? the file: id, mime_type, sha256, ...
---@field voicemail true? true: the file is a voicemail, and `id` is the id of a call
---@field payment whatsapp.json_object? of a payment: its data; of a message about a payment: the method or the result of the
---payment
---@field status string? of a status or a payment: "sent", "delivered", "read", "played", "failed", ...
---@field recipient_id string? of a status: a phone number, or a group's id
---@field recipient_user_id string? of a status: the recipient's business-scoped id
---@field participant string? of a status of a message to a group: the participant
---@field stamp string? the message's biz_opaque_callback_data
---@field details whatsapp.details? of an error, a failed status or a message with errors

-- ---- values in the right type ------------------------------------------------------------------------------------------

local integer, string = values.integer, values.text_of_id

-- returns true for a list, also for an empty one; false for an object that has members
local function is_list(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

-- ---- contacts ----------------------------------------------------------------------------------------------------------

-- returns a table: each phone number and each business-scoped id -> its contact
local function index_of(contacts)
  local by_id = {}
  for i = #contacts, 1, -1 do -- if two contacts have the same id, the first contact is used
    local contact = contacts[i]
    if type(contact) == "table" then
      local wa_id, user_id = string(contact.wa_id), string(contact.user_id)
      if wa_id then by_id[wa_id] = contact end
      if user_id then by_id[user_id] = contact end
    end
  end
  return by_id
end

-- Returns the contact with this phone number or this business-scoped id. `from` has the fields that all events of a change share
-- (see add_entry). The first contact is nearly always the right one, and needs no index.
local function contact_of(from, phone, user_id)
  local contacts = from.contacts
  if type(contacts) ~= "table" or not (phone or user_id) then return nil end
  local first = contacts[1]
  if type(first) == "table" and phone and first.wa_id == phone then return first end
  from.by_id = from.by_id or index_of(contacts)
  return phone and from.by_id[phone] or user_id and from.by_id[user_id] or nil
end

local function name_of(contact)
  local profile = contact.profile
  if type(profile) == "table" and type(profile.name) == "string" then return profile.name end
end

-- ---- items of a value --------------------------------------------------------------------------------------------------

-- returns the event for a part of an unknown kind or of an unknown form
local function change_of(from, raw)
  return setmetatable({
    kind = from.kind or "change", field = from.field, waba_id = from.waba_id, phone_number_id = from.phone_number_id,
    time = from.time, value = from.value, raw = raw,
  }, EVENT)
end

local function set_failure(event, failed)
  local err, details = outcome.reported(failed)
  event.text, event.details = show.line(err), details
end

local function set_first_failure(event, errors)
  local failed = is_list(errors) and errors[1]
  if type(failed) == "table" then set_failure(event, failed) end
end

local function message(raw, from)
  local id, kind, sender, user_id = raw.id, raw.type, raw.from, raw.from_user_id
  if type(id) ~= "string" then id = string(id) end
  if type(kind) ~= "string" then kind = string(kind) end
  if type(sender) ~= "string" then sender = string(sender) end
  if user_id ~= nil and type(user_id) ~= "string" then user_id = string(user_id) end
  local contact = contact_of(from, sender, user_id)
  local event = setmetatable({
    kind = "message", field = from.field, waba_id = from.waba_id, phone_number_id = from.phone_number_id, time = from.time,
    value = from.value, raw = raw, id = id, type = kind, from = sender, from_user_id = user_id,
    timestamp = integer(raw.timestamp), contact = contact, name = contact and name_of(contact),
    text = nil, -- reserves the slot; content.fill sets it
  }, EVENT)
  if raw.group_id ~= nil then event.group_id = string(raw.group_id) end
  if type(raw.context) == "table" then event.context = raw.context end
  if raw.errors ~= nil then set_first_failure(event, raw.errors) end
  if kind then content.fill(event, kind, raw) end
  if event.media and id and id:find "^wacid%." then event.voicemail = true end
  return event
end

local function echo(raw, from)
  local event = message(raw, from)
  event.kind, event.to = "echo", string(raw.to) or string(raw.to_user_id)
  return event
end

-- Only a status whose type is absent or "message" is about a message. The status of a payment does not say whether a message
-- was delivered.
local STATUS_KINDS = { message = "status", payment = "payment" }

local function kind_of_status(raw)
  if raw.type == nil or raw.type == core.null then return "status" end
  return STATUS_KINDS[raw.type] or "change"
end

local function status(raw, from)
  local word = string(raw.status)
  local recipient, user_id = string(raw.recipient_id), string(raw.recipient_user_id)
  local participant = string(raw.recipient_participant_id) or string(raw.participant_recipient_id)
    or string(raw.recipient_participant_user_id)
  local contact = contact_of(from, participant or recipient, user_id)
  local event = setmetatable({
    kind = kind_of_status(raw), field = from.field, waba_id = from.waba_id, phone_number_id = from.phone_number_id,
    time = from.time, value = from.value, raw = raw, id = string(raw.id), timestamp = integer(raw.timestamp),
    status = word and word:lower(),
    recipient_id = recipient, recipient_user_id = user_id, participant = participant, contact = contact,
    name = contact and name_of(contact), stamp = string(raw.biz_opaque_callback_data),
  }, EVENT)
  if raw.type ~= nil then event.type = string(raw.type) end
  if type(raw.payment) == "table" then event.payment = raw.payment end
  if raw.errors ~= nil then set_first_failure(event, raw.errors) end
  return event
end

local function failure(raw, from)
  local event = change_of(from, raw)
  event.kind = "error"
  set_failure(event, raw)
  return event
end

-- ---- changes -----------------------------------------------------------------------------------------------------------

-- Field of a change -> how to read its value:
--   lists   rows { name of a list, function that makes an event from an item }, in the order of the events
--   inside  the member of the value that contains these lists; nil: the value itself contains them
--   kind    the kind of all these events; nil: each function sets the kind
local MESSAGES = { { "messages", message }, { "statuses", status }, { "errors", failure }, { "message_echoes", echo } }
local ECHOES = { { "message_echoes", echo } }
local FIELDS = {
  messages = { lists = MESSAGES },
  smb_message_echoes = { lists = ECHOES }, message_echoes = { lists = ECHOES },
  standby = { lists = MESSAGES, inside = "standby", kind = "standby" },
  messaging_handovers = { lists = {}, kind = "standby" },
}
local OTHER = { lists = {} }

-- members of a value that need no event
local KNOWN = { contacts = true, metadata = true, messaging_product = true }
local AROUND = { standby = true, metadata = true, messaging_product = true } -- the same for a value with `inside`

-- adds an item that is not an object; the event's `raw` names the list of the item
local function add_odd(list, from, name, item)
  list[#list + 1] = change_of(from, { [name] = item })
end

local function add_items(list, from, name, make, items)
  for i = 1, #items do
    local item = items[i]
    if type(item) == "table" then
      local event = make(item, from)
      if from.kind then event.kind = from.kind end
      list[#list + 1] = event
    else
      add_odd(list, from, name, item)
    end
  end
end

-- the number of a table's members that are not in `known`
local function count_unknown(object, known)
  local count = 0
  for name in next, object do
    if not known[name] then count = count + 1 end
  end
  return count
end

-- adds the events of a table's lists; returns true if the table has such a list, and no other member that needs an event
local function add_lists(list, from, lists, holder)
  local read = 0
  for i = 1, #lists do
    local name = lists[i][1]
    local items = holder[name]
    if items ~= nil and is_list(items) then
      add_items(list, from, name, lists[i][2], items)
      read = read + 1
    end
  end
  return read > 0 and count_unknown(holder, KNOWN) == read
end

-- adds the events of a value; returns true if the value has a list of events, and no other member that needs an event
local function add_value(list, from, row, value)
  if not row.inside then
    from.contacts = value.contacts
    return add_lists(list, from, row.lists, value)
  end
  local holder = value[row.inside]
  if type(holder) ~= "table" then return false end
  from.contacts = holder.contacts
  return add_lists(list, from, row.lists, holder) and count_unknown(value, AROUND) == 0
end

-- sets the fields of a handover: another app takes the conversation, or gives it to this app
local function fill_handover(event, value)
  local sender, recipient = value.sender, value.recipient
  event.type = string(value.type)
  if type(sender) == "table" then
    event.from, event.from_user_id = string(sender.phone_number), string(sender.user_id)
  end
  if type(recipient) == "table" then event.phone_number_id = string(recipient.phone_number_id) end
end

local IN_CHANGE = { field = true, value = true }
local IN_ENTRY = { id = true, time = true, changes = true }
local IN_BODY = { object = true, entry = true }

local function add_change(list, from, change)
  local value = change.value
  from.field, from.value, from.phone_number_id, from.by_id = string(change.field), value, nil, nil
  local row = FIELDS[from.field] or OTHER
  from.kind, from.contacts = row.kind, nil
  local is_table = type(value) == "table"
  if is_table and type(value.metadata) == "table" then from.phone_number_id = string(value.metadata.phone_number_id) end
  if is_table and add_value(list, from, row, value) and count_unknown(change, IN_CHANGE) == 0 then return end
  local event = change_of(from, change)
  if is_table then
    event.timestamp = integer(value.timestamp)
    if from.field == "messaging_handovers" then fill_handover(event, value) end
  end
  list[#list + 1] = event
end

local function add_entry(list, entry)
  -- the fields that all changes of this entry share; add_change sets the other fields for each change
  local from = {
    waba_id = string(entry.id), time = integer(entry.time),
    field = nil, value = nil, phone_number_id = nil, by_id = nil, contacts = nil, kind = nil,
  }
  local changes = entry.changes
  if is_list(changes) then
    for i = 1, #changes do
      local change = changes[i]
      if type(change) == "table" then
        add_change(list, from, change)
      else
        add_odd(list, { waba_id = from.waba_id, time = from.time }, "changes", change)
      end
    end
    if count_unknown(entry, IN_ENTRY) == 0 then return end
  end
  list[#list + 1] = change_of({ waba_id = from.waba_id, time = from.time }, entry)
end

---Returns the events of a webhook.
---@param body whatsapp.json_object the decoded body of the webhook
---@return whatsapp.event[]
function events.of(body)
  local list, entries = { nil }, body.entry
  if is_list(entries) then
    for i = 1, #entries do
      if type(entries[i]) == "table" then
        add_entry(list, entries[i])
      else
        add_odd(list, {}, "entry", entries[i])
      end
    end
    if count_unknown(body, IN_BODY) == 0 then return list end
  end
  list[#list + 1] = change_of({}, body)
  return list
end

return events
