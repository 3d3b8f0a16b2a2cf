-- A bot that repeats each message to its sender: the endpoint that the other webhook examples serve. WHATSAPP_APP_SECRET and
-- WHATSAPP_VERIFY_TOKEN are from the app's dashboard; without WHATSAPP_TOKEN it only prints. Sends over the transport that it
-- gets as its argument, if any.
local whatsapp = require "whatsapp"

local client = os.getenv "WHATSAPP_TOKEN" and assert(loadfile "examples/client.lua")(...)

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

return whatsapp.webhook.handler {
  app_secret = os.getenv "WHATSAPP_APP_SECRET",
  verify_token = os.getenv "WHATSAPP_VERIFY_TOKEN",
  on = { message = on_message, status = on_status },
  on_error = function(err) print_line("error", err) end,
}
