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
        left = function() -- the keys that a queue leaves once it is empty
          local keys = stores[1].call("KEYS", ("wa:{queue %d}:*"):format(count))
          for i, key in ipairs(keys) do keys[i] = key:match "}:(.*)" end
          table.sort(keys)
          return keys[2] == nil and keys[1] == "seq" and {} or keys
        end,
      }
    end)
  end
end)
