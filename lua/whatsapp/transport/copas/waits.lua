-- The waits of whatsapp.transport.copas: a thread of Copas waits with Copas's public functions; other code waits with
-- socket.select or socket.sleep, which block the process. Never sends. Never loads Copas: a program that runs Copas's loop has
-- loaded Copas before.
local libcurl = require "whatsapp.transport.libcurl"

local waits = {}

local MAIN = "main" -- names each caller that is not a thread of Copas

local function socket() return require("whatsapp.util.needed").module "socket" end

local latest, behind = 0, 0

---@return number seconds of a clock that never goes back
function waits.now()
  local time = socket().gettime()
  if time + behind < latest then behind = latest - time end
  latest = time + behind
  return latest
end

local now = waits.now

-- Returns Copas if the caller is a thread of Copas; else nil. Does not ask Copas which coroutines are its threads: while Copas's
-- loop runs, each coroutine counts as one. In a version without copas.running, the loop counts as running.
local function copas_here()
  local copas = package.loaded.copas
  if type(copas) ~= "table" or copas.running == false then return nil end
  local co, main = coroutine.running()
  if not co or main then return nil end
  if not (copas.settimeout and copas.sleep and copas.wakeup) then
    error("this Copas has no timers: whatsapp.transport.copas needs Copas 3 or later (luarocks install copas)", 0)
  end
  return copas
end

---Raises if the caller is a thread of Copas that cannot be suspended. The transport calls this function before it begins a
---request, so that no request is sent whose answer would be lost.
function waits.check()
  if copas_here() then libcurl.check_suspendable() end
end

---@return thread|string waiter the caller: its thread of Copas, or MAIN
function waits.current() return copas_here() and coroutine.running() or MAIN end

---@param seconds number
function waits.sleep(seconds)
  local deadline = now() + seconds
  local left = seconds
  repeat -- other code may wake a thread too early
    local copas = copas_here()
    if copas then copas.sleep(math.max(left, 0.001)) else socket().sleep(math.max(left, 0)) end
    left = deadline - now()
  until left <= 0
end

---Wakes a thread of Copas that waits in wait(). Does nothing for MAIN: MAIN waits in turn(), which returns after each task.
function waits.wake(waiter)
  if waiter ~= MAIN and coroutine.status(waiter) == "suspended" then package.loaded.copas.wakeup(waiter) end
end

-- ---- in Copas -------------------------------------------------------------------------------------------------------------

-- Returns an object that copas.receive and copas.send take for a socket. Its first read or write reports a time-out, and then
-- Copas waits until the real socket is ready. Its second read or write reports success. As a result, copas.receive and copas.send
-- only wait: they read and write no byte of the real socket.
local function watch_of(connection)
  local watch, asked = {}, false
  local function is_asked_again()
    asked = not asked
    return not asked
  end
  function watch.receive()
    if is_asked_again() then return "" end
    return nil, "timeout", ""
  end
  function watch.send(_, _, first)
    if is_asked_again() then return 1 end
    return nil, "timeout", first and first - 1 or 0
  end
  function watch.getfd() return connection:getfd() end
  function watch.dirty() return connection.dirty ~= nil and connection:dirty() end
  function watch.close() return true end
  return watch
end

-- waits in a thread of Copas until the connection is ready; returns false if the time is over before
local function pause_in_copas(self, copas, connection, how, seconds)
  local watch = watch_of(connection)
  self.watches[connection] = watch
  copas.settimeout(watch, math.max(seconds, 0.001))
  local ready
  if how == "r" then ready = copas.receive(watch, 1)
  else ready = copas.send(watch, "x") end
  self.watches[connection] = nil
  return ready ~= nil
end

-- ---- tasks ----------------------------------------------------------------------------------------------------------------
-- A task is the coroutine of one request. To wait, it yields a connection, "r" or "w", and seconds. Two callers resume it when
-- the connection is ready or the time is over:
--   its driver   a thread of Copas that only runs this task
--   turn()       for code outside of Copas, which waits itself because Copas's loop may be stopped

local Waits = {}
Waits.__index = Waits

---@return table waits the waits of one transport
function waits.new() return setmetatable({ tasks = {}, watches = {} }, Waits) end

-- ends the pause of the driver that waits for this connection
local function end_pause(self, connection)
  local watch, copas = self.watches[connection], package.loaded.copas
  if watch and copas.close then copas.close(watch) end
end

-- runs a task until it pauses or ends
local function resume(self, task, ready)
  if task.connection then end_pause(self, task.connection) end
  task.turns = task.turns + 1
  local ok, connection, how, seconds = coroutine.resume(task.co, ready)
  if coroutine.status(task.co) == "dead" then self.tasks[task] = nil end
  if not ok then error(connection, 0) end
  if not self.tasks[task] then return end
  task.connection, task.how, task.deadline = connection, how, now() + seconds
end

-- Runs a task until the task ends, in the task's driver. If turn() has resumed the task while the driver paused, the driver
-- pauses again, for the connection that the task waits for now.
local function drive(self, copas, task)
  while self.tasks[task] do
    local turns, connection, ready = task.turns, task.connection, nil
    if connection then ready = pause_in_copas(self, copas, connection, task.how, task.deadline - now()) end
    if self.tasks[task] and task.turns == turns then resume(self, task, ready) end
  end
end

-- makes a driver for each task without one
local function add_drivers(self, copas)
  for task in pairs(self.tasks) do
    if not task.is_driven then
      task.is_driven = true
      copas.addthread(function() drive(self, copas, task) end)
    end
  end
end

-- returns the sockets for select, and the earliest deadline
local function wanted(self, deadline)
  local wants = { r = {}, w = {} }
  for task in pairs(self.tasks) do
    local list = wants[task.how]
    if list then list[#list + 1] = task.connection end
    deadline = math.min(deadline, task.deadline)
  end
  return wants.r, wants.w, deadline
end

-- Waits until the connection of a task is ready, the time of a task is over, or `seconds` are over. Then runs each task whose
-- connection is ready or whose time is over.
local function turn(self, seconds)
  local reads, writes, deadline = wanted(self, now() + seconds)
  local left = math.max(0, deadline - now())
  local readable, writable = {}, {}
  if #reads + #writes > 0 then readable, writable = socket().select(reads, writes, left)
  else socket().sleep(left) end
  local ready, time = {}, now()
  for task in pairs(self.tasks) do
    local is_ready = task.connection and (task.how == "r" and readable or writable)[task.connection] ~= nil
    if is_ready or task.deadline <= time then ready[#ready + 1] = { task, is_ready } end
  end
  for _, one in ipairs(ready) do
    if self.tasks[one[1]] then resume(self, one[1], one[2]) end
  end
end

---Makes a task that runs the function `call`. `call` waits with its argument, pause(connection, "r"|"w", seconds), which returns
---whether the connection is ready.
---@param call fun(pause: function)
function Waits:spawn(call)
  self.tasks[{ co = coroutine.create(function() call(coroutine.yield) end), deadline = 0, turns = 0, is_driven = false }] = true
  local copas = copas_here()
  if copas then add_drivers(self, copas) end
end

---In Copas: suspends the caller until wake() wakes it, or the time is over. Elsewhere: waits until a task has run, or the time is
---over.
---@param waiter thread|string the result of waits.current()
---@param seconds number
function Waits:wait(waiter, seconds)
  if waiter == MAIN then return turn(self, seconds) end
  local copas = package.loaded.copas
  add_drivers(self, copas) -- for the tasks that began outside of Copas
  copas.sleep(math.max(seconds, 0.001))
end

---Runs all tasks that are ready, and does not wait. In Copas, only makes drivers, because Copas's loop runs the tasks.
function Waits:look()
  local copas = copas_here()
  if copas then add_drivers(self, copas)
  else turn(self, 0) end
end

---Closes a connection for which a task may wait: drops the task, and ends the pause of its driver.
function Waits:cancel(connection)
  end_pause(self, connection)
  for task in pairs(self.tasks) do
    if task.connection == connection then self.tasks[task] = nil end
  end
  connection:close()
end

return waits
