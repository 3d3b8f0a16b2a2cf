-- A webhook's handler inside nginx with its Lua module (OpenResty): what nginx received becomes a request, the response
-- what it sends, and work may follow the answer. Decides nothing, holds no secret; stores of all workers are in shared.lua.
-- luacheck: std min+ngx_lua
local nginx = {}

local options_of = require "whatsapp.util.options"

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

---Answers the request that nginx is at; for content_by_lua.
---@param handle fun(request: table): table as whatsapp.webhook.handler makes it
function nginx.serve(handle)
  local response = handle {
    method = ngx.req.get_method(), query = ngx.var.args, headers = ngx.req.get_headers(), body = body_of(),
  }
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #response.body
  ngx.print(response.body)
end

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
  state.asked = math.max(0, state.asked - 1)
  local place, leave = take_place(state)
  while state.first <= state.last do
    local work = state[state.first]
    state[state.first] = nil
    state.first = state.first + 1
    local ok, problem = pcall(work)
    if not ok then ngx.log(ngx.ERR, "whatsapp.nginx: ", tostring(problem)) end
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

return nginx
