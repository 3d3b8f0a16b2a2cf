-- Sends a contact card.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
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
