-- Starts an nginx in a temporary folder on a free port of 127.0.0.1, stops it by its process id, and removes the folder. For
-- demos and specs. Never touches another nginx.
local process = {}

-- Sends QUIT, after 1.5 seconds TERM, and waits for six seconds at most. The last thing nginx does is to remove nginx.pid; its
-- process id may stay in use until its parent reaps it.
local STOP = [[
kill -QUIT PID; i=0
while [ -e nginx.pid ] && kill -0 PID && [ $i -lt 120 ]; do [ $i -eq 30 ] && kill -TERM PID; sleep 0.05; i=$((i + 1)); done
]]

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

---@param folder string where it runs
---@param command string of the shell
---@return boolean ok, string printed
function process.run(folder, command)
  local pipe = assert(io.popen(("cd %s && { %s\n} 2>&1; echo $?"):format(quoted(folder), command)))
  local output = pipe:read "*a"
  pipe:close()
  local printed, status = output:match "^(.-)(%d+)\n$"
  return status == "0", printed
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

---If root starts nginx, its workers run as the user "nobody", who cannot read a folder of root's.
---@return string directive for the top of a configuration
function process.user()
  local _, name = process.run("/tmp", "id -un")
  return name:match "^root" and "user root;" or ""
end

-- a variable NGINX would tell nginx that it is being upgraded, and it would stay in the foreground
local function command_of(folder, options)
  local variables = {}
  for name, value in pairs(options.env or {}) do variables[#variables + 1] = name .. "=" .. quoted(value) end
  return ("unset NGINX; %s PATH=$PATH:/usr/sbin %s -p %s/ -c nginx.conf"):format(
    table.concat(variables, " "), options.nginx or os.getenv "NGINX_BIN" or "nginx", quoted(folder))
end

-- It listens before its first process ends, so that it can be asked from then on. It tells its own troubles in
-- error.log; a taken port is only bad luck.
local function launch(folder, options)
  local command, output = command_of(folder, options), nil
  for _ = 1, 20 do
    local port = math.random(20000, 32000)
    write(folder .. "/nginx.conf", options.configuration(port))
    local ok
    ok, output = process.run(folder, command)
    if ok then return port end
    if not output:find "Address already in use" then break end
  end
  error("nginx did not start: " .. output .. read(folder .. "/error.log"), 0)
end

local function prepare(folder, command)
  local ok, output = process.run(folder, command)
  if not ok then error("the folder of nginx could not be prepared: " .. output, 0) end
end

---@param options { configuration: (fun(port: integer): string), prepare: string?, nginx: string?, env: table<string, string>? }
---configuration: writes pid nginx.pid and error_log error.log, and is a daemon's; prepare: a command of the shell that
---makes what else is in the folder; nginx: the program; env: variables that it is started with
---@return { port: integer, folder: string, log: (fun(): string), stop: fun() } server log: what nginx told in error.log
function process.start(options)
  math.randomseed(os.time() + math.floor(os.clock() * 1e6))
  local _, made = process.run("/tmp", "mktemp -d")
  local folder = made:match "^[^\n]*"
  local function remove() process.run("/tmp", "rm -rf " .. quoted(folder)) end
  local ok, port = pcall(function()
    prepare(folder, options.prepare or "true")
    return launch(folder, options)
  end)
  if not ok then
    remove()
    error(port, 0)
  end
  local server, stopped = { port = port, folder = folder }, false
  function server.log() return read(folder .. "/error.log") end
  function server.stop()
    if stopped then return end
    stopped = true
    local pid = read(folder .. "/nginx.pid"):match "%d+"
    if pid then process.run(folder, (STOP:gsub("PID", pid))) end
    remove()
  end
  return setmetatable(server, { __gc = server.stop, __close = server.stop })
end

return process
