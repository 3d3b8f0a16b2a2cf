-- Sends a template with a button that opens a flow.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "book_a_table",
    language = { code = "en" },
    components = {
      {
        type = "button", sub_type = "flow", index = 0,
        parameters = { { type = "action", action = { flow_token = "booking-1042", flow_action_data = { guests = 4 } } } },
      },
    },
  },
})
print(sent.messages[1].id)
