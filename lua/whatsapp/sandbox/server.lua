-- The sandbox as a server: an nginx with one worker process, on 127.0.0.1 only, with all its files in a temporary folder. start()
-- runs nginx in the background, for tests and demos. run() runs nginx in the foreground until Ctrl-C, for `make sandbox` and the
-- program `whatsapp sandbox`. Both need nginx with its Lua module. settings.lua checks the options, process.lua starts nginx, and
-- inside nginx, nginx.lua serves the box.
local file = require "whatsapp.util.file"
local json = require "whatsapp.wire.json"
local process = require "whatsapp.sandbox.process"
local settings = require "whatsapp.sandbox.settings"

local M = {}

M.PORT = 9428 -- the keys of a phone for the letters WHAT

local CONF = [[
$USER
daemon $DAEMON; pid nginx.pid; error_log error.log warn; worker_processes 1; worker_rlimit_nofile 8192;
load_module $MODULES/ndk_http_module.so;
load_module $MODULES/ngx_http_lua_module.so;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi; client_max_body_size 101m;
  client_body_buffer_size 16k; underscores_in_headers on; keepalive_requests 10000000;
  reset_timedout_connection on; absolute_redirect off; server_tokens off;
  lua_socket_log_errors off; lua_max_running_timers 4096; lua_max_pending_timers 4096;
  $RESOLVER $AUTHORITIES $BLANKS
  lua_package_path "$LUA/?.lua;$LUA/?/init.lua;;"; lua_package_cpath "$CPATH";
  init_by_lua_block { require "whatsapp.sandbox.nginx" }
  init_worker_by_lua_block { require("whatsapp.sandbox.nginx").begin "$FOLDER/options.json" }
  exit_worker_by_lua_block { require("whatsapp.sandbox.nginx").finish() }
  server {
    listen 127.0.0.1:$PORT$PROTOCOL;
    location / { content_by_lua_block { require("whatsapp.sandbox.nginx").content(ngx) } }
    location = /_sandbox/events {
      lua_check_client_abort on; content_by_lua_block { require("whatsapp.sandbox.nginx").content(ngx) }
    }
    location = /favicon.ico { return 204; }
    $PAGE
  }
}
]]

-- the end of the directive `listen`, with TLS
local PROTOCOL = " ssl http2; ssl_certificate server.crt; ssl_certificate_key server.key"

-- the locations of the page
local PAGE = [[
    location = / { return 302 /_sandbox/page/; }
    location /_sandbox/page/ {
      alias "$LUA/whatsapp/sandbox/page/"; index index.html; charset utf-8; charset_types *; etag on;
      gzip on; gzip_types text/css text/javascript image/svg+xml;
      types { text/html html; text/css css; text/javascript js; image/svg+xml svg; }
      add_header Cache-Control no-cache; add_header X-Content-Type-Options nosniff; add_header Referrer-Policy no-referrer;
      add_header Content-Security-Policy
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }]]

-- nginx adds four random blanks to the end of each body, which JSON allows, so that bodies have different hashes. The reason:
-- LuaJIT hashes a long string by 16 of its bytes. Messages to one recipient often differ only in a few digits. Then they have the
-- same hash, and LuaJIT compares each new message with all of them. With the blanks, a message costs 112 us instead of 474 us if
-- all messages go to one recipient: as much as with 2,000 recipients (`make bench-sandbox`). nginx.lua reads the variable
-- $blank_body, and shows the requests without the blanks.
local BLANK = { " ", "\\t", "\\n", "\\r" }
local SHARE = "0.39%" -- each of 255 rows gets this share of the requests; the row `*` gets the rest

-- returns the directives that set $blank_body
local function blanks()
  local rows = {}
  for i = 0, 255 do
    local row, rest = {}, i
    for k = 1, 4 do row[k], rest = BLANK[rest % 4 + 1], math.floor(rest / 4) end
    rows[i + 1] = ('%s "%s";'):format(i < 255 and SHARE or "*", table.concat(row))
  end
  return ('split_clients $request_id $blanks { %s } map $blanks $blank_body { default "$request_body$blanks"; }'):format(
    table.concat(rows, " "))
end

-- a command for sh: makes a temporary certificate authority, and a certificate for this machine that the authority signs
local CERTIFICATES = [[
openssl ecparam -name prime256v1 -genkey -noout -out ca.key &&
openssl req -x509 -new -key ca.key -sha256 -days 2 -subj "/CN=sandbox authority" -out ca.crt &&
openssl ecparam -name prime256v1 -genkey -noout -out server.key &&
openssl req -new -key server.key -subj "/CN=localhost" -out server.csr &&
printf "subjectAltName=DNS:localhost,IP:127.0.0.1\n" > server.ext &&
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile server.ext -out server.crt
]]

-- ---- paths ----------------------------------------------------------------------------------------------------------------

-- Returns the directive's value for C modules: nginx's LuaJIT looks for whatsapp.core in a clone, in an installed rock, then in
-- its default places.
local function cpath_of(lua)
  local places = { (lua:gsub("/lua$", "")) .. "/build/lua5.1", lua .. "/whatsapp/sandbox/lua5.1" }
  local found = {}
  for _, place in ipairs(places) do
    if file.exists(place .. "/whatsapp/core.so") then found[#found + 1] = place .. "/?.so" end
  end
  return table.concat(found, ";") .. ";;"
end

local AUTHORITIES = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem" }

-- returns the directives with the certificates of this machine: webhooks over https need them
local function authorities()
  for _, path in ipairs(AUTHORITIES) do
    if file.exists(path) then return ("lua_ssl_trusted_certificate %s; lua_ssl_verify_depth 5;"):format(path) end
  end
  return ""
end

-- replaces each $NAME in capitals
local function replaced(text, replacements)
  return (text:gsub("%$(%u+)", replacements))
end

-- returns the text of nginx.conf
local function configuration(server, port, folder)
  local lua = assert(process.lua_folder(), "the sandbox must be started from files")
  local values = {
    USER = process.user(), PORT = ("%d"):format(port), LUA = lua, FOLDER = folder, DAEMON = server.stays and "off" or "on",
    CPATH = server.cpath and server.cpath .. ";;" or cpath_of(lua), MODULES = server.modules or "/usr/lib/nginx/modules",
    PROTOCOL = server.tls and PROTOCOL or "", RESOLVER = process.resolver(), AUTHORITIES = authorities(),
    BLANKS = blanks(),
  }
  values.PAGE = server.page and replaced(PAGE, values) or ""
  return replaced(CONF, values)
end

-- ---- starting -------------------------------------------------------------------------------------------------------------

-- Returns the environment of nginx. If this program does not run under Lua 5.1, LUA_PATH and LUA_CPATH may name modules that
-- nginx's LuaJIT cannot load: then both get their default.
local function environment()
  if _VERSION == "Lua 5.1" then return nil end
  return { LUA_PATH = ";;", LUA_CPATH = ";;" }
end

-- returns the options of process.start and process.stay
local function launch_of(server, box)
  return {
    nginx = server.nginx, env = environment(), port = server.port ~= 0 and server.port or nil,
    prepare = server.tls and CERTIFICATES or nil,
    files = { ["options.json"] = assert(json.encode { server = server, box = box }) },
    configuration = function(port, folder) return configuration(server, port, folder) end,
  }
end

---@class whatsapp.sandbox_server_options: whatsapp.sandbox_options
---@field port integer? the port of 127.0.0.1; 0: a free port; if absent, start() takes a free port, and run() takes 9428
---@field tls boolean? true: HTTPS and HTTP/2 with a new certificate; if absent, true for start(), false for run()
---@field page boolean? false: the server has no page, only the API and the control API
---@field webhook string|table<string, string>|nil the URL of the endpoint of webhooks; or phone_number_id -> URL
---@field templates string|whatsapp.templates.Definition[]|nil the path of a folder with one or more definitions in each .json
---file; or a list of definitions
---@field state string? the path of a file: the server loads the state from the file at the start, and writes a changed state to
---the file every 10 seconds and at the end
---@field record string? the path of a file: the server writes each event to the file, as a line of JSON
---@field clock string|number|nil the time at the start: "+24h", "2026-11-28T12:00:00Z", or seconds since 1970
---@field chaos (string|whatsapp.sandbox.rule)[]? rules of chaos: tables as box.chaos:add() takes them, or strings such as
---"answer:reset,rate=0.01"
---@field statuses string|table<string, number|false>|nil "sent:0,delivered:500,read:-" (milliseconds; -: never), or a table as
---the box takes it
---@field output boolean? true: prints a line for each event on stdout; if absent, true for run(), false for start()
---@field nginx string? the path of nginx
---@field modules string? the folder of nginx's modules; /usr/lib/nginx/modules if absent
---@field cpath string? where nginx's LuaJIT finds whatsapp.core, in the form of package.cpath

---@class whatsapp.sandbox_server
---@field base_url string the value for the option base_url of whatsapp.new
---@field page_url string the URL of the page
---@field ca_file string? the value for the option ca_file of whatsapp.new; only with TLS
---@field app_secret string signs the webhooks
---@field port integer
---@field folder string the temporary folder; stop() removes it
---@field log fun(): string returns the text of nginx's error.log
---@field stop fun() ends nginx

---Starts the sandbox in the background. Raises at the caller's line if an option is wrong. Raises a sentence if nginx does not
---start, the port is taken, or a file cannot be read.
---@param options whatsapp.sandbox_server_options?
---@return whatsapp.sandbox_server server
function M.start(options)
  local server, box = settings.read(options, { port = 0, tls = true, page = true, output = false }, 2)
  if not server then error(box, 0) end
  local started = process.start(launch_of(server, box))
  started.base_url = ("%s://127.0.0.1:%d"):format(server.tls and "https" or "http", started.port)
  started.page_url = started.base_url .. "/"
  started.ca_file = server.tls and started.folder .. "/ca.crt" or nil
  started.app_secret = box.app_secret
  return started
end

---Runs the sandbox, and returns after Ctrl-C. The sandbox prints five lines (page, base_url, phone_number_id, app secret, token),
---then a line for each event. Raises at the caller's line if an option is wrong.
---@param options whatsapp.sandbox_server_options?
---@return integer code exit code: 0 after Ctrl-C, 1 if the server did not start
---@return string? err a sentence that says why the server did not start
function M.run(options)
  local server, box = settings.read(options, { port = M.PORT, tls = false, page = true, output = true }, 2)
  if not server then return 1, box end
  server.stays = true
  local ok, err = process.stay(launch_of(server, box))
  if not ok then return 1, err end
  return 0
end

return M
