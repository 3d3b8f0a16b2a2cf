-- make bench-send: what sending a message costs, compared with libcurl that sends ready bytes and with other ways to send.
-- Starts a server on 127.0.0.1, runs each client in a process of its own, all in turn in each of several rounds, so that what
-- slows the machine slows all of them, and prints medians. Never sends to the API, judges nothing, leaves nothing behind.
--   lua send.lua SEND_RAW     $ROUNDS, $MESSAGES (of the memory's part), $NODE, $PYTHON
local message = require "spec.bench.send.message"
local messages = require "spec.bench.messages"
local instructions = require "spec.bench.send.instructions"
local sandbox = require "whatsapp.sandbox.server"
local startup = require "spec.bench.startup"
local whatsapp = require "whatsapp"

local RAW, LUA = arg[1], arg[-1]
local ROUNDS = assert(tonumber(os.getenv "ROUNDS" or 5), "ROUNDS is a number")
local MESSAGES = assert(tonumber(os.getenv "MESSAGES" or 100000), "MESSAGES is a number")
local IN_FLIGHT, LONGEST = 100, 300 -- sends at once; seconds of one client's run
local SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
local HERE = "spec/bench/send/"

-- removes the caller's proxies and authorities: they would be used first
local CLEAN = "env -u http_proxy -u https_proxy -u all_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u SSL_CERT_FILE"
  .. " -u SSL_CERT_DIR -u CURL_CA_BUNDLE -u REQUESTS_CA_BUNDLE"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function succeeds(command)
  return output(("{ %s; } >/dev/null 2>&1 && echo yes"):format(command)) == "yes\n"
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

-- ---- clients ----------------------------------------------------------------------------------------------------------

-- client and server get different processors, if there are two
local function pinned()
  return succeeds "taskset -c 1 true" and "taskset -c 1 " or ""
end

local function first_that(programs, test)
  for _, program in ipairs(programs) do
    if succeeds(program .. test) then return program end
  end
end

-- the system's python may have modules that the first python on the path does not have
local function found()
  return {
    python = first_that({ os.getenv "PYTHON" or "python3", "/usr/bin/python3" }, " -c 'import requests'"),
    node = first_that({ os.getenv "NODE" or "node", "nodejs" }, " -e 'process.exit(typeof fetch === \"function\" ? 0 : 1)'"),
    luasec = first_that({ LUA }, [[ -e 'require "ssl" require "socket"']]),
  }
end

-- name of a program -> command; nil: the program is not installed
local function commands(place, has)
  local function raw(row, url, ca)
    return ("%s %s %s/v26.0/106540352242922/messages %s %d %d %d %d %s"):format(RAW, row.raw_mode or row.mode, url, ca,
      row.count, row.warm_up, IN_FLIGHT, row.url == "h2" and 1 or IN_FLIGHT, place.body)
  end
  local function own(row, url, ca)
    return ("%s %swhatsapp.lua %s %s %s %d %d %d"):format(LUA, HERE, row.mode, url, ca, row.count, row.warm_up, IN_FLIGHT)
  end
  local function luasec(row, url, ca)
    return ("%s %sluasec.lua %s %s %s %d %d"):format(LUA, HERE, row.mode, url, ca, row.count, row.warm_up)
  end
  local function requests(row, url, ca)
    return ("%s %srequests_peer.py %s %s %s %d %d %s"):format(has.python, HERE, row.mode, url, ca, row.count, row.warm_up,
      place.body)
  end
  local function fetch(row, url, ca)
    return ("NODE_EXTRA_CA_CERTS=%s %s %sfetch.mjs %s %d %d %d %s"):format(ca, has.node, HERE, url, row.count, row.warm_up,
      row.mode == "many" and IN_FLIGHT or 1, place.body)
  end
  return {
    raw = raw, whatsapp = own, luasec = has.luasec and luasec, requests = has.python and requests, fetch = has.node and fetch,
  }
end

-- ---- what is run --------------------------------------------------------------------------------------------------------

-- a section's rows: name, program, mode, number of measured sends; the first row is the base of the comparison
local SECTIONS = {
  { title = "one at a time, HTTP/1.1", url = "h1",
    { "raw libcurl", "raw", "blocking", 5000 },
    { "whatsapp", "whatsapp", "blocking", 5000 },
    { "luasec + cjson by hand", "luasec", "blocking", 5000 },
    { "python requests.Session", "requests", "blocking", 1000 },
    { "node fetch", "fetch", "blocking", 1000 },
  },
  { title = "one at a time, HTTP/2", url = "h2",
    { "raw libcurl", "raw", "blocking", 5000 },
    { "whatsapp", "whatsapp", "blocking", 5000 },
  },
  { title = "100 in flight, HTTP/1.1", url = "h1",
    { "raw libcurl", "raw", "many", 20000 },
    { "whatsapp, one table", "whatsapp", "many", 20000 },
    { "whatsapp, a table each", "whatsapp", "fresh", 20000 },
    { "node fetch", "fetch", "many", 3000 },
  },
  { title = "100 in flight, HTTP/2, one connection", url = "h2",
    { "raw libcurl", "raw", "many", 20000 },
    { "whatsapp, one table", "whatsapp", "many", 20000 },
    { "whatsapp, a table each", "whatsapp", "fresh", 20000 },
  },
  { title = "100 in flight, HTTP/2, a server that takes 50 ms", url = "h2", path = "/slow",
    { "raw libcurl", "raw", "many", 4000 },
    { "whatsapp, one table", "whatsapp", "many", 4000 },
    { "whatsapp, a table each", "whatsapp", "fresh", 4000 },
  },
  { title = "a new connection each time, the system's authorities trusted", url = "closing", bundle = true, warm_up = 5,
    { "raw libcurl, one handle", "raw", "blocking", 200 },
    { "whatsapp", "whatsapp", "blocking", 200 },
    { "python requests.post", "requests", "reconnect", 20 },
  },
}

local WARM_UP = 500

local function rows_of(section)
  local rows = {}
  for i, values in ipairs(section) do
    rows[i] = {
      name = values[1], program = values[2], mode = values[3], count = values[4], warm_up = section.warm_up or WARM_UP,
      url = section.url, path = section.path or "", bundle = section.bundle, base = rows[1], runs = {},
    }
  end
  return rows
end

local NUMBERS = { "cpu", "rate", "p50", "p99", "peak" }

-- returns the key=value pairs of the last line
local function parse(text)
  local values = {}
  for name, value in text:gmatch "(%w+)=([%d.]+)" do values[name] = tonumber(value) end
  return values
end

local function run(place, row)
  local command = place.commands[row.program](row, place.urls[row.url] .. row.path, row.bundle and place.bundle or place.ca)
  local text = output(("%s timeout %d %s%s 2>&1"):format(CLEAN, LONGEST, place.pin,
    command:find "^NODE_EXTRA" and "env " .. command or command))
  local values = parse(text)
  for _, name in ipairs(row.mode == "memory" and { "peak" } or NUMBERS) do
    if not values[name] then error(("%s (%s): %s"):format(row.name, command, text), 0) end
  end
  return values
end

-- ---- what is printed ------------------------------------------------------------------------------------------------------

local function median(row, name)
  local list = {}
  for i, values in ipairs(row.runs) do list[i] = values[name] end
  return startup.median(list)
end

-- returns the median, over the rounds, of the ratio to the first row
local function ratio(row, name)
  local list = {}
  for i, values in ipairs(row.runs) do list[i] = values[name] / (row.base or row).runs[i][name] end
  return startup.median(list)
end

local function latency(row, name)
  local value = median(row, name)
  return value > 0 and ("%9.0f"):format(value) or "        -"
end

local function print_section(section)
  print("\n" .. section.title)
  for _, row in ipairs(section.rows) do
    print(("  %-26s %7.1f  %5.2f  %8.0f  %5.2f %s %s  %7.1f"):format(row.name, median(row, "cpu"), ratio(row, "cpu"),
      median(row, "rate"), ratio(row, "rate"), latency(row, "p50"), latency(row, "p99"), median(row, "peak") / 1024))
  end
end

local function print_memory(place)
  local values = run(place, {
    name = "memory", program = "whatsapp", mode = "memory", count = MESSAGES, warm_up = 0, url = "h2", path = "",
  })
  print(("\n%d messages from an iterator, 100 in flight, HTTP/2: peak %.1f MB after 1,000, %.1f MB at the end; Lua heap %.2f MB")
    :format(MESSAGES, values.early / 1024, values.peak / 1024, values.heap / 1024))
end

-- ---- the run --------------------------------------------------------------------------------------------------------------

local function template()
  for _, entry in ipairs(messages) do
    if entry.name == "template" then return entry.message end
  end
end

-- the arguments of the clients
local function place_of(server, has, pin)
  local host, port = server.base_url:match "^(.*):(%d+)$"
  local place = {
    pin = pin, ca = server.ca_file, bundle = server.folder .. "/bundle.crt", body = server.folder .. "/body.json",
    urls = { h2 = server.base_url, h1 = ("%s:%d"):format(host, port + 1), closing = ("%s:%d"):format(host, port + 2) },
  }
  local json = assert(whatsapp.encode(message.new()))
  assert(json == whatsapp.encode(template()), "the same message as the other benchmark's")
  write(place.body, json)
  write(place.bundle, (read(SYSTEM_BUNDLE) or "") .. read(server.ca_file))
  place.commands = commands(place, has)
  return place
end

-- each round begins with another client
local function measure(place, rows)
  for round = 1, ROUNDS do
    for i = 1, #rows do
      local row = rows[(i + round * 7) % #rows + 1]
      row.runs[round] = run(place, row)
    end
    io.stderr:write(("round %d of %d\n"):format(round, ROUNDS))
  end
end

-- the counts that are the same on each machine; ROUNDS=0 measures only these
local function count_instructions(place)
  instructions.run {
    raw = RAW, lua = LUA, url = place.urls.h2, ca = place.ca, body = place.body, clean = CLEAN,
  }
end

local function all(server, has, pin)
  local place, rows = place_of(server, has, pin), {}
  for _, section in ipairs(SECTIONS) do
    section.rows = {}
    for _, row in ipairs(rows_of(section)) do
      if place.commands[row.program] then
        section.rows[#section.rows + 1] = row
        rows[#rows + 1] = row
      else
        print(("%s: not installed, left out (%s)"):format(row.name, section.title))
      end
    end
  end
  count_instructions(place)
  if ROUNDS == 0 then return end
  measure(place, rows)
  print(("\nmedians of %d rounds; CPU and memory are the client's; ratios are medians of each round's"):format(ROUNDS))
  print "a message costs               CPU us  x raw   sends/s  x raw    p50 us    p99 us  peak MB"
  for _, section in ipairs(SECTIONS) do print_section(section) end
  print_memory(place)
end

local pin = pinned()
local server = sandbox.start {
  nginx = ("SERVER_CPU=%s sh '%s/%snginx.sh'"):format(pin ~= "" and "01" or "", output("pwd"):match "^[^\n]*", HERE),
}
local ok, problem = pcall(all, server, found(), pin)
server.stop()
if not ok then error(problem, 0) end
