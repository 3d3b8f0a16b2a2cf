-- The numbered events of a box (a simulated API), for its stream, its record and the terminal. A full journal forgets its oldest
-- events; a reader that has missed events gets `gap`. Never waits for a reader.
local journal = {}

---@class whatsapp.sandbox.event
---@field seq integer its number, from 1
---@field at number seconds since 1970, by the clock of the box
---@field kind "request"|"inbound"|"status"|"delivery"|"clock"|"chaos"|"template"|"media"|"flow"|"handshake"|"reset"

local Journal = {}
Journal.__index = Journal

local ROW = 300 -- bytes of an event, besides its strings
local WHOLE = 1000 -- the newest events keep the bytes of requests and webhooks
local BYTES = { "request", "response", "body" }

local function bytes_of(event)
  local bytes = ROW
  for _, value in pairs(event) do
    if type(value) == "string" then bytes = bytes + #value end
  end
  return bytes
end

-- removes requests, responses and bodies from an event that is not among the newest
local function shorten(self, event)
  if not event then return end
  local before = bytes_of(event)
  for _, name in ipairs(BYTES) do event[name] = nil end
  self.bytes = self.bytes - before + bytes_of(event)
end

local function forget(self)
  self.bytes = self.bytes - bytes_of(self.events[self.first])
  self.events[self.first] = nil
  self.first = self.first + 1
end

---@param event table gets `seq` and `at`
---@return table event
function Journal:add(event)
  self.last = self.last + 1
  event.seq, event.at = self.last, event.at or self.now()
  self.events[self.last] = event
  self.bytes = self.bytes + bytes_of(event)
  shorten(self, self.events[self.last - WHOLE])
  while self.last - self.first >= self.max or (self.bytes > self.max_bytes and self.first < self.last) do forget(self) end
  return event
end

---@param after integer? the number of the last event that the reader has; 0 if absent
---@param limit integer? events at most, all if absent
---@return table[] events the oldest first
---@return boolean gap true: events that the reader does not have were forgotten
function Journal:after(after, limit)
  after = after or 0
  local from, list = math.max(after + 1, self.first), {}
  for seq = from, math.min(self.last, from + (limit or math.huge) - 1) do list[#list + 1] = self.events[seq] end
  return list, after + 1 < self.first
end

---Returns an event without the blanks that nginx added to the bytes of a request.
---@param event table
---@return table event
function journal.shown(event)
  if not event.blanks then return event end
  local copy = {}
  for name, value in pairs(event) do copy[name] = value end
  copy.blanks, copy.request = nil, event.request and event.request:sub(1, -event.blanks - 1)
  return copy
end

---@param now fun(): number
---@param max integer events
---@param max_bytes integer
function journal.new(now, max, max_bytes)
  return setmetatable({ now = now, max = max, max_bytes = max_bytes, events = {}, first = 1, last = 0, bytes = 0 }, Journal)
end

return journal
