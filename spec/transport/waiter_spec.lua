-- A coroutine that waits in an event loop may vanish: its loop is closed or stopped, its coroutine is closed, killed, collected,
-- or resumed by other code. Other coroutines still get their answers in time, and the transport resumes a coroutine only while
-- this coroutine waits for it. The cases of nginx are in spec/transport/resty_spec.lua. Never sends to another host.
local rows = require "spec.transport.rows"
local whatsapp = require "whatsapp"

local IN_TIME = 3 -- seconds

-- raises in a suspended coroutine when it continues; LuaJIT has one hook for all coroutines
local function kill(co)
  debug.sethook(co, function()
    if coroutine.running() ~= co then return end
    debug.sethook(co)
    error "killed"
  end, "", 1)
  coroutine.resume(co)
  assert.equal("dead", coroutine.status(co))
end

local close = coroutine.close -- luacheck: ignore 143

-- Each function runs call() in a coroutine of a loop, and makes this coroutine vanish when gone() is called there.
local ways = {
  ["whatsapp.transport.cqueues"] = function()
    local cqueues = require "cqueues"
    local function inner(call, leave)
      local queue = cqueues.new()
      queue:wrap(call)
      assert(queue:step(0))
      return function() leave(queue) end
    end
    local function coroutine_of(call, leave)
      local co = coroutine.create(call)
      assert(coroutine.resume(co)) -- its request to the loop is lost
      return function() leave(co) end
    end
    return {
      ["its loop is closed"] = function(call) return inner(call, function(queue) queue:close() end) end,
      ["its loop is collected"] = function(call)
        local gone = inner(call, function() end)
        return function()
          gone = nil
          collectgarbage()
          collectgarbage()
          return gone
        end
      end,
      ["its loop is stopped"] = function(call) return inner(call, function() end) end,
      ["it is dropped"] = function(call) return coroutine_of(call, function() collectgarbage() end) end,
      ["it is killed"] = function(call) return coroutine_of(call, kill) end,
      ["it is closed"] = close and function(call) return coroutine_of(call, close) end,
    }
  end,
  ["whatsapp.transport.luv"] = function()
    local function coroutine_of(call, leave)
      local co = coroutine.create(call)
      assert(coroutine.resume(co))
      return function() leave(co) end
    end
    return {
      ["it is killed"] = function(call) return coroutine_of(call, kill) end,
      ["it is closed"] = close and function(call) return coroutine_of(call, close) end,
      ["it is collected"] = function(call)
        return coroutine_of(call, function()
          collectgarbage()
          collectgarbage()
        end)
      end,
    }
  end,
}

ways["whatsapp.transport.callback"] = ways["whatsapp.transport.luv"]
ways["whatsapp.transport.copas"] = ways["whatsapp.transport.luv"]

rows.describe("when one that waits vanishes:", function(t)
  -- the calls in which the vanishing coroutine waits
  local waits = {
    send = function(transport, request) return transport(request) end,
    wait = function(transport, request)
      local inbox = {}
      transport.start(request, 1, inbox)
      repeat until transport.wait(60, inbox)
    end,
  }

  for name, way in pairs(ways[t.row.module]()) do
    for kind, wait in pairs(waits) do
      it(("%s in %s, and the others get their answers"):format(name, kind), function()
        local loop, transport, took, started = t.row.loop(), t.open(), {}, nil
        t.fault.play("gather 3", "gather 3", "gather 3", "ok", "ok")
        loop.spawn(function()
          local gone = way(function() wait(transport, t.post("h1", { timeout = 4 })) end)
          loop.sleep(0.2)
          loop.spawn(function()
            assert.equal(200, t.answered(transport, t.post "h1").status)
            took[1] = transport.now() - started
          end)
          loop.sleep(0.2)
          gone()
          started = transport.now()
          assert.equal(200, t.answered(transport, t.post "h1").status)
          took[2] = transport.now() - started
          assert.equal(200, t.answered(transport, t.post "h1").status)
        end)
        loop.run()
        for i = 1, 2 do assert.is_true(took[i] < IN_TIME, tostring(took[i])) end
        assert.equal(200, t.answered(transport, t.post "h1").status)
        assert.equal(5, t.fault.arrivals())
      end)
    end
  end
end, "loop")

rows.describe("when other code resumes one that waits", function(t)
  -- Copas resumes a sleeping thread again, even if other code has resumed it: spec/transport/copas_spec.lua wakes threads early
  if t.row.module == "whatsapp.transport.copas" then return end
  for _, kind in ipairs { "send", "wait" } do
    it(kind .. " continues, returns the answer, and is not resumed after that", function()
      local loop, transport = t.row.loop(), t.open()
      local status, resumed
      t.fault.play("slow-bytes 30000", "ok")
      local co = coroutine.create(function()
        if kind == "send" then status = transport(t.post "h1").status
        else
          transport.start(t.post "h1", 1)
          local slot, response
          repeat slot, response = transport.wait(5) until slot
          status = response.status
        end
        resumed = coroutine.yield "elsewhere"
      end)
      loop.spawn(function()
        while not status do
          local ok, what = coroutine.resume(co)
          assert.is_true(ok, what)
          if not status then loop.sleep(0.01) end
        end
        for _ = 1, 3 do
          assert.equal(200, t.answered(transport, t.post "h1").status)
          loop.sleep(0.01)
        end
      end)
      loop.run()
      assert.equal(200, status)
      assert.is_nil(resumed)
      assert.equal("suspended", coroutine.status(co))
    end)
  end

  it("sleep takes the right time", function()
    local loop, transport, slept = t.row.loop(), t.open(), nil
    transport(t.post "h1")
    local co = coroutine.create(function()
      local started = transport.now()
      transport.sleep(0.3)
      slept = transport.now() - started
      coroutine.yield "elsewhere"
    end)
    loop.spawn(function()
      while not slept do
        assert(coroutine.resume(co))
        if not slept then loop.sleep(0.01) end
      end
    end)
    loop.run()
    assert.is_true(slept >= 0.29, slept)
  end)
end, "loop")

rows.describe("when the coroutine that drives a batch vanishes", function(t)
  -- LuaJIT calls no hook in compiled code, and the code of a batch is compiled
  for name, leave in pairs { ["is killed"] = not rawget(_G, "jit") and kill or nil, ["is closed"] = close } do
    it("another one gets all other outcomes: it " .. name, function()
      local loop, transport, seen, count = t.row.loop(), t.open(), {}, 0
      local base_url = t.fault.url("h1", ""):gsub("/$", "")
      local client = whatsapp.new {
        token = "token-of-a-spec", phone_number_id = "1", base_url = base_url, transport = transport, retry = false, limiter = { pair = false },
      }
      t.fault.play("slow-bytes 30000", "slow-bytes 30000", "slow-bytes 30000", "slow-bytes 30000", "ok", "ok", "ok", "ok")
      local messages = {}
      for i = 1, 8 do messages[i] = { to = tostring(100 + i), text = { body = "x" } } end
      local batch = client:each(messages, { concurrency = 4 })
      local function take_all()
        local message = batch:next()
        while message do
          assert.is_nil(seen[message])
          seen[message], count = true, count + 1
          message = batch:next()
        end
      end
      loop.spawn(function()
        local co = coroutine.create(take_all)
        assert(coroutine.resume(co))
        loop.sleep(0.02)
        leave(co)
        local started = transport.now()
        take_all()
        assert.is_true(transport.now() - started < IN_TIME)
      end)
      loop.run()
      assert.equal(8, count)
    end)
  end
end, "loop")

-- these transports resume a waiter themselves; Copas and cqueues do it in their loops
local RESUMES = { ["whatsapp.transport.luv"] = true, ["whatsapp.transport.callback"] = true }

rows.describe("when a waiter raises", function(t)
  if not RESUMES[t.row.module] then return end
  local ERRORS = {
    ["a text"] = function() return "on purpose" end,
    ["an object without a text"] = function()
      return setmetatable({}, { __tostring = function() error("no text", 0) end })
    end,
  }
  for name, make in pairs(ERRORS) do
    it("all other waiters have their outcomes when the transport is closed: " .. name, function()
      local transport, told = t.open(), 0
      t.fault.play_times(6, "hang")
      for i = 1, 6 do
        coroutine.wrap(function()
          if i % 2 == 0 then transport(t.post "h1")
          else
            transport.start(t.post "h1", i, i)
            transport.wait(60, i)
          end
          told = told + 1
          error(make(), 0)
        end)()
      end
      local ok, err = pcall(transport.close)
      assert.equal(6, told)
      assert.is_false(ok)
      assert.truthy(err:find(name == "a text" and "on purpose" or "a table that has no text", 1, true))
    end)
  end
end, "loop")

rows.describe("when a loop is stopped and started again", function(t)
  it("continues, and other coroutines send meanwhile", function()
    local loop, transport, status = t.row.loop(), t.open(), nil
    t.fault.play("gather 2", "gather 2", "ok")
    loop.spawn(function() status = transport(t.post "h1").status end)
    loop.turn()
    assert.is_nil(status)
    local started = transport.now()
    assert.equal(200, t.answered(transport, t.post "h1").status)
    local another, other = t.row.loop(), nil
    another.spawn(function() other = transport(t.post "h1").status end)
    another.run()
    assert.equal(200, other)
    assert.is_true(transport.now() - started < IN_TIME)
    loop.run()
    assert.equal(200, status)
    assert.equal(3, t.fault.arrivals())
  end)

  it("continues outside of the loop what began inside of it, and the other way round", function()
    local transport = t.open()
    for _, inside in ipairs { "start", "wait" } do
      local loop, status = t.row.loop(), nil
      t.fault.play "slow-bytes 30000"
      local function start() transport.start(t.post "h1", 1, "here") end
      local function wait()
        local slot, response
        local deadline = transport.now() + IN_TIME
        repeat slot, response = transport.wait(1, "here") until slot or transport.now() > deadline
        status = response and response.status
      end
      if inside == "start" then
        loop.spawn(start)
        loop.turn()
        loop.turn()
        wait()
      else
        start()
        loop.spawn(wait)
      end
      loop.run()
      assert.equal(200, status, inside)
      assert.equal(1, t.fault.arrivals())
    end
  end)
end, "loop")
