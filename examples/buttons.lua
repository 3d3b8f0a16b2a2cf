-- Sends up to three buttons to answer with.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
local message = m.buttons(to, "Tomorrow at 10:30. Will you come?", { { "yes", "I will" }, { "no", "I cannot" } })
print(assert(client:send(message)).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  interactive = {
    type = "button",
    header = { type = "text", text = "Your appointment" },
    body = { text = "Tomorrow at 10:30. Will you come?" },
    footer = { text = "Reply until 18:00" },
    action = {
      buttons = {
        { type = "reply", reply = { id = "yes", title = "I will" } },
        { type = "reply", reply = { id = "no", title = "I cannot" } },
      },
    },
  },
})
print(sent.messages[1].id)
