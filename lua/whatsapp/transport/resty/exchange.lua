-- For whatsapp.transport.resty: sends one HTTP/1.1 request over cosockets and reads its answer, in a worker of resty/workers or
-- in the light thread of resty/alone. Never sends a POST twice. If a kept connection fails, sends the request on another
-- connection only in two cases. Case 1: no byte of the request was written. Case 2: the request is idempotent (GET, HEAD,
-- DELETE) and sends no file and no form, and the server ended the connection before a byte of the answer arrived.
--
-- The server may close a kept connection, or may send bytes that belong to no request and would look like the next answer.
-- nginx drops such a connection when its loop turns. So a connection is kept only if its last read left no bytes, and a kept
-- connection is used only shortly after a turn.
local clock = require "whatsapp.transport.resty.clock"
local failures = require "whatsapp.transport.failure"
local http1 = require "whatsapp.transport.http1"
local progress = require "whatsapp.transport.progress"
local turn = require "whatsapp.transport.resty.turn"

local cosocket = {}

local PIECE, AT_ONCE = 64 * 1024, 8 * 1024 -- bytes; AT_ONCE: the system takes a request of this size completely or not at all
local FRESH = 0.0015 -- a kept connection is used at most these seconds after a turn; the clock may be wrong by 0.001
-- seconds by which nginx's time-out for reading is longer than ours: nginx logs each of its own time-outs as an error
local SLACK = 5

-- ---- time ---------------------------------------------------------------------------------------------------------------

cosocket.now = clock.now
local now = clock.now

local function milliseconds(seconds) return math.max(1, math.ceil(seconds * 1000)) end

-- ---- phases of nginx ------------------------------------------------------------------------------------------------------

-- returns the error for a phase in which nginx cannot suspend code
local function disabled()
  return ("nginx's phase %s cannot wait: send in a handler or a timer, as with ngx.timer.at(0, function() ... end)")
    :format(ngx.get_phase())
end

---Makes a cosocket.
---@return table? socket
---@return string? err
---@return whatsapp.details? details
function cosocket.new()
  local ok, socket = pcall(ngx.socket.tcp)
  if ok and socket then return socket end
  return failures.new(disabled() .. " (nothing was sent)", false, false)
end

---Sleeps at least a millisecond: with less, nginx 1.22 runs this coroutine again before it checks its connections.
---@param seconds number
function cosocket.sleep(seconds)
  if not pcall(ngx.sleep, (milliseconds(seconds) + 0.5) / 1000) then error(disabled(), 2) end
  clock.has_turned()
end

-- ---- connecting ---------------------------------------------------------------------------------------------------------

-- returns the options of the connection pool; a request with the same URL table gets the same options again
local function pool_of(state, url)
  if state.pool_url == url then return state.pool end
  local settings = state.settings
  state.pool_url = url
  state.pool = {
    pool = ("whatsapp %s %s://%s:%d %s"):format(settings.pool, url.scheme, url.host, url.port, settings.server_name or ""),
    pool_size = settings.pool_size,
  }
  return state.pool
end

-- Does the TLS handshake, and verifies the certificate. Returns true; or nil, err. If the handshake ends without waiting,
-- lua-resty-core 0.1.25 reports success even if nginx refused the certificate and closed the connection
-- (openresty/lua-nginx-module#2506). The reason of the refusal is then lost; getreusedtimes() shows that the connection is
-- closed.
local function handshake(socket, name)
  local ok, err = socket:sslhandshake(false, name, true)
  if ok and not socket:getreusedtimes() then return nil, failures.REFUSED end
  return ok, err
end

-- Connects to a host by its name. nginx's resolver has its own time-out: if our time is over earlier, the worker ends the
-- look-up.
local function connect_by_name(socket, url, pool, seconds, worker)
  local ok, err = worker:within(seconds, function() return socket:connect(url.host, url.port, pool) end)
  if not ok and err == "timeout" then err = failures.UNRESOLVED end
  return ok, err
end

-- Takes a kept connection (its certificate was verified before), or opens a new one. Returns true, and whether it took a kept
-- connection; or nil, err. Also sets nginx's time-outs for sending and reading: they end a request only if no other code does.
local function connect(state, socket, plan, deadline, worker)
  local settings, url, time = state.settings, plan.url, clock.last()
  local seconds = math.max(0.001, math.min(deadline - time, settings.connect_timeout))
  local rest = milliseconds(math.max(0.001, deadline - time))
  socket:settimeouts(milliseconds(seconds), rest, rest + SLACK * 1000)
  local pool = pool_of(state, url)
  local ok, err
  if url.named then ok, err = connect_by_name(socket, url, pool, seconds, worker)
  else ok, err = socket:connect(url.host, url.port, pool) end
  if not ok then return nil, err end
  if socket:getreusedtimes() > 0 then return true, true end
  if url.scheme == "http" then return true, false end
  local left = milliseconds(math.max(0.001, time + seconds - now()))
  socket:settimeouts(left, left, left)
  ok, err = handshake(socket, settings.server_name or url.host:gsub("[%[%]]", ""))
  if not ok then return nil, err end
  rest = milliseconds(math.max(0.001, deadline - now()))
  socket:settimeouts(rest, rest, rest + SLACK * 1000)
  return true, false
end

-- Gets a connection that has not sent any byte of this request; returns the same as connect(). If the last turn of nginx's loop
-- was too long ago, waits for a turn first: in the turn, nginx drops the connections that the server has closed.
local function open(state, socket, plan, deadline, worker)
  if clock.since_turn() > FRESH and not turn.wait() then cosocket.sleep(0.001) end
  plan.is_open = false
  local ok, kept = connect(state, socket, plan, deadline, worker)
  if ok then
    plan.is_open = true
    return true, kept
  end
  socket:close()
  return nil, kept
end

-- ---- progress -----------------------------------------------------------------------------------------------------------

local function progress_of(plan)
  if plan.target then return plan.in_file and plan.target.size or 0, plan.in_file and plan.length or nil end
  if plan.upload then return plan.upload.moved, plan.upload.total end
  return 0, nil
end

local function observe_nothing() end

-- returns a function that reports progress; call it during a request and at its end
local function observer_of(state, plan)
  if not plan.progress then return observe_nothing end
  local teller = progress.new(plan.progress, now())
  plan.teller = teller
  return function(ended)
    local time = now()
    if state.closed or not (ended or teller:is_due(time)) then return end
    local moved, total = progress_of(plan)
    teller:tell(time, moved, total, ended)
  end
end

-- ---- sending --------------------------------------------------------------------------------------------------------------

-- Sends files and forms. Returns true; false if the connection failed; or false, err if a file cannot be read.
local function send_upload(socket, plan, observe)
  while plan.upload do
    local bytes, err = plan.upload:read()
    if not bytes then return err == nil, err end
    if not socket:send(bytes) then return false end
    observe()
  end
  return true
end

-- Returns whether a request is short: then the system takes all its bytes at once, or takes no byte.
local function is_short(plan) return not plan.upload and #plan.head + #(plan.body or "") <= AT_ONCE end

-- Sends the rest of a long request in another light thread, while this thread already reads. So this thread sees an early
-- refusal at once, and ends the request in time if the server never reads.
local function send_rest(socket, plan, sending, worker, observe)
  local thread = ngx.thread.spawn(function()
    local ok = plan.body == nil or socket:send(plan.body)
    if ok then sending.sent, sending.err = send_upload(socket, plan, observe)
    else sending.sent = false end
    if sending.err then worker:ring() end
  end)
  if sending.sent ~= nil then ngx.thread.wait(thread) -- nginx keeps an ended thread until another thread has waited for it
  else sending.thread = thread end
end

-- Sends a short request, or sends the head of a long request and begins to send the rest. Returns nil if the connection failed.
local function start_sending(socket, plan, worker, observe)
  local sending = {}
  local short = is_short(plan)
  local first = short and plan.body and { plan.head, plan.body } or plan.head
  if not socket:send(first) then return nil end
  if short then sending.sent = true
  else send_rest(socket, plan, sending, worker, observe) end
  return sending
end

-- Ends the light thread that sends. nginx keeps an ended thread until another thread has waited for it.
local function stop_sending(sending)
  if not sending.thread then return end
  if sending.sent ~= nil then ngx.thread.wait(sending.thread)
  else ngx.thread.kill(sending.thread) end
end

-- ---- reading --------------------------------------------------------------------------------------------------------------

local largest = 0 -- size of the largest piece that nginx returned at once

-- Returns whether a piece may have filled nginx's buffer; then more bytes of the same TLS record may follow. The buffer is at
-- least as long as the largest piece so far. Its length (lua_socket_buffer_size) is a round number, such as 4k or 1000.
local function may_be_full(size)
  return size >= largest and size > 0 and (size % 64 == 0 or size % 100 == 0)
end

-- a source for http1.read(): returns the bytes of an answer as they arrive, and keeps the body
local Source = {}
Source.__index = Source

-- Sets plan.came: a byte of the answer has arrived. Sets plan.full: more bytes may follow the last piece.
function Source:pull()
  local bytes, err = self.socket:receiveany(PIECE)
  local plan = self.plan
  if not plan.came then clock.has_turned() end -- the first bytes of an answer come only after a turn
  if bytes then
    local size = #bytes
    plan.came = true
    plan.full = may_be_full(size)
    if size > largest then largest = size end
  end
  return bytes, err
end

function Source:open(status, length)
  local plan = self.plan
  plan.in_file = plan.target ~= nil and status >= 200 and status < 300
  plan.length = length
  return plan.in_file and plan.limit or self.state.settings.max_body
end

-- Writes a piece to the file, or keeps it. Joins the kept pieces after each 1,024: an answer may come in millions of pieces.
function Source:write(piece)
  if self.plan.in_file then
    local ok, err = self.plan.target:write(piece)
    self.observe()
    return ok, err
  end
  local small = self.small
  if not small then
    if not self.first then
      self.first = piece
      return true
    end
    small = { self.first }
    self.small, self.list = small, {}
  end
  small[#small + 1] = piece
  if #small >= 1024 then self.list[#self.list + 1], self.small = table.concat(small), {} end
  return true
end

function Source:body()
  if not self.small then return self.first or "" end
  return table.concat(self.list) .. table.concat(self.small)
end

-- ---- the exchange ---------------------------------------------------------------------------------------------------------

-- returns the answer; or nil, err, and the status if it arrived
local function read(state, source, plan, sending, deadline, worker)
  local answer, err, status
  if worker.is_alone then answer, err, status = http1.read(source, plan.method)
  else
    local function is_over() return state.closed or sending.err end
    answer, err, status = worker:within(deadline - now(), function() return http1.read(source, plan.method) end, is_over)
  end
  stop_sending(sending)
  if sending.err then return nil, sending.err, status end
  if not answer and state.closed then return nil, failures.CLOSED, status end
  return answer, err, status
end

-- Reads the answer. Keeps the connection if another request can use it; else closes it. Returns the response; or nil, err,
-- details.
local function talk(state, socket, plan, sending, deadline, worker, observe)
  local source = setmetatable(
    { state = state, socket = socket, plan = plan, observe = observe, first = false, small = false }, Source)
  local answer, err, status = read(state, source, plan, sending, deadline, worker)
  local reusable = answer and answer.kept and sending.sent and not plan.last and not plan.full
  if not (reusable and socket:setkeepalive(milliseconds(state.settings.idle_timeout), state.settings.pool_size)) then
    socket:close()
  end
  if not answer then
    plan.failure = err
    return failures.lost(plan, err, status)
  end
  local response = { status = answer.status, headers = http1.wanted_of(answer.headers, state.wanted) }
  if plan.in_file then response.size = plan.target.size
  else response.body = source:body() end
  return response
end

local GONE = { closed = true, ["connection reset by peer"] = true }

-- Returns whether the request may be sent again on another connection after a kept connection failed: these are the two
-- cases at the top of this file.
local function may_go_again(plan, sending)
  if not sending then return #plan.head <= AT_ONCE end
  return plan.idempotent and GONE[plan.failure] and not plan.came and not plan.upload
end

-- Sends the request and reads its answer, on as many connections as may_go_again() allows. Returns the response; or nil, err,
-- details.
local function attempt(state, socket, plan, deadline, worker, observe)
  while true do
    local opened, response, err, details
    local kept
    opened, kept = open(state, socket, plan, deadline, worker)
    if not opened then return failures.unsent(kept) end
    local sending = not state.closed and start_sending(socket, plan, worker, observe)
    if sending then response, err, details = talk(state, socket, plan, sending, deadline, worker, observe)
    else
      socket:close()
      response, err, details = failures.lost(plan, "closed")
    end
    if response or not kept or state.closed or now() >= deadline or not may_go_again(plan, sending) then
      return response, err, details
    end
    socket = ngx.socket.tcp()
    plan.socket = socket
  end
end

---Returns whether resty/alone can do the request in a light thread that may be killed: the request is sent at once, and the
---thread has no open file and no progress.
---@param plan table
---@return boolean
function cosocket.is_plain(plan) return is_short(plan) and not (plan.target or plan.progress) end

---Closes the files of a request; removes an incomplete file for the answer.
---@param plan table
---@param whole boolean? true: the answer in the file is complete
---@return true? ok, string? err
function cosocket.finish(plan, whole)
  if plan.upload then plan.upload:close() end
  if plan.target then return plan.target:finish(whole or false) end
  return true
end

---Sends one request and reads its answer.
---@param state table .settings, .wanted, .closed
---@param socket table a new socket
---@param plan table the request
---@param worker table a worker of resty/workers, or a guard of resty/alone
---@return table? response
---@return string? err
---@return whatsapp.details? details
function cosocket.exchange(state, socket, plan, worker)
  local deadline, observe = (plan.deadline or now() + plan.timeout), observer_of(state, plan)
  local response, err, details = attempt(state, socket, plan, deadline, worker, observe)
  local ok, unwritten = cosocket.finish(plan, response ~= nil and plan.in_file)
  if not ok then response, err, details = failures.lost(plan, unwritten, response.status) end
  observe(true)
  if plan.teller then plan.teller:finish(response or details) end
  return response, err, details
end

return cosocket
