-- Sends a button that opens a link.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
local message = m.url_button(to, "Your parcel is on its way.", "Track it", "https://example.com/track/1042")
print(assert(client:send(message)).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  interactive = {
    type = "cta_url",
    body = { text = "Your parcel is on its way." },
    action = { name = "cta_url", parameters = { display_text = "Track it", url = "https://example.com/track/1042" } },
  },
})
print(sent.messages[1].id)
