-- Calls endpoints of the Graph API that have no method of their own, and walks through a list in pages. Needs WHATSAPP_WABA_ID.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  waba_id = os.getenv "WHATSAPP_WABA_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

-- {phone} and {waba} are the client's own ids
local number = assert(client:call { path = "{phone}", query = { fields = { "display_phone_number", "quality_rating" } } })
print(number.display_phone_number, number.quality_rating)

assert(client:call { method = "POST", path = "{waba}/subscribed_apps" })

local count = 0
for item, err in client:pages { path = "{waba}/phone_numbers", query = { limit = 10 }, max = 100 } do
  if not item then error(err) end -- a page that failed is the last turn of the loop
  count = count + 1
end
print(count .. " phone numbers")

-- endpoints that have a method: their queries and bodies are checked before they are sent
assert(client.profile:update { about = "Plants and flowers" })
local result, err = client.profile:update { about = "", websites = { "shop.example" }, vertcal = "RETAIL" }
print(result, err)
