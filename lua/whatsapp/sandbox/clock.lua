-- The clock of a box (a simulated API), and the work that is due later. With a real clock, the time of the box passes by itself,
-- and a test can move it ahead. Without a real clock, the time passes only if a test moves it. The clock never goes back, and
-- never waits. advance() and set() call run_until(), a function of the box that does the due work.
local queue = require "whatsapp.util.queue"

local clock = {}

---@class whatsapp.sandbox.clock
---@field offset number seconds by which the clock is ahead of the real clock
---@field frozen boolean true: the clock is stopped
local Clock = {}
Clock.__index = Clock

---@return number seconds since 1970
function Clock:now()
  if not self.frozen then self.time = math.max(self.time, self.real() + self.offset) end
  return self.time
end

-- ---- work -----------------------------------------------------------------------------------------------------------------
-- The heap has one item for each time; the item has a queue with all work for this time. So work for the same time is done in the
-- order in which it was added.

---Adds work: the box will call work(subject, time) when the clock shows the time.
---@param time number seconds since 1970; work for a past time is due at once
---@param work fun(subject: any, time: number)
---@param subject any not nil
function Clock:at(time, work, subject)
  local moment = self.moments[time]
  if not moment then
    moment = { wakes = time, works = queue.fifo() }
    self.moments[time] = moment
    self.heap:push(moment)
  end
  moment.works:push(work)
  moment.works:push(subject)
end

---@return number? seconds until the next work is due; 0: some work is due now; nil: no work waits
function Clock:due()
  local first = self.heap[1]
  return first and math.max(0, first.wakes - self:now())
end

---Removes and returns the next work that is due at a time or earlier.
---@param time number
---@return (fun(subject: any, time: number))? work nil: no work is due
---@return any subject the argument for the work
---@return number? at the time at which the work is due
function Clock:next(time)
  local first = self.heap[1]
  if not first or first.wakes > time then return nil end
  local work, subject = first.works:pop(), first.works:pop()
  if first.works:size() == 0 then
    self.heap:pop()
    self.moments[first.wakes] = nil
  end
  return work, subject, first.wakes
end

-- Forgets all work.
function Clock:clear() self.heap, self.moments = queue.heap(), {} end

-- ---- moving the clock -----------------------------------------------------------------------------------------------------

-- Moves the clock without running any work.
function Clock:move(time)
  local now = self:now()
  if time <= now then return end
  self.offset, self.time = self.offset + time - now, time
end

---@param value any
---@return boolean is_time true: the value can be a time or a duration in seconds
function clock.is_time(value) return type(value) == "number" and value == value and math.abs(value) < 2 ^ 40 end

---Moves the clock forward. Does all work that becomes due, in the order of its times; the clock shows the time of each piece of
---work.
---@param seconds number 0 or more
---@return number now
function Clock:advance(seconds)
  if not clock.is_time(seconds) or seconds < 0 then error("advance must be a number of seconds, 0 or more", 2) end
  self.run_until(self:now() + seconds)
  self.on_move()
  return self:now()
end

---Moves the clock to a time, as advance() does.
---@param time number seconds since 1970; not before now
---@return number now
function Clock:set(time)
  if not clock.is_time(time) then error("set must be a number of seconds since 1970", 2) end
  if time < self:now() then error(("set: the clock cannot go back (it is %.3f)"):format(self:now()), 2) end
  self.run_until(time)
  self.on_move()
  return self:now()
end

---Stops the clock; or lets it continue from the same time. advance() and set() also move a stopped clock.
---@param frozen boolean? true, or absent: stops the clock
function Clock:freeze(frozen)
  frozen = frozen ~= false
  if frozen == self.frozen then return end
  local now = self:now()
  self.frozen = frozen
  if not frozen then self.offset = now - self.real() end
  self.on_move()
end

---@param time number
---@return string stamp whole seconds, as the API writes times
function clock.stamp(time) return ("%.0f"):format(math.floor(time)) end

---@param real (fun(): number)? a real clock in seconds since 1970; if absent, only advance(), set() and the transport move the
---time
---@return whatsapp.sandbox.clock clock the box replaces its functions run_until() and on_move()
function clock.new(real)
  local start = os.time()
  local self = setmetatable({
    real = real or function() return start end, offset = 0, frozen = false, time = 0, heap = queue.heap(), moments = {},
  }, Clock)
  self.run_until = function(time) self:move(time) end
  self.on_move = function() end
  return self
end

return clock
