-- The client over each transport and a server that misbehaves on purpose: which requests are repeated; a request that may have
-- been sent is repeated only with may_send_twice. Never sends to another host.
local rows = require "spec.transport.rows"
local whatsapp = require "whatsapp"

local ALL, TLS, over = rows.ALL, rows.TLS, rows.over
local PATIENCE = 10
local MESSAGE = { to = "1", text = { body = "x" } }

-- each row: the server's step; the client's error; the seconds that the client waits
local UNKNOWN = {
  { "error 503 131016", "api" }, { "error 500 131000 1", "api" }, { "empty 503 1", "protocol" }, { "html 502", "protocol" },
  { "close", "transport" }, { "half-body", "transport" }, { "half-head", "transport" }, { "silence", "transport", 0.4 },
}
-- answers of 200 that name no message
local NAMELESS = { { "gzip", "protocol" }, { "ok", "protocol" } }

rows.describe("under a client", function(t)
  local function client_over(transport, port, retry)
    return whatsapp.new {
      token = "tokentoken", phone_number_id = "1", base_url = t.fault.url(port, ""), transport = transport, limiter = false,
      retry = retry,
    }
  end

  -- the transport with another sleep, which notes the seconds and does not wait
  local function hurried(transport)
    local slept = {}
    return setmetatable({ now = transport.now, sleep = function(seconds) slept[#slept + 1] = seconds end, slept = slept }, {
      __call = function(_, request) return transport(request) end,
    })
  end

  it("waits as long as the server says after a 429, and repeats", function()
    t.fault.play("error 429 130429 1", "accept")
    local transport = t.open()
    local started = transport.now()
    local result, text, info = client_over(transport, "h2"):send(MESSAGE)
    local seconds = transport.now() - started
    assert.is_nil(text)
    assert.equal("wamid.1", result.messages[1].id)
    assert.equal(2, info.attempts)
    assert.is_true(seconds >= 1 and seconds < PATIENCE)
    assert.equal(2, t.fault.arrivals())
  end)

  describe("repeats what was refused:", function()
    local cases = {
      { "error 429 130429 2", 2 }, { "error 429 130429", 1 }, { "error 400 130429", 1 }, { "empty 429 3", 3 }, { "error 429 4 2", 2 },
      { "error 503 131056 7", 7 },
    }
    for _, case in ipairs(cases) do
      over(ALL, case[1], function(port)
        t.fault.play(case[1], "accept")
        local transport = hurried(t.open())
        local result, text, info = client_over(transport, port):send(MESSAGE)
        assert.is_nil(text)
        assert.equal("wamid.1", result.messages[1].id)
        assert.equal(2, info.attempts)
        assert.equal(1, #transport.slept)
        assert.is_true(transport.slept[1] >= case[2])
        assert.equal(2, t.fault.arrivals())
      end)
    end
  end)

  describe("repeats what was not sent:", function()
    over(TLS, "accept-close", function(port)
      t.fault.play("accept-close", "accept")
      local result, _, info = client_over(hurried(t.open()), port):send(MESSAGE)
      assert.equal("wamid.1", result.messages[1].id)
      assert.equal(2, info.attempts)
      assert.equal(1, t.fault.arrivals())
    end)

    it("a refused connection, until the attempts are over", function()
      local transport = hurried(t.open())
      local _, _, details = client_over(transport, "closed"):send(MESSAGE)
      assert.same({ "transport", retryable = true, sent = false }, rows.outcome(details))
      assert.equal(3, details.attempts)
      assert.equal(2, #transport.slept)
    end)
  end)

  describe("does not repeat what may have been sent, and says so:", function()
    local function is_lost(case, port, arrivals)
      t.fault.play(case[1], "accept")
      local transport = hurried(t.open())
      local result, _, details = client_over(transport, port):send(MESSAGE, { timeout = case[3] })
      assert.is_nil(result)
      assert.same({ case[2], retryable = false, sent = true }, rows.outcome(details))
      assert.equal(1, details.attempts)
      assert.equal(0, #transport.slept)
      assert.equal(arrivals, t.fault.arrivals(arrivals))
    end

    for _, cases in ipairs { UNKNOWN, NAMELESS } do
      for _, case in ipairs(cases) do
        over(ALL, case[1], function(port) is_lost(case, port, 1) end)
      end
    end
    over(ALL, "cut, and it did not arrive", function(port) is_lost({ "cut", "transport" }, port, 0) end)
  end)

  describe("repeats what may have been sent where the caller says that it does no harm:", function()
    for _, case in ipairs(UNKNOWN) do
      over(TLS, case[1], function(port)
        t.fault.play(case[1], "accept")
        local transport = hurried(t.open())
        local client = client_over(transport, port, { attempts = 2, may_send_twice = true })
        local result, text, info = client:send(MESSAGE, { timeout = case[3] })
        assert.is_nil(text)
        assert.equal("wamid.1", result.messages[1].id)
        assert.equal(2, info.attempts)
        assert.equal(1, #transport.slept)
        assert.equal(2, t.fault.arrivals())
      end)
    end
  end)

  describe("repeats nothing else:", function()
    for _, step in ipairs { "error 400 100", "error 401 190", "error 400 131026", "refuse 413" } do
      over(ALL, step, function(port)
        t.fault.play(step, "accept")
        local transport = hurried(t.open())
        local _, _, details = client_over(transport, port, { attempts = 2, may_send_twice = true }):send(MESSAGE)
        assert.is_false(details.retryable)
        assert.is_false(details.may_have_been_sent)
        assert.equal(1, details.attempts)
        assert.equal(step == "refuse 413" and 0 or 1, t.fault.arrivals())
      end)
    end
  end)
end)
