-- The chapter "Where Meta's pages disagree" of MESSAGES.md: the client does what each row says.
local rows = require "spec.support.disagreements"
local whatsapp = require "whatsapp"

local function outcome_of(message)
  local ok, warnings = whatsapp.validate(message)
  if not ok then return "refused" end
  return #warnings > 0 and "warned" or "accepted"
end

describe("a disagreement of Meta's pages", function()
  for _, row in ipairs(rows) do
    it("has the outcome of its row: " .. row[1], function()
      local message = { to = row[5].status == nil and "16505551234" or nil }
      for name, value in pairs(row[5]) do message[name] = value end
      assert.equal(row[4], outcome_of(message))
    end)
  end
end)
