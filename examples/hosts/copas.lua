-- Copas: threads that send wait, and the loop goes on. Needs Copas 3 or later (luarocks install copas), not Debian's 1.1.7.
--   lua5.4 copas.lua 16505551234 16505551235
local copas = require "copas"
local whatsapp = require "whatsapp"

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = require("whatsapp.transport.copas").new(),
}
for _, to in ipairs(arg) do
  copas.addthread(function()
    local sent, err = client:send(whatsapp.message.text(to, "Hello from Copas"))
    print(sent and sent.messages[1].id or err)
  end)
end
copas.loop()
