-- Sends a sound. voice = true makes a voice message of an OGG with the OPUS codec.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  audio = { link = "https://example.com/hello.ogg", voice = true },
})
print(sent.messages[1].id)
