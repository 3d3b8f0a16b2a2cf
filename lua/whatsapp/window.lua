-- Knows which users may get a message that is not a template. A user's message or call opens a window of 24 hours; in this time
-- the API takes every type of message. A book keeps the time at which each user's window closes. It learns from events. It only
-- advises, because the API decides. Never sends anything.
local expiring = require "whatsapp.util.expiring"
local options_of = require "whatsapp.util.options"
local user_ids = require "whatsapp.webhook.user_ids"
local values = require "whatsapp.util.values"

local window = {}

local integer = values.integer

local DAY = 24 * 3600 -- also after a click on an ad: the click changes prices for 72 hours, but the window is open for 24
local KEEP = 30 * DAY -- the book remembers a closed window for this time
local CLOSED = 131047 -- the API's code for a message that came after the window had closed

---@class whatsapp.window_book
local book = {}
book.__index = book

-- returns the digits of a phone number; a business-scoped id unchanged; nil for other values
local function plain(to)
  if type(to) == "number" then return values.text_of_id(to) end
  if type(to) ~= "string" then return nil end
  local id = to:find "%a" and to or to:gsub("%D", "")
  return id ~= "" and id or nil
end

-- Opens a user's window for one number of the business. The key "" keeps the latest closing time of all numbers.
local function open_for(self, id, phone_number_id, until_when)
  if not id then return end
  local now = self.now()
  local windows = self.users:get(id, now) or { [""] = until_when }
  windows[""] = math.max(windows[""], until_when)
  if phone_number_id then windows[phone_number_id] = math.max(windows[phone_number_id] or 0, until_when) end
  self.users:set(id, windows, windows[""] - now + KEEP, now)
end

-- opens a window that begins at `time`; a time in the future counts as now
local function open_from(self, phone_number_id, time, ...)
  local now = self.now()
  local until_when = math.min(time or now, now) + DAY
  for i = 1, 2 do open_for(self, plain((select(i, ...))), phone_number_id, until_when) end
end

-- ---- calls -------------------------------------------------------------------------------------------------------------

local STEPS = { connect = true, terminate = true } -- events of a call; the other events are about its recording

-- A user's call opens a window, whether the business answers it or not. A call of the business opens a window only if the user
-- answers it: an answered call has a duration.
local function feed_call(self, event, call)
  local time = integer(call.start_time) or integer(call.timestamp)
  if not STEPS[call.event] then return end
  if call.direction == "USER_INITIATED" then
    open_from(self, event.phone_number_id, time, call.from, call.from_user_id)
  elseif call.direction == "BUSINESS_INITIATED" and (integer(call.duration) or 0) > 0 then
    open_from(self, event.phone_number_id, time, call.to, call.to_user_id)
  end
end

local function feed_call_status(self, event, status)
  if type(status.status) ~= "string" or status.status:upper() ~= "ACCEPTED" then return end
  open_from(self, event.phone_number_id, integer(status.timestamp), status.recipient_id, status.recipient_user_id)
end

local CALLS = { calls = feed_call, statuses = feed_call_status }

local function feed_calls(self, event)
  local value = event.value
  if type(value) ~= "table" then return end
  for name, feed in pairs(CALLS) do
    for _, item in ipairs(type(value[name]) == "table" and value[name] or {}) do
      if type(item) == "table" then feed(self, event, item) end
    end
  end
end

-- ---- the book ----------------------------------------------------------------------------------------------------------

-- returns whether a user wrote the message; a message to another app of the business opens the same window
local function is_from_user(event)
  if event.kind == "message" then return true end
  return event.kind == "standby" and event.field == "standby" and event.status == nil and event.to == nil
end

---Takes an event of webhook.parse. A window opens when a user writes a message outside groups, when a user calls, and when a
---user answers a call of the business. Also learns the new business-scoped id that a message names.
---@param event whatsapp.event
function book:feed(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  if event.kind == "change" and event.field == "calls" then return feed_calls(self, event) end
  if not is_from_user(event) then return end
  local from, user_id = plain(event.from), plain(event.from_user_id)
  self.ids:learn(plain(event.previous_user_id), user_id)
  if event.type == "system" or event.group_id then return end
  self.ids:learn(from, user_id)
  open_from(self, event.phone_number_id, event.timestamp, from, user_id)
end

---Takes the three values that client:send returned, and returns them: `book:sent(client:send(message))`. Learns from `contacts`
---which ids belong to one user: in some countries the phone number has a digit that the WhatsApp id does not have.
---@param result whatsapp.Result?
---@param err string?
---@param details whatsapp.info|whatsapp.details|nil
---@return whatsapp.Result? result
---@return string? err
---@return whatsapp.info|whatsapp.details|nil details
function book:sent(result, err, details)
  local contacts = type(result) == "table" and result.contacts
  for _, contact in ipairs(type(contacts) == "table" and contacts or {}) do
    if type(contact) == "table" then
      local wa_id = plain(contact.wa_id)
      self.ids:learn(wa_id, plain(contact.input))
      self.ids:learn(wa_id or plain(contact.input), plain(contact.user_id))
    end
  end
  return result, err, details
end

---Returns whether a user's window is open now.
---@param to string|integer a phone number, or a business-scoped id
---@param phone_number_id string? the id of the business's number, if the business has several numbers
---@return boolean? open nil: the book knows no window of this user
---@return number? seconds until the window closes; 0 or less if it is closed
function book:open(to, phone_number_id)
  if type(to) ~= "string" and type(to) ~= "number" then
    error("a recipient is a string or a whole number, got a " .. type(to), 2)
  end
  local id, until_when = plain(to), nil
  for _, known in ipairs(id and self.ids:all(id) or {}) do
    local windows = self.users:get(known)
    local other = windows and windows[phone_number_id or ""]
    if other and other > (until_when or 0) then until_when = other end
  end
  if not until_when then return nil end
  local left = until_when - self.now()
  return left > 0, left
end

-- ---- after a window has closed -----------------------------------------------------------------------------------------

-- returns the recipient of a status event, as members of a message
local function address_of(event)
  local is_group = type(event.raw) == "table" and event.raw.recipient_type == "group"
  if event.recipient_id then return { to = event.recipient_id, recipient_type = is_group and "group" or nil } end
  if event.recipient_user_id then return { recipient = event.recipient_user_id } end
end

---Returns the message to send instead of a message that was refused outside the window (code 131047). For a refusal in the
---answer to client:send, use the option `fallback`. For a refusal that comes later, in a `failed` status, use this function.
---@param event whatsapp.event
---@param template whatsapp.Message|whatsapp.Template|fun(event: whatsapp.event): whatsapp.Message? if it has no address, it goes
---to the recipient of the event
---@return whatsapp.Message? message nil: the event is not such a failure, or it has no recipient, or the function returned nil
function window.fallback(event, template)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  local is_callable = values.callable(template)
  if type(template) ~= "table" and not is_callable then error("a template is a message, or a function that returns it", 2) end
  local code = type(event.details) == "table" and event.details.code
  local address = address_of(event)
  if event.kind ~= "status" or event.status ~= "failed" or code ~= CLOSED or not address then return nil end
  if is_callable then template = template(event) end
  if type(template) ~= "table" then return nil end
  local message = values.copy(template)
  if template.name and template.language then message = { template = template } end -- the caller passed only the template
  if message.to ~= nil or message.recipient ~= nil then return message end
  for name, value in pairs(address) do message[name] = value end
  return message
end

---@class whatsapp.window_options
---@field now (fun(): number)? seconds since 1970, os.time if absent
---@field max integer? largest number of users' ids in memory, 100,000 if absent
---@field on_forget (fun(id: string))? called for each id that is removed before its time is over, because of `max`; if
---it raises, the book goes on, and its member forget_error has the error

local OPTIONS = { now = "callable", max = "count", on_forget = "callable" }

---Makes an empty book.
---@param options whatsapp.window_options?
---@return whatsapp.window_book
function window.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local now, max = checked.now or os.time, checked.max or 100000
  local self = setmetatable({ now = now, ids = user_ids.new(max, now) }, book)
  self.users = expiring.new { max = max, now = now, on_forget = checked.on_forget, owner = self }
  return self
end

return window
