-- Workers: light threads of an HTTP request to nginx, each of which does one job after the other. They are used again, because
-- nginx keeps some memory for each started thread until the HTTP request ends, and one HTTP request may send a million
-- messages. The workers end when there is no more work: the HTTP request cannot end before them. (nginx's worker processes are
-- something else.)
--
-- Each worker has a hand: a second light thread, which calls nginx's functions. The worker waits for its hand. If the time is
-- over or the transport is closed, the worker kills the hand. nginx's own time-outs are not enough: nginx ignores them while it
-- looks up a name, logs an error for each time-out of a read, and goes on reading after the transport was closed.
local clock = require "whatsapp.transport.resty.clock"

local workers = {}

local LONGEST = 60 -- the longest single wait, in seconds

local now = clock.now

local function new_semaphore() return require("ngx.semaphore").new() end

-- ---- the hand -------------------------------------------------------------------------------------------------------------

local Worker = {}
Worker.__index = Worker

---Wakes a worker that waits for its hand.
function Worker:ring()
  if self.bell:count() < 1 then self.bell:post(1) end
end

-- the code of the hand: runs one call after the other
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

-- kills the hand of a worker
local function drop_hand(worker)
  local hand = worker.hand
  worker.hand = nil
  if hand then ngx.thread.kill(hand.thread) end
end

---Runs a call in the hand, and returns its results, at most four. If the time is over first, or is_over() returns a true value,
---kills the hand and returns nil and "timeout". If the call raises, raises the same error.
---@param seconds number
---@param call function
---@param is_over (fun(): boolean?)? called each time that ring() wakes the worker
function Worker:within(seconds, call, is_over)
  local deadline, hand = now() + seconds, self.hand
  if hand then
    hand.call, hand.done = call, false
    hand.bell:post(1)
  else
    hand = { call = call, bell = new_semaphore(), worker = self, done = false }
    self.hand = hand
    hand.thread = ngx.thread.spawn(lend_a_hand, hand) -- the hand runs the call at once
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

-- Starts a light thread with a parent that ends at once. nginx keeps an ended thread until its parent has waited for it, or
-- until its parent has ended; the caller may live long, and may never wait. While the thread runs, nginx does not protect the
-- parent from the garbage collector, and resumes the parent later (a crash, seen with 1.22): the local variable `parent`
-- protects it.
local function spawn_orphan(call, argument)
  local parent = coroutine.create(function() ngx.thread.spawn(call, argument) end)
  local ok, err = coroutine.resume(parent)
  assert(ok and coroutine.status(parent) == "dead", err)
end

-- ends the idle workers of a group
local function dismiss(group)
  local idle = group.idle
  group.idle = {}
  for _, worker in ipairs(idle) do
    worker.dismissed = true
    worker.semaphore:post(1)
  end
end

local function nothing() end

-- Lets the light thread that waits for the answer run, because it may have the next job. Does not sleep.
local function let_others(worker)
  if not worker.hand then worker:within(LONGEST, nothing) end
  worker:within(LONGEST, nothing)
end

-- Waits for the next job. Returns true if there is one; nil if the worker must end, because no worker of the group has a job.
local function wait_for_job(group, worker)
  worker.job, worker.argument = nil, nil
  table.insert(group.idle, worker)
  if group.busy == 0 then let_others(worker) end
  while not worker.job do
    if group.busy == 0 and not worker.dismissed then dismiss(group) end
    if worker.dismissed then return nil end
    worker.semaphore:wait(LONGEST)
  end
  return true
end

-- the code of a worker
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

---Gives a job to a worker of the current HTTP request. The worker begins at once, or when the caller next waits.
---@param owner table the owner of the workers; each owner has separate workers
---@param job fun(argument: any, worker: table) if it raises, nginx logs the error
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
    group = group, job = job, argument = argument, dismissed = false,
    semaphore = new_semaphore(), bell = new_semaphore(),
  }, Worker)
  spawn_orphan(work, worker)
end

return workers
