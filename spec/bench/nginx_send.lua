-- make bench-nginx: what a send in an nginx worker costs: the worker's CPU for a request whose handler sends one message, less
-- that of a handler that sends nothing; compared with the same POST with lua-resty-http where it is installed, and with a bare
-- cosocket. All in one run, in turn, at 1, 4 and 32 connections, to a server on 127.0.0.1 over TLS and over plain http. Prints
-- ratios, judges nothing, leaves nothing behind.
--   lua nginx_send.lua      $ROUNDS
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local startup = require "spec.bench.startup"

local ROUNDS = assert(tonumber(os.getenv "ROUNDS" or 5), "ROUNDS is a number")
local SECONDS = os.getenv "SECONDS" or "1" -- the seconds of one turn
local CONNECTIONS = { 1, 4, 32 }

local MESSAGES = '"messages":[{"id":"wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI1QjJGMEI4RDZDQjY1QjE1RjIA"}]'
local ANSWER = ([[default_type application/json;
location / { return 200 '{"messaging_product":"whatsapp","contacts":[{"input":"16505551234","wa_id":"16505551234"}],$MESSAGES}'; }
]]):gsub("%$MESSAGES", MESSAGES)

-- the measured senders: each sends the same message, and reads the id from the answer
local HTTP = [[
lua_ssl_trusted_certificate $FOLDER/cert.pem;
lua_ssl_verify_depth 3;
init_by_lua_block {
  package.path = package.path .. ";" .. (os.getenv "RESTY_HTTP" or "") .. "/?.lua"
  local cjson = require "cjson"
  local API, HOST, PORT, TLS = os.getenv "API", "127.0.0.1", tonumber(os.getenv "API_PORT"), os.getenv "API_TLS" == "1"
  local message = { to = "16505551234", text = { body = "Hello" } }
  local whole = { messaging_product = "whatsapp", recipient_type = "individual", to = "16505551234", type = "text", text = { body = "Hello" } }
  local client = require("whatsapp").new {
    token = "a-token-of-a-benchmark", phone_number_id = "106540352242922", base_url = API,
    limiter = { throughput = 1e6, pair = false },
    transport = require("whatsapp.transport.resty").new { server_name = "localhost", pool_size = 64 },
  }
  local ways = {}
  function ways.empty() return "" end
  function ways.ours() return assert(client:send(message)).messages[1].id end
  local PATH = "/v26.0/106540352242922/messages"
  local HEAD = "POST " .. PATH .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bare\r\nAuthorization: Bearer a-token-of-a-benchmark\r\n"
    .. "Content-Type: application/json\r\nContent-Length: "
  function ways.bare()
    local socket, body = ngx.socket.tcp(), cjson.encode(whole)
    socket:settimeouts(10000, 30000, 30000)
    assert(socket:connect(HOST, PORT, { pool = "bare", pool_size = 64 }))
    if TLS and socket:getreusedtimes() == 0 then assert(socket:sslhandshake(false, "localhost", true)) end
    assert(socket:send { HEAD, #body, "\r\n\r\n", body })
    local status, headers = assert(socket:receive "*l"), {}
    while true do
      local line = assert(socket:receive "*l")
      if line == "" then break end
      local name, value = line:match "^([^:]+):%s*(.*)$"
      headers[name:lower()] = value
    end
    local answer = assert(socket:receive(tonumber(headers["content-length"])))
    assert(socket:setkeepalive(60000, 64) and status:find "200")
    return cjson.decode(answer).messages[1].id
  end
  local found, http = pcall(require, "resty.http")
  if found then
    function ways.resty_http()
      local answer = assert(http.new():request_uri(API .. PATH, {
        method = "POST", body = cjson.encode(whole), ssl_server_name = "localhost", keepalive_pool = 64,
        headers = { Authorization = "Bearer a-token-of-a-benchmark", ["Content-Type"] = "application/json" },
      }))
      return cjson.decode(answer.body).messages[1].id
    end
  end
  package.loaded.ways = ways
}
]]

local SERVER = [[
location = /has { content_by_lua_block { ngx.print(tostring(package.loaded.ways[ngx.var.arg_way] ~= nil), " ", ngx.worker.pid()) } }
location / { content_by_lua_block { ngx.print(package.loaded.ways[ngx.var.uri:sub(2)]()) } }
]]

-- Returns the microseconds that a process has computed. The kernel counts nanoseconds in this file, but hundredths of a second in
-- /proc/PID/stat.
local function computed(pid) return read(("/proc/%s/schedstat"):format(pid)):match "%d+" / 1000 end

-- returns the worker's microseconds for a request, and the median milliseconds of a request
local function load(nginx, pid, way, connections)
  local before = computed(pid)
  local text = output(("wrk -t1 -c%d -d%s --latency %s 2>&1"):format(connections, SECONDS, nginx.url("/" .. way)))
  local used = computed(pid) - before
  local half, unit = text:match "50%%%s*([%d.]+)(%a+)"
  assert(half and not text:find "Non%-2xx", "wrk says: " .. text)
  return used / text:match "(%d+) requests in", half * ({ us = 0.001, ms = 1, s = 1000 })[unit]
end

local function ways_of(nginx)
  local ways = { "empty", "bare", "ours" }
  local _, told = nginx.ask "/has?way=resty_http"
  if told:find "^true" then ways[#ways + 1] = "resty_http" end
  return ways, told:match "%d+"
end

-- way -> { cpu = {}, late = {} }, a value a round
local function measure(nginx, connections)
  local ways, pid = ways_of(nginx)
  local got = {}
  for _, way in ipairs(ways) do got[way] = { cpu = {}, late = {} } end
  for round = 0, ROUNDS do -- round 0 warms up
    for i = 1, #ways do
      local way = ways[(round + i) % #ways + 1]
      local cpu, late = load(nginx, pid, way, connections)
      if round > 0 then got[way].cpu[round], got[way].late[round] = cpu, late end
    end
  end
  return got
end

local function print_rows(name, connections, got)
  local function less_empty(way)
    local list = {}
    for i, cpu in ipairs(got[way].cpu) do list[i] = cpu - got.empty.cpu[i] end
    return list
  end
  local base = got.resty_http and "resty_http" or "bare"
  for _, way in ipairs { "bare", "resty_http", "ours" } do
    if got[way] then
      print(("%-6s %4d  %-11s %8.1f %8.2f %10.2f %12.2f"):format(name, connections, way, startup.median(less_empty(way)),
        startup.ratio(less_empty(way), less_empty "bare"), startup.ratio(less_empty(way), less_empty(base)),
        startup.median(got[way].late)))
    end
  end
end

local function certify(folder)
  local line = "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem "
    .. "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>&1 && chmod 644 key.pem && chmod 755 ."
  output(line:format(folder))
end

-- `ssl on` turns the port of spec/support/nginx.lua into a TLS port
local function api_of(name, folder)
  local tls = name == "TLS" and ("ssl on; ssl_certificate $F/cert.pem; ssl_certificate_key $F/key.pem; "):gsub("%$F", folder) or ""
  return nginx_server.start { server = "keepalive_requests 100000000; " .. tls .. ANSWER }
end

local function compare(name, folder)
  local api = api_of(name, folder)
  local nginx = nginx_server.start {
    http = HTTP:gsub("%$FOLDER", folder), server = "keepalive_requests 100000000; " .. SERVER,
    env = {
      API = ("%s://127.0.0.1:%d"):format(name == "TLS" and "https" or "http", api.port), API_PORT = tostring(api.port),
      API_TLS = name == "TLS" and "1" or "0", RESTY_HTTP = os.getenv "RESTY_HTTP" or "/nowhere",
    },
  }
  local ok, err = pcall(function()
    for _, connections in ipairs(CONNECTIONS) do print_rows(name, connections, measure(nginx, connections)) end
  end)
  local log = nginx.log()
  nginx.stop()
  api.stop()
  assert(ok, err)
  assert(not log:find("[error]", 1, true), log:match "[^\n]*%[error%][^\n]*")
end

local scratch = scratch_folder.new()
certify(scratch.folder)
print(("a send in an nginx worker: its CPU less that of an empty handler; medians of %d rounds"):format(ROUNDS))
print "        conn.            CPU us   / bare  / resty_http  ms (half)"
local ok, err = pcall(function()
  for _, name in ipairs { "TLS", "plain" } do compare(name, scratch.folder) end
end)
scratch.remove()
assert(ok, err)
