-- The transport over libcurl for programs that run in libuv's loop through luv: the coroutine that sends is suspended
-- and the loop goes on. Outside of a coroutine it runs the loop itself until the answer is there.
local loop = require "whatsapp.transport.libcurl"
local uv = require "luv"

local M = {}

local LONGEST = 3600 -- seconds in one wait

-- a coroutine that raises has nobody above it but the loop
local function resume(co)
  local ok, problem = coroutine.resume(co)
  if not ok then error(debug.traceback(co, tostring(problem)), 0) end
end

local function current()
  local co, main = coroutine.running()
  if co and not main then return co end
end

-- Waits until wake() was called: suspended, or with the loop running here. `arrange` is given wake, which may be called
-- more than once, and at once.
local function suspend(arrange)
  local co, woken, suspended = current(), false, false
  if not co and uv.loop_mode() then error("in a callback of the loop nothing can wait: send from a coroutine", 0) end
  arrange(function()
    if woken then return end
    woken = true
    if suspended then resume(co) end
  end)
  if co then
    suspended = true
    if not woken then coroutine.yield() end
  else
    while not woken do uv.run "once" end
  end
end

local function after(seconds, call)
  local timer = uv.new_timer()
  uv.update_time() -- the loop's clock stood still while the program was busy
  timer:start(math.max(0, math.ceil(seconds * 1000)), 0, call)
  return timer
end

-- a handle is gone only after a turn of the loop; a Lua state that ends before then would crash in luv 1.44
local function close(handle)
  handle:close()
  if not uv.loop_mode() then uv.run "nowait" end
end

local function check()
  if current() then loop.check_suspendable() end
end

local function sleep(seconds)
  check()
  local timer
  suspend(function(wake) timer = after(seconds, wake) end)
  close(timer)
end

-- the descriptor is watched while something is under way, so that the loop can end when nothing is
local function new_watch(state)
  local handle, fd, active
  local waiting = {} -- of those who wait for whatever comes next

  local function wake_all()
    local woken = waiting
    waiting = {}
    for _, wake in ipairs(woken) do wake() end
  end

  local function look()
    state.drain()
    if state.is_closed() then return end
    if active and state.client():running() == 0 then
      handle:stop()
      active = false
    end
    wake_all()
  end

  local watch = { wake = wake_all }

  function watch.start()
    local now = state.fd()
    if handle and fd ~= now then
      close(handle)
      handle, active = nil, false
    end
    if not handle then handle, fd = assert(uv.new_poll(now)), now end
    if not active then
      handle:start("r", function() look() end)
      active = true
    end
  end

  function watch.wait(wake) waiting[#waiting + 1] = wake end

  function watch.stop()
    if handle then close(handle) end
    handle, active = nil, false
  end
  return watch
end

---@param given whatsapp.curl_options?
---@return table transport callable, with now(), sleep(seconds), begin(request, done), turn(seconds) and close()
function M.new(given)
  local state = loop.new("whatsapp.transport.luv", given, 2, true)
  local watch = new_watch(state)

  local function begin(request, done)
    state.begin(request, done, 3)
    watch.start()
  end

  local function call(_, request)
    if not state.is_closed() then check() end
    local answer, text, details
    suspend(function(wake)
      begin(request, function(...)
        answer, text, details = ...
        wake()
      end)
    end)
    return answer, text, details
  end

  local transport = { now = loop.now, sleep = sleep, begin = begin }
  function transport.turn(seconds)
    state.client() -- raises once it is closed
    check()
    local timer
    suspend(function(wake)
      watch.wait(wake)
      timer = after(seconds or LONGEST, wake)
    end)
    close(timer)
  end
  function transport.close()
    watch.stop()
    state.close()
    watch.wake()
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.luv" end })
end

return M
