-- Sends a list to choose from: up to ten rows.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
local message = m.list(to, "What would you like to drink?", "See the menu", {
  { id = "tea", title = "Tea" }, { id = "water", title = "Water" },
})
print(assert(client:send(message)).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  interactive = {
    type = "list",
    body = { text = "What would you like to drink?" },
    action = {
      button = "See the menu",
      sections = {
        {
          title = "Hot",
          rows = { { id = "tea", title = "Tea", description = "Darjeeling" }, { id = "coffee", title = "Coffee" } },
        },
        { title = "Cold", rows = { { id = "water", title = "Water" } } },
      },
    },
  },
})
print(sent.messages[1].id)
