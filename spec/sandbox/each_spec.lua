-- Sends thousands of messages through a box with faults of each kind: answers are lost, webhooks come twice, late and in another order.
-- At the end, the tracker has the same list of messages as the box. In this process, in virtual time.
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local RUNS = { { seed = 1, count = 10000 }, { seed = 7, count = 1000 } }
local ANSWERS = { "hang", "reset", "refuse", "truncated", "html", "slow", "late", "throttle", "error", "token_expired" }
local WEBHOOKS = { "twice", "reverse", "late", "drop", "garble", "batch" }

-- returns a source of messages to a thousand users; each message has a stamp
local function messages(count)
  local i = 0
  return function()
    i = i + 1
    if i > count then return nil end
    return {
      to = ("1650555%04d"):format(i % 1000), text = { body = "number " .. i }, biz_opaque_callback_data = "stamp" .. i,
    }
  end
end

local function new_box(seed, tracker)
  local handle = whatsapp.webhook.handler {
    app_secret = "s", verify_token = "v", on = { status = function(event) tracker:feed(event) end },
  }
  local box = sandbox.new { app_secret = "s", webhook = handle, seed = seed, kept = 10000 }
  for _, what in ipairs(ANSWERS) do
    box.chaos:add { on = "answer", what = what, rate = 0.01, code = what == "error" and 131000 or nil }
  end
  for _, what in ipairs(WEBHOOKS) do box.chaos:add { on = "webhook", what = what, rate = 0.02 } end
  box.chaos:add { on = "status", what = "fail", rate = 0.01, code = 131026 }
  return box
end

-- sends all messages; returns stamp -> outcome
local function send_all(box, tracker, count)
  local client = whatsapp.new { token = "t", phone_number_id = "1", transport = box.transport }
  local outcomes = {}
  for message, result, err, details in client:each(messages(count), { concurrency = 50 }) do
    tracker:sent(result, err, details)
    outcomes[message.biz_opaque_callback_data] = { id = result and result.messages[1].id, err = err, details = details }
  end
  return outcomes
end

-- Returns the ids of the wrong messages, and stamp -> id of the message that the box accepted. A message is wrong if box and tracker
-- have another status of it, or if the box has accepted its stamp twice.
local function wrong_in(box, tracker)
  local taken, wrong = {}, {}
  for _, entry in ipairs(box.messages) do
    local stamp = entry.message.biz_opaque_callback_data
    local by_id, by_stamp = tracker:state(entry.id), tracker:state(stamp)
    local is_right = by_id and by_id == by_stamp and by_id.id == entry.id and by_id.status == entry.status
    if not is_right or taken[stamp] then wrong[#wrong + 1] = entry.id end
    taken[stamp] = entry.id
  end
  return wrong, taken
end

describe("ten thousand messages through faults of each kind", function()
  for _, run in ipairs(RUNS) do
    it(("give the tracker the same list as the box: %d with seed %d"):format(run.count, run.seed), function()
      local tracker = whatsapp.status.tracker()
      local box = new_box(run.seed, tracker)
      local outcomes = send_all(box, tracker, run.count)
      box.clock:advance(8 * 86400)
      local wrong, taken = wrong_in(box, tracker)
      assert.same({}, wrong)
      local unknown, told_wrong = 0, {}
      for stamp, outcome in pairs(outcomes) do
        if outcome.id ~= taken[stamp] then
          unknown = unknown + 1
          if outcome.id or not outcome.details.may_have_been_sent then told_wrong[#told_wrong + 1] = outcome.err or outcome.id end
        end
      end
      assert.same({}, told_wrong)
      assert.is_true(unknown > run.count * 0.03, unknown)
      assert.equal(0, box.waiting.count)
      for _, rule in ipairs(box.chaos:list()) do assert.is_true(rule.fired > 0, rule.what) end
    end)
  end

  it("have the same result with the same seed", function()
    local lines = {}
    for run = 1, 2 do
      local tracker = whatsapp.status.tracker()
      local box = new_box(3, tracker)
      local outcomes = send_all(box, tracker, 300)
      box.clock:advance(8 * 86400)
      local list = {}
      for stamp, outcome in pairs(outcomes) do list[#list + 1] = ("%s %s %s"):format(stamp, tostring(outcome.id), tostring(outcome.err)) end
      table.sort(list)
      lines[run] = table.concat(list, "\n")
    end
    assert.equal(lines[1], lines[2])
  end)

  it("have answers and webhooks of many lengths, which LuaJIT hashes fast", function()
    local MANY = 200
    local lengths = { answer = {}, webhook = {} }
    local function count(kind, text) lengths[kind][#text] = (lengths[kind][#text] or 0) + 1 end
    local box = sandbox.new { webhook = function(request)
      count("webhook", request.body)
      return { status = 200, headers = {}, body = "" }
    end }
    local body = '{"messaging_product":"whatsapp","to":"16505551234","type":"text","text":{"body":"x"}}'
    for _ = 1, MANY do
      local response = box.handle {
        method = "POST", url = "/v26.0/106540352242922/messages", body = body,
        headers = { ["content-type"] = "application/json", authorization = "Bearer t" },
      }
      assert.equal(200, response.status, response.body)
      count("answer", response.body)
    end
    box.clock:advance(1)
    for kind, counts in pairs(lengths) do
      local all = 0
      for _, number in pairs(counts) do
        assert.is_true(number <= MANY / 20, kind)
        all = all + number
      end
      assert.equal(kind == "answer" and MANY or 2 * MANY, all)
    end
  end)
end)
