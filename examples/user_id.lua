-- Sends to a business-scoped user id instead of a phone number, with words that the webhooks repeat.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  recipient = os.getenv "WHATSAPP_USER_ID" or "US.13491208655302741918",
  biz_opaque_callback_data = "order 1042",
  text = { body = "Your order is ready." },
})
print(sent.messages[1].id)
