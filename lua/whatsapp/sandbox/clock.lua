-- The clock of a box (a simulated API), and the work that is due at its times. Without a real clock, the clock moves only if a
-- program moves it. It never goes back, never waits, and never runs work by itself.
local queue = require "whatsapp.util.queue"

local clock = {}

---@class whatsapp.sandbox.clock
---@field offset number seconds by which the clock is ahead of the real clock
---@field frozen boolean true: the clock has stopped
local Clock = {}
Clock.__index = Clock

---@return number seconds since 1970
function Clock:now()
  if not self.frozen then self.time = math.max(self.time, self.real() + self.offset) end
  return self.time
end

-- ---- work -----------------------------------------------------------------------------------------------------------------
-- All work for one time is in one queue, so that it runs in the order in which it was added. The heap has one queue for each
-- time.

---Adds work to the clock: `work(subject, time)` is due at a time.
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

---@return number? seconds until the next work is due, 0 if it is due; nil: nothing waits
function Clock:due()
  local first = self.heap[1]
  return first and math.max(0, first.wakes - self:now())
end

---Takes the next work that is due at a time, or earlier.
---@param time number
---@return (fun(subject: any, time: number))? work
---@return any subject
---@return number? at the time at which the work was due
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
---@return boolean is_time true: the value can be a time or a duration, in seconds
function clock.is_time(value) return type(value) == "number" and value == value and math.abs(value) < 2 ^ 40 end

---Moves the clock forward, and does all work that becomes due, one by one, each at its time.
---@param seconds number not below 0
---@return number now
function Clock:advance(seconds)
  if not clock.is_time(seconds) or seconds < 0 then error("advance must be a number of seconds, 0 or more", 2) end
  self.run_until(self:now() + seconds)
  self.on_move()
  return self:now()
end

---Moves the clock to a time, as `advance` does.
---@param time number seconds since 1970; not before now
---@return number now
function Clock:set(time)
  if not clock.is_time(time) then error("set must be a number of seconds since 1970", 2) end
  if time < self:now() then error(("set: the clock cannot go back (it is %.3f)"):format(self:now()), 2) end
  self.run_until(time)
  self.on_move()
  return self:now()
end

---Stops the clock, or continues it from the same time. advance and set also move a stopped clock.
---@param frozen boolean? true if absent
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

---@param real (fun(): number)? a clock in seconds since 1970; if absent, only advance, set and the transport move the time
---@return whatsapp.sandbox.clock
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
