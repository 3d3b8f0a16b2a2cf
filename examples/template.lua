-- Sends a template with positional values: an image above, money and a date in the body, two buttons.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "order_ready",
    language = { code = "en_US" },
    components = {
      { type = "header", parameters = { { type = "image", image = { link = "https://example.com/order.png" } } } },
      {
        type = "body",
        parameters = {
          { type = "text", text = "Ana" },
          { type = "currency", currency = { fallback_value = "$42.50", code = "USD", amount_1000 = 42500 } },
          { type = "date_time", date_time = { fallback_value = "28 July 2026" } },
        },
      },
      { type = "button", sub_type = "quick_reply", index = "0", parameters = { { type = "payload", payload = "thanks" } } },
      { type = "button", sub_type = "url", index = "1", parameters = { { type = "text", text = "1042" } } },
    },
  },
})
print(sent.messages[1].id)
