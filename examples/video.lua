-- Sends a video.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  video = { link = "https://example.com/tour.mp4", caption = "A tour of the house" },
})
print(sent.messages[1].id)
