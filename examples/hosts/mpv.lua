-- mpv: tells a friend what is played. The player goes on: a timer gives the transport its turns.
--   build with: make LUA=lua5.2 install (or the Lua of `mpv --version`)        mpv --script=mpv.lua film.mkv
local whatsapp = require "whatsapp"
local mp = require "mp"
local msg = require "mp.msg"

local transport = require("whatsapp.transport.callback").over(require("whatsapp.transport.curl").new())
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}
mp.add_periodic_timer(0.02, transport.turn)

mp.register_event("start-file", function()
  coroutine.wrap(function()
    local title = mp.get_property "media-title" or mp.get_property "filename" or "something"
    local sent, err = client:send(whatsapp.message.text(os.getenv "WHATSAPP_TO", "Watching " .. title))
    msg.info(sent and sent.messages[1].id or err)
  end)()
end)
