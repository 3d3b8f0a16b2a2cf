-- The two limits: the second of a virtual clock at which a message may be sent. Never touches a network.
local limiter = require "whatsapp.send.limits"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}],"success":true}' }

local function new(limits, changes)
  local transport = memory.new(function() return OK end)
  local options = { token = "a-token-of-a-test", phone_number_id = "1", transport = transport, limiter = limits }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

local function send(client, to) assert(client:send { to = to, text = { body = "x" } }) end

-- compares seconds, within the rounding errors of floating-point sums
local function near(expected, actual) assert.is_true(math.abs(expected - actual) < 1e-6, tostring(actual)) end

describe("the store of limits", function()
  it("gives a burst at once, and then one place in each interval", function()
    local store, waits = limiter.store(), {}
    for i = 1, 5 do waits[i] = store:take("a", 100, 6, 3) end
    assert.same({ 0, 0, 0, 6, 12 }, waits)
    assert.equal(0, store:take("b", 100, 6, 3))
    assert.equal(8, store:take("a", 110, 6, 3)) -- ten seconds later
  end)

  it("gives the whole burst again after a pause", function()
    local store = limiter.store()
    for _ = 1, 3 do store:take("a", 0, 6, 3) end
    assert.equal(6, store:take("a", 0, 6, 3))
    for _ = 1, 3 do assert.equal(0, store:take("a", 24, 6, 3)) end
    assert.equal(6, store:take("a", 24, 6, 3))
  end)

  it("takes no place if the wait would be too long, and returns the wait", function()
    local store = limiter.store()
    assert.equal(0, store:take("a", 100, 6, 1))
    for _ = 1, 3 do assert.equal(6, store:take("a", 100, 6, 1, 5)) end
    assert.equal(6, store:take("a", 100, 6, 1, 6))
    assert.equal(12, store:take("a", 100, 6, 1, 5))
  end)

  it("drops expired entries", function()
    local store, count = limiter.store(), 0
    for i = 1, 10000 do store:take("key " .. i, i, 6, 1) end
    for _ in pairs(store.ends) do count = count + 1 end
    assert.is_true(count < 200)
  end)
end)

describe("the limit of a number", function()
  it("is 80 messages a second if the option is absent", function()
    local client, transport = new(nil)
    for i = 1, 800 do send(client, tostring(i)) end
    near((800 - 8) / 80, transport.slept)
    client, transport = new { throughput = 1000 }
    for i = 1, 2000 do send(client, tostring(i)) end
    near((2000 - 100) / 1000, transport.slept)
  end)

  it("is separate for each number, and the same for all clients made by with()", function()
    local client, transport = new { throughput = 10 }
    for i = 1, 5 do send(client, tostring(i)) end
    local slept = transport.slept
    near(0.4, slept)
    send(client:with { phone_number_id = "2" }, "1")
    near(slept, transport.slept)
    send(client:with { token = "another-token" }, "9")
    near(slept + 0.1, transport.slept)
  end)

  it("does not apply to a request that is no message", function()
    local client, transport = new { throughput = 1 }
    for _ = 1, 5 do assert(client:mark_read "wamid.1") end
    assert.equal(0, transport.slept)
  end)

  it("is off if it is false, or if the transport has no clock", function()
    local client, transport = new(false)
    for _ = 1, 200 do send(client, "1") end
    assert.equal(0, transport.slept)
    client = whatsapp.new { token = "t", phone_number_id = "1", transport = function() return OK end }
    for _ = 1, 200 do send(client, "1") end
  end)
end)

describe("the limit of a pair", function()
  it("is one message in 6 seconds after a burst of 45, for all spellings of a number", function()
    local client, transport = new { throughput = 1000 }
    for i = 1, 45 do send(client, i % 2 == 0 and "+1 (650) 555-1234" or "16505551234") end
    near(0, transport.slept)
    send(client, 16505551234)
    near(6, transport.slept)
    send(client, "16505551234")
    near(12, transport.slept)
    send(client, "16505551235")
    near(12, transport.slept)
  end)

  it("can be changed or turned off", function()
    local client, transport = new { pair = { interval = 2, burst = 1 } }
    for _ = 1, 3 do send(client, "1") end
    near(4, transport.slept)
    client, transport = new { pair = false, throughput = 1000 }
    for _ = 1, 100 do send(client, "1") end
    near(0, transport.slept)
  end)
end)

describe("a limit", function()
  it("takes places from a store of the user", function()
    local taken = {}
    local store = { take = function(_, key, now, interval, burst, at_most)
      taken[#taken + 1] = { key, now, interval, burst, at_most }
      return 3
    end }
    local client, transport = new { store = store, throughput = 20 }
    send(client, "+1 2")
    assert.same({ { "pair:1:12", 0, 6, 45, 30 }, { "number:1", 3, 0.05, 2, 27 } }, taken)
    assert.equal(6, transport.slept)
  end)

  local TEXT = { to = "1", text = { body = "x" } }
  local SINGLE = {
    send = function(client) return client:send(TEXT) end,
    reply = function(client) return client:reply({ kind = "message", id = "wamid.1", from = "1" }, { text = { body = "x" } }) end,
    react = function(client) return client:react({ kind = "message", id = "wamid.1", from = "1" }, "x") end,
    send_marketing = function(client)
      return client:send_marketing { to = "1", template = { name = "n", language = { code = "en" } } }
    end,
  }
  local BOUNDS = { -- options, and the longest wait of a message
    { {}, 30 }, { { retry = { total = 20 } }, 20 }, { { retry = false }, 30 }, { { max_wait = 7 }, 7 }, { { max_wait = 0 }, 0 },
  }

  for name, call in pairs(SINGLE) do
    it("delays a message no longer than allowed: client:" .. name, function()
      for _, row in ipairs(BOUNDS) do
        local bound = row[2]
        local client, transport = new({ pair = { interval = bound + 1, burst = 1 }, max_wait = row[1].max_wait }, { retry = row[1].retry })
        assert(call(client))
        for _ = 1, 2 do -- the first try took no place
          local result, err, details = call(client)
          assert.is_nil(result)
          assert.truthy(err:find("limiter.max_wait", 1, true), err)
          assert.same({ "transport", true, false, bound + 1 },
            { details.kind, details.retryable, details.may_have_been_sent, details.retry_after })
        end
        assert.same({ 1, 0 }, { #transport.requests, transport.slept })
      end
    end)
  end

  it("reports how long a message waited", function()
    local client = new { pair = { interval = 6, burst = 1 } }
    local _, _, info = client:send(TEXT)
    assert.is_nil(info.waited)
    _, _, info = client:send(TEXT)
    near(6, info.waited)
    for _, _, _, of_batch in client:each { TEXT } do near(6, of_batch.waited) end
  end)

  it("delays the messages of each and sequence for any time, unless there is a max_wait", function()
    for _, max_wait in ipairs { false, 7 } do
      local limits = { pair = { interval = 50, burst = 1 }, max_wait = max_wait or nil }
      local client, transport = new(limits)
      local results, _, details = client:sequence("1", { { text = { body = "a" } }, { text = { body = "b" } } })
      if max_wait then assert.same({ 2, 50 }, { details.index, details.retry_after })
      else
        assert.equal(2, #results)
        near(50, transport.slept)
      end
      local sent, failed = 0, 0
      for _, result, _, why in client:each { { to = "2", text = { body = "a" } }, { to = "2", text = { body = "b" } } } do
        if result then sent = sent + 1
        else failed = failed + why.retry_after end
      end
      assert.same(max_wait and { 1, 50 } or { 2, 0 }, { sent, failed })
    end
  end)

  it("is a failure if the store raises, returns an error or something else, and nothing is sent", function()
    local broken = setmetatable({}, { __tostring = function() error "no text either" end })
    for _, take in ipairs {
      function() error "no dict" end, function() return nil, "no dict" end, function() return "soon" end, function() error(broken) end,
    } do
      local client, transport = new { store = { take = take } }
      local result, err, details = client:send(TEXT)
      assert.is_nil(result)
      assert.truthy(err:find("the limits could not be checked", 1, true))
      assert.same({ true, false, 0 }, { details.retryable, details.may_have_been_sent, #transport.requests })
    end
  end)

  it("does not use up the time for retries", function()
    local busy, count = { status = 429, headers = {}, body = '{"error":{"code":130429}}' }, 0
    local transport = memory.new(function()
      count = count + 1
      return count == 2 and busy or OK
    end)
    local client = whatsapp.new {
      token = "a-token-of-a-test", phone_number_id = "1", transport = transport,
      limiter = { pair = { interval = 100, burst = 1 }, max_wait = 1000 }, retry = { attempts = 2, total = 10 },
    }
    send(client, "1")
    local _, _, info = client:send { to = "1", text = { body = "x" } }
    assert.equal(2, info.attempts)
  end)

  for name, wrong in pairs {
    throughput = { throughput = 0 }, pair = { pair = { interval = 6 } }, window = { window = 1.5 }, store = { store = {} },
    unknown = { rate = 5 }, number = 5, max_wait = { max_wait = -1 }, decorator = function() end,
  } do
    it("refuses a wrong " .. name, function()
      local ok, text = pcall(new, wrong)
      assert.is_false(ok)
      assert.truthy(text:find("option limiter must be", 1, true))
    end)
  end
end)
