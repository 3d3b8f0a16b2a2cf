-- Takes the users' actions to the business. A verb is an action of a user, such as `write` or `press`. perform() gets the message
-- of a verb from verbs.lua, keeps the message, opens the window, and sends the webhook. The window is open for 24 hours:
-- meanwhile the business may send messages without a template.
local clock = require "whatsapp.sandbox.clock"
local outbound = require "whatsapp.sandbox.outbound"
local verbs = require "whatsapp.sandbox.verbs"

local inbound = {}

-- Returns the number to which a user writes: the number with the id. Without an id: the number of the last message from or to
-- this user, or else the first number. If there is no number with the id, returns nil and the problem.
local function number_of(box, user, id)
  if id then
    local number = box.numbers:find(id)
    return number, number == nil and ("there is no number %s"):format(tostring(id)) or nil
  end
  return box.numbers.by_id[user.number_id or ""] or box.numbers.list[1]
end

local function contact_of(user)
  return { profile = { name = user.name }, wa_id = user.number, user_id = user.user_id }
end

local function open_window(box, user, number)
  user.windows[number.id] = box.clock:now() + 24 * 3600
  user.number_id = number.id
end

-- returns about the bytes of a message, for the bound of the list
local function bytes_of(message)
  local text = message.text
  return type(text) == "table" and #text.body + 500 or 1000
end

-- adds the members that every message has
local function complete(box, user, message)
  message.from, message.from_user_id = user.number, user.user_id
  message.id, message.timestamp = box:new_message_id(), clock.stamp(box.clock:now())
  return message
end

-- keeps the message of a user, and sends its webhook; returns { id, message, delivery }
local function receive(box, user, number, message)
  complete(box, user, message)
  local entry = {
    id = message.id, inbound = message, at = box.clock:now(), user = user.id, number = number.id, seq = box:next_seq(),
  }
  box.shelves.inbound:put(entry, bytes_of(message))
  open_window(box, user, number)
  box:tell { kind = "inbound", id = message.id, user = user.id, name = user.name, number = number.id, message = message }
  if box.blocked_users[user.id] then return { id = message.id, message = message } end -- no webhook
  local delivery = outbound.change(box, { number = number.id, what = message.type, about = message.id, to = user.id },
    { contacts = { contact_of(user) }, messages = { message } })
  return { id = message.id, message = message, delivery = delivery }
end

-- ---- calls --------------------------------------------------------------------------------------------------------------

-- Makes a call that the business does not answer. Sends two webhooks: the phone rings, and the call ends. Returns { id, delivery
-- }.
local function call(box, user, number)
  local now = clock.stamp(box.clock:now())
  local id = "wacid." .. box:new_message_id():gsub("^wamid%.", "")
  open_window(box, user, number)
  local message = { type = "call", id = id }
  box:tell { kind = "inbound", id = id, user = user.id, name = user.name, number = number.id, message = message }
  local about = { id = id, direction = "USER_INITIATED", from = user.number, from_user_id = user.user_id,
    to = number.display_phone_number, timestamp = now }
  local connect, terminate = { event = "connect" }, { event = "terminate", status = "FAILED" }
  connect.session = { sdp_type = "offer", sdp = "v=0\r\n" }
  local result = { id = id }
  for i, event in ipairs { connect, terminate } do
    for name, value in pairs(about) do event[name] = value end
    local delivery = outbound.change(box,
      { number = number.id, field = "calls", what = event.event, about = id, to = user.id },
      { contacts = { contact_of(user) }, calls = { event } })
    result.delivery = i == 1 and delivery or result.delivery
  end
  return result
end

-- ---- verbs --------------------------------------------------------------------------------------------------------------

---Performs a verb of a user, and does the due work.
---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@param verb string
---@param body table
---@return table? result { id, message, delivery }; or the result of a verb without a message
---@return string? problem
function inbound.perform(box, user, verb, body)
  box:run_due()
  local number, unknown = number_of(box, user, body.number)
  if not number then return nil, ("%s: %s"):format(verb, unknown) end
  local result, problem, kind = verbs.perform(box, user, verb, body)
  if not result then return nil, problem end
  if kind == "message" then result = receive(box, user, number, result)
  elseif kind == "call" then result = call(box, user, number) end
  box:run_due()
  return result
end

---Sends a recorded message of a user again, with a new id and the current time.
---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@param message table
---@param id string? phone_number_id of the receiver; if absent, or if the box cannot have this number, the first number
---@return table result { id, message, delivery }
function inbound.replay(box, user, message, id)
  local result
  local number = id and box.numbers:find(id) or box.numbers.list[1]
  if message.type == "call" then result = call(box, user, number)
  else result = receive(box, user, number, message) end
  box:run_due()
  return result
end

return inbound
