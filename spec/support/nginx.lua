-- Starts Debian's nginx with its Lua module, in a temporary folder, on a free port of 127.0.0.1, with the modules that `make` built and
-- the directives of a spec. stop() ends the process and removes the folder.
--   local nginx = require("spec.support.nginx").start {
--     http = "lua_shared_dict seen 1m;", server = [[location / { content_by_lua_block { ngx.print "x" } }]], workers = 4 }
--   nginx.ask("/path", { method =, headers =, body =, timeout = })      returns status, body and headers; or nil and an error
--   nginx.url "/path", nginx.port, nginx.folder, nginx.log(), nginx.logged "words",
--   nginx.wait_for("words", times), nginx.stop()
local process = require "whatsapp.sandbox.process"
local read = require "spec.support.read"

local M = {}

local MODULES = "/usr/lib/nginx/modules"

local CONF = [[
load_module $MODULES/ndk_http_module.so;
load_module $MODULES/ngx_http_lua_module.so;
pid nginx.pid; error_log error.log $LEVEL; worker_processes $WORKERS;
$MAIN
events { worker_connections 4096; } # if few are free, nginx closes idle kept connections, and clients see errors
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  lua_package_path "lua/?.lua;lua/?/init.lua;./?.lua;;"; lua_package_cpath "build/lua5.1/?.so;;";
  $HTTP
  server {
    listen 127.0.0.1:$PORT;
    $SERVER
  }
}
]]

local function env_lines(env)
  local lines = {}
  for name in pairs(env or {}) do lines[#lines + 1] = ("env %s;"):format(name) end
  return table.concat(lines, " ")
end

-- Returns the configuration: replaces each $NAME in CONF by its value, then $PORT, also in the directives of the spec.
local function written(options, port)
  local values = {
    MODULES = MODULES, LEVEL = options.level or "notice", WORKERS = tostring(options.workers or 1),
    MAIN = env_lines(options.env) .. (options.main or ""), HTTP = options.http or "", SERVER = options.server or "",
  }
  local text = CONF:gsub("%$(%u+)", function(name) return values[name] end)
  return (text:gsub("%$PORT", tostring(port)))
end

-- returns the configuration in a file, with another port, and with the names of nginx.pid and error.log that process.lua needs
local function moved(path, port)
  local text, count = read(path):gsub("listen 127%.0%.0%.1:%d+", "listen 127.0.0.1:" .. port)
  assert(count == 1, path .. " does not listen on 127.0.0.1")
  return (text:gsub("\npid [^;]+;", "\npid nginx.pid;"):gsub("\nerror_log %S+", "\nerror_log error.log"))
end

-- returns a command that links folders of the repository, so that relative paths in a configuration work in the temporary folder
local function links()
  local _, root = process.run(".", "pwd")
  return ("for name in lua build examples spec; do ln -s '%s'/$name $name || exit; done"):format(root:match "^[^\n]*")
end

---@param options { http: string?, server: string?, main: string?, workers: integer?, level: string?, conf: string?, env:
---table<string, string>? } http, server, main: directives for these blocks; $PORT in them is the port; level: of error_log, notice if
---absent; conf: instead, a file with a whole configuration that listens on 127.0.0.1; env: variables, for which the directive `env` is
---written, too
---@return table nginx
function M.start(options)
  local nginx = process.start {
    env = options.env, prepare = links(),
    configuration = function(port)
      return process.user() .. "\n" .. (options.conf and moved(options.conf, port) or written(options, port))
    end,
  }
  local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 30 }

  function nginx.url(path) return ("http://127.0.0.1:%d%s"):format(nginx.port, path or "/") end

  function nginx.ask(path, request)
    request = request or {}
    local answer, text = transport {
      method = request.method or (request.body and "POST" or "GET"), url = nginx.url(path),
      headers = request.headers or {}, body = request.body, timeout = request.timeout,
    }
    if not answer then return nil, text end
    return answer.status, answer.body, answer.headers
  end

  -- returns how often the log has the words
  function nginx.logged(words)
    local count, at = 0, 0
    local log = nginx.log()
    repeat
      at = log:find(words, at + 1, true)
      count = count + (at and 1 or 0)
    until not at
    return count
  end

  -- Waits up to ten seconds until the log has the words as often as `times`: a timer or another worker may write them later.
  function nginx.wait_for(words, times)
    local till = os.time() + 10
    repeat
      if nginx.logged(words) >= (times or 1) then return true end
      process.run("/", "sleep 0.05")
    until os.time() > till
    return nil, ("the log has no %q, or not so often: %s"):format(words, nginx.log())
  end

  local stop = nginx.stop
  function nginx.stop()
    pcall(transport.close)
    stop()
  end
  return nginx
end

return M
