-- The members of a message that /marketing_messages takes and /messages takes too, with the one value that it allows. Pure.
local outcome = require "whatsapp.wire.outcome"

local marketing = {}

-- member, the value that it must have, and whether the value is assumed where the member is absent
local ROWS = { { "type", "template" }, { "recipient_type", "individual" } }

---@param message whatsapp.Message
---@return true? ok, string? err, whatsapp.details? details
function marketing.check(message)
  for _, row in ipairs(ROWS) do
    local name, wanted = row[1], row[2]
    local value = message[name]
    if value == nil and name == "type" and message.template == nil then value = "another type" end
    if value ~= nil and tostring(value):lower() ~= wanted then
      local err = ('%s: must be "%s" for /marketing_messages'):format(name, wanted)
      return outcome.invalid(err, { { path = name, rule = "enum", limit = wanted, actual = value, message = err } })
    end
  end
  return true
end

return marketing
