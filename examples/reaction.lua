-- Puts an emoji on a message; the empty string takes it back.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local first = assert(client:send { to = os.getenv "WHATSAPP_TO", text = { body = "How was it?" } })
local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  reaction = { message_id = first.messages[1].id, emoji = "\240\159\145\141" },
})
print(sent.messages[1].id)
