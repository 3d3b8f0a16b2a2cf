-- Answers a message, which is then quoted.
local client = dofile "examples/client.lua"

local first = assert(client:send { to = os.getenv "WHATSAPP_TO", text = { body = "Shall we meet?" } })
local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  context = { message_id = first.messages[1].id },
  text = { body = "Yes, at five." },
})
print(sent.messages[1].id)
