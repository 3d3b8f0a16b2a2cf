-- What comes back when a message is wrong, and when the API refuses it.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

-- refused here: every problem at once, nothing was sent
local sent, text, details = client:send { to = os.getenv "WHATSAPP_TO", text = { body = "", preview_ulr = true } }
assert(sent == nil and details.kind == "invalid")
print(text)
for _, problem in ipairs(details.problems) do print("  " .. problem.message) end

-- refused by the API: mode = "lenient" let it through
sent, text, details = client:send({ to = os.getenv "WHATSAPP_TO", text = { body = "" } }, { mode = "lenient" })
assert(sent == nil and details.kind == "api")
print(text)
if details.retryable then
  print "the same message may be sent again"
elseif details.may_have_been_sent then
  print "it may have been sent: do not send it again without looking"
else
  print("it was not sent; code " .. details.code)
end
