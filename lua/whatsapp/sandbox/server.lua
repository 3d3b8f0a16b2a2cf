-- Starts and stops the sandbox in an nginx of its own: HTTPS and HTTP/2 on a free port of 127.0.0.1, a certificate made
-- for the occasion, everything in a temporary folder. For demos and specs; needs nginx with its Lua module and openssl.
local M = {}

local CONF = [[
$USER
daemon on; pid nginx.pid; error_log error.log warn; worker_processes 1;
load_module $MODULES/ndk_http_module.so;
load_module $MODULES/ngx_http_lua_module.so;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi; client_max_body_size 101m;
  client_body_buffer_size 16k; underscores_in_headers on;
  init_by_lua_block { require "whatsapp.sandbox.nginx" }
  lua_package_path "$LUA/?.lua;$LUA/?/init.lua;;"; lua_package_cpath "$CPATH";
  server {
    listen 127.0.0.1:$PORT ssl http2;
    ssl_certificate server.crt; ssl_certificate_key server.key;
    location / { content_by_lua_block { require("whatsapp.sandbox.nginx").content(ngx, { url_life = $LIFE }) } }
  }
}
]]

-- a throw-away authority and a certificate of its for loopback
local CERTIFICATES = [[
openssl ecparam -name prime256v1 -genkey -noout -out ca.key &&
openssl req -x509 -new -key ca.key -sha256 -days 2 -subj "/CN=sandbox authority" -out ca.crt &&
openssl ecparam -name prime256v1 -genkey -noout -out server.key &&
openssl req -new -key server.key -subj "/CN=localhost" -out server.csr &&
printf "subjectAltName=DNS:localhost,IP:127.0.0.1\n" > server.ext &&
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile server.ext -out server.crt
]]

-- asks nginx to end, after a second and a half more firmly, and waits for it, for six seconds at most
local STOP = [[
kill -QUIT PID; i=0
while kill -0 PID && [ $i -lt 60 ]; do [ $i -eq 15 ] && kill -TERM PID; sleep 0.1; i=$((i + 1)); done
]]

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- whether the command succeeded, and what it printed
local function run(folder, command)
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

-- where this module is: .../lua/whatsapp/sandbox/server.lua
local function lua_folder()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/whatsapp/sandbox/server%.lua$"
  assert(folder, "the sandbox must be started from files")
  local _, absolute = run(folder, "pwd")
  return (absolute:match "^[^\n]*")
end

-- started by root, nginx would give its worker to nobody, who may not read a folder of root's
local function user()
  local _, name = run("/tmp", "id -un")
  return name:match "^root" and "user root;" or ""
end

local function configuration(port, options)
  local lua = lua_folder()
  local values = {
    USER = user(), PORT = tostring(port), LUA = lua, LIFE = ("%d"):format(options.url_life or 300),
    CPATH = options.cpath or (lua:gsub("/lua$", "") .. "/build/lua5.1/?.so;;"),
    MODULES = options.modules or "/usr/lib/nginx/modules",
  }
  return (CONF:gsub("%$(%u+)", values))
end

-- nginx tells its own troubles in error.log; a taken port is only bad luck
local function start(folder, options)
  local nginx = options.nginx or os.getenv "NGINX_BIN" or "nginx"
  -- a variable NGINX would tell nginx that it is being upgraded, and it would stay in the foreground
  local command = ("unset NGINX; PATH=$PATH:/usr/sbin %s -p %s/ -c nginx.conf"):format(nginx, quoted(folder))
  local output
  for _ = 1, 20 do
    local port = math.random(20000, 32000)
    write(folder .. "/nginx.conf", configuration(port, options))
    local ok
    ok, output = run(folder, command)
    if ok then return port end
    if not output:find "Address already in use" then break end
  end
  error("nginx did not start: " .. output .. read(folder .. "/error.log"), 0)
end

---@param options { nginx: string?, modules: string?, cpath: string?, url_life: integer? }? nginx: the program; modules: folder
---of its modules; cpath: where whatsapp/core.so for LuaJIT is; url_life: seconds that the URL of a file is good, 300
---@return { base_url: string, ca_file: string, folder: string, stop: fun() } server
function M.start(options)
  options = options or {}
  math.randomseed(os.time() + math.floor(os.clock() * 1e6))
  local _, made = run("/tmp", "mktemp -d")
  local folder = made:match "^[^\n]*"
  local function remove() run("/tmp", "rm -rf " .. quoted(folder)) end
  local certified, output = run(folder, CERTIFICATES)
  local started, port = pcall(start, folder, options)
  if not (certified and started) then
    remove()
    error(certified and port or "openssl made no certificate: " .. output, 0)
  end
  local server = {
    base_url = ("https://127.0.0.1:%d"):format(port), ca_file = folder .. "/ca.crt", folder = folder,
  }
  local stopped
  function server.stop()
    if stopped then return end
    stopped = true
    local pid = read(folder .. "/nginx.pid"):match "%d+"
    if pid then run(folder, (STOP:gsub("PID", pid))) end
    remove()
  end
  return setmetatable(server, { __gc = server.stop, __close = server.stop })
end

return M
