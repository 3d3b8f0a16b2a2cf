-- Light threads of an nginx request, each of which does one job after the other: nginx keeps some memory for every thread
-- that was begun until the request ends, and one request may send a million messages. They end when there is nothing left
-- to do, since the request does not end before them.
--
-- Each worker has a hand, a second light thread that waits for nginx in its stead: nginx keeps to no time-out of ours while
-- it looks for a name, writes an error into its log for each time-out while it reads, and wakes nobody when a transport is
-- closed. The worker waits for its hand, and ends it when it is not to go on.
local clock = require "whatsapp.transport.resty.clock"

local workers = {}

local LONGEST = 60 -- seconds in one wait

local now = clock.now

local function new_semaphore() return require("ngx.semaphore").new() end

-- ---- the hand -------------------------------------------------------------------------------------------------------------

local Worker = {}
Worker.__index = Worker

---Wakes a worker that waits for its hand.
function Worker:ring()
  if self.bell:count() < 1 then self.bell:post(1) end
end

local function lend_a_hand(hand)
  while true do
    local call = hand.call
    if call then
      hand.call = nil
      hand.ok, hand.a, hand.b, hand.c, hand.d = pcall(call)
      hand.done = true
      hand.worker:ring()
    else hand.bell:wait(LONGEST) end
  end
end

local function drop_hand(worker)
  local hand = worker.hand
  worker.hand = nil
  if hand then ngx.thread.kill(hand.thread) end
end

---What the call returns, up to four values; nil and "timeout" where the time is over first or there is a reason to stop,
---and the call is ended then.
---@param seconds number
---@param call function
---@param is_over (fun(): boolean?)? asked each time that the worker is rung
function Worker:within(seconds, call, is_over)
  local deadline, hand = now() + seconds, self.hand
  if hand then
    hand.call, hand.done = call, false
    hand.bell:post(1)
  else
    hand = { call = call, bell = new_semaphore(), worker = self, done = false }
    self.hand = hand
    hand.thread = ngx.thread.spawn(lend_a_hand, hand) -- does it at once
  end
  while not hand.done do
    local left = deadline - now()
    if left <= 0 or (is_over and is_over()) then
      drop_hand(self)
      return nil, "timeout"
    end
    self.bell:wait(left)
  end
  if not hand.ok then error(hand.a, 0) end
  return hand.a, hand.b, hand.c, hand.d
end

-- ---- jobs -----------------------------------------------------------------------------------------------------------------

-- nginx keeps a thread that has ended for the one that began it, until that one has waited for it or has ended. Those that
-- call here may sleep for ever, so that one which ends at once is put in between.
local function spawn_orphan(call, argument)
  assert(coroutine.resume(coroutine.create(function() ngx.thread.spawn(call, argument) end)))
end

local function dismiss(group)
  local idle = group.idle
  group.idle = {}
  for _, worker in ipairs(idle) do
    worker.dismissed = true
    worker.semaphore:post(1)
  end
end

local function nothing() end

-- Lets go on who waits for what was done: it may have the next job. Needs no time.
local function let_others(worker)
  if not worker.hand then worker:within(LONGEST, nothing) end
  worker:within(LONGEST, nothing)
end

-- true where there is a next job; nil: there is none for any of the group
local function wait_for_job(group, worker)
  worker.job, worker.argument = nil, nil
  table.insert(group.idle, worker)
  if group.busy == 0 then let_others(worker) end
  while not worker.job do
    if group.busy == 0 and not worker.dismissed then dismiss(group) end
    if worker.dismissed then return nil end
    worker.semaphore:wait(LONGEST)
  end
  worker.goes_on = true -- and runs after nginx has looked at its timers, woken by a semaphore
  return true
end

local function work(worker)
  local group = worker.group
  repeat
    local ok, err = pcall(worker.job, worker.argument, worker)
    group.busy = group.busy - 1
    if not ok then
      if group.busy == 0 then dismiss(group) end
      drop_hand(worker)
      error(err, 0)
    end
  until not wait_for_job(group, worker)
  drop_hand(worker)
end

---Does a job, at once or as soon as the caller waits for something.
---@param owner table whose workers they are; jobs of others have others
---@param job fun(argument: any, worker: table) what it raises is in nginx's log
---@param argument any
function workers.run(owner, job, argument)
  local context = ngx.ctx
  local group = context[owner]
  if not group then
    group = { idle = {}, busy = 0 }
    context[owner] = group
  end
  group.busy = group.busy + 1
  local worker = table.remove(group.idle)
  if worker then
    worker.job, worker.argument = job, argument
    worker.semaphore:post(1)
    return
  end
  worker = setmetatable({
    group = group, job = job, argument = argument, dismissed = false, goes_on = false,
    semaphore = new_semaphore(), bell = new_semaphore(),
  }, Worker)
  spawn_orphan(work, worker)
end

return workers
