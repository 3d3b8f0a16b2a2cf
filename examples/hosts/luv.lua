-- luv (libuv): the coroutine that sends waits, and the loop goes on.
--   apt install lua-luv        lua5.4 luv.lua 16505551234 16505551235
local uv = require "luv"
local whatsapp = require "whatsapp"

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = require("whatsapp.transport.luv").new(),
}
for _, to in ipairs(arg) do
  coroutine.wrap(function()
    local sent, err = client:send(whatsapp.message.text(to, "Hello from luv"))
    print(sent and sent.messages[1].id or err)
  end)()
end
uv.run()
