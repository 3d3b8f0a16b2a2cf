-- Sends words.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
print(assert(client:send(m.text(to, "Hello from Lua. See https://www.lua.org", { preview_url = true }))).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  text = { body = "Hello from Lua. See https://www.lua.org", preview_url = true },
})
print(sent.messages[1].id)
