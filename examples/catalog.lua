-- Sends the whole catalog.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "catalog_message",
    body = { text = "Everything that we have" },
    action = { name = "catalog_message", parameters = { thumbnail_product_retailer_id = "mug-blue" } },
  },
})
print(sent.messages[1].id)
