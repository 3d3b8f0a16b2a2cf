-- The transport over cosockets, for nginx with its Lua module (OpenResty): whoever sends is suspended and the worker goes
-- on. Connections are kept for all handlers of a worker, and looked at before they are used again. Never sends a request
-- twice, and asks nothing of nginx before one is sent, so that it can be made in init_by_lua.
local checked = require "whatsapp.transport.checked"
local http1 = require "whatsapp.transport.http1"
local options = require "whatsapp.options"

local M = {}

---@class whatsapp.resty_options
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds for name, connection and TLS, 10 if absent
---@field user_agent string?
---@field allow_http boolean? plain http to others than loopback
---@field max_body integer? bytes of an answer, 16 MiB if absent
---@field headers string[]? names in lower case: the only ones that a response has; all if absent
---@field server_name string? the name that the certificate is to have, if it is not that of the URL
---@field pool string? connections are shared by all transports of a worker that have the same, "" if absent
---@field pool_size integer? connections to a host that a worker keeps, 32 if absent
---@field idle_timeout number? seconds that one is kept, 60 if absent
---@field http table? lua-resty-http (`require "resty.http"`), which is used then
---@field proxy string? URL, with lua-resty-http only; "" for none

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", user_agent = "text", allow_http = "boolean", max_body = "bytes",
  headers = "names", server_name = "text", pool = "string", pool_size = "count", idle_timeout = "seconds",
  http = "resty_http", proxy = "string", ca_file = "text",
}

local DEFAULTS = {
  timeout = 30, connect_timeout = 10, max_body = 16 * 1024 * 1024, pool = "", pool_size = 32, idle_timeout = 60,
}

local CLOSED = "the transport was closed while this was under way"
local PIECE, SLICE = 64 * 1024, 1 -- bytes; seconds after which who waits looks whether the transport was closed

-- ---- time ---------------------------------------------------------------------------------------------------------------

local latest, behind = 0, 0

---@return number seconds; nginx's clock without its steps back, and as it is now
local function now()
  ngx.update_time()
  local time = ngx.now()
  if time + behind < latest then behind = latest - time end
  latest = time + behind
  return latest
end

local function milliseconds(seconds) return math.max(1, math.ceil(seconds * 1000)) end

-- ---- failures -----------------------------------------------------------------------------------------------------------

local TRUST = "nginx trusts the authorities of its directives lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; "
  .. "and lua_ssl_verify_depth 3;"
local REFUSED = "the certificate was refused: not trusted, not of this name, or expired"

-- what nginx says, and what its configuration lacks then
local HINTS = {
  { "no resolver defined", "nginx needs its directive resolver to find a host by name, such as: resolver 127.0.0.53 ipv6=off;" },
  { "^1[89]: ", TRUST }, { "^2[012]: ", TRUST }, { "^" .. REFUSED, TRUST },
  { "host mismatch", "nginx compares names, never addresses: option server_name tells it another one" },
}

-- wrong certificates and a wrong configuration stay wrong
local HOPELESS = { "^%d+: ", "^" .. REFUSED, "host mismatch", "no resolver defined" }

local function hint_of(problem)
  for _, row in ipairs(HINTS) do
    if problem:find(row[1]) then return row[2] end
  end
end

local function is_hopeless(problem)
  for _, words in ipairs(HOPELESS) do
    if problem:find(words) then return true end
  end
  return false
end

local function failure(reason, sent, retryable, status, hint)
  local text = hint and ("%s; %s"):format(reason, hint) or reason
  return nil, ("%s (%s)"):format(text, sent and "the request may have been sent" or "nothing was sent"),
    { kind = "transport", retryable = retryable, may_have_been_sent = sent, http_status = status, hint = hint }
end

local function unsent(problem)
  problem = tostring(problem):gsub("%c", " ")
  return failure(problem == "timeout" and "connecting took too long" or "no connection: " .. problem, false,
    not is_hopeless(problem), nil, hint_of(problem))
end

local WORDS = { timeout = "no complete answer came in time", closed = "the connection was closed before the answer was complete" }

-- `forever`: it would be the same the next time
local function lost(plan, problem, status)
  local forever = problem:find "longer than" ~= nil
  return failure(WORDS[problem] or problem, true, plan.idempotent and not forever, status)
end

-- ---- where it can be used -----------------------------------------------------------------------------------------------

local function disabled()
  return ("nginx lets nothing wait in its phase %s: send in a handler or a timer, as with ngx.timer.at(0, function() ... end)")
    :format(ngx.get_phase())
end

-- a socket; nil, text, details where nginx allows none
local function new_socket()
  local ok, socket = pcall(ngx.socket.tcp)
  if ok and socket then return socket end
  return failure(disabled(), false, false)
end

-- a millisecond at least: without one nginx 1.22 runs this coroutine again before it looks at any connection
local function sleep(seconds)
  if not pcall(ngx.sleep, (milliseconds(seconds) + 0.5) / 1000) then error(disabled(), 2) end
end

-- ---- connecting ---------------------------------------------------------------------------------------------------------

-- nginx's resolver has a time-out of its own: who looks for a name is given up when the time is over
local function within(seconds, call)
  local result
  local caller = ngx.thread.spawn(function() result = { call() } end)
  if result then ngx.thread.wait(caller)
  else
    local alarm = ngx.thread.spawn(function() ngx.sleep(seconds) end)
    ngx.thread.wait(caller, alarm)
    ngx.thread.kill(result and alarm or caller)
  end
  if not result then return nil, "timeout" end
  return unpack(result, 1, 4) -- luacheck: ignore 113
end

local function pool_of(settings, url)
  return ("whatsapp %s %s://%s:%d %s"):format(settings.pool, url.scheme, url.host, url.port, settings.server_name or "")
end

-- Where the handshake needs no waiting, lua-resty-core 0.1.25 calls it good though nginx has refused the certificate and
-- closed the connection (openresty/lua-nginx-module#2506); why is lost then.
local function handshake(socket, name)
  local ok, problem = socket:sslhandshake(false, name, true)
  if ok and not socket:getreusedtimes() then return nil, REFUSED end
  return ok, problem
end

-- a kept connection, which was verified, or a new one
local function connect(settings, socket, url, till)
  till = math.min(till, now() + settings.connect_timeout)
  local function limit()
    local left = math.max(0.001, till - now())
    local most = milliseconds(left)
    socket:settimeouts(most, most, most)
    return left
  end
  local function call()
    return socket:connect(url.host, url.port, { pool = pool_of(settings, url), pool_size = settings.pool_size })
  end
  local ok, problem
  local left = limit()
  if url.named then ok, problem = within(left, call)
  else ok, problem = call() end
  if not ok then return nil, problem end
  if url.scheme == "http" or socket:getreusedtimes() > 0 then return true end
  limit()
  return handshake(socket, settings.server_name or url.host:gsub("[%[%]]", ""))
end

-- Nginx looks at a connection only between two turns of its loop. The shortest wait there is, a millisecond, tells whether
-- a kept one was closed meanwhile, or holds what nobody asked for and might be taken for the answer.
local function is_over(socket)
  socket:settimeouts(1, 1, 1)
  local bytes, problem = socket:receiveany(1)
  return bytes ~= nil or problem ~= "timeout"
end

-- a connection on which nothing of this request was sent yet
local function open(settings, socket, url, till)
  while true do
    local ok, problem = connect(settings, socket, url, till)
    local kept = ok and (socket:getreusedtimes() or 0) > 0
    if ok and not (kept and is_over(socket)) then return socket end
    socket:close()
    if not ok then return nil, problem end
    if now() >= till then return nil, "timeout" end
    socket = ngx.socket.tcp()
  end
end

-- ---- one exchange on a connection ---------------------------------------------------------------------------------------

-- in a light thread of its own, so that who refuses early is heard, and who never reads is given up in time
local function start_sending(socket, bytes, seconds)
  local sending = {}
  local most = milliseconds(seconds)
  socket:settimeouts(most, most, most)
  sending.thread = ngx.thread.spawn(function() sending.sent = socket:send(bytes) ~= nil end)
  return sending
end

-- nginx keeps a light thread that has ended until it was waited for; it ends the one that has not
local function stop_sending(sending)
  if sending.sent ~= nil then ngx.thread.wait(sending.thread)
  else ngx.thread.kill(sending.thread) end
end

-- bytes of the answer, for as long as there is time
local function reader_of(state, socket, till)
  return function()
    while not state.closed do
      local left = till - now()
      if left <= 0 then return nil, "timeout" end
      socket:settimeouts(milliseconds(left), milliseconds(left), milliseconds(math.min(left, SLICE)))
      local bytes, problem = socket:receiveany(PIECE)
      if bytes or problem ~= "timeout" then return bytes, problem end
    end
    return nil, CLOSED
  end
end

local function wanted_of(headers, wanted)
  if not wanted then return headers end
  local left = {}
  for name in pairs(wanted) do left[name] = headers[name] end
  return left
end

local function exchange(state, socket, plan)
  local settings, till = state.settings, now() + plan.timeout
  local opened, trouble = open(settings, socket, plan.url, till)
  if not opened then return unsent(trouble) end
  local sending = start_sending(opened, plan.bytes, till - now())
  local parts = {}
  local answer, problem, status = http1.read(reader_of(state, opened, till), plan.method, function()
    return function(piece)
      parts[#parts + 1] = piece
      return true
    end, settings.max_body
  end)
  local reusable = answer and answer.kept and sending.sent and not plan.last
  stop_sending(sending)
  if not (reusable and opened:setkeepalive(milliseconds(settings.idle_timeout), settings.pool_size)) then opened:close() end
  if not answer then return lost(plan, problem, status) end
  return { status = answer.status, headers = wanted_of(answer.headers, state.wanted), body = table.concat(parts) }
end

-- The same through lua-resty-http, whose time-outs are of each step.
local function exchange_through(state, plan)
  local progress = {}
  local ok, answer, problem, status = within(plan.timeout, function()
    return pcall(require("whatsapp.transport.resty_http").exchange, state.settings, plan, progress)
  end)
  if not ok then -- in lua-resty-core, for a certificate that nginx has refused: see handshake()
    answer, problem = nil, tostring(answer):find "socket.lua:%d+: assertion failed" and REFUSED or answer
  end
  if answer then
    answer.headers = wanted_of(answer.headers, state.wanted)
    return answer
  end
  problem = tostring(problem):gsub("%c", " ")
  if not progress.begun then return unsent(problem) end
  return lost(plan, problem, status)
end

-- ---- the transport --------------------------------------------------------------------------------------------------------

local function settings_of(given, level)
  local settings = options.copy(DEFAULTS)
  for name, value in pairs(options.check(given, NEW, level + 1)) do settings[name] = value end
  if settings.ca_file then
    error("option ca_file is for libcurl: nginx trusts what its directive lua_ssl_trusted_certificate names", level + 1)
  end
  if settings.proxy and settings.proxy ~= "" and not settings.http then
    error("option proxy: cosockets know no proxy, lua-resty-http does: http = require \"resty.http\"", level + 1)
  end
  return settings
end

local function set_of(names)
  if not names then return nil end
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return set
end

-- all bytes of a request, or what is wrong with it
local function plan_of(settings, request)
  local plan, problem = checked.request(request, settings.allow_http)
  if not plan then return options.refused(problem) end
  plan.timeout = request.timeout or settings.timeout
  plan.last = (plan.given.connection or ""):lower():find("close", 1, true) ~= nil
  plan.bytes = { http1.head(plan, plan.body and #plan.body, settings.user_agent), plan.body }
  return plan
end

local function new_state(given, level)
  local settings = settings_of(given, level + 1)
  return {
    settings = settings, wanted = set_of(settings.headers),
    exchange = settings.http and function(state, _, plan) return exchange_through(state, plan) end or exchange,
    pending = {}, -- done functions of what was begun
    waiting = {}, -- semaphores of those who wait for any of them
  }
end

local function check(state, request, level)
  if state.closed then error("attempt to use a closed transport", level + 1) end
  checked.is_request(request, level + 1)
  if not rawget(_G, "ngx") then error("whatsapp.transport.resty works in nginx only", level + 1) end
end

local function wake(state)
  local waiting = state.waiting
  state.waiting = {}
  for semaphore in pairs(waiting) do semaphore:post(1) end
end

-- nginx keeps a light thread, and does not end the request, until the coroutine that began it has waited for it or is no
-- more. Those that call here may sleep for ever, so that one which ends at once is put in between.
local function spawn_orphan(call)
  assert(coroutine.resume(coroutine.create(function() ngx.thread.spawn(call) end)))
end

local function begin(state, request, done)
  local plan, text, details = plan_of(state.settings, request)
  local socket
  if plan then socket, text, details = new_socket() end
  if not socket then
    done(nil, text, details)
    return
  end
  state.pending[done] = true
  spawn_orphan(function()
    local ok, answer, why, more = pcall(state.exchange, state, socket, plan)
    if not ok then answer, why, more = lost(plan, tostring(answer)) end
    if not state.pending[done] then return end
    state.pending[done] = nil
    done(answer, why, more)
    wake(state)
  end)
end

local function close(state)
  if state.closed then return end
  state.closed = true
  local pending = state.pending
  state.pending = {}
  for done in pairs(pending) do done(failure(CLOSED, true, false)) end
  if next(pending) then wake(state) end
end

---@param given whatsapp.resty_options?
---@param level integer? of the caller to blame, as error() counts from here; who calls this, if absent
---@return table transport callable, with now(), sleep(seconds), begin(request, done), turn(seconds) and close()
function M.new(given, level)
  local state = new_state(given, level or 2)
  local transport = { now = now, sleep = sleep }

  function transport.begin(request, done)
    check(state, request, 2)
    begin(state, request, done)
  end

  function transport.turn(seconds)
    if state.closed then error("attempt to use a closed transport", 2) end
    local semaphore = require("ngx.semaphore").new()
    state.waiting[semaphore] = true
    semaphore:wait(math.max(0.001, seconds))
    state.waiting[semaphore] = nil
  end

  function transport.close() close(state) end

  local function call(_, request)
    check(state, request, 2)
    local plan, text, details = plan_of(state.settings, request)
    if not plan then return nil, text, details end
    local socket
    socket, text, details = new_socket()
    if not socket then return nil, text, details end
    return state.exchange(state, socket, plan)
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.resty" end })
end

return M
