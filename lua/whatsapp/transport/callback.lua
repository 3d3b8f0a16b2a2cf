-- The transport for hosts that call a function when an answer arrives: games, editors, servers with an HTTP client. The host's
-- function `start` sends the request. The transport suspends the caller's coroutine, and resumes it when the answer arrives or
-- the time is over. Code outside of a coroutine can wait only with the option `step` or `waiter`. This file never opens a
-- connection, and reads no clock except the option `now`.
--
-- In this file, a plan is the table of one request under way; a box holds the answers of one inbox (see transport/inboxes).
--
--   local transport = require("whatsapp.transport.callback").new {
--     start = function(request, done)   -- begins; calls done { status =, headers =, body = } or done(nil, err, details) later
--       http.fetch({ url = request.url, method = request.method, extra_headers = ..., data = request.body },
--         function(answer) done { status = answer.code, body = answer.data } end)
--     end,
--     now = os.time,                    -- seconds
--     after = function(seconds, call) minetest.after(seconds, call) end,
--   }
--
-- If the host has no `after`, the host calls transport.turn() in each frame.
local checked = require "whatsapp.transport.request"
local failures = require "whatsapp.transport.failure"
local inboxes = require "whatsapp.transport.inboxes"
local outcome = require "whatsapp.wire.outcome"
local util_options = require "whatsapp.util.options"
local values = require "whatsapp.util.values"

local M = {}

local LONGEST = 60 -- the longest single wait, in seconds

---@class whatsapp.callback_options
---@field start fun(request: whatsapp.request, done: fun(response: whatsapp.response?, err: string?, details: whatsapp.details?))
---begins a request and returns. It must call done exactly one time, before it returns or later. The host must verify the server's
---certificate
---@field now (fun(): number)? returns seconds; os.time if absent
---@field after (fun(seconds: number, call: fun()))? calls `call` once, after these seconds; if absent, the host must call
---turn()
---@field waiter (fun(): fun(), fun())? returns two functions, as Prosody's util.async.waiter does: wait() suspends the caller,
---and wake() resumes the caller. If absent, the transport uses coroutine.yield and coroutine.resume. nginx needs this option, for
---example with ngx.semaphore
---@field step (fun(seconds: number))? runs the host's loop for at most these seconds; the transport calls it while code outside
---of a coroutine waits
---@field streams boolean? true: start() itself reads body_file and form, and writes to_file; if absent, the transport reads and
---writes these files, and all bytes are in `body`
---@field timeout number? seconds for an answer, 30 if absent
---@field allow_http boolean? true: plain http is allowed to every host
---@field user_agent string? the value of the header User-Agent for a request that has no such header

local NEW = {
  start = "callable", now = "callable", after = "callable", waiter = "callable", step = "callable", streams = "boolean",
  timeout = "seconds", allow_http = "boolean", user_agent = "text",
}

-- ---- time -----------------------------------------------------------------------------------------------------------------

-- returns a clock that never goes back; `read` is the host's clock, which may go back
local function clock_of(read)
  local latest, behind = -math.huge, 0
  return function()
    local time = read()
    if time + behind < latest then behind = latest - time end
    latest = time + behind
    return latest
  end
end

-- Calls a function. If it raises, adds the error to the list. The error may come from the code of a coroutine that the function
-- resumes.
local function attempt(errors, call, ...)
  local ok, err = pcall(call, ...)
  if not ok then errors[#errors + 1] = err end
end

local function raise_first(errors)
  if errors[1] ~= nil then error(errors[1], 0) end
end

-- Calls all timers that are due. If a timer raises, calls the other timers, and then raises the first error.
local function turn(state)
  local time, due, errors = state.now(), {}, {}
  for timer, deadline in pairs(state.timers) do
    if deadline <= time then due[#due + 1] = timer end
  end
  for _, timer in ipairs(due) do
    if state.timers[timer] then
      state.timers[timer] = nil
      attempt(errors, timer.call)
    end
  end
  raise_first(errors)
end

-- Returns a timer that calls `call` once, after these seconds. To cancel the timer, remove it from state.timers.
local function set_timer(state, seconds, call)
  local timer = { call = call }
  state.timers[timer] = state.now() + seconds
  if state.after then
    state.after(seconds, function() -- -math.huge: the timer is due, even if a clock of whole seconds is behind
      if state.timers[timer] then state.timers[timer] = -math.huge end
      turn(state)
    end)
  end
  return timer
end

-- ---- suspend and resume ---------------------------------------------------------------------------------------------------

-- returns wait() and wake(), for a caller in a coroutine
local function plain_waiter()
  local co = coroutine.running()
  local place = {}
  place.wait = function()
    while not place.woken do coroutine.yield() end -- other code may resume the coroutine too early
  end
  place.wake = function()
    if place.woken then return end
    place.woken = true
    if coroutine.status(co) ~= "suspended" then return end
    local ok, err = coroutine.resume(co)
    if not ok then error(debug.traceback(co, values.text_of(err)), 0) end
  end
  return place.wait, place.wake
end

local function in_coroutine()
  local co, main = coroutine.running()
  return co ~= nil and not main
end

-- returns wait() and wake(), for a caller outside of a coroutine: step() runs the host until wake() was called
local function stepping_waiter(state)
  local woken = false
  return function()
    while not woken do
      state.step(0.1)
      turn(state)
    end
  end, function() woken = true end
end

-- Raises if the caller cannot wait. The transport calls this function before it begins a request, so that no request is sent
-- whose answer would be lost. In nginx, the coroutines belong to the HTTP request that nginx serves: only nginx may resume them,
-- and after the end of that request, coroutine.status would read freed memory (see send/caller).
local function check_waiting(state, level)
  if state.waiter then return end
  if in_coroutine() and rawget(_G, "ngx") then
    error("this transport cannot wait in nginx: use whatsapp.transport.resty, or set the option waiter", level + 1)
  end
  if in_coroutine() then return require("whatsapp.transport.libcurl").check_suspendable() end
  if not state.step then
    error("code outside of a coroutine cannot wait for an answer: send in coroutine.wrap(function() ... end)()", level + 1)
  end
end

local function new_waiter(state)
  if state.waiter then return state.waiter() end
  if in_coroutine() then return plain_waiter() end
  return stepping_waiter(state)
end

local function wake(box)
  local call = box.wake
  box.wake = nil
  if call then call() end
end

-- waits until an answer is in the box, the time is over, or the transport is closed
local function wait(state, box, seconds)
  local deadline = state.now() + seconds
  while not (box.first or state.closed) do
    local left = deadline - state.now()
    if left <= 0 then return end
    local suspend, resume = new_waiter(state)
    box.wake = resume
    local timer = set_timer(state, math.min(left, LONGEST), function() wake(box) end)
    suspend()
    state.timers[timer] = nil
  end
end

local function sleep(state, seconds)
  local suspend, resume = new_waiter(state)
  set_timer(state, seconds, resume)
  suspend()
end

-- ---- requests -------------------------------------------------------------------------------------------------------------

-- Gives a request its outcome. If the request already has an outcome, drops the new one.
local function settle(state, plan, response, err, details)
  local entry = plan.entry
  if not entry then return end
  plan.entry, state.under_way[plan] = nil, nil
  if plan.timer then state.timers[plan.timer] = nil end
  wake(state.inboxes.put(entry, response, err, details))
end

-- Handles a call of done(): its arguments are a response, or nil and an error, or wrong values.
local function told(state, plan, response, err, details)
  local request = plan.inlined
  if type(response) == "table" and request and (request.to_file or request.progress) then
    response, err, details = require("whatsapp.send.body").saved(request, response)
  elseif type(response) ~= "table" then
    if response ~= nil or type(err) ~= "string" then
      err = "the option start must call done with a response, or with nil and an error string"
      details = nil
    end
    response = nil
    if type(details) ~= "table" then details = { kind = "transport", retryable = false, may_have_been_sent = true } end
  end
  settle(state, plan, response, err, details)
end

-- Returns three values, or nil, err, details if the request is refused:
--   1. the request for the host, with the defaults added
--   2. the request without the defaults: the caller's request if the host streams files, else a copy with its files in `body`
--   3. whether the request is idempotent
local function request_of(state, request)
  local inlined = request
  if not state.streams then
    local err, details
    inlined, err, details = require("whatsapp.transport.inlined").request(request)
    if not inlined then return nil, err, details end
  end
  local plan, refusal = checked.request(inlined, state.allow_http, state.checked)
  if not plan then return outcome.invalid(refusal) end
  local shown = values.copy(inlined)
  shown.headers = values.copy(inlined.headers)
  if state.user_agent and not plan.headers["user-agent"] then shown.headers["User-Agent"] = state.user_agent end
  shown.timeout = request.timeout or state.timeout
  return shown, inlined, plan.idempotent
end

-- Passes a request to the host, and sets the timer that ends the request if no answer comes in time.
local function begin(state, plan, shown)
  local ok, raised = values.protected(state.start, shown, function(...) told(state, plan, ...) end)
  if not ok then
    local err = "the option start raised: " .. values.text_of(raised)
    return settle(state, plan, nil, err, { kind = "transport", retryable = false, may_have_been_sent = true })
  end
  -- no timer: the request has its answer already, or the inner transport has a timer for it
  if not plan.entry or state.inner then return end
  plan.timer = set_timer(state, shown.timeout, function() settle(state, plan, failures.lost(plan, "timeout")) end)
end

-- Begins a request. A refused request gets its outcome at once.
local function start(state, request, slot, box)
  local shown, inlined, extra = request_of(state, request)
  local plan = { entry = state.inboxes:expect(slot, box) }
  state.under_way[plan] = true
  if not shown then return settle(state, plan, nil, inlined, extra) end
  plan.idempotent, plan.inlined = extra, not state.streams and inlined or nil
  begin(state, plan, shown)
end

-- Gives an outcome to each request under way, and wakes all code that waits. If code that is woken raises, wakes the other code,
-- and then raises the first error.
local function close(state)
  if state.closed then return end
  state.closed = true
  local under_way, errors = state.under_way, {}
  state.under_way = {}
  for plan in pairs(under_way) do attempt(errors, settle, state, plan, failures.closed()) end
  for box in pairs(state.waiting) do attempt(errors, wake, box) end
  raise_first(errors)
end

-- ---- the transport --------------------------------------------------------------------------------------------------------

local function new_state(options, level, inner)
  local settings = util_options.check(options, NEW, level + 1)
  if not settings.start then error("option start is missing: the function that begins a request", level + 1) end
  local state = values.copy(settings)
  state.now, state.timeout = clock_of(settings.now or os.time), settings.timeout or 30
  state.inboxes, state.checked, state.timers, state.under_way, state.closed = inboxes.new(), {}, {}, {}, false
  state.waiting, state.inner = setmetatable({}, { __mode = "k" }), inner
  return state
end

-- returns the transport; `inner` is the transport that over() sends with, or nil
local function make(options, level, inner)
  local state = new_state(options, level + 1, inner)
  local transport = { streams = true, now = state.now }

  function transport.sleep(seconds)
    check_waiting(state, 2)
    sleep(state, seconds)
  end

  function transport.start(request, slot, inbox)
    checked.check_call(state, request, 2)
    checked.check_slot(slot, 2)
    start(state, request, slot, state.inboxes:box(inbox))
  end

  function transport.wait(seconds, inbox)
    local box = state.inboxes:box(inbox)
    if seconds > 0 and not (box.first or state.closed) then
      check_waiting(state, 2)
      state.waiting[box] = true
      wait(state, box, seconds)
    elseif state.step and not in_coroutine() then state.step(0) end
    return state.inboxes:take(box, inbox)
  end

  function transport.turn() turn(state) end
  function transport.close() close(state) end

  local function call(_, request)
    checked.check_call(state, request, 2)
    check_waiting(state, 2)
    local box = state.inboxes.new_box()
    start(state, request, box, box)
    while not box.first do wait(state, box, LONGEST) end
    local _, response, err, details = state.inboxes:take(box)
    return response, err, details
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.callback" end })
end

---@param options whatsapp.callback_options
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot, inbox), wait(seconds, inbox), close(), and turn(), which calls the timers that
---are due
function M.new(options)
  local made = make(options, 2) -- not a tail call, which would remove a stack level: level 2 is the caller's line
  return made
end

---Makes a transport for a program that draws frames. The new transport sends over another transport, such as
---require("whatsapp.transport.curl").new(), which can have many requests under way. The program calls turn() in each frame;
---turn() never waits.
---@param inner whatsapp.Transport must have start and wait; no other code may use it, because turn() takes all its answers
---@return whatsapp.Transport transport as new() returns it
function M.over(inner)
  if type(inner) ~= "table" or not (inner.start and inner.wait) then
    error("over needs a transport that has start and wait, such as whatsapp.transport.curl", 2)
  end
  local function pump(seconds)
    local done, response, err, details = inner.wait(seconds)
    while done do
      done(response, err, details)
      done, response, err, details = inner.wait(0)
    end
  end
  local transport = make({
    start = function(request, done) inner.start(request, done) end,
    now = inner.now, step = pump, streams = inner.streams, allow_http = true, -- the inner transport refuses plain http itself
  }, 2, inner)
  local turn_timers, close_this = transport.turn, transport.close
  function transport.turn()
    pump(0)
    turn_timers()
  end
  function transport.close()
    local errors = {}
    attempt(errors, close_this)
    attempt(errors, inner.close)
    raise_first(errors)
  end
  return transport
end

return M
