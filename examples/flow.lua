-- Sends a button that opens a flow. The data are your own and are kept as they are.
local client = dofile "examples/client.lua"

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
