-- A bot that answers what it is told: the endpoint that the other webhook examples serve. WHATSAPP_APP_SECRET and
-- WHATSAPP_VERIFY_TOKEN are from the app's dashboard; without WHATSAPP_TOKEN it only prints. Sends over the transport that it
-- is passed, if any.
local whatsapp = require "whatsapp"

local client = os.getenv "WHATSAPP_TOKEN" and assert(loadfile "examples/client.lua")(...)

local function print_line(...)
  io.stderr:write(table.concat({ ... }, " "), "\n")
end

local function on_message(event)
  print_line("message", event.id, event.text or event.type or "?")
  if not (client and event.text) then return end
  local sent, text, details = client:reply(event, { text = { body = "You wrote: " .. event.text } })
  if not sent then print_line("not answered", event.id, text) end
  if not sent and details.retryable then error(text) end -- certainly not sent: let the event come again
end

local function on_status(event)
  print_line("status", event.id, event.status or "?")
end

return whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = on_message, status = on_status },
  on_error = function(text) print_line("error", text) end,
}
