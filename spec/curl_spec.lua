-- whatsapp.transport.curl against a server that misbehaves on purpose (spec/support/fault_server.lua): what it says of
-- each failure, and how often a request arrived. Never sends to another host; one name under .invalid is asked for.
local curl = require "whatsapp.transport.curl"
local fault_server = require "spec.support.fault"

local ALL, TLS, H1, H2 = { "plain", "h1", "h2" }, { "h1", "h2" }, { "plain", "h1" }, { "h2" }
local SECRET = "never-to-be-shown"
local JSON = '{"ok":true}'
local BODY = ("b"):rep(60000)
local TIMEOUT, CONNECT_TIMEOUT, PATIENCE = 0.4, 0.3, 2

local bytes = {}
for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
local BINARY = table.concat(bytes):rep(8192)

-- Ctrl-C, as the lua program has it: a hook that is set by a signal; the request would hang for 20 seconds
local INTERRUPTED = [[
cat > $FILE <<'END'
local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 20 }
transport { method = "POST", url = arg[1], body = "x" }
END
$LUA $FILE $URL 2>&1 & sleep 0.5; kill -INT $!; wait $!; rm $FILE
]]

describe("the transport over libcurl", function()
  local fault
  local opened = {}

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)
  before_each(function() fault.play "ok" end)
  after_each(function()
    for i = #opened, 1, -1 do table.remove(opened, i).close() end
  end)

  local function open(changes)
    local options = { ca_file = fault.ca_file, proxy = "", timeout = 10, connect_timeout = 5, max_body = 1000000 }
    for name, value in pairs(changes or {}) do options[name] = value end
    local transport = curl.new(options)
    opened[#opened + 1] = transport
    return transport
  end

  local function hasty() return open { timeout = TIMEOUT, connect_timeout = CONNECT_TIMEOUT } end

  local function post(port, changes)
    local request = {
      method = "POST", url = fault.url(port, "/messages?access_token=" .. SECRET), body = BODY,
      headers = { Authorization = "Bearer " .. SECRET, ["Content-Type"] = "application/json" },
    }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  local function without_body(port, method)
    return { method = method, url = fault.url(port, "/media?access_token=" .. SECRET) }
  end

  local function answered(transport, request)
    local response, text = transport(request)
    assert.is_nil(text)
    assert.is_table(response)
    return response
  end

  -- every failure says what it is, in one line without secrets; as many requests as expected arrived, none if not told
  local function fails(transport, request, expected, arrivals)
    local response, text, details = transport(request)
    assert.equal(arrivals or 0, fault.arrivals(arrivals))
    assert.is_nil(response)
    assert.is_string(text)
    assert.is_nil(text:find(SECRET, 1, true))
    assert.is_nil(text:find "%c")
    assert.same(expected, { details.kind, retryable = details.retryable, sent = details.may_have_been_sent })
    return text
  end

  local LOST = { "transport", retryable = false, sent = true }
  local IDEMPOTENT = { "transport", retryable = true, sent = true }
  local UNSENT = { "transport", retryable = true, sent = false }
  local HOPELESS = { "transport", retryable = false, sent = false }
  local REFUSED = { "invalid", retryable = false, sent = false }

  -- it(name .. port) for each port
  local function over(ports, name, test)
    for _, port in ipairs(ports) do
      it(("%s (%s)"):format(name, port), function() test(port) end)
    end
  end

  describe("never sends twice when a kept connection dies after the request was read, by", function()
    local cases = {
      { "close", ALL }, { "reset", ALL }, { "goaway this", H2 }, { "goaway 0", H2 }, { "rst-stream 0", H2 },
      { "rst-stream 2", H2 }, { "rst-stream 7", H2 }, { "rst-stream 8", H2 }, { "rst-stream 13", H2 },
    }
    for _, case in ipairs(cases) do
      over(case[2], case[1], function(port)
        fault.play("ok", case[1])
        local transport = open()
        assert.equal(200, answered(transport, post(port)).status)
        fails(transport, post(port), LOST, 2)
      end)
    end
  end)

  describe("never sends a POST with an empty body twice, though a kept connection dies by", function()
    for _, case in ipairs { { "close", ALL }, { "goaway 0", H2 }, { "rst-stream 7", H2 }, { "rst-stream 13", H2 } } do
      over(case[2], case[1], function(port)
        fault.play("ok", case[1])
        local transport = open()
        assert.equal(200, answered(transport, post(port, { body = "" })).status)
        fails(transport, post(port, { body = "" }), LOST, 2)
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
        fault.play(case[1])
        fails(hasty(), post(port, { body = case[3] }), LOST, 1)
      end)
    end
  end)

  it("stops waiting when the script is interrupted", function()
    fault.play "hang"
    local values = { FILE = os.tmpname(), LUA = os.getenv "LUA" or "lua5.4", URL = fault.url("plain", "/") }
    local started = os.time()
    local pipe = io.popen((INTERRUPTED:gsub("%$(%u+)", values)))
    local output = pipe:read "*a"
    pipe:close()
    assert.is_truthy(output:find("interrupted!", 1, true), output)
    assert.is_true(os.time() - started < 10)
  end)

  describe("says that nothing was sent", function()
    it("when the connection is refused", function()
      fails(open(), post "closed", UNSENT)
    end)

    it("when nobody has the name", function()
      fails(open(), post("h1", { url = "https://nobody.invalid/?access_token=" .. SECRET }), UNSENT)
    end)

    for _, step in ipairs { "accept-close", "accept-garbage" } do
      over(TLS, "when the TLS handshake fails by " .. step, function(port)
        fault.play(step)
        fails(open(), post(port), UNSENT)
      end)
    end

    for _, port in ipairs { "stranger", "misnamed", "expired" } do
      it("when the certificate is " .. port, function()
        fails(open(), post(port), HOPELESS)
      end)
    end

    it("when the authorities' file is missing", function()
      fails(open { ca_file = fault.ca_file .. ".missing" }, post "h2", HOPELESS)
    end)

    over(TLS, "when the TLS handshake hangs", function(port)
      fault.play "accept-hang"
      local transport = hasty()
      local started = transport.now()
      fails(transport, post(port), UNSENT)
      assert.is_true(transport.now() - started < PATIENCE)
    end)
  end)

  it("says of a plain connection that is closed at once whether the body was handed over", function()
    fault.play "accept-close"
    local response, _, details = open()(post "plain")
    assert.is_nil(response)
    assert.equal("transport", details.kind)
    assert.equal(details.retryable, not details.may_have_been_sent)
    assert.equal(0, fault.arrivals())
  end)

  describe("ends in time and says that the request may have been sent, when the answer stops with", function()
    for _, step in ipairs { "hang", "half-head-hang", "half-body-hang", "trickle" } do
      over(ALL, step, function(port)
        fault.play(step)
        local transport = open()
        local started = transport.now()
        fails(transport, post(port, { timeout = TIMEOUT }), LOST, 1)
        assert.is_true(transport.now() - started < PATIENCE)
      end)
    end
  end)

  describe("takes no broken answer for a whole one:", function()
    for _, step in ipairs { "half-head", "half-body", "half-chunked", "broken" } do
      over(ALL, step, function(port)
        fault.play(step)
        fails(open(), post(port), LOST, 1)
      end)
    end
  end)

  describe("returns a refusal that comes before the body was read:", function()
    for _, status in ipairs { 401, 413 } do
      over(ALL, tostring(status), function(port)
        fault.play("refuse " .. status)
        local response = answered(open(), post(port, { body = ("b"):rep(1000000) }))
        assert.equal(status, response.status)
        assert.equal(JSON, response.body)
        assert.equal(0, fault.arrivals())
      end)
    end

    -- the reset may overtake the answer; then it is a failure that does not claim too little
    over(ALL, "or calls it lost, if a reset destroyed it", function(port)
      fault.play "refuse-rudely 413"
      local response, _, details = open()(post(port, { body = ("b"):rep(1000000) }))
      if response then
        assert.equal(413, response.status)
      else
        assert.equal("transport", details.kind)
        assert.equal(details.retryable, not details.may_have_been_sent)
      end
      assert.equal(0, fault.arrivals())
    end)
  end)

  describe("limits what it takes", function()
    -- the most that this process ever held, in KiB; 0 where the system does not say
    local function peak()
      local status = io.open "/proc/self/status"
      if not status then return 0 end
      local kibibytes = status:read("*a"):match "VmHWM:%s*(%d+)"
      status:close()
      return tonumber(kibibytes) or 0
    end

    local cases = {
      { "endless-body", ALL, "longer than 1000000 bytes" }, { "huge-body", ALL, "longer than 1000000 bytes" },
      { "endless-head", H1, "headers are longer than" }, { "endless-head", H2, "" }, { "endless-interim", ALL, "" },
    }
    for _, case in ipairs(cases) do
      over(case[2], case[1], function(port)
        fault.play(case[1])
        local transport, before = open(), peak()
        local text = fails(transport, post(port, { timeout = PATIENCE }), LOST, 1)
        assert.truthy(text:find(case[3], 1, true))
        assert.is_true(peak() - before < 32 * 1024)
      end)
    end
  end)

  describe("reads an answer:", function()
    over(ALL, "a redirection is not followed", function(port)
      local other = port == "h1" and "plain" or "h1"
      local target = fault.url(other, "/elsewhere")
      fault.play("redirect " .. target)
      local response = answered(open(), post(port))
      assert.equal(302, response.status)
      assert.equal(target, response.headers.location)
      assert.equal(1, fault.arrivals())
      assert.equal(0, fault.connections(0, other))
    end)

    over(ALL, "the last status counts, names are lower-case, repeated headers are joined", function(port)
      fault.play "interim"
      local response = answered(open(), post(port))
      assert.equal(201, response.status)
      assert.equal("one, two", response.headers["x-twice"])
      assert.equal("Kept As It Is", response.headers["x-mixed-case"])
      assert.is_nil(response.headers["x-interim"])
      assert.equal(JSON, response.body)
    end)

    over(ALL, "any status is an answer", function(port)
      for _, status in ipairs { 200, 400, 429, 500, 503 } do
        fault.play("status " .. status)
        assert.equal(status, answered(open(), post(port)).status)
      end
    end)
  end)

  describe("refuses, without the value in the text and without a connection,", function()
    local cases = {
      { "a header with CR", { headers = { ["X-A"] = SECRET .. "\rX-B: c" } } },
      { "a header with LF", { headers = { ["X-A"] = SECRET .. "\nX-B: c" } } },
      { "a header with NUL", { headers = { ["X-A"] = SECRET .. "\0" } } },
      { "a header with DEL", { headers = { ["X-A"] = SECRET .. "\127" } } },
      { "a header's name with a space", { headers = { ["X " .. SECRET] = "a" } } },
      { "a header's name with a colon", { headers = { ["X:" .. SECRET] = "a" } } },
      { "a header's name with CR LF", { headers = { ["X\r\n" .. SECRET] = "a" } } },
      { "a header without a name", { headers = { [""] = SECRET } } },
      { "a header that is no string", { headers = { ["X-A"] = 5 } } },
      { "headers without names", { headers = { SECRET } } },
      { "headers that are no table", { headers = "X-A: " .. SECRET } },
      { "Content-Length", { headers = { ["content-LENGTH"] = "5" } } },
      { "Transfer-Encoding", { headers = { ["Transfer-Encoding"] = "chunked" } } },
      { "headers of 70 KB", { headers = { ["X-A"] = ("y"):rep(70000) } } },
      { "a method with a space", { method = "POST /" .. SECRET } },
      { "a method with CR LF", { method = "POST\r\n" .. SECRET } },
      { "an empty method", { method = "" } },
      { "a body that is no string", { body = 5 } },
      { "a URL that is no string", { url = 5 } },
      { "a URL with a space", { url = "https://127.0.0.1/ " .. SECRET } },
      { "a URL with LF", { url = "https://127.0.0.1/\n" .. SECRET } },
      { "a URL of 9 KB", { url = "https://127.0.0.1/" .. ("y"):rep(9000) } },
      { "no URL at all", { url = SECRET .. "://" } },
      { "ftp", { url = "ftp://127.0.0.1/" .. SECRET } },
      { "file", { url = "file:///etc/" .. SECRET } },
      { "plain http to others", { url = "http://example.invalid/" .. SECRET } },
      { "plain http to who only looks like loopback", { url = "http://127.0.0.1.example.invalid/" .. SECRET } },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        fails(open(), post("h1", case[2]), REFUSED)
        assert.equal(0, fault.connections())
      end)
    end

    it("a URL with NUL", function()
      fails(open(), post("h1", { url = fault.url("h1", "/") .. "\0" .. SECRET }), REFUSED)
      assert.equal(0, fault.connections())
    end)

    it("and works on after it", function()
      local transport = open()
      for _, case in ipairs(cases) do fails(transport, post("h1", case[2]), REFUSED) end
      assert.equal(200, answered(transport, post "h1").status)
      assert.equal(1, fault.arrivals())
    end)
  end)

  it("sends plain http to others if it is allowed to", function()
    fails(open { allow_http = true }, post("plain", { url = "http://nobody.invalid/" .. SECRET }), UNSENT)
  end)

  describe("sends", function()
    over(ALL, "the bytes of a body unchanged", function(port)
      assert.equal(200, answered(open(), post(port, { body = BINARY })).status)
      assert.is_true(fault.body() == BINARY)
      assert.equal(1, fault.arrivals())
    end)

    over(H1, "a large body without Expect and with its length", function(port)
      answered(open(), post(port, { body = BINARY }))
      local head = fault.head():lower()
      assert.is_nil(head:find("expect", 1, true))
      assert.is_nil(head:find("transfer-encoding", 1, true))
      assert.truthy(head:find("\r\ncontent-length: " .. #BINARY .. "\r\n", 1, true))
    end)

    over(H1, "the headers it was given, empty ones too", function(port)
      answered(open(), post(port, { headers = { ["X-Empty"] = "", ["X-Tab"] = "a\tb", ["Content-Type"] = "text/x" } }))
      local head = fault.head()
      assert.truthy(head:find("\r\nX-Empty:\r\n", 1, true))
      assert.truthy(head:find("\r\nX-Tab: a\tb\r\n", 1, true))
      assert.truthy(head:find("\r\nContent-Type: text/x\r\n", 1, true))
    end)

    it("other headers and another URL with the next request of a kept connection", function()
      local transport = open()
      answered(transport, post("plain", { headers = { ["X-First"] = "1" } }))
      answered(transport, post("plain", { url = fault.url("plain", "/second"), headers = { ["X-Second"] = "2" } }))
      assert.equal("POST /second HTTP/1.1", fault.head():match "^[^\r]+")
      assert.truthy(fault.head():find("X-Second: 2", 1, true))
      assert.is_nil(fault.head():find("X-First", 1, true))
      assert.equal(1, fault.connections())
    end)

    over(ALL, "a POST with an empty body", function(port)
      local transport = open()
      for _, body in ipairs { "", false } do
        local request = post(port)
        request.body = body or nil
        assert.equal(200, answered(transport, request).status)
        assert.equal("", fault.body())
      end
      if port ~= "h2" then assert.truthy(fault.head():lower():find("\r\ncontent-length: 0\r\n", 1, true)) end
      assert.equal(2, fault.arrivals())
    end)

    for _, method in ipairs { "GET", "DELETE" } do
      over(ALL, method .. " without a body, also after a POST", function(port)
        local transport = open()
        answered(transport, post(port))
        assert.equal(200, answered(transport, without_body(port, method)).status)
        assert.equal("", fault.body())
        if port ~= "h2" then
          assert.equal(method, fault.head():match "^%u+")
          assert.is_nil(fault.head():lower():find("content-", 1, true))
        end
        assert.equal(2, fault.arrivals())
      end)

      over(ALL, method .. ", which may be repeated when the connection was lost", function(port)
        fault.play "close"
        fails(open(), without_body(port, method), IDEMPOTENT, 1)
      end)
    end
  end)

  describe("keeps connections:", function()
    over(ALL, "five requests use one", function(port)
      local transport = open()
      for _ = 1, 5 do assert.equal(200, answered(transport, post(port)).status) end
      assert.equal(5, fault.arrivals(5, port)) -- HTTP/2 where it is offered
      assert.equal(1, fault.connections())
    end)

    over(H1, "one that the server closed meanwhile is replaced", function(port)
      fault.play("ok-close", "ok")
      local transport = open()
      answered(transport, post(port))
      assert.equal(1, fault.connections(1, "closed"))
      assert.equal(200, answered(transport, post(port)).status)
      assert.equal(2, fault.arrivals())
      assert.equal(2, fault.connections(2, port))
    end)

    over(ALL, "a failure spoils nothing for the next request", function(port)
      fault.play("half-body", "ok")
      local transport = open()
      fails(transport, post(port), LOST, 1)
      assert.equal(200, answered(transport, post(port)).status)
      assert.equal(2, fault.arrivals())
    end)
  end)

  describe("used wrongly", function()
    for _, request in ipairs { "a string", 5, false } do
      it("raises where it was called with " .. type(request), function()
        local transport = open()
        local ok, text = pcall(function()
          local response = transport(request)
          return response
        end)
        assert.is_false(ok)
        assert.truthy(tostring(text):find("curl_spec.lua", 1, true))
      end)
    end

    it("raises where it was called after close, and is closed once", function()
      local transport = open()
      answered(transport, post "h1")
      transport.close()
      transport.close()
      local ok, text = pcall(function()
        local response = transport(post "h1")
        return response
      end)
      assert.is_false(ok)
      assert.truthy(text:find("curl_spec.lua:%d+: attempt to use a closed transport"))
    end)

    it("is closed before its first request", function()
      local transport = open()
      transport.close()
      assert.has_error(function() transport(post "h1") end)
    end)

    local wrong = {
      timeout = "x", connect_timeout = -1, max_body = 0.5, proxy = 5, ca_file = {}, user_agent = true,
    }
    for name, value in pairs(wrong) do
      it("raises for a wrong " .. name, function()
        local ok, text = pcall(function() return open { [name] = value }(post "h1") end)
        assert.is_false(ok)
        assert.truthy(text:find(name, 1, true))
        assert.equal(0, fault.connections())
      end)
    end

    it("may be forgotten without being closed", function()
      for _, port in ipairs(ALL) do
        local transport = curl.new { ca_file = fault.ca_file, proxy = "" }
        assert.equal(200, answered(transport, post(port)).status)
        transport = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
      end
      assert.equal(3, fault.arrivals())
    end)

    it("shows nothing in tostring", function()
      assert.equal("whatsapp.transport.curl", tostring(open { proxy = "http://user:" .. SECRET .. "@127.0.0.1:1" }))
    end)

    for _, proxy in ipairs { "http://user:%s@a b:1/", "what://user:%s@127.0.0.1:1/" } do
      it("never shows a password of a proxy: " .. proxy, function()
        local _, text = pcall(function()
          local _, failure = open { proxy = proxy:format(SECRET) }(post "h1")
          return failure
        end)
        assert.is_string(text)
        assert.is_nil(text:find(SECRET, 1, true))
      end)
    end
  end)
end)
