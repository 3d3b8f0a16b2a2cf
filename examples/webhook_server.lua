-- The endpoint in a small HTTP server of its own, over cqueues; a proxy in front of it has the certificate.
--   lua examples/webhook_server.lua [port [file]]       file: returns another handler than the one below
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local whatsapp = require "whatsapp"

-- A bot that waits for an answer, or to try again, holds up no other connection; but in Lua 5.1, where a callback cannot wait,
-- it holds up all of them.
local can_wait = _VERSION ~= "Lua 5.1" or rawget(_G, "jit")
local transport = can_wait and require("whatsapp.transport.cqueues").new { ca_file = os.getenv "WHATSAPP_CA_FILE" } or nil
local client = os.getenv "WHATSAPP_TOKEN" and whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  transport = transport,
  ca_file = not transport and os.getenv "WHATSAPP_CA_FILE" or nil, -- a transport has its own
}

local function print_line(...)
  io.stderr:write(table.concat({ ... }, " "), "\n")
end

-- tostring(event) is one line, with the sender's text escaped: no user can forge a line of the log
local function on_message(event)
  print_line(tostring(event))
  if not (client and event.text) then return end
  local sent, err, details = client:reply(event, { text = { body = "You wrote: " .. event.text } })
  if not sent then print_line("not answered:", err) end
  if not sent and details.retryable then error(err) end -- certainly not sent: let the event come again
end

local function on_status(event)
  print_line(tostring(event))
end

local handle = arg[2] and assert(loadfile(arg[2]))(transport) or whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = on_message, status = on_status },
  on_error = function(err) print_line("error", err) end,
}

local MOST_HEADERS, MOST_BODY = 100, 4194304

-- the headers by their names, the last of equal names; nil: there are too many of them, or a line never ends
local function read_headers(connection)
  local headers = {}
  for _ = 1, MOST_HEADERS do
    local line = connection:read "*l"
    if not line or #line >= 4096 then return nil end -- cqueues cuts a line there
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if not name then return headers end
    headers[name:lower()] = value
  end
end

-- nil: what came is no request; 431 or 413: it is too large
local function read_request(connection)
  local line = connection:read "*l"
  local method, path = (line or ""):match "^(%u+) (%S+) HTTP/1"
  if not method then return nil end
  local headers = read_headers(connection)
  if not headers then return nil, 431 end
  local length = tonumber((headers["content-length"] or "0"):match "^%d+$") or 0
  if length > MOST_BODY then return nil, 413 end
  local body = length > 0 and connection:read(length) or ""
  return { method = method, query = path:match "%?(.*)", headers = headers, body = body }
end

local function serve(connection)
  connection:setmode("bn", "bf")
  connection:settimeout(30)
  connection:onerror(function(_, _, code) return code end) -- a client that leaves early is no error of ours
  local request, refused = read_request(connection)
  if request or refused then
    local response = request and handle(request) or { status = refused, headers = {}, body = "" }
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
server:onerror(function(_, _, code) return code end)
local listens, code = server:listen()
if not listens then
  io.stderr:write(("port %s: %s\n"):format(arg[1] or "8080", require("cqueues.errno").strerror(code)))
  os.exit(1)
end
print "listening"
io.stdout:flush()
assert(loop:loop())
