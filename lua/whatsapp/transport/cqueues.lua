-- The transport over libcurl for programs that run in a cqueues loop: who sends is suspended and the loop goes on.
-- Outside of a loop it waits on its own. One of those who wait watches the descriptor for all of them.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local loop = require "whatsapp.transport.libcurl"

local M = {}

-- whoever waits without watching is woken by its answer, or to watch in turn
local function new_watch(state)
  local waiting, changed = {}, condition.new()
  local watching = false

  local function hand_over()
    local waiter = next(waiting)
    if waiter then waiter.cond:signal() end
    changed:signal()
  end

  local watch = { wake = hand_over }

  -- one look at the descriptor, or a wait for who looks at it
  function watch.turn(seconds)
    if watching then
      changed:wait(seconds)
      return
    end
    local client = state.client(3)
    watching = true
    local ok, problem = cqueues.poll(client, seconds)
    watching = false
    if ok == nil and problem and not state.is_closed() then error(problem, 0) end
    state.drain()
    hand_over()
  end

  function watch.wait(waiter)
    waiter.cond = condition.new()
    while not waiter.ended do
      if watching then
        waiting[waiter] = true
        waiter.cond:wait()
        waiting[waiter] = nil
      else
        watch.turn()
      end
    end
    if not watching then hand_over() end
  end
  return watch
end

---@param given whatsapp.curl_options?
---@return table transport callable, with now(), sleep(seconds), begin(request, done), turn(seconds) and close()
function M.new(given)
  local state = loop.new("whatsapp.transport.cqueues", given, 2, true)
  local watch = new_watch(state)

  local function check()
    if cqueues.running() and not state.is_closed() then loop.check_suspendable() end
  end

  local function call(_, request)
    check()
    local waiter = {}
    state.begin(request, function(answer, text, details)
      waiter.ended, waiter.answer, waiter.text, waiter.details = true, answer, text, details
      if waiter.cond then waiter.cond:signal() end
    end, 2)
    watch.wait(waiter)
    return waiter.answer, waiter.text, waiter.details
  end

  local transport = {
    now = loop.now, sleep = cqueues.sleep, begin = state.begin,
  }
  function transport.turn(seconds)
    check()
    watch.turn(seconds)
  end
  function transport.close()
    local fd = state.fd()
    if fd then cqueues.cancel(fd) end
    state.close()
    watch.wake()
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.cqueues" end })
end

return M
