-- Light threads of an nginx request, each of which does one job after the other: nginx keeps some memory for every thread
-- that was begun until the request ends, and one request may send a million messages. They end when there is nothing left
-- to do, since the request does not end before them.
local workers = {}

local GRACE, LONGEST = 0.001, 60 -- seconds: for the next job to come, and in one wait

-- nginx keeps a thread that has ended for whoever began it, until he has waited for it or is no more himself. Those that
-- call here may sleep for ever, so that one which ends at once is put in between.
local function spawn_orphan(call)
  assert(coroutine.resume(coroutine.create(function() ngx.thread.spawn(call) end)))
end

local function dismiss(group)
  local idle = group.idle
  group.idle = {}
  for _, worker in ipairs(idle) do worker.semaphore:post(1) end
end

local function forget(group, worker)
  for i, one in ipairs(group.idle) do
    if one == worker then table.remove(group.idle, i) end
  end
end

-- the next job; nil: there is none, for any of the group
local function next_job(group, worker)
  worker.job, worker.argument = nil, nil
  table.insert(group.idle, worker)
  repeat
    if worker.semaphore:wait(group.busy == 0 and GRACE or LONGEST) then return worker.job, worker.argument end
  until group.busy == 0
  forget(group, worker)
  dismiss(group)
end

local function work(group, worker)
  local job, argument = worker.job, worker.argument
  while job do
    local ok, err = pcall(job, argument)
    group.busy = group.busy - 1
    if not ok then
      if group.busy == 0 then dismiss(group) end
      error(err, 0)
    end
    job, argument = next_job(group, worker)
  end
end

---Does a job, at once or as soon as whoever calls waits for something.
---@param owner table whose workers they are; jobs of others have others
---@param job fun(argument: any) what it raises is in nginx's log
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
  worker = { job = job, argument = argument, semaphore = require("ngx.semaphore").new() }
  spawn_orphan(function() work(group, worker) end)
end

return workers
