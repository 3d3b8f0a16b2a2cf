-- The outbox's store in SQLite: the questions of every store, two connections to one file.
local questions = require "spec.outbox.questions"
local scratch_of = require "spec.support.scratch"
local sql = require "whatsapp.outbox.sql"
local sleep = require("whatsapp.transport.curl").new({}).sleep

describe("the store in SQLite", function()
  local scratch, stores

  before_each(function()
    scratch, stores = scratch_of.new(), {}
  end)

  after_each(function()
    for _, store in ipairs(stores) do store:close() end
    scratch.remove()
  end)

  local function open(options)
    options = options or {}
    options.path = scratch.path "outbox.db"
    stores[#stores + 1] = sql.sqlite(options)
    return stores[#stores]
  end

  for _, row in ipairs(questions) do
    it(row.name, function() row.ask { open = open, pass = sleep } end)
  end
end)
