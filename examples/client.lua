-- The client that the examples share, made from the environment: WHATSAPP_TOKEN and WHATSAPP_PHONE_NUMBER_ID from the
-- app's dashboard. WHATSAPP_BASE_URL and WHATSAPP_CA_FILE are for something that answers instead of the real API;
-- WHATSAPP_LOG prints what is sent. A program with an event loop passes its transport: loadfile "examples/client.lua" (transport)
local whatsapp = require "whatsapp"

local transport = ...

local function log(entry)
  print("  > " .. (entry.request.body or entry.request.method .. " " .. entry.url))
  print(("  < %s in %.1f ms"):format(entry.status or entry.error, entry.seconds * 1000))
end

return whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  waba_id = os.getenv "WHATSAPP_WABA_ID", -- for templates, flows and the like
  base_url = os.getenv "WHATSAPP_BASE_URL",
  transport = transport,
  ca_file = not transport and os.getenv "WHATSAPP_CA_FILE" or nil, -- a transport has its own
  log = os.getenv "WHATSAPP_LOG" and log or nil,
}
