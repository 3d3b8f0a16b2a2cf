-- LÖVE: a message that a game sends without missing a frame: each frame gives the transport a turn.
--   build with: make LUA=luajit install        love love/
local whatsapp = require "whatsapp"

local transport = require("whatsapp.transport.callback").over(require("whatsapp.transport.curl").new())
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}
local said = "sending ..."

function love.load()
  coroutine.wrap(function()
    local sent, err = client:send(whatsapp.message.text(os.getenv "WHATSAPP_TO", "A new high score: 9000"))
    said = sent and sent.messages[1].id or err
    print(said)
    if os.getenv "QUIT" then love.event.quit() end
  end)()
end

function love.update() transport.turn() end

function love.draw() love.graphics.print(said, 20, 20) end
