-- LuaSocket and LuaSec: a program without libcurl. Blocks until the answer is there; certificates and names are verified.
--   apt install lua-socket lua-sec        lua5.4 luasocket.lua 16505551234
local whatsapp = require "whatsapp"

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = require("whatsapp.transport.copas").new(),
}
local sent, err = client:send(whatsapp.message.text(arg[1], "Hello from LuaSocket"))
print(sent and sent.messages[1].id or err)
