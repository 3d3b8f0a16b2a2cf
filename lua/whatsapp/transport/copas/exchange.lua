-- For whatsapp.transport.copas: sends one HTTP/1.1 request over LuaSocket and reads its answer, in a thread that pauses instead
-- of blocking. Never sends a POST twice. If a kept connection fails, sends the request on another connection only in two cases.
-- Case 1: no byte of the request was written. Case 2: the request is idempotent (GET, HEAD, DELETE), and the connection failed
-- before a byte of the answer arrived.
local failures = require "whatsapp.transport.failure"
local http1 = require "whatsapp.transport.http1"
local show = require "whatsapp.util.show"
local tls = require "whatsapp.transport.copas.tls"
local waits = require "whatsapp.transport.copas.waits"

local exchange = {}

local PIECE, AT_ONCE = 64 * 1024, 8 * 1024 -- bytes; AT_ONCE: the system takes a head of this size completely or not at all
local LOOK = 0.2 -- seconds: while a long body is sent, the time between two checks for an early answer

local now = waits.now

-- errors of LuaSocket and LuaSec that mean "would block" -> the direction to wait for (true: the direction of the call)
local BLOCKED = { timeout = true, wantread = "r", wantwrite = "w" }

-- ---- kept connections -------------------------------------------------------------------------------------------------------

local Pool = {}
Pool.__index = Pool

---@param settings table
---@return table pool
function exchange.new_pool(settings) return setmetatable({ settings = settings, idle = {} }, Pool) end

local function key_of(url) return ("%s://%s:%d"):format(url.scheme, url.host, url.port) end

-- Returns whether a kept connection can be used: it has not expired, the server has not closed it, and no unread bytes are in
-- it.
local function is_good(kept)
  if kept.expires < now() then return false end
  kept.socket:settimeout(0)
  local bytes, err, rest = kept.socket:receive(1)
  return not bytes and (rest == nil or rest == "") and BLOCKED[err] ~= nil
end

---@param url whatsapp.url
---Returns a kept connection to the host of the URL, and removes it from the pool.
---@return userdata? socket
function Pool:take(url)
  local key = key_of(url)
  for i = #self.idle, 1, -1 do
    local kept = self.idle[i]
    if kept.key == key then
      table.remove(self.idle, i)
      if is_good(kept) then return kept.socket end
      kept.socket:close()
    end
  end
end

---@param url whatsapp.url
---@param socket userdata
function Pool:put(url, socket)
  if self.closed or #self.idle >= self.settings.pool_size then return socket:close() end
  self.idle[#self.idle + 1] = { key = key_of(url), socket = socket, expires = now() + self.settings.idle_timeout }
end

function Pool:close()
  self.closed = true
  for _, kept in ipairs(self.idle) do kept.socket:close() end
  self.idle = {}
end

-- ---- connecting -------------------------------------------------------------------------------------------------------------

-- Returns the addresses of a host, or nil, err. The look-up of a name blocks.
local function addresses_of(url)
  local host = url.host:gsub("[%[%]]", "")
  if not url.named then return { { family = host:find(":", 1, true) and "inet6" or "inet", addr = host } } end
  local list, err = require("socket").dns.getaddrinfo(host)
  if not list or not list[1] then return nil, "the host's name cannot be resolved: " .. show.value(err) end
  return list
end

-- returns a new connection to one address, or nil, err
local function connect_to(address, port, deadline, pause)
  local luasocket = require "socket"
  local socket, err = (address.family == "inet6" and luasocket.tcp6 or luasocket.tcp4)()
  if not socket then return nil, err end
  socket:settimeout(0)
  local ok
  ok, err = socket:connect(address.addr, port)
  while not ok do
    if err == "already connected" then ok = true
    elseif err ~= "timeout" and err ~= "Operation already in progress" then break
    elseif not pause(socket, "w", deadline - now()) then
      err = "timeout"
      break
    else ok, err = socket:connect(address.addr, port) end
  end
  if ok then
    socket:setoption("tcp-nodelay", true)
    return socket
  end
  socket:close()
  return nil, err
end

-- Makes a connection secure, and checks the certificate's name. Returns the secure connection, or nil, err.
local function handshake(state, plan, socket, deadline, pause)
  local url = plan.url
  local err
  if not state.context then state.context, err = tls.context(state.settings.ca_file) end
  if not state.context then return nil, err end
  local secured
  secured, err = require("ssl").wrap(socket, state.context)
  if not secured then return nil, err end
  plan.socket = secured
  secured:settimeout(0)
  local host = url.host:gsub("[%[%]]", "")
  if url.named then secured:sni(host) end
  local ok
  repeat
    ok, err = secured:dohandshake()
    if not ok and (not BLOCKED[err] or not pause(secured, BLOCKED[err] == "w" and "w" or "r", deadline - now())) then
      if BLOCKED[err] then err = "timeout" end
      return nil, err
    end
  until ok
  ok, err = tls.check_name(secured, host, url.named)
  return ok and secured, err
end

-- Returns a connection that has not sent any byte of this request, and true if it is a kept connection; or nil, err.
local function open(state, plan, deadline, pause)
  local kept = state.pool:take(plan.url)
  if kept then return kept, true end
  deadline = math.min(deadline, now() + state.settings.connect_timeout)
  local list, err = addresses_of(plan.url)
  local socket
  for _, address in ipairs(list or {}) do
    if state.closed then return nil, "closed" end
    socket, err = connect_to(address, plan.url.port, deadline, pause)
    if socket or now() >= deadline then break end
  end
  if not socket or plan.url.scheme == "http" then return socket, socket and false or err end
  plan.socket = socket
  local secured
  secured, err = handshake(state, plan, socket, deadline, pause)
  if secured then return secured, false end
  plan.socket:close()
  return nil, err
end

-- ---- sending and reading ----------------------------------------------------------------------------------------------------

-- Returns the bytes that have arrived ("" if there are no bytes yet), and the direction to wait for. Returns nil, err at the
-- end of the connection. Notes this end in plan.ended, because after an error LuaSec must not be called again.
local function receive(plan, socket)
  if plan.ended then return nil, plan.ended end
  local bytes, err, part = socket:receive(PIECE)
  bytes = bytes or part or ""
  if err and not BLOCKED[err] then plan.ended = err end
  if bytes == "" and plan.ended then return nil, err end
  if bytes ~= "" then plan.came = true end
  return bytes, BLOCKED[err] == "w" and "w" or "r"
end

-- Returns whether the server has answered, or has closed the connection, before the whole request was sent. Keeps the bytes for
-- Source:pull().
local function is_answered(plan, socket)
  local bytes = receive(plan, socket)
  plan.early = bytes ~= "" and bytes or nil
  return bytes ~= ""
end

-- Sends the request; stops early if an answer comes. Returns the number of bytes that were sent, and an error if there was one.
local function send(plan, socket, deadline, pause)
  local bytes = plan.body and plan.head .. plan.body or plan.head
  local at, looked = 0, now()
  while at < #bytes do
    local last, err, part = socket:send(bytes, at + 1)
    at = last or part or at
    if not last then
      if not BLOCKED[err] then return at, err end
      local how = BLOCKED[err] == "r" and "r" or "w"
      local left = deadline - now()
      if left <= 0 then return at, "timeout" end
      pause(socket, how, math.min(left, LOOK))
      if now() - looked >= LOOK then
        looked = now()
        if is_answered(plan, socket) then return at end
      end
    end
  end
  return at
end

-- a source for http1.read(): returns the bytes of an answer as they arrive, and keeps the body
local Source = {}
Source.__index = Source

function Source:pull()
  local plan, early = self.plan, self.plan.early
  if early then
    plan.early = nil
    return early
  end
  while true do
    if self.state.closed then return nil, failures.CLOSED end
    local bytes, how = receive(plan, self.socket)
    if bytes ~= "" then return bytes, how end
    local left = self.deadline - now()
    if left <= 0 then return nil, "timeout" end
    self.pause(self.socket, how, left)
  end
end

function Source:open(status) return status >= 200 and status < 300 and self.plan.limit or self.state.settings.max_body end

function Source:write(piece)
  self.list[#self.list + 1] = piece
  return true
end

-- Sends the request on a connection, and reads the answer. Returns the response; or nil, err, status if no complete answer
-- came. Keeps the connection if another request can use it; else closes it.
local function talk(state, plan, socket, deadline, pause)
  local sent, unsent = send(plan, socket, deadline, pause)
  plan.went = sent
  if unsent == "timeout" then return nil, unsent end
  local source = setmetatable(
    { state = state, plan = plan, socket = socket, deadline = deadline, pause = pause, list = {} }, Source)
  local whole = sent == #plan.head + #(plan.body or "")
  local answer, err, status = http1.read(source, plan.method)
  if not answer then return nil, unsent or err, status end
  if answer.kept and whole and not (plan.ended or plan.last or state.closed) then state.pool:put(plan.url, socket)
  else socket:close() end
  local headers = http1.wanted_of(answer.headers, state.settings.wanted)
  return { status = answer.status, headers = headers, body = table.concat(source.list) }
end

-- Returns whether the request may be sent again on another connection after a kept connection failed (the two cases of the
-- head).
local function may_go_again(plan, err)
  if plan.went == 0 then return #plan.head <= AT_ONCE end
  return plan.idempotent and not plan.came and err ~= "timeout"
end

---Sends one request and reads its answer; opens or reuses a connection for it.
---@param state table the state of the transport
---@param plan table the request
---@param pause fun(connection: userdata, how: "r"|"w", seconds: number): boolean
---@return table? response
---@return string? err
---@return whatsapp.details? details
function exchange.run(state, plan, pause)
  local deadline = now() + plan.timeout
  while true do
    local socket, kept = open(state, plan, deadline, pause)
    if not socket then return failures.unsent(kept) end
    plan.socket, plan.went, plan.came, plan.early, plan.ended = socket, 0, false, nil, nil
    local response, err, status = talk(state, plan, socket, deadline, pause)
    plan.socket = nil
    if response then return response end
    socket:close()
    if not kept or state.closed or now() >= deadline or not may_go_again(plan, err) then
      return failures.lost(plan, err, status)
    end
  end
end

return exchange
