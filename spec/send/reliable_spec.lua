-- The promises of a client about one message: which failures are repeated, what the journal records, and by which id a message
-- can be found later. Over the memory transport; never touches a network.
local memory = require "whatsapp.transport.memory"
local stamp = require "whatsapp.util.random_id"
local whatsapp = require "whatsapp"

local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}],"success":true}' }
local LOST = { text = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } }
local UNSENT = { text = "no name", details = { kind = "transport", retryable = true, may_have_been_sent = false } }
local TEXT = { to = "1", text = { body = "x" } }

local function new(answers, changes)
  local transport = memory.new(answers)
  local options = { token = "a-token-of-a-test", phone_number_id = "1", transport = transport }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

local function graph_error(status, code, headers)
  return { status = status, headers = headers or {}, body = ('{"error":{"code":%d,"message":"no"}}'):format(code) }
end

describe("a send", function()
  it("is repeated after a throttling code, with any HTTP status", function()
    for _, code in ipairs { 4, 80007, 130429, 131056 } do
      for _, status in ipairs { 200, 400, 403, 429, 500, 503 } do
        local client, transport = new { graph_error(status, code), OK }
        local sent, _, info = client:send(TEXT)
        assert.is_table(sent)
        assert.same({ 2, 2 }, { info.attempts, #transport.requests })
      end
    end
  end)

  it("is not repeated after any other code, and reports whether it may have been sent", function()
    for code, unknown in pairs { [1] = true, [2] = true, [131000] = true, [131016] = true, [100] = false, [131026] = false,
      [131047] = false, [190] = false, [131048] = false } do
      for _, status in ipairs { 400, 500, 200 } do -- only a 4xx means that the API refused it before it processed it
        local client, transport = new { graph_error(status, code), OK }
        local _, _, details = client:send(TEXT)
        assert.same({ unknown or status ~= 400, false, 1, 1 },
          { details.may_have_been_sent, details.retryable, details.attempts, #transport.requests })
      end
    end
  end)

  it("waits as long as Retry-After says", function()
    local client, transport = new { graph_error(429, 130429, { ["retry-after"] = "7" }), OK }
    assert(client:send(TEXT))
    assert.is_true(transport.slept >= 7 and transport.slept < 9)
  end)

  it("that may have arrived is repeated only with may_send_twice", function()
    local client, transport = new { LOST, OK }
    local _, _, details = client:send(TEXT)
    assert.same({ true, 1 }, { details.may_have_been_sent, #transport.requests })
    client, transport = new({ LOST, OK }, { retry = { attempts = 2, may_send_twice = true } })
    local sent, _, info = client:send(TEXT)
    assert.is_table(sent)
    assert.same({ 2, 2 }, { info.attempts, #transport.requests })
    client, transport = new { LOST, LOST, OK }
    assert.is_table((client:send(TEXT, { retry = { may_send_twice = true } })))
    assert.equal(3, #transport.requests)
  end)

  it("whose answer names no message is repeated only with may_send_twice", function()
    local nameless = { status = 200, headers = {}, body = "{}" }
    local client, transport = new { nameless, OK }
    local _, _, details = client:send(TEXT)
    assert.same({ "protocol", true, 1 }, { details.kind, details.may_have_been_sent, #transport.requests })
    client, transport = new({ nameless, OK }, { retry = { attempts = 2, may_send_twice = true } })
    assert.is_table((client:send(TEXT)))
    assert.equal(2, #transport.requests)
  end)

  it("has its attempts counted in every outcome", function()
    local client = new { UNSENT, UNSENT, UNSENT }
    assert.equal(3, (select(3, client:send(TEXT))).attempts)
    assert.equal(0, (select(3, client:send { to = "1", text = {} })).attempts)
    client = new { UNSENT, OK }
    assert.equal(2, (select(3, client:send(TEXT))).attempts)
    client = new({ UNSENT }, { retry = false })
    assert.equal(1, (select(3, client:send(TEXT))).attempts)
  end)

  it("that only marks as read is repeated even if it may have arrived", function()
    local client, transport = new { LOST, OK }
    assert.is_table((client:mark_read "wamid.1"))
    assert.equal(2, #transport.requests)
  end)
end)

describe("a stamp", function()
  local function stamp_of(request) return request.body:match '"biz_opaque_callback_data":"([^"]+)"' end

  it("is a different id in each message, and is in its outcome", function()
    local client, transport = new({ OK, LOST, OK }, { stamp = true })
    local seen = {}
    for i = 1, 3 do
      local _, _, details = client:send(TEXT)
      local sent = stamp_of(transport.requests[i])
      assert.equal(32, #sent)
      assert.is_nil(seen[sent])
      assert.equal(sent, details.stamp)
      assert.equal(sent, transport.requests[i].stamp)
      seen[sent] = true
    end
    assert.is_nil(TEXT.biz_opaque_callback_data)
  end)

  it("is the message's own id if it has one", function()
    local client = new({ LOST }, { stamp = true })
    local _, _, details = client:send { to = "1", text = { body = "x" }, biz_opaque_callback_data = "order 7" }
    assert.equal("order 7", details.stamp)
  end)

  it("stays the same when the message is tried again", function()
    local client, transport = new({ UNSENT, OK }, { stamp = true })
    assert(client:send(TEXT))
    assert.equal(stamp_of(transport.requests[1]), stamp_of(transport.requests[2]))
  end)

  it("can be turned on or off in a call, and is not in a mark as read", function()
    local client, transport = new { OK, OK, OK }
    assert(client:send(TEXT, { stamp = true }))
    assert(client:send(TEXT))
    assert.is_string(stamp_of(transport.requests[1]))
    assert.is_nil(stamp_of(transport.requests[2]))
    client, transport = new({ OK, OK }, { stamp = true })
    assert(client:mark_read "wamid.1")
    assert(client:send(TEXT, { stamp = false }))
    assert.is_nil(stamp_of(transport.requests[1]))
    assert.is_nil(stamp_of(transport.requests[2]))
  end)

  it("is never made twice, with libcrypto or without", function()
    local seen = {}
    for round = 1, 2 do
      local crypto = package.loaded["whatsapp.crypto"]
      if round == 2 then
        package.loaded["whatsapp.crypto"] = nil
        package.preload["whatsapp.crypto"] = function() error "there is none" end
      end
      for _ = 1, 2000 do
        local id = stamp.new()
        assert.is_truthy(id:find "^%x+$")
        assert.equal(32, #id)
        assert.is_nil(seen[id])
        seen[id] = true
      end
      package.preload["whatsapp.crypto"] = nil
      package.loaded["whatsapp.crypto"] = crypto
    end
  end)
end)

describe("before_send", function()
  it("gets each attempt before it is sent, without a secret", function()
    local told = {}
    local client, transport
    client, transport = new({ UNSENT, OK }, { stamp = true, before_send = function(request)
      told[#told + 1] = { request.stamp, request.to, request.body, #transport.requests, request.headers.Authorization }
    end })
    local _, _, info = client:send(TEXT)
    assert.equal(2, #told)
    for i, one in ipairs(told) do
      assert.same({ info.stamp, "1", i - 1 }, { one[1], one[2], one[4] })
      assert.is_truthy(one[3]:find(info.stamp, 1, true))
      assert.is_nil(one[5])
    end
  end)

  it("can stop a request", function()
    for _, refusal in ipairs { { false }, { nil, "disk full" }, { false, "disk full" } } do
      local client, transport = new({ OK }, { before_send = function() return refusal[1], refusal[2] end })
      local sent, text, details = client:send(TEXT)
      assert.is_nil(sent)
      assert.same({ "refused", "before_send", false, false, 0 },
        { details.kind, details.refused_by, details.retryable, details.may_have_been_sent, details.attempts })
      assert.equal(refusal[2] ~= nil, text:find("disk full", 1, true) ~= nil)
      assert.equal(0, #transport.requests)
    end
    local client, transport = new({ OK }, { before_send = function() error "disk full" end })
    local sent, err, details = client:send(TEXT)
    assert.is_nil(sent)
    assert.truthy(err:find("before_send raised: .*disk full"), err)
    assert.same({ "refused", "before_send", false, 0 },
      { details.kind, details.refused_by, details.may_have_been_sent, #transport.requests })
  end)

  it("lets all other requests pass", function()
    for _, agreed in ipairs { true, 1, "yes" } do
      assert((new({ OK }, { before_send = function() return agreed end })):send(TEXT))
    end
    assert((new({ OK }, { before_send = function() end })):send(TEXT))
  end)
end)
