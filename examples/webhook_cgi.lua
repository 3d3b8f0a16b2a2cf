-- The endpoint as a CGI program: one process a request, so that what was handled is remembered only within one body.
--   lua examples/webhook_cgi.lua [file]       file: returns another handler than the one below
local whatsapp = require "whatsapp"

local client = os.getenv "WHATSAPP_TOKEN" and whatsapp.new {
  token = os.getenv "WHATSAPP_TOKEN",
  phone_number_id = os.getenv "WHATSAPP_PHONE_NUMBER_ID",
  base_url = os.getenv "WHATSAPP_BASE_URL", -- of a sandbox; the API's where it is absent
  ca_file = os.getenv "WHATSAPP_CA_FILE",
}

local function print_line(...)
  io.stderr:write(table.concat({ ... }, " "), "\n")
end

-- tostring(event) is one line, with the sender's text escaped: no user can forge a line of the log
local function on_message(event)
  print_line(tostring(event))
  if not (client and event.text) then return end
  local sent, err, details = client:reply(event, { text = { body = "You wrote: " .. event.text } })
  if not sent then print_line("not answered:", err) end
  if not sent and details.retryable then error(err) end -- certainly not sent: let the event come again
end

local function on_status(event)
  print_line(tostring(event))
end

local handle = arg[1] and dofile(arg[1]) or whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = on_message, status = on_status },
  on_error = function(err) print_line("error", err) end,
}

local length = tonumber(os.getenv "CONTENT_LENGTH") or 0
local response = handle {
  method = os.getenv "REQUEST_METHOD",
  query = os.getenv "QUERY_STRING",
  headers = { ["x-hub-signature-256"] = os.getenv "HTTP_X_HUB_SIGNATURE_256" },
  body = length > 0 and length <= 4194304 and io.read(length) or "",
}

io.write("Status: ", response.status, "\r\n")
for name, value in pairs(response.headers) do io.write(name, ": ", value, "\r\n") end
io.write("\r\n", response.body)
