-- The outbox's store in Redis: the questions of every store, over two connections.
local engines = require "spec.support.engines"
local questions = require "spec.outbox.questions"
local redis_store = require "whatsapp.outbox.redis"
local sleep = require("whatsapp.transport.curl").new({}).sleep

describe("the store in Redis", function()
  local redis, stores, count = nil, {}, 0

  setup(function() redis = engines.redis() end)
  teardown(function() redis.stop() end)

  before_each(function()
    stores, count = {}, count + 1
  end)
  after_each(function()
    for _, store in ipairs(stores) do store:close() end
  end)

  local function open()
    stores[#stores + 1] = redis_store.new { port = redis.port, queue = "queue " .. count }
    return stores[#stores]
  end

  for _, row in ipairs(questions) do
    it(row.name, function()
      row.ask {
        open = open, pass = sleep,
        left = function() -- the keys of an empty queue
          local keys = stores[1].call("KEYS", ("wa:{queue %d}:*"):format(count))
          for i, key in ipairs(keys) do keys[i] = key:match "}:(.*)" end
          table.sort(keys)
          return keys[2] == nil and keys[1] == "seq" and {} or keys
        end,
      }
    end)
  end

  it("loses no message when the connection drops at any command", function()
    local drops = require "spec.outbox.drops"
    local function open_new()
      count = count + 1
      return open()
    end
    drops.check(open_new, function(store, n, how)
      local has_failed
      store.call, has_failed = drops.wrap(store.call, n, how, function()
        store.client:close() -- the next command connects again
        return nil, "closed"
      end)
      return has_failed
    end)
  end)

  it("returns the error of Redis, and works afterwards", function()
    local outbox = require("whatsapp.outbox").new { store = open() }
    local message = { to = "49151", type = "text", text = { body = "x" } }
    assert(outbox:put(message, { key = "a" }))
    local function refused(words, commands, undo)
      local admin = open()
      for _, command in ipairs(commands) do assert(admin.call((table.unpack or unpack)(command))) end -- luacheck: ignore 113 143
      local state, err, details = outbox:put(message, { key = "b" })
      assert.is_nil(state)
      assert.matches(words, err)
      assert.same({ "store", true, false }, { details.kind, details.retryable, details.may_have_been_sent })
      for _, command in ipairs(undo) do assert(admin.call((table.unpack or unpack)(command))) end -- luacheck: ignore 113 143
    end
    refused("OOM", { { "CONFIG", "SET", "maxmemory", "1000" } }, { { "CONFIG", "SET", "maxmemory", "0" } })
    refused("READONLY", { { "REPLICAOF", "127.0.0.1", "1" } }, { { "REPLICAOF", "NO", "ONE" } })
    assert(open().call("SCRIPT", "FLUSH"))
    assert.equal("new", (outbox:put(message, { key = "b" })))
    assert.same({ "queued", "queued" }, { outbox:get("a").state, outbox:get("b").state })
  end)

  it("returns a retryable failure if Redis loads, is busy or has moved", function()
    for _, problem in ipairs {
      "LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script", "MOVED 866 127.0.0.1:7001",
      "NOSCRIPT No matching script", "CLUSTERDOWN The cluster is down",
    } do
      for name, call in pairs {
        answers = function() return nil, problem end, is_false = function() return false, problem end,
        raises = function() error(problem) end,
      } do
        local outbox = require("whatsapp.outbox").new { store = redis_store.new { call = call } }
        local state, err, details = outbox:put { to = "49151", type = "text", text = { body = "x" } }
        assert.same({ nil, "store", true }, { state, details.kind, details.retryable }, name)
        assert.matches(problem:match "^%S+", err)
      end
    end
  end)

  it("keeps all keys of a queue in one slot", function()
    local store = open()
    local seen = 0
    assert(store:put { { key = "a", stamp = "b", lane = "c", body = "{}", ttl = 60 } })
    assert(store:claim(1, 60))
    assert(store:take("k", 0, 1, 1))
    for _, key in ipairs(store.call("KEYS", "*")) do
      if key:find(("queue %d}"):format(count), 1, true) then
        seen = seen + 1
        assert.equal(("wa:{queue %d}:"):format(count), key:match "^wa:%b{}:")
      end
    end
    assert.is_true(seen >= 8, seen)
  end)

  it("sends the pieces of a long command at once: no piece waits for an ACK", function()
    local options = {}
    local socket = {
      settimeout = function() end, connect = function(self) self.is_connected = true return true end,
      setoption = function(self, name, value) options[name] = self.is_connected and value end, -- LuaSocket refuses it earlier
      send = function() return 1 end, receive = function() return "+OK" end,
    }
    local client = require("whatsapp.outbox.resp").new { tcp = function() return socket end }
    assert.equal("OK", client:call "PING")
    assert.same({ ["tcp-nodelay"] = true }, options)
  end)

  it("returns nil and an error if Redis is not reachable, and raises nothing", function()
    local store = redis_store.new { port = 1, timeout = 1 }
    local outbox = require("whatsapp.outbox").new { store = store }
    local state, err, details = outbox:put { to = "49151", type = "text", text = { body = "x" } }
    assert.same({ nil, "store", true }, { state, details.kind, details.retryable })
    assert.matches("no connection to Redis at 127.0.0.1:1", err)
  end)
end)
