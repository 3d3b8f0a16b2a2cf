-- Sends words.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  text = { body = "Hello from Lua. See https://www.lua.org", preview_url = true },
})
print(sent.messages[1].id)
