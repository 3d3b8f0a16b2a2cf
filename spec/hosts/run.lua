-- make test-hosts: runs each recipe of examples/hosts in its host, if that is installed, against a server on 127.0.0.1 that
-- answers as the API does. The recipe must print the id of its message, and the server must have received one request for each
-- message. Ends with an error if a program fails, or takes longer than $LIMIT seconds (120). $HOSTS_PATH is put before Lua's own
-- path, to try a newer Copas than Debian's. Never sends to another host, leaves nothing behind.
--   lua run.lua [name]      one host only
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"

local LIMIT = tonumber(os.getenv "LIMIT" or 120)

local API = [[location / { content_by_lua_block {
  ngx.req.read_body()
  ngx.log(ngx.NOTICE, "a message came")
  ngx.header["content-type"] = "application/json"
  ngx.print('{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.of-a-host"}]}')
} }]]

local HAPROXY = [[
global
  lua-load $ROOT/examples/hosts/haproxy/whatsapp.lua
  chroot $FOLDER/empty
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 5s
frontend web
  bind 127.0.0.1:$PORT
  http-request use-service lua.whatsapp_send if { path /send }
]]

local PROSODY = [[
run_as_root = true; daemonize = false; pidfile = "$FOLDER/prosody.pid"; data_path = "$FOLDER"
plugin_paths = { "$FOLDER/modules" }; modules_enabled = { "whatsapp" }
modules_disabled = { "s2s", "offline", "c2s", "posix" }
log = { { levels = { min = "info" }, to = "console" } }
http_ports = { $PORT }; http_interfaces = { "127.0.0.1" }; https_ports = {}; c2s_ports = {}; s2s_ports = {}
VirtualHost "127.0.0.1"
]]

local APACHE = [[
ServerRoot $FOLDER
PidFile $FOLDER/apache.pid
ErrorLog $FOLDER/error.log
Listen 127.0.0.1:$PORT
ServerName 127.0.0.1
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule lua_module /usr/lib/apache2/modules/mod_lua.so
LuaMapHandler ^/whatsapp$ $ROOT/examples/hosts/apache.lua
LuaPackagePath $ROOT/lua/?.lua
LuaPackagePath $ROOT/lua/?/init.lua
LuaPackageCPath $ROOT/build/lua5.3/?.so
]]

-- starts a server, sends requests until it answers, and stops it
local ASKED = [[
$START >$FOLDER/out 2>&1 & pid=$!
for i in $(seq 50); do
  $ASK && break
  sleep 0.2
done
kill $pid; wait $pid 2>/dev/null; $THEN; cat $FOLDER/out
]]

local function asked(start, ask, after)
  local values = { START = start, ASK = ask, THEN = after or "true" }
  return (ASKED:gsub("%$(%u+)", function(name) return values[name] end))
end

local CURL = "curl -s -f --max-time 10 -d '16505551234 Hello' http://127.0.0.1:$PORT"

-- the webhook of a text, signed
local WEBHOOK = [[curl -s --max-time 10 -o $FOLDER/answer -w 'status %{http_code}\n' --data-binary @$FOLDER/body \
  -H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac secret <$FOLDER/body | sed 's/.*= //')" \
  http://127.0.0.1:$PORT/whatsapp | grep -v 'status 000']]
local BODY = require("spec.support.webhooks").body { messages = { {
  from = "16505551234", id = "wamid.in", timestamp = "1", type = "text", text = { body = "Hello" },
} } }

-- program: what must be installed. lua: whose build is loaded. files: written into $FOLDER. run: a shell's lines. prints: what
-- proves that it worked, "wamid.of-a-host" if absent. sends: messages, 1 if absent
local HOSTS = {
  { name = "luasocket", program = "lua5.4", lua = "lua5.4", run = "lua5.4 examples/hosts/luasocket.lua 16505551234" },
  { name = "copas", program = "lua5.4", lua = "lua5.4", run = "lua5.4 examples/hosts/copas.lua 16505551234 16505551235", sends = 2,
    needs = 'lua5.4 -e \'assert(require("copas").settimeout, "no timers")\'', why = "Debian's Copas 1.1.7 has no timers" },
  { name = "lua-http", program = "luajit", lua = "lua5.1", run = "luajit examples/hosts/lua_http.lua 16505551234" },
  { name = "cqueues", program = "lua5.4", lua = "lua5.4", run = "lua5.4 examples/hosts/cqueues.lua 16505551234 16505551235", sends = 2 },
  { name = "luv", program = "lua5.4", lua = "lua5.4", run = "lua5.4 examples/hosts/luv.lua 16505551234 16505551235", sends = 2 },
  { name = "Neovim", program = "nvim", lua = "lua5.1", run = [[
    nvim --headless -u NONE -i NONE -n -c 'luafile examples/hosts/neovim.lua' -c 'WhatsApp 16505551234 Hello from Neovim' \
      -c 'lua vim.wait(5000, function() return vim.fn.execute("messages"):find "wamid" end)' -c 'messages' -c qa]] },
  { name = "mpv", program = "mpv", lua = "lua5.2", run = [[
    timeout 10 mpv --no-config --no-video --ao=null --vo=null --script=examples/hosts/mpv.lua --length=1 'av://lavfi:anullsrc']] },
  { name = "WeeChat", program = "weechat-headless", needs = "ls /usr/lib/*/weechat/plugins/lua.so >/dev/null", why = "WeeChat has no Lua here",
    lua = "lua5.3", run = [[
    timeout 20 weechat-headless -d $FOLDER/weechat -r '/lua load $ROOT/examples/hosts/weechat.lua' -r '/whatsapp 16505551234 Hello' \
      -r '/set logger.file.flush_delay 0' -r '/wait 5 /quit' >$FOLDER/out 2>&1; cat $FOLDER/out; cat $FOLDER/weechat/logs/core.weechat.weechatlog]] },
  { name = "LÖVE", program = "love", lua = "lua5.1", run = "QUIT=1 timeout 20 xvfb-run -a love examples/hosts/love" },
  { name = "Minetest", program = "minetestserver", lua = "lua5.1", files = { ["minetest.conf"] =
    "secure.enable_security = true\nsecure.http_mods = whatsapp_send\nsecure.trusted_mods = whatsapp_send\nport = $PORT\nname = x\n" },
    run = [[
    mkdir -p $FOLDER/games/void/mods $FOLDER/world $FOLDER/home/.minetest/games
    ln -s $ROOT/examples/hosts/minetest $FOLDER/games/void/mods/whatsapp_send
    printf 'title = void\n' >$FOLDER/games/void/game.conf; ln -s $FOLDER/games/void $FOLDER/home/.minetest/games/void
    printf 'gameid = void\nbackend = dummy\n' >$FOLDER/world/world.mt
    HOME=$FOLDER/home timeout 8 minetestserver --world $FOLDER/world --gameid void --config $FOLDER/minetest.conf \
      --logfile $FOLDER/log --verbose 2>&1]] },
  { name = "HAProxy", program = "haproxy", lua = "lua5.3", files = { ["haproxy.cfg"] = HAPROXY },
    run = "mkdir $FOLDER/empty\n" .. asked("haproxy -f $FOLDER/haproxy.cfg", CURL .. "/send") },
  { name = "Prosody", program = "prosody", lua = "lua5.4", files = { ["prosody.cfg.lua"] = PROSODY },
    run = "mkdir $FOLDER/modules; ln -s $ROOT/examples/hosts/prosody.lua $FOLDER/modules/mod_whatsapp.lua\n"
      .. asked("prosody --config $FOLDER/prosody.cfg.lua", CURL .. "/whatsapp/send") },
  { name = "Apache", program = "apache2", lua = "lua5.3", files = { ["apache.conf"] = APACHE, body = BODY }, prints = "status 200",
    run = asked("apache2 -X -f $FOLDER/apache.conf", WEBHOOK, "cat $FOLDER/error.log $FOLDER/answer") },
  { name = "nginx", program = "nginx", lua = "lua5.1", run = "true", nginx = true },
  { name = "C program", program = "cc", lua = "lua5.4", prints = "accepted as wamid", sends = 0,
    run = "make -s LUA=lua5.4 embed && cd examples/embed && ../../build/lua5.4/embed/host" }, -- it has a simulated network
}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function environment(root, host, api)
  return table.concat({
    "cd " .. quoted(root), "export PATH=$PATH:/usr/sbin:/usr/games",
    ("export LUA_PATH=%s LUA_CPATH=%s"):format(
      quoted(root .. "/lua/?.lua;" .. root .. "/lua/?/init.lua;" .. (os.getenv "HOSTS_PATH" or "") .. ";;"),
      quoted(("%s/build/%s/?.so;;"):format(root, host.lua))),
    "export WHATSAPP_TOKEN=token-of-a-spec WHATSAPP_PHONE_NUMBER_ID=106 WHATSAPP_TO=16505551234 WHATSAPP_APP_SECRET=secret",
    "export WHATSAPP_VERIFY_TOKEN=verify WHATSAPP_BASE_URL=" .. api.url "", "unset LUA_INIT",
  }, "\n") .. "\n"
end

local function filled(text, values)
  return (text:gsub("%$(%u+)", function(name) return values[name] end))
end

-- nginx has its own specs; here a message goes through examples/nginx/send.conf
local function run_nginx(api)
  local nginx = nginx_server.start { conf = "examples/nginx/send.conf", env = {
    WHATSAPP_TOKEN = "tokentoken", WHATSAPP_PHONE_NUMBER_ID = "106", WHATSAPP_BASE_URL = api.url "",
  } }
  local _, body = nginx.ask("/send", {
    body = '{"to":"16505551234","text":{"body":"x"}}', headers = { ["Content-Type"] = "application/json" },
  })
  local log = nginx.log()
  nginx.stop()
  return tostring(body) .. log
end

-- returns "ok", "not here" or "failed", and what was printed
local function run(root, host, api)
  local line = environment(root, host, api)
  local found = output("sh -c " .. quoted(line .. "command -v " .. host.program .. "; " .. (host.needs or "true") .. " 2>/dev/null && echo ready"))
  if not (found:find "/" and found:find "ready") then return "not here", host.why or host.program .. " is not installed" end
  local before = api.logged "a message came"
  local printed
  if host.nginx then printed = run_nginx(api)
  else
    local scratch = scratch_folder.new()
    local values = { ROOT = root, FOLDER = scratch.folder, PORT = tostring(math.random(20000, 32000)) }
    for name, text in pairs(host.files or {}) do scratch.write(name, filled(text, values)) end
    printed = output(("timeout -k 5 %d sh -c %s 2>&1 || [ $? -ne 124 ] || echo 'it took longer than %d seconds'")
      :format(LIMIT, quoted(line .. filled(host.run, values)), LIMIT))
    scratch.remove()
  end
  local sent = api.logged "a message came" - before
  local ok = printed:find(host.prints or "wamid.of-a-host", 1, true) and sent == (host.sends or 1)
  return ok and "ok" or "failed", ("%d messages came; it printed:\n%s"):format(sent, printed)
end

io.stdout:setvbuf "line"
local root = output "pwd":match "^[^\n]*"
local api = nginx_server.start { server = API }
local failures, count = 0, 0
local done, err = pcall(function()
  for _, host in ipairs(HOSTS) do
    if not arg[1] or arg[1] == host.name then
      local verdict, why = run(root, host, api)
      count = count + 1
      print(("%-9s %s%s"):format(verdict, host.name, verdict == "ok" and "" or ": " .. why))
      if verdict == "failed" then failures = failures + 1 end
    end
  end
end)
api.stop()
assert(done, err)
assert(count > 0, "no host has this name")
os.exit(failures == 0 and 0 or 1)
