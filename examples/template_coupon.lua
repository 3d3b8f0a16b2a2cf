-- Sends a template with a button that copies a code.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "summer_sale",
    language = { code = "en" },
    components = {
      { type = "body", parameters = { { type = "text", text = "25 %" } } },
      { type = "button", sub_type = "copy_code", index = 0, parameters = { { type = "coupon_code", coupon_code = "SUMMER25" } } },
    },
  },
})
print(sent.messages[1].id)
