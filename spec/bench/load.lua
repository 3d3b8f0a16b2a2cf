-- make bench-load: measures how many webhooks one worker of nginx takes in a second, how many messages a client sends in a
-- second, and how long the slowest of 100 waits, with few and with many connections. Then measures how the memory grows with
-- sends and events. Starts the servers on 127.0.0.1 and asks with wrk. Prints, judges nothing, leaves nothing behind. If there
-- are two processors, each program has its own.
--   lua load.lua      $CONNECTIONS, $SENDS, $EVENTS, $ROUNDS
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local sandbox = require "whatsapp.sandbox.server"
local startup = require "spec.bench.startup"
local webhooks = require "spec.support.webhooks"
local write = require "spec.support.write"

local LUA = arg[-1]
local function number(name) return assert(tonumber(os.getenv(name)), name .. " is a number") end
local CONNECTIONS, SENDS, EVENTS, ROUNDS = number "CONNECTIONS", number "SENDS", number "EVENTS", number "ROUNDS"
local SECONDS, FEW, BODIES = 5, 50, 5000 -- seconds of a turn; few connections; different webhooks
local SENT, WARM_UP = 20000, 5000 -- messages of a turn; messages before the turn, which open all connections

-- ---- webhooks ---------------------------------------------------------------------------------------------------------------

local HTTP = [[
lua_shared_dict events 64m;
init_by_lua_block {
  local whatsapp, nginx = require "whatsapp", require "whatsapp.nginx"
  local function handler(defer)
    return whatsapp.webhook.handler {
      app_secret = os.getenv "SECRET", verify_token = "token", store = nginx.events "events", defer = defer,
      on = { event = function() end }, on_error = function(err) ngx.log(ngx.ERR, err) end,
    }
  end
  package.loaded.handlers = { now = handler(), later = handler(nginx.defer()) }
}
]]

local SERVER = [[
location / { content_by_lua_block { require("whatsapp.nginx").serve(package.loaded.handlers[ngx.var.uri:sub(2)]) } }
]]

-- wrk posts the bodies of a file in turn; each line has a signature and a body
local WRK = [[
local posts, at, count = {}, 0, 0
for line in io.lines(os.getenv "POSTS") do
  local signature, body = line:match "^(%S+) (.*)$"
  count = count + 1
  posts[count] = { { ["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = signature }, body }
end
function request()
  at = at % count + 1
  return wrk.format("POST", nil, posts[at][1], posts[at][2])
end
]]

local function posts()
  local lines = {}
  for i = 1, BODIES do
    local body = webhooks.body { messages = { webhooks.text("wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQz" .. i, "Hello", "1650" .. i) } }
    lines[i] = webhooks.sign(body) .. " " .. body
  end
  return table.concat(lines, "\n") .. "\n"
end

local UNITS = { us = 0.001, ms = 1, s = 1000 }

-- Returns the requests a second, the milliseconds in which 50 and 99 of 100 were answered, and the number of errors, from wrk.
local function ask(nginx, pin, way, connections)
  local text = output(("POSTS=%s/posts %s wrk -t1 -c%d -d%ds --latency -s %s/wrk.lua %s 2>&1"):format(nginx.folder, pin(0), connections,
    SECONDS, nginx.folder, nginx.url("/" .. way)))
  local function late(percent)
    local value, unit = text:match(percent .. "%%%s+([%d.]+)(%a+)")
    return assert(value, text) * UNITS[unit]
  end
  local errors = tonumber(text:match "Non%-2xx or 3xx responses: (%d+)" or 0)
  for count in (text:match "Socket errors: ([^\n]*)" or ""):gmatch "%d+" do errors = errors + count end
  return { rate = tonumber(text:match "Requests/sec:%s*([%d.]+)"), p50 = late "50", p99 = late "99", errors = errors }
end

local function median(runs, name)
  local list = {}
  for i, run in ipairs(runs) do list[i] = run[name] end
  return startup.median(list)
end

local function take_webhooks(nginx, pin)
  print(("a worker of nginx takes signed webhooks; medians of %d rounds of %d s"):format(ROUNDS, SECONDS))
  print "                       connections   requests/s   50 % ms   99 % ms   errors"
  for _, way in ipairs { "now", "later" } do
    for _, connections in ipairs { FEW, CONNECTIONS } do
      local runs = {}
      for round = 1, ROUNDS do runs[round] = ask(nginx, pin, way, connections) end
      print(("  %-20s %11d %12.0f %9.1f %9.1f %8d"):format(way == "now" and "handled, then 200" or "200, then handled", connections,
        median(runs, "rate"), median(runs, "p50"), median(runs, "p99"), median(runs, "errors")))
    end
  end
  print(("  the worker's memory at the end: %.1f MB"):format(nginx.resident() / 1024))
end

local function webhooks_of(pin)
  local nginx = nginx_server.start {
    http = HTTP, server = SERVER, env = { SECRET = webhooks.SECRET },
    main = pin(1) ~= "" and "worker_cpu_affinity 10;" or nil, level = "error",
  }
  write(nginx.folder .. "/posts", posts())
  write(nginx.folder .. "/wrk.lua", WRK)
  function nginx.resident()
    local master = read(nginx.folder .. "/nginx.pid"):match "%d+"
    local worker = output("pgrep -P " .. master):match "%d+"
    return tonumber(read(("/proc/%s/status"):format(worker)):match "VmRSS:%s*(%d+)")
  end
  local ok, problem = pcall(take_webhooks, nginx, pin)
  local log = nginx.log()
  nginx.stop()
  if not ok then error(problem, 0) end
  assert(log == "", log)
end

-- ---- sends ------------------------------------------------------------------------------------------------------------------

local function values_of(command)
  local text, values = output(command .. " 2>&1"), {}
  for name, value in text:gmatch "(%w+)=([%d.]+)" do values[name] = tonumber(value) end
  if not values.peak then error(command .. ": " .. text, 0) end
  return values
end

local function send(server, pin)
  local host, port = server.base_url:match "^(.*):(%d+)$"
  local function command(mode, url, count, warm_up, in_flight)
    return ("%s %s spec/bench/send/whatsapp.lua %s %s %s %d %d %d"):format(pin(0), LUA, mode, url, server.ca_file, count, warm_up,
      in_flight)
  end
  print(("\na client sends over TLS; medians of %d rounds of %d messages"):format(ROUNDS, SENT))
  print "                         in flight   messages/s   50 % ms   99 % ms   CPU us"
  for _, row in ipairs { { "HTTP/2", server.base_url }, { "HTTP/1.1", ("%s:%d"):format(host, port + 1) } } do
    for _, in_flight in ipairs { FEW, CONNECTIONS } do
      local runs = {}
      for round = 1, ROUNDS do runs[round] = values_of(command("fresh", row[2], SENT, WARM_UP, in_flight)) end
      print(("  %-22s %9d %12.0f %9.1f %9.1f %8.1f"):format(row[1], in_flight, median(runs, "rate"), median(runs, "p50") / 1000,
        median(runs, "p99") / 1000, median(runs, "cpu")))
    end
  end
  local grown = values_of(command("memory", server.base_url, SENDS, 0, 100))
  print(("\n%d sends, 100 in flight, HTTP/2: resident %.1f MB after 1,000, %.1f MB at the end, %.1f MB at most; Lua's heap %.2f MB "
    .. "and %.2f MB"):format(SENDS, grown.startrss / 1024, grown.rss / 1024, grown.peak / 1024, grown.startheap / 1024,
    grown.heap / 1024))
end

local function sends_of(pin)
  local server = sandbox.start {
    nginx = ("SERVER_CPU=%s sh '%s/spec/bench/send/nginx.sh'"):format(pin(1) ~= "" and "10" or "", output("pwd"):match "^[^\n]*"),
  }
  local ok, problem = pcall(send, server, pin)
  server.stop()
  if not ok then error(problem, 0) end
end

-- ---- the run ----------------------------------------------------------------------------------------------------------------

-- returns a function that gives, for a processor's number, the beginning of a command that runs on that processor
local function pinned()
  local can = output "taskset -c 1 echo yes 2>/dev/null" == "yes\n"
  return function(processor) return can and ("taskset -c %d"):format(processor) or "" end
end

local pin = pinned()
webhooks_of(pin)
sends_of(pin)
print(("\n%d events through a handler with a store, a tracker and a window; KiB"):format(EVENTS))
io.write(output(("%s spec/bench/events.lua %d 2>&1"):format(LUA, EVENTS)))
