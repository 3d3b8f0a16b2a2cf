-- The outbox's store in memory: the questions of every store, with its own clock.
local memory = require "whatsapp.outbox.memory"
local questions = require "spec.outbox.questions"

describe("the store in memory", function()
  for _, row in ipairs(questions) do
    it(row.name, function()
      local now = 1750000000
      local store = memory.new { now = function() return now end }
      row.ask { open = function() return store end, pass = function(seconds) now = now + seconds end }
    end)
  end
end)
