-- Checks two members of a message: the endpoint /marketing_messages allows only one value for each of them. Pure.
local outcome = require "whatsapp.wire.outcome"
local values = require "whatsapp.util.values"

local marketing = {}

-- the name of the member, and its only allowed value
local ROWS = { { "type", "template" }, { "recipient_type", "individual" } }

---@param message whatsapp.Message
---@return true? ok, string? err, whatsapp.details? details
function marketing.check(message)
  for _, row in ipairs(ROWS) do
    local name, wanted = row[1], row[2]
    local value = rawget(message, name) -- rawget, because a metatable could raise
    if value == nil and name == "type" and rawget(message, "template") == nil then value = "another type" end
    if value ~= nil and values.text_of(value):lower() ~= wanted then
      local err = ('%s: must be "%s" for /marketing_messages'):format(name, wanted)
      return outcome.invalid(err, { { path = name, rule = "enum", limit = wanted, actual = value, message = err } })
    end
  end
  return true
end

return marketing
