-- make bench-sandbox: wrk sends messages to the sandbox, to one recipient and to two thousand. Measures the messages a second,
-- the processor time of the sandbox's worker, and its memory after the messages; then measures the same with a client of the
-- stream that never reads. Starts its own sandbox on a free port of 127.0.0.1. Prints, judges nothing, leaves nothing behind.
--   lua sandbox.lua      $MESSAGES
local output = require "spec.support.output"
local process = require "whatsapp.sandbox.process"
local read = require "spec.support.read"
local server = require "whatsapp.sandbox.server"
local socket = require "socket"

local MESSAGES = assert(tonumber(os.getenv "MESSAGES" or 100000), "MESSAGES is a number")
local SECONDS, CONNECTIONS = 100, 32 -- wrk ends earlier, after MESSAGES
local SCRIPT = "spec/bench/sandbox_wrk.lua"

-- name, recipients, whether a client of the stream is connected and never reads
local ROWS = { { "one recipient", 1 }, { "2000 recipients", 2000 }, { "2000, a reader never reads", 2000, true } }

local function worker_of(sandbox)
  local master = read(sandbox.folder .. "/nginx.pid"):match "%d+"
  return assert(read(("/proc/%s/task/%s/children"):format(master, master)):match "%d+", "nginx has no worker")
end

-- returns the processor time of a process in seconds
local function computed(pid)
  local user, system = read(("/proc/%s/stat"):format(pid)):match "%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
  return (user + system) / 100
end

local function resident(pid) return read(("/proc/%s/status"):format(pid)):match "VmRSS:%s*(%d+)" / 1024 end

local function connect_reader(sandbox)
  local reader = assert(socket.connect("127.0.0.1", sandbox.port))
  assert(reader:send("GET /_sandbox/events?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
  return reader
end

local function load(sandbox, recipients)
  local command = ("MESSAGES=%d RECIPIENTS=%d wrk -t1 -c%d -d%d -s %s %s 2>&1"):format(MESSAGES, recipients, CONNECTIONS, SECONDS,
    SCRIPT, process.quoted(sandbox.base_url))
  local text = output(command)
  local count, seconds = text:match "taken (%d+) in ([%d.]+) s"
  assert(count, "wrk says: " .. text)
  return tonumber(count), tonumber(seconds)
end

local function measure(row)
  local sandbox = server.start { tls = false }
  local ok, err = pcall(function()
    local worker, reader = worker_of(sandbox), row[3] and connect_reader(sandbox)
    local before, memory = computed(worker), resident(worker)
    local count, seconds = load(sandbox, row[2])
    local used = computed(worker) - before
    print(("%-28s %10.0f %14.0f %10.1f %9.0f -> %.0f"):format(row[1], count / seconds, count / used, used / count * 1e6, memory,
      resident(worker)))
    if reader then reader:close() end
  end)
  sandbox.stop()
  if not ok then error(err, 0) end
end

print(("%d messages over %d connections"):format(MESSAGES, CONNECTIONS))
print "                             messages/s   by CPU alone  us each   memory MB"
for _, row in ipairs(ROWS) do measure(row) end
