-- The verdict on each answer to a message, over every status and every kind of body: the reader alone. Never touches a network:
-- spec/transport/verdict_spec.lua gets the same answers over sockets.
local codes = require "whatsapp.wire.error_codes"
local memory = require "whatsapp.transport.memory"
local outcome = require "whatsapp.wire.outcome"
local verdicts = require "spec.support.verdicts"
local whatsapp = require "whatsapp"

describe("the verdict on an answer", function()
  it("knows a code of every class", function()
    for class, code in pairs(verdicts.CODES) do
      if codes[code] then assert.equal(class, codes[code].retry) end
    end
  end)

  for _, kind in ipairs(verdicts.KINDS) do
    it("is the same for every status: a body that is " .. kind, function()
      for status = 0, 999 do
        local result, err, details = outcome.message { status = status, headers = {}, body = verdicts.body(kind) }
        local wanted = verdicts.expected(status, kind)
        assert.equal(wanted, verdicts.of(result, details), status)
        if wanted == "unsure" then assert.is_false(details.retryable, status) end
        if not result then assert.is_string(err) end
      end
    end)
  end

  it("says that waiting helps only where it does, over every status of a refusal and a fault", function()
    for status = 400, 599 do
      for _, kind in ipairs(verdicts.KINDS) do
        for _, body in ipairs { verdicts.body(kind), (verdicts.body(kind):gsub('"message":"m"', '"is_transient":true')) } do
          local result, _, details = outcome.message { status = status, headers = {}, body = body }
          local class, is_refused = kind:match "^%a+", verdicts.of(result, details) == "refused"
          local is_transient = class == "unheard" and body:find "transient" ~= nil and status ~= 407
          local helps = class == "safe" or is_transient or (status == 429 and (class == "text" or class == "none" or class == "unheard"))
          assert.equal(is_refused and helps, details.retryable, status .. " " .. body)
          if status == 407 and class == "text" then assert.is_truthy(details.advice:find "password") end
        end
      end
    end
  end)

  it("takes a body that is no JSON as an answer without a code", function()
    for status = 0, 999 do
      for _, body in ipairs { "", "{", '"x"' } do
        local result, _, details = outcome.message { status = status, headers = {}, body = body }
        assert.equal(verdicts.expected(status, "text"), verdicts.of(result, details), status)
      end
    end
  end)

  it("never lets a message be repeated that may have been sent", function()
    for _, status in ipairs { 0, 100, 199, 200, 204, 299, 300, 304, 399, 400, 408, 429, 499, 500, 503, 599, 600, 999 } do
      for _, kind in ipairs(verdicts.KINDS) do
        local transport = memory.new(function() return { status = status, headers = {}, body = verdicts.body(kind) } end)
        local client = whatsapp.new { token = "t", phone_number_id = "1", transport = transport, limiter = false }
        local result, _, details = client:send { to = "1", text = { body = "x" } }
        local wanted = verdicts.expected(status, kind)
        assert.equal(wanted, verdicts.of(result, details))
        if wanted ~= "refused" then assert.equal(1, #transport.requests) end
      end
    end
  end)

  it("takes an id in any place of an answer that is no success as a message that may have been sent", function()
    local odd = {
      '"messages":[{"id":5}]', '"messages":[{},{"id":"wamid.1"}]', '"messages":["x",{"id":"wamid.1"}]', '"messages":{"id":"wamid.1"}',
      '"messages":null,"messages":[{"id":"wamid.1"}]',
    }
    for _, messages in ipairs(odd) do
      for _, status in ipairs { 200, 400, 429, 500 } do
        for _, more in ipairs { "", ',"error":{"code":130429}', ',"error":{"code":100}' } do
          local body = "{" .. messages .. more .. "}"
          local result, _, details = outcome.message { status = status, headers = {}, body = body }
          if not result then assert.is_true(details.may_have_been_sent and not details.retryable, body .. status) end
          assert.is_true(result == nil or status == 200)
        end
      end
    end
  end)

  it("takes success without an id only as the answer to a request that has no recipient", function()
    local transport = memory.new(function() return { status = 200, headers = {}, body = '{"success":true}' } end)
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = transport, limiter = false }
    for _, message in ipairs { { to = "1", text = { body = "x" } }, { recipient = "US.1", text = { body = "x" } } } do
      local result, _, details = client:send(message)
      assert.is_nil(result)
      assert.equal("unsure", verdicts.of(result, details))
    end
    assert.equal(2, #transport.requests)
    assert.is_true(client:mark_read("wamid.1").success)
    assert.is_true(client:call({ method = "POST", path = "x" }).success)
    local outbox = whatsapp.outbox.new { store = whatsapp.outbox.memory() }
    assert(outbox:put({ to = "1", text = { body = "x" } }, { key = "one" }))
    outbox:run(client, { until_empty = true })
    assert.equal("unknown", outbox:get("one").state)
  end)
end)
