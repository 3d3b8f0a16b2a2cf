-- Starts an nginx for the sandbox, the program `whatsapp`, demos and specs. Each nginx has its own temporary folder and a port of
-- 127.0.0.1. start() runs nginx in the background, until stop() sends signals to its process id and removes the folder. stay()
-- runs nginx in the foreground, until Ctrl-C.
local files = require "whatsapp.util.file"

local process = {}

-- Stops nginx: sends QUIT, sends TERM if nginx still runs after 1.5 seconds, and waits at most six seconds. The loop looks for
-- the file nginx.pid, because nginx removes this file as its last step. The process id may exist longer, until the parent process
-- reads the exit status of nginx.
local STOP = [[
kill -QUIT PID; i=0
while [ -e nginx.pid ] && kill -0 PID && [ $i -lt 120 ]; do [ $i -eq 30 ] && kill -TERM PID; sleep 0.05; i=$((i + 1)); done
]]

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end
process.quoted = quoted

---Runs a command with sh.
---@param folder string the folder in which the command runs
---@param command string
---@return boolean ok true: the exit status is 0
---@return string printed the output on stdout and stderr
function process.run(folder, command)
  local pipe = assert(io.popen(("cd %s && ( %s\n) 2>&1; echo $?"):format(quoted(folder), command)))
  local output = files.all(pipe) or ""
  pipe:close()
  local printed, status = output:match "^(.-)(%d+)\n$"
  return status == "0", printed or ""
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

local function read(path) return files.read(path) or "" end

---Returns the directive that sets the user of nginx's worker processes. Only root needs this directive: without it, the worker
---processes run as another user, and cannot read the temporary folder of root.
---@return string directive for the top of a configuration; "" if this program does not run as root
function process.user()
  local _, number = process.run("/tmp", "id -u")
  return number:match "^0%s" and "user root;" or ""
end

---@return string? folder the absolute path of the folder with the library's Lua files; nil: the library was not loaded from files
function process.lua_folder()
  local source = debug.getinfo(1, "S").source
  local folder = source:match "^@(.*)/whatsapp/sandbox/process%.lua$" or source:match "^@whatsapp/sandbox/process%.lua$" and "."
  if not folder then return nil end
  local _, absolute = process.run(folder, "pwd")
  return (absolute:match "^[^\n]*")
end

---Returns the directive with the name servers of this machine. nginx needs them to find the hosts to which Lua code connects.
---@return string directive "" if /etc/resolv.conf has no name server with an IPv4 address
function process.resolver()
  local servers = {}
  for address in ("\n" .. read "/etc/resolv.conf"):gmatch "\nnameserver%s+(%d+%.%d+%.%d+%.%d+)" do
    servers[#servers + 1] = address
  end
  return #servers > 0 and ("resolver %s ipv6=off;"):format(table.concat(servers, " ")) or ""
end

-- Returns the command that starts nginx. The command unsets the variable NGINX: if this variable is set, nginx acts as if it
-- replaced a running nginx, and does not go into the background. exec: "exec", so that nginx replaces the shell.
local function command_of(folder, options, exec)
  local variables = {}
  for name, value in pairs(options.env or {}) do variables[#variables + 1] = name .. "=" .. quoted(value) end
  return ("unset NGINX; export PATH=$PATH:/usr/sbin; %s %s %s -p %s/ -c nginx.conf"):format(
    table.concat(variables, " "), exec or "", options.nginx or os.getenv "NGINX_BIN" or "nginx", quoted(folder))
end

-- ---- ports ----------------------------------------------------------------------------------------------------------------

local LISTENS = "0A" -- the state of a listening socket in /proc/net/tcp

-- Returns whether a program listens on a port of 127.0.0.1. This check saves time: nginx tries for 2.5 seconds before it reports
-- that a port is taken. On a system without /proc, returns false.
local function is_taken(port)
  local place = (":%04X "):format(port)
  for line in read "/proc/net/tcp":gmatch "[^\n]+" do
    local address, state = line:match "^%s*%d+: (%x+:%x+ )%x+:%x+ (%x+)"
    local is_here = address and (address:find "^0100007F" or address:find "^00000000")
    if is_here and state == LISTENS and address:sub(9) == place then return true end
  end
  return false
end

local MOST_TRIES = 40

-- returns a random port on which no program listens; another program may take the port before nginx does
local function free_port()
  for _ = 1, MOST_TRIES do
    local port = math.random(20000, 32000)
    if not is_taken(port) then return port end
  end
  error("no free port was found on 127.0.0.1", 0)
end

-- Each row: a pattern for the output of nginx or of the shell; a sentence that says what to do, with %d for the port.
local ADVICE = {
  { "Address already in use", "port %d is taken: use port 0 for a free port" },
  { "Permission denied%)", "port %d is not allowed here: use port 0 for a free port" },
  { "nginx%S*: not found", "nginx is not installed: on Debian, apt install nginx libnginx-mod-http-lua" },
  { "nginx%S*: No such file", "nginx is not installed: on Debian, apt install nginx libnginx-mod-http-lua" },
  { "ngx_http_lua_module%.so", "nginx has no Lua module: on Debian, apt install libnginx-mod-http-lua" },
  { "ndk_http_module%.so", "nginx has no Lua module: on Debian, apt install libnginx-mod-http-lua" },
  { "openssl: not found", "openssl, which makes the certificate, is not installed: on Debian, apt install openssl" },
  { "module 'cjson' not found", "nginx runs LuaJIT, which finds no lua-cjson: on Debian, apt install lua-cjson" },
  { "module 'whatsapp%.core' not found", "nginx runs LuaJIT, and whatsapp.core was not built for it: on Debian, apt install "
    .. "liblua5.1-0-dev, then install lua-whatsapp again (in a clone: make)" },
  { "module 'whatsapp%.crypto' not found", "nginx runs LuaJIT, and whatsapp.crypto was not built for it: on Debian, apt install "
    .. "liblua5.1-0-dev libssl-dev, then install lua-whatsapp again (in a clone: make)" },
}

---@param output string the output of nginx or of the shell, or the log of nginx
---@param port integer
---@return string? sentence that says what to do; nil: no row fits
function process.advice(output, port)
  for _, row in ipairs(ADVICE) do
    if output:find(row[1]) then return (row[2]:format(port)) end
  end
end

-- ---- starting -------------------------------------------------------------------------------------------------------------

-- returns the error string for an nginx that did not start
local function trouble(output, folder, port)
  local all = output .. read(folder .. "/error.log")
  return process.advice(all, port) or "nginx did not start: " .. all
end

-- Starts nginx in the background, and returns its port. The first process of nginx ends when nginx listens. Without options.port,
-- takes a random port, and another one if nginx reports that this port is taken. Raises the error string if nginx does not start.
local function launch(folder, options)
  for _ = 1, 20 do
    local port = options.port or free_port()
    if options.port and is_taken(port) then error(ADVICE[1][2]:format(port), 0) end
    write(folder .. "/nginx.conf", options.configuration(port, folder))
    local ok, output = process.run(folder, command_of(folder, options))
    if ok then return port end
    if options.port or not output:find "Address already in use" then error(trouble(output, folder, port), 0) end
  end
  error("no free port was found on 127.0.0.1", 0)
end

-- writes the files of the folder, and runs options.prepare
local function prepare(folder, options)
  for name, text in pairs(options.files or {}) do write(folder .. "/" .. name, text) end
  local ok, output = process.run(folder, options.prepare or "true")
  if not ok then error(process.advice(output, 0) or "the folder of nginx could not be prepared: " .. output, 0) end
end

-- returns a new folder that only this user can read, and a function that removes the folder
local function new_folder()
  math.randomseed(os.time() + math.floor(os.clock() * 1e6))
  local _, made = process.run("/tmp", "mktemp -d")
  local folder = made:match "^[^\n]*"
  return folder, function() process.run("/tmp", "rm -rf " .. quoted(folder)) end
end

---@class whatsapp.sandbox_process
---@field configuration fun(port: integer, folder: string): string returns the text of nginx.conf; it must contain `pid
---nginx.pid;` and `error_log error.log;`
---@field port integer? a free port if absent
---@field files table<string, string>? other files of the folder: name -> bytes
---@field prepare string? a command for sh that makes more files of the folder
---@field nginx string? the path of nginx
---@field env table<string, string>? environment variables for nginx

---Starts nginx in the background. If nginx does not start, raises a sentence that says why.
---@param options whatsapp.sandbox_process
---@return { port: integer, folder: string, log: (fun(): string), stop: fun() } server log() returns the text of error.log; stop()
---ends nginx and removes the folder
function process.start(options)
  local folder, remove = new_folder()
  local ok, port = pcall(function()
    prepare(folder, options)
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

-- Returns whether nginx ended well, from the values of os.execute. In Lua 5.1 they are a status; in later versions true or nil,
-- then "exit" or "signal", then a number. Signal 2 is Ctrl-C.
local function succeeded(first, kind, number)
  if type(first) == "number" then return first == 0 end
  return first == true or (kind == "signal" and number == 2)
end

---Runs nginx in the foreground, and returns after Ctrl-C. The user sees the standard output of nginx. The configuration must have
---`daemon off`.
---@param options whatsapp.sandbox_process
---@return true? ok
---@return string? err a sentence that says why nginx did not start
function process.stay(options)
  local folder, remove = new_folder()
  local ok, result, err = pcall(function()
    prepare(folder, options)
    local port = options.port or free_port()
    if is_taken(port) then return nil, ADVICE[1][2]:format(port) end
    write(folder .. "/nginx.conf", options.configuration(port, folder))
    local command = ("cd %s && { %s 2>output; }"):format(quoted(folder), (command_of(folder, options, "exec")))
    if succeeded(os.execute(command)) then return true end -- Ctrl-C ends nginx; os.execute ignores it
    return nil, trouble(read(folder .. "/output"), folder, port)
  end)
  remove()
  if not ok then return nil, result end
  return result, err
end

return process
