-- For make bench-load: gives a webhook's handler COUNT different events, each in a signed body. A store in memory, a tracker of
-- statuses and a window of each user remember the events. Prints the memory after each eighth.
--   lua events.lua COUNT
local measure = require "spec.bench.send.measure"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local COUNT = assert(tonumber(arg[1]), "COUNT is a number")
local PARTS = 8

local tracker, window, handled = whatsapp.status.tracker(), whatsapp.window.new(), 0

local function feed(event)
  tracker:feed(event)
  window:feed(event)
  handled = handled + 1
end

local handle = whatsapp.webhook.handler { app_secret = webhooks.SECRET, verify_token = webhooks.TOKEN, on = { event = feed } }

-- messages and statuses in turn; each has its own user
local function body_of(number)
  local id, user = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQz" .. number, ("1650%07d"):format(number)
  if number % 2 == 0 then return webhooks.body { messages = { webhooks.text(id, "Hello", user) } } end
  return webhooks.body { statuses = { webhooks.status(id, "delivered", { recipient_id = user }) } }
end

local function print_memory(events)
  local rss, heap = measure.memory()
  print(("events=%d rss=%d heap=%.1f"):format(events, rss, heap))
end

print_memory(0)
for number = 1, COUNT do
  local response = handle(webhooks.post(body_of(number)))
  assert(response.status == 200, response.body)
  if number % math.floor(COUNT / PARTS) == 0 then print_memory(number) end
end
assert(handled == COUNT, "each event is handled once")
