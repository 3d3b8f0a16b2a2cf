-- Requests over whatsapp.curl with the same table of headers and the same URL as an earlier request: the client reads neither
-- again, and each request still has its own body, method, time-out and outcome. Never sends to another host.
local curl = require "whatsapp.curl"
local fault_server = require "spec.support.fault"

local WANTED = { "content-length", "retry-after" }

describe("requests with one table of headers", function()
  local fault, client, headers

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)
  before_each(function()
    fault.play()
    headers = { Authorization = "Bearer one" }
    client = curl.new { ca_file = fault.ca_file, proxy = "", headers = WANTED }
  end)
  after_each(function() client:close() end)

  local function request(port, changes)
    local made = { method = "POST", url = fault.url(port, "/first"), headers = headers, body = "x" }
    for name, value in pairs(changes or {}) do made[name] = value end
    return made
  end

  local function has_head(...)
    local head = fault.head()
    for _, text in ipairs { ... } do assert.truthy(head:find(text, 1, true), head) end
  end

  for _, port in ipairs { "plain", "h1", "h2" } do
    it("are each sent with their own body: " .. port, function()
      for _, body in ipairs { "a", ("b"):rep(70000), "", "c\0d" } do
        local response = client:perform(request(port, { body = body }))
        assert.same({ 200, '{"ok":true}' }, { response.status, response.body })
        assert.same({ ["content-length"] = "11" }, response.headers)
        assert.equal(body, fault.body())
      end
      assert.equal(4, fault.arrivals())
    end)
  end

  it("have the right head, also after other requests", function()
    local other = { Authorization = "Bearer two" }
    for _ = 1, 3 do
      assert.equal(200, client:perform(request("plain", { body = "1" })).status)
      has_head("POST /first HTTP/1.1\r\n", "Authorization: Bearer one\r\n", "Content-Length: 1\r\n")
      assert.equal(200, client:perform(request("plain", { body = "22" })).status)
      has_head("POST /first HTTP/1.1\r\n", "Authorization: Bearer one\r\n", "Content-Length: 2\r\n")
      assert.equal(200, client:perform(request("plain", { url = fault.url("plain", "/second") })).status)
      has_head("POST /second HTTP/1.1\r\n", "Authorization: Bearer one\r\n")
      assert.equal(200, client:perform(request("plain", { headers = other })).status)
      has_head("POST /first HTTP/1.1\r\n", "Authorization: Bearer two\r\n")
      assert.equal(200, client:perform({ method = "DELETE", url = fault.url("plain", "/third") }).status)
      has_head "DELETE /third HTTP/1.1\r\n"
      assert.is_nil(fault.head():find("Authorization", 1, true))
    end
  end)

  local function agents()
    local list = {}
    for name, value in fault.head():gmatch "\r\n([^:\r\n]+):[ ]?([^\r\n]*)" do
      if name:lower() == "user-agent" then list[#list + 1] = value end
    end
    return list
  end

  it("have the User-Agent of the client, once, unless the table names another", function()
    client:close()
    client = curl.new { ca_file = fault.ca_file, proxy = "", headers = WANTED, user_agent = "ours/1" }
    local changes = { -- a change of the table, and the User-Agent of the next requests
      { function() end, "ours/1" },
      { function() headers["User-Agent"] = "theirs/1" end, "theirs/1" },
      { function() headers["User-Agent"] = "theirs/2" end, "theirs/2" },
      { function() headers["User-Agent"] = nil end, "ours/1" },
      { function() headers["user-agent"] = "theirs/3" end, "theirs/3" },
      { function() headers["user-agent"], headers["X-More"] = nil, "1" end, "ours/1" },
      { function() headers["X-More"] = nil end, "ours/1" },
      { function() headers.Authorization = nil end, "ours/1" },
      { function() headers.Authorization = "Bearer two" end, "ours/1" },
      { function() headers["USER-AGENT"] = "ours/1" end, "ours/1" },
      { function() headers.Authorization = nil end, "ours/1" },
      { function() headers["USER-AGENT"] = "" end, "" },
      { function() headers = nil end, "ours/1" },
    }
    for _, port in ipairs { "plain", "h1" } do
      headers = { Authorization = "Bearer one" }
      for i, change in ipairs(changes) do
        change[1]()
        for _ = 1, 2 do
          assert.equal(200, client:perform(request(port)).status)
          assert.same({ change[2] }, agents(), port .. " " .. i)
          assert.equal(headers and headers.Authorization, fault.head():match "\r\nAuthorization: ([^\r]*)", port .. " " .. i)
        end
      end
    end
  end)

  it("have no User-Agent if the client has no such option; a value that would be two headers is refused, and nothing is sent", function()
    assert.equal(200, client:perform(request "plain").status)
    assert.same({}, agents())
    for _, agent in ipairs { "a\r\nX: y", "a\nb", "\1", "a\127" } do
      local wrong = curl.new { proxy = "", user_agent = agent }
      local arrived = fault.arrivals()
      local response, err, details = wrong:perform(request "plain")
      assert.is_nil(response)
      assert.equal("user_agent has a line end or another control character", err)
      assert.is_false(details.may_have_been_sent)
      assert.equal(arrived, fault.arrivals())
      wrong:close()
    end
  end)

  it("are read again if the caller has changed the table", function()
    local changes = {
      { function() headers.Authorization = "Bearer two" end, "Authorization: Bearer two\r\n" },
      { function() headers["X-More"] = "1" end, "X-More: 1\r\n" },
      { function() headers["X-More"] = "12" end, "X-More: 12\r\n" },
      { function() headers["X-More"] = "" end, "X-More:" },
      { function() headers["X-More"], headers.Authorization = nil, "Bearer three" end, "Authorization: Bearer three\r\n" },
    }
    assert.equal(200, client:perform(request "plain").status)
    for _, change in ipairs(changes) do
      change[1]()
      for _ = 1, 2 do
        assert.equal(200, client:perform(request "plain").status)
        has_head(change[2])
      end
    end
    assert.is_nil(fault.head():find("X-More", 1, true))
    headers.Authorization = "a\nb"
    local _, err, details = client:perform(request "plain")
    assert.truthy(err:find("a header's value has a line end", 1, true))
    assert.is_false(details.may_have_been_sent)
    headers.Authorization = 5
    assert.is_nil((client:perform(request "plain")))
  end)

  it("may have other methods, files and forms", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write "from a file"
    file:close()
    for _ = 1, 2 do
      assert.equal(200, client:perform(request "plain").status)
      assert.equal("x", fault.body())
      client:perform { method = "GET", url = fault.url("plain", "/first"), headers = headers }
      has_head("GET /first HTTP/1.1\r\n", "Authorization: Bearer one\r\n")
      client:perform { method = "POST", url = fault.url("plain", "/first"), headers = headers, body_file = path }
      assert.equal("from a file", fault.body())
      client:perform { method = "POST", url = fault.url("plain", "/first"), headers = headers, form = { { name = "a", data = "b" } } }
      has_head("multipart/form-data", "Authorization: Bearer one\r\n")
    end
    os.remove(path)
  end)

  it("with a header that a form must not have are refused as a form, also after a request that had it", function()
    headers["Content-Type"] = "application/json"
    assert.equal(200, client:perform(request "plain").status)
    local response, err, details = client:perform {
      method = "POST", url = fault.url("plain", "/first"), headers = headers, form = { { name = "a", data = "b" } },
    }
    assert.is_nil(response)
    assert.truthy(err:find("Content-Type", 1, true))
    assert.equal("invalid", details.kind)
  end)

  it("may be under way many times, together with other requests", function()
    local outcomes = {}
    for i = 1, 20 do assert.is_true(client:add(request("h2", { body = "body " .. i }), i)) end
    assert.is_true(client:add(request("h2", { headers = { Other = "1" } }), "other"))
    assert.equal(21, #client:tags())
    while next(outcomes) == nil or client:running() > 0 do
      client:wait(1)
      for tag, response in function() return client:next() end do outcomes[tag] = response.status end
    end
    for i = 1, 20 do assert.equal(200, outcomes[i]) end
    assert.equal(200, outcomes.other)
    assert.same({}, client:tags())
    assert.equal(21, fault.arrivals())
  end)

  it("have their own time-outs", function()
    fault.play("ok", "silence", "ok")
    assert.equal(200, client:perform(request "plain").status)
    local response, _, details = client:perform(request("plain", { timeout = 0.3 }))
    assert.is_nil(response)
    assert.equal(28, details.curl_code)
    assert.equal(200, client:perform(request "plain").status)
  end)

  -- a new table may have the address of a collected table
  it("are never mixed up after a collection: the client keeps the table that it knows", function()
    for i = 1, 200 do
      client:perform { method = "POST", url = fault.url("plain", "/first"), headers = { Authorization = "Bearer " .. i }, body = "x" }
      has_head("Authorization: Bearer " .. i .. "\r\n")
      if i % 10 == 0 then collectgarbage() end
    end
  end)

  it("are read again after a refusal", function()
    assert.equal(200, client:perform(request "plain").status)
    for _, url in ipairs { "/relative", "//example.invalid/", "?query", "ftp://127.0.0.1/", "http://example.invalid/", "https://[", "" } do
      local response, _, details = client:perform(request("plain", { url = url }))
      assert.is_nil(response, url)
      assert.equal("invalid", details.kind)
      assert.equal(200, client:perform(request "plain").status)
      has_head "POST /first HTTP/1.1\r\n"
    end
  end)

  it("have the same headers with the same table, and other headers with another table", function()
    fault.play("ok", "ok", "error 429 130429 7", "ok", "ok")
    local seen, statuses = {}, {}
    for i = 1, 4 do
      local response = client:perform(request "h1")
      statuses[i], seen[i] = response.status, response.headers
    end
    assert.same({ 200, 200, 429, 200 }, statuses)
    assert.is_true(seen[1] == seen[2])
    assert.is_nil(seen[1]["retry-after"])
    assert.equal("7", seen[3]["retry-after"])
    assert.same(seen[1], seen[4])
  end)
end)

describe("a client of whatsapp.curl", function()
  it("refuses a proxy of a kind that libcurl does not have, when it is made", function()
    for _, proxy in ipairs { "nonsense://x", "ftp://127.0.0.1", "://x", "httpx://127.0.0.1:1" } do
      local ok, err = pcall(curl.new, { proxy = proxy })
      assert.is_false(ok)
      assert.truthy(tostring(err):find("proxy must be", 1, true), err)
    end
    for _, proxy in ipairs { "", "127.0.0.1:1", "http://127.0.0.1:1", "socks5h://127.0.0.1:1" } do curl.new({ proxy = proxy }):close() end
  end)

  it("raises for an option of a wrong type and names it", function()
    local wrong = {
      timeout = 0, connect_timeout = "x", proxy = 1, ca_file = {}, user_agent = "a\0b", max_body = 0, max_requests = 1.5, headers = "x",
    }
    for name, value in pairs(wrong) do
      local ok, err = pcall(curl.new, { [name] = value })
      assert.is_false(ok, name)
      assert.truthy(tostring(err):find(name, 1, true), err)
    end
  end)
end)
