-- A small client of Redis over a socket of LuaSocket. It sends one command and reads its answer, in RESP, the protocol of
-- Redis. Connects at the first call, and again after the connection is lost. Never repeats a command, and never raises.
local resp = {}

local Client = {}
Client.__index = Client

local READERS = {}

-- Reads one answer. Returns its value, false for Redis's nil; or nil, err, is_answer. is_answer is true if Redis answered with
-- an error: then the connection stays open.
local function read(socket)
  local line, err = socket:receive "*l"
  if not line then return nil, err end
  local reader = READERS[line:sub(1, 1)]
  if not reader then return nil, "the answer is not RESP: is it a Redis server?" end
  return reader(line:sub(2), socket)
end

READERS["+"] = function(text) return text end
READERS["-"] = function(line) return nil, line, true end
READERS[":"] = function(text) return tonumber(text) end

READERS["$"] = function(text, socket)
  local size = tonumber(text)
  if size < 0 then return false end
  local bytes, err = socket:receive(size + 2)
  if not bytes then return nil, err end
  return bytes:sub(1, -3)
end

READERS["*"] = function(text, socket)
  local count, list = tonumber(text), {}
  if count < 0 then return false end
  for i = 1, count do
    local value, err, is_answer = read(socket)
    if value == nil and not is_answer then return nil, err end
    list[i] = value == nil and false or value
  end
  return list
end

-- returns a command in RESP
local function command(...)
  local count = select("#", ...)
  local words = { ("*%d\r\n"):format(count) }
  for i = 1, count do
    local word = tostring((select(i, ...)))
    words[#words + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
  end
  return table.concat(words)
end

local function exchange(socket, ...)
  local sent, err = socket:send(command(...))
  if not sent then return nil, err end
  return read(socket)
end

local function lose(self)
  if self.socket then pcall(self.socket.close, self.socket) end
  self.socket = nil
end

-- opens a connection and sends the greeting (AUTH, SELECT); returns true, or nil, err
local function connect(self)
  local socket, err = self.tcp()
  if not socket then return nil, err end
  socket:settimeout(self.timeout)
  local ok
  ok, err = socket:connect(self.host, self.port)
  if not ok then return nil, err end
  -- LuaSocket sends a long command in pieces of 8 KiB; without this, the last piece waits some 40 ms for an ACK
  if socket.setoption then socket:setoption("tcp-nodelay", true) end
  self.socket = socket
  for _, words in ipairs(self.greeting) do
    ok, err = exchange(socket, (unpack or table.unpack)(words)) -- luacheck: ignore 113 143
    if not ok then
      lose(self)
      return nil, err
    end
  end
  return true
end

---Sends a command and reads its answer.
---@param ... string
---@return any reply a string, a number, a list, or false if Redis answered nil; nil: the call failed
---@return string? err
function Client:call(...)
  if not self.socket then
    local connected, err = connect(self)
    if not connected then return nil, ("no connection to Redis at %s:%d: %s"):format(self.host, self.port, tostring(err)) end
  end
  local reply, err, is_answer = exchange(self.socket, ...)
  if reply == nil and not is_answer then lose(self) end
  return reply, err
end

function Client:close() lose(self) end

---@param options { host: string?, port: integer?, password: string?, user: string?, database: integer?, timeout: number?, tcp:
---(fun(): any)? } tcp: returns a new socket, as socket.tcp of LuaSocket does
---@return table client :call(name, …), :close()
function resp.new(options)
  local greeting = {}
  if options.password then
    greeting[1] = options.user and { "AUTH", options.user, options.password } or { "AUTH", options.password }
  end
  if options.database then greeting[#greeting + 1] = { "SELECT", ("%d"):format(options.database) } end
  return setmetatable({
    host = options.host or "127.0.0.1", port = options.port or 6379, timeout = options.timeout or 10, greeting = greeting,
    tcp = options.tcp,
  }, Client)
end

return resp
