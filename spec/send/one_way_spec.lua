-- A message takes one way over libcurl with all options of a client: the same bytes are sent, and the outcome is the same. Never
-- sends to another host.
local fault_server = require "spec.support.fault"
local whatsapp = require "whatsapp"

-- the server's answers, one for each attempt
local STEPS = {
  { "accept" }, { "error 429 130429", "accept" }, { "error 400 131026" }, { "error 500 131000 1" }, { "html 502" }, { "ok" },
  { "gzip" }, { "close" }, { "half-body" }, { "empty 503" }, { "error 400 131047", "accept" },
}

describe("client:send over libcurl", function()
  local fault

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)

  local function outcome(changes, message, given)
    local options = {
      token = "tokentoken", phone_number_id = "1", base_url = fault.url("h1", ""), ca_file = fault.ca_file, proxy = "",
      limiter = false,
    }
    for name, value in pairs(changes) do options[name] = value end
    local client = whatsapp.new(options)
    local result, text, details = client:send(message, given)
    client:close()
    details.log_error = nil
    text = text and text:gsub("after %d+ milliseconds", "in time")
    return { result or false, text or false, details, fault.body(), (fault.head():gsub("Host: [^\r]*", "")) }, fault.arrivals()
  end

  -- options of a client that must not change the outcome
  local OPTIONS = {
    log = { log = function() end }, hook = { before_send = function() end }, limits = { limiter = {} },
    token = { token = function() return "tokentoken" end }, warning = { on_warning = function() end },
  }

  local function with(changes, more)
    local all = {}
    for _, from in ipairs { changes, more } do
      for name, value in pairs(from) do all[name] = value end
    end
    return all
  end

  local function is_the_same(steps, changes, message, given)
    fault.play_list(steps)
    local expected, arrived = outcome(changes, message, given)
    for name, more in pairs(OPTIONS) do
      fault.play_list(steps)
      local got, came = outcome(with(changes, more), message, given)
      assert.same(expected, got, name)
      assert.equal(arrived, came)
    end
  end

  local MESSAGE = { to = "1", text = { body = "x" } }
  local TEMPLATE = { template = { name = "n", language = { code = "en" } } }

  for _, steps in ipairs(STEPS) do
    it("has the same result with every option: " .. steps[1], function()
      is_the_same(steps, {}, MESSAGE, { fallback = TEMPLATE })
    end)
  end

  it("repeats the failures that the caller allows", function()
    is_the_same({ "close", "accept" }, { retry = { may_send_twice = true, attempts = 2 } }, MESSAGE)
    is_the_same({ "half-body", "html 502" }, { retry = { may_send_twice = true, attempts = 2 } }, MESSAGE)
    is_the_same({ "error 429 130429" }, { retry = false }, MESSAGE)
  end)

  it("keeps warnings, time-outs and refusals", function()
    is_the_same({ "accept" }, {}, { to = "1", audio = { id = "1", caption = "c" } })
    is_the_same({ "silence" }, {}, MESSAGE, { timeout = 0.4, retry = false })
    is_the_same({}, {}, { to = "1", text = { bodi = "x" } })
    is_the_same({ "accept" }, { mode = "lenient" }, { to = "1", text = { body = "x", more = 1 } })
  end)

  it("accepts an answer of at most 1 MiB, unless an option allows more", function()
    local function send(max_body)
      fault.play "endless-body"
      local client = whatsapp.new {
        token = "tokentoken", phone_number_id = "1", base_url = fault.url("plain", ""), proxy = "", retry = false,
        limiter = false, max_body = max_body,
      }
      local result, err, details = client:send(MESSAGE)
      client:close()
      assert.is_nil(result)
      assert.is_true(details.may_have_been_sent)
      return err
    end
    assert.truthy(send():find("longer than 1048576 bytes", 1, true))
    assert.truthy(send(5000):find("longer than 5000 bytes", 1, true))
  end)

  it("changes the time-out from one message to the next", function()
    fault.play("accept", "silence", "accept")
    local client = whatsapp.new {
      token = "tokentoken", phone_number_id = "1", base_url = fault.url("plain", ""), limiter = false, proxy = "", retry = false,
    }
    assert.is_table((client:send(MESSAGE)))
    local _, _, details = client:send(MESSAGE, { timeout = 0.3 })
    assert.equal(28, details.curl_code)
    assert.is_table((client:send(MESSAGE)))
    client:close()
  end)

  it("shows no token in an error, also after many other tokens", function()
    local state = { token = "first-token", signed = { token = "second-token" }, shared = { secrets = { "third-token" } } }
    local clean = require("whatsapp.send.credentials").clean
    assert.equal("***, *** and ***", clean(state, "first-token, second-token and third-token"))
    state.token = function() end
    assert.equal("first-token", clean(state, "first-token"))
  end)

  it("returns the trace of each message, and a separate info for each", function()
    fault.play("accept", "accept One", "accept One", "accept Two", "accept", "accept")
    local infos, traces = {}, {}
    local client = whatsapp.new {
      token = "tokentoken", phone_number_id = "1", base_url = fault.url("plain", ""), limiter = false, proxy = "",
    }
    for i = 1, 6 do
      local _, _, info = client:send(MESSAGE)
      infos[i], traces[i] = info, info.trace_id or false
    end
    assert.same({ false, "One", "One", "Two", false, false }, traces)
    assert.same({ attempts = 1, http_status = 200 }, infos[6])
    assert.is_false(infos[5] == infos[6])
    client:close()
  end)
end)
