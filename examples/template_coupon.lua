-- Sends a template with a button that copies a code.
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
    name = "summer_sale",
    language = { code = "en" },
    components = {
      { type = "body", parameters = { { type = "text", text = "25 %" } } },
      { type = "button", sub_type = "copy_code", index = 0, parameters = { { type = "coupon_code", coupon_code = "SUMMER25" } } },
    },
  },
})
print(sent.messages[1].id)
