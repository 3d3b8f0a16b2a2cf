-- Sends a sticker: a WebP of 512 by 512 pixels.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  sticker = { link = "https://example.com/thanks.webp" },
})
print(sent.messages[1].id)
