-- Each transport over a network, against a server that misbehaves on purpose (spec/support/fault_server.lua): the error for each
-- failure, and how often a request arrived. Never sends to another host; one name under .invalid is asked for.
local read = require "spec.support.read"
local rows = require "spec.transport.rows"

local ALL, TLS, H1, H2, over = rows.ALL, rows.TLS, rows.H1, rows.H2, rows.over
local LOST, UNSENT, HOPELESS, SECRET, JSON = rows.LOST, rows.UNSENT, rows.HOPELESS, rows.SECRET, rows.JSON
local TIMEOUT, PATIENCE = 0.4, 2

-- returns the largest resident set of this process, in KiB; 0 if the system does not tell it
local function peak()
  return tonumber(read("/proc/self/status", ""):match "VmHWM:%s*(%d+)") or 0
end

rows.describe("when a connection dies", function(t)
  describe("never sends twice when a kept connection dies after the request was read, by", function()
    local cases = {
      { "close", ALL }, { "reset", ALL }, { "goaway this", H2 }, { "goaway 0", H2 }, { "rst-stream 0", H2 },
      { "rst-stream 2", H2 }, { "rst-stream 7", H2 }, { "rst-stream 8", H2 }, { "rst-stream 13", H2 },
    }
    for _, case in ipairs(cases) do
      over(case[2], case[1], function(port)
        t.fault.play("ok", case[1])
        local transport = t.open()
        assert.equal(200, t.answered(transport, t.post(port)).status)
        t.fails(transport, t.post(port), LOST, 2)
      end)
    end
  end)

  describe("never sends a POST with an empty body twice, though a kept connection dies by", function()
    for _, case in ipairs { { "close", ALL }, { "goaway 0", H2 }, { "rst-stream 7", H2 }, { "rst-stream 13", H2 } } do
      over(case[2], case[1], function(port)
        t.fault.play("ok", case[1])
        local transport = t.open()
        assert.equal(200, t.answered(transport, t.post(port, { body = "" })).status)
        t.fails(transport, t.post(port, { body = "" }), LOST, 2)
      end)
    end
  end)

  describe("never sends twice when a new connection dies after the request was read, by", function()
    local cases = {
      { "close", ALL }, { "reset", ALL }, { "goaway this", H2 }, { "goaway 0", H2 }, { "rst-stream 0", H2 },
      { "rst-stream 7", H2 }, { "rst-stream 13", H2 }, { "close", ALL, "" }, { "goaway 0", H2, "" },
      { "rst-stream 7", H2, "" }, { "rst-stream 13", H2, "" },
    }
    for _, case in ipairs(cases) do
      over(case[2], case[1] .. (case[3] and " after an empty body" or ""), function(port)
        t.fault.play(case[1])
        t.fails(t.hasty(), t.post(port, { body = case[3] }), LOST, 1)
      end)
    end
  end)

  -- the client cannot know that the server did not read the body: if the system accepted all of it, the request may have been
  -- sent
  describe("is reset before the body is read: says whether the request may have been sent, and does not repeat it,", function()
    local function fails_either_way(transport, request, arrivals)
      local response, _, details = transport(request)
      assert.is_nil(response)
      assert.equal(arrivals, t.fault.arrivals(arrivals))
      assert.same(details.may_have_been_sent and LOST or UNSENT, rows.outcome(details))
    end

    over(ALL, "on a new connection", function(port)
      t.fault.play("cut", "ok")
      fails_either_way(t.open(), t.post(port), 0)
    end)

    over(ALL, "on a kept connection", function(port)
      t.fault.play("ok", "cut", "ok")
      local transport = t.open()
      assert.equal(200, t.answered(transport, t.post(port)).status)
      fails_either_way(transport, t.post(port), 1)
    end)
  end)

  -- all of these requests arrived, whatever the server answers
  for taken, how in pairs { [0] = "a close", [4] = "GOAWAY" } do
    over(H2, ("by %s with eight streams in flight: %d are answered, none is sent again"):format(how, taken), function(port)
      local step = "gather 8 " .. taken
      t.fault.play(step, step, step, step, step, step, step, step, "ok", "ok")
      local requests, answered = {}, 0
      for i = 1, 8 do requests[i] = t.post(port) end
      for _, outcome in ipairs(rows.together(t.open(), requests)) do
        if outcome[1] then answered = answered + 1
        else assert.same(LOST, rows.outcome(outcome[3])) end
      end
      assert.equal(taken, answered)
      assert.equal(8, t.fault.arrivals())
    end)
  end
end)

rows.describe("when nothing can be sent", function(t)
  describe("says that nothing was sent", function()
    it("when the connection is refused", function()
      t.fails(t.open(), t.post "closed", UNSENT)
    end)

    it("when no host has the name", function()
      t.fails(t.open(), t.post("h1", { url = "https://nobody.invalid/?access_token=" .. SECRET }), UNSENT)
    end)

    it("when no host has the name of a plain http URL, if plain http is allowed", function()
      t.fails(t.open { allow_http = true }, t.post("plain", { url = "http://nobody.invalid/" .. SECRET }), UNSENT)
    end)

    for _, step in ipairs { "accept-close", "accept-garbage" } do
      over(TLS, "when the TLS handshake fails by " .. step, function(port)
        t.fault.play(step)
        t.fails(t.open(), t.post(port), UNSENT)
      end)
    end

    for _, port in ipairs { "stranger", "misnamed", "expired" } do
      it("when the certificate is " .. port, function()
        t.fails(t.open(), t.post(port), HOPELESS)
      end)
    end

    if not t.lacks.ca_file then
      it("when the authorities' file is missing", function()
        t.fails(t.open { ca_file = t.fault.ca_file .. ".missing" }, t.post "h2", HOPELESS)
      end)
    end

    over(TLS, "when the TLS handshake hangs", function(port)
      t.fault.play "accept-hang"
      local transport = t.hasty()
      local started = transport.now()
      t.fails(transport, t.post(port), UNSENT)
      assert.is_true(transport.now() - started < PATIENCE)
    end)
  end)

  it("reports for a plain connection that is closed at once whether the system had the body", function()
    t.fault.play "accept-close"
    local response, _, details = t.open()(t.post "plain")
    assert.is_nil(response)
    assert.equal("transport", details.kind)
    assert.equal(details.retryable, not details.may_have_been_sent)
    assert.equal(0, t.fault.arrivals())
  end)
end)

rows.describe("when the other side hangs", function(t)
  -- a request to each port, all at once, so that they hang at the same time; spec/support/timed fails those that end too late
  local function ends_in_time(step, ports, arrivals, changes)
    t.fault.play(step, step, step)
    local transport, requests = t.open(), {}
    changes = changes or { timeout = TIMEOUT }
    for i, port in ipairs(ports) do requests[i] = t.post(port, changes) end
    for _, outcome in ipairs(rows.together(transport, requests)) do
      assert.is_nil(outcome[1])
      assert.same(LOST, rows.outcome(outcome[3]))
    end
    assert.equal(arrivals, t.fault.arrivals(arrivals))
  end

  describe("ends in time and says that the request may have been sent, when the answer stops with", function()
    for _, step in ipairs { "hang", "half-head-hang", "half-body-hang", "trickle" } do
      it(step, function() ends_in_time(step, ALL, 3) end)
    end
  end)

  describe("ends in time and says that the request may have been sent, when it stops reading", function()
    it("before the request", function() ends_in_time("accept-hang", { "plain" }, 0) end)
    -- a busy machine takes a while to send three such bodies, and this time counts
    it("in the middle of a large body", function()
      ends_in_time("stall", ALL, 0, { timeout = 3 * TIMEOUT, body = ("b"):rep(2 ^ 24) })
    end)
  end)
end)

rows.describe("when an answer is broken", function(t)
  describe("takes it for no whole one:", function()
    for _, step in ipairs { "half-head", "half-body", "half-chunked", "broken" } do
      over(ALL, step, function(port)
        t.fault.play(step)
        t.fails(t.open(), t.post(port), LOST, 1)
      end)
    end
  end)

  -- more bytes than announced: the bytes after an answer are never the answer to another request
  over(H1, "gives what was announced and nothing of what follows", function(port)
    t.fault.play("too-short", "ok")
    local transport = t.open()
    assert.equal(JSON, t.answered(transport, t.post(port)).body)
    local second = t.answered(transport, t.post(port))
    assert.same({ 200, JSON }, { second.status, second.body })
    assert.equal(2, t.fault.arrivals())
  end)

  over(H2, "gives what was announced, or calls it lost", function(port)
    t.fault.play("too-short", "ok")
    local transport = t.open()
    local response, _, details = transport(t.post(port))
    if response then assert.equal(JSON, response.body)
    else assert.same(LOST, rows.outcome(details)) end
    assert.equal(1, t.fault.arrivals(1))
    assert.equal(200, t.answered(transport, t.post(port)).status)
  end)

  over(ALL, "returns a compressed one as it came, because no request asks for it", function(port)
    t.fault.play "gzip"
    local before = peak()
    local response = t.answered(t.open(), t.post(port)) -- 4 MB of bytes would be over the limit
    assert.equal("gzip", response.headers["content-encoding"])
    assert.equal("\31\139", response.body:sub(1, 2))
    assert.equal(tonumber(response.headers["content-length"]), #response.body)
    assert.is_true(#response.body < 32 * 1024)
    assert.is_true(peak() - before < 8 * 1024)
  end)

  describe("limits what it takes", function()
    local cases = {
      { "endless-body", ALL, "longer than 1000000 bytes" }, { "huge-body", ALL, "longer than 1000000 bytes" },
      { "endless-head", H1, "headers are longer than" }, { "endless-head", H2, "" }, { "endless-interim", ALL, "" },
    }
    for _, case in ipairs(cases) do
      over(case[2], case[1], function(port)
        t.fault.play(case[1])
        local transport, before = t.open(), peak()
        local text = t.fails(transport, t.post(port, { timeout = PATIENCE }), LOST, 1)
        assert.truthy(text:find(case[3], 1, true))
        assert.is_true(peak() - before < 32 * 1024)
      end)
    end
  end)
end)

rows.describe("when a request is refused", function(t)
  describe("returns a refusal that comes before the body was read:", function()
    for _, status in ipairs { 401, 413 } do
      over(ALL, tostring(status), function(port)
        t.fault.play("refuse " .. status)
        local response = t.answered(t.open(), t.post(port, { body = ("b"):rep(1000000) }))
        assert.equal(status, response.status)
        assert.equal(JSON, response.body)
        assert.equal(0, t.fault.arrivals())
      end)
    end

    -- the reset may come before the answer; then the failure says that the request may have been sent
    over(ALL, "or calls it lost, if a reset destroyed it", function(port)
      t.fault.play "refuse-rudely 413"
      local response, _, details = t.open()(t.post(port, { body = ("b"):rep(1000000) }))
      if response then
        assert.equal(413, response.status)
      else
        assert.equal("transport", details.kind)
        assert.equal(details.retryable, not details.may_have_been_sent)
      end
      assert.equal(0, t.fault.arrivals())
    end)
  end)

  describe("returns a refusal after it was read:", function()
    local cases = {
      { "error 429 130429 7", 429, "7" }, { "error 429 130429", 429 }, { "empty 429 7", 429, "7" },
      { "error 503 131016 7", 503, "7" }, { "empty 503 7", 503, "7" }, { "empty 503", 503 }, { "html 502", 502 },
    }
    for _, case in ipairs(cases) do
      over(ALL, case[1], function(port)
        t.fault.play(case[1])
        local response = t.answered(t.open(), t.post(port))
        assert.equal(case[2], response.status)
        assert.equal(case[3], response.headers["retry-after"])
        assert.equal(1, t.fault.arrivals())
      end)
    end
  end)
end)
