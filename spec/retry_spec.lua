-- When a request is repeated, and that nothing is which may have been sent.
local memory = require "whatsapp.transport.memory"
local retry = require "whatsapp.send.retry"

local SAFE = { kind = "api", retryable = true, may_have_been_sent = false, code = 130429 }
local UNKNOWN = { kind = "transport", retryable = false, may_have_been_sent = true }
local REFUSED = { kind = "api", retryable = false, may_have_been_sent = false, code = 131026 }
local UNSENT = { kind = "transport", retryable = true, may_have_been_sent = false }

local function failure(details, text) return { text = text or "failed", details = details } end

describe("retry.wait", function()
  local function wait(details, attempt, elapsed, policy, random)
    return retry.wait(details, attempt, elapsed or 0, policy or {}, random or 0)
  end

  it("waits 4^n seconds, with jitter", function()
    assert.same({ 1, 4, 16 }, { wait(SAFE, 1, 0, { attempts = 9 }), wait(SAFE, 2, 0, { attempts = 9 }), wait(SAFE, 3, 0, { attempts = 9 }) })
    assert.equal(1.25, wait(SAFE, 1, 0, {}, 1))
  end)

  it("waits at least 6 seconds after the pair limit", function()
    local pair = { kind = "api", retryable = true, may_have_been_sent = false, code = 131056 }
    assert.same({ 6, 16 }, { wait(pair, 1), wait(pair, 2) })
  end)

  it("waits at least as long as the server asks", function()
    local asked = { kind = "api", retryable = true, may_have_been_sent = false, retry_after = 20 }
    assert.equal(20, wait(asked, 1))
    asked.retry_after = 0
    assert.equal(1, wait(asked, 1))
  end)

  it("gives up after so many attempts, and rather than take longer than the total", function()
    assert.is_nil(wait(SAFE, 3))
    assert.is_nil(wait(SAFE, 1, 29.5))
    assert.is_nil(wait({ kind = "api", retryable = true, may_have_been_sent = false, retry_after = 31 }, 1))
    assert.equal(1, wait(SAFE, 1, 29))
    assert.is_nil(wait(SAFE, 1, 0, { attempts = 1 }))
  end)

  it("leaves it to the transport whether a GET that was lost is repeated", function()
    local policy = { may_send_twice = true, idempotent = true }
    assert.is_nil(wait({ kind = "transport", retryable = false, may_have_been_sent = true }, 1, 0, policy))
    assert.equal(1, wait({ kind = "transport", retryable = true, may_have_been_sent = true }, 1, 0, policy))
    assert.equal(1, wait({ kind = "protocol", retryable = false, may_have_been_sent = true }, 1, 0, policy))
  end)

  it("never repeats what was refused or may have been sent", function()
    assert.is_nil(wait(REFUSED, 1))
    assert.is_nil(wait(UNKNOWN, 1))
  end)

  it("repeats what may have been sent where that does no harm", function()
    assert.equal(1, wait(UNKNOWN, 1, 0, { may_send_twice = true }))
    assert.is_nil(wait(REFUSED, 1, 0, { may_send_twice = true }))
    assert.is_nil(wait({ kind = "invalid", retryable = false, may_have_been_sent = true }, 1, 0, { may_send_twice = true }))
  end)
end)

describe("retry.run", function()
  local OK = { status = 200, headers = {}, body = "{}" }
  local function run(answers, policy)
    local transport = memory.new(answers)
    local answer, text, details, attempts = retry.run(transport, { url = "u" }, policy)
    return { answer = answer, text = text, details = details, attempts = attempts, made = #transport.requests, slept = transport.slept }
  end

  it("repeats a request that was not sent, and gives the answer", function()
    local outcome = run({ failure(UNSENT), failure(UNSENT), OK }, {})
    assert.equal(OK, outcome.answer)
    assert.same({ 3, 3 }, { outcome.attempts, outcome.made })
    assert.is_true(outcome.slept >= 5 and outcome.slept <= 6.25)
  end)

  it("looks into the body of an answer: throttling comes as a 400", function()
    local throttled = { status = 400, headers = {}, body = '{"error":{"code":130429}}' }
    assert.equal(2, run({ throttled, OK }, {}).attempts)
    assert.equal(1, run({ { status = 400, headers = {}, body = '{"error":{"code":100}}' } }, {}).attempts)
    assert.equal(1, run({ { status = 500, headers = {}, body = "" } }, {}).attempts)
  end)

  it("makes one attempt where it is told not to repeat, or cannot wait", function()
    assert.equal(1, run({ failure(UNSENT) }, false).attempts)
    local count = 0
    local _, _, _, attempts = retry.run(function()
      count = count + 1
      return nil, "failed", UNSENT
    end, {}, {})
    assert.same({ 1, 1 }, { count, attempts })
  end)

  it("takes a failure without details for one that may have been sent", function()
    assert.equal(1, run({ { text = "failed" } }, {}).attempts)
  end)

  it("is a decorator too, which passes the clock on", function()
    local inner = memory.new { failure(UNSENT), OK }
    local outer = retry.decorator {}(inner)
    assert.equal(OK, (outer { url = "u" }))
    assert.equal(inner.now, outer.now)
    assert.equal(inner.sleep, outer.sleep)
  end)
end)
