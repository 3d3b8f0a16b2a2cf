-- Lapis (on OpenResty): POST /send?to=...&body=... sends, and the webhooks of the API come to /webhook. The worker goes on.
--   build with: make LUA=luajit MODULES="core crypto" install
local lapis = require "lapis"
local whatsapp = require "whatsapp"

local app = lapis.Application()

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
}

app:post("/send", function(self)
  local sent, err = client:send(whatsapp.message.text(self.params.to, self.params.body))
  return { status = sent and 200 or 502, json = { id = sent and sent.messages[1].id, err = err } }
end)

local webhook = whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET", verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = function(event) client:reply(event, { text = { body = "Thank you" } }) end },
}

app:match("/webhook", function()
  ngx.req.read_body()
  local response = webhook {
    method = ngx.req.get_method(), query = ngx.var.args, body = ngx.req.get_body_data(), headers = ngx.req.get_headers(),
  }
  return { status = response.status, layout = false, response.body or "" }
end)

return app
