-- Creates a template, shows a message as a user will see it, compares it with the template, sends it, and deletes the template.
-- Needs WHATSAPP_WABA_ID: the WhatsApp Business Account that has the templates.
local whatsapp = require "whatsapp"
local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  waba_id = os.getenv "WHATSAPP_WABA_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}
local templates = whatsapp.templates

local definition = {
  name = "parcel_sent", language = "en_US", category = "UTILITY",
  components = {
    {
      type = "BODY", text = "Hello {{1}}, your parcel {{2}} left our store this morning.",
      example = { body_text = { { "Ana", "860198" } } },
    },
    {
      type = "BUTTONS", buttons = {
        {
          type = "URL", text = "Follow it", url = "https://shop.example/parcels/{{1}}",
          example = { "https://shop.example/parcels/1" },
        },
      },
    },
  },
}
local message = {
  to = os.getenv "WHATSAPP_TO",
  template = {
    name = "parcel_sent", language = { code = "en_US" },
    components = {
      { type = "body", parameters = { { type = "text", text = "Bo" }, { type = "text", text = "SKBUP2" } } },
      { type = "button", sub_type = "url", index = 0, parameters = { { type = "text", text = "SKBUP2" } } },
    },
  },
}

local created = assert(client.templates:create(definition)) -- the API reviews it: PENDING, then APPROVED or REJECTED
print(created.id, created.status)
print(templates.render(definition, message))
print(templates.check(definition, { template = { name = "parcel_sent", language = { code = "en_US" } } })) -- what is missing

for template, err in client.templates:each { fields = { "name", "language", "status" } } do
  if not template then error(err) end
  print(template.name, template.language, template.status)
end

local sent, err = client:send(message) -- with the option templates, the client compares before it sends
print(sent and sent.messages[1].id or err)
assert(client.templates:delete { name = "parcel_sent" })
