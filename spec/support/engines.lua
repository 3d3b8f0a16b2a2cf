-- Starts PostgreSQL and Redis for specs, each in a temporary folder and on a free port of 127.0.0.1. stop() ends an engine by its
-- process id, and removes its folder. Never touches another engine of the machine.
--   local redis = require("spec.support.engines").redis { always = true }         always: appendfsync always; else everysec
--   local postgres = require("spec.support.engines").postgres { fsync = true }    fsync: on; else off
--   engine.port, engine.folder
--   engine.kill()      sends SIGKILL; engine.start() then starts the engine again, with the same data
--   engine.stop()
local read = require "spec.support.read"
local run = require "spec.support.run"

local M = {}

local function quoted(text) return "'" .. text .. "'" end

local function shell(command)
  local status, printed = run(command)
  return status == 0, printed
end

-- Returns a random port below the ports that the system gives to outgoing connections. Another program may use this port: see with_port.
local function some_port() return math.random(12000, 19999) end

-- Calls make_engine(port) with a random port. If the port is taken, tries another one, at most ten times. Returns the engine.
local function with_port(make_engine)
  math.randomseed(os.time() + math.floor(os.clock() * 1e6) + tonumber(tostring({}):match "0x(%x+)", 16) % 2 ^ 20)
  for attempt = 1, 10 do
    local ok, engine = pcall(make_engine, some_port())
    if ok then return engine end
    if attempt == 10 or not engine:find "in use" then error(engine, 0) end
  end
end

-- Starts an engine in the background, and waits until its command `is_up` succeeds. Returns true; or nil and the log of the engine.
local function launch(engine)
  local ok, printed = shell(("cd %s && %s >>log 2>&1 & echo $! >%s/pid"):format(quoted(engine.folder), engine.command,
    quoted(engine.folder)))
  if not ok then error("the engine did not start: " .. printed) end
  for _ = 1, 200 do
    if shell(engine.is_up) then return true end
    if not shell(("kill -0 $(cat %s/pid)"):format(quoted(engine.folder))) then break end
    shell "sleep 0.05"
  end
  return nil, read(engine.folder .. "/log")
end

local function start(engine)
  local ok, log = launch(engine)
  if not ok then error(("the engine %s did not start: %s"):format(engine.command, log)) end
end

-- sends a signal to an engine, and waits until its process has ended
local function signal(engine, name)
  shell(("pid=$(%s); kill -%s $pid; i=0; while kill -0 $pid && [ $i -lt 200 ]; do sleep 0.02; i=$((i + 1)); done")
    :format(engine.pid, name))
end

-- starts an engine, and gives it its functions; raises if the engine does not start
local function make(engine)
  function engine.start() start(engine) end
  function engine.kill() signal(engine, "KILL") end
  function engine.stop()
    signal(engine, engine.stops)
    shell("rm -rf " .. quoted(engine.folder))
  end
  local ok, log = launch(engine)
  if ok then return engine end
  shell("rm -rf " .. quoted(engine.folder))
  error("the engine did not start: " .. log)
end

local function folder_of(prepare)
  local _, made = shell "mktemp -d"
  local folder = made:match "^[^\n]+"
  local ok, printed = shell(prepare(folder))
  if not ok then error("the folder of the engine could not be made: " .. printed) end
  return folder
end

local function redis_at(port, options)
  local folder = folder_of(function(made) return "true " .. made end)
  return make {
    folder = folder, port = port, stops = "TERM", pid = ("cat %s/pid"):format(folder),
    command = ("redis-server --bind 127.0.0.1 --port %d --dir %s --save '' --appendonly yes --appendfsync %s")
      :format(port, folder, options.always and "always" or "everysec"),
    is_up = ("redis-cli -p %d ping | grep -q PONG"):format(port),
  }
end

---@param options { always: boolean?, port: integer? }?
---@return table engine
function M.redis(options)
  options = options or {}
  if options.port then return redis_at(options.port, options) end
  return with_port(function(port) return redis_at(port, options) end)
end

local BIN = "for bin in /usr/lib/postgresql/*/bin; do :; done; "

-- Returns a command that runs as the user postgres if this process runs as root: PostgreSQL does not run as root.
local function as_postgres(command)
  local _, user = shell "id -un"
  if not user:find "^root" then return command end
  return ("setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=/tmp %s"):format(command)
end

local function postgres_at(port, options)
  local folder = folder_of(function(folder)
    return BIN .. ("chmod 755 %s && mkdir %s/data && if [ $(id -u) = 0 ]; then chown postgres %s/data; fi && cd %s/data && ")
      :format(folder, folder, folder, folder)
      .. as_postgres(("$bin/initdb -D %s/data -A trust -U postgres --no-sync --locale=C --encoding=UTF8 >/dev/null"):format(folder))
  end)
  return make {
    folder = folder, port = port, stops = "INT", user = "postgres", database = "postgres",
    pid = ("head -1 %s/data/postmaster.pid"):format(folder),
    command = "{ " .. BIN .. "exec " .. as_postgres(("$bin/postgres -D %s/data -k '' -h 127.0.0.1 -p %d -c fsync=%s "
      .. "-c max_connections=50; }"):format(folder, port, options.fsync and "on" or "off")),
    is_up = BIN .. ("$bin/pg_isready -q -h 127.0.0.1 -p %d"):format(port),
  }
end

---@param options { fsync: boolean? }?
---@return table engine with the members user and database
function M.postgres(options)
  return with_port(function(port) return postgres_at(port, options or {}) end)
end

return M
