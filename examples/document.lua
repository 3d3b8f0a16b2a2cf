-- Sends a file; the extension of its name decides how it is shown.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  document = { link = "https://example.com/invoice.pdf", filename = "Invoice 1042.pdf", caption = "Your invoice" },
})
print(sent.messages[1].id)
