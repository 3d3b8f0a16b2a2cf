-- The library inside nginx with its Lua module (OpenResty): serves a webhook's handler, does work after the answer, and has
-- two stores in shared dicts for all workers, of limits and of events. Decides nothing, holds no secret.
-- luacheck: std min+ngx_lua
local nginx = {}

local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"

-- nginx keeps a long body in a file
local function body_of()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local path = not body and ngx.req.get_body_file()
  local file = path and io.open(path, "rb")
  if not file then return body or "" end
  body = file:read "*a"
  file:close()
  return body
end

-- ---- callbacks that end the request ------------------------------------------------------------------------------------

local HANDLING = "whatsapp.nginx: callbacks run" -- in ngx.ctx
local ENDS = { "exit", "exec", "redirect" }
local guarded

-- What ends a request ends all events that are not handled yet, and nginx may answer 200, so that they never come again. Within
-- our callbacks these functions raise instead; elsewhere they do what they do. A copy that was made before escapes this.
local function guard()
  if guarded then return end
  guarded = true
  for _, name in ipairs(ENDS) do
    local original = ngx[name]
    ngx[name] = function(...)
      if ngx.ctx[HANDLING] then
        error(("ngx.%s in a callback would lose the events behind it: return, or raise"):format(name), 2)
      end
      return original(...)
    end
  end
end

-- ---- requests ----------------------------------------------------------------------------------------------------------

local function send(response)
  if ngx.headers_sent then
    ngx.log(ngx.ERR, "whatsapp.nginx: a callback has sent output of its own, so the answer is not the handler's")
    return
  end
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #response.body
  ngx.print(response.body)
end

---Answers the current request of nginx; for content_by_lua. Within a callback ngx.exit, ngx.exec and ngx.redirect raise.
---@param handle fun(request: table): table a handler of whatsapp.webhook.handler
function nginx.serve(handle)
  guard()
  ngx.status = 500 -- until the handler has answered
  local request = { -- all headers: nginx bounds their bytes (large_client_header_buffers)
    method = ngx.req.get_method(), query = ngx.var.args, headers = ngx.req.get_headers(0), body = body_of(),
  }
  ngx.ctx[HANDLING] = true
  local ok, response = pcall(handle, request)
  ngx.ctx[HANDLING] = nil
  if not ok then error(response, 0) end
  send(response)
end

-- ---- work after the answer ---------------------------------------------------------------------------------------------

local DEFER = { concurrency = "count", max = "count" }
local LATE = 1 -- seconds after which a timer that did not begin never will: nginx drops those over lua_max_running_timers

-- What a timer holds while it runs. A work that calls ngx.exit ends it, and nobody hears of that but the garbage collector.
local function take_place(state)
  local place, left = newproxy(true), false -- luacheck: ignore 113
  local function leave()
    if not left then state.running = state.running - 1 end
    left = true
  end
  getmetatable(place).__gc = function()
    if not left then state.cut = state.cut + 1 end
    leave()
  end
  state.running = state.running + 1
  return place, leave
end

-- A timer that does what waits, one after the other; also while its worker ends, as it was answered already.
local function run(state)
  ngx.ctx[HANDLING] = true
  state.asked = math.max(0, state.asked - 1)
  local place, leave = take_place(state)
  while state.first <= state.last do
    local work = state[state.first]
    state[state.first] = nil
    state.first = state.first + 1
    local ok, err = pcall(work)
    if not ok then ngx.log(ngx.ERR, "whatsapp.nginx: ", show.value(err)) end
  end
  leave(place) -- which lived as long as this
end

local function ask_for_timer(state)
  if state.cut > 0 then
    ngx.log(ngx.ERR, "whatsapp.nginx: ", state.cut, " works ended their timers: what is put off must not call ngx.exit")
    state.cut = 0
  end
  if state.asked > 0 and ngx.now() - state.asked_at > LATE then state.asked = 0 end
  if state.running + state.asked >= state.concurrency then return true end
  local asked, problem = ngx.timer.at(0, function() run(state) end)
  if asked then state.asked, state.asked_at = state.asked + 1, ngx.now() end
  return asked or state.running + state.asked > 0, problem
end

---For a handler's option `defer`: the work is done in timers of the worker, after the answer left. Raises where it cannot
---be done, which is then answered 500.
---@param given { concurrency: integer?, max: integer? }? concurrency: timers at once, of one worker, 32 if absent; max: works
---that may wait for one, 10,000 if absent
---@return fun(work: fun()) defer
function nginx.defer(given)
  local options = options_of.check(given, DEFER, 2)
  guard()
  local state = {
    concurrency = options.concurrency or 32, max = options.max or 10000,
    first = 1, last = 0, -- of the works that wait
    running = 0, asked = 0, asked_at = 0, cut = 0, -- timers; cut: ended by a work, and not yet told
  }
  return function(work)
    if state.last - state.first + 1 >= state.max then error(("%d works wait already"):format(state.max), 2) end
    state.last = state.last + 1
    state[state.last] = work
    local asked, problem = ask_for_timer(state)
    if asked then return end
    state[state.last] = nil
    state.last = state.last - 1
    error("nginx makes no timer: " .. tostring(problem), 2)
  end
end

-- ---- shared dicts ------------------------------------------------------------------------------------------------------
-- What all workers share: the places that a limit gave away, and the events that were handled. There are no locks: each step
-- is one atomic operation of the dict. A comment beside each pair of steps says what is left if a worker dies between them.

local function dict_of(given, level)
  local dict = given
  if type(given) == "string" then
    if not ngx then error("whatsapp.nginx works inside nginx only", level + 1) end
    dict = ngx.shared[given]
    if not dict then
      error(("there is no shared dict %s: write `lua_shared_dict %s 1m;` into nginx.conf"):format(given, given), level + 1)
    end
  end
  if type(dict) ~= "table" or not dict.incr then
    error("a shared dict or its name is needed: ngx.shared.NAME, or \"NAME\"", level + 1)
  end
  return dict, type(given) == "string" and " " .. given or ""
end

-- microseconds of the clock by which the dict ends its entries
local function now()
  ngx.update_time()
  return math.floor(ngx.now() * 1000 + 0.5) * 1000
end

-- ---- limits ------------------------------------------------------------------------------------------------------------

local LIMIT, AGAIN = "whatsapp:limit:", 10

-- An entry is the time until which a key's places are taken, in whole microseconds, and it ends at that very time: an
-- entry that is over and one that never was are the same, so that to add to it is all that a taker does.
---@class whatsapp.nginx_limits: whatsapp.limiter_store
local Limits = {}
Limits.__index = Limits

-- the dict counts whole milliseconds, and 0 is for ever
local function lifetime(from, till)
  return (math.max(1, math.ceil((till - from) / 1000)) + 0.5) / 1000
end

-- The entry lives as long as its time says. Others may have added to it meanwhile, and their longer life have been cut by
-- this one; whoever writes last looks last. A worker that died before it wrote leaves a place that may be taken again.
local function keep(dict, name, till, from)
  while true do
    dict:expire(name, lifetime(from, till))
    local latest = dict:get(name)
    if latest == nil or latest <= till then return end
    till = latest
  end
end

-- A new entry never drives out another one: that would be a limit forgotten. Entries that are over may lie where the dict
-- does not look by itself; to look everywhere costs time, so it is done once a second at most.
local function add(self, name, from, till)
  local added, problem = self.dict:safe_add(name, till, lifetime(from, till))
  if problem ~= "no memory" or from - self.flushed < 1e6 then return added, problem end
  self.flushed = from
  self.dict:flush_expired()
  return self.dict:safe_add(name, till, lifetime(from, till))
end

-- how long the places that were taken until then hold back one more
local function wait_until(till, burst, step, from)
  return math.max(0, till - (burst - 1) * step - from) / 1e6
end

---As any store of limits, but by nginx's clock, which all workers have. Another worker may take a place after this one looked
---whether it must wait longer than `at_most`: then a place is lost, which holds others back. No place is given twice.
---@return number? seconds, string? err
function Limits:take(key, _, interval, burst, at_most)
  local name, from, step = LIMIT .. key, now(), math.ceil(interval * 1e6 - 1e-3)
  if at_most then
    local wait = wait_until(self.dict:get(name) or from, burst, step, from)
    if wait > at_most then return wait end
  end
  local problem
  for _ = 1, AGAIN do -- an entry may come or go between the two
    local till
    till, problem = self.dict:incr(name, step)
    if till then
      keep(self.dict, name, till, from)
      return wait_until(till - step, burst, step, from)
    end
    local added
    if problem == "not found" then added, problem = add(self, name, from, from + step) end
    if added then return 0 end
    if problem ~= "exists" then break end
  end
  return nil, ("the shared dict%s cannot count what is sent (%s)%s"):format(self.name, tostring(problem),
    problem == "no memory" and ": give it more in nginx.conf" or "")
end

---Where a limiter's option `store` keeps what was taken, for all workers. If the dict is full nothing is taken, and the
---limiter sends nothing.
---@param dict string|table its name, or ngx.shared.NAME; best one that nothing else fills
---@return whatsapp.limiter_store
function nginx.limits(dict)
  local found, name = dict_of(dict, 2)
  return setmetatable({ dict = found, name = name, flushed = 0 }, Limits)
end

-- ---- events ------------------------------------------------------------------------------------------------------------

local EVENT, CLAIM, DONE, WEEK = "whatsapp:event:", "whatsapp:claim:", 2 ^ 32, 7 * 86400

-- Two entries: how often an event was begun, and DONE more once it was handled; and the claim of whoever is at it, which
-- ends by itself should its worker die.
---@class whatsapp.nginx_events: whatsapp.webhook_store
local Events = {}
Events.__index = Events

-- A full dict drops its oldest entries, as the memory of a process does: an old event that came again would be handled
-- again. That is better than to handle nothing, but somebody should know.
local function tell(self, forcible)
  if not forcible or ngx.now() < self.silent_till then return end
  self.silent_till = ngx.now() + 60
  ngx.log(ngx.WARN, "whatsapp.nginx: the shared dict", self.name, " is full and forgets events before their time: give it more")
end

-- what cannot be written down cannot be handled once
local function written(self, value, problem, forcible)
  tell(self, forcible)
  if not value then error(("the shared dict%s: %s"):format(self.name, tostring(problem)), 0) end
  return value
end

function Events:begin(key, ttl)
  local dict = self.dict
  local claimed, problem, forcible = dict:add(CLAIM .. key, 1, self.claim)
  if not claimed and problem == "exists" then
    local count = dict:get(EVENT .. key)
    if count and count >= DONE then return nil end
    return nil, "busy"
  end
  written(self, claimed, problem, forcible)
  self.ttl = ttl
  local count
  count, problem, forcible = dict:incr(EVENT .. key, 1, 0, ttl)
  if count and count < DONE then return (written(self, count, problem, forcible)) end
  dict:delete(CLAIM .. key)
  written(self, count, problem, forcible)
end

-- first the mark, then the claim: whoever comes between them finds one or the other
function Events:done(key)
  local count, problem, forcible = self.dict:incr(EVENT .. key, DONE, 0, self.ttl)
  self.dict:delete(CLAIM .. key)
  written(self, count, problem, forcible)
end

function Events:forget(key)
  self.dict:delete(CLAIM .. key)
end

---Where a webhook handler's option `store` remembers what was handled, for all workers.
---@param dict string|table its name, or ngx.shared.NAME; best one that nothing else fills: 1 MB holds some 4,000 events
---@param options { claim: number? }? claim: seconds after which who began and never ended is given up, 300 if absent
---@return whatsapp.webhook_store
function nginx.events(dict, options)
  local found, name = dict_of(dict, 2)
  local claim = options and options.claim or 300
  if type(claim) ~= "number" or claim <= 0 then error("option claim must be a number of seconds over 0", 2) end
  return setmetatable({ dict = found, name = name, claim = claim, ttl = WEEK, silent_till = 0 }, Events)
end

return nginx
