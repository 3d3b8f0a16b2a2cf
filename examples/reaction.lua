-- Puts an emoji on a message; the empty string takes it back.
local client = dofile "examples/client.lua"

local first = assert(client:send { to = os.getenv "WHATSAPP_TO", text = { body = "How was it?" } })
local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  reaction = { message_id = first.messages[1].id, emoji = "\240\159\145\141" },
})
print(sent.messages[1].id)
