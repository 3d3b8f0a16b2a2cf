-- make bench-nginx: how many requests a second another handler of the same nginx worker answers while 20 sends to a server that
-- takes 200 ms are under way all the time, and without them; in turn, many short turns. Also prints the worker's processor time
-- for each request, because it depends less on other programs. Starts both servers on 127.0.0.1, and asks with wrk. Prints
-- ratios, judges nothing, leaves nothing behind.
--   lua nginx.lua      $ROUNDS
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local startup = require "spec.bench.startup"

local ROUNDS = assert(tonumber(os.getenv "ROUNDS" or 15), "ROUNDS is a number")
local SENDERS, SLOW, SECONDS = 20, 0.2, 1 -- sends at once; seconds of an answer; seconds of a turn

local API = [[
location / { content_by_lua_block {
  ngx.req.read_body()
  ngx.sleep($SLOW)
  ngx.header["content-type"] = "application/json"
  ngx.print('{"messaging_product":"whatsapp","contacts":[{"input":"16505551234","wa_id":"16505551234"}],',
    '"messages":[{"id":"wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI1QjJGMEI4RDZDQjY1QjE1RjIA"}]}') } }
]]

-- the senders are timers, because requests would be counted; each timer sends until its time is over
local HTTP = [[
init_by_lua_block {
  local client = require("whatsapp").new {
    token = "a-token-of-a-benchmark", phone_number_id = "106540352242922", base_url = os.getenv "API", limiter = false,
  }
  local sent, failed, running = 0, 0, 0
  local function send_till(time)
    running = running + 1
    while ngx.now() < time do
      if client:send { to = "16505551234", text = { body = "Hello" } } then sent = sent + 1 else failed = failed + 1 end
    end
    running = running - 1
  end
  package.loaded.senders = {
    start = function(count, seconds)
      sent, failed = 0, 0
      for _ = 1, count do ngx.timer.at(0, function() send_till(ngx.now() + seconds) end) end
    end,
    tell = function() ngx.print(running, " ", sent, " ", failed, " ", ngx.worker.pid()) end,
  }
}
]]

local SERVER = [[
location = /other { content_by_lua_block { ngx.print "Hello" } }
location = /start { content_by_lua_block { package.loaded.senders.start(tonumber(ngx.var.arg_count), tonumber(ngx.var.arg_seconds)) } }
location = /tell { content_by_lua_block { package.loaded.senders.tell() } }
]]

-- returns the processor time of a process in hundredths of a second; 0 if the system does not tell it
local function computed(pid)
  local user, system = read(("/proc/%s/stat"):format(pid), ""):match "%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
  return user and user + system or 0
end

local function tell(nginx)
  local _, text = nginx.ask "/tell"
  return text:match "(%d+) (%d+) (%d+) (%d+)"
end

-- returns requests in a second, the milliseconds within which 99 of 100 were answered, and the worker's microseconds for a
-- request
local function load(nginx)
  local _, _, _, pid = tell(nginx)
  local before = computed(pid)
  local text = output(("wrk -t1 -c4 -d%d --latency %s 2>&1"):format(SECONDS, nginx.url "/other"))
  local used = computed(pid) - before
  local rate, late, unit = text:match "Requests/sec:%s*([%d.]+)", text:match "99%%%s*([%d.]+)(%a+)"
  assert(rate and late and not text:find "Non%-2xx", "wrk says: " .. text)
  return { rate = tonumber(rate), late = tonumber(late) * ({ us = 0.001, ms = 1, s = 1000 })[unit],
    cpu = used * 1e4 / text:match "(%d+) requests in" }
end

-- returns the same numbers, and the number of successful sends in a second
local function turn(nginx, senders)
  if senders == 0 then return load(nginx) end
  nginx.ask(("/start?count=%d&seconds=%d"):format(senders, SECONDS + 1))
  local result = load(nginx)
  local running, sent, failed
  repeat
    running, sent, failed = tell(nginx)
    output "sleep 0.1"
  until running == "0"
  assert(failed == "0", failed .. " sends failed")
  result.sends = tonumber(sent) / (SECONDS + 1)
  return result
end

-- the results of each round, without sends and with them
local function measure(nginx)
  local results = { {}, {} }
  for round = 1, ROUNDS do
    for i = 1, 2 do
      local which = (round + i) % 2 + 1 -- the two take turns in being first
      results[which][round] = turn(nginx, which == 2 and SENDERS or 0)
    end
  end
  return results
end

local function column(results, name)
  local list = {}
  for i, result in ipairs(results) do list[i] = result[name] end
  return list
end

local function report(without, with)
  local function median(results, name) return startup.median(column(results, name)) end
  local function ratio(name) return startup.ratio(column(with, name), column(without, name)) end
  print(("another handler of the worker while %d sends that take %d ms are under way; medians of %d rounds")
    :format(SENDERS, SLOW * 1000, ROUNDS))
  print "sends   requests/s    kept   99 % within ms   CPU us/request   times   sends/s (most)"
  print(("none  %12.0f %24.2f %16.1f"):format(median(without, "rate"), median(without, "late"), median(without, "cpu")))
  print(("%-4d  %12.0f %7.3f %16.2f %16.1f %7.3f %9.1f (%.0f)"):format(SENDERS, median(with, "rate"), ratio "rate",
    median(with, "late"), median(with, "cpu"), ratio "cpu", median(with, "sends"), SENDERS / SLOW))
end

local api = nginx_server.start { server = (API:gsub("%$SLOW", tostring(SLOW))) }
local started, nginx = pcall(nginx_server.start, { http = HTTP, server = SERVER, env = { API = api.url "" } })
local ok, results = pcall(function()
  assert(started, nginx)
  turn(nginx, SENDERS) -- warm
  return measure(nginx)
end)
if started then nginx.stop() end
api.stop()
if not ok then error(results, 0) end
report(results[1], results[2])
