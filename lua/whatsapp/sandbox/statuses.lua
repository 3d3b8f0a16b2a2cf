-- Sets the statuses of the messages that a box (a simulated API) has accepted, and makes a webhook of each status. begin() starts
-- the schedule of a message; set() and read() set a status because a test or a user asks for it. A status only moves forward.
--
-- Words: the trace of a message has the members that its statuses need. The ladder has the seconds after which a message gets
-- each status. A rung is one status of the ladder.
local chats = require "whatsapp.sandbox.chats"
local clock = require "whatsapp.sandbox.clock"
local codes = require "whatsapp.wire.error_codes"
local deliveries = require "whatsapp.sandbox.deliveries"
local outbound = require "whatsapp.sandbox.outbound"
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local statuses = {}

local RANK = { accepted = 0, sent = 1, delivered = 2, read = 3, played = 4, failed = 5 }
local LADDER = { "sent", "delivered", "read" }
local DAY = 86400

---@param word any
---@return boolean is_status whether the value is the name of a status
function statuses.is_status(word) return RANK[word] ~= nil end

---status -> the seconds after which a message gets this status; false: a message gets this status only from a test or a user
statuses.DEFAULT = { sent = 0, delivered = 0.5, read = false }

---Checks the option `statuses`. Raises if it is wrong.
---@param options table<string, number|false>?
---@return table<string, number|false> ladder
function statuses.ladder(options)
  local ladder = values.copy(statuses.DEFAULT)
  for word, seconds in pairs(options or values.NONE) do
    if ladder[word] == nil or not (seconds == false or type(seconds) == "number" and seconds >= 0) then
      error("option statuses has sent, delivered and read, each seconds or false; this is wrong: " .. show.value(word), 3)
    end
    ladder[word] = seconds
  end
  return ladder
end

-- ---- the webhook of a status -----------------------------------------------------------------------------------------------

-- returns the member `pricing`: a template costs, any other message is free
local function pricing_of(trace)
  local category = trace.category
  return {
    billable = category ~= "service", pricing_model = "PMP", category = category,
    type = category == "service" and "free_customer_service" or "regular",
  }
end

local function conversation_of(trace, word, at)
  return {
    id = ("%08x"):format(trace.seq), origin = { type = trace.category },
    expiration_timestamp = word == "sent" and clock.stamp(at + DAY) or nil,
  }
end

local function error_of(code, details)
  local known = codes[code]
  local title = known and known.name or "Message failed to send"
  return {
    code = code, title = title, message = title, error_data = { details = details or title },
    href = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
  }
end

local function contacts_of(box, trace)
  local user = box.users.by_id[trace.user]
  if not user then return nil end
  return { { profile = { name = user.name }, wa_id = user.number, user_id = user.user_id } }
end

-- Returns the object of a status in a webhook. For a message to a user id, trace.to is nil, so the status has no recipient_id.
local function status_of(box, trace, word, at, code, details)
  local user = box.users.by_id[trace.user]
  local is_failed = word == "failed"
  return {
    id = trace.id, status = word, timestamp = clock.stamp(at), recipient_id = trace.to,
    recipient_type = trace.is_group and "group" or nil, recipient_user_id = trace.recipient or user and user.user_id,
    biz_opaque_callback_data = trace.opaque,
    conversation = not is_failed and conversation_of(trace, word, at) or nil,
    pricing = not is_failed and pricing_of(trace) or nil,
    errors = is_failed and { error_of(code, details) } or nil,
  }
end

-- Gives a message a status: keeps the status, records an event, and makes a webhook.
local function emit(box, trace, word, at, code, details)
  trace.status = word
  trace.statuses = trace.statuses or {}
  trace.statuses[word] = at
  local entry = chats.find(box, trace.id)
  if entry then entry.status, entry.statuses, entry.error = word, trace.statuses, code or entry.error end
  box:tell { kind = "status", id = trace.id, status = word, user = trace.user, code = code, number = trace.number }
  if not deliveries.has_endpoint(box, trace.number) then return end
  outbound.change(box, {
    number = trace.number, what = word, about = trace.id, to = trace.user or trace.to, is_status = true,
  }, {
    contacts = word ~= "failed" and contacts_of(box, trace) or nil,
    statuses = { status_of(box, trace, word, at, code, details) },
  })
end

-- ---- the schedule -------------------------------------------------------------------------------------------------------

local climb

-- Adds a rung to the work of the clock. The seconds of every rung count from the time at which the message was accepted.
local function schedule(box, trace, rung)
  local seconds = box.ladder[LADDER[rung]]
  if not seconds then return end
  trace.box, trace.rung = box, rung
  box.clock:at(trace.at + seconds, climb, trace)
end

-- Returns whether the user has blocked the business. Then the message does not arrive: its status stays "sent".
local function is_blocked(box, trace)
  local user = box.users.by_id[trace.user]
  return user ~= nil and user.blocked == true
end

-- Gives a message the status of a rung, and schedules the next rung. The clock calls this function when the rung is due.
function climb(trace, at)
  local box, rung = trace.box, trace.rung
  local word = LADDER[rung]
  if trace.status == "failed" then return end
  if rung > 1 and is_blocked(box, trace) then return end
  if RANK[word] > RANK[trace.status] then emit(box, trace, word, at) end
  if trace.fails and word == "sent" then return emit(box, trace, "failed", at, trace.fails) end
  schedule(box, trace, rung + 1)
end

local FAIL = { status = true }
local UNDELIVERABLE = 131026

---Starts the schedule of an accepted message. A rule of chaos may decide that the message fails.
---@param box whatsapp.sandbox
---@param trace table id, number, user, to, recipient, is_group, opaque, category, seq; fails: the error code with which the
---message fails after "sent"
---@param type string of the message
function statuses.begin(box, trace, type)
  local rule = box.chaos:fire(FAIL, { type = type, to = trace.user or trace.to, fails = true })
  if rule then trace.fails = rule.code or UNDELIVERABLE end
  trace.at, trace.status = box.clock:now(), "accepted"
  schedule(box, trace, 1)
end

-- status -> the next rung
local NEXT = { accepted = 1, sent = 2, delivered = 3 }

---Continues the schedule of a message from a loaded state.
---@param box whatsapp.sandbox
---@param trace table
function statuses.resume(box, trace)
  if NEXT[trace.status] then schedule(box, trace, NEXT[trace.status]) end
end

-- ---- statuses that a test or a user sets ---------------------------------------------------------------------------------

-- Gives a message a status now. Before "read" and "played", the message also gets "sent" and "delivered", if it has not got them.
local function move(box, trace, word, code, details)
  local at = box.clock:now()
  if word ~= "failed" then
    for _, step in ipairs(LADDER) do
      if RANK[step] < RANK[word] and RANK[step] > RANK[trace.status] and step ~= "read" then emit(box, trace, step, at) end
    end
  end
  emit(box, trace, word, at, code, details)
end

---Gives a message a status now, if the status is after the current one.
---@param box whatsapp.sandbox
---@param id string of the message
---@param word string "sent", "delivered", "read", "played" or "failed"
---@param code integer? the error code of "failed", 131026 if absent
---@return table? result { id, status }
---@return string? problem
function statuses.set(box, id, word, code)
  local entry = chats.find(box, id)
  if not entry then return nil, ("there is no message %s"):format(tostring(id)) end
  if not entry.trace then return nil, ("%s is never delivered"):format(id) end
  if word == "failed" then code = code or UNDELIVERABLE end
  if entry.trace.status == "failed" then return nil, ("%s has failed"):format(id) end
  if RANK[word] <= RANK[entry.trace.status] then return nil, ("%s is %s already"):format(id, entry.trace.status) end
  move(box, entry.trace, word, code)
  return { id = id, status = word }
end

---Gives the status "read" to one message that a user got, or to all messages that the user has not read.
---@param box whatsapp.sandbox
---@param user whatsapp.sandbox.user
---@param id string? of the message; all if absent
---@return table? result { read }: how many messages got the status
---@return string? problem
function statuses.read(box, user, id)
  if id then
    local entry = chats.find(box, id)
    if not entry or entry.user ~= user.id then return nil, ("read: %s has no message %s"):format(user.name, id) end
  end
  local count = 0
  for _, entry in ipairs(chats.sent_to(box, user)) do
    local trace = entry.trace
    if (id == nil or id == entry.id) and trace and RANK[trace.status] < RANK.read then
      move(box, trace, "read")
      count = count + 1
    end
  end
  return { read = count }
end

return statuses
