-- print(result), print(info) and print(details) show useful lines without a secret; the tables stay plain.
local cjson = require "cjson"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local TOKEN = "a-token-of-a-test"

local function new(answers, changes)
  local options = { token = TOKEN, phone_number_id = "1", transport = memory.new(answers), retry = false }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options)
end

local function answer(status, body) return { status = status, headers = { ["x-fb-trace-id"] = "T1" }, body = body } end

local TEXT = { to = "16505551234", text = { body = "x" } }
local ACCEPTED = answer(200, '{"contacts":[{"input":"+1 650 555 1234","wa_id":"16505551234"}],"messages":[{"id":"wamid.1",'
  .. '"message_status":"accepted"}]}')

describe("print", function()
  it("shows the message and the facts of sending it", function()
    local sent, _, info = new { ACCEPTED }:send { to = "16505551234", audio = { id = "1", caption = "x" } }
    assert.equal("wamid.1 to 16505551234 (accepted)", tostring(sent))
    assert.truthy(tostring(info):find("HTTP 200, attempts: 1, trace T1", 1, true))
    assert.truthy(tostring(info):find("\n  warning: audio.caption: ", 1, true))
    assert.equal("done", tostring((new { answer(200, '{"success":true}') }:mark_read "wamid.1")))
  end)

  it("shows every problem of a message, a line each", function()
    local _, _, details = new {}:send { to = "1", text = { bdy = "x" }, foo = 1 }
    local lines = tostring(details)
    for _, problem in ipairs(details.problems) do assert.truthy(lines:find("\n  " .. problem.message, 1, true)) end
    assert.equal(3, #details.problems)
  end)

  -- failures: an answer, options of the client; words that must be in the first line, and in the others
  local FAILURES = {
    { answer(400, '{"error":{"code":131047,"message":"(#131047) Re-engagement","error_data":{"details":"24 hours"}}}'), {},
      "refused by the API (code 131047, HTTP 400, attempts: 1, trace T1)", "(#131047) Re-engagement", "24 hours", "what to do: " },
    { answer(429, '{"error":{"code":130429,"message":"slow down"}}'), {}, "refused by the API", "it was not sent; try again" },
    { { err = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } }, {},
      "no complete answer (attempts: 1)", "it may have been sent; do not let a program repeat it" },
    { answer(502, "<html>"), {}, "an answer that is not the API's (HTTP 502", "it may have been sent" },
    { answer(400, '{"error":{"code":133016,"message":"limit"}}'), {}, "refused by the API", "Wait 72 hours",
      "it was not sent; if you repeat it now, it fails again" },
    { ACCEPTED, { before_send = function() return false end }, "refused here (by before_send", "it was not sent" },
    { ACCEPTED, { token = function() return nil, "the vault is shut" end }, "refused here (by token", "it was not sent" },
    { ACCEPTED, { limiter = { pair = { interval = 60, burst = 1 }, max_wait = 1, store = { take = function() return 60 end } } },
      "no complete answer", "it was not sent; try again after 60 seconds" },
  }
  for _, row in ipairs(FAILURES) do
    it("shows a failure and what to do: " .. row[3], function()
      local _, err, details = new({ row[1] }, row[2]):send(TEXT)
      assert.is_string(err)
      local lines = tostring(details)
      for i = 3, #row do assert.truthy(lines:find(row[i], 1, true), lines) end
      assert.equal(1, (lines:find(row[3], 1, true)))
      assert.is_nil(lines:find(TOKEN, 1, true))
    end)
  end

  it("says that a GET without an answer may be repeated", function()
    local lost = { err = "lost", details = { kind = "transport", retryable = true, may_have_been_sent = true } }
    local _, _, details = new { lost }:call { path = "1" }
    assert.is_true(details.may_have_been_sent)
    assert.truthy(tostring(details):find("it may have been sent, but a repetition does no harm; try again", 1, true))
  end)

  it("leaves the tables plain", function()
    local sent, _, info = new { ACCEPTED }:send(TEXT)
    local _, _, details = new { answer(400, '{"error":{"code":100}}') }:send(TEXT)
    for _, value in ipairs { sent, info, details } do
      assert.is_nil(getmetatable(value).__index)
      assert.is_string(cjson.encode(value))
    end
    for name in pairs(info) do assert.is_string(name) end
  end)
end)
