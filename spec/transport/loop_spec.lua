-- The transports for event loops, each inside a real loop: the loop continues while many requests wait, each caller gets the
-- answer to its request, and nothing remains in the loop. Never sends to another host.
local rows = require "spec.transport.rows"

-- not over plain http: there, libcurl learns only from the first answer whether it may send other requests at the same time
local PORTS, over, LOST = rows.TLS, rows.over, rows.LOST
local MANY, HALF, TICKS = 20, 10, 10

rows.describe("in a loop", function(t)
  local last = t.lacks.h2 and "h1" or "h2" -- the last protocol that the transport speaks

  local function numbered(port, number, changes)
    local request = t.post(port, { body = ('{"to":"1","text":{"body":"id %d"}}'):format(number) })
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  local function play_many(step) t.fault.play_times(MANY, step) end

  -- The server answers the first half of the requests together. Then the last caller waits until the loop has ticked ten times,
  -- and sends; then the server answers the other half.
  over(PORTS, "goes on while " .. MANY .. " wait, and each gets the answer to what it sent", function(port)
    play_many("gather " .. HALF)
    local loop, transport = t.row.loop(), t.open()
    local ticks, answered, bodies = 0, 0, {}

    loop.spawn(function()
      for i = 1, TICKS do
        loop.sleep(0.01)
        ticks = i
      end
    end)
    for number = 1, MANY do
      loop.spawn(function()
        while number == MANY and (ticks < TICKS or answered < HALF) do loop.sleep(0.01) end
        local response, text = transport(numbered(port, number))
        bodies[number], answered = response and response.body or text, answered + 1
      end)
    end
    loop.run()

    for number = 1, MANY do
      assert.equal("wamid." .. number, bodies[number]:match '"id":"([^"]+)"')
    end
    assert.equal(MANY, t.fault.arrivals())
    if port == "h2" then assert.equal(1, t.fault.connections()) end
  end)

  over(rows.H2, "ends the waiting of all who get no answer", function(port)
    local loop, transport, outcomes = t.row.loop(), t.open(), {}
    t.answered(transport, t.post(port)) -- so that no handshake uses their time
    play_many "silence"
    for number = 1, MANY do
      loop.spawn(function()
        local _, _, details = transport(numbered(port, number, { timeout = 0.4 }))
        outcomes[number] = rows.outcome(details)
      end)
    end
    loop.run()
    for number = 1, MANY do assert.same(LOST, outcomes[number]) end
    assert.equal(MANY, t.fault.arrivals(MANY))
  end)

  over(PORTS, "keeps the connection from outside of a loop to inside of one, and of another, and back", function(port)
    local transport = t.open()
    t.answered(transport, t.post(port))
    for _ = 1, 2 do
      local loop, response = t.row.loop(), nil
      loop.spawn(function() response = transport(t.post(port)) end)
      loop.run()
      assert.equal(200, response.status)
    end
    t.answered(transport, t.post(port))
    assert.equal(4, t.fault.arrivals())
    assert.equal(1, t.fault.connections())
  end)

  -- also if the program was busy before, and the loop has not read the clock since
  it("sleeps for the right time while the loop continues", function()
    local loop, transport, ticks, ticks_then = t.row.loop(), t.open(), 0, nil
    local started, ended
    loop.spawn(function()
      local now = transport.now()
      repeat started = transport.now() until started > now + 0.3
      transport.sleep(0.2)
      ended, ticks_then = transport.now(), ticks
    end)
    loop.spawn(function()
      for i = 1, 3 do
        loop.sleep(0.01)
        ticks = i
      end
    end)
    loop.run()
    assert.is_true(ended - started >= 0.199 and ended - started < 10)
    assert.is_true(ticks_then > 0)
  end)

  it("sends nothing if Lua 5.1 could not wait for the answer, and serves the next caller", function()
    local loop, transport = t.row.loop(), t.open()
    local firm = _VERSION == "Lua 5.1" and not rawget(_G, "jit")
    local ok, outcome, looped, problem, after
    loop.spawn(function()
      ok, outcome = pcall(transport, t.post(last))
      looped, problem = pcall(function()
        for _ in function() return transport(t.post(last)) and nil end do error "no end" end
      end)
      after = transport(t.post(last))
    end)
    loop.run()
    assert.equal(not firm, ok)
    assert.equal(not firm, looped)
    if firm then
      assert.equal("Lua 5.1 cannot wait in an event loop within pcall; nothing was sent", outcome)
      assert.truthy(problem:find "Lua 5.1 cannot wait")
    end
    assert.equal(200, after.status)
    assert.equal(firm and 1 or 3, t.fault.arrivals(firm and 1 or 3))
  end)

  it("raises after it was closed", function()
    local loop, transport, raised = t.row.loop(), t.open(), {}
    loop.spawn(function()
      transport(t.post(last))
      transport.close()
      for _, call in ipairs { transport, transport.start } do
        raised[#raised + 1] = select(2, pcall(call, t.post(last), 1))
      end
    end)
    loop.run()
    assert.equal(2, #raised)
    for _, text in ipairs(raised) do assert.truthy(tostring(text):find("attempt to use a closed transport", 1, true)) end
    assert.equal(1, t.fault.arrivals())
  end)

  it("gives waiting requests the error that it was closed, and that they may have been sent", function()
    local loop, transport, told = t.row.loop(), t.open(), {}
    t.fault.play("hang", "hang", "hang")
    for _ = 1, 3 do
      loop.spawn(function()
        local answer, text, details = transport(t.post(last))
        told[#told + 1] = { answer, text:find("closed", 1, true) ~= nil, rows.outcome(details) }
      end)
    end
    loop.spawn(function()
      loop.sleep(0.3)
      transport.close()
    end)
    loop.run()
    assert.equal(3, #told)
    for _, one in ipairs(told) do assert.same({ nil, true, LOST }, one) end
  end)
end, "loop")
