-- Copas for the specs: the installed one if it has timers (Copas 3), else a small loop with the functions that the transport
-- uses. Sends nothing.
local M = {}

-- Copas's functions that the transport uses, over socket.select
local function small_copas()
  local socket = require "socket"
  local copas = { running = false }
  local threads, limits, woken, added = {}, {}, {}, setmetatable({}, { __mode = "k" })
  local function pause(kind, object, seconds)
    local co = coroutine.running()
    threads[co] = { kind = kind, object = object, deadline = seconds and socket.gettime() + seconds }
    coroutine.yield()
    return woken[co]
  end
  function copas.addthread(call)
    local co = coroutine.create(call)
    threads[co], added[co] = { deadline = 0 }, true
    return co
  end
  function copas.sleep(seconds) pause("sleep", nil, seconds) end
  function copas.wakeup(co) if threads[co] then threads[co].deadline = 0 end end
  function copas.settimeout(object, seconds) limits[object] = seconds end
  function copas.receive(object)
    local got, err = object.receive()
    while not got and err == "timeout" do
      if pause("r", object, limits[object]) == "timeout" then return nil, "timeout" end
      got, err = object.receive()
    end
    return got, err
  end
  function copas.send(object)
    local got, err = object.send()
    while not got and err == "timeout" do
      if pause("w", object, limits[object]) == "timeout" then return nil, "timeout" end
      got, err = object.send()
    end
    return got, err
  end
  function copas.close(object)
    for _, thread in pairs(threads) do
      if thread.object == object then thread.deadline = 0 end
    end
  end
  function copas.step()
    local lists, now = { r = {}, w = {} }, socket.gettime()
    for co, thread in pairs(threads) do
      if coroutine.status(co) == "dead" then threads[co] = nil end
      local list = lists[thread.kind]
      if list then list[#list + 1] = thread.object end
    end
    local readable, writable = socket.select(lists.r, lists.w, 0.005)
    local ready = {}
    for co, thread in pairs(threads) do
      local is_ready = thread.object and (readable[thread.object] or writable[thread.object])
      if is_ready or (thread.deadline and thread.deadline <= now) then ready[#ready + 1] = { co, is_ready and "ready" or "timeout" } end
    end
    for _, one in ipairs(ready) do
      local co = one[1]
      threads[co], woken[co] = nil, one[2]
      if coroutine.status(co) == "suspended" then
        local ok, err = coroutine.resume(co)
        assert(ok or not added[co], err) -- the errors of other coroutines belong to the code that made them
      end
    end
  end
  function copas.finished() return next(threads) == nil end
  function copas.loop()
    copas.running = true
    while not copas.finished() do copas.step() end
    copas.running = false
  end
  return copas
end

local function has_timers(copas) return type(copas) == "table" and copas.settimeout ~= nil and copas.wakeup ~= nil end

---@return table copas
function M.load()
  local ok, copas = pcall(require, "copas")
  if ok and has_timers(copas) then return copas end
  package.loaded.copas = small_copas()
  return package.loaded.copas
end

return M
