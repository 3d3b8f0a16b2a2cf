-- Sends up to thirty products of a catalog.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

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
