-- client:each and client:sequence over the memory transport, in virtual time: how many messages are under way at once, which
-- messages wait, and that each message has exactly one outcome. Never touches a network.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local BUSY = { status = 429, headers = {}, body = '{"error":{"code":130429,"message":"(#130429) Rate limit hit"}}' }

local count = 0
local function accepted()
  count = count + 1
  return { status = 200, headers = {}, body = ('{"messages":[{"id":"wamid.%d"}]}'):format(count) }
end

local function message(i, to)
  return { to = to or tostring(1000 + i), text = { body = "message " .. i } }
end

local function messages(n, to)
  local list = {}
  for i = 1, n do list[i] = message(i, to) end
  return list
end

local function body_of(request) return request.body:match '"body":"([^"]*)"' end

-- a memory transport that counts what is on its wire at once
local function counted(handle, given)
  local transport = memory.new(handle or accepted, given)
  local start, wait = transport.start, transport.wait
  transport.on_wire, transport.most = 0, 0
  function transport.start(request, slot)
    transport.on_wire = transport.on_wire + 1
    transport.most = math.max(transport.most, transport.on_wire)
    start(request, slot)
  end
  function transport.wait(seconds)
    local slot, response, err, details = wait(seconds)
    if slot ~= nil then transport.on_wire = transport.on_wire - 1 end
    return slot, response, err, details
  end
  return transport
end

local function new(transport, changes)
  local options = { token = "a-token-of-a-test", phone_number_id = "1", transport = transport, limiter = false }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options)
end

local function all(batch)
  local outcomes = {}
  for sent, result, err, details in batch do
    outcomes[#outcomes + 1] = { message = sent, result = result, err = err, details = details }
  end
  return outcomes
end

-- asserts that each message of the list has one outcome, and that there is no other outcome
local function each_once(list, outcomes)
  local seen = {}
  for _, outcome in ipairs(outcomes) do
    assert.is_nil(seen[outcome.message])
    seen[outcome.message] = true
    assert.are_not.equal(outcome.result == nil, outcome.err == nil)
    assert.is_table(outcome.details)
  end
  for _, one in ipairs(list) do assert.is_true(seen[one]) end
  assert.equal(#list, #outcomes)
end

describe("client:each", function()
  it("sends a list and returns each message with its outcome", function()
    local list, transport = messages(100), counted()
    local outcomes = all(new(transport):each(list))
    each_once(list, outcomes)
    assert.equal(100, #transport.requests)
    for _, outcome in ipairs(outcomes) do
      assert.is_string(outcome.result.messages[1].id)
      assert.equal(1, outcome.details.attempts)
    end
  end)

  it("has as many requests on the wire as allowed, and no more", function()
    local transport = counted(nil, { delay = 1 })
    assert.equal(100, #all(new(transport):each(messages(100), { concurrency = 7 })))
    assert.equal(7, transport.most)
    assert.equal(15, transport.slept) -- 100 / 7, rounded up
    transport = counted(nil, { delay = 1 })
    all(new(transport):each(messages(100)))
    assert.equal(32, transport.most)
  end)

  it("returns the messages in the order in which they end", function()
    local transport = memory.new(accepted, { delay = function(request) return 10 - tonumber(body_of(request):match "%d+") end })
    local order = {}
    for sent in new(transport):each(messages(5)) do order[#order + 1] = sent.text.body:match "%d" end
    assert.equal("54321", table.concat(order))
  end)

  it("accepts an iterator, and reads only as many messages as are under way", function()
    local read, done = 0, 0
    local transport = counted(nil, { delay = 1 })
    local function source()
      read = read + 1
      assert.is_true(read - done <= 6)
      if read <= 50 then return message(read) end
    end
    for _ in new(transport):each(source, { concurrency = 5 }) do done = done + 1 end
    assert.same({ 51, 50 }, { read, done })
  end)

  it("stops reading also if every message ends at once", function()
    local read, done = 0, 0
    local function source()
      read = read + 1
      assert.is_true(read - done <= 6)
      if read <= 50 then return { to = "1", text = {} } end
    end
    for _ in new(counted()):each(source, { concurrency = 5 }) do done = done + 1 end
    assert.equal(50, done)
  end)

  it("returns an outcome for a message that the core refuses and for a value that is no message, and sends the others", function()
    local transport = counted()
    local list = { message(1), { to = "2", text = {} }, "three", message(4) }
    local outcomes = all(new(transport):each(list))
    each_once(list, outcomes)
    assert.equal(2, #transport.requests)
    for _, outcome in ipairs(outcomes) do
      if not outcome.result then assert.same({ "invalid", false, 0 },
        { outcome.details.kind, outcome.details.may_have_been_sent, outcome.details.attempts }) end
    end
  end)

  it("continues while some messages wait for another attempt", function()
    local tries = {}
    local transport = counted(function(request)
      local body = body_of(request)
      tries[body] = (tries[body] or 0) + 1
      return body:find "5$" and tries[body] == 1 and BUSY or accepted()
    end)
    local list = messages(100)
    local outcomes = all(new(transport):each(list, { concurrency = 2 }))
    each_once(list, outcomes)
    assert.is_true(transport.slept < 2) -- ten waits of a second, at the same time
    for i, outcome in ipairs(outcomes) do
      assert.is_table(outcome.result)
      assert.equal(i > 90 and 2 or 1, outcome.details.attempts)
    end
  end)

  it("reports which messages may have been sent, and never repeats them", function()
    local transport = counted(function()
      return nil, "lost", { kind = "transport", retryable = false, may_have_been_sent = true }
    end)
    local outcomes = all(new(transport):each(messages(10)))
    assert.equal(10, #transport.requests)
    for _, outcome in ipairs(outcomes) do assert.is_true(outcome.details.may_have_been_sent) end
  end)

  it("reports its progress", function()
    local reports = {}
    local transport = counted(function(request)
      if body_of(request):find "3" then return { status = 400, headers = {}, body = '{"error":{"code":100}}' } end
      return accepted()
    end, { delay = 1 })
    all(new(transport):each(messages(4), { concurrency = 2, on_progress = function(p) reports[#reports + 1] = p end }))
    assert.equal(4, #reports)
    local last = reports[4]
    assert.same({ 4, 1, 4, 0, 2 }, { last.done, last.failed, last.total, last.in_flight, last.rate })
    all(new(transport):each(function() return nil end, { on_progress = error }))
  end)

  it("loses no outcome if on_progress raises, does not call it again, and reports the error", function()
    local asked, list = 0, messages(3)
    local outcomes = all(new(counted()):each(list, { on_progress = function()
      asked = asked + 1
      error "no more room"
    end }))
    each_once(list, outcomes)
    assert.equal(1, asked)
    assert.truthy(outcomes[1].details.progress_error:find "no more room")
    assert.is_nil(outcomes[2].details.progress_error)
  end)

  it("lets the body of the loop send too", function()
    local transport = counted(nil, { delay = 1 })
    local client, sent = new(transport), 0
    for _ in client:each(messages(10), { concurrency = 3 }) do
      assert(client:send(message(99)))
      sent = sent + 1
    end
    assert.same({ 10, 20 }, { sent, #transport.requests })
  end)

  it("works over a transport that answers one request after the other", function()
    local list, made = messages(20), 0
    each_once(list, all(new(function()
      made = made + 1
      return accepted()
    end):each(list)))
    assert.equal(20, made)
  end)

  it("turns an error in a hook or a transport into an outcome, and continues", function()
    local raised = 0
    local function before_send(request)
      if body_of(request):find "7" then
        raised = raised + 1
        error "no journal"
      end
    end
    local list, transport = messages(30), counted(nil, { delay = 1 })
    local outcomes = all(new(transport, { before_send = before_send }):each(list, { concurrency = 4 }))
    each_once(list, outcomes)
    assert.same({ 3, 27 }, { raised, #transport.requests })
    for _, outcome in ipairs(outcomes) do
      if not outcome.result then
        assert.truthy(outcome.err:find "no journal")
        assert.is_false(outcome.details.may_have_been_sent)
      end
    end
    outcomes = all(new(function() error "broken" end):each(list))
    each_once(list, outcomes)
    assert.is_true(outcomes[1].details.may_have_been_sent)
  end)

  it("shows no token in an error that a transport raises", function()
    local client = new(function(request) error("cannot send " .. request.headers.Authorization) end)
    for _, response, text in client:each(messages(2)) do
      assert.is_nil(response)
      assert.truthy(text:find("cannot send Bearer ***", 1, true), text)
    end
  end)

  it("raises the source's error; the messages under way can still be fetched", function()
    local read = 0
    local batch = new(counted(nil, { delay = 1 })):each(function()
      read = read + 1
      if read == 4 then error "the file is gone" end
      return message(read)
    end)
    local ok, problem = pcall(batch.next, batch)
    assert.is_false(ok)
    assert.truthy(tostring(problem):find "the file is gone")
    assert.equal(3, #all(batch))
    assert.equal(4, read)
  end)

  it("can be driven from a coroutine", function()
    local transport, got = counted(nil, { delay = 1 }), 0
    local co = coroutine.wrap(function()
      local batch = new(transport):each(messages(10))
      while batch:next() do got = got + 1 end
      return "done"
    end)
    assert.equal("done", co())
    assert.equal(10, got)
  end)

  it("passes the yields of the user's code to the user's loop", function()
    local batch
    local function token()
      coroutine.yield "a token, please"
      return "a-token-of-a-test"
    end
    local co = coroutine.create(function()
      batch = new(counted(), { token = token }):each { message(1), message(2) }
      return (batch:next() and 1 or 0) + (batch:next() and 1 or 0)
    end)
    local asked = 0
    local ok, value = coroutine.resume(co)
    while value == "a token, please" do
      asked = asked + 1
      ok, value = coroutine.resume(co)
    end
    assert.same({ true, 2, 2 }, { ok, value, asked })
  end)

  it("uses memory that does not grow with the messages", function()
    local transport = counted(nil, { delay = 0.01 })
    local list, peak, sent = transport.requests, 0, 0
    local one = message(1)
    local function source()
      sent = sent + 1
      for i = #list, 1, -1 do list[i] = nil end
      if sent <= 20000 then return one end
    end
    collectgarbage()
    local before = collectgarbage "count"
    for _ in new(transport):each(source) do
      if sent % 2000 == 0 then
        collectgarbage()
        peak = math.max(peak, collectgarbage "count" - before)
      end
    end
    assert.is_true(peak < 300)
  end)

  -- closes a client after the first outcome: messages on the wire get an outcome, and no other message is sent
  local function closed_meanwhile(changes)
    local list = messages(20, changes and changes.to)
    local transport = counted(nil, { delay = 1 })
    local client = new(transport, { limiter = changes and changes.limiter or false, retry = false })
    local outcomes, left = {}, nil
    for sent, result, err, details in client:each(list, { concurrency = 4 }) do
      outcomes[#outcomes + 1] = { message = sent, result = result, err = err, details = details }
      left = left or #transport.requests
      client:close()
    end
    each_once(list, outcomes)
    assert.equal(left, #transport.requests)
    return transport, outcomes
  end

  it("sends no message after the client was closed, and reports that the others were not sent", function()
    local transport, outcomes = closed_meanwhile()
    local answered = 0
    for _, outcome in ipairs(outcomes) do
      if outcome.result then answered = answered + 1
      else
        assert.equal("the client was closed before the request was sent", outcome.err)
        assert.same({ false, true }, { outcome.details.may_have_been_sent, outcome.details.retryable })
      end
    end
    assert.equal(#transport.requests, answered)
    assert.is_true(answered < 10)
  end)

  it("wakes messages that wait for a limit when the client is closed", function()
    for _, changes in ipairs { { limiter = { pair = { interval = 600, burst = 2 } }, to = "1" }, { limiter = { throughput = 0.01 } } } do
      local transport, outcomes = closed_meanwhile(changes)
      assert.is_true(transport.slept < 600)
      assert.is_false(outcomes[20].details.may_have_been_sent)
    end
  end)

  it("raises for a table that is no list, because some messages would not be sent", function()
    local client = new(counted())
    local wrong = {
      ["key t"] = message(1), ["nil at 2"] = { message(1), nil, message(3) }, ["nil at 1"] = { [3] = message(3) },
    }
    for expected, list in pairs(wrong) do
      for _, call in ipairs { function() client:each(list) end, function() client:sequence("1", list) end } do
        local ok, text = pcall(call)
        assert.is_false(ok)
        assert.truthy(text:find("batch_spec.lua:%d+: messages are a list.*" .. expected), text)
      end
    end
    local packed = setmetatable({ n = 1, message(1) }, {})
    assert.equal(1, #all(client:each(packed)))
    local virtual = setmetatable({}, { __index = function(_, i) return i <= 2 and message(i) or nil end })
    assert.equal(2, #all(client:each(virtual)))
  end)

  it("raises for wrong use", function()
    local client = new(counted())
    local whole = client:each {}
    for _, name in ipairs { "next", "close" } do
      local ok, text = pcall(function() whole[name]() end)
      assert.is_false(ok)
      assert.truthy(text:find("batch_spec.lua:%d+: call the functions of a batch with a colon"), text)
    end
    for _, wrong in ipairs { 5, "messages", true } do
      local ok, text = pcall(client.each, client, wrong)
      assert.is_false(ok)
      assert.truthy(text:find "messages are a list")
    end
    for name, value in pairs { concurrency = 1e300, on_progress = 1, mode = "x", window = 5 } do
      assert.is_false((pcall(client.each, client, {}, { [name] = value })))
    end
    assert.has_error(function()
      local batch
      client = new(counted(), { before_send = function() batch:next() end })
      batch = client:each { message(1) }
      local _, _, text = batch:next()
      error(text)
    end)
  end)

  it("shows no data in tostring", function()
    assert.equal("whatsapp.batch (0 done)", tostring((new(counted()):each {})))
  end)
end)

describe("batch:close", function()
  it("returns the messages on the wire, and reads no more messages", function()
    local transport, read = counted(nil, { delay = 1 }), 0
    local batch = new(transport):each(function()
      read = read + 1
      return message(read)
    end, { concurrency = 5 })
    for _ = 1, 3 do batch:next() end
    local before = read
    local outcomes = batch:close()
    assert.same({ before - 3, before, 0 }, { #outcomes, read, transport.on_wire })
    for _, outcome in ipairs(outcomes) do assert.is_table(outcome.result) end
    assert.same({}, batch:close())
    assert.is_nil(batch:next())
    assert.equal(read, #transport.requests)
  end)

  it("returns the failure of the last attempt for a message that waits for its next attempt", function()
    local transport = counted(function(request) return body_of(request):find "1$" and accepted() or BUSY end)
    local batch = new(transport):each { message(1), message(2) }
    assert.is_table(select(2, batch:next()))
    local outcomes = batch:close()
    assert.equal(1, #outcomes)
    assert.same({ 130429, 1, true }, { outcomes[1].details.code, outcomes[1].details.attempts, outcomes[1].details.retryable })
    assert.equal(2, #transport.requests)
    assert.equal(0, transport.slept)
  end)

  it("does not send messages that wait for a limit", function()
    local transport = counted()
    local client = new(transport, { limiter = { pair = { interval = 6, burst = 1 } } })
    local list = messages(5, "1")
    list[6] = message(6, "2")
    local batch, got = client:each(list), {}
    for _ = 1, 2 do got[#got + 1] = { message = batch:next() } end
    for _, outcome in ipairs(batch:close()) do
      got[#got + 1] = outcome
      assert.is_nil(outcome.result)
      assert.same({ "transport", true, false },
        { outcome.details.kind, outcome.details.retryable, outcome.details.may_have_been_sent })
    end
    assert.equal(2, #transport.requests)
    assert.equal(6, #got)
  end)

  if _VERSION == "Lua 5.4" then
    it("is called when a loop is left early", function()
      local transport = counted(nil, { delay = 1 })
      local run = assert(load([[local client, list = ...
        for _ in client:each(list, { concurrency = 4 }) do break end]]))
      run(new(transport), messages(100))
      assert.equal(0, transport.on_wire)
      assert.is_true(#transport.requests <= 5)
    end)
  end
end)

describe("the pair limit", function()
  local PAIR = { limiter = { pair = { interval = 6, burst = 2 }, throughput = 1000 } }

  it("delays only its recipient, and keeps the order of each recipient", function()
    local transport = counted(nil, { delay = 0.1 })
    local list = {}
    for i = 1, 5 do list[#list + 1] = message(i, "the same") end
    for i = 6, 25 do list[#list + 1] = message(i) end
    local ended, order = {}, {}
    for sent in new(transport, PAIR):each(list, { concurrency = 3 }) do
      ended[#ended + 1] = transport.slept
      if sent.to == "the same" then order[#order + 1] = sent.text.body:match "%d+" end
    end
    assert.equal("12345", table.concat(order))
    assert.is_true(ended[22] < 2)
    assert.is_true(ended[25] >= 18 and ended[25] < 19)
  end)

  it("keeps the order of a recipient when one of the messages is tried again", function()
    local transport = counted(function(request)
      if body_of(request) == "message 1" and #body_of(request) > 0 and count % 2 == 0 then
        count = count + 1
        return BUSY
      end
      return accepted()
    end)
    local order = {}
    for sent in new(transport, { limiter = { pair = { interval = 1, burst = 9 } } }):each(messages(3, "1")) do
      order[#order + 1] = sent.text.body:match "%d"
    end
    assert.equal("123", table.concat(order))
  end)

  it("lets a limited number of messages wait, then reads no further", function()
    local read, transport = 0, counted()
    local client = new(transport, { limiter = { pair = { interval = 6, burst = 1 }, window = 10 } })
    local batch = client:each(function()
      read = read + 1
      return message(read, "the same")
    end, { concurrency = 2 })
    assert(batch:next())
    assert.is_true(read <= 13)
    assert(batch:next())
    assert.is_true(read <= 14)
    batch:close()
  end)
end)

describe("client:sequence", function()
  it("sends in order, each message after the earlier message was accepted", function()
    local transport = memory.new(accepted)
    local results = assert(new(transport):sequence("16505551234", { { text = { body = "1" } }, { text = { body = "2" } } }))
    assert.equal(2, #results)
    assert.same({ "1", "2" }, { body_of(transport.requests[1]), body_of(transport.requests[2]) })
    assert.equal("16505551234", transport.requests[2].to)
  end)

  it("stops at the first failure, and returns its index and the results before it", function()
    local transport = memory.new { accepted(), { status = 400, headers = {}, body = '{"error":{"code":131026,"message":"no"}}' } }
    local list = { { text = { body = "1" } }, { text = { body = "2" } }, { text = { body = "3" } } }
    local results, text, details = new(transport):sequence("1", list)
    assert.is_nil(results)
    assert.truthy(text:find "^message 2 of 3: ")
    assert.same({ 2, 1, 131026 }, { details.index, #details.results, details.code })
    assert.is_nil(list[1].to)
    assert.equal(2, #transport.requests)
  end)

  it("raises for wrong use", function()
    local client = new(memory.new {})
    assert.has_error(function() client:sequence(true, {}) end)
    assert.has_error(function() client:sequence("1", "text") end)
    assert.has_error(function() client:sequence("1", { "text" }) end)
  end)
end)
