-- Sends a template with named values.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "welcome",
    language = { code = "en" },
    components = {
      { type = "body", parameters = { { type = "text", parameter_name = "first_name", text = "Ana" } } },
    },
  },
})
print(sent.messages[1].id)
