-- whatsapp doctor: finds out why messages are not sent or received, and names the fix. Checks this machine, the settings, and the
-- connection to the API; with a token, also the number and its webhooks. Each check is a function in CHECKS. Never changes
-- anything, and never shows a secret.
local exit = require "whatsapp.cli.exit"
local shell = require "whatsapp.cli.shell"

-- A check gets a table that all checks share: settings, and what earlier checks found (token, client, date, number). A check
-- returns a level ("ok", "warn" or "fail"), a finding, and a fix; or nil if the check does not apply.

-- ---- this machine -------------------------------------------------------------------------------------------------------------

local function lua_of()
  local jit = rawget(_G, "jit")
  return "ok", ("%s, whatsapp %s"):format(jit and jit.version or _VERSION, require("whatsapp")._VERSION)
end

-- each row: a module, the level if the module is missing, the fix
local MODULES = {
  { "whatsapp.core", "fail", "make, or luarocks install lua-whatsapp" },
  { "whatsapp.curl", "fail", "install the headers of libcurl and build again" },
  { "whatsapp.crypto", "fail", "install the headers of libcrypto and build again" },
  { "cjson", "warn", "apt install lua-cjson: the sandbox writes JSON with it" },
  { "DBI", "warn", "apt install lua-dbi-sqlite3: the outbox keeps messages with it" },
}

-- returns the check of a module
local function module_check(row)
  return function()
    if pcall(require, row[1]) then return "ok", "module " .. row[1] end
    return row[2], "module " .. row[1] .. " cannot be loaded", row[3]
  end
end

local function nginx()
  local ok = shell.run "PATH=$PATH:/usr/sbin command -v nginx"
  if not ok then return "warn", "no nginx", "apt install nginx libnginx-mod-http-lua: sandbox and listen run in it" end
  local file = io.open("/usr/lib/nginx/modules/ngx_http_lua_module.so", "rb")
  if not file then return "warn", "nginx without its Lua module", "apt install libnginx-mod-http-lua" end
  file:close()
  return "ok", "nginx with its Lua module"
end

local PROXIES = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" }

local function proxies()
  local set = {}
  for _, name in ipairs(PROXIES) do
    if (os.getenv(name) or "") ~= "" then set[#set + 1] = name end -- a value may hold a password
  end
  if #set == 0 then return "ok", "no proxy in the environment" end
  return "warn", "requests go through a proxy: " .. table.concat(set, ", "), "unset them, or set the proxy of a profile"
end

-- ---- settings -----------------------------------------------------------------------------------------------------------------

local function configuration(state)
  local settings = state.settings
  local mode = settings.path and shell.mode_of(settings.path)
  if not mode then return "ok", "no configuration file: options and variables only" end
  local what = ("%s (%s), profile %s"):format(settings.path, mode, tostring(settings.profile_name or "not named"))
  if shell.is_readable_by_others(settings.path) then return "warn", what, "chmod 600 " .. shell.quoted(settings.path) end
  return "ok", what
end

-- returns a check whether a setting is set
local function present(name, level, fix)
  return function(state)
    local value = state.settings:get(name)
    if value then return "ok", ("%s from %s"):format(name, state.settings:source(name)) end
    return level, name .. " is not set", fix
  end
end

local function token(state)
  local ok, found = pcall(state.settings.secret, state.settings, "token")
  if not ok then return "fail", type(found) == "table" and found.err or tostring(found),
    "correct the token_command or the file" end
  state.token = found
  if found then return "ok", "a token is set" end
  return "warn", "no token: the API is not asked about the account", "set WHATSAPP_TOKEN, --token-file or a profile"
end

-- ---- the API ------------------------------------------------------------------------------------------------------------------

local function base_url(state) return state.settings:get "base_url" or "https://graph.facebook.com" end

-- Checks the connection: any answer of the API is good. Keeps the header Date of the answer for the check `clock`.
local function connection(state)
  local options = state.settings:transport_options()
  options.timeout, options.connect_timeout = 10, 5
  local ok, transport = pcall(require("whatsapp.transport.curl").new, options)
  if not ok then return "fail", tostring(transport):gsub("^[^:]+:%d+: ", ""), "correct ca_file or proxy" end
  local asked, response, err = pcall(transport, { method = "GET", url = base_url(state) .. "/", headers = {} })
  transport.close()
  if not asked then return "fail", (tostring(response):gsub("^[^:]+:%d+: ", "")), "correct base_url" end
  if not response then
    return "fail", ("%s: %s"):format(base_url(state), err), "look at the network, the proxy and ca_file"
  end
  state.date = response.headers.date
  return "ok", base_url(state) .. " answers"
end

local MOST = 60 -- seconds: a larger difference is a warning

-- compares the clock of this machine with the header Date of the API
local function clock(state)
  local there = require("whatsapp.wire.outcome").retry_after(state.date, 0)
  if not there then return nil end
  local wrong = os.time() - there
  if math.abs(wrong) <= MOST then return "ok", ("the clock is right (%+d s)"):format(wrong) end
  return "warn", ("the clock is %d seconds %s"):format(math.abs(wrong), wrong > 0 and "ahead" or "behind"), "set the clock by NTP"
end

-- Calls an endpoint of the API; returns the result, or nil, an error and its details. Makes the client at the first call.
local function ask(state, path, fields)
  if not state.client then
    local ok, client = pcall(state.settings.account_client, state.settings)
    if not ok then return nil, type(client) == "table" and client.err or tostring(client) end
    state.client = client
  end
  local ok, result, err, details = pcall(state.client.call, state.client, { path = path, query = { fields = fields },
    timeout = 10 })
  if not ok then return nil, (tostring(result):gsub("^[^:]+:%d+: ", "")) end
  return result, err, details
end

local FIELDS = "verified_name,display_phone_number,quality_rating,throughput,status"

local function number(state)
  if not (state.token and state.settings:get "phone_number_id") then return nil end
  local found, err, details = ask(state, "{phone}", FIELDS)
  if not found then return "fail", "the number: " .. err, details and (details.advice or details.hint) or "make a new token" end
  state.number = found
  return "ok", ("the token reads the number %s (%s)"):format(tostring(found.display_phone_number), tostring(found.verified_name))
end

-- needs the answer of the check `number`
local function quality(state)
  local found = state.number
  if not found then return nil end
  local level = type(found.throughput) == "table" and found.throughput.level
  local what = ("quality %s, throughput %s, status %s"):format(tostring(found.quality_rating), tostring(level),
    tostring(found.status))
  if found.quality_rating == "RED" then return "warn", what, "send less marketing until users stop blocking the number" end
  return "ok", what
end

local function webhook(state)
  if not (state.token and state.settings:get "waba_id") then return nil end
  local found, err, details = ask(state, "{waba}/subscribed_apps")
  if not found then return "warn", "subscribed apps: " .. err, details and details.advice end
  if found.data and found.data[1] then return "ok", "an app is subscribed to the account's webhooks" end
  return "warn", "no app is subscribed: no webhook comes", "whatsapp call POST {waba}/subscribed_apps"
end

local CHECKS = { lua_of }
for _, row in ipairs(MODULES) do CHECKS[#CHECKS + 1] = module_check(row) end
for _, check in ipairs {
  nginx, proxies, configuration, present("phone_number_id", "warn", "set WHATSAPP_PHONE_NUMBER_ID or a profile"),
  present("waba_id", "warn", "set WHATSAPP_WABA_ID: templates and subscriptions need it"),
  present("app_secret", "warn", "set WHATSAPP_APP_SECRET: webhooks are verified with it"), token, connection, clock, number,
    quality, webhook,
} do CHECKS[#CHECKS + 1] = check end

local COLOURS = { ok = "green", warn = "yellow", fail = "red" }

local function run(context)
  local state = { settings = context.settings() }
  local failed = 0
  for _, check in ipairs(CHECKS) do
    local level, what, fix = check(state)
    if level then
      if level == "fail" then failed = failed + 1 end
      local line = ("%s %s%s"):format((" "):rep(4 - #level), what, level ~= "ok" and fix and " — " .. fix or "")
      context.emit({ level = level, what = what, fix = level ~= "ok" and fix or nil }, line, { "level", "what", "fix" },
        context.terminal:paint(COLOURS[level], level, 1))
    end
  end
  if failed > 0 then
    context.terminal.flush()
    exit.stop("failed", ("%d checks failed"):format(failed))
  end
end

return {
  name = "doctor",
  summary = "find out why messages are not sent or received",
  description = "Checks this machine, the settings, the connection, the token, the number and its webhooks. Prints "
    .. "ok, warn or fail, the finding, and the fix. Without a token, asks the API nothing about the number.",
  examples = { "whatsapp doctor", "whatsapp --json doctor | grep '\"fail\"'" },
  run = run,
}
