-- Starts and stops the sandbox in nginx: HTTPS and HTTP/2 on a free port of 127.0.0.1, with a new certificate, everything in a
-- temporary folder. For demos and specs; needs nginx with its Lua module and openssl. Never listens on another address.
local process = require "whatsapp.sandbox.process"

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

-- where this module is: .../lua/whatsapp/sandbox/server.lua
local function lua_folder()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/whatsapp/sandbox/server%.lua$"
  assert(folder, "the sandbox must be started from files")
  local _, absolute = process.run(folder, "pwd")
  return (absolute:match "^[^\n]*")
end

local function configuration(port, options)
  local lua = lua_folder()
  local values = {
    USER = process.user(), PORT = tostring(port), LUA = lua, LIFE = ("%d"):format(options.url_life or 300),
    CPATH = options.cpath or (lua:gsub("/lua$", "") .. "/build/lua5.1/?.so;;"),
    MODULES = options.modules or "/usr/lib/nginx/modules",
  }
  return (CONF:gsub("%$(%u+)", values))
end

---@param options { nginx: string?, modules: string?, cpath: string?, url_life: integer? }? nginx: the program; modules: folder
---of its modules; cpath: where whatsapp/core.so for LuaJIT is; url_life: seconds that the URL of a file is good, 300
---@return { base_url: string, ca_file: string, port: integer, folder: string, stop: fun() } server
function M.start(options)
  options = options or {}
  local server = process.start {
    nginx = options.nginx,
    prepare = CERTIFICATES,
    configuration = function(port) return configuration(port, options) end,
  }
  server.base_url = ("https://127.0.0.1:%d"):format(server.port)
  server.ca_file = server.folder .. "/ca.crt"
  return server
end

return M
