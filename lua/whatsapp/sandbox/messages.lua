-- The endpoints of the sandbox for messages. The answers have the form of the API's answers. The steps for a message:
--   1. check()              the core checks the message, as in the client
--   2. templates.refuse()   compares a template message with its template
--   3. refuse_to()          refuses the message if the user is blocked, a limit is reached, or the window is closed
--   4. keep()               keeps the message, and starts its statuses; each status becomes a webhook
local chaos = require "whatsapp.sandbox.chaos"
local chats = require "whatsapp.sandbox.chats"
local core = require "whatsapp.core"
local graph = require "whatsapp.sandbox.graph"
local json = require "whatsapp.wire.json"
local recipient = require "whatsapp.send.recipient"
local statuses = require "whatsapp.sandbox.statuses"
local templates = require "whatsapp.sandbox.templates"
local values = require "whatsapp.util.values"

local CLOSED, BLOCKED = 131047, 130403 -- error codes

local answer, refuse = graph.answer, graph.refuse

local messages = {}

-- ---- checks -------------------------------------------------------------------------------------------------------------

-- rule of a problem -> code and title of the API's error; every other rule has NOT_VALID
local CODES = {
  required = { 131008, "Required parameter is missing" },
  min_chars = { 131008, "Required parameter is missing" },
  type = { 100, "Invalid parameter" },
  unknown = { 100, "Invalid parameter" },
  forbidden = { 100, "Invalid parameter" },
}
local NOT_VALID = { 131009, "Parameter value is not valid" }

-- Returns the response for a message that the core refuses. The first problem decides the code; the details name all problems.
local function refuse_message(details)
  local code = CODES[details.problems[1].rule] or NOT_VALID
  local lines = {}
  for i, problem in ipairs(details.problems) do lines[i] = problem.message end
  local response = refuse(code[2], code[1], table.concat(lines, "\n"))
  response.problems = details.problems
  return response
end

local function is_template(message)
  return type(message.type) == "string" and message.type:lower() == "template" or message.template ~= nil
end

-- Returns whether `to` has a user id, such as US.123. A user id belongs into `recipient`. But the API accepts such a message,
-- answers with a message id and the wa_id 123, and never delivers the message.
local function is_misaddressed(message)
  return recipient.is_user_id(message.to)
end

-- Returns the response that refuses a message; nil: the core accepts the message. The core refuses a user id in `to`, but the API
-- accepts it. So the core checks a copy of the message, with only the part of `to` after the last dot.
local function check(message)
  local checked = values.copy(message)
  if is_misaddressed(message) then checked.to = message.to:match "%w+$" end
  local ok, _, details = core.validate(checked)
  return not ok and refuse_message(details) or nil
end

-- ---- accepted messages ---------------------------------------------------------------------------------------------------

-- returns the item of `contacts` in the answer
local function contact_of(message)
  local to = message.to
  if to == nil then return { input = message.recipient, user_id = message.recipient } end
  if is_misaddressed(message) then return { input = to, wa_id = to:match "%w+$" } end
  return { input = to, wa_id = message.recipient_type ~= "group" and to:gsub("[^%w]", "") or nil }
end

-- returns a text as a string of JSON; most texts need no escape
local function quoted(text)
  if text:find '[%c"\\\128-\255]' then return json.encode({ text }):sub(2, -2) end
  return '"' .. text .. '"'
end

-- Returns the response to an accepted message. Writes the JSON itself, so that the members have the API's order.
local function taken(message, id)
  local contact = contact_of(message)
  local who = { '"input":' .. quoted(contact.input) }
  if contact.wa_id then who[2] = '"wa_id":' .. quoted(contact.wa_id) end
  if contact.user_id then who[#who + 1] = '"user_id":' .. quoted(contact.user_id) end
  return {
    status = 200, headers = { ["content-type"] = "application/json; charset=UTF-8" },
    body = ('{"messaging_product":"whatsapp","contacts":[{%s}],"messages":[{"id":%s%s}]}'):format(table.concat(who, ","),
      quoted(id), is_template(message) and ',"message_status":"accepted"' or ""),
  }
end

-- returns the trace of a message (see statuses.lua)
local function trace_of(entry, user)
  local message = entry.message
  local is_group = message.recipient_type == "group"
  return {
    id = entry.id, number = entry.from, user = user and user.id, is_group = is_group or nil,
    to = message.to and (is_group and message.to or message.to:gsub("[^%w]", "")) or nil, recipient = message.recipient,
    opaque = message.biz_opaque_callback_data, category = is_template(message) and "utility" or "service",
    seq = entry.seq,
  }
end

-- Returns the user that gets the message; adds the user if the box does not have the user. nil: the message goes to a group.
local function user_of(box, message)
  if message.recipient_type == "group" then return nil end
  local user = box.users:user(message.to or message.recipient)
  return user
end

-- Returns two booleans: whether the window refuses the message, and whether the message is accepted and fails later. A message
-- that is not a template needs an open window. A user opens the window for 24 hours by a message or a call. For a user who never
-- wrote or called, the window is closed only with the option window = "strict". With "late", a message outside the window fails
-- later.
local function is_outside(box, number, user, message)
  if box.window == "off" or message.recipient_type == "group" or is_template(message) then return false, false end
  local ends = user and user.windows[number]
  local is_closed = ends and box.clock:now() >= ends or not ends and box.window == "strict"
  if box.window == "late" then return false, is_closed end
  return is_closed, false
end

-- keeps an accepted message, and starts its statuses; returns its entry
local function keep(box, number, message, bytes)
  local is_lost = is_misaddressed(message)
  local entry = { id = box:new_message_id(), message = message, at = box.clock:now(), from = number, seq = box:next_seq() }
  local user = not is_lost and user_of(box, message) or nil
  entry.to, entry.status = message.to or message.recipient, "accepted"
  if is_lost then
    box.shelves.undelivered:put(entry, bytes)
    return entry
  end
  entry.user = user and user.id or message.to
  entry.trace = trace_of(entry, user)
  local _, fails = is_outside(box, number, user, message)
  entry.trace.fails = fails and CLOSED or nil
  if user then user.number_id = number end
  box.shelves.messages:put(entry, bytes)
  statuses.begin(box, entry.trace, message.type)
  return entry
end

-- if the message is a reaction, adds it to the message of the user, or removes it
local function react(box, message)
  local reaction = message.reaction
  local target = type(reaction) == "table" and chats.find_inbound(box, reaction.message_id)
  if target then target.reaction = reaction.emoji ~= "" and reaction.emoji or nil end
end

local function mark_read(box, message)
  local entry = chats.find_inbound(box, message.message_id)
  if entry then entry.read, entry.typing = true, message.typing_indicator ~= nil or nil end
  return answer(200, { success = true })
end

-- Returns the response that refuses a message, because the business has blocked the user, a limit is reached, or the window is
-- closed; nil: the message may pass.
local function refuse_to(box, number, user, message)
  if user and box.blocked_users[user.id] then return chaos.error(BLOCKED) end
  local refused = box.traffic:refuse(number, user and user.id or message.to)
  if refused then return refused end
  if is_outside(box, number, user, message) then return chaos.error(CLOSED) end
end

-- Answers a message that the core accepts. A body with the member `status` is not a message: it marks a message of a user as
-- read.
local function accept(box, number, message, bytes)
  if message.status ~= nil then return mark_read(box, message) end
  local kept = box.shelves[is_misaddressed(message) and "undelivered" or "messages"]
  if not kept:fits(bytes) then
    local problem = ("The body has %d bytes, but the sandbox keeps at most %d"):format(bytes, kept.max_bytes)
    return refuse("Invalid parameter", 100, problem)
  end
  local user = box.users:find(message.to or message.recipient)
  local refused = refuse_to(box, number, user, message)
  if refused then return refused end
  local entry = keep(box, number, message, bytes)
  react(box, message)
  local response = taken(message, entry.id)
  response.entry = entry
  return response
end

-- ---- endpoints ----------------------------------------------------------------------------------------------------------

-- returns the response to a message; nil: there is no such number
local function post(box, message, bytes, number)
  if not box.numbers:find(number) then return nil end
  if message.messaging_product == nil then return refuse("The parameter messaging_product is required.", 100) end
  local refused = check(message) or templates.refuse(box, message)
  if refused then return refused end
  if message.to ~= nil then message.to = values.text_of_id(message.to) end
  return accept(box, number, message, bytes)
end

messages.post = graph.reads_json(post)

messages.post_marketing = graph.reads_json(function(box, message, bytes, number)
  if not is_template(message) then return refuse("Method not allowed", 131055) end
  return post(box, message, bytes, number)
end)

-- status of a message -> delivery_status in message_history
local HISTORY = {
  accepted = "SENT", sent = "SENT", delivered = "DELIVERED", read = "READ", played = "READ", failed = "FAILED",
}

---The endpoint message_history: returns the status of one message.
---@return table response
function messages.get_history(box, request)
  local id = graph.query(request).message_id
  local entry = id and chats.find(box, id)
  if not entry then return refuse("Invalid parameter", 100) end
  local word = entry.trace and HISTORY[entry.status] or "ACCEPTED"
  local event = { delivery_status = word, webhook_update_state = "PENDING", timestamp = math.floor(box.clock:now()) }
  return answer(200, { data = { { id = "history." .. id, message_id = id, events = { data = { event } } } } })
end

return messages
