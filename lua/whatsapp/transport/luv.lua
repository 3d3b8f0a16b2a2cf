-- The transport over libcurl for programs that run in libuv's loop through luv. It suspends the coroutine that sends, and the
-- loop goes on. Outside of a coroutine, it runs the loop until the answer arrives.
--
-- While a coroutine waits here, other code may close it or resume it. So the transport resumes a coroutine only if it still
-- waits here; and a coroutine that other code resumes too early waits again. In a callback of the loop, the transport raises an
-- error, because a callback cannot wait.
--
-- In this file, a place is a table whose member `waiter` is the waiting coroutine, or MAIN. A place is the box of an inbox (see
-- transport/inboxes), or a table for one sleep.
local libcurl = require "whatsapp.transport.libcurl"
local uv = require("whatsapp.util.needed").module "luv"
local values = require "whatsapp.util.values"

local M = {}

local MAIN = "main" -- the waiter that is not a coroutine

local now = libcurl.now

-- ---- libuv ----------------------------------------------------------------------------------------------------------------

local function milliseconds(seconds) return math.max(0, math.ceil(math.min(seconds, 86400) * 1000)) end

local function start_timer(timer, seconds, call)
  uv.update_time() -- the loop's clock did not move while the program was busy
  timer:start(milliseconds(seconds), 0, call)
end

-- Closes a handle, and lets the loop make one turn if it does not run: without this turn, luv 1.44 crashes when the Lua state
-- ends.
local function close_handle(handle)
  handle:close()
  if not uv.loop_mode() then uv.run "nowait" end
end

-- ---- suspend and resume -------------------------------------------------------------------------------------------------

-- Returns the caller: its coroutine, or MAIN. Raises if the caller cannot wait.
local function current()
  local co, main = coroutine.running()
  if co and not main then
    libcurl.check_suspendable()
    return co
  end
  if uv.loop_mode() then error("a callback of the loop cannot wait: send from a coroutine", 0) end
  return MAIN
end

-- waits until `place` has another waiter, or no waiter
local function suspend(place, waiter)
  if waiter == MAIN then
    while place.waiter == MAIN do uv.run "once" end
  else
    while place.waiter == waiter do coroutine.yield() end
  end
end

-- resumes the waiter if it still waits here; if the waiter then raises, returns the error
local function resume(place)
  local waiter = place.waiter
  place.waiter = nil
  if waiter == nil or waiter == MAIN or coroutine.status(waiter) ~= "suspended" then return end
  local ok, err = coroutine.resume(waiter)
  if not ok then return debug.traceback(waiter, values.text_of(err)) end
end

-- suspends the caller for these seconds
local function sleep(seconds)
  local place, timer = { waiter = current() }, uv.new_timer()
  start_timer(timer, seconds, function()
    timer:close()
    local err = resume(place)
    if err then error(err, 0) end
  end)
  suspend(place, place.waiter)
  if not uv.loop_mode() then uv.run "nowait" end -- see close_handle()
end

-- ---- waiting ----------------------------------------------------------------------------------------------------------------

-- Wakes the waiters. Watches libcurl's descriptor only while a request is under way: else the loop could never end.
local Watch = {}
Watch.__index = Watch

local function new_watch(curl)
  local self = setmetatable({ curl = curl, is_active = false, deadlines = {}, sockets = {} }, Watch)
  self.on_readable = function() self:step() end
  self.on_time = function() self:end_waits() end
  -- if a waiter raises, raise() passes the error to the loop after the other waiters were woken
  self.wake = function(box)
    self.deadlines[box] = nil
    local err = resume(box)
    self.raised = self.raised or err
  end
  return self
end

---Lets libcurl do all work that needs no waiting, and wakes the waiters whose answers have arrived.
function Watch:step()
  local curl = self.curl
  curl:step(self.wake)
  if not curl.closed and curl.client then
    if not curl.has_descriptor then self:watch_sockets()
    elseif self.is_active and curl.client:running() == 0 then
      self.handle:stop()
      self.is_active = false
    end
  end
  self:raise()
end

function Watch:raise()
  local raised = self.raised
  self.raised = nil
  if raised then error(raised, 0) end
end

-- Stops all handles of sockets. Returns the handles whose sockets libcurl does not use any more: the caller must pass them to
-- close_handle().
function Watch:stop_sockets(seen)
  local gone = {}
  for fd, handle in pairs(self.sockets) do
    handle:stop()
    if not seen[fd] then
      gone[#gone + 1] = handle
      self.sockets[fd] = nil
    end
  end
  return gone
end

-- For systems without epoll: watches each socket of libcurl with a handle, and sets a timer for libcurl's time-outs. Starts
-- every handle again at each step: libcurl may have closed a socket, and a new socket may have the same number. Watches nothing
-- while no request is under way, so that the loop can end.
function Watch:watch_sockets()
  local client, seen = self.curl.client, {}
  local is_idle = client:running() == 0
  local list = is_idle and {} or client:sockets()
  for i = 1, #list, 2 do seen[list[i]] = list[i + 1] end
  local gone = self:stop_sockets(seen)
  for fd, events in pairs(seen) do
    self.sockets[fd] = self.sockets[fd] or assert(uv.new_socket_poll(fd))
    self.sockets[fd]:start(events, self.on_readable)
  end
  local seconds = not is_idle and client:timeout()
  if seconds then
    self.step_timer = self.step_timer or uv.new_timer()
    start_timer(self.step_timer, seconds, self.on_readable)
  elseif self.step_timer then self.step_timer:stop() end
  for _, handle in ipairs(gone) do close_handle(handle) end -- last, because it may run other callbacks of the loop
end

---Begins to watch the descriptor. In a forked child, libcurl has a new descriptor: so compares the number each time.
function Watch:start()
  if not self.curl.has_descriptor then return self:watch_sockets() end
  local fd = self.curl:fd()
  if self.handle and self.fd ~= fd then
    close_handle(self.handle)
    self.handle, self.is_active = nil, false
  end
  if not self.handle then self.handle, self.fd = assert(uv.new_poll(fd)), fd end
  if not self.is_active then
    self.handle:start("r", self.on_readable)
    self.is_active = true
  end
end

-- wakes the waiters whose time is over, and sets the timer for the next waiter
function Watch:end_waits()
  local time, all, soonest = now(), {}, nil
  for box, deadline in pairs(self.deadlines) do all[box] = deadline end
  for box, deadline in pairs(all) do
    if deadline <= time then self.wake(box) end
  end
  for _, deadline in pairs(self.deadlines) do
    if not soonest or deadline < soonest then soonest = deadline end
  end
  self:set_timer(soonest)
  self:raise()
end

-- sets the timer for the first deadline; nil stops the timer
function Watch:set_timer(deadline)
  self.soonest = deadline
  if deadline then
    self.timer = self.timer or uv.new_timer()
    start_timer(self.timer, deadline - now(), self.on_time)
  elseif self.timer then self.timer:stop() end
end

---Suspends the caller until an answer is in the box, or the time is over.
---@param box table
---@param waiter thread|string the caller, from current()
---@param seconds number? nil: without a time limit; allowed only if a request for this box is under way
function Watch:wait(box, waiter, seconds)
  box.waiter = waiter
  if seconds then
    local deadline = now() + seconds
    self.deadlines[box] = deadline
    if not self.soonest or deadline < self.soonest then self:set_timer(deadline) end
  end
  suspend(box, waiter)
  if self.soonest and next(self.deadlines) == nil then self:set_timer(nil) end -- a timer would keep the loop alive
end

-- Closes the handles before the client, because they watch its sockets. Then wakes all waiters.
function Watch:close()
  local gone = self:stop_sockets {}
  for _, name in ipairs { "handle", "timer", "step_timer" } do
    gone[#gone + 1], self[name] = self[name], nil
  end
  for _, handle in ipairs(gone) do close_handle(handle) end
  self.is_active, self.soonest = false, nil
  self.curl:close(self.wake)
  local left = self.deadlines
  self.deadlines = {}
  for box in pairs(left) do self.wake(box) end
  self:raise()
end

-- ---- the transport ------------------------------------------------------------------------------------------------------------

---@param options whatsapp.curl_options?
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot, inbox), wait(seconds, inbox), close()
function M.new(options)
  local curl = libcurl.new("whatsapp.transport.luv", options, 2, true)
  local inboxes, watch = curl.inboxes, new_watch(curl)
  local transport = { streams = true, now = now, sleep = sleep }

  local function start(request, slot, box)
    local there = curl:start(request, slot, box, 3)
    if there then
      watch.wake(there)
      watch:raise()
    else watch:start() end
  end

  function transport.start(request, slot, inbox) start(request, slot, inboxes:box(inbox)) end

  function transport.wait(seconds, inbox)
    local box = inboxes:box(inbox)
    if not box.first and not curl.closed then
      if seconds > 0 then watch:wait(box, current(), seconds)
      else watch:step() end
    end
    return inboxes:take(box, inbox)
  end

  function transport.close() watch:close() end

  local function call(_, request)
    local waiter = not curl.closed and current() or nil
    local box = inboxes.new_box()
    start(request, box, box)
    if not box.first then watch:wait(box, waiter) end
    local _, response, err, details = inboxes:take(box)
    return response, err, details
  end

  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.luv" end })
end

return M
