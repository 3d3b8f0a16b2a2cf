-- Sends a message that opens the flow of appointment.json, which asks webhook_appointment.lua for its screens.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "flow",
    body = { text = "When does it suit you?" },
    action = {
      name = "flow",
      parameters = {
        flow_message_version = "3",
        flow_id = "1234567890",
        flow_cta = "Choose a time",
        flow_token = "appointment-" .. os.time(), -- comes back with every request of the flow, and with the answer
        flow_action = "data_exchange", -- the first screen comes from the endpoint, too
      },
    },
  },
})
print(sent.messages[1].id)
