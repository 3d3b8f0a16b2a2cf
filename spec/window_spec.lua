-- Answering: the book of open windows, the fallback after one has closed, and messages that answer an event.
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}],"success":true}' }
local CLOSED = { status = 400, headers = {}, body = '{"error":{"code":131047,"message":"Re-engagement message"}}' }
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

  it("tells who wrote within 24 hours, and for how long", function()
    local open = book()
    assert.is_nil((open:open "1"))
    open:feed(message("16505551234", now - 3600))
    assert.same({ true, 23 * 3600 }, { open:open "16505551234" })
    assert.same({ true, 23 * 3600 }, { open:open "+1 (650) 555-1234" })
    assert.is_true((open:open(16505551234, "106")))
    assert.is_nil((open:open("16505551234", "107")))
    open:feed(message("2", now - 86400))
    assert.same({ false, 0 }, { open:open "2" })
    open:feed(message("16505551234", now - 90000)) -- an older one comes late
    assert.same({ true, 23 * 3600 }, { open:open "16505551234" })
  end)

  it("knows business-scoped ids and ads, and what opens nothing", function()
    local open = book()
    open:feed(message(nil, now, { from_user_id = "US.1" }))
    assert.is_true((open:open "US.1"))
    open:feed(message("3", now - 86400, { raw = { referral = {} } }))
    assert.same({ true, 48 * 3600 }, { open:open "3" })
    open:feed(message("4", nil))
    assert.is_true((open:open "4"))
    open:feed(message("5", now, { type = "system" }))
    open:feed(message("6", now, { group_id = "g" }))
    open:feed { kind = "status", from = "7" }
    for _, to in ipairs { "5", "6", "7" } do assert.is_nil((open:open(to))) end
  end)

  it("is bounded, drops the window that ends first, and tells", function()
    local forgotten = {}
    local open = book { max = 20, on_forget = function(to) forgotten[#forgotten + 1] = to end }
    for i = 1, 500 do open:feed(message(tostring(i), now - 500 + i)) end
    assert.equal(20, open.users.count)
    assert.is_true((open:open "481"))
    assert.is_nil((open:open "480"))
    assert.same({ 480, "1", "480" }, { #forgotten, forgotten[1], forgotten[480] })
  end)
end)

describe("a fallback", function()
  it("is sent to the same recipient after 131047, and after nothing else", function()
    local client, transport = new { CLOSED, OK }
    local sent, _, info = client:send(TEXT, { fallback = TEMPLATE })
    assert.is_table(sent)
    assert.is_true(info.fallback)
    assert.same({ "text", "template", "1" }, { body_of(transport, 1).type, body_of(transport, 2).type, body_of(transport, 2).to })
    client, transport = new { { status = 400, headers = {}, body = '{"error":{"code":131026}}' } }
    local _, _, details = client:send(TEXT, { fallback = TEMPLATE })
    assert.same({ 131026, nil, 1 }, { details.code, details.fallback, #transport.requests })
    client = new { OK }
    _, _, info = client:send(TEXT, { fallback = TEMPLATE })
    assert.is_nil(info.fallback)
  end)

  it("may be a function, that may decline", function()
    local seen
    local client, transport = new { CLOSED, OK }
    local sent, text, details, _
    assert(client:send(TEXT, { fallback = function(message, why)
      seen = { message, why.code }
      return { to = "2", template = TEMPLATE.template }
    end }))
    assert.same({ TEXT, 131047 }, seen)
    assert.equal("2", body_of(transport, 2).to)
    client = new { CLOSED }
    sent, text, details = client:send(TEXT, { fallback = function() end })
    assert.same({ nil, "string", 131047 }, { sent, type(text), details.code })
    client = new { CLOSED, CLOSED }
    _, _, details = client:send(TEXT, { fallback = TEMPLATE })
    assert.same({ 131047, true }, { details.code, details.fallback })
    assert.has_error(function() client:send(TEXT, { fallback = "hello" }) end)
  end)

  it("works in client:each", function()
    local client = new { CLOSED, OK }
    for _, sent, _, info in client:each({ TEXT }, { fallback = TEMPLATE }) do
      assert.is_table(sent)
      assert.is_true(info.fallback)
    end
  end)
end)

describe("an answer", function()
  local EVENT = { kind = "message", id = "wamid.E", from = "16505551234" }

  it("quotes the message and goes to its sender, user id or group", function()
    local client, transport = new(function() return OK end)
    local message = { text = { body = "yes" } }
    assert(client:reply(EVENT, message))
    assert(client:reply({ id = "e", from_user_id = "US.1" }, message))
    assert(client:reply({ id = "e", group_id = "g", from = "1" }, message))
    assert(client:reply(EVENT, { to = "9", context = { message_id = "other" }, text = { body = "x" } }))
    assert.same({ text = { body = "yes" } }, message)
    local first, second, third, fourth = body_of(transport, 1), body_of(transport, 2), body_of(transport, 3), body_of(transport, 4)
    assert.same({ "16505551234", "individual", "wamid.E" }, { first.to, first.recipient_type, first.context.message_id })
    assert.same({ "US.1", nil }, { second.recipient, second.to })
    assert.same({ "g", "group" }, { third.to, third.recipient_type })
    assert.same({ "9", "other" }, { fourth.to, fourth.context.message_id })
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

  it("to what has no sender or no id is refused, and wrong use raises", function()
    local client, transport = new {}
    for _, event in ipairs { {}, { id = "e" }, { from = "1" } } do
      local sent, text, details = client:reply(event, { text = { body = "x" } })
      assert.same({ nil, "string", "invalid", false }, { sent, type(text), details.kind, details.may_have_been_sent })
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
