-- make demo: starts the sandbox, runs every example against it and prints what was sent and what came back. Where
-- WHATSAPP_TOKEN, WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_TO are set, sends one text to the real API instead.
local EXAMPLES = {
  "text", "image", "media", "audio", "video", "document", "sticker", "location", "contacts", "reaction", "reply", "buttons",
  "list", "url_button", "product", "product_list", "catalog", "flow", "location_request", "call_permission", "template",
  "template_named", "template_location", "template_coupon", "template_flow", "group", "user_id", "mark_read", "bulk",
  "outbox",
  "sequence", "errors",
}

local lua = arg[-1] or "lua"

local function run(name, environment)
  print(name)
  io.stdout:flush()
  local status = os.execute(("env WHATSAPP_LOG=1 %s %s examples/%s.lua"):format(environment, lua, name))
  return status == true or status == 0 -- of Lua 5.2 and later, of 5.1
end

local function run_all(server)
  local environment = ("WHATSAPP_BASE_URL=%s WHATSAPP_CA_FILE=%s WHATSAPP_TOKEN=sandbox-token no_proxy=127.0.0.1 "
    .. "WHATSAPP_PHONE_NUMBER_ID=106540352242922 WHATSAPP_TO=16505551234"):format(server.base_url, server.ca_file)
  for _, name in ipairs(EXAMPLES) do
    if not run(name, environment) then return "example " .. name .. " failed" end
  end
end

if os.getenv "WHATSAPP_TOKEN" and os.getenv "WHATSAPP_PHONE_NUMBER_ID" and os.getenv "WHATSAPP_TO" then
  os.exit(run("text", "") and 0 or 1)
end

local server = require("whatsapp.sandbox.server").start()
print("sandbox at " .. server.base_url)
local ok, problem = pcall(run_all, server)
server.stop()
print "sandbox stopped"
if not ok or problem then
  io.stderr:write(tostring(problem), "\n")
  os.exit(1)
end
print(("%d examples ran"):format(#EXAMPLES))
