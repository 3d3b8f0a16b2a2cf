-- Lets nginx look at its connections once, without a wait. ngx.sleep cannot do it: ngx.sleep(0.001) waits a millisecond, and
-- nginx without OpenResty's patches continues after ngx.sleep(0) before it has looked, and logs a warning.
--
-- nginx's loop: 1. looks at its connections, and runs what they wake; 2. runs the timers that are over; 3. runs what was
-- posted, such as light threads that a semaphore wakes. A timer of 0 seconds that is set in step 3 ends after the next step
-- 1, which does not wait then.
--
-- All light threads that need a turn at the same time share one. Timers drive it: nginx may end a light thread, but no timer.
local clock = require "whatsapp.transport.resty.clock"

local turn = {}

local LONGEST = 0.1 -- seconds; a turn that is not over by then is not awaited: nginx may have dropped a timer

local coming = false -- the turn that has not begun: its bell, and how many light threads wait for it

local function new_semaphore() return require("ngx.semaphore").new() end

-- continues in step 3
local function wait_until_posted()
  local bell = new_semaphore()
  local thread = ngx.thread.spawn(function() bell:wait(LONGEST) end)
  bell:post(1)
  ngx.thread.wait(thread)
end

local function finish(_, group)
  clock.has_turned()
  group.bell:post(group.count)
end

local function begin(_, group)
  wait_until_posted()
  coming = false
  ngx.timer.at(0, finish, group)
end

---Suspends the caller until nginx has looked at its connections.
---@return boolean turned false if nginx has no timer left
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
