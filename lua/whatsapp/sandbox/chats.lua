-- Finds the messages of a box (a simulated API): messages of the business, and messages of users. An entry is a message with its
-- data in the box. Changes nothing.
local chats = {}

---Finds a message of the business.
---@param box whatsapp.sandbox
---@param id any
---@return table? entry
function chats.find(box, id)
  return box.shelves.messages.by_id[id] or box.shelves.undelivered.by_id[id]
end

---Finds a message of a user.
---@param box whatsapp.sandbox
---@param id any
---@return table? entry
function chats.find_inbound(box, id) return box.shelves.inbound.by_id[id] end

---Returns the newest message to a user.
---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@param fits (fun(entry: table): any)? returns whether an entry counts; if absent, all entries count
---@return table? entry
function chats.last(box, user, fits)
  local list = box.messages
  for i = #list, 1, -1 do
    if list[i].user == user.id and (not fits or fits(list[i])) then return list[i] end
  end
end

---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@return table[] entries of the messages to a user, the newest last
function chats.sent_to(box, user)
  local found = {}
  for _, entry in ipairs(box.messages) do
    if entry.user == user.id then found[#found + 1] = entry end
  end
  return found
end

---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@return table[] entries of the messages from and to a user, the newest last
function chats.entries(box, user)
  local found = chats.sent_to(box, user)
  for _, entry in ipairs(box.inbound) do
    if entry.user == user.id then found[#found + 1] = entry end
  end
  table.sort(found, function(a, b) return a.seq < b.seq end)
  return found
end

---@param box whatsapp.sandbox
---@return table<string, integer> counts id of a user -> how many messages the user has not read
function chats.unread(box)
  local counts = {}
  for _, entry in ipairs(box.messages) do
    if not (entry.statuses and entry.statuses.read) then counts[entry.user] = (counts[entry.user] or 0) + 1 end
  end
  return counts
end

---Finds the definition of the template of a message.
---@param box whatsapp.sandbox
---@param entry table
---@return table? definition nil: the message is no template message, or the box does not have the template
function chats.definition(box, entry)
  local template = entry.message.template
  if type(template) ~= "table" then return nil end
  return box.templates:find(template)
end

---Returns the phone number of the business, for the member `from` of a quote.
---@param box whatsapp.sandbox
---@param id string phone_number_id
---@return string digits
function chats.display(box, id)
  local number = box.numbers.by_id[id] or box.numbers.list[1]
  return number.display_phone_number
end

return chats
