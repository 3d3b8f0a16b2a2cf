-- The outbox's store in SQLite: the questions of every store, two connections to one file.
local drops = require "spec.outbox.drops"
local memory_transport = require "whatsapp.transport.memory"
local questions = require "spec.outbox.questions"
local scratch_of = require "spec.support.scratch"
local sql = require "whatsapp.outbox.sql"
local whatsapp = require "whatsapp"
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

  local message = { to = "49151", type = "text", text = { body = "x" } }

  it("loses no message when a statement fails at any step", function()
    local count = 0
    local function open_new()
      count = count + 1
      return open { queue = "q" .. count }
    end
    drops.check(open_new, function(store, n, how)
      assert(store:counts())
      local db = store.db
      local run, has_failed = drops.wrap(db.run, n, how, function() return nil, "disk I/O error" end)
      db.run = run
      return has_failed
    end, 3)
  end)

  it("refuses tables of a newer version", function()
    local first = open()
    assert(first:counts())
    assert(first.db:query "UPDATE outbox_meta SET value = '99' WHERE name = 'version'")
    local outbox = whatsapp.outbox.new { store = open() }
    local state, err, details = outbox:put(message)
    assert.same({ nil, "store", false }, { state, details.kind, details.retryable })
    assert.matches("version 99", err)
    local client = whatsapp.new { token = "EAAx", phone_number_id = "1", transport = memory_transport.new {} }
    local count
    count, err, details = outbox:run(client)
    assert.same({ nil, false }, { count, details.retryable })
    assert.matches("version 99", err)
  end)

  it("makes one set of tables if two stores open a new file at the same time", function()
    local one, other = open(), open()
    assert(one:counts())
    assert(other:put { { key = "a", stamp = "a", lane = "a", body = "{}" } })
    assert.equal(1, one:counts().queued)
  end)

  it("is durable by default", function()
    local store = open()
    assert(store:counts())
    assert.equal("2", store.db:query("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous")[1][1])
    assert.equal("wal", store.db:query("SELECT journal_mode FROM pragma_journal_mode")[1][1])
    store = open { synchronous = "NORMAL" }
    assert(store:counts())
    assert.equal("1", store.db:query("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous")[1][1])
  end)

  it("reports a busy or full database, and loses nothing", function()
    local holder, outbox = open(), whatsapp.outbox.new { store = open { busy_timeout = 0.1 } }
    assert(outbox:put(message, { key = "a" }))
    assert(holder:counts())
    assert(holder.db:query "BEGIN IMMEDIATE")
    local state, err, details = outbox:put(message, { key = "b" })
    assert.same({ nil, "store", true }, { state, details.kind, details.retryable })
    assert.matches("locked", err)
    assert(holder.db:query "ROLLBACK")
    assert.equal("new", (outbox:put(message, { key = "b" })))

    assert(outbox.store.db:query "PRAGMA max_page_count = 30")
    local acknowledged, refused = 0, nil
    for i = 1, 500 do
      state, err, details = outbox:put(message, { key = "k" .. i })
      if state then acknowledged = acknowledged + 1
      else refused = err end
    end
    assert.matches("^the store's put failed: %a+ failed database or disk is full$", refused) -- without a line of our files
    assert.same({ "store", true }, { details.kind, details.retryable })
    assert.equal(2 + acknowledged, outbox:counts().queued)
    assert(outbox.store.db:query "PRAGMA max_page_count = 100000")
    assert.equal("new", (outbox:put(message, { key = "later" })))
  end)

  it("returns nil and an error if the file cannot be opened, and raises nothing", function()
    local outbox = whatsapp.outbox.new { store = sql.sqlite(scratch.path "no/such/folder/outbox.db") }
    local state, err, details = outbox:put(message)
    assert.same({ nil, "store", true }, { state, details.kind, details.retryable })
    assert.matches("unable to open", err)
    outbox.store:close()
    assert.is_nil((outbox:counts()))
  end)

  it("puts in the transaction of the caller's connection, and commits nothing there", function()
    local connection = assert(require("DBI").Connect("SQLite3", scratch.path "outbox.db"))
    connection:autocommit(true)
    local joined = whatsapp.outbox.new { store = sql.sqlite { connection = connection } }
    local seen = open()
    assert(seen:counts())
    local function statement(text)
      local made = assert(connection:prepare(text))
      assert(made:execute())
      made:close()
    end
    statement "BEGIN"
    assert.equal("new", (joined:put(message, { key = "a" })))
    assert.equal(0, seen:counts().queued)
    statement "ROLLBACK"
    assert.equal(0, seen:counts().queued)
    statement "BEGIN"
    assert.equal("new", (joined:put(message, { key = "a" })))
    statement "COMMIT"
    assert.equal(1, seen:counts().queued)
    local claimed, err, details = joined.store:claim(1, 60)
    assert.same({ nil, false }, { claimed, details.retryable })
    assert.matches("takes puts", err)
    joined.store:close()
    connection:close()
  end)

  it("keeps numbers over 2^31, and texts unchanged", function()
    local store = open()
    local body = ('{"text":"%s"}'):format(("\195\188 ' \" ? $1 % \226\130\172 "):rep(2000))
    assert(store:put { { key = "a", stamp = "s", lane = "l", body = body, due = 3000000000.25 } })
    local entry = store:get "a"
    assert.same({ body, 3000000000.25 }, { entry.body, entry.due })
    assert.equal("accepted", store:settle("s", "id", "sent", 3000000001))
    assert.equal(3000000001, store:get("a").status_time)
  end)

  it("raises for wrong options at the caller's line", function()
    for _, call in ipairs {
      function() sql.sqlite {} end, function() sql.sqlite { path = "x", sync = "FULL" } end,
      function() sql.sqlite { path = "x", synchronous = "OFF" } end, function() sql.postgres {} end,
    } do
      local ok, err = pcall(call)
      assert.is_false(ok)
      assert.matches("sqlite_spec.lua:%d+: ", err)
    end
  end)
end)
