-- Runs a module of the program inside a new nginx, in the foreground, on 127.0.0.1, until Ctrl-C. The module gets its options in
-- a file, in a temporary folder that only this user can read. `whatsapp listen`, `replay` and `flows serve` use this file.
local process = require "whatsapp.sandbox.process"

local foreground = {}

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

-- returns the text of nginx.conf
local function configuration(module, port, folder)
  local lua = process.lua_folder()
  if not lua then error("nginx needs the files of the library", 0) end
  local values = {
    MODULE = module, USER = process.user(), PORT = ("%d"):format(port), FOLDER = folder, LUA = lua,
    RESOLVER = process.resolver(),
    CPATH = ("%s/build/lua5.1/?.so;%s/whatsapp/sandbox/lua5.1/?.so"):format((lua:gsub("/lua$", "")), lua),
    MODULES = "/usr/lib/nginx/modules",
  }
  return (CONF:gsub("%$(%u+)", values))
end

---Runs nginx, and returns after nginx has ended.
---@param what { module: string, port: integer, options: table, on_start: fun(port: integer) } module: the name of a module with
---begin(path), for init_worker_by_lua, and content(), for content_by_lua; port: 0 takes a free port; options: plain data, which
---begin() reads from the file at `path`; on_start: called with the port before nginx starts
---@return true? ok
---@return string? err why nginx did not start
function foreground.run(what)
  return process.stay {
    port = what.port ~= 0 and what.port or nil, prepare = "export -p >environment", -- for `listen --exec`: nginx clears it
    files = { ["options.json"] = require("whatsapp.cli.json_line").of(what.options) },
    configuration = function(port, folder)
      what.on_start(port)
      return configuration(what.module, port, folder)
    end,
  }
end

return foreground
