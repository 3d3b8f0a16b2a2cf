-- A POST that is prepared once and sent with other bodies by whatsapp.curl: what leaves, what comes back, what is refused.
-- Never sends to another host.
local curl = require "whatsapp.curl"
local fault_server = require "spec.support.fault"

local WANTED = { "content-length", "retry-after" }

describe("a prepared request", function()
  local fault, client

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)
  before_each(function()
    fault.play()
    client = curl.new { ca_file = fault.ca_file, proxy = "", headers = WANTED }
  end)
  after_each(function() client:close() end)

  local function request(port, changes)
    local made = { method = "POST", url = fault.url(port, "/first"), headers = { Authorization = "Bearer one" } }
    for name, value in pairs(changes or {}) do made[name] = value end
    return made
  end

  local function prepare(...) return assert(client:prepare(request(...))) end

  local function has_head(...)
    local head = fault.head()
    for _, text in ipairs { ... } do assert.truthy(head:find(text, 1, true), head) end
  end

  for _, port in ipairs { "plain", "h1", "h2" } do
    it("is sent with each body: " .. port, function()
      local prepared = prepare(port)
      for _, body in ipairs { "a", ("b"):rep(70000), "", "c\0d" } do
        local status, answer, headers = client:perform(prepared, body)
        assert.same({ 200, '{"ok":true}' }, { status, answer })
        assert.same({ ["content-length"] = "11" }, headers)
        assert.equal(body, fault.body())
      end
      assert.equal(4, fault.arrivals())
    end)
  end

  it("has its own head, whatever was sent in between", function()
    local first = prepare "plain"
    local second = prepare("plain", { url = fault.url("plain", "/second"), headers = { Authorization = "Bearer two" } })
    for _ = 1, 2 do
      assert.equal(200, (client:perform(first, "1")))
      has_head("POST /first HTTP/1.1\r\n", "Authorization: Bearer one\r\n", "Content-Length: 1\r\n")
      assert.equal(200, (client:perform(second, "22")))
      has_head("POST /second HTTP/1.1\r\n", "Authorization: Bearer two\r\n", "Content-Length: 2\r\n")
      assert.equal(200, client:perform({ method = "DELETE", url = fault.url("plain", "/third") }).status)
      has_head "DELETE /third HTTP/1.1\r\n"
      assert.equal(200, client:perform(request("plain", { body = "plain" })).status)
      assert.equal("plain", fault.body())
    end
    assert.equal(8, fault.arrivals())
  end)

  it("may be under way many times, with others", function()
    local prepared, outcomes = prepare "h2", {}
    for i = 1, 20 do assert.is_true(client:add(prepared, i, "body " .. i)) end
    assert.is_true(client:add(request("h2", { body = "a table's" }), "other"))
    local tags = client:tags()
    table.sort(tags, function(a, b) return tostring(a) < tostring(b) end)
    assert.equal(21, #tags)
    assert.equal("other", tags[21])
    while next(outcomes) == nil or client:running() > 0 do
      client:wait(1)
      local tag, a, b, c = client:next()
      while tag do
        outcomes[tag] = { a, b, c }
        tag, a, b, c = client:next()
      end
    end
    for i = 1, 20 do assert.same({ 200, '{"ok":true}' }, { outcomes[i][1], outcomes[i][2] }) end
    assert.equal(200, outcomes.other[1].status)
    assert.same({}, client:tags())
    assert.equal(21, fault.arrivals())
  end)

  it("gives the same headers as the same table, and others as another", function()
    fault.play("ok", "ok", "error 429 130429 7", "ok", "ok")
    local prepared, seen, statuses = prepare "h1", {}, {}
    for i = 1, 4 do
      local status, _, headers = client:perform(prepared, "x")
      statuses[i], seen[i] = status, headers
    end
    assert.same({ 200, 200, 429, 200 }, statuses)
    assert.is_true(seen[1] == seen[2])
    assert.is_nil(seen[1]["retry-after"])
    assert.equal("7", seen[3]["retry-after"])
    assert.same(seen[1], seen[4])
    local own = client:perform(request("h1", { body = "x" })).headers
    assert.same(seen[1], own)
    assert.is_false(own == seen[4])
  end)

  it("ends as any other where it is lost, and keeps its time-out", function()
    fault.play("close", "silence", "ok")
    local prepared = prepare("h1", { timeout = 0.4 })
    local status, text, details = client:perform(prepared, "x")
    assert.is_nil(status)
    assert.is_string(text)
    assert.same({ "transport", false, true }, { details.kind, details.retryable, details.may_have_been_sent })
    assert.is_true(client:add(prepared, "tag", "x"))
    local outcome
    repeat
      client:wait(1)
      outcome = { client:next() }
    until outcome[1]
    assert.equal("tag", outcome[1])
    assert.is_nil(outcome[2])
    assert.equal(28, outcome[4].curl_code) -- timed out
    assert.equal(200, (client:perform(prepared, "x")))
  end)

  it("is refused where the request would be, and nothing is sent", function()
    local cases = {
      { url = "ftp://127.0.0.1/" }, { url = "http://example.invalid/" }, { headers = { ["X\r\n"] = "a" } },
      { headers = { ["Content-Length"] = "1" } },
    }
    for _, changes in ipairs(cases) do
      local prepared, text, details = client:prepare(request("plain", changes))
      assert.is_nil(prepared)
      assert.is_string(text)
      assert.equal("invalid", details.kind)
    end
    assert.equal(0, fault.connections())
  end)

  it("is wrong use where it is no POST, has a body, or is another client's", function()
    local function says(text, call)
      local ok, problem = pcall(call)
      assert.is_false(ok)
      assert.truthy(tostring(problem):find(text, 1, true), problem)
    end
    local POST = "what is prepared is a POST without a body"
    says(POST, function() client:prepare(request("plain", { method = "GET" })) end)
    says(POST, function() client:prepare(request("plain", { body = "x" })) end)
    says(POST, function() client:prepare(request("plain", { form = { { name = "a", data = "b" } } })) end)
    says(POST, function() client:prepare(request("plain", { to_file = os.tmpname() .. ".new" })) end)
    says("table expected", function() client:prepare() end)
    local prepared, other = prepare "plain", curl.new { proxy = "" }
    says("prepared by another client", function() other:perform(prepared, "x") end)
    says("prepared by another client", function() other:add(prepared, 1, "x") end)
    says("string expected", function() client:perform(prepared) end)
    says("string expected", function() client:add(prepared, 1, 5) end)
    says("whatsapp.curl.prepared expected", function() client:perform("x", "x") end)
    says("whatsapp.curl.prepared expected", function() client:perform(io.stdout, "x") end)
    says("whatsapp.curl expected", function() client.perform(prepared, prepared, "x") end)
    other:close()
    assert.equal(200, (client:perform(prepared, "x")))
    client:close()
    says("closed client", function() client:perform(prepared, "x") end)
    assert.equal(1, fault.arrivals())
  end)

  it("keeps its client, and is collected with it", function()
    local owner = curl.new { proxy = "" }
    local prepared = owner:prepare(request "plain")
    local weak = setmetatable({ owner, prepared }, { __mode = "v" })
    owner = nil -- luacheck: ignore
    for _ = 1, 4 do collectgarbage() end
    assert.is_userdata(weak[1])
    assert.is_userdata(prepared)
    prepared = nil -- luacheck: ignore
    for _ = 1, 4 do collectgarbage() end
    assert.same({}, weak)
  end)
end)
