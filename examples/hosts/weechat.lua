-- WeeChat: /whatsapp 16505551234 some words. The client goes on: a timer gives the transport its turns.
--   build with: make LUA=lua5.3 install        then, in WeeChat: /lua load weechat.lua
local weechat = weechat -- luacheck: ignore
local whatsapp = require "whatsapp"

weechat.register("whatsapp", "you", "1.0", "MIT", "sends WhatsApp messages", "", "")

local transport = require("whatsapp.transport.callback").over(require("whatsapp.transport.curl").new())
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}

function whatsapp_turn()
  transport.turn()
  return weechat.WEECHAT_RC_OK
end

function whatsapp_command(_, _, words)
  local to, body = words:match "^(%S+)%s+(.+)$"
  coroutine.wrap(function()
    local sent, err = client:send(whatsapp.message.text(to, body))
    weechat.print("", "whatsapp: " .. (sent and sent.messages[1].id or err))
  end)()
  return weechat.WEECHAT_RC_OK
end

weechat.hook_timer(20, 0, 0, "whatsapp_turn", "")
weechat.hook_command("whatsapp", "sends a message", "number words", "", "", "whatsapp_command", "")
