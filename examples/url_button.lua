-- Sends a button that opens a link.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "cta_url",
    body = { text = "Your parcel is on its way." },
    action = { name = "cta_url", parameters = { display_text = "Track it", url = "https://example.com/track/1042" } },
  },
})
print(sent.messages[1].id)
