-- Sends several messages to one recipient, each after the one before it was accepted: a long text in parts.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local to, parts = os.getenv "WHATSAPP_TO", {}
for i, body in ipairs(whatsapp.message.split(("A long story. "):rep(500))) do parts[i] = { text = { body = body } } end

local sent, text, details = client:sequence(to, parts)
if not sent then error(("%s (%d were accepted)"):format(text, #details.results)) end
for _, one in ipairs(sent) do print(one.messages[1].id) end
