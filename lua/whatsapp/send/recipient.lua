-- Messages that answer an event of a webhook: to whom they go and what they quote. Plain tables; never sends.
local options = require "whatsapp.util.options"

local answer = {}

-- where an event came from, as the fields of a message; a group is answered in the group
local function recipient_of(event)
  if event.group_id then return { recipient_type = "group", to = event.group_id } end
  if event.from then return { to = event.from } end
  if event.from_user_id then return { recipient = event.from_user_id } end
end

local ADDRESS = { "to", "recipient", "recipient_type" }

---@param event whatsapp.event of kind "message"
---@param message table without an address; what it has instead wins
---@return table? message a copy, addressed to where the event came from
---@return string? text
function answer.to(event, message)
  local address = recipient_of(event)
  if not address then return nil, "the event tells no sender" end
  return answer.addressed(message, address)
end

---@param event whatsapp.event
---@param message table
---@return table? message a copy that quotes the event
---@return string? text
function answer.reply(event, message)
  local reply, text = answer.to(event, message)
  if not reply then return nil, text end
  if not event.id then return nil, "the event has no id" end
  reply.context = reply.context or { message_id = event.id }
  return reply
end

---@param event whatsapp.event
---@param emoji string "" takes a reaction back
---@return table? message
---@return string? text
function answer.reaction(event, emoji)
  if not event.id then return nil, "the event has no id" end
  return answer.to(event, { type = "reaction", reaction = { message_id = event.id, emoji = emoji } })
end

---@param message table
---@param address table to, recipient and recipient_type are taken from it, unless the message has an address
---@return table message a copy
function answer.addressed(message, address)
  local addressed = options.copy(message)
  if message.to ~= nil or message.recipient ~= nil then return addressed end
  for _, name in ipairs(ADDRESS) do addressed[name] = addressed[name] or address[name] end
  return addressed
end

return answer
