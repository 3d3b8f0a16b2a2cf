-- Sends an image that lies on the web. An uploaded one goes by its id: image = { id = "..." }.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  image = { link = "https://www.lua.org/images/lua.gif", caption = "The moon of Lua" },
})
print(sent.messages[1].id)
