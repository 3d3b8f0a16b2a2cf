-- Suspends a light thread until nginx has checked its connections once. ngx.sleep cannot do this: ngx.sleep(0.001) waits a
-- whole millisecond; and after ngx.sleep(0), nginx without OpenResty's patches continues before it has checked its connections,
-- and logs a warning.
--
-- One turn of nginx's loop has three steps: 1. nginx checks its connections, and runs the code that they wake; 2. nginx runs
-- the timers that are due; 3. nginx runs posted code, such as light threads that a semaphore wakes. If step 3 sets a timer of 0
-- seconds, the next step 1 does not wait, and this timer runs in the step 2 after it.
--
-- All light threads that need a turn at the same time share one turn. Timers drive the turn: nginx may end a light thread of a
-- request at any time, but it does not end a timer.
local clock = require "whatsapp.transport.resty.clock"

local turn = {}

local LONGEST = 0.1 -- the longest wait for a turn, in seconds: nginx may drop a timer

local coming = false -- the next turn, or false. bell: a semaphore; count: the number of light threads that wait for it

local function new_semaphore() return require("ngx.semaphore").new() end

-- suspends the timer's code until step 3 of nginx's loop
local function wait_until_posted()
  local bell = new_semaphore()
  local thread = ngx.thread.spawn(function() bell:wait(LONGEST) end)
  bell:post(1)
  ngx.thread.wait(thread)
end

-- the second timer: it runs after nginx has checked its connections, and wakes all light threads of the turn
local function finish(_, group)
  clock.has_turned()
  group.bell:post(group.count)
end

-- the first timer: sets the second timer in step 3
local function begin(_, group)
  wait_until_posted()
  coming = false
  ngx.timer.at(0, finish, group)
end

---Suspends the caller until nginx has checked its connections.
---@return boolean turned false if nginx did not start a timer, or the turn took too long
function turn.wait()
  local group = coming
  if not group then
    group = { bell = new_semaphore(), count = 0 }
    if not ngx.timer.at(0, begin, group) then return false end
    coming = group
  end
  group.count = group.count + 1
  local turned = group.bell:wait(LONGEST) == true
  if not turned and coming == group then coming = false end
  return turned
end

return turn
