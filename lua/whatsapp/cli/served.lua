-- The configuration of the nginx that a command runs in the foreground, for an endpoint on this machine. Never listens on another
-- address than 127.0.0.1.
local exit = require "whatsapp.cli.exit"

local served = {}

local CONF = [[
$USER
daemon off; pid nginx.pid; error_log error.log warn; worker_processes 1;
load_module $MODULES/ndk_http_module.so;
load_module $MODULES/ngx_http_lua_module.so;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi; client_max_body_size 4m; client_body_buffer_size 64k;
  lua_socket_log_errors off; $RESOLVER
  lua_package_path "$LUA/?.lua;$LUA/?/init.lua;;"; lua_package_cpath "$CPATH;;";
  init_worker_by_lua_block { require("$MODULE").begin "$FOLDER/options.json" }
  server {
    listen 127.0.0.1:$PORT;
    location / { content_by_lua_block { require("$MODULE").content() } }
  }
}
]]

-- the folder of the library's files: .../lua
local function lua_folder()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/whatsapp/cli/served%.lua$"
  if not folder then exit.stop("failed", "this command needs the files of the library: it starts nginx") end
  local _, absolute = require("whatsapp.sandbox.process").run(folder, "pwd")
  return (absolute:match "^[^\n]*")
end

-- nginx asks a name server for the host of --forward-to
local function resolver()
  local file, servers = io.open("/etc/resolv.conf", "r"), {}
  for line in file and file:lines()
    or function() end do servers[#servers + 1] = line:match "^nameserver%s+(%d+%.%d+%.%d+%.%d+)" end
  if file then file:close() end
  return #servers > 0 and ("resolver %s ipv6=off;"):format(table.concat(servers, " ")) or ""
end

---@param port integer of 127.0.0.1
---@param folder string of this nginx, with options.json
---@param module string has begin(path of the options) and content()
---@return string
function served.configuration(port, folder, module)
  local lua = lua_folder()
  local values = {
    USER = require("whatsapp.sandbox.process").user(), PORT = ("%d"):format(port), FOLDER = folder, LUA = lua,
      RESOLVER = resolver(), MODULE = module,
    CPATH = ("%s/build/lua5.1/?.so;%s/whatsapp/sandbox/lua5.1/?.so"):format((lua:gsub("/lua$", "")), lua),
    MODULES = "/usr/lib/nginx/modules",
  }
  return (CONF:gsub("%$(%u+)", values))
end

return served
