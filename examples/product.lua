-- Sends one product of a catalog.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "product",
    body = { text = "Back in stock" },
    action = { catalog_id = "1234567890", product_retailer_id = "mug-blue" },
  },
})
print(sent.messages[1].id)
