-- The outbox's store in PostgreSQL through pgmoon, over LuaSocket and over nginx's cosockets. Debian has no package of pgmoon:
-- without pgmoon on package.path, nothing runs here. To run these specs: LUA_PATH="PGMOON/?.lua;PGMOON/?/init.lua;;"
local drops = require "spec.outbox.drops"
local engines = require "spec.support.engines"
local nginx_of = require "spec.support.nginx"
local questions = require "spec.outbox.questions"
local sql = require "whatsapp.outbox.sql"
local whatsapp = require "whatsapp"
local sleep = require("whatsapp.transport.curl").new({}).sleep

local SERVER = [[
  location /questions { content_by_lua_block {
    local failed, rows = 0, require "spec.outbox.questions"
    for i, row in ipairs(rows) do
      local one = require("pgmoon").new(HERE)
      assert(one:connect())
      one:query "DELETE FROM outbox_limits"
      one:keepalive()
      local ok, err = pcall(row.ask, {
        open = function()
          return require("whatsapp.outbox.sql").postgres { database = HERE.database, user = HERE.user, port = HERE.port, queue = "n" .. i }
        end, pass = ngx.sleep,
      })
      if not ok then
        failed = failed + 1
        ngx.say(row.name, ": ", err)
      end
    end
    ngx.say(#rows - failed, " answered, ", failed, " failed")
  } }
  location /put { content_by_lua_block {
    for n = ngx.var.arg_n, ngx.var.arg_n + 9 do
      local message = { to = "49151" .. n % 7, type = "text", text = { body = ("%d"):format(n) } }
      ngx.say((assert(outbox:put(message, { key = "n" .. n }))))
    end
  } }
  location /many { content_by_lua_block { -- many requests at once, over one store
    local threads = {}
    for n = 0, 9 do
      threads[n + 1] = ngx.thread.spawn(function() return ngx.location.capture("/put", { args = { n = n * 10 + 1 } }).body end)
    end
    for _, thread in ipairs(threads) do
      local _, body = ngx.thread.wait(thread)
      ngx.print(body)
    end
  } }
  location /run { content_by_lua_block {
    assert(ngx.timer.at(0, function()
      local client = require("whatsapp").new { token = "EAAx", phone_number_id = "1", base_url = "http://127.0.0.1:$PORT",
        limiter = { throughput = 1000, pair = false } }
      local count, err = outbox:run(client, { until_empty = true, concurrency = 4, poll = 0.1 })
      ngx.log(ngx.NOTICE, "the outbox is empty after ", tostring(count), tostring(err))
    end))
    ngx.say "started"
  } }
  location /joined { content_by_lua_block { -- a transaction of the caller
    local one = require("pgmoon").new(HERE)
    assert(one:connect())
    local joined = require("whatsapp").outbox.new { store = require("whatsapp.outbox.sql").postgres { connection = one, queue = "joined" } }
    local message = { to = "49151", type = "text", text = { body = "x" } }
    for _, ending in ipairs { "ROLLBACK", "COMMIT" } do
      assert(one:query "BEGIN")
      ngx.say((assert(joined:put(message, { key = "a" }))))
      assert(one:query(ending))
      ngx.say(one:query "SELECT count(*) AS n FROM outbox_entries WHERE queue = 'joined'"[1].n)
    end
    one:keepalive()
  } }
  location ~ /messages$ { content_by_lua_block {
    ngx.req.read_body()
    local message = require("whatsapp.core").decode(ngx.req.get_body_data())
    ngx.log(ngx.NOTICE, "arrived: ", message.text.body, ";")
    ngx.header["Content-Type"] = "application/json"
    ngx.print('{"messages":[{"id":"wamid.', message.text.body, '"}]}')
  } }
]]

local HTTP = [[
  init_by_lua_block {
    package.path = $PATH .. ";" .. package.path
    HERE = { host = "127.0.0.1", port = $PG, user = "postgres", database = "postgres" }
    outbox = require("whatsapp").outbox.new {
      store = require("whatsapp.outbox.sql").postgres { database = "postgres", user = "postgres", port = $PG, queue = "bot" },
    }
  }
]]

local message = { to = "49151", type = "text", text = { body = "x" } }

describe("the store in PostgreSQL through pgmoon", function()
  local is_here = pcall(require, "pgmoon")
  if not is_here then
    it("was not run", function() pending "pgmoon is not on package.path" end)
    return
  end
  local postgres, nginx, stores, count = nil, nil, {}, 0
  local preloaded, loaded = package.preload.DBI, package.loaded.DBI

  setup(function()
    package.loaded.DBI, package.preload.DBI = nil, function() error "LuaDBI is hidden" end
    postgres = engines.postgres()
    local values = { PATH = ("%q"):format(package.path), PG = tostring(postgres.port) }
    nginx = nginx_of.start { http = (HTTP:gsub("%$(%u+)", values)), server = SERVER, workers = 2 }
  end)
  teardown(function()
    nginx.stop()
    postgres.stop()
    package.loaded.DBI, package.preload.DBI = loaded, preloaded
  end)
  before_each(function()
    stores, count = {}, count + 1
  end)
  after_each(function()
    for _, store in ipairs(stores) do store:close() end
  end)

  local function open()
    stores[#stores + 1] = sql.postgres {
      database = postgres.database, user = postgres.user, port = postgres.port, queue = "queue " .. count,
    }
    return stores[#stores]
  end

  for _, row in ipairs(questions) do
    it("over LuaSocket: " .. row.name, function()
      local first = open()
      assert(first:counts())
      assert(first.db:query "DELETE FROM outbox_limits")
      row.ask { open = open, pass = sleep }
    end)
  end

  it("answers all questions in nginx", function()
    local status, body = nginx.ask("/questions", { timeout = 60 })
    assert.equal(200, status, nginx.log())
    assert.equal(("%d answered, 0 failed\n"):format(#questions), body)
    local others = open().db:query [[SELECT application_name FROM pg_stat_activity
      WHERE client_port IS NOT NULL AND application_name <> 'pgmoon']]
    assert.same({}, others) -- LuaDBI is missing
  end)

  it("serves many requests of nginx at once, and timers send their messages, each once", function()
    local status, body = nginx.ask "/many"
    assert.same({ 200, ("new\n"):rep(100) }, { status, body }, nginx.log())
    for _ = 1, 3 do assert.equal(200, (nginx.ask "/run")) end
    assert(nginx.wait_for("the outbox is empty", 3))
    for n = 1, 100 do assert.equal(1, nginx.logged(("arrived: %d;"):format(n))) end
    assert.equal(0, nginx.logged "[error]", nginx.log())
  end)

  it("puts in a transaction of the caller", function()
    local status, body = nginx.ask "/joined"
    assert.same({ 200, "new\n0\nnew\n1\n" }, { status, body }, nginx.log())
  end)

  it("loses no message when the connection drops at any statement", function()
    local function open_new()
      count = count + 1
      local store = open()
      assert(store:counts())
      return store
    end
    drops.check(open_new, function(store, n, how)
      local db = store.db
      local run, has_failed = drops.wrap(db.run, n, how, function()
        db.connection:close()
        return nil, "receive_message: failed to get type: closed"
      end)
      db.run = run
      return has_failed
    end, 7)
  end)

  it("connects again after the engine was killed, and uses no connection that has an unread answer", function()
    local store = open()
    local outbox = whatsapp.outbox.new { store = store }
    assert(outbox:put(message, { key = "a" }))
    postgres.kill()
    local state, err, details = outbox:put(message, { key = "b" })
    assert.same({ nil, "store", true }, { state, details.kind, details.retryable }, err)
    postgres.start()
    assert.equal("same", (outbox:put(message, { key = "a" })))
    store.db.connection.one:settimeout(1)
    local rows, problem = store.db:query "SELECT 'late' FROM pg_sleep(0.2)"
    assert.is_nil(rows)
    assert.matches("timeout", problem)
    assert.equal("new", (outbox:put(message, { key = "b" })))
    assert.equal("queued", outbox:get("b").state)
  end)
end)
