-- Asks whether you may call.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "call_permission_request",
    body = { text = "May we call you about your order?" },
    action = { name = "call_permission_request" },
  },
})
print(sent.messages[1].id)
