-- Neovim: :WhatsApp 16505551234 some words. The editor goes on while the message is sent. After a send the code runs in a
-- callback of libuv, where most of vim.api raises E5560: vim.schedule leads out of it.
--   build with: make LUA=luajit install        then, in init.lua: dofile "neovim.lua"
local whatsapp = require "whatsapp"
package.loaded.luv = package.loaded.luv or vim.loop -- the transport requires "luv": Neovim has it under this name

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = require("whatsapp.transport.luv").new(),
}

vim.api.nvim_create_user_command("WhatsApp", function(command)
  local to = table.remove(command.fargs, 1)
  coroutine.wrap(function()
    local sent, err = client:send(whatsapp.message.text(to, table.concat(command.fargs, " ")))
    vim.schedule(function() vim.notify(sent and "sent: " .. sent.messages[1].id or err) end)
  end)()
end, { nargs = "+" })
