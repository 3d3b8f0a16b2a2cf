-- Sends up to three buttons to answer with.
local client = dofile "examples/client.lua"

local sent = assert(client:send {
  to = os.getenv "WHATSAPP_TO",
  interactive = {
    type = "button",
    header = { type = "text", text = "Your appointment" },
    body = { text = "Tomorrow at 10:30. Will you come?" },
    footer = { text = "Reply until 18:00" },
    action = {
      buttons = {
        { type = "reply", reply = { id = "yes", title = "I will" } },
        { type = "reply", reply = { id = "no", title = "I cannot" } },
      },
    },
  },
})
print(sent.messages[1].id)
