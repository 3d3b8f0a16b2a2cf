-- Apache with mod_lua: POST /whatsapp receives webhooks and answers each message; the answer blocks one thread of Apache's.
--   LuaMapHandler ^/whatsapp$ /srv/whatsapp/apache.lua
--   PassEnv WHATSAPP_TOKEN WHATSAPP_PHONE_NUMBER_ID WHATSAPP_APP_SECRET WHATSAPP_VERIFY_TOKEN
--   build with: make LUA=lua5.3 install
local whatsapp = require "whatsapp"

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
}

local webhook = whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET", verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = function(event)
    if event.text then client:reply(event, { text = { body = "You said: " .. event.text } }) end
  end },
}

function handle(r)
  local response = webhook {
    method = r.method, query = r.args, body = r:requestbody(),
    headers = { ["x-hub-signature-256"] = r.headers_in["X-Hub-Signature-256"] },
  }
  r.status = response.status
  r.content_type = "text/plain"
  r:write(response.body or "")
  return apache2.OK
end
