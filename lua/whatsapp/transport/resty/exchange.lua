-- One HTTP/1.1 exchange over cosockets. A kept connection is looked at before it is used; a
-- light thread sends while who called reads. Never sends a request twice. For whatsapp.transport.resty.
local failures = require "whatsapp.transport.resty.failure"
local http1 = require "whatsapp.transport.resty.http1"
local progress = require "whatsapp.transport.progress"

local cosocket = {}

local PIECE, AT_ONCE = 64 * 1024, 8 * 1024 -- bytes
local SLICE = 1 -- seconds after which who waits looks whether there is still something to wait for

-- ---- time ---------------------------------------------------------------------------------------------------------------

local latest, behind = 0, 0

---@return number seconds; nginx's clock without its steps back, and as it is now
function cosocket.now()
  ngx.update_time()
  local time = ngx.now()
  if time + behind < latest then behind = latest - time end
  latest = time + behind
  return latest
end
local now = cosocket.now

local function milliseconds(seconds) return math.max(1, math.ceil(seconds * 1000)) end

-- ---- where nginx lets something wait ------------------------------------------------------------------------------------

local function disabled()
  return ("nginx lets nothing wait in its phase %s: send in a handler or a timer, as with ngx.timer.at(0, function() ... end)")
    :format(ngx.get_phase())
end

---@return table? socket
---@return string? text
---@return whatsapp.details? details
function cosocket.new()
  local ok, socket = pcall(ngx.socket.tcp)
  if ok and socket then return socket end
  return failures.new(disabled() .. " (nothing was sent)", false, false)
end

---A millisecond at least: without one nginx 1.22 runs this coroutine again before it looks at any connection.
---@param seconds number
function cosocket.sleep(seconds)
  if not pcall(ngx.sleep, (milliseconds(seconds) + 0.5) / 1000) then error(disabled(), 2) end
end

---What the call returns, up to four values; nil and "timeout" where the time is over first, and the call is ended.
---@param seconds number
---@param call function
function cosocket.within(seconds, call)
  local result
  local caller = ngx.thread.spawn(function() result = { call() } end)
  if result then ngx.thread.wait(caller)
  else
    local till = now() + seconds
    local alarm = ngx.thread.spawn(function() -- looks whether who waited was killed, so that the request can end
      repeat cosocket.sleep(math.min(SLICE, math.max(0, till - now()))) until result or now() >= till
    end)
    ngx.thread.wait(caller, alarm)
    ngx.thread.kill(result and alarm or caller)
  end
  if not result then return nil, "timeout" end
  return unpack(result, 1, 4) -- luacheck: ignore 113
end

-- ---- connecting ---------------------------------------------------------------------------------------------------------

local function pool_of(settings, url)
  return ("whatsapp %s %s://%s:%d %s"):format(settings.pool, url.scheme, url.host, url.port, settings.server_name or "")
end

-- Where the handshake needs no waiting, lua-resty-core 0.1.25 calls it good though nginx has refused the certificate and
-- closed the connection (openresty/lua-nginx-module#2506); why is lost then.
local function handshake(socket, name)
  local ok, problem = socket:sslhandshake(false, name, true)
  if ok and not socket:getreusedtimes() then return nil, failures.REFUSED end
  return ok, problem
end

-- A kept connection, which was verified, or a new one. Nginx's resolver has a time-out of its own: who looks for a name is
-- given up when the time is over.
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
  local left = limit()
  local function named() return cosocket.within(left, call) end
  local ok, problem = (url.named and named or call)()
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

-- ---- progress -----------------------------------------------------------------------------------------------------------

local function progress_of(plan)
  if plan.target then return plan.in_file and plan.target.size or 0, plan.in_file and plan.length or nil end
  if plan.upload then return plan.upload.moved, plan.upload.total end
  return 0, nil
end

local function nobody_observes() end

-- what tells of it, while it goes on and in the end
local function observer_of(state, plan)
  if not plan.progress then return nobody_observes end
  local teller = progress.new(plan.progress, now())
  plan.teller = teller
  return function(ended)
    local time = now()
    if state.closed or not (ended or teller:is_due(time)) then return end
    local moved, total = progress_of(plan)
    teller:tell(time, moved, total, ended)
  end
end

-- ---- sending and reading --------------------------------------------------------------------------------------------------

-- all of a request; false, and why if that is not the connection's fault
local function send(socket, plan, observe)
  if not socket:send(plan.bytes) then return false end
  while plan.upload do
    local bytes, problem = plan.upload:read()
    if not bytes then return problem == nil, problem end
    if not socket:send(bytes) then return false end
    observe()
  end
  return true
end

-- What the system takes at once is sent at once, the rest in a light thread of its own, so that who refuses early is heard,
-- and who never reads is given up in time.
local function start_sending(socket, plan, seconds, observe)
  local sending = {}
  local most = milliseconds(seconds)
  socket:settimeouts(most, most, most)
  if not plan.upload and #(plan.body or "") <= AT_ONCE then
    sending.sent, sending.problem = send(socket, plan, observe)
    return sending
  end
  local thread = ngx.thread.spawn(function() sending.sent, sending.problem = send(socket, plan, observe) end)
  if sending.sent ~= nil then ngx.thread.wait(thread) -- nginx keeps one that has ended until it was waited for
  else sending.thread = thread end
  return sending
end

-- What is read while a light thread still sends is read in another one, and who called waits for both: were he killed while
-- one had ended that he did not wait for, nginx would never end the request (seen with 1.22).
local function while_sending(sending, read)
  if not sending.thread then return read() end
  local result
  local reading = ngx.thread.spawn(function()
    result = { pcall(read) }
    return result
  end)
  local _, first = ngx.thread.wait(sending.thread, reading)
  if result == nil or first ~= result then ngx.thread.wait(reading) -- it was the one that sends that has ended
  elseif sending.sent ~= nil then ngx.thread.wait(sending.thread)
  else ngx.thread.kill(sending.thread) end
  if not result[1] then error(result[2], 0) end
  return unpack(result, 2, 4) -- luacheck: ignore 113
end

-- bytes of the answer, for as long as there is time
local function reader_of(state, socket, sending, till)
  return function()
    while not state.closed do
      local left = till - now()
      if sending.problem then return nil, sending.problem end
      if left <= 0 then return nil, "timeout" end
      socket:settimeouts(milliseconds(left), milliseconds(left), milliseconds(math.min(left, SLICE)))
      local bytes, problem = socket:receiveany(PIECE)
      if bytes or problem ~= "timeout" then return bytes, problem end
    end
    return nil, failures.CLOSED
  end
end

-- small pieces are joined now and then: an answer may come in millions of them
local function collect(parts, piece)
  local count = #parts.small + 1
  parts.small[count] = piece
  if count < 1024 then return true end
  parts[#parts + 1], parts.small = table.concat(parts.small), {}
  return true
end

local function joined(parts) return table.concat(parts) .. table.concat(parts.small) end

-- where the body of an answer goes, and how much of it may
local function place_of(state, plan, parts, observe)
  return function(status, length)
    plan.in_file = plan.target ~= nil and status >= 200 and status < 300
    plan.length = length
    if not plan.in_file then
      return function(piece) return collect(parts, piece) end, state.settings.max_body
    end
    return function(piece)
      local ok, problem = plan.target:write(piece)
      observe()
      return ok, problem
    end, plan.limit
  end
end

---@param headers table<string, string>
---@param wanted table<string, boolean>?
function cosocket.wanted_of(headers, wanted)
  if not wanted then return headers end
  local left = {}
  for name in pairs(wanted) do left[name] = headers[name] end
  return left
end

local function talk(state, socket, plan, till, observe)
  local sending, parts = start_sending(socket, plan, till - now(), observe), { small = {} }
  local pull, place = reader_of(state, socket, sending, till), place_of(state, plan, parts, observe)
  local answer, problem, status = while_sending(sending, function() return http1.read(pull, plan.method, place) end)
  local reusable = answer and answer.kept and sending.sent and not plan.last
  if not (reusable and socket:setkeepalive(milliseconds(state.settings.idle_timeout), state.settings.pool_size)) then
    socket:close()
  end
  if not answer then return failures.lost(plan, problem, status) end
  local response = { status = answer.status, headers = cosocket.wanted_of(answer.headers, state.wanted) }
  if plan.in_file then response.size = plan.target.size
  else response.body = joined(parts) end
  return response
end

---Closes what a request streams; a file that is not whole is removed.
---@param plan table
---@param whole boolean? the answer is in its file
---@return true? ok, string? problem
function cosocket.finish(plan, whole)
  if plan.upload then plan.upload:close() end
  if plan.target then return plan.target:finish(whole or false) end
  return true
end

---@param state table .settings, .wanted, .closed
---@param socket table a new one
---@param plan table what is to be sent
---@return table? response
---@return string? text
---@return whatsapp.details? details
function cosocket.exchange(state, socket, plan)
  local till, observe = now() + plan.timeout, observer_of(state, plan)
  local opened, trouble = open(state.settings, socket, plan.url, till)
  local response, text, details
  if opened then response, text, details = talk(state, opened, plan, till, observe)
  else response, text, details = failures.unsent(trouble) end
  local ok, problem = cosocket.finish(plan, response ~= nil and plan.in_file)
  if not ok then response, text, details = failures.lost(plan, problem, response.status) end
  observe(true)
  if plan.teller then plan.teller:finish(response or details) end
  return response, text, details
end

return cosocket
