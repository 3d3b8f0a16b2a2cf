-- Sends many messages, several at once, and says what became of each. The messages come from a function, so that there
-- may be more of them than memory holds.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local names, at = { "Ada", "Grace", "Barbara" }, 0
local function next_message()
  at = at + 1
  if not names[at] then return nil end
  return { to = os.getenv "WHATSAPP_TO", text = { body = ("Hello %s"):format(names[at]) } }
end

for message, sent, text, details in client:each(next_message, { concurrency = 8, stamp = true }) do
  if sent then
    print(sent.messages[1].id)
  else -- details.stamp is in the status webhooks, should it have arrived all the same
    print(message.text.body, text, details.may_have_been_sent, details.stamp)
  end
end
