-- Connects the library to nginx with its Lua module (OpenResty). Serves a handler of webhooks. Runs jobs after the answer was
-- sent. Has two stores that all workers share: one for limits, one for events. Each store keeps its data in a shared dict, and
-- never a secret.
-- luacheck: std min+ngx_lua
local nginx = {}

local body_of = require("whatsapp.util.nginx_body").read
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"

-- ---- callbacks that end the request ------------------------------------------------------------------------------------

local HANDLING = "whatsapp.nginx: callbacks run" -- a key of ngx.ctx
local ENDS = { "exit", "exec", "redirect" }
local guarded

-- A callback that ends the request can lose the other events of the request: nginx may answer 200, and then the API does not send
-- these events again. So guard() replaces ngx.exit, ngx.exec and ngx.redirect. The new functions raise inside a callback;
-- elsewhere, they do the same as the old functions. If a program kept the old ngx.exit, a call of it still ends the request.
local function guard()
  if guarded then return end
  guarded = true
  for _, name in ipairs(ENDS) do
    local original = ngx[name]
    ngx[name] = function(...)
      if ngx.ctx[HANDLING] then
        error(("ngx.%s in a callback would lose the events after this one: return, or raise an error"):format(name), 2)
      end
      return original(...)
    end
  end
end

-- ---- requests ----------------------------------------------------------------------------------------------------------

local function send(response)
  if ngx.headers_sent then
    ngx.log(ngx.ERR, "whatsapp.nginx: a callback sent output, so the handler's answer was not sent")
    return
  end
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #response.body
  ngx.print(response.body)
end

---Answers the current request of nginx; for content_by_lua. Inside a callback, ngx.exit, ngx.exec and ngx.redirect raise an
---error.
---@param handle fun(request: whatsapp.webhook_request): whatsapp.webhook_response a handler of whatsapp.webhook.handler
function nginx.serve(handle)
  guard()
  ngx.status = 500 -- the status if the handler raises
  local request = { -- get_headers(0): all headers; nginx bounds their size (large_client_header_buffers)
    method = ngx.req.get_method(), query = ngx.var.args, headers = ngx.req.get_headers(0), body = body_of(ngx),
  }
  ngx.ctx[HANDLING] = true
  local ok, response = pcall(handle, request)
  ngx.ctx[HANDLING] = nil
  if not ok then error(response, 0) end
  send(response)
end

-- ---- work after the answer ---------------------------------------------------------------------------------------------

local DEFER = { concurrency = "count", max = "count" }
-- Seconds after which a timer that has not begun counts as dropped. nginx drops a timer if lua_max_running_timers other timers
-- run, and this module gets no error then.
local LATE = 1

-- Counts a timer that begins. Returns a guard, and a function that counts the timer's end. If a job ends its timer with the old
-- ngx.exit, run() cannot call this function. Then the garbage collector frees the guard, and this counts the end of the timer.
local function count_timer(state)
  local timer_guard, has_ended = newproxy(true), false -- luacheck: ignore 113
  local function ended()
    if not has_ended then state.running = state.running - 1 end
    has_ended = true
  end
  getmetatable(timer_guard).__gc = function()
    if not has_ended then state.cut = state.cut + 1 end
    ended()
  end
  state.running = state.running + 1
  return timer_guard, ended
end

-- Runs in a timer. Does all waiting jobs, one after the other, even while the worker exits: the API has the answers, and does not
-- send these events again.
local function run(state)
  ngx.ctx[HANDLING] = true
  state.asked = math.max(0, state.asked - 1)
  local timer_guard, ended = count_timer(state)
  while state.first <= state.last do
    local work = state[state.first]
    state[state.first] = nil
    state.first = state.first + 1
    local ok, err = pcall(work)
    if not ok then ngx.log(ngx.ERR, "whatsapp.nginx: ", show.value(err)) end
  end
  ended(timer_guard) -- the argument keeps the guard alive until here
end

local function ask_for_timer(state)
  if state.cut > 0 then
    ngx.log(ngx.ERR, "whatsapp.nginx: ", state.cut, " jobs ended their timers: a job must not call ngx.exit")
    state.cut = 0
  end
  if state.asked > 0 and ngx.now() - state.asked_at > LATE then state.asked = 0 end
  if state.running + state.asked >= state.concurrency then return true end
  local asked, err = ngx.timer.at(0, function() run(state) end)
  if asked then state.asked, state.asked_at = state.asked + 1, ngx.now() end
  return asked or state.running + state.asked > 0, err
end

---Makes a function for a handler's option `defer`. The function keeps a job; a timer of the worker runs the job after the
---answer was sent. The function raises an error if `max` jobs wait already, or if no timer can run the job. The handler then
---answers 500.
---@param options { concurrency: integer?, max: integer? }? concurrency: the timers that one worker runs at
---once, 32 if absent; max: the jobs that may wait for a timer, 10,000 if absent
---@return fun(work: fun()) defer
function nginx.defer(options)
  local checked = options_of.check(options, DEFER, 2)
  guard()
  local state = {
    concurrency = checked.concurrency or 32, max = checked.max or 10000,
    first = 1, last = 0, -- the indexes of the first and the last job that waits
    -- Numbers of timers. running: timers that run; asked: timers that have not begun yet; cut: timers that a job ended with
    -- ngx.exit, and that are not in the log yet.
    running = 0, asked = 0, cut = 0,
    asked_at = 0, -- the time of the last request for a timer
  }
  return function(work)
    if state.last - state.first + 1 >= state.max then error(("%d jobs wait already"):format(state.max), 2) end
    state.last = state.last + 1
    state[state.last] = work
    local asked, err = ask_for_timer(state)
    if asked then return end
    state[state.last] = nil
    state.last = state.last - 1
    error("nginx did not start a timer: " .. tostring(err), 2)
  end
end

-- ---- shared dicts ------------------------------------------------------------------------------------------------------
-- All workers share the dicts. There are no locks: each step is one atomic operation of the dict. A worker may die between two
-- steps; the comments on keep() and on Events say what happens then.

---Returns a shared dict. Raises an error if there is no such dict.
---@param dict string|ngx.shared.DICT
---@param level integer the stack level for error()
---@return ngx.shared.DICT dict
---@return string name a space and the name of the dict, for error strings; "" if the name is not known
local function dict_of(dict, level)
  local name
  if type(dict) == "string" then
    if not ngx then error("whatsapp.nginx works inside nginx only", level + 1) end
    name, dict = dict, ngx.shared[dict]
    if not dict then
      error(("there is no shared dict %s: write `lua_shared_dict %s 1m;` into nginx.conf"):format(name, name), level + 1)
    end
  end
  if type(dict) ~= "table" or not dict.incr then
    error("a shared dict or its name is needed: ngx.shared.NAME, or \"NAME\"", level + 1)
  end
  return dict, name and " " .. name or ""
end

nginx.dict_of = dict_of -- for whatsapp.metrics

-- returns the time in microseconds, from the same clock that the dict uses
local function now()
  ngx.update_time()
  return math.floor(ngx.now() * 1000 + 0.5) * 1000
end

-- ---- limits ------------------------------------------------------------------------------------------------------------

local LIMIT, AGAIN = "whatsapp:limit:", 10

-- A place is one interval of time, as in send/limits. The dict has one entry for each key. The value of the entry is the time, in
-- whole microseconds, at which the last place that was taken ends. The entry expires at this time, so that no entry means: no
-- place is taken. To take a place, take() adds the interval to the value.
---@class whatsapp.nginx_limits: whatsapp.limiter_store
local Limits = {}
Limits.__index = Limits

-- Returns the seconds until an entry expires, always over 0: for the dict, 0 means that the entry never expires. The dict cuts
-- the seconds to whole milliseconds; the half millisecond makes up for errors of rounding.
local function lifetime(from, ends)
  return (math.max(1, math.ceil((ends - from) / 1000)) + 0.5) / 1000
end

-- Makes the entry expire at the time in its value. Another worker may add to the value meanwhile: then the time that this worker
-- sets is too early. So each worker reads the value after it has set the time, and sets the time again if the value has grown. If
-- a worker dies before it sets the time, the entry expires too early, and a place may be taken twice.
local function keep(dict, name, ends, from)
  while true do
    dict:expire(name, lifetime(from, ends))
    local latest = dict:get(name)
    if latest == nil or latest <= ends then return end
    ends = latest
  end
end

-- Adds an entry. Never removes an entry that has not expired: its limit would be forgotten. If the dict is full, removes all
-- expired entries and tries again. The removal takes time: so it happens at most once a second.
local function add(self, name, from, ends)
  local added, err = self.dict:safe_add(name, ends, lifetime(from, ends))
  if err ~= "no memory" or from - self.flushed < 1e6 then return added, err end
  self.flushed = from
  self.dict:flush_expired()
  return self.dict:safe_add(name, ends, lifetime(from, ends))
end

-- returns the seconds until a key has a free place; `ends` is the time at which the last place that was taken ends
local function wait_of(ends, burst, step, from)
  return math.max(0, ends - (burst - 1) * step - from) / 1e6
end

---Takes a place, as every store of limits does. Another worker may take a place after this function has checked `at_most`. Then
---the function returns a wait that is longer than `at_most`, and the place is lost. Two calls never get the same place, unless a
---worker dies (see keep).
---@param key string
---@param _ any the client's time; not used, because all workers read the clock of nginx
---@param interval number seconds between two places
---@param burst integer places that may be taken at once
---@param at_most number? seconds; if the wait is longer, the function takes no place and returns the wait
---@return number? seconds
---@return string? err
function Limits:take(key, _, interval, burst, at_most)
  local name, from, step = LIMIT .. key, now(), math.ceil(interval * 1e6 - 1e-3)
  if at_most then
    local wait = wait_of(self.dict:get(name) or from, burst, step, from)
    if wait > at_most then return wait end
  end
  local err
  for _ = 1, AGAIN do -- between incr and add, another worker may add the entry, or the entry may expire
    local ends, added
    ends, err = self.dict:incr(name, step)
    if ends then
      keep(self.dict, name, ends, from)
      return wait_of(ends - step, burst, step, from)
    end
    if err == "not found" then added, err = add(self, name, from, from + step) end
    if added then return 0 end
    if err ~= "exists" then break end
  end
  return nil, ("the shared dict%s cannot keep the limit (%s)%s"):format(self.name, tostring(err),
    err == "no memory" and ": give the dict more memory in nginx.conf" or "")
end

---Makes a store for a limiter's option `store`. All workers share it. If the dict is full, the store gives no place to a new key,
---and the client does not send the message.
---@param dict string|ngx.shared.DICT its name, or ngx.shared.NAME; use a dict that has no other data
---@return whatsapp.limiter_store
function nginx.limits(dict)
  local found, name = dict_of(dict, 2)
  return setmetatable({ dict = found, name = name, flushed = 0 }, Limits)
end

-- ---- events ------------------------------------------------------------------------------------------------------------

local EVENT, CLAIM, DONE, WEEK = "whatsapp:event:", "whatsapp:claim:", 2 ^ 32, 7 * 86400

-- An event has two entries. EVENT counts how often a worker has begun the event; after a worker has handled the event, DONE is
-- added to the count. CLAIM is there while a worker handles the event. CLAIM expires: so another worker can handle the event if
-- the first worker dies.
---@class whatsapp.nginx_events: whatsapp.webhook_store
local Events = {}
Events.__index = Events

-- Writes a warning to the log, at most once a minute, if a full dict has dropped its oldest entries (is_forced). If the API sends
-- a dropped event again, the handler handles it again: this is better than to refuse new events.
local function log_forgotten(self, is_forced)
  if not is_forced or ngx.now() < self.silent_until then return end
  self.silent_until = ngx.now() + 60
  ngx.log(ngx.WARN, "whatsapp.nginx: the shared dict", self.name, " is full and drops events too early: give it more memory")
end

-- Returns the result of an operation of the dict. Raises if the operation failed, so that the handler reports the error: without
-- the entry, the event could be handled twice.
local function checked(self, value, err, is_forced)
  log_forgotten(self, is_forced)
  if not value then error(("the shared dict%s: %s"):format(self.name, tostring(err)), 0) end
  return value
end

function Events:begin(key, ttl)
  local dict = self.dict
  local claimed, err, is_forced = dict:add(CLAIM .. key, 1, self.claim)
  if not claimed and err == "exists" then
    local count = dict:get(EVENT .. key)
    if count and count >= DONE then return nil end
    return nil, "busy"
  end
  checked(self, claimed, err, is_forced)
  self.ttl = ttl
  local count
  count, err, is_forced = dict:incr(EVENT .. key, 1, 0, ttl)
  if count and count < DONE then return (checked(self, count, err, is_forced)) end
  dict:delete(CLAIM .. key)
  checked(self, count, err, is_forced)
end

-- Adds DONE first, and then deletes CLAIM: so another worker always finds DONE or CLAIM.
function Events:done(key)
  local count, err, is_forced = self.dict:incr(EVENT .. key, DONE, 0, self.ttl)
  self.dict:delete(CLAIM .. key)
  checked(self, count, err, is_forced)
end

function Events:forget(key)
  self.dict:delete(CLAIM .. key)
end

local EVENTS = { claim = "amount" }

---Makes a store for a webhook handler's option `store`. All workers share it.
---@param dict string|ngx.shared.DICT its name, or ngx.shared.NAME; use a dict that has no other data: 1 MB holds about 4,000
---events
---@param options { claim: number? }? claim: the seconds that a worker has to handle an event, 300 if absent; after them, another
---worker may begin the same event
---@return whatsapp.webhook_store
function nginx.events(dict, options)
  local found, name = dict_of(dict, 2)
  local claim = options_of.check(options, EVENTS, 2).claim or 300
  return setmetatable({ dict = found, name = name, claim = claim, ttl = WEEK, silent_until = 0 }, Events)
end

return nginx
