-- Sends to a business-scoped user id instead of a phone number, with words that the webhooks repeat.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local sent = assert(client:send {
  recipient = os.getenv "WHATSAPP_USER_ID" or "US.13491208655302741918",
  biz_opaque_callback_data = "order 1042",
  text = { body = "Your order is ready." },
})
print(sent.messages[1].id)
