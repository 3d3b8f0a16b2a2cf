-- Sends one short request in a new light thread while the caller waits. The caller kills this thread when the time is over or
-- the transport is closed. nginx cannot do this: it ignores our time-out while it looks up a name, it logs an error for each
-- time-out of a read, and it continues to read after the transport was closed. A worker of resty/workers needs two light threads
-- and costs three times as much. Never used for files and progress: a killed thread would leave them open.
local clock = require "whatsapp.transport.resty.clock"
local failures = require "whatsapp.transport.failure"
local values = require "whatsapp.util.values"

local alone = {}

local now = clock.now

-- A guard connects the thread and its caller. For the exchange, it has the functions of a worker of resty/workers.
local Guard = {}
Guard.__index = Guard

function Guard:ring()
  if self.bell:count() < 1 then self.bell:post(1) end
end

---Runs a call of the thread. Sets the time after which the caller may kill the thread.
---@param seconds number
---@param call function
function Guard:within(seconds, call)
  local latest = self.latest
  self.latest = now() + seconds
  if self.is_waiting and self.latest < latest then self:ring() end -- the caller waits for the old time
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

local function work(guard, state, plan, exchange)
  local ok, response, err, details = pcall(exchange, state, plan.socket, plan, guard)
  if not ok then response, err, details = failures.lost(plan, values.text_of(response)) end
  guard.response, guard.err, guard.details, guard.done = response, err, details, true
  if guard.is_waiting then guard.bell:post(1) end
end

-- Kills the thread, and returns the failure. The guard is not reused, because the thread may have stopped at any point.
local function give_up(thread, state, plan)
  ngx.thread.kill(thread)
  plan.socket:close()
  if state.closed then return failures.closed() end
  if not plan.is_open then return failures.unsent(plan.url.named and failures.UNRESOLVED or "timeout") end
  return failures.lost(plan, "timeout")
end

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
  ngx.thread.wait(thread) -- nginx keeps an ended thread until another thread has waited for it
  state.under_way[plan] = nil
  local response, err, details = guard.response, guard.err, guard.details
  give_back(guard)
  return response, err, details
end

return alone
