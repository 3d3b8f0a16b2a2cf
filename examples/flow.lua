-- Sends a button that opens a flow. The data are your own and are kept as they are.
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
    body = { text = "Book a table" },
    action = {
      name = "flow",
      parameters = {
        flow_message_version = "3",
        flow_id = "1234567890",
        flow_cta = "Book",
        flow_token = "booking-1042",
        flow_action = "navigate",
        flow_action_payload = { screen = "TABLE", data = { guests = 4, names = { "Ana", "Luiz" } } },
      },
    },
  },
})
print(sent.messages[1].id)
