-- Sends one short request in a new light thread while the caller waits. If the time is over or the transport is closed, the
-- caller kills this thread. nginx's own time-outs are not enough: nginx ignores them while it looks up a name, logs an error
-- for each time-out of a read, and goes on reading after the transport was closed.
--
-- A worker of resty/workers does the same with two light threads, and costs three times as much. This file is not used for
-- files and progress: a killed thread would leave a file open, and would not report the end of the progress.
local clock = require "whatsapp.transport.resty.clock"
local failures = require "whatsapp.transport.failure"
local values = require "whatsapp.util.values"

local alone = {}

local LINGER = 0.1 -- the most seconds that a thread waits, after the answer, until the caller kills it

local now = clock.now

-- A guard connects the thread and its caller. The exchange uses a guard in place of a worker: both have ring() and within().
local Guard = {}
Guard.__index = Guard

---Wakes the caller.
function Guard:ring()
  if self.bell:count() < 1 then self.bell:post(1) end
end

---Runs a call in the thread, and returns its results, at most two. During the call, the caller may kill the thread when these
---seconds are over.
---@param seconds number
---@param call function
function Guard:within(seconds, call)
  local latest = self.latest
  self.latest = now() + seconds
  if self.is_waiting and self.latest < latest then self:ring() end -- the caller waits until the old time
  local a, b = call()
  self.latest = latest
  return a, b
end

local free = false -- the list of guards that can be reused

local function take()
  local guard = free
  if not guard then
    return setmetatable({ is_alone = true, bell = require("ngx.semaphore").new(), after = false, done = false, latest = 0,
      is_waiting = false, response = false, err = false, details = false }, Guard)
  end
  free, guard.after = guard.after, false
  return guard
end

local function give_back(guard)
  guard.done, guard.response, guard.details = false, false, false
  guard.after, free = free, guard
end

local never -- a semaphore that no code posts

-- The code of the thread. After the answer, the thread waits until the caller kills it, at most LINGER seconds. It does not end
-- at once: if other code then killed the caller before the caller ran again, nginx (seen with 1.22) would count the ended
-- thread for ever, and the HTTP request would never end.
local function work(guard, state, plan, exchange)
  local ok, response, err, details = pcall(exchange, state, plan.socket, plan, guard)
  if not ok then response, err, details = failures.lost(plan, values.text_of(response)) end
  guard.response, guard.err, guard.details, guard.done = response, err, details, true
  if not guard.is_waiting then return end -- the caller runs next
  guard.bell:post(1)
  never = never or require("ngx.semaphore").new()
  never:wait(LINGER)
end

-- Kills the thread, and returns the failure. The guard is not used again, because the thread may have stopped at any point.
local function give_up(thread, state, plan)
  ngx.thread.kill(thread)
  plan.socket:close()
  if state.closed then return failures.closed() end
  if not plan.is_open then return failures.unsent(plan.url.named and failures.UNRESOLVED or "timeout") end
  return failures.lost(plan, "timeout")
end

---Sends one request, and waits for its answer.
---@param state table the state of the transport
---@param plan table the request, with its socket
---@param exchange function
---@return table? response
---@return string? err
---@return whatsapp.details? details
function alone.run(state, plan, exchange)
  local guard = take()
  plan.deadline = now() + plan.timeout
  guard.latest, guard.is_waiting = plan.deadline, false
  plan.worker = guard
  state.under_way[plan] = true
  local thread = ngx.thread.spawn(work, guard, state, plan, exchange) -- the thread runs at once, until it must wait
  guard.is_waiting = true
  local waited = false
  while not guard.done do
    local left = guard.latest - (waited and now() or clock.last())
    if left <= 0 or state.closed then return give_up(thread, state, plan) end
    guard.bell:wait(left)
    waited = true
  end
  ngx.thread.kill(thread)
  state.under_way[plan] = nil
  local response, err, details = guard.response, guard.err, guard.details
  give_back(guard)
  return response, err, details
end

return alone
