-- Addresses: decides which member of a message names the recipient. A phone number and a group's id go to `to`; a
-- business-scoped user id goes to `recipient`. An event is an address, too: of the user who sent the message, or of the group.
-- Works on plain tables; never sends, and never changes its arguments.
local values = require "whatsapp.util.values"

local recipient = {}

---@class whatsapp.addressed the members of a message that name the recipient
---@field to string|integer|nil a phone number, or a group's id
---@field recipient string? a business-scoped user id
---@field recipient_type "individual"|"group"|nil

---Every function with a recipient takes an address: a phone number, a group's id, a business-scoped user id such as
---"US.13491208655302741918", a table { to = } or { recipient = }, or an event of a webhook (the message then goes to the user
---or the group of the event).
---@alias whatsapp.Address string|integer|whatsapp.addressed|whatsapp.event

local MEMBERS = { "to", "recipient", "recipient_type" }

-- two letters of a country, a dot, and letters or digits; an id with ENT belongs to a portfolio of businesses
local USER_IDS = { "^%a%a%.%w+$", "^%a%a%.ENT%.%w+$" }

---@param value any
---@return boolean is_user_id true for a business-scoped user id, such as "US.13491208655302741918"
function recipient.is_user_id(value)
  if type(value) ~= "string" then return false end
  for _, pattern in ipairs(USER_IDS) do
    if value:find(pattern) then return true end
  end
  return false
end

-- Each id of a group begins with "capi_group:" in base64.
local GROUP_ID = "^Y2FwaV9ncm91cDo"

-- returns the members for one id
local function members_of_id(id)
  if recipient.is_user_id(id) then return { recipient = id } end
  if type(id) == "string" and id:find(GROUP_ID) then return { recipient_type = "group", to = id } end
  return { to = id }
end

-- ---- events -------------------------------------------------------------------------------------------------------------

local STANDBY = "another app answers this conversation: a standby event must not be answered"

-- Kind of an event -> the fields that name the user; the first field that is present counts. A status and an echo belong to
-- messages that the business sent: so the user is their recipient.
local FROM_SENDER = { "from", "from_user_id" }
local SENDERS = {
  status = { "recipient_id", "recipient_user_id" },
  echo = { "to" },
}

-- returns the members for the user or the group of an event; or nil, err
local function members_of_event(event)
  if event.kind == "standby" then return nil, STANDBY end
  if event.group_id then return { recipient_type = "group", to = event.group_id } end
  for _, name in ipairs(SENDERS[event.kind] or FROM_SENDER) do
    if event[name] then return members_of_id(event[name]) end
  end
  return nil, "the event names no user or group to send to"
end

-- ---- addresses ----------------------------------------------------------------------------------------------------------

-- Returns the members for a table with `to` or `recipient`. Copies all members: the check of the message then refuses members
-- that do not belong there. A business-scoped user id in `to` moves to `recipient`; for a group's id in `to`, recipient_type
-- becomes "group".
local function members_of_table(address)
  local members = values.copy(address)
  if members.recipient ~= nil then return members end
  members.to = nil
  for name, value in pairs(members_of_id(address.to)) do
    if members[name] == nil then members[name] = value end
  end
  return members
end

-- type of an address -> the function that reads it
local READERS = {
  string = members_of_id,
  number = function(number)
    if values.id(number) then return { to = number } end
    return nil, "an address that is a number must be a whole number with all its digits"
  end,
  table = function(address)
    if type(address.kind) == "string" then return members_of_event(address) end
    return members_of_table(address)
  end,
}

---@param address whatsapp.Address
---@return whatsapp.addressed? members a new table with members of a message
---@return string? err
---@return boolean? is_data with err: true if the address is an event: a wrong event is not the caller's mistake
function recipient.of(address)
  local read = READERS[type(address)]
  if not read then
    return nil, "an address is a phone number, the id of a group or user, a table with `to` or `recipient`, or an event, got a "
      .. type(address)
  end
  local members, err = read(address)
  if members then return members end
  return nil, err, type(address) == "table" and type(address.kind) == "string"
end

---@generic T: table
---@param message T
---@param address whatsapp.addressed members from recipient.of, or another message
---@param always boolean? true: the new address replaces an address in the message
---@return T copy the message with the address; without `always`, an address in the message stays
function recipient.address(message, address, always)
  local addressed = values.copy(message)
  if not always and (addressed.to ~= nil or addressed.recipient ~= nil) then return addressed end
  for _, name in ipairs(MEMBERS) do
    local member = rawget(address, name)
    if always and (name ~= "recipient_type" or member ~= nil) then addressed[name] = member
    elseif addressed[name] == nil then addressed[name] = member end
  end
  return addressed
end

-- ---- answers ------------------------------------------------------------------------------------------------------------

---@param event whatsapp.event
---@param message whatsapp.Message if it has an address, the address stays
---@return whatsapp.Message? copy the message to the sender or the group of the event
---@return string? err
function recipient.to(event, message)
  local members, err = members_of_event(event)
  if not members then return nil, err end
  return recipient.address(message, members)
end

---@param event whatsapp.event of kind "message"
---@param message whatsapp.Message
---@return whatsapp.Message? copy the message to the sender or the group of the event; it quotes the message of the event
---@return string? err
function recipient.reply(event, message)
  local reply, err = recipient.to(event, message)
  if not reply then return nil, err end
  if not event.id then return nil, "the event has no id" end
  reply.context = reply.context or { message_id = event.id }
  return reply
end

---@param event whatsapp.event of kind "message"
---@param emoji string "" removes an earlier reaction
---@return whatsapp.ReactionMessage? message
---@return string? err
function recipient.reaction(event, emoji)
  local reaction, err = recipient.to(event, { type = "reaction", reaction = { message_id = event.id, emoji = emoji } })
  if not reaction then return nil, err end
  if not event.id then return nil, "the event has no id" end
  return reaction
end

return recipient
