-- Sends a text to a group and pins it there for a week.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local group = os.getenv "WHATSAPP_GROUP" or "Y2FwaV9ncm91cDoxNzA1NTU1"
local sent = assert(client:send { recipient_type = "group", to = group, text = { body = "We meet at five." } })
local pinned = assert(client:send {
  recipient_type = "group",
  to = group,
  pin = { type = "pin", message_id = sent.messages[1].id, expiration_days = 7 },
})
print(pinned.messages[1].id)
