-- client:each over libcurl: it reports for each message the same as client:send, and loses no outcome after any error. Never
-- sends to another host.
local fault_server = require "spec.support.fault"
local whatsapp = require "whatsapp"

-- each row: the server's answers to the first requests, the number of messages, the options
local CASES = {
  { { "accept" }, 3 },
  { { "error 429 130429" }, 2 },
  { { "error 429 130429", "error 429 130429" }, 1, retry = { attempts = 2 } },
  { { "error 400 131026" }, 2 },
  { { "error 500 131000 1" }, 2 },
  { { "html 502" }, 2 },
  { { "ok" }, 2 },
  { { "close" }, 1 },
  { { "close" }, 1, retry = { may_send_twice = true } },
  { { "half-body" }, 1, retry = false },
  { { "silence" }, 1, timeout = 0.3 },
  { { "silence" }, 1, timeout = 0.6, retry = { may_send_twice = true, total = 1.5 } }, -- there is no time for a repetition
  { { "error 400 131047" }, 1, fallback = { template = { name = "n", language = { code = "en" } } } },
}

local FACTS = { "kind", "retryable", "may_have_been_sent", "http_status", "code", "attempts", "fallback" }

describe("client:each over libcurl", function()
  local fault, clients

  before_each(function() fault, clients = fault_server.start(), {} end)
  after_each(function()
    for _, client in ipairs(clients) do client:close() end
    fault.stop()
  end)

  local function open(port, changes)
    local options = {
      token = "tokentoken", phone_number_id = "1", base_url = fault.url(port, ""), ca_file = fault.ca_file, proxy = "",
      limiter = false,
    }
    for name, value in pairs(changes or {}) do options[name] = value end
    clients[#clients + 1] = whatsapp.new(options)
    return clients[#clients]
  end

  local function options_of(case)
    return { retry = case.retry, timeout = case.timeout, fallback = case.fallback }
  end

  local function facts_of(result, text, details)
    local facts = { id = result and result.messages[1].id, failed = type(text) }
    for _, name in ipairs(FACTS) do facts[name] = details[name] end
    return facts
  end

  local function messages(count)
    local list = {}
    for i = 1, count do list[i] = { to = "1", text = { body = "id " .. i } } end
    return list
  end

  local function by_send(client, case)
    local outcomes = {}
    for i, message in ipairs(messages(case[2])) do outcomes[i] = facts_of(client:send(message, options_of(case))) end
    return outcomes
  end

  local function by_each(client, case)
    local outcomes, given = {}, options_of(case)
    given.concurrency = 1
    local batch = client:each(messages(case[2]), given)
    for message, response, text, details in batch do
      outcomes[tonumber(message.text.body:match "%d+")] = facts_of(response, text, details)
    end
    assert.same({ 0, 0 }, { batch.alive, batch.in_flight })
    return outcomes
  end

  for _, case in ipairs(CASES) do
    it(("says what client:send says: %s%s"):format(table.concat(case[1], ", "), case.retry and " (retry)" or ""), function()
      local steps = table.concat(case[1], "\n") .. "\naccept\naccept\naccept"
      fault.play(steps)
      local expected = by_send(open "plain", case)
      local arrived = fault.arrivals(1)
      fault.play(steps)
      assert.same(expected, by_each(open "plain", case))
      assert.equal(arrived, fault.arrivals(arrived))
    end)
  end

  it("waits, and repeats messages that were not sent", function()
    local slow = open("closed", { retry = { attempts = 2, total = 5 } })
    local started = os.time()
    for _, response, text, details in slow:each(messages(3)) do
      assert.is_nil(response)
      assert.is_string(text)
      assert.same({ "transport", true, false, 2 },
        { details.kind, details.retryable, details.may_have_been_sent, details.attempts })
    end
    assert.is_true(os.time() - started < 5)
  end)

  it("returns an outcome for a message that is refused before sending, between others", function()
    fault.play("accept", "accept")
    local list = messages(4)
    list[2], list[3] = { to = "1", text = {} }, "no table"
    local outcomes = {}
    for message, response, _, details in open("h2"):each(list) do
      outcomes[message] = response and "sent" or details.kind .. " " .. details.attempts
    end
    assert.same({ [list[1]] = "sent", [list[2]] = "invalid 0", [list[3]] = "invalid 0", [list[4]] = "sent" }, outcomes)
  end)

  -- returns all outcomes of a batch, also if something is raised between them
  local function all_of(batch)
    local outcomes, raised = {}, 0
    while true do
      local ok, message, result, err, details = pcall(batch.next, batch)
      if ok and message == nil then return outcomes, raised end
      if ok then outcomes[#outcomes + 1] = { message, result and "sent" or err, details.may_have_been_sent }
      else raised = raised + 1 end
    end
  end

  it("loses no outcome if the user's code raises while an answer is read", function()
    fault.play_times(3, "accept")
    local batch = open("h1"):each(messages(3), { concurrency = 1 })
    local read, count = batch.plan.read, 0
    batch.plan.read = function(...)
      count = count + 1
      if count == 2 then error("not enough memory: tokentoken", 0) end
      return read(...)
    end
    local outcomes, raised = all_of(batch)
    for _, outcome in ipairs(outcomes) do outcome[1] = outcome[1].text.body end
    assert.same({ { "id 1", "sent" }, { "id 2", "an error was raised while the request was sent", true }, { "id 3", "sent" } }, outcomes)
    assert.equal(1, raised)
    assert.same({ 0, 0 }, { batch.alive, batch.in_flight })
  end)

  for _, changes in ipairs { {}, { log = function() end } } do
    local way = changes.log and ", with a log" or ""

    it("sends no message that is read after the batch was closed" .. way, function()
      fault.play_times(4, "accept")
      local list, given, batch, closed = messages(4), 0, nil, nil
      batch = open("h1", changes):each(function()
        given = given + 1
        if given == 3 then closed = batch:close() end
        return list[given]
      end, { concurrency = 4 })
      local message, response, text, details = batch:next()
      assert.same({ list[3], nil, "the batch was closed before the request was sent" }, { message, response, text })
      assert.is_false(details.may_have_been_sent)
      assert.is_nil((batch:next()))
      assert.equal(2, #closed)
      assert.equal(2, fault.arrivals(2))
    end)

    it("continues if its source waits for another batch" .. way, function()
      fault.play("error 400 131026", "accept", "accept")
      local client, given = open("h1", changes), 0
      local batch = client:each(function()
        given = given + 1
        if given == 1 then return messages(1)[1] end
        if given > 2 then return nil end
        for _, response in client:each(messages(2)) do assert.is_table(response) end
      end)
      local message, response, _, details = batch:next()
      assert.equal("id 1", message.text.body)
      assert.is_nil(response)
      assert.equal(131026, details.code)
      assert.is_nil((batch:next()))
    end)
  end

  it("waits for all fallbacks at once", function()
    fault.play("error 400 131047", "error 400 131047", "error 400 131047", "silence", "silence", "silence")
    local fallback = { template = { name = "n", language = { code = "en" } } }
    local started, count = os.time(), 0
    for _, response, _, details in open("h2"):each(messages(3), { fallback = fallback, timeout = 2 }) do
      assert.is_nil(response)
      assert.is_true(details.fallback and details.may_have_been_sent)
      count = count + 1
    end
    assert.equal(3, count)
    assert.is_true(os.time() - started < 4) -- two fallbacks, one after the other, would need this time
  end)

  -- as if there were no memory; the batch continues
  for name, began in pairs { ["before it left"] = false, ["while it left"] = true } do
    it("loses no outcome if the user's code raises while a message is begun, " .. name, function()
      fault.play_times(4, "accept")
      local list = messages(4)
      local batch = open("h1"):each(list, { concurrency = 2 })
      local count = 0
      local function third(call)
        return function(...)
          count = count + 1
          if count == 3 then
            if began then call(...) end
            error "out of memory"
          end
          return call(...)
        end
      end
      if began then batch.start = third(batch.start)
      else batch.state.steps = { third(batch.state.steps[1]) } end
      local outcomes, raised = all_of(batch)
      assert.equal(1, raised)
      assert.same({ 0, 0 }, { batch.alive, batch.in_flight })
      table.sort(outcomes, function(a, b) return a[1].text.body < b[1].text.body end)
      assert.equal(4, #outcomes)
      for i, outcome in ipairs(outcomes) do
        assert.equal(list[i], outcome[1])
        if i == 3 then
          assert.same({ ("an error was raised %s the request was sent"):format(began and "while" or "before"), began },
            { outcome[2], outcome[3] })
        else assert.equal("sent", outcome[2]) end
      end
      assert.equal(began and 4 or 3, fault.arrivals(began and 4 or 3))
    end)
  end

  it("keeps warnings, the stamp and the number of attempts", function()
    fault.play("accept", "error 429 130429", "accept")
    local list = messages(2)
    list[1].audio, list[1].text = { id = "1", caption = "c" }, nil
    list[2].audio, list[2].text = { id = "2", caption = "c" }, nil
    local attempts = {}
    for _, response, _, info in open("plain", { stamp = true }):each(list, { concurrency = 1 }) do
      assert.is_table(response)
      assert.equal("audio.caption", info.warnings[1].path)
      assert.is_string(info.stamp)
      attempts[#attempts + 1] = info.attempts
    end
    assert.same({ 1, 2 }, attempts)
  end)

  it("can be left early without a leak: each message that was begun has its outcome", function()
    fault.play "silence"
    local client = open("h2", { timeout = 1 })
    local batch = client:each(messages(100), { concurrency = 10, retry = false })
    local message = batch:next()
    assert.is_table(message)
    local left = batch:close()
    assert.is_true(#left >= 9 and #left <= 99)
    for _, outcome in ipairs(left) do assert.is_true(outcome.result ~= nil or outcome.details.may_have_been_sent) end
    assert.same({ 0, 0 }, { batch.alive, batch.in_flight })
    assert.is_nil(batch:next())
  end)

  it("begins no message after its client was closed, and reports which messages may have been sent", function()
    fault.play_times(20, "accept")
    local client, not_sent, told = open "h2", 0, 0
    local batch = client:each(messages(20), { concurrency = 4, retry = false })
    assert.is_table(select(2, batch:next()))
    client:close()
    for _, response, text, details in batch do
      told = told + 1
      if text == "the client was closed before the request was sent" then
        assert.is_false(details.may_have_been_sent)
        not_sent = not_sent + 1
      else
        assert.is_true(response ~= nil or details.may_have_been_sent, text)
      end
    end
    assert.equal(19, told)
    assert.is_true(not_sent >= 15 and not_sent < 19)
    assert.same({ 0, 0 }, { batch.alive, batch.in_flight })
  end)

  it("lets the body of the loop also send, and ask for a request, which holds no token", function()
    fault.play_times(20, "accept")
    local client, done = open "h2", 0
    for _, response in client:each(messages(5)) do
      assert.is_table(response)
      assert.is_table((client:send { to = "1", text = { body = "id 9" } }))
      local request = client:request { to = "1", text = { body = "x" } }
      assert.same({ ["Content-Type"] = "application/json" }, request.headers)
      assert.is_nil(request.waited)
      done = done + 1
    end
    assert.equal(5, done)
  end)
end)
