-- make bench-webhook: webhook.verify and webhook.parse against lua-cjson's decode alone, of one message, of a status and of
-- 1,000 messages. All in one run, in many short turns. Prints ratios and judges nothing.
local cjson = require "cjson"
local floor = require "floor"
local startup = require "spec.bench.startup"
local whatsapp = require "whatsapp"
local webhooks = require "spec.support.webhooks"

local ROUNDS, TURN = 40, 4e6 -- turns of each way, and the least nanoseconds of a turn
local webhook = whatsapp.webhook

local function contact(i)
  return { profile = { name = "Sheena Nelson" }, wa_id = "1650555" .. i, user_id = "US.13491208655302" .. i }
end

local function message(i, words)
  local text = webhooks.text("wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA" .. i, words, "1650555" .. i)
  text.from_user_id = "US.13491208655302" .. i
  text.context = { from = "15550783881", id = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=" }
  return text
end

local function many(count, words)
  local contacts, messages = {}, {}
  for i = 1, count do contacts[i], messages[i] = contact(1000 + i), message(1000 + i, words) end
  return webhooks.body { contacts = contacts, messages = messages }
end

local STATUS = webhooks.status("wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI1QjJGMEI4RDZDQjY1QjE1RjIA", "delivered", {
  biz_opaque_callback_data = ("0123456789abcdef"):rep(2), recipient_user_id = "US.134912086553021001",
  conversation = { id = "5b2f0b8d6cb65b15f25b2f0b8d6cb65b", expiration_timestamp = "1749502783", origin = { type = "utility" } },
  pricing = { billable = true, pricing_model = "PMP", category = "utility", type = "regular" },
})

local BODIES = {
  { "1 message, 0.6 KB", many(1, "Hello") },
  { "1 message, 1 KB", many(1, ("Does it come in another color? "):rep(13)) },
  { "1 message, 4 KB", many(1, ("Does it come in another color? "):rep(109)) },
  { "1 status", webhooks.body { contacts = { contact(1001) }, statuses = { STATUS } } },
  { "100 messages", many(100, "Hello") },
  { "1000 messages", many(1000, "Hello") },
  { "1000 messages, 3 MB", many(1000, ("Does it come in another color? "):rep(82)) },
}

local function turn(call, body, calls)
  local start = floor.now()
  for _ = 1, calls do call(body) end
  return (floor.now() - start) / calls
end

local function measure(body)
  local header = webhooks.sign(body)
  local calls = {
    function(text) return webhook.verify(text, header, webhooks.SECRET) and webhook.parse(text) end, cjson.decode, webhook.parse,
  }
  local times = { {}, {}, {} }
  local count = math.max(1, math.ceil(TURN / turn(calls[2], body, 3)))
  for round = 1, ROUNDS do
    for i, call in ipairs(calls) do
      collectgarbage()
      times[i][round] = turn(call, body, count)
    end
  end
  return times
end

print "us of verify + parse and of lua-cjson's decode alone; times as long as the latter; ns a byte"
print "body                    bytes   both us   cjson us   both/cjson   parse/cjson   ns/byte"
for _, row in ipairs(BODIES) do
  local times = measure(row[2])
  print(("%-20s %8d %9.1f %10.1f %12.2f %13.2f %9.1f"):format(row[1], #row[2], startup.median(times[1]) / 1e3,
    startup.median(times[2]) / 1e3, startup.ratio(times[1], times[2]), startup.ratio(times[3], times[2]), startup.median(times[1]) / #row[2]))
end
