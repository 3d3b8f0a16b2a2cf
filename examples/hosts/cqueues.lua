-- cqueues: the coroutine that sends waits, and the loop goes on.
--   apt install lua-cqueues        lua5.4 cqueues.lua 16505551234 16505551235
local cqueues = require "cqueues"
local whatsapp = require "whatsapp"

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = require("whatsapp.transport.cqueues").new(),
}
local loop = cqueues.new()
for _, to in ipairs(arg) do
  loop:wrap(function()
    local sent, err = client:send(whatsapp.message.text(to, "Hello from cqueues"))
    print(sent and sent.messages[1].id or err)
  end)
end
assert(loop:loop())
