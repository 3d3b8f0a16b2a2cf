-- Asks the user for a location.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "location_request_message",
    body = { text = "Where shall we deliver?" },
    action = { name = "send_location" },
  },
})
print(sent.messages[1].id)
