-- Sends a list to choose from: up to ten rows.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
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
