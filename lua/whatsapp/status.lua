-- Tracks messages after the API accepted them. A tracker keeps one state for each message. It reads the statuses of webhooks,
-- which may come in any order and more than once. A state only moves forward, so the last state is the same for every order.
-- Never sends anything.
local expiring = require "whatsapp.util.expiring"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"
local user_ids = require "whatsapp.webhook.user_ids"

local status = {}

---@class whatsapp.state
---@field id string? the message's id; nil while only its stamp is known
---@field stamp string?
---@field status "unknown"|"accepted"|"sent"|"delivered"|"read"|"played"|"failed"
---@field at table<string, integer|true> the time of each status that the message reached; true if the time is unknown
---@field text string? the error of a failed message
---@field details whatsapp.details? the details of a failed message, as client:send returns them
---@field participants table<string, whatsapp.state>? for a message to a group: the state of each participant

---The order of statuses. No status comes after `failed`.
status.RANK = { unknown = 0, accepted = 1, sent = 2, delivered = 3, read = 4, played = 5, failed = 6 }
local RANK = status.RANK

-- ---- states ------------------------------------------------------------------------------------------------------------

local function new_state(id, stamp)
  return { id = id, stamp = stamp, status = "unknown", at = {} }
end

local function earlier(a, b)
  if a == nil or a == true then return b == nil and a or b end
  if b == nil or b == true then return a end
  return math.min(a, b)
end

-- Returns whether failure `a` comes before failure `b`. A state shows its earliest failure, so the order of the events does not
-- matter.
local function is_before(a, b)
  if a.time ~= b.time then return (a.time or math.huge) < (b.time or math.huge) end
  if a.details.code ~= b.details.code then return (a.details.code or math.huge) < (b.details.code or math.huge) end
  if a.text ~= b.text then return (a.text or "") < (b.text or "") end
  return a.details.stamp ~= nil and b.details.stamp == nil
end

local MOST_UNKNOWN = 8 -- a message may have at most this number of statuses that are not in RANK

-- returns whether the time of this status may be kept: the number of statuses that are not in RANK is bounded
local function may_note(state, word)
  if RANK[word] or state.at[word] ~= nil then return true end
  state.unknown = (state.unknown or 0) + 1
  return state.unknown <= MOST_UNKNOWN
end

local function advance(state, word, time)
  if not may_note(state, word) then return false end
  state.at[word] = earlier(state.at[word], time or true)
  if (RANK[word] or 0) <= RANK[state.status] then return false end
  state.status = word
  return true
end

local UNTOLD = "the message failed, and the API gave no reason"

local function fail(state, failure)
  if state.failure and not is_before(failure, state.failure) then return end
  state.failure, state.text, state.details = failure, failure.text, failure.details
end

-- returns whether the state moved
local function apply(state, event)
  local moved = advance(state, event.status, event.timestamp)
  if event.status ~= "failed" then return moved end
  local details = { kind = "api", retryable = false, may_have_been_sent = false }
  for name, value in pairs(event.details or {}) do details[name] = value end
  details.stamp = event.stamp
  fail(state, { time = event.timestamp, text = event.text or UNTOLD, details = details })
  return moved
end

-- ---- the tracker -------------------------------------------------------------------------------------------------------

---@class whatsapp.tracker
local tracker = {}
tracker.__index = tracker

-- Removes a state from the look-up tables. The state belongs to a message (then its participants' states go too), or to a
-- participant.
local function forget(self, state)
  local message = state.message
  if message then
    if message.participants then message.participants[state.participant] = nil end
    return
  end
  if state.id and self.by_id[state.id] == state then self.by_id[state.id] = nil end
  if state.stamp and self.by_stamp[state.stamp] == state then self.by_stamp[state.stamp] = nil end
  for _, other in pairs(state.participants or {}) do self.states:delete(other) end
end

local function keep(self, state)
  self.states:set(state, true, self.ttl)
end

local function add(self, id, stamp)
  local state = new_state(id, stamp)
  keep(self, state)
  return state
end

-- Finds the state of a message by its id, its stamp or both; if there is no such state, makes it. A message keeps its first
-- stamp.
local function find(self, id, stamp)
  local of_id = id and self.by_id[id]
  if of_id and of_id.stamp and of_id.stamp ~= stamp then stamp = nil end
  local of_stamp = stamp and self.by_stamp[stamp]
  if of_stamp and id and of_stamp.id ~= id then
    -- Another message has this stamp. If it has an id, it keeps the stamp, and the new message is found by its id only. If it has
    -- no id because it was refused, the stamp passes to the new message.
    local refused = not of_stamp.id and of_stamp.status == "failed"
    if refused then self.by_stamp[stamp] = nil end
    if of_stamp.id or refused then of_stamp = nil end
  end
  local state = of_id or of_stamp or add(self, id, stamp)
  if of_id and of_stamp and of_id ~= of_stamp then -- the state of the stamp has no id: both states belong to one message
    self.by_stamp[stamp] = of_id
    self.states:delete(of_stamp)
  end
  if id then state.id, self.by_id[id] = id, state end
  if stamp and not self.by_stamp[stamp] then self.by_stamp[stamp] = state end
  if stamp and not state.stamp then state.stamp = stamp end
  return state
end

-- returns the state of the message for one participant of a group
local function find_participant(self, message, participant)
  message.participants = message.participants or {}
  local state = message.participants[participant]
  if not state then
    state = new_state(message.id)
    state.message, state.participant, message.participants[participant] = message, participant, state
  end
  keep(self, state)
  return state
end

local function string_or_nil(value)
  if type(value) == "string" then return value end
end

---Takes the three values that client:send returned, and returns them: `tracker:sent(client:send(message))`.
---@param result whatsapp.Result?
---@param err string?
---@param details whatsapp.info|whatsapp.details|nil
---@return whatsapp.Result? result
---@return string? err
---@return whatsapp.info|whatsapp.details|nil details
function tracker:sent(result, err, details)
  local stamp = string_or_nil(type(details) == "table" and details.stamp)
  local first = type(result) == "table" and type(result.messages) == "table" and result.messages[1]
  local id = type(first) == "table" and string_or_nil(first.id)
  if id then
    advance(find(self, id, stamp), "accepted")
  elseif not result and stamp then
    local state = find(self, nil, stamp)
    if details.may_have_been_sent then
      state.unsettled = details
    else
      advance(state, "failed")
      fail(state, { text = err, details = details })
    end
  end
  return result, err, details
end

---Takes an event of webhook.parse. Keeps statuses. Learns which business-scoped ids belong to one user.
---@param event whatsapp.event
---@return boolean moved true if the message's state moved forward
function tracker:feed(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  if event.kind == "message" then
    self.ids:learn(string_or_nil(event.previous_user_id), string_or_nil(event.from_user_id))
  end
  if event.kind ~= "status" or type(event.id) ~= "string" or type(event.status) ~= "string" then return false end
  local state = find(self, event.id, event.stamp)
  keep(self, state)
  if event.participant then state = find_participant(self, state, event.participant) end
  return apply(state, event)
end

local function list_in(value, name)
  local list = type(value) == "table" and value[name]
  return type(list) == "table" and list or {}
end

---Takes the answer of client:message_history, and treats its events as events of a webhook.
---@param history whatsapp.History the answer of the API
---@return boolean moved true if a message's state moved forward
function tracker:history(history)
  local moved = false
  for _, message in ipairs(list_in(history, "data")) do
    local events = list_in(message, "events")
    for _, event in ipairs(events.data and list_in(events, "data") or events) do
      local word = type(event) == "table" and string_or_nil(event.delivery_status)
      moved = word and self:feed {
        kind = "status", id = message.message_id, status = word:lower(), timestamp = tonumber(event.timestamp),
      } or moved
    end
  end
  return moved
end

-- returns a participant's state; if the participant had several ids, the state with the highest rank
local function state_of_participant(self, message, participant)
  local furthest
  for _, id in ipairs(message.participants and self.ids:all(participant) or {}) do
    local state = message.participants[id]
    if state and (not furthest or RANK[state.status] > RANK[furthest.status]) then furthest = state end
  end
  return furthest
end

---Returns the state of a message, or its state for one participant of a group.
---@param id string the message's id, or its stamp
---@param participant string? a participant of a group
---@return whatsapp.state? state the caller must not change it
function tracker:state(id, participant)
  local state = self.by_id[id] or self.by_stamp[id]
  if state and participant then return state_of_participant(self, state, participant) end
  return state
end

local function timed_out(state, wanted, seconds)
  local details = { kind = "transport", retryable = false, may_have_been_sent = true }
  local before = state and state.status == "unknown" and state.unsettled
  for name, value in pairs(before or {}) do details[name] = value end
  details.status = state and state.status or "unknown"
  return nil, ("after %g seconds the status is %s, not %s"):format(seconds, details.status, wanted), details
end

---Waits until a message reaches a status (or a later status), or until it fails. Other code must feed the events during the wait.
---@param id string the message's id, or its stamp
---@param wanted "accepted"|"sent"|"delivered"|"read"|"played"
---@param timeout number seconds
---@param participant string?
---@return whatsapp.state? state
---@return string? err
---@return whatsapp.details? details as client:send returns them; after a time-out they have .status
function tracker:await(id, wanted, timeout, participant)
  if not RANK[wanted] then error("tracker:await does not know the status " .. show.value(wanted), 2) end
  if not self.sleep then error("await needs the option sleep of the tracker: status.tracker { sleep = cqueues.sleep }", 2) end
  local waited = 0
  while true do
    local state = self:state(id, participant)
    if state and state.status == "failed" and wanted ~= "failed" then return nil, state.text, state.details end
    if state and RANK[state.status] >= RANK[wanted] then return state end
    if waited >= timeout then return timed_out(state, wanted, timeout) end
    local pause = math.min(self.interval, timeout - waited)
    self.sleep(pause)
    waited = waited + pause
  end
end

---@class whatsapp.tracker_options
---@field sleep (fun(seconds: number))? suspends the caller of `await`; for example cqueues.sleep or ngx.sleep
---@field interval number? seconds between two checks of `await`, 0.05 if absent
---@field max integer? largest number of states in memory, 100,000 if absent; each message has one state, and each participant of
---a group has one state for each message
---@field ttl number? seconds that a state stays in memory after its last status; 30 days if absent, because the API tries to
---deliver a message for 30 days
---@field now (fun(): number)? seconds since 1970, os.time if absent
---@field on_forget (fun(state: whatsapp.state))? called for each state that is removed before its ttl is over, because of `max`;
---if it raises, the tracker goes on, and its member forget_error has the error

local OPTIONS = {
  sleep = "callable", interval = "amount", max = "count", ttl = "amount", now = "callable", on_forget = "callable",
}
local MONTH = 30 * 86400

---Makes a tracker.
---@param options whatsapp.tracker_options?
---@return whatsapp.tracker
function status.tracker(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local self = setmetatable({
    sleep = checked.sleep, interval = checked.interval or 0.05, ttl = checked.ttl or MONTH, by_id = {}, by_stamp = {},
  }, tracker)
  local max = checked.max or 100000
  self.ids = user_ids.new(max, checked.now)
  self.states = expiring.new {
    max = max, now = checked.now, on_forget = checked.on_forget, owner = self,
    on_drop = function(state) forget(self, state) end,
  }
  return self
end

return status
