-- Sends a place.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  location = {
    latitude = -22.9796, longitude = -43.2330,
    name = "PUC-Rio", address = "Rua Marquês de São Vicente 225, Rio de Janeiro",
  },
})
print(sent.messages[1].id)
