-- lua-http: a transport of 20 lines. In a cqueues loop the coroutine that sends waits; elsewhere it blocks. lua-http verifies
-- certificates and names by itself. A program in a cqueues loop that has libcurl takes whatsapp.transport.cqueues.
--   apt install lua-http        luajit lua_http.lua 16505551234
local http_request = require "http.request"
local whatsapp = require "whatsapp"

local function transport(request)
  local made = http_request.new_from_uri(request.url)
  made.headers:upsert(":method", request.method)
  for name, value in pairs(request.headers or {}) do made.headers:upsert(name:lower(), value) end
  if request.body then made:set_body(request.body) end
  made.follow_redirects = false -- the token is for this host
  local headers, stream = made:go(request.timeout or 30)
  -- lua-http does not tell whether the request left: it is not sent again
  if not headers then
    return nil, tostring(stream), { kind = "transport", retryable = false, may_have_been_sent = true }
  end
  local response = { status = tonumber(headers:get ":status"), headers = {}, body = stream:get_body_as_string(30) }
  for name, value in headers:each() do response.headers[name] = value end
  return response
end

local client = whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN", phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- only for a sandbox
  transport = transport,
}
local sent, err = client:send(whatsapp.message.text(arg[1], "Hello from lua-http"))
print(sent and sent.messages[1].id or err)
