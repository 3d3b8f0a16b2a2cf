-- Sends a template with a button that opens a flow.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "book_a_table",
    language = { code = "en" },
    components = {
      {
        type = "button", sub_type = "flow", index = 0,
        parameters = { { type = "action", action = { flow_token = "booking-1042", flow_action_data = { guests = 4 } } } },
      },
    },
  },
})
print(sent.messages[1].id)
