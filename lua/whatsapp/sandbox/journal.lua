-- The journal of a box (a simulated API): its last events, each with a number. Readers of the stream ask after() for the events
-- after the number that they have. A full journal forgets its oldest events; after() tells a reader that has missed some of them.
-- Only the newest 1,000 events keep the bytes of requests and webhooks.
local journal = {}

---@class whatsapp.sandbox.event
---@field seq integer its number, from 1
---@field at number seconds since 1970, by the clock of the box
---@field kind "request"|"inbound"|"status"|"delivery"|"clock"|"chaos"|"template"|"media"|"flow"|"handshake"|"reset" the other
---members depend on the kind

local Journal = {}
Journal.__index = Journal

local ROW = 300 -- bytes of an event without its strings
local WHOLE = 1000 -- this number of the newest events keep the members BYTES
local BYTES = { "request", "response", "body" }

local function bytes_of(event)
  local bytes = ROW
  for _, value in pairs(event) do
    if type(value) == "string" then bytes = bytes + #value end
  end
  return bytes
end

-- removes the members BYTES from an event
local function shorten(self, event)
  if not event then return end
  local before = bytes_of(event)
  for _, name in ipairs(BYTES) do event[name] = nil end
  self.bytes = self.bytes - before + bytes_of(event)
end

-- forgets the oldest event
local function forget(self)
  self.bytes = self.bytes - bytes_of(self.events[self.first])
  self.events[self.first] = nil
  self.first = self.first + 1
end

---Adds an event. Sets its members `seq` and `at`.
---@param event table
---@return table event the same table
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
---@param limit integer? the largest number of events; all if absent
---@return table[] events after this number, the oldest first
---@return boolean gap true: the journal has forgotten some events after this number
function Journal:after(after, limit)
  after = after or 0
  local from, list = math.max(after + 1, self.first), {}
  for seq = from, math.min(self.last, from + (limit or math.huge) - 1) do list[#list + 1] = self.events[seq] end
  return list, after + 1 < self.first
end

---Returns an event as a reader may see it: without the blanks that nginx has added to the end of the request (see server.lua).
---@param event table
---@return table event the same table, or a copy
function journal.shown(event)
  if not event.blanks then return event end
  local copy = {}
  for name, value in pairs(event) do copy[name] = value end
  copy.blanks, copy.request = nil, event.request and event.request:sub(1, -event.blanks - 1)
  return copy
end

---@param now fun(): number the clock of the box
---@param max integer the largest number of events
---@param max_bytes integer the largest number of bytes; the newest event may have more
---@return table journal
function journal.new(now, max, max_bytes)
  return setmetatable({ now = now, max = max, max_bytes = max_bytes, events = {}, first = 1, last = 0, bytes = 0 }, Journal)
end

return journal
