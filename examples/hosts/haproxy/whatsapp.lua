-- HAProxy: POST /send with "number words" sends a message, through HAProxy's own HTTP client, so that no other request waits.
-- HAProxy's `chroot` takes the files away after loading: whatsapp.all loads everything before. haproxy.cfg needs:
--   global
--     lua-load /etc/haproxy/whatsapp.lua
--     httpclient.ssl.ca-file @system-ca
--   frontend web
--     http-request use-service lua.whatsapp_send if { path /send }
--   build with: make LUA=lua5.3 MODULES=core install
local core = core -- luacheck: ignore
local whatsapp = require "whatsapp"
require "whatsapp.all"

local function lists(headers)
  local made = {}
  for name, value in pairs(headers) do made[name] = { value } end
  return made
end

local function transport(request)
  local answer = core.httpclient():post {
    url = request.url, headers = lists(request.headers), body = request.body, timeout = (request.timeout or 30) * 1000,
  }
  -- HAProxy does not tell how far the request came
  if not answer or answer.status == 0 then
    return nil, "no answer", { kind = "transport", retryable = false, may_have_been_sent = true }
  end
  local response = { status = answer.status, headers = {}, body = answer.body }
  for name, values in pairs(answer.headers or {}) do response.headers[name:lower()] = values[0] end
  return response
end

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}

core.register_service("whatsapp_send", "http", function(applet)
  local to, body = applet:receive():match "^(%S+)%s+(.+)$"
  local sent, err
  if to then sent, err = client:send(whatsapp.message.text(to, body)) else err = "a number and words" end
  local line = sent and sent.messages[1].id or err
  applet:set_status(sent and 200 or 502)
  applet:add_header("content-type", "text/plain")
  applet:add_header("content-length", tostring(#line))
  applet:start_response()
  applet:send(line)
end)
