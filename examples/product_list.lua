-- Sends up to thirty products of a catalog.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "product_list",
    header = { type = "text", text = "Mugs" },
    body = { text = "All of our mugs" },
    action = {
      catalog_id = "1234567890",
      sections = {
        { title = "Blue", product_items = { { product_retailer_id = "mug-blue" }, { product_retailer_id = "mug-navy" } } },
        { title = "Red", product_items = { { product_retailer_id = "mug-red" } } },
      },
    },
  },
})
print(sent.messages[1].id)
