-- The bounded memory of the library: what it keeps, for how long, and what it forgets, compared with a plain list that does the
-- same slowly.
local expiring = require "whatsapp.util.expiring"
local whatsapp = require "whatsapp"

-- does the same as the memory, but looks at every entry each time
local function slow(max)
  local list = {}
  local model = {}
  function model.get(key, now)
    for _, entry in ipairs(list) do
      if entry.key == key and entry.expires > now then return entry.value end
    end
  end
  function model.delete(key)
    for i, entry in ipairs(list) do
      if entry.key == key then return table.remove(list, i) end
    end
  end
  function model.set(key, value, ttl, now)
    for _, entry in ipairs(list) do
      if entry.key == key and entry.expires > now then
        entry.value, entry.expires = value, now + ttl
        return
      end
    end
    for i = #list, 1, -1 do
      if list[i].expires <= now then table.remove(list, i) end
    end
    local forgotten
    if #list >= max then
      local first = 1
      for i, entry in ipairs(list) do
        if entry.expires < list[first].expires then first = i end
      end
      forgotten = table.remove(list, first).key
    end
    list[#list + 1] = { key = key, value = value, expires = now + ttl }
    return forgotten
  end
  return model
end

describe("an expiring memory", function()
  it("behaves like a list that looks at every entry", function()
    math.randomseed(5)
    for round = 1, 60 do
      local max, now = 1 + round % 9, 0
      local last
      local memory = expiring.new { max = max, on_forget = function(key) last = key end }
      local model = slow(max)
      for step = 1, 400 do
        now = now + math.random(0, 3) * math.random() -- no two entries expire at the same time
        local key, action = math.random(2 * max), math.random(10)
        last = nil
        if action == 1 then
          memory:delete(key)
          model.delete(key)
        elseif action <= 6 then
          local ttl = math.random() * 20
          memory:set(key, step, ttl, now)
          assert.equal(model.set(key, step, ttl, now), last)
        end
        for other = 1, 2 * max do assert.equal(model.get(other, now), (memory:get(other, now))) end
        assert.is_true(memory.count <= max)
      end
    end
  end)

  it("forgets the oldest if all expire at the same time", function()
    local memory = expiring.new { max = 3, now = function() return 0 end }
    for i = 1, 10 do memory:set(i, i, 10) end
    assert.same({ nil, 8, 9, 10 }, { memory:get(7), (memory:get(8)), (memory:get(9)), (memory:get(10)) })
    assert.equal(7, memory.forgotten)
  end)

  it("drops expired entries also if no call asks for them", function()
    local dropped = 0
    local memory = expiring.new { on_drop = function() dropped = dropped + 1 end }
    for i = 1, 1000 do memory:set(i, i, 5, i) end
    assert.is_true(memory.count <= 6, tostring(memory.count))
    assert.same({ 1000, 0 }, { memory.count + dropped, memory.forgotten })
  end)

  it("forgets no living entry while it holds expired ones, in any order", function()
    local memory = expiring.new { max = 4 }
    for i, ttl in ipairs { 100, 1, 1, 1 } do memory:set(i, true, ttl, 0) end
    for i = 5, 7 do memory:set(i, true, 100, 2) end
    assert.same({ true, 0 }, { (memory:get(1, 2)), memory.forgotten })
  end)

  it("costs the same for each entry, with few or many entries", function()
    local memory = expiring.new { max = 50000 }
    local started = os.clock()
    for i = 1, 200000 do memory:set(i, true, 1000, i * 1e-3) end
    assert.is_true(os.clock() - started < 10)
    assert.same({ 50000, 150000 }, { memory.count, memory.forgotten })
  end)
end)

describe("every memory that users make", function()
  local status = { kind = "status", status = "sent", timestamp = 1 }
  local rows = {
    ["whatsapp.media.store"] = function(options)
      local store = whatsapp.media.store(options)
      return function(i) store:set("k" .. i, "id", 1000) end, function(i) return store:get("k" .. i) end
    end,
    ["whatsapp.webhook.memory_store"] = function(options)
      local store = whatsapp.webhook.memory_store(options)
      return function(i)
        store:begin("k" .. i, 1000)
        store:done("k" .. i)
      end, function(i) return store:begin("k" .. i, 1000) == nil end
    end,
    ["whatsapp.status.tracker"] = function(options)
      local tracker = whatsapp.status.tracker(options)
      return function(i)
        status.id = "k" .. i
        tracker:feed(status)
      end, function(i) return tracker:state("k" .. i) end
    end,
    ["whatsapp.window.new"] = function(options)
      local book = whatsapp.window.new(options)
      return function(i) book:feed { kind = "message", from = tostring(i), timestamp = 0 } end,
        function(i) return book:open(tostring(i)) ~= nil end
    end,
  }
  for name, make in pairs(rows) do
    it(name .. " keeps the promised number of entries, and reports an entry that it forgets before its time", function()
      local forgotten = 0
      local add, has = make { max = 7, now = function() return 0 end, on_forget = function() forgotten = forgotten + 1 end }
      for i = 1, 7 do add(i) end
      for i = 1, 7 do assert.is_truthy(has(i)) end
      assert.equal(0, forgotten)
      for i = 8, 20 do add(i) end
      assert.equal(13, forgotten)
      for i = 14, 20 do assert.is_truthy(has(i)) end
    end)
  end
end)

describe("an on_forget that raises", function()
  local MAKERS = {
    tracker = function(options)
      local tracker = whatsapp.status.tracker(options)
      return tracker, function(i) tracker:feed { kind = "status", id = "wamid." .. i, status = "sent", timestamp = 1 } end
    end,
    window = function(options)
      local book = whatsapp.window.new(options)
      return book, function(i) book:feed { kind = "message", from = tostring(i), timestamp = os.time() } end
    end,
    ["store of uploads"] = function(options)
      local store = whatsapp.media.store(options)
      return store, function(i) store:set("key " .. i, "1", 100) end
    end,
    ["store of events"] = function(options)
      local store = whatsapp.webhook.memory_store(options)
      return store, function(i) assert.equal(1, store:begin("key " .. i, 100)) end
    end,
  }

  for name, make in pairs(MAKERS) do
    it("changes nothing, and its error is kept: " .. name, function()
      local calls = 0
      local object, add = make { max = 5, on_forget = function()
        calls = calls + 1
        error(setmetatable({}, { __tostring = function() error "no text" end }))
      end }
      for i = 1, 20 do add(i) end
      assert.equal(15, calls)
      assert.equal("a table that has no text", object.forget_error)
    end)
  end

  it("is reported by the handler, and no event is lost", function()
    local webhooks = require "spec.support.webhooks"
    local handled, reported = 0, {}
    local handle = whatsapp.webhook.handler {
      app_secret = webhooks.SECRET, verify_token = "v", on = { message = function() handled = handled + 1 end },
      on_error = function(err) reported[#reported + 1] = err end,
      store = whatsapp.webhook.memory_store { max = 2, on_forget = function() error("on purpose", 0) end },
    }
    for i = 1, 5 do
      assert.equal(200, handle(webhooks.post(webhooks.body { messages = { webhooks.text("wamid." .. i, "x") } })).status)
    end
    assert.equal(5, handled)
    assert.equal("the store's on_forget: on purpose", reported[1])
    assert.equal(3, #reported) -- it is told once; and twice that events were dropped
  end)
end)
