-- A bot that answers what it is told: the endpoint that the other webhook examples serve. WHATSAPP_APP_SECRET and
-- WHATSAPP_VERIFY_TOKEN are from the app's dashboard; without WHATSAPP_TOKEN it only prints.
local whatsapp = require "whatsapp"

local client = os.getenv "WHATSAPP_TOKEN" and dofile "examples/client.lua"

local function print_line(...)
  io.stderr:write(table.concat({ ... }, " "), "\n")
end

local function on_message(event)
  print_line("message", event.id, event.text or event.type or "?")
  if client and event.text then assert(client:reply(event, { text = { body = "You wrote: " .. event.text } })) end
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
