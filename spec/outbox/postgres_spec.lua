-- The outbox's store in PostgreSQL: the questions of every store, over two connections.
local engines = require "spec.support.engines"
local questions = require "spec.outbox.questions"
local sql = require "whatsapp.outbox.sql"
local sleep = require("whatsapp.transport.curl").new({}).sleep

describe("the store in PostgreSQL", function()
  local postgres, stores, count = nil, {}, 0

  setup(function() postgres = engines.postgres() end)
  teardown(function() postgres.stop() end)

  before_each(function()
    stores, count = {}, count + 1
  end)
  after_each(function()
    for _, store in ipairs(stores) do store:close() end
  end)

  local function open()
    stores[#stores + 1] = sql.postgres {
      database = postgres.database, user = postgres.user, host = "127.0.0.1", port = postgres.port, queue = "queue " .. count,
    }
    stores[#stores]:take_all { { key = "k", interval = 0.001, burst = 1000, at_most = -1 } }
    return stores[#stores]
  end

  for _, row in ipairs(questions) do
    it(row.name, function()
      local first = open()
      first.db:query "DELETE FROM outbox_limits"
      row.ask { open = open, pass = sleep }
    end)
  end
end)
