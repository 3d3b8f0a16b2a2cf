-- Sends a template with a place above it.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "pick_up",
    language = { code = "en" },
    components = {
      {
        type = "header",
        parameters = {
          { type = "location", location = { latitude = "-22.9796", longitude = "-43.2330", name = "PUC-Rio", address = "Rio" } },
        },
      },
    },
  },
})
print(sent.messages[1].id)
