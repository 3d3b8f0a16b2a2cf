-- Sends a file; the extension of its name decides how it is shown.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local m, to = whatsapp.message, os.getenv "WHATSAPP_TO"
local message = m.document(to, "https://example.com/invoice.pdf", { filename = "Invoice 1042.pdf", caption = "Your invoice" })
print(assert(client:send(message)).messages[1].id)

-- a table as on Meta's pages, for what a constructor does not say
local sent = assert(client:send {
  to = to,
  document = { link = "https://example.com/invoice.pdf", filename = "Invoice 1042.pdf", caption = "Your invoice" },
})
print(sent.messages[1].id)
