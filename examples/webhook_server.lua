-- The endpoint in a small HTTP server of its own, over cqueues; a proxy in front of it has the certificate.
--   lua examples/webhook_server.lua [port]
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

-- a bot that waits for an answer, or to try again, holds up nobody; but in Lua 5.1, where a callback cannot wait, everybody
local can_wait = _VERSION ~= "Lua 5.1" or rawget(_G, "jit")
local transport = can_wait and require("whatsapp.transport.cqueues").new { ca_file = os.getenv "WHATSAPP_CA_FILE" } or nil
local handle = assert(loadfile "examples/webhook_bot.lua")(transport)

local function read_request(connection)
  local line = connection:read "*l"
  local method, path = (line or ""):match "^(%u+) (%S+) HTTP/1"
  if not method then return nil end
  local headers = {}
  while true do
    local name, value = (connection:read "*l" or ""):match "^([^:]+):%s*(.-)%s*$"
    if not name then break end
    headers[name:lower()] = value
  end
  local length = tonumber(headers["content-length"]) or 0
  local body = ""
  if length > 0 and length <= 4194304 then body = connection:read(length) end
  return { method = method, query = path:match "%?(.*)", headers = headers, body = body }
end

local function serve(connection)
  connection:setmode("bn", "bf")
  connection:settimeout(30)
  connection:onerror(function(_, _, code) return code end) -- whoever leaves early is no error of ours
  local request = read_request(connection)
  if request then
    local response = handle(request)
    connection:write(("HTTP/1.1 %d \r\nConnection: close\r\nContent-Length: %d\r\n"):format(response.status, #response.body))
    for name, value in pairs(response.headers) do connection:write(name, ": ", value, "\r\n") end
    connection:write("\r\n", response.body)
    connection:flush()
  end
  connection:close()
end

local loop = cqueues.new()
local server = socket.listen("127.0.0.1", tonumber(arg[1]) or 8080)
loop:wrap(function()
  while true do loop:wrap(serve, (server:accept())) end -- in Lua 5.1 a `for` cannot wait
end)
server:listen()
print "listening"
io.stdout:flush()
assert(loop:loop())
