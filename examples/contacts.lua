-- Sends a contact card.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
print(assert(client:send(m.contact(to, "Roberta Ierusalim", "+1 650 555 1234"))).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  contacts = {
    {
      name = { formatted_name = "Roberta Ierusalim", first_name = "Roberta", last_name = "Ierusalim" },
      phones = { { phone = "+1 650 555 1234", type = "WORK", wa_id = "16505551234" } },
      emails = { { email = "roberta@example.com", type = "WORK" } },
      org = { company = "Tecgraf" },
      birthday = "1993-07-28",
    },
  },
})
print(sent.messages[1].id)
