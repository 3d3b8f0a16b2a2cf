-- The usual way in Lua, for the benchmark of sending: a kept socket of LuaSec, HTTP/1.1 by hand, and lua-cjson for both
-- directions. Never checks a message, never repeats a request. Never sends to the API.
--   lua luasec.lua blocking BASE_URL CA_FILE COUNT WARM_UP
local cjson = require "cjson"
local floor = require "floor"
local measure = require "spec.bench.send.measure"
local message = require "spec.bench.send.message"
local socket = require "socket"
local ssl = require "ssl"

local base_url, ca_file = arg[2], arg[3]
local host, port = base_url:match "^https://([%d.]+):(%d+)$"

local function connect()
  local tcp = assert(socket.tcp())
  assert(tcp:connect(host, tonumber(port)))
  assert(tcp:setoption("tcp-nodelay", true))
  local secure = assert(ssl.wrap(tcp, {
    mode = "client", protocol = "tlsv1_3", verify = "peer", options = "all", cafile = ca_file,
  }))
  assert(secure:dohandshake())
  return secure
end

local connection = connect()

local HEAD = ("POST /v26.0/106540352242922/messages HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: luasec\r\nAccept: */*\r\n"
  .. "Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: "):format(host, port, measure.TOKEN)

-- sends head and body in one write: with two writes, the server would wait for the second write
local function send(one)
  local body = cjson.encode(one)
  assert(connection:send(HEAD .. #body .. "\r\n\r\n" .. body))
  local status = assert(connection:receive "*l"):match "^HTTP/1.1 (%d+)"
  local length = 0
  while true do
    local line = assert(connection:receive "*l")
    if line == "" then break end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    if name:lower() == "content-length" then length = tonumber(value) end
  end
  local answer = assert(connection:receive(length))
  return status, cjson.decode(answer)
end

measure.run(function(sends, latencies)
  local one = message.new()
  for i = 1, sends do
    local started = floor.now()
    local status, answer = send(one)
    assert(status == "200" and type(answer.messages[1].id) == "string")
    latencies[i] = floor.now() - started
  end
end, tonumber(arg[4]), tonumber(arg[5]))
connection:close()
