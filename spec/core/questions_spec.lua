-- Two functions of the core: which address a message has, and whether an answer names a message. With values of every kind. Also:
-- a reused delivery keeps no data of the earlier message. Touches no network.
local core = require "whatsapp.core"
local memory = require "whatsapp.transport.memory"
local whatsapp = require "whatsapp"

local NAN = 0 / 0

describe("core.recipient_of", function()
  local rows = {
    { { to = "16505551234" }, "16505551234", "16505551234" },
    { { to = "+1 (650) 555-1234" }, "+1 (650) 555-1234", "16505551234" },
    { { to = 16505551234 }, 16505551234, "16505551234" },
    { { to = 16505551234.0 }, 16505551234.0, "16505551234" },
    { { to = "" }, "", "" },
    { { to = "+" }, "+", "" },
    { { to = "a\0b" }, "a\0b", "ab" },
    { { recipient = "US.13491208655302741918" }, "US.13491208655302741918", "US13491208655302741918" },
    { { to = "1", recipient = "US.2" }, "1", "1" },
    { { to = false, recipient = "US.2" }, "US.2", "US2" },
  }
  for i, row in ipairs(rows) do
    it("returns the address and its letters and digits: row " .. i, function()
      local to, plain = core.recipient_of(row[1])
      assert.equal(row[2], to)
      assert.equal(row[3], plain)
    end)
  end

  it("returns false for a value that is no address or no message", function()
    for _, value in ipairs { {}, { to = {} }, { to = true }, { to = NAN }, { recipient = {} },
      { status = "read", to = "1" }, "16505551234", 5, true, print } do
      assert.same({ false }, { core.recipient_of(value) })
    end
    assert.same({ false }, { core.recipient_of(nil) })
    assert.same({ false }, { core.recipient_of() })
  end)
end)

describe("core.names_message", function()
  it("is true only for an answer that names a message with an id", function()
    assert.is_true(core.names_message { messages = { { id = "wamid.1" } } })
    for _, value in ipairs {
      {}, { messages = {} }, { messages = "x" }, { messages = { "x" } }, { messages = { {} } }, { messages = { { id = "" } } },
      { messages = { { id = 5 } } }, { messages = { id = "x" } }, "messages", 5, false, print,
    } do
      assert.is_false(core.names_message(value))
    end
    assert.is_false(core.names_message())
  end)
end)

describe("core.same", function()
  local one = { a = 1, b = { c = "x" } }
  local rows = {
    { one, one, true }, { { a = 1, b = { c = "x" } }, one, true }, { {}, {}, true }, { { {} }, { {} }, true },
    { {}, one, false }, { { a = 1 }, one, false }, { { a = 1, b = {} }, one, false }, { { a = 2, b = one.b }, one, false },
    { { a = 1, b = one.b, d = false }, one, false }, { { a = 1, b = { c = "x", d = 1 } }, one, false },
    { { { {} } }, { { {} } }, false }, { { a = "1" }, { a = 1 }, false }, { nil, one, false }, { "a", "a", false },
    { setmetatable({}, { __index = one }), one, false },
  }
  for i, row in ipairs(rows) do
    it("compares members and the members of their tables, but no deeper tables: row  " .. i, function()
      assert.equal(row[3], core.same(row[1], row[2]))
      assert.equal(row[3], core.same(row[2], row[1]))
    end)
  end
end)

describe("a delivery that is used again", function()
  local function text(to, body) return { to = to, text = { body = body } } end
  local GOOD = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' }

  it("keeps no data of the earlier message", function()
    local busy = { status = 400, headers = {}, body = '{"error":{"code":131056,"message":"slower"}}' }
    local window = { status = 400, headers = {}, body = '{"error":{"code":131047,"message":"24 hours"}}' }
    local refused = { status = 400, headers = {}, body = '{"error":{"code":100,"message":"no"}}' }
    local template = { template = { name = "hello", language = { code = "en" } } }
    local answers = { ["1"] = { busy, GOOD }, ["3"] = { window, GOOD }, ["5"] = { refused } } -- by recipient; else GOOD
    local transport = memory.new(function(request)
      local list = answers[request.body:match '"to":"(%d)"']
      return list and table.remove(list, 1) or GOOD
    end)
    local client = whatsapp.new {
      token = "a-token-of-a-test", phone_number_id = "1", transport = transport, limiter = false,
    }
    local list = { text("1", "retried"), text("2", "plain"), text("3", "fallen"), text("4", "plain"), text("5", "failed"),
      text("6", "plain"), { to = "7", text = { bodi = 1 } } }
    local infos = {}
    for message, result, err, details in client:each(list, { concurrency = 1, fallback = template }) do
      infos[message.to] = { result ~= nil, err or false, details.attempts, details.fallback or false }
    end
    assert.same({ true, false, 2, false }, infos["1"])
    for _, to in ipairs { "2", "4", "6" } do assert.same({ true, false, 1, false }, infos[to]) end
    assert.same({ true, false, 1, true }, infos["3"])
    assert.is_false(infos["5"][1])
    assert.is_string(infos["5"][2])
  end)
end)
