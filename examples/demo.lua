-- make demo: starts the sandbox, runs every example against it, and prints a few lines a message: the Lua that made it, what was
-- sent and what came back. Where WHATSAPP_TOKEN, WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_TO are set, sends one text to the real API
-- instead.
local EXAMPLES = {
  "text", "image", "media", "audio", "video", "document", "sticker", "location", "contacts", "reaction", "reply", "buttons",
  "list", "url_button", "product", "product_list", "catalog", "flow", "appointment", "location_request", "call_permission",
  "template", "template_named", "template_location", "template_coupon", "template_flow", "group", "user_id", "mark_read", "bulk",
  "outbox", "sequence", "errors", "call", "templates",
}
local SHOWN, SENT = 6, 150 -- lines of an example, characters of a body

local NEXT = [[

What to do next:
  make sandbox               a WhatsApp in your browser: write to your bot, press its buttons, see the ticks
  examples/README.md         the cookbook, by task
  lua/whatsapp/MESSAGES.md   every message with its fields and limits
]]

local lua, folder = arg[-1] or "lua", arg[0]:match "^(.*/)" or ""

-- the lines of an example that make its first message
local function source_of(name)
  local lines = {}
  local file = assert(io.open(folder .. name .. ".lua"))
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  local first = 1
  for i, line in ipairs(lines) do
    if line == "}" then first = i + 2 break end
  end
  for i = first, math.min(#lines, first + SHOWN - 1) do
    if lines[i] == "" then break end
    print("    " .. lines[i])
  end
end

local function log(entry)
  local body = entry.request.body or entry.request.method .. " " .. entry.url
  print("  > " .. body:sub(1, SENT) .. (#body > SENT and (" ... %d bytes"):format(#body) or ""))
  print(("  < %s in %.1f ms"):format(entry.status or entry.error, entry.seconds * 1000))
end

-- in a process of its own: the example, with a client that logs
local function run_one(name)
  local whatsapp = require "whatsapp"
  local new = whatsapp.new
  function whatsapp.new(options)
    options.log = log
    return new(options)
  end
  for _ = 1, 2 do table.remove(arg, 1) end -- the example has no arguments
  dofile(folder .. name .. ".lua")
end

local function run(name, environment)
  print("\n" .. name)
  source_of(name)
  io.stdout:flush()
  local status = os.execute(("env %s %s '%s' --one %s"):format(environment, lua, arg[0], name))
  return status == true or status == 0 -- of Lua 5.2 and later, of 5.1
end

local function run_all(server)
  local environment = ("WHATSAPP_BASE_URL=%s WHATSAPP_CA_FILE=%s WHATSAPP_TOKEN=sandbox-token no_proxy=127.0.0.1 "
    .. "WHATSAPP_PHONE_NUMBER_ID=106540352242922 WHATSAPP_WABA_ID=102290129340398 WHATSAPP_TO=16505551234")
    :format(server.base_url, server.ca_file)
  for _, name in ipairs(EXAMPLES) do
    if not run(name, environment) then return "example " .. name .. " failed" end
  end
end

if arg[1] == "--one" then
  run_one(arg[2])
elseif os.getenv "WHATSAPP_TOKEN" and os.getenv "WHATSAPP_PHONE_NUMBER_ID" and os.getenv "WHATSAPP_TO" then
  os.exit(run("text", "") and 0 or 1)
else
  local server = require("whatsapp.sandbox.server").start()
  print("sandbox at " .. server.base_url)
  local ok, problem = pcall(run_all, server)
  server.stop()
  print "\nsandbox stopped"
  if not ok or problem then
    io.stderr:write(tostring(problem), "\n")
    os.exit(1)
  end
  print(("%d examples ran"):format(#EXAMPLES) .. "\n" .. NEXT)
end
