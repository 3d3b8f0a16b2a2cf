-- Sends a template with positional values: an image above, money and a date in the body, two buttons.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
local message = m.template(to, "order_ready", "en_US", { body = { "Ana", "42.50" }, buttons = { [1] = { url = "1042" } } })
print(assert(client:send(message)).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
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
