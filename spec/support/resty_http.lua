-- Replaces lua-resty-http, which Debian does not have, in specs that run in nginx. Has only the functions that
-- whatsapp.transport.resty.lua_resty_http calls, over cosockets. fresh() returns a module with its own connections; fresh(folder) returns
-- the real lua-resty-http in this folder. The member `connects` of both has the arguments of each connect().
local M = {}
M.__index = M

local function real(folder, http)
  package.path = folder .. "/?.lua;" .. package.path
  local resty = require "resty.http"
  http.new = function()
    local client = resty.new()
    local connect = client.connect
    function client:connect(options)
      table.insert(http.connects, options)
      local all = { pool = ("%s %s:%d"):format(tostring(http), options.host, options.port) }
      for name, value in pairs(options) do all[name] = value end
      return connect(self, all)
    end
    return client
  end
  return http
end

function M.fresh(folder)
  local http = { connects = {} }
  if folder then return real(folder, http) end
  http.new = function() return setmetatable({ sock = ngx.socket.tcp(), http = http }, M) end
  return http
end

function M:set_timeouts(connect, send, read) return self.sock:settimeouts(connect, send, read) end

function M:connect(given)
  table.insert(self.http.connects, given)
  local pool = { pool = ("%s %s:%d"):format(tostring(self.http), given.host, given.port), pool_size = given.pool_size }
  local ok, problem = self.sock:connect(given.host, given.port, pool)
  if not ok then return nil, problem end
  if given.scheme == "https" and self.sock:getreusedtimes() == 0 then
    local session
    session, problem = self.sock:sslhandshake(nil, given.ssl_server_name, given.ssl_verify ~= false)
    if not session then
      self.sock:close()
      return nil, problem
    end
  end
  self.host = given.host
  return true
end

-- returns name -> value; the value of a header that comes more than once is a list
local function read_headers(sock)
  local headers = {}
  while true do
    local line, problem = sock:receive "*l"
    if not line then return nil, problem end
    if line == "" then return headers end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    local before = headers[name]
    if type(before) == "table" then before[#before + 1] = value
    else headers[name] = before and { before, value } or value end
  end
end

local function length_reader(sock, length)
  return function(most)
    local size = math.min(most, length)
    if size == 0 then return nil end
    local piece, problem = sock:receive(size)
    if piece then length = length - #piece end
    return piece, problem
  end
end

local function chunk_reader(sock)
  local left = 0
  return function(most)
    if left == 0 then
      local line, problem = sock:receive "*l"
      if not line then return nil, problem end
      left = tonumber(line, 16)
      if not left then return nil, "unable to read chunksize" end
      if left == 0 then
        sock:receive(2)
        return nil
      end
    end
    local piece, problem = sock:receive(math.min(most, left))
    if not piece then return nil, problem end
    left = left - #piece
    if left == 0 then sock:receive(2) end
    return piece
  end
end

function M:request(given)
  local headers = given.headers
  headers.Host = headers.Host or self.host
  headers["Content-Length"] = given.body and #given.body
  local lines = { ("%s %s HTTP/1.1"):format(given.method, given.path) }
  for name, value in pairs(headers) do lines[#lines + 1] = name .. ": " .. value end
  local ok, problem = self.sock:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (given.body or ""))
  if not ok then return nil, problem end
  local line
  line, problem = self.sock:receive "*l"
  if not line then return nil, problem end
  local answer = { status = tonumber(line:sub(10, 12)) }
  answer.headers, problem = read_headers(self.sock)
  if not answer.headers then return nil, problem end
  local length = answer.headers["Content-Length"]
  answer.has_body = given.method ~= "HEAD"
  answer.body_reader = length and length_reader(self.sock, tonumber(length)) or chunk_reader(self.sock)
  return answer
end

function M:set_keepalive(idle, size) return self.sock:setkeepalive(idle, size) end
function M:close() return self.sock:close() end

return M
