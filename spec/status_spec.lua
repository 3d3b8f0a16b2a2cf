-- The tracker: any order and any number of the same statuses give the same states; it waits for a status; it settles unknown
-- sends.
local memory = require "whatsapp.transport.memory"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local WORDS = { "accepted", "sent", "delivered", "read", "played", "failed", "warning" }

local function status(id, word, more)
  local event = { kind = "status", id = id, status = word, timestamp = 100 }
  for name, value in pairs(more or {}) do event[name] = value end
  return event
end

-- returns everything that a tracker knows about these messages, as text
local function told(tracker, ids, participants)
  local parts = {}
  local function add(state)
    if not state then return end
    local at = {}
    for _, word in ipairs(WORDS) do at[#at + 1] = tostring(state.at[word]) end
    parts[#parts + 1] = table.concat({ tostring(state.id), state.status, table.concat(at, ","), tostring(state.text),
      tostring(state.details and state.details.code), tostring(state.stamp), tostring(state.details and state.details.stamp) }, "|")
  end
  for _, id in ipairs(ids) do
    add(tracker:state(id))
    for _, participant in ipairs(participants) do add(tracker:state(id, participant)) end
  end
  return table.concat(parts, "\n")
end

describe("a tracker", function()
  it("only moves forward", function()
    local tracker = whatsapp.status.tracker()
    assert.is_true(tracker:feed(status("a", "delivered", { timestamp = 3 })))
    assert.is_false(tracker:feed(status("a", "sent", { timestamp = 2 })))
    assert.is_false(tracker:feed(status("a", "delivered", { timestamp = 4 })))
    assert.same({ "delivered", 2, 3 }, { tracker:state("a").status, tracker:state("a").at.sent, tracker:state("a").at.delivered })
    assert.is_true(tracker:feed(status("a", "read")))
    assert.is_false(tracker:feed(status("a", "of_tomorrow")))
    assert.is_true(tracker:feed(status("a", "failed", { text = "no", details = { kind = "api", code = 131026 } })))
    assert.is_false(tracker:feed(status("a", "played")))
    assert.same({ "failed", "no", 131026 }, { tracker:state("a").status, tracker:state("a").text, tracker:state("a").details.code })
    for _, event in ipairs { { kind = "message", id = "a" }, { kind = "status" }, { kind = "status", id = "b" }, {} } do
      assert.is_false(tracker:feed(event))
    end
    assert.is_nil(tracker:state "b")
  end)

  it("has the same states after any permutation and duplication of a stream", function()
    math.randomseed(11)
    local ids, participants = { "a", "b", "c" }, { "1", "2" }
    for _ = 1, 300 do
      local stream = {}
      for _ = 1, math.random(1, 14) do
        local word, id = WORDS[math.random(#WORDS)], ids[math.random(3)]
        local code = math.random(3)
        stream[#stream + 1] = status(id, word, {
          timestamp = math.random(4) > 1 and math.random(5) or nil, participant = participants[math.random(5)],
          stamp = math.random(2) == 1 and "stamp of " .. id or nil,
          text = word == "failed" and "text " .. code or nil, details = word == "failed" and { kind = "api", code = code } or nil,
        })
      end
      local first, second = whatsapp.status.tracker(), whatsapp.status.tracker()
      for _, event in ipairs(stream) do first:feed(event) end
      local many = {}
      for _, event in ipairs(stream) do
        for _ = 1, math.random(3) do table.insert(many, math.random(#many + 1), event) end
      end
      for _, event in ipairs(many) do second:feed(event) end
      assert.equal(told(first, ids, participants), told(second, ids, participants))
    end
  end)

  it("keeps the participants of a group apart", function()
    local tracker = whatsapp.status.tracker()
    tracker:feed(status("g", "sent"))
    tracker:feed(status("g", "read", { participant = "1" }))
    tracker:feed(status("g", "failed", { participant = "2" }))
    assert.same({ "sent", "read", "failed" }, { tracker:state("g").status, tracker:state("g", "1").status, tracker:state("g", "2").status })
    assert.is_nil(tracker:state("g", "3"))
  end)

  local function count(names)
    local total = 0
    for _ in pairs(names) do total = total + 1 end
    return total
  end

  it("is bounded, also with several stamps of one message, and reports which states it forgets", function()
    local forgotten = {}
    local tracker = whatsapp.status.tracker { max = 3, on_forget = function(state) forgotten[#forgotten + 1] = state.id end }
    for i = 1, 50 do
      for _, stamp in ipairs { "s" .. i, "t" .. i } do -- two stamps of one id
        tracker:feed(status("m" .. i, "sent", { stamp = stamp }))
      end
    end
    assert.same({ 3, 3, 3 }, { tracker.states.count, count(tracker.by_id), count(tracker.by_stamp) })
    assert.equal("sent", tracker:state("m50").status)
    assert.is_nil(tracker:state "m1")
    assert.same({ 47, "m1", "m47" }, { #forgotten, forgotten[1], forgotten[47] })
    for i = 1, 50 do tracker:feed(status("g", "read", { participant = "p" .. i })) end
    assert.equal(3, tracker.states.count)
    assert.is_true(count(tracker:state("g") and tracker:state("g").participants or {}) <= 3)
  end)

  it("forgets a message a month after its last status", function()
    local now, forgotten = 0, 0
    local tracker = whatsapp.status.tracker { now = function() return now end, on_forget = function() forgotten = forgotten + 1 end }
    tracker:feed(status("a", "sent", { stamp = "s" }))
    now = 20 * 86400
    tracker:feed(status("a", "delivered"))
    now = 49 * 86400
    tracker:feed(status("b", "sent"))
    assert.equal("delivered", tracker:state("a").status)
    now = 51 * 86400
    tracker:feed(status("c", "sent"))
    assert.same({ 0, 2, 0 }, { forgotten, count(tracker.by_id), count(tracker.by_stamp) })
    assert.is_nil(tracker:state "s")
  end)

  it("accepts the values that a send returned, and returns them", function()
    local tracker = whatsapp.status.tracker()
    local client = whatsapp.new { token = "t", phone_number_id = "1", stamp = true, transport = memory.new {
      { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' },
      { text = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } },
      { status = 400, headers = {}, body = '{"error":{"code":131026,"message":"no"}}' },
    } }
    local message = { to = "1", text = { body = "x" } }
    local sent, _, info = tracker:sent(client:send(message))
    assert.equal("wamid.1", sent.messages[1].id)
    assert.equal("accepted", tracker:state("wamid.1").status)
    assert.equal(tracker:state "wamid.1", tracker:state(info.stamp))
    local nothing, text, lost = tracker:sent(client:send(message))
    assert.same({ nil, "string" }, { nothing, type(text) })
    assert.equal("unknown", tracker:state(lost.stamp).status)
    local _, _, refused = tracker:sent(client:send(message))
    assert.same({ "failed", 131026 }, { tracker:state(refused.stamp).status, tracker:state(refused.stamp).details.code })
    -- the stamp settles an unknown send
    tracker:feed(status("wamid.2", "delivered", { stamp = lost.stamp }))
    assert.same({ "delivered", "wamid.2" }, { tracker:state(lost.stamp).status, tracker:state(lost.stamp).id })
    assert.equal(tracker:state "wamid.2", tracker:state(lost.stamp))
    -- the same stamp may be sent again after a refusal
    tracker:feed(status("wamid.3", "sent", { stamp = refused.stamp }))
    assert.equal("sent", tracker:state(refused.stamp).status)
    tracker:sent(nil, "x", nil)
    tracker:sent({ success = true }, nil, {})
  end)

  it("joins a state with an id and a state with a stamp", function()
    local tracker = whatsapp.status.tracker()
    tracker:sent(nil, "lost", { kind = "transport", may_have_been_sent = true, stamp = "s" })
    tracker:feed(status("m", "delivered"))
    assert.equal("unknown", tracker:state("s").status)
    tracker:feed(status("m", "sent", { stamp = "s" }))
    assert.same({ "delivered", "delivered" }, { tracker:state("s").status, tracker:state("m").status })
  end)

  it("recognizes a participant whose id has changed, in any order", function()
    for order = 1, 2 do
      local tracker = whatsapp.status.tracker()
      local learned = { kind = "message", type = "system", previous_user_id = "US.1", from_user_id = "US.2" }
      tracker:feed(status("g", "delivered", { participant = "US.1" }))
      if order == 1 then assert.is_false(tracker:feed(learned)) end
      tracker:feed(status("g", "read", { participant = "US.2" }))
      if order == 2 then tracker:feed(learned) end
      assert.same({ "read", "read" }, { tracker:state("g", "US.1").status, tracker:state("g", "US.2").status })
      assert.is_nil(tracker:state("g", "US.3"))
    end
  end)

  it("does not mix messages that share a stamp", function()
    local tracker = whatsapp.status.tracker()
    tracker:feed(status("m", "failed", { stamp = "campaign" }))
    tracker:feed(status("n", "read", { stamp = "campaign" }))
    assert.same({ "failed", "read" }, { tracker:state("m").status, tracker:state("n").status })
  end)
end)

describe("await", function()
  -- a tracker whose sleep feeds one event of the stream
  local function waiting(stream)
    local tracker, slept, at = nil, 0, 0
    tracker = whatsapp.status.tracker { interval = 1, sleep = function(seconds)
      slept, at = slept + seconds, at + 1
      if stream[at] then tracker:feed(stream[at]) end
    end }
    return tracker, function() return slept end
  end

  it("returns when the status is reached, or a later one", function()
    local tracker, slept = waiting { status("a", "sent"), status("a", "read") }
    assert.equal("read", assert(tracker:await("a", "delivered", 10)).status)
    assert.equal(2, slept())
    assert.equal("read", assert(tracker:await("a", "sent", 10)).status)
    assert.equal(2, slept())
  end)

  it("returns a failure after a 200 with the details of a failed send", function()
    local raw = webhooks.status("a", "failed", { biz_opaque_callback_data = "s",
      errors = { { code = 131049, message = "Not delivered", error_data = { details = "healthy ecosystem" } } } })
    local events = assert(whatsapp.webhook.parse(webhooks.body { statuses = { raw } }))
    local tracker = waiting { status("a", "sent"), events[1] }
    local state, text, details = tracker:await("a", "delivered", 10)
    local _
    assert.is_nil(state)
    assert.equal("Not delivered: healthy ecosystem (code 131049)", text)
    assert.same({ "api", 131049, "Not delivered", "healthy ecosystem", false, false, "s" }, { details.kind, details.code, details.message,
      details.reason, details.retryable, details.may_have_been_sent, details.stamp })
    local untold
    tracker = waiting { status("b", "failed") }
    _, text, untold = tracker:await("b", "delivered", 10)
    assert.same({ "string", "api", false }, { type(text), untold.kind, untold.may_have_been_sent })
  end)

  it("gives up in time, and reports the status that was reached", function()
    local tracker, slept = waiting { status("a", "sent") }
    local state, text, details = tracker:await("a", "delivered", 2.5)
    local _
    assert.is_nil(state)
    assert.same({ 2.5, "sent", "transport", true }, { slept(), details.status, details.kind, details.may_have_been_sent })
    assert.is_truthy(text:find "delivered")
    _, _, details = tracker:await("nobody", "sent", 0)
    assert.equal("unknown", details.status)
  end)

  it("waits for a participant, and for a stamp", function()
    local tracker = waiting { status("g", "read", { participant = "1" }), status("m", "sent", { stamp = "s" }) }
    assert.equal("read", assert(tracker:await("g", "read", 5, "1")).status)
    assert.equal("m", assert(tracker:await("s", "sent", 5)).id)
  end)

  it("raises for a status that can never come", function()
    assert.has_error(function() whatsapp.status.tracker():await("a", "sent", 1) end)
    assert.has_error(function() waiting({}):await("a", "senT", 1) end)
    assert.has_error(function() whatsapp.status.tracker { sleep = 5 } end)
  end)
end)

describe("client:message_history", function()
  local HISTORY = '{"data":[{"id":"h","message_id":"wamid.1","events":{"data":[{"delivery_status":"SENT","timestamp":"5"},'
    .. '{"delivery_status":"READ","webhook_update_state":"FAILED","timestamp":7}]}}]}'

  it("asks the API, repeats if a repetition helps, and the tracker reads the answer", function()
    local transport = memory.new { { status = 503, body = "" }, { status = 200, headers = {}, body = HISTORY } }
    local client = whatsapp.new { token = "t-of-a-test", phone_number_id = "106", transport = transport }
    local history, _, info = client:message_history("wamid.1+/=", { limit = 50, after = "c d" })
    assert.equal(2, info.attempts)
    local request = transport.requests[2]
    assert.same({ "GET", "Bearer t-of-a-test" }, { request.method, request.headers.Authorization })
    assert.is_nil(request.body)
    assert.equal("https://graph.facebook.com/v26.0/106/message_history?message_id=wamid.1%2B%2F%3D&fields=id%2Cmessage_id%2Cevents"
      .. "%7Bdelivery_status%2Cwebhook_update_state%2Ctimestamp%7D&limit=50&after=c%20d", request.url)
    local tracker = whatsapp.status.tracker()
    assert.is_true(tracker:history(history))
    assert.same({ "read", 5, 7 }, { tracker:state("wamid.1").status, tracker:state("wamid.1").at.sent, tracker:state("wamid.1").at.read })
    for _, odd in ipairs { {}, { data = 5 }, { data = { 5, { events = { data = { 5, {} } } } } } } do assert.is_false(tracker:history(odd)) end
  end)

  it("is answered by the sandbox", function()
    local box, tracker = require("whatsapp.sandbox").new(), whatsapp.status.tracker()
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = box.handle }
    local sent = assert(tracker:sent(client:send { to = "1", text = { body = "x" } }))
    tracker:history(assert(client:message_history(sent.messages[1].id)))
    assert.equal("sent", tracker:state(sent.messages[1].id).status)
    assert.is_nil((client:message_history "wamid.unknown"))
  end)

  it("reports an error of the API", function()
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = memory.new {
      { status = 400, headers = {}, body = '{"error":{"code":100,"message":"no"}}' } } }
    local history, _, details = client:message_history "x"
    assert.same({ nil, 100 }, { history, details.code })
    assert.has_error(function() client:message_history() end)
  end)
end)
