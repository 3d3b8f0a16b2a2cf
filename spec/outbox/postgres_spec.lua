-- The outbox's store in PostgreSQL: the questions of every store, over two connections.
local drops = require "spec.outbox.drops"
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

  it("loses no message when the connection drops at any statement", function()
    local function open_new()
      count = count + 1
      return open()
    end
    drops.check(open_new, function(store, n, how)
      local db = store.db
      local run, has_failed = drops.wrap(db.run, n, how, function()
        db.connection:close() -- like a lost connection: the transaction is rolled back, and the next statement connects again
        return nil, "server closed the connection unexpectedly"
      end)
      db.run = run
      return has_failed
    end, 7)
  end)

  it("connects again after the engine was killed, and shows no password", function()
    local store = sql.postgres {
      database = postgres.database, user = postgres.user, password = "hunter2", host = "127.0.0.1", port = postgres.port,
      queue = "again",
    }
    stores[#stores + 1] = store
    local outbox = require("whatsapp.outbox").new { store = store }
    local message = { to = "49151", type = "text", text = { body = "x" } }
    assert(outbox:put(message, { key = "a" }))
    postgres.kill()
    local state, err, details = outbox:put(message, { key = "b" })
    assert.same({ nil, "store", true }, { state, details.kind, details.retryable })
    assert.is_nil(err:find("hunter2", 1, true))
    postgres.start()
    assert.equal("same", (outbox:put(message, { key = "a" })))
    assert.equal("new", (outbox:put(message, { key = "b" })))
  end)

  it("gives no entry to two senders that claim at the same time, over many rounds", function()
    local one, other, seen = open(), open(), {}
    local entries = {}
    for i = 1, 200 do entries[i] = { key = "k" .. i, stamp = "s" .. count .. i, lane = "l" .. i % 50, body = "{}" } end
    assert(one:put(entries))
    assert(one.db:query "BEGIN") -- a worker's claimed entries are locked: the other worker skips them, and does not wait
    local claimed = assert(one:claim(20, 60))
    for _, entry in ipairs(claimed) do seen[entry.key] = true end
    local others = assert(other:claim(20, 60))
    assert.same({ 20, 20 }, { #claimed, #others })
    for _, entry in ipairs(others) do assert.is_nil(seen[entry.key]) end
    assert(one.db:query "COMMIT")
  end)
end)
