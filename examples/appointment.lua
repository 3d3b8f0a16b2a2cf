-- Sends a message that opens the flow of appointment.json, which asks webhook_appointment.lua for its screens.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "flow",
    body = { text = "When does it suit you?" },
    action = {
      name = "flow",
      parameters = {
        flow_message_version = "3",
        flow_id = "1234567890",
        flow_cta = "Choose a time",
        flow_token = "appointment-" .. os.time(), -- comes back with every request of the flow, and with the answer
        flow_action = "data_exchange", -- the first screen comes from the endpoint, too
      },
    },
  },
})
print(sent.messages[1].id)
