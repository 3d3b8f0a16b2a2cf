-- When a request is repeated; a request that may have been sent is not repeated.
local memory = require "whatsapp.transport.memory"
local retry = require "whatsapp.send.retry"
local whatsapp = require "whatsapp"

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

  it("waits at least as long as the server says", function()
    local asked = { kind = "api", retryable = true, may_have_been_sent = false, retry_after = 20 }
    assert.equal(20, wait(asked, 1))
    asked.retry_after = 0
    assert.equal(1, wait(asked, 1))
  end)

  it("gives up after the last attempt, and before the total time would be exceeded", function()
    assert.is_nil(wait(SAFE, 3))
    assert.is_nil(wait(SAFE, 1, 29.5))
    assert.is_nil(wait({ kind = "api", retryable = true, may_have_been_sent = false, retry_after = 31 }, 1))
    assert.equal(1, wait(SAFE, 1, 29))
    assert.is_nil(wait(SAFE, 1, 0, { attempts = 1 }))
  end)

  it("lets the transport decide whether a lost GET is repeated", function()
    local policy = { may_send_twice = true, idempotent = true }
    assert.is_nil(wait({ kind = "transport", retryable = false, may_have_been_sent = true }, 1, 0, policy))
    assert.equal(1, wait({ kind = "transport", retryable = true, may_have_been_sent = true }, 1, 0, policy))
    assert.equal(1, wait({ kind = "protocol", retryable = false, may_have_been_sent = true }, 1, 0, policy))
  end)

  it("never repeats a message that was refused or may have been sent", function()
    assert.is_nil(wait(REFUSED, 1))
    assert.is_nil(wait(UNKNOWN, 1))
  end)

  it("repeats a message that may have been sent with may_send_twice", function()
    assert.equal(1, wait(UNKNOWN, 1, 0, { may_send_twice = true }))
    assert.is_nil(wait(REFUSED, 1, 0, { may_send_twice = true }))
  end)
end)

describe("a client that retries", function()
  local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' }
  local function run(answers, policy)
    local transport = memory.new(answers)
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = transport, retry = policy, limiter = false }
    local result, _, details = client:send { to = "1", text = { body = "x" } }
    return { result = result, attempts = details.attempts, made = #transport.requests, slept = transport.slept, details = details }
  end

  it("repeats a request that was not sent, and returns the result", function()
    local outcome = run { failure(UNSENT), failure(UNSENT), OK }
    assert.equal("wamid.1", outcome.result.messages[1].id)
    assert.same({ 3, 3 }, { outcome.attempts, outcome.made })
    assert.is_true(outcome.slept >= 5 and outcome.slept <= 6.25)
  end)

  it("looks into the body of an answer: throttling comes as a 400", function()
    local throttled = { status = 400, headers = {}, body = '{"error":{"code":130429}}' }
    assert.equal(2, run({ throttled, OK }).attempts)
    assert.equal(1, run({ { status = 400, headers = {}, body = '{"error":{"code":100}}' } }).attempts)
    assert.equal(1, run({ { status = 500, headers = {}, body = "" } }).attempts)
  end)

  it("makes one attempt if it must not repeat or cannot wait", function()
    assert.equal(1, run({ failure(UNSENT) }, false).attempts)
    local count = 0
    local client = whatsapp.new { token = "t", phone_number_id = "1", transport = function()
      count = count + 1
      return nil, "failed", UNSENT
    end }
    local _, _, details = client:send { to = "1", text = { body = "x" } }
    assert.same({ 1, 1 }, { count, details.attempts })
  end)

  it("treats a failure without details as a request that may have been sent", function()
    assert.equal(1, run({ { err = "failed" } }).attempts)
  end)

  it("reports that the message may have been sent if this is true for any attempt", function()
    local lost = failure(UNKNOWN, "lost")
    local refused = { status = 400, headers = {}, body = '{"error":{"code":131026}}' }
    local details = run({ lost, refused }, { may_send_twice = true }).details
    assert.same({ 2, 131026, true, false }, { details.attempts, details.code, details.may_have_been_sent, details.retryable })
  end)
end)
