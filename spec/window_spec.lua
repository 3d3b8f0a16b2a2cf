-- Answering: the book of open windows, the fallback after one has closed, and messages that answer an event.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}],"success":true}' }
local TEMPLATE = { template = { name = "hello", language = { code = "en" } } }
local TEXT = { to = "1", text = { body = "x" } }

local function new(answers)
  local transport = memory.new(answers)
  return whatsapp.new { token = "t", phone_number_id = "106", transport = transport }, transport
end

local function body_of(transport, i)
  return require("whatsapp.wire.json").decode(transport.requests[i].body)
end

describe("the window book", function()
  local now = 1000000
  local function book(options)
    options = options or {}
    options.now = function() return now end
    return whatsapp.window.new(options)
  end
  local function message(from, time, more)
    local event = { kind = "message", type = "text", from = from, timestamp = time, phone_number_id = "106", raw = {} }
    for name, value in pairs(more or {}) do event[name] = value end
    return event
  end

  it("returns which users wrote within 24 hours, and the remaining seconds", function()
    local open = book()
    assert.is_nil((open:open "1"))
    open:feed(message("16505551234", now - 3600))
    assert.same({ true, 23 * 3600 }, { open:open "16505551234" })
    assert.same({ true, 23 * 3600 }, { open:open "+1 (650) 555-1234" })
    assert.is_true((open:open(16505551234, "106")))
    assert.is_nil((open:open("16505551234", "107")))
    open:feed(message("2", now - 86400))
    assert.same({ false, 0 }, { open:open "2" })
    open:feed(message("16505551234", now - 90000)) -- an older message comes late
    assert.same({ true, 23 * 3600 }, { open:open "16505551234" })
  end)

  it("reads business-scoped ids and ads, and ignores events that open no window", function()
    local open = book()
    open:feed(message(nil, now, { from_user_id = "US.1" }))
    assert.is_true((open:open "US.1"))
    open:feed(message("3", now - 3600, { raw = { referral = {} } })) -- an ad lowers prices, but does not make the window longer
    assert.same({ true, 23 * 3600 }, { open:open "3" })
    open:feed(message("4", nil))
    assert.is_true((open:open "4"))
    open:feed(message("5", now, { type = "system" }))
    open:feed(message("6", now, { group_id = "g" }))
    open:feed { kind = "status", from = "7" }
    for _, to in ipairs { "5", "6", "7" } do assert.is_nil((open:open(to))) end
  end)

  it("opens with a user's message to another app of the business, and not with that app's messages", function()
    local webhooks = require "spec.support.webhooks"
    local open = book()
    local body = webhooks.body({ standby = { messages = { webhooks.text("m", "x", "1") }, statuses = { webhooks.status("s", "read",
      { recipient_id = "2" }) }, message_echoes = { { id = "e", from = "3", to = "4" } } } }, "standby")
    local handover = webhooks.body({ sender = { phone_number = "5" }, type = "control_passed" }, "messaging_handovers")
    now = 1749416383 + 3600
    for _, text in ipairs { body, handover } do
      for _, event in ipairs(assert(whatsapp.webhook.parse(text))) do open:feed(event) end
    end
    assert.same({ true, 23 * 3600 }, { open:open "1" })
    for _, to in ipairs { "2", "3", "4", "5" } do assert.is_nil((open:open(to))) end
    now = 1000000
  end)

  it("opens no window for longer than 24 hours, also if the event's clock is ahead", function()
    local open = book()
    open:feed(message("1", now + 1e9))
    assert.same({ true, 86400 }, { open:open "1" })
  end)

  it("opens with a user's call, and with a call of the business that the user answered", function()
    local function call(direction, more)
      local item = { id = "wacid.1", direction = direction, from = "1", to = "1", timestamp = tostring(now - 100) }
      for name, value in pairs(more) do item[name] = value end
      return { calls = { item } }
    end
    local rows = {
      { call("USER_INITIATED", { event = "connect" }), 100 },
      { call("USER_INITIATED", { event = "terminate", status = "FAILED" }), 100 },
      { call("USER_INITIATED", { event = "terminate", status = "COMPLETED", duration = 50, start_time = now - 200 }), 200 },
      { call("USER_INITIATED", { event = "connect", from = "x", from_user_id = "1" }), 100 },
      { call("BUSINESS_INITIATED", { event = "connect" }) },
      { call("BUSINESS_INITIATED", { event = "terminate", status = "FAILED" }) },
      { call("BUSINESS_INITIATED", { event = "terminate", status = "COMPLETED", duration = 0 }) },
      { call("BUSINESS_INITIATED", { event = "terminate", status = "COMPLETED", duration = 60 }), 100 },
      { call("USER_INITIATED", { event = "call_recording_available" }) },
      { { statuses = { { type = "call", status = "RINGING", recipient_id = "1", timestamp = now - 100 } } } },
      { { statuses = { { type = "call", status = "REJECTED", recipient_id = "1", timestamp = now - 100 } } } },
      { { statuses = { { type = "call", status = "ACCEPTED", recipient_id = "1", timestamp = now - 100 } } }, 100 },
      { { statuses = { { type = "call", status = "accepted", recipient_user_id = "1", timestamp = now - 100 } } }, 100 },
      { { calls = 5, statuses = { 5, {} } } },
    }
    for i, row in ipairs(rows) do
      local open = book()
      local body = require("spec.support.webhooks").body(row[1], "calls")
      for _, event in ipairs(assert(whatsapp.webhook.parse(body))) do open:feed(event) end
      local is_open, left = open:open("1", "106")
      assert.same({ row[2] and true or nil, row[2] and 86400 - row[2] }, { is_open, left }, tostring(i))
    end
  end)

  it("learns from an answer that two numbers are one user, and from a user that an id has changed", function()
    local open = book()
    local result = { contacts = { { input = "+55 11 9 9999-8888", wa_id = "551199998888", user_id = "BR.1" }, 5, {} } }
    assert.same({ result, "err", "details" }, { open:sent(result, "err", "details") })
    open:feed(message("551199998888", now - 100))
    for _, to in ipairs { "5511999998888", 5511999998888, "551199998888", "BR.1" } do
      assert.same({ true, 86300 }, { open:open(to, "106") })
    end
    open:feed(message("551199998888", now, { type = "system", from_user_id = "BR.2", previous_user_id = "BR.1" }))
    assert.same({ true, 86300 }, { open:open "BR.2" })
    open:feed(message(nil, now - 50, { from_user_id = "BR.2" })) -- now without a number
    assert.same({ true, 86350 }, { open:open "5511999998888" })
    assert.is_nil((open:open "BR.3"))
    for _, odd in ipairs { false, { contacts = 5 }, { contacts = { { input = {}, wa_id = true } } } } do open:sent(odd or nil) end
  end)

  it("raises for a recipient of another type, and returns nil for one without digits", function()
    local open = book()
    assert.is_nil((open:open "+"))
    for _, to in ipairs { {}, true } do assert.has_error(function() open:open(to) end) end
    assert.has_error(function() open:open() end)
  end)

  it("is bounded: it drops the window that ends first, and reports this", function()
    local forgotten = {}
    local open = book { max = 20, on_forget = function(to) forgotten[#forgotten + 1] = to end }
    for i = 1, 500 do open:feed(message(tostring(i), now - 500 + i)) end
    assert.equal(20, open.users.count)
    assert.is_true((open:open "481"))
    assert.is_nil((open:open "480"))
    assert.same({ 480, "1", "480" }, { #forgotten, forgotten[1], forgotten[480] })
  end)
end)

describe("window.fallback", function()
  local function failed(code, more)
    local raw = { id = "m", status = "failed", recipient_id = "16505551234", timestamp = 1, errors = { { code = code, title = "no" } } }
    for name, value in pairs(more or {}) do raw[name] = value or nil end
    return assert(whatsapp.webhook.parse(require("spec.support.webhooks").body { statuses = { raw } }))[1]
  end

  it("makes the message for a status that says that the window was closed, and for no other event", function()
    local fallback = whatsapp.window.fallback
    local expected = { to = "16505551234", template = TEMPLATE.template }
    assert.same(expected, fallback(failed(131047), TEMPLATE))
    assert.same(expected, fallback(failed(131047), TEMPLATE.template))
    assert.same(expected, fallback(failed(131047), function(event) return event.id == "m" and TEMPLATE end))
    assert.is_nil(TEMPLATE.to)
    assert.same({ recipient = "US.1", template = TEMPLATE.template },
      fallback(failed(131047, { recipient_id = false, recipient_user_id = "US.1" }), TEMPLATE))
    assert.same({ to = "g", recipient_type = "group", template = TEMPLATE.template },
      fallback(failed(131047, { recipient_id = "g", recipient_type = "group" }), TEMPLATE))
    assert.same({ to = "9", template = TEMPLATE.template }, fallback(failed(131047), { to = "9", template = TEMPLATE.template }))
    assert.is_true(whatsapp.validate(fallback(failed(131047), TEMPLATE)))
    for _, event in ipairs { failed(131026), failed(131047, { status = "sent" }), failed(131047, { recipient_id = false }),
      failed(131047, { type = "payment" }), { kind = "message" }, {} } do
      assert.is_nil((fallback(event, TEMPLATE)))
    end
    assert.is_nil((fallback(failed(131047), function() end)))
    assert.has_error(function() fallback("m", TEMPLATE) end)
    assert.has_error(function() fallback(failed(131047), "hello") end)
  end)
end)

describe("a fallback", function()
  -- a box in which only a user who wrote may get a message that is not a template
  local function closed()
    local box = require("whatsapp.sandbox").new { window = "strict" }
    return box, whatsapp.new { token = "a-token-of-a-test", phone_number_id = "106540352242922", transport = box.transport }
  end

  it("is sent to the same recipient after code 131047, and after no other code", function()
    local box, client = closed()
    local sent, _, info = client:send(TEXT, { fallback = TEMPLATE })
    assert.is_table(sent)
    assert.is_true(info.fallback)
    assert.same({ 1, "template", "1" }, { #box.messages, box.messages[1].message.type, box.messages[1].message.to })
    box.chaos:add { on = "answer", what = "error", code = 131026, times = 1 }
    local _, _, details = client:send(TEXT, { fallback = TEMPLATE })
    assert.same({ 131026, nil, 1 }, { details.code, details.fallback, #box.messages })
    box:user("1"):writes "hi"
    _, _, info = client:send(TEXT, { fallback = TEMPLATE })
    assert.is_nil(info.fallback)
  end)

  it("may be a function, which may return nil", function()
    local seen
    local box, client = closed()
    assert(client:send(TEXT, { fallback = function(message, why)
      seen = { message, why.code }
      return { to = "2", template = TEMPLATE.template }
    end }))
    assert.same({ TEXT, 131047 }, seen)
    assert.equal("2", box.messages[1].message.to)
    local sent, text, details = client:send(TEXT, { fallback = function() end })
    assert.same({ nil, "string", 131047 }, { sent, type(text), details.code })
    details = select(3, client:send(TEXT, { fallback = TEXT }))
    assert.same({ 131047, true }, { details.code, details.fallback })
    assert.has_error(function() client:send(TEXT, { fallback = "hello" }) end)
  end)

  it("works in client:each", function()
    local _, client = closed()
    for _, sent, _, info in client:each({ TEXT }, { fallback = TEMPLATE }) do
      assert.is_table(sent)
      assert.is_true(info.fallback)
    end
  end)
end)

describe("an answer", function()
  local EVENT = { kind = "message", id = "wamid.E", from = "16505551234" }

  it("quotes the message and goes to its sender, user id or group", function()
    local box = require("whatsapp.sandbox").new()
    local client = whatsapp.new { token = "a-token-of-a-test", phone_number_id = "1", transport = box.transport }
    local message = { text = { body = "yes" } }
    assert(client:reply(EVENT, message))
    assert(client:reply({ id = "e", from_user_id = "US.1" }, message))
    assert(client:reply({ id = "e", group_id = "g", from = "1" }, message))
    assert(client:reply(EVENT, { to = "9", context = { message_id = "other" }, text = { body = "x" } }))
    assert.same({ text = { body = "yes" } }, message)
    local sent = {}
    for i, entry in ipairs(box.messages) do sent[i] = entry.message end
    assert.same({ "16505551234", "individual", "wamid.E" }, { sent[1].to, sent[1].recipient_type, sent[1].context.message_id })
    assert.same({ "US.1", nil }, { sent[2].recipient, sent[2].to })
    assert.same({ "g", "group" }, { sent[3].to, sent[3].recipient_type })
    assert.same({ "9", "other" }, { sent[4].to, sent[4].context.message_id })
  end)

  it("may be a reaction or a mark as read", function()
    local client, transport = new(function() return OK end)
    assert(client:react(EVENT, "👍"))
    assert(client:react(EVENT, ""))
    assert(client:mark_read(EVENT, { typing = true }))
    assert(client:mark_read "wamid.F")
    assert.same({ message_id = "wamid.E", emoji = "👍" }, body_of(transport, 1).reaction)
    assert.equal("", body_of(transport, 2).reaction.emoji)
    assert.same({ "read", "wamid.E", "text" }, { body_of(transport, 3).status, body_of(transport, 3).message_id,
      body_of(transport, 3).typing_indicator.type })
    assert.equal("wamid.F", body_of(transport, 4).message_id)
  end)

  it("is refused if the event has no sender or no id, and wrong use raises", function()
    local client, transport = new {}
    for _, event in ipairs { {}, { id = "e" }, { from = "1" } } do
      local sent, text, details = client:reply(event, { text = { body = "x" } })
      assert.same({ nil, "string", "refused", false }, { sent, type(text), details.kind, details.may_have_been_sent })
      sent = client:react(event, "x")
      assert.is_nil(sent)
    end
    assert.equal(0, #transport.requests)
    assert.has_error(function() client:reply("wamid", {}) end)
    assert.has_error(function() client:reply(EVENT, "text") end)
    assert.has_error(function() client:react(EVENT) end)
    assert.has_error(function() client:mark_read {} end)
  end)
end)
