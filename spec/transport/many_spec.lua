-- Many requests at once over each transport: start() and wait(), which a batch uses. The same cases for all transports, and cases
-- of inboxes for the transports that have inboxes. Never sends to another host.
local rows = require "spec.transport.rows"

local LOST, REFUSED = rows.LOST, rows.REFUSED
local CLOSED = "the transport was closed before the answer came; the request may have been sent"

rows.describe("has many under way, and", function(t)
  local function numbered(number, changes)
    local request = t.post("h1", { body = ('{"text":{"body":"id %d"}}'):format(number) })
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  -- returns all answers of the next seconds: slot -> answer
  local function wait_for(count, transport, inbox, seconds)
    local answers, deadline = {}, transport.now() + (seconds or 10)
    while count > 0 and transport.now() < deadline do
      local slot, response, err, details = transport.wait(1, inbox)
      if slot ~= nil then
        assert.is_nil(answers[slot])
        answers[slot], count = { response, err, details }, count - 1
      end
    end
    assert.equal(0, count)
    return answers
  end

  it("returns each slot with the answer to its request", function()
    local transport = t.open()
    t.fault.play_times(20, "gather 20")
    for i = 1, 20 do assert.equal(0, select("#", transport.start(numbered(i), i))) end
    local answers = wait_for(20, transport)
    for i = 1, 20 do assert.equal(200, answers[i][1].status) end
    assert.equal(20, t.fault.arrivals())
    for i = 1, 20 do assert.equal(1, #t.fault.messages()[i]) end
    assert.equal(0, select("#", transport.wait(0)))
  end)

  it("returns an immediate failure like every other answer", function()
    local transport = t.open()
    for i, changes in ipairs { { url = "ftp://127.0.0.1/" }, { method = "a b" }, { headers = { ["a b"] = "c" } }, { url = "" } } do
      transport.start(numbered(1, changes), "refused " .. i, "here")
    end
    transport.start(numbered(2), "sent", "here")
    local answers = wait_for(5, transport, "here")
    for i = 1, 4 do assert.same(REFUSED, rows.outcome(answers["refused " .. i][3])) end
    assert.equal(200, answers.sent[1].status)
    assert.equal(1, t.fault.arrivals())
  end)

  it("returns nothing when time is over, and the answer to the next call", function()
    local transport = t.open()
    t.fault.play("hang", "ok")
    transport.start(numbered(1, { timeout = 1 }), "late")
    for _, seconds in ipairs { 0, 0.2 } do
      local started = transport.now()
      assert.equal(0, select("#", transport.wait(seconds)))
      local took = transport.now() - started
      assert.is_true(took >= seconds * 0.9 and took < seconds + 2)
    end
    local answers = wait_for(1, transport)
    assert.same(LOST, rows.outcome(answers.late[3]))
    assert.equal(0, select("#", transport.wait(0)))
  end)

  it("accepts a single request meanwhile", function()
    local transport = t.open()
    t.fault.play("gather 3", "gather 3", "gather 3")
    transport.start(numbered(1), 1, "here")
    transport.start(numbered(2), 2, "here")
    assert.equal(200, t.answered(transport, numbered(3)).status)
    local answers = wait_for(2, transport, "here")
    assert.same({ 200, 200 }, { answers[1][1].status, answers[2][1].status })
  end)

  it("gives every request an outcome when it is closed, and then returns nothing", function()
    local transport = t.open()
    t.fault.play("ok", "hang", "hang")
    transport.start(numbered(1), 1, "one")
    assert.equal(200, wait_for(1, transport, "one")[1][1].status)
    transport.start(numbered(2), 2, "one")
    transport.start(numbered(3), 3, "other")
    transport.close()
    transport.close()
    local answers = wait_for(t.lacks.inboxes and 2 or 1, transport, "one", 1)
    if not t.lacks.inboxes then answers[3] = wait_for(1, transport, "other", 1)[3] end
    for i = 2, 3 do
      assert.equal(CLOSED, answers[i][2])
      assert.same(LOST, rows.outcome(answers[i][3]))
    end
    for _, inbox in ipairs { "one", "other", "unheard of" } do assert.equal(0, select("#", transport.wait(5, inbox))) end
    for _, call in ipairs { transport, transport.start } do
      local ok, err = pcall(call, numbered(4), 4)
      assert.is_false(ok)
      assert.truthy(tostring(err):find("attempt to use a closed transport", 1, true))
    end
  end)

  it("raises for wrong use, and begins nothing", function()
    local transport = t.open()
    local wrong = {
      { "no table", 1, "the request must be a table" }, { numbered(1, { timeout = -1 }), 1, "timeout" },
      { numbered(1), nil, "slot" }, { numbered(1, { body_file = "x" }), 1, "a request has one of body, body_file and form" },
    }
    for _, case in ipairs(wrong) do
      local ok, err = pcall(transport.start, case[1], case[2])
      assert.is_false(ok)
      assert.truthy(tostring(err):find(case[3], 1, true))
    end
    assert.equal(0, select("#", transport.wait(0)))
    assert.equal(0, t.fault.arrivals())
  end)

  it("does not change a request, and accepts the same tables again", function()
    local transport = t.open()
    local headers = { Authorization = "Bearer x", ["Content-Type"] = "application/json" }
    for i = 1, 3 do
      local request = numbered(i, { headers = headers })
      local before = {}
      for name, value in pairs(request) do before[name] = value end
      transport.start(request, i)
      assert.equal(200, wait_for(1, transport)[i][1].status)
      assert.same(before, request)
      assert.same({ Authorization = "Bearer x", ["Content-Type"] = "application/json" }, headers)
    end
  end)

  if not t.lacks.inboxes then
    it("returns an answer to the inbox of its request, and to no other", function()
      local transport = t.open()
      t.fault.play_times(8, "gather 8")
      for i = 1, 8 do transport.start(numbered(i), i, i % 2 == 0 and "even" or i > 4 and "high" or nil) end
      assert.equal(0, select("#", transport.wait(0.01, "none")))
      for slot in pairs(wait_for(4, transport, "even")) do assert.equal(0, slot % 2) end
      for slot in pairs(wait_for(2, transport, "high")) do assert.is_true(slot == 5 or slot == 7) end
      for slot in pairs(wait_for(2, transport)) do assert.is_true(slot == 1 or slot == 3) end
    end)
  end

  if not t.row.home then
    it("accepts any value as a slot, and any value as an inbox", function()
      local transport = t.open()
      t.fault.play_times(4, "ok")
      local slots = { {}, true, 1.5, coroutine.create(function() end) }
      for _, slot in ipairs(slots) do transport.start(numbered(1), slot, slots) end
      local answers = wait_for(#slots, transport, slots)
      for _, slot in ipairs(slots) do assert.equal(200, answers[slot][1].status) end
    end)

    it("keeps nothing of a slot, a request or an inbox once the answer was fetched", function()
      local transport = t.open()
      local weak = setmetatable({}, { __mode = "v" })
      local function send()
        local slot, request, inbox = {}, numbered(1), {}
        weak[1], weak[2], weak[3] = slot, request, inbox
        transport.start(request, slot, inbox)
        assert.equal(200, wait_for(1, transport, inbox)[slot][1].status)
      end
      send()
      transport(numbered(2))
      for _ = 1, 3 do collectgarbage() end
      assert.same({}, weak)
    end)
  end
end)
