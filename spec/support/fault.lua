-- Controls the server that misbehaves (fault_server.lua): starts it, tells it the next faults, and asks it which requests have arrived.
-- The server runs in a separate lua5.4 ($FAULT_LUA). Both sides use only pipes and files, so this file works on every Lua. stop() ends
-- the process and removes its folder.
--   local fault = require("spec.support.fault").start()
--   fault.play("ok", "close")             answers the first request; reads the next one, and closes the connection
--   fault.play_times(20, "ok")            the same step for 20 requests; fault.play_list { "ok" } takes a list of steps
--   fault.play "random 7"                 draws a fault for each request with the seed 7; most requests are accepted
--   fault.url("h2", "/path")              ports: plain, h1, h2, closed; with a wrong certificate: stranger, misnamed, expired
--   fault.arrivals(), fault.connections(), fault.messages(), fault.head(), fault.body(), fault.ca_file, fault.stop()
local output = require "spec.support.output"
local read = require "spec.support.read"
local write = require "spec.support.write"

local M = {}

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function here()
  return debug.getinfo(1, "S").source:match "^@(.*)fault%.lua$"
end

-- Starts the server. Returns the pipe from which its output comes, and a table: name of a port -> its number; pid -> the process id. $$ is
-- the process id of the shell, which `exec` replaces by the server.
local function launch(folder)
  local lua = os.getenv "FAULT_LUA" or "lua5.4"
  local server = here() .. "fault_server.lua"
  local pipe = assert(io.popen(("echo pid $$; exec %s %s %s"):format(lua, quoted(server), quoted(folder))))
  local numbers = {}
  for line in pipe:lines() do
    local name, number = line:match "^(%w+) (%d+)$"
    if line == "ready" then return pipe, numbers end
    if name then numbers[name] = number end
  end
  pipe:close()
  output("rm -rf " .. quoted(folder))
  error("the fault server did not start", 0)
end

local function count(path, run, what)
  local lines = 0
  for line_run, line_what in read(path, ""):gmatch "(%d+) (%w+)\n" do
    if line_run == run and (what == nil or line_what == what) then lines = lines + 1 end
  end
  return lines
end

-- Returns the count of lines, but waits up to three seconds for the expected count: a client that gave up early may ask before the
-- server has written its note.
local function patiently(path, run, at_least, what)
  local till = os.time() + 3
  local lines
  repeat lines = count(path, run, what) until lines >= (at_least or 0) or os.time() > till
  return lines
end

function M.start()
  local folder = output("mktemp -d"):match "^[^\n]+"
  local pipe, numbers = launch(folder)
  local run = 0
  local fault = { ca_file = folder .. "/ca.crt" }

  function fault.url(port, path)
    return ("%s://127.0.0.1:%s%s"):format(port == "plain" and "http" or "https", numbers[port], path or "/")
  end

  local function play(steps)
    run = run + 1
    table.insert(steps, 1, run)
    write(folder .. "/script.new", table.concat(steps, "\n") .. "\n")
    assert(os.rename(folder .. "/script.new", folder .. "/script"))
  end

  function fault.play(...) play { ... } end

  function fault.play_list(steps)
    local list = {}
    for i, step in ipairs(steps) do list[i] = step end
    play(list)
  end

  function fault.play_times(times, step)
    local steps = {}
    for i = 1, times do steps[i] = step end
    play(steps)
  end

  -- Returns how many complete requests of this run have arrived, over one protocol or over all. Waits for the expected number.
  function fault.arrivals(at_least, protocol)
    return patiently(folder .. "/arrivals", tostring(run), at_least, protocol)
  end

  -- Returns the complete messages of this run that have a number ("id 12"): number -> the list of the server's steps for this message.
  function fault.messages()
    local messages = {}
    for line_run, id, what in read(folder .. "/messages", ""):gmatch "(%d+) (%d+) ([^\n]+)\n" do
      if line_run == tostring(run) then
        messages[tonumber(id)] = messages[tonumber(id)] or {}
        table.insert(messages[tonumber(id)], what)
      end
    end
    return messages
  end

  -- Returns how many connections came in this run, to one port or to all; for "closed", how many connections the step ok-close has closed.
  function fault.connections(at_least, port)
    return patiently(folder .. "/connections", tostring(run), at_least, port)
  end

  -- return the head (HTTP/1.1 only) and the body of the last request
  function fault.head() return read(folder .. "/head", "") end
  function fault.body() return read(folder .. "/body", "") end

  function fault.stop()
    output(("kill %s; rm -rf %s"):format(numbers.pid, quoted(folder)))
    pipe:close()
  end
  return fault
end

return M
