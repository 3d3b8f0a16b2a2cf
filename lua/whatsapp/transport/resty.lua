-- The transport over cosockets, for nginx with its Lua module (OpenResty). It suspends the light thread that sends; meanwhile
-- nginx's worker process does other work. All handlers of a worker process share the kept connections. Before the first
-- request, this file calls no function of nginx: so a program can make the transport in init_by_lua.
--
-- In this file, a plan is the table of one checked request; a box holds the answers of one inbox (see transport/inboxes); a
-- worker is a light thread of resty/workers, and not nginx's worker process.
local alone = require "whatsapp.transport.resty.alone"
local checked = require "whatsapp.transport.request"
local cosocket = require "whatsapp.transport.resty.exchange"
local failures = require "whatsapp.transport.failure"
local http1 = require "whatsapp.transport.http1"
local inboxes = require "whatsapp.transport.inboxes"
local outcome = require "whatsapp.wire.outcome"
local util_options = require "whatsapp.util.options"
local stream = require "whatsapp.transport.upload"
local url = require "whatsapp.util.url"
local values = require "whatsapp.util.values"
local workers = require "whatsapp.transport.resty.workers"

local M = {}

local LONGEST = 60 -- the longest single wait, in seconds

---@class whatsapp.resty_options
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds for name look-up, connection and TLS, 10 if absent
---@field user_agent string?
---@field allow_http boolean? true: plain http is allowed to every host
---@field max_body integer? largest size of an answer in bytes, 16 MiB if absent
---@field headers string[]? names in lower case: a response has only these headers; all headers if absent
---@field server_name string? the name that the certificate must have; if absent, the host of the URL
---@field pool string? all transports of a worker process with the same `pool` share their connections, "" if absent
---@field pool_size integer? number of idle connections to a host that a worker process keeps, 32 if absent
---@field idle_timeout number? seconds that an idle connection is kept, 60 if absent
---@field http { new: fun(self): any }? lua-resty-http (`require "resty.http"`): the transport then sends with it
---@field proxy string? URL of a proxy, only with lua-resty-http; "" for no proxy

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", user_agent = "text", allow_http = "boolean", max_body = "bytes",
  headers = "names", server_name = "text", pool = "string", pool_size = "count", idle_timeout = "seconds",
  http = "resty_http", proxy = "string", ca_file = "text", max_requests = "count",
}

local DEFAULTS = {
  timeout = 30, connect_timeout = 10, max_body = 16 * 1024 * 1024, pool = "", pool_size = 32, idle_timeout = 60,
}

-- ---- options --------------------------------------------------------------------------------------------------------------

local function settings_of(options, level)
  local settings = values.with_defaults(util_options.check(options, NEW, level + 1), DEFAULTS)
  if settings.ca_file then
    error("option ca_file is for libcurl: in nginx, use the directive lua_ssl_trusted_certificate", level + 1)
  end
  if settings.max_requests then
    error("option max_requests is for libcurl: this transport does not need it", level + 1)
  end
  if settings.proxy and settings.proxy ~= "" then
    if not settings.http then
      error("option proxy: cosockets cannot use a proxy; lua-resty-http can: http = require \"resty.http\"", level + 1)
    end
    settings.proxy = settings.proxy:find("://", 1, true) and settings.proxy or "http://" .. settings.proxy
    local read = url.read_base(settings.proxy)
    if not read or read.scheme ~= "http" then
      error("option proxy: lua-resty-http can use only a proxy of http, without a name and a password", level + 1)
    end
  end
  return settings
end

local function new_state(options, level)
  local settings = settings_of(options, level + 1)
  return {
    settings = settings, wanted = settings.headers and values.set(settings.headers),
    exchange = settings.http and require("whatsapp.transport.resty.lua_resty_http").exchange or cosocket.exchange,
    inboxes = inboxes.new(), checked = {}, spare = false,
    -- The plans under way, and the boxes for which a light thread waits. Weak tables: nginx may end a light thread at any time.
    under_way = setmetatable({}, { __mode = "k" }), waiting = setmetatable({}, { __mode = "k" }),
  }
end

-- ---- requests -------------------------------------------------------------------------------------------------------------

local function check(state, request, level)
  checked.check_call(state, request, level + 1)
  if not rawget(_G, "ngx") then error("whatsapp.transport.resty works in nginx only", level + 1) end
end

-- opens the files of a request; called after all other checks
local function add_streams(plan, streams)
  local opened, err, details = stream.open(streams)
  if not opened then return nil, err, details end
  plan.upload, plan.target, plan.limit = opened.upload, opened.target, opened.limit
  return true
end

-- returns a copy of the header lines with a Content-Type
local function with_type(lines, content_type)
  local all = {}
  for i, line in ipairs(lines) do all[i] = line end
  all[#all + 1] = "Content-Type: " .. content_type
  return all
end

-- returns the plan of a request that is ready to be sent; or nil, err, details
local function plan_of(state, request)
  local settings = state.settings
  local streams, unread, unread_details = stream.read(request)
  if streams == nil then return nil, unread, unread_details end
  if streams and settings.http then return outcome.invalid "a file or a form cannot be streamed through lua-resty-http" end
  local plan, err = checked.request(request, settings.allow_http, state.checked)
  if not plan then return outcome.invalid(err) end
  if streams and streams.type then
    if plan.headers["content-type"] then return outcome.invalid "the transport sets the Content-Type of a form: remove it" end
    plan.lines = with_type(plan.lines, streams.type)
  end
  if streams then
    local ok, unopened, details = add_streams(plan, streams)
    if not ok then return nil, unopened, details end
  end
  plan.timeout, plan.progress = request.timeout or settings.timeout, request.progress
  local connection = plan.headers.connection
  plan.last = connection ~= nil and connection:lower():find("close", 1, true) ~= nil
  local length = plan.upload and plan.upload.size or plan.body and #plan.body
  plan.head = http1.head(plan, length, settings.user_agent, state.checked)
  return plan
end

-- returns a plan and a socket for it; or nil, err, details
local function prepare(state, request)
  local plan, err, details = plan_of(state, request)
  if not plan then return nil, err, details end
  local socket
  socket, err, details = cosocket.new()
  if socket then return plan, socket end
  cosocket.finish(plan)
  return nil, err, details
end

-- ---- many at once ---------------------------------------------------------------------------------------------------------

local function wake(box)
  local semaphore = box.semaphore
  if semaphore and semaphore:count() < 1 then semaphore:post(1) end
end

-- The job of a worker: does one request, and puts its answer into its box. If the transport was closed meanwhile, the plan has
-- no entry: close() has given the request its outcome.
local function answer(plan, worker)
  local state = plan.state
  plan.worker = worker
  local ok, response, err, details = pcall(state.exchange, state, plan.socket, plan, worker)
  if not ok then response, err, details = failures.lost(plan, values.text_of(response)) end
  local entry = plan.entry
  if not entry then return end
  plan.entry, state.under_way[plan] = nil, nil
  wake(state.inboxes.put(entry, response, err, details))
end

-- starts a request in a worker
local function begin(state, plan, socket, entry)
  plan.state, plan.socket, plan.entry = state, socket, entry
  state.under_way[plan] = true
  workers.run(state, answer, plan)
end

-- Begins a request in a worker. A refused request gets its outcome at once.
local function start(state, request, slot, box)
  local plan, socket, refusal = prepare(state, request)
  local entry = state.inboxes:expect(slot, box)
  if plan then begin(state, plan, socket, entry)
  else wake(state.inboxes.put(entry, nil, socket, refusal)) end
end

-- suspends the caller until an answer is in the box, the time is over, or the transport is closed
local function wait(state, box, seconds)
  local deadline = cosocket.now() + seconds
  local left = seconds
  box.semaphore = box.semaphore or require("ngx.semaphore").new()
  while not (box.first or state.closed) and left > 0 do
    box.semaphore:wait(math.max(0.001, left))
    left = deadline - cosocket.now()
  end
end

-- Sends one request while the caller waits. A short request without files and progress goes through resty/alone; every other
-- request goes through a worker. The box is kept for the next call; if nginx ends the caller during the wait, the box is lost.
local function perform(state, request)
  local plan, socket, refusal = prepare(state, request)
  if not plan then return nil, socket, refusal end
  if not state.settings.http and cosocket.is_plain(plan) then
    plan.socket = socket
    return alone.run(state, plan, state.exchange)
  end
  local box = state.spare or state.inboxes.new_box()
  state.spare = false
  begin(state, plan, socket, state.inboxes:expect(box, box))
  while not box.first do wait(state, box, LONGEST) end
  local _, response, err, details = state.inboxes:take(box)
  state.spare = box
  return response, err, details
end

-- Gives an outcome to each request under way. Wakes the workers of these requests, and all code that waits.
local function close(state)
  if state.closed then return end
  state.closed = true
  local under_way = state.under_way
  state.under_way = {}
  for plan in pairs(under_way) do
    local entry = plan.entry
    plan.entry = nil
    cosocket.finish(plan)
    if entry then wake(state.inboxes.put(entry, failures.closed())) end
    if plan.worker then plan.worker:ring() end
  end
  for box in pairs(state.waiting) do wake(box) end
end

---@param options whatsapp.resty_options?
---@param level integer? the stack level to blame for wrong options, as for error(); the caller if absent
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot, inbox), wait(seconds, inbox), close()
function M.new(options, level)
  local state = new_state(options, level or 2)
  local transport = { streams = not state.settings.http, now = cosocket.now, sleep = cosocket.sleep }

  function transport.start(request, slot, inbox)
    check(state, request, 2)
    checked.check_slot(slot, 2)
    start(state, request, slot, state.inboxes:box(inbox))
  end

  function transport.wait(seconds, inbox)
    local box = state.inboxes:box(inbox)
    if not box.first and seconds > 0 and not state.closed then
      state.waiting[box] = true
      wait(state, box, seconds)
    end
    return state.inboxes:take(box, inbox)
  end

  function transport.close() close(state) end

  local function call(_, request)
    check(state, request, 2)
    local response, err, details = perform(state, request)
    return response, err, details
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.resty" end })
end

return M
