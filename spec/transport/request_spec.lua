-- Each transport over a network, against a server that follows a script (spec/support/fault_server.lua): what is sent, what is
-- refused before it is sent, what is read, and which connections are kept. Never sends to another host.
local rows = require "spec.transport.rows"

local ALL, H1, over = rows.ALL, rows.H1, rows.over
local LOST, IDEMPOTENT, REFUSED, SECRET, JSON = rows.LOST, rows.IDEMPOTENT, rows.REFUSED, rows.SECRET, rows.JSON

local bytes = {}
for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
local BINARY = table.concat(bytes):rep(8192)

rows.describe("with a request", function(t)
  local function without_body(port, method)
    return { method = method, url = t.fault.url(port, "/media?access_token=" .. SECRET) }
  end

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
        t.fails(t.open(), t.post("h1", case[2]), REFUSED)
        assert.equal(0, t.fault.connections())
      end)
    end

    it("a URL with NUL", function()
      t.fails(t.open(), t.post("h1", { url = t.fault.url("h1", "/") .. "\0" .. SECRET }), REFUSED)
      assert.equal(0, t.fault.connections())
    end)

    it("and works afterwards", function()
      local transport = t.open()
      for _, case in ipairs(cases) do t.fails(transport, t.post("h1", case[2]), REFUSED) end
      assert.equal(200, t.answered(transport, t.post "h1").status)
      assert.equal(1, t.fault.arrivals())
    end)
  end)

  describe("sends", function()
    over(ALL, "the bytes of a body unchanged", function(port)
      assert.equal(200, t.answered(t.open(), t.post(port, { body = BINARY })).status)
      assert.is_true(t.fault.body() == BINARY)
      assert.equal(1, t.fault.arrivals())
    end)

    over(H1, "a large body without Expect and with its length", function(port)
      t.answered(t.open(), t.post(port, { body = BINARY }))
      local head = t.fault.head():lower()
      assert.is_nil(head:find("expect", 1, true))
      assert.is_nil(head:find("transfer-encoding", 1, true))
      assert.truthy(head:find("\r\ncontent-length: " .. #BINARY .. "\r\n", 1, true))
    end)

    over(H1, "the headers it was given, empty ones too", function(port)
      t.answered(t.open(), t.post(port, { headers = { ["X-Empty"] = "", ["X-Tab"] = "a\tb", ["Content-Type"] = "text/x" } }))
      local head = t.fault.head()
      assert.truthy(head:find("\r\nX-Empty:\r\n", 1, true))
      assert.truthy(head:find("\r\nX-Tab: a\tb\r\n", 1, true))
      assert.truthy(head:find("\r\nContent-Type: text/x\r\n", 1, true))
    end)

    it("other headers and another URL with the next request of a kept connection", function()
      local transport = t.open()
      t.answered(transport, t.post("plain", { headers = { ["X-First"] = "1" } }))
      t.answered(transport, t.post("plain", { url = t.fault.url("plain", "/second"), headers = { ["X-Second"] = "2" } }))
      assert.equal("POST /second HTTP/1.1", t.fault.head():match "^[^\r]+")
      assert.truthy(t.fault.head():find("X-Second: 2", 1, true))
      assert.is_nil(t.fault.head():find("X-First", 1, true))
      assert.equal(1, t.fault.connections())
    end)

    over(ALL, "a POST with an empty body", function(port)
      local transport = t.open()
      for _, body in ipairs { "", false } do
        local request = t.post(port)
        request.body = body or nil
        assert.equal(200, t.answered(transport, request).status)
        assert.equal("", t.fault.body())
      end
      if port ~= "h2" then assert.truthy(t.fault.head():lower():find("\r\ncontent-length: 0\r\n", 1, true)) end
      assert.equal(2, t.fault.arrivals())
    end)

    for _, method in ipairs { "GET", "DELETE" } do
      over(ALL, method .. " without a body, also after a POST", function(port)
        local transport = t.open()
        t.answered(transport, t.post(port))
        assert.equal(200, t.answered(transport, without_body(port, method)).status)
        assert.equal("", t.fault.body())
        if port ~= "h2" then
          assert.equal(method, t.fault.head():match "^%u+")
          assert.is_nil(t.fault.head():lower():find("content-", 1, true))
        end
        assert.equal(2, t.fault.arrivals())
      end)

      over(ALL, method .. ", which may be repeated when the connection was lost", function(port)
        t.fault.play "close"
        t.fails(t.open(), without_body(port, method), IDEMPOTENT, 1)
      end)
    end
  end)
end)

rows.describe("with an answer", function(t)
  describe("reads an answer:", function()
    over(ALL, "a redirection is not followed", function(port)
      local other = port == "h1" and "plain" or "h1"
      local target = t.fault.url(other, "/elsewhere")
      t.fault.play("redirect " .. target)
      local response = t.answered(t.open(), t.post(port))
      assert.equal(302, response.status)
      assert.equal(target, response.headers.location)
      assert.equal(1, t.fault.arrivals())
      assert.equal(0, t.fault.connections(0, other))
    end)

    over(ALL, "the last status counts, names are lower-case, repeated headers are joined", function(port)
      t.fault.play "interim"
      local response = t.answered(t.open(), t.post(port))
      assert.equal(201, response.status)
      assert.equal("one, two", response.headers["x-twice"])
      assert.equal("Kept As It Is", response.headers["x-mixed-case"])
      assert.is_nil(response.headers["x-interim"])
      assert.equal(JSON, response.body)
    end)

    over(ALL, "any status is an answer", function(port)
      for _, status in ipairs { 200, 400, 429, 500, 503 } do
        t.fault.play("status " .. status)
        assert.equal(status, t.answered(t.open(), t.post(port)).status)
      end
    end)
  end)

  describe("keeps connections:", function()
    over(ALL, "five requests use one", function(port)
      local transport = t.open()
      for _ = 1, 5 do assert.equal(200, t.answered(transport, t.post(port)).status) end
      assert.equal(5, t.fault.arrivals(5, port)) -- HTTP/2 if the server offers it
      assert.equal(1, t.fault.connections())
    end)

    over(H1, "one that the server closed meanwhile is replaced", function(port)
      t.fault.play("ok-close", "ok")
      local transport = t.open()
      t.answered(transport, t.post(port))
      assert.equal(1, t.fault.connections(1, "closed"))
      assert.equal(200, t.answered(transport, t.post(port)).status)
      assert.equal(2, t.fault.arrivals())
      assert.equal(2, t.fault.connections(2, port))
    end)

    over(ALL, "a failure spoils nothing for the next request", function(port)
      t.fault.play("half-body", "ok")
      local transport = t.open()
      t.fails(transport, t.post(port), LOST, 1)
      assert.equal(200, t.answered(transport, t.post(port)).status)
      assert.equal(2, t.fault.arrivals())
    end)
  end)
end)

rows.describe("used wrongly", function(t)
  for _, request in ipairs { "a string", 5, false } do
    it("raises for a request that is a " .. type(request), function()
      local ok, text = pcall(t.open(), request)
      assert.is_false(ok)
      assert.truthy(tostring(text):find("the request must be a table, not a " .. type(request), 1, true))
    end)
  end

  -- closes a client that was used before, and a client that was not
  for _, used in ipairs { true, false } do
    it("is closed once, and raises afterwards: " .. (used and "after a request" or "before the first one"), function()
      local transport = t.open()
      if used then t.answered(transport, t.post "h1") end
      transport.close()
      transport.close()
      for _, call in ipairs { transport, transport.start } do
        local ok, text = pcall(call, t.post "h1", 1)
        assert.is_false(ok)
        assert.truthy(tostring(text):find("attempt to use a closed transport", 1, true))
      end
    end)
  end

  local wrong = { timeout = "x", connect_timeout = -1, max_body = 0.5, proxy = 5, ca_file = {}, user_agent = true, nonsense = 1 }
  for name, value in pairs(wrong) do
    it("raises at the caller's line for a wrong " .. name, function()
      local ok, text = pcall(function()
        local transport = require(t.row.module).new { [name] = value }
        return transport
      end)
      assert.is_false(ok)
      assert.truthy(text:find("request_spec.lua:%d+: .*" .. name))
    end)
  end

  it("shows nothing in tostring", function()
    assert.equal(t.row.module, tostring(t.open { proxy = t.lacks.proxy and "" or "http://user:" .. SECRET .. "@127.0.0.1:1" }))
  end)

  for _, proxy in ipairs { "http://user:%s@a b:1/", "what://user:%s@127.0.0.1:1/" } do
    it("never shows a password of a proxy: " .. proxy, function()
      local _, text = pcall(function()
        local _, failure = t.open { proxy = proxy:format(SECRET) }(t.post "h1")
        return failure
      end)
      assert.is_string(text)
      assert.is_nil(text:find(SECRET, 1, true))
    end)
  end
end)
