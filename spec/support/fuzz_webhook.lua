-- Checks the promises of webhook.parse, verify and challenge for any bytes. fuzz_webhook.c calls this function with each body. The function
-- raises if a promise is broken.
local crypto = require "whatsapp.crypto"
local event_key = require "whatsapp.webhook.event_key"
local webhook = require "whatsapp.webhook"
local whatsapp = require "whatsapp"

local KINDS = { message = true, status = true, error = true, echo = true, payment = true, standby = true, change = true }
local math_type = math.type -- luacheck: ignore 143
local STRINGS = { "field", "waba_id", "phone_number_id", "id", "type", "from", "from_user_id", "to", "group_id", "name", "text",
  "reply_id", "status", "recipient_id", "recipient_user_id", "participant", "stamp", "previous_user_id" }
local TABLES = { "contact", "context", "response", "media", "payment", "details" }
local SECRET = "secret"
local tracker, book = whatsapp.status.tracker { max = 50 }, whatsapp.window.new { max = 50 }

local function check_event(event)
  assert(KINDS[event.kind], "kind")
  assert(type(event.raw) == "table", "raw")
  assert(event.timestamp == nil or math_type(event.timestamp) == "integer", "timestamp")
  assert(event.time == nil or math_type(event.time) == "integer", "time")
  assert((event.kind ~= "message" and event.kind ~= "status") or event.field == "messages", "field")
  for _, name in ipairs(STRINGS) do assert(event[name] == nil or type(event[name]) == "string", name) end
  for _, name in ipairs(TABLES) do assert(event[name] == nil or type(event[name]) == "table", name) end
  assert(not tostring(event):find "[%z\1-\31\127]", "its line")
  assert(event_key.of(event) == event_key.of(event), "its key")
  tracker:feed(event)
  book:feed(event)
end

---@param body string
---@param header string random bytes
return function(body, header)
  local events, text = webhook.parse(body)
  if events then
    for _, event in ipairs(events) do check_event(event) end
  else
    assert(type(text) == "string", "text")
  end
  assert(webhook.verify(body, header, SECRET, { reencoded = true }) == false, "a header of chance")
  assert(webhook.verify(body, "sha256=" .. header, SECRET) == false, "digits of chance")
  assert(webhook.verify(body, "sha256=" .. crypto.hmac_sha256(SECRET, body), { "other", SECRET }) == true, "a good one")
  local challenge, why = webhook.challenge(body, SECRET)
  assert(challenge == nil and type(why) == "string", "challenge")
  return events and #events or -1
end
