-- Marks a received message as read and shows that an answer is being written.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local received = os.getenv "WHATSAPP_RECEIVED" or "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTdBRkY"
print(assert(client:mark_read(received)).success)
print(assert(client:mark_read(received, { typing = true })).success)
