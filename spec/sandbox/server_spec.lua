-- The sandbox in its nginx: the bytes on the wire, the files, and the lines on the terminal. A test that changes a server starts its own
-- server on a free port; the other tests share one. Connects to no other host.
local json = require "whatsapp.wire.json"
local nginx = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local server = require "whatsapp.sandbox.server"
local whatsapp = require "whatsapp"
local write = require "spec.support.write"

local JSON = { ["content-type"] = "application/json" }
local TEXT = { to = "16505551234", text = { body = "x" } }

local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 20 }

local function ask(sandbox, path, request)
  request = request or {}
  local answer = assert(transport {
    method = request.method or (request.body and "POST" or "GET"), url = sandbox.base_url .. path, headers = request.headers or JSON,
    body = request.body and (type(request.body) == "table" and json.encode(request.body) or request.body), timeout = request.timeout,
  })
  return answer.status, json.decode(answer.body) or answer.body, answer.headers
end

local function client_of(sandbox, more)
  local options = { token = "t", phone_number_id = "106540352242922", base_url = sandbox.base_url, proxy = "", retry = false }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options)
end

local function wait_for(check)
  local deadline = os.time() + 20
  repeat
    local value = check()
    if value then return value end
    output "sleep 0.05"
  until os.time() > deadline
  error "waited for 20 seconds"
end

describe("the sandbox in nginx, over http,", function()
  local sandbox

  setup(function() sandbox = server.start { tls = false, app_secret = "s" } end)
  teardown(function() sandbox.stop() end)

  it("prints its address, and accepts a message", function()
    local status, info = ask(sandbox, "/_sandbox/info")
    assert.same({ 200, sandbox.base_url, "s" }, { status, info.base_url, info.app_secret })
    assert.is_truthy(assert(client_of(sandbox):send(TEXT)).messages[1].id:find "^wamid%.")
    local _, found = ask(sandbox, "/_sandbox/messages?to=16505551234&type=text")
    assert.equal("x", found.messages[#found.messages].message.text.body)
  end)

  it("has a small page that loads nothing from another host", function()
    local status, _, headers = ask(sandbox, "/")
    assert.same({ 302, "/_sandbox/page/" }, { status, headers.location })
    local bytes = 0
    for file in output("ls lua/whatsapp/sandbox/page"):gmatch "%S+" do
      local answered, body, fields = ask(sandbox, "/_sandbox/page/" .. file)
      assert.equal(200, answered, file)
      assert.is_truthy(fields["content-security-policy"]:find("default-src 'self'", 1, true), file)
      assert.equal("nosniff", fields["x-content-type-options"], file)
      local text = read("lua/whatsapp/sandbox/page/" .. file)
      assert.equal(text, body, file)
      bytes = bytes + #text
      for _, words in ipairs { "innerHTML", "url%([\"']?http", '[Ff]rom "http', 'src="http', 'href="http', 'fetch%("http', "@import", "//cdn" } do
        assert.is_nil(text:find(words), file .. " has " .. words)
      end
    end
    assert.is_true(bytes > 10000 and bytes <= 80 * 1024, ("%d bytes, and not compressed"):format(bytes))
  end)

  it("refuses foreign hosts, origins and forms, at every control path and at the stream and the files", function()
    for _, path in ipairs { "/_sandbox/info", "/_sandbox/events", "/_sandbox/messages", "/_sandbox/media/1" } do
      for _, header in ipairs { { Host = "evil.example" }, { Origin = "https://evil.example" } } do
        assert.equal(403, (ask(sandbox, path, { headers = header })), path)
      end
    end
    local form = { ["content-type"] = "application/x-www-form-urlencoded" }
    assert.equal(403, (ask(sandbox, "/_sandbox/users/16505551234/write", { headers = form, body = "text=x" })))
  end)

  it("returns the bytes of a file for the page; a browser does not run them", function()
    local body = { name = "a.html", mime_type = "text/html", base64 = "PGI+" }
    local status, sent = ask(sandbox, "/_sandbox/users/16505551234/file", { body = body })
    assert.equal(200, status)
    local answered, bytes, headers = ask(sandbox, "/_sandbox/media/" .. sent.message.document.id)
    assert.same({ 200, "<b>", "nosniff" }, { answered, bytes, headers["x-content-type-options"] })
    assert.is_truthy(headers["content-security-policy"]:find("sandbox", 1, true))
    assert.equal(404, (ask(sandbox, "/_sandbox/media/none")))
  end)

  it("streams events from the reader's last event, and reports a gap", function()
    local _, info = ask(sandbox, "/_sandbox/info")
    for i = 1, 3 do ask(sandbox, "/_sandbox/users/16505551234/write", { body = { text = "event " .. i } }) end
    local function stream(header, query)
      return output(("curl -s -N -m 1 %s '%s/_sandbox/events%s' || true"):format(header, sandbox.base_url, query or ""))
    end
    local from = ("-H 'Last-Event-ID: %d'"):format(info.seq)
    for _, text in ipairs { stream(from), stream("", "?after=" .. info.seq) } do
      local numbers, bodies = {}, {}
      for number, event in text:gmatch "id: (%d+)\ndata: ([^\n]+)\n\n" do
        numbers[#numbers + 1] = tonumber(number)
        local decoded = assert(json.decode(event))
        if decoded.kind == "inbound" then bodies[#bodies + 1] = decoded.message.text.body end
      end
      assert.same({ "event 1", "event 2", "event 3" }, bodies)
      assert.equal(info.seq + 1, numbers[1])
    end
    assert.is_nil(stream("", ""):find "id: ")
  end)

  -- nginx adds blanks to the end of each body (see sandbox/server.lua): no answer and no event shows these blanks
  it("shows the bytes of a request as they were sent, also blanks at their end", function()
    local path = "/v26.0/106540352242922/messages"
    local headers = { ["content-type"] = "application/json", authorization = "Bearer t" }
    local text = '{"messaging_product":"whatsapp","to":"16505551234","text":{"body":"%s"}}'
    local bodies = {
      text:format "x", text:format "x" .. " \t\r\n", "{", "", " ", text:format(("x"):rep(3000)), text:format(("x"):rep(20000)),
    }
    local _, info = ask(sandbox, "/_sandbox/info")
    for _, body in ipairs(bodies) do
      local status = ask(sandbox, path, { headers = headers, body = body })
      assert.is_true(status == 200 or status == 400, body)
      local _, seen = ask(sandbox, "/_sandbox/requests?limit=1")
      assert.same({ 1, body }, { #seen.requests, seen.requests[1].request })
      assert.is_nil(seen.requests[1].blanks)
    end
    local stream, streamed = output(("curl -s -N -m 1 '%s/_sandbox/events?after=%d' || true"):format(sandbox.base_url, info.seq)), {}
    for line in stream:gmatch "data: ([^\n]+)" do
      local event = json.decode(line)
      if event.kind == "request" then streamed[#streamed + 1] = event.request end
      assert.is_nil(event.blanks)
    end
    assert.same(bodies, streamed)
  end)

  it("wakes a program that waits for a message", function()
    local _, info = ask(sandbox, "/_sandbox/messages?limit=10000")
    local last = info.messages[#info.messages]
    local answer = scratch_folder.new()
    local path = answer.folder .. "/answer"
    os.execute(("curl -s -m 15 '%s/_sandbox/wait?to=16505550042&timeout=10&after=%d' >%s &"):format(sandbox.base_url,
      last and last.seq or 0, path))
    assert(client_of(sandbox):send { to = "16505550042", text = { body = "woken" } })
    local text = wait_for(function()
      local text = output("cat " .. path .. " 2>/dev/null || true")
      return text ~= "" and text
    end)
    assert.equal("woken", json.decode(text).messages[1].message.text.body)
    assert.equal(204, (ask(sandbox, "/_sandbox/wait?to=16505550043&timeout=0")))
    answer.remove()
  end)

  -- For each row: adds a rule, sends once, and compares the client's details with the row. send() returns whether the message was sent,
  -- and the details.
  local function faults(send)
    local ROWS = { -- each row: the kind of fault, more members of the rule, members of the details (nil: success)
      { "hang", {}, { kind = "transport", may_have_been_sent = true, retryable = false } },
      { "reset", {}, { kind = "transport", may_have_been_sent = true, retryable = false } },
      { "refuse", {}, { kind = "transport", may_have_been_sent = true, retryable = false } },
      { "truncated", {}, { kind = "transport", may_have_been_sent = true, retryable = false } },
      { "html", {}, { kind = "protocol", may_have_been_sent = true, http_status = 502 } },
      { "html", { status = 503 }, { kind = "protocol", may_have_been_sent = true, http_status = 503 } },
      { "late", { seconds = 60 }, { kind = "transport", may_have_been_sent = true } },
      { "throttle", {}, { kind = "api", code = 130429, may_have_been_sent = false, retryable = true } },
      { "throttle", { code = 131056 }, { kind = "api", code = 131056, may_have_been_sent = false, retryable = true } },
      { "throttle", { code = 80007 }, { kind = "api", code = 80007, may_have_been_sent = false, retryable = true } },
      { "throttle", { code = 4, retry_after = 9, status = 429 },
        { kind = "api", code = 4, may_have_been_sent = false, retry_after = 9, http_status = 429 } },
      { "error", { code = 131051 }, { kind = "api", code = 131051, may_have_been_sent = false, retryable = false } },
      { "error", { code = 131000 }, { kind = "api", code = 131000, may_have_been_sent = true, http_status = 500 } },
      { "token_expired", {}, { kind = "api", code = 190, subcode = 463, may_have_been_sent = false, http_status = 401 } },
      { "slow", { seconds = 0.2 } },
    }
    for _, row in ipairs(ROWS) do
      local rule = { on = "answer", what = row[1], times = 1 }
      for name, value in pairs(row[2]) do rule[name] = value end
      assert.equal(200, (ask(sandbox, "/_sandbox/chaos", { body = rule })), row[1])
      local sent, details = send()
      assert.equal(row[3] == nil, sent, row[1])
      for name, value in pairs(row[3] or {}) do assert.equal(value, details[name], row[1] .. " " .. name) end
      assert.is_true((send()), row[1])
    end
    assert.equal("", sandbox.log())
  end

  it("makes each fault on the wire, and a client over libcurl knows whether the message may have been sent", function()
    local client = client_of(sandbox, { timeout = 2 })
    faults(function()
      local result, _, details = client:send(TEXT)
      return result ~= nil, details
    end)
    client:close()
  end)

  it("makes each fault for a client over the cosockets of nginx, with the same results", function()
    local worker = nginx.start { env = { BASE_URL = sandbox.base_url }, http = "lua_socket_log_errors off;", server = [[
      location / { content_by_lua_block {
        local client = require("whatsapp").new {
          token = "t", phone_number_id = "106540352242922", base_url = os.getenv "BASE_URL", retry = false, timeout = 2,
        }
        local result, err, details = client:send { to = "16505551234", text = { body = "x" } }
        local seen = { sent = result ~= nil, err = err }
        for name, value in pairs(details or {}) do
          if type(value) ~= "table" and type(value) ~= "function" then seen[name] = value end
        end
        ngx.print(require("cjson").encode(seen))
      } }]] }
    local ok, err = pcall(faults, function()
      local _, body = worker.ask "/"
      local seen = json.decode(body or "")
      assert(type(seen) == "table", worker.log())
      return seen.sent, seen
    end)
    worker.stop()
    if not ok then error(err, 0) end
  end)
end)

describe("a webhook from the sandbox in nginx", function()
  it("is posted over cosockets, verified, answered, and repeated if the answer was not 200", function()
    local endpoint = nginx.start { http = "lua_shared_dict seen 1m;", server = [[location / { content_by_lua_block {
      ngx.req.read_body()
      local count = ngx.shared.seen:incr("count", 1, 0)
      local digits = require("whatsapp.crypto").hmac_sha256("s", ngx.req.get_body_data() or "")
      if ngx.req.get_headers()["x-hub-signature-256"] ~= "sha256=" .. digits then return ngx.exit(401) end
      if count == 1 then return ngx.exit(500) end
      ngx.print "ok"
    } }]] }
    local sandbox = server.start { tls = false, app_secret = "s", webhook = endpoint.url "/hook" }
    local function deliveries() return select(2, ask(sandbox, "/_sandbox/webhooks")).deliveries end
    ask(sandbox, "/_sandbox/users/16505551234/write", { body = { text = "a/b @ 😀 مرحبا" } })
    wait_for(function() return #deliveries()[1].attempts == 1 and deliveries()[1].attempts[1].status == 500 end)
    ask(sandbox, "/_sandbox/clock", { body = { advance = 5 } })
    wait_for(function() return deliveries()[1].state == "done" end)
    assert.equal(200, deliveries()[1].attempts[2].status)
    sandbox.stop()
    endpoint.stop()
  end)
end)

describe("the state of the sandbox", function()
  local scratch = scratch_folder.new()
  teardown(function() scratch.remove() end)

  it("survives a restart, and every event is in the record", function()
    local options = { tls = false, state = scratch.folder .. "/state.json", record = scratch.folder .. "/run.jsonl" }
    local sandbox = server.start(options)
    local sent = assert(client_of(sandbox):send(TEXT))
    ask(sandbox, "/_sandbox/users/16505551234/write", { body = { text = "kept" } })
    sandbox.stop()
    assert.is_truthy(read(options.record):find '"kind":"inbound"')
    for line in read(options.record):gmatch '[^\n]*"kind":"request"[^\n]*' do
      assert.same({ "}", nil }, { json.decode(line).request:sub(-1), json.decode(line).blanks })
    end
    sandbox = server.start(options)
    local _, found = ask(sandbox, "/_sandbox/messages")
    assert.equal(sent.messages[1].id, found.messages[1].id)
    sandbox.stop()
  end)

  it("is never overwritten if it cannot be read", function()
    for name, text in pairs { cut = '{"version":1,\n "users": [', none = "", list = "[1]", newer = '{"version":1e6}', words = "hello" } do
      local path = write(scratch.folder .. "/" .. name, text)
      local ok, err = pcall(server.start, { tls = false, state = path })
      assert.is_false(ok, name)
      assert.is_truthy(err:find("the state file " .. path, 1, true), err)
      assert.equal(text, read(path))
      assert.same({ 1, err }, { server.run { port = 0, state = path } })
    end
    local _, err = pcall(server.start, { state = scratch.folder .. "/cut" })
    assert.is_truthy(err:find("line 2, column", 1, true), err)
  end)
end)

describe("starting the sandbox", function()
  it("reports that a port is taken", function()
    local sandbox = server.start { tls = false }
    local words = ("port %d is taken: use port 0 for a free port"):format(sandbox.port)
    assert.same({ false, words }, { pcall(server.start, { port = sandbox.port }) })
    assert.same({ 1, words }, { server.run { port = sandbox.port } })
    sandbox.stop()
  end)

  it("says what to install if nginx or its Lua module is missing", function()
    local _, err = pcall(server.start, { nginx = "/nowhere/nginx" })
    assert.is_truthy(err:find("apt install nginx libnginx-mod-http-lua", 1, true), err)
    _, err = pcall(server.start, { tls = false, modules = "/nowhere" })
    assert.is_truthy(err:find("apt install libnginx-mod-http-lua", 1, true), err)
  end)

  it("is refused in an nginx with two workers", function()
    local two = nginx.start { workers = 2, server = [[location / { content_by_lua_block {
      require("whatsapp.sandbox.nginx").content(ngx) } }]] }
    assert.equal(500, (two.ask "/_sandbox/info"))
    assert.is_truthy(two.log():find("the sandbox keeps its state in one worker of nginx, but nginx has 2", 1, true), two.log())
    two.stop()
  end)

  it("raises for a wrong option at the caller's line, and names the wrong part of a string", function()
    for _, options in ipairs { { prot = 1 }, { port = "x" }, { port = 65536 }, { tls = 1 }, { webhook = print }, { webhook = "gopher" },
      { state = "" }, { numbers = -1 }, { window = "open" }, { chaos = 5 } } do
      local ok, err = pcall(function()
        local started = server.start(options)
        return started
      end)
      assert.is_false(ok)
      assert.is_truthy(err:find("server_spec.lua", 1, true), err)
    end
    for words, options in pairs {
      ["is neither +24h"] = { clock = "yesterday" }, ["cannot start in the past"] = { clock = "2001-01-01" },
      ["is not a rule such as"] = { chaos = { "reset" } }, ["did you mean reset"] = { chaos = { "answer:rest" } },
      ["is not name=value"] = { chaos = { "answer:reset,1" } }, ["delivered:500"] = { statuses = "delivered=500" },
      ["has no .json file"] = { templates = "/nowhere" },
    } do
      local code, err = server.run(options)
      assert.equal(1, code)
      assert.is_truthy(err:find(words, 1, true), err)
    end
  end)

  it("accepts the strings of a command line", function()
    local sandbox = server.start { tls = false, clock = "+24h", chaos = { "answer:error,code=131000,times=1" }, statuses = "delivered:0,read:0" }
    local _, clock = ask(sandbox, "/_sandbox/clock")
    assert.is_true(clock.now > os.time() + 86000)
    local client = client_of(sandbox)
    assert.equal(131000, select(3, client:send(TEXT)).code)
    local sent = assert(client:send(TEXT))
    wait_for(function()
      local _, found = ask(sandbox, "/_sandbox/messages")
      return found.messages[1].id == sent.messages[1].id and found.messages[1].status == "read"
    end)
    client:close()
    sandbox.stop()
  end)
end)

describe("the sandbox in the foreground", function()
  local lua = os.getenv "LUA" or "lua5.4"
  local scratch = scratch_folder.new()
  teardown(function() scratch.remove() end)

  -- Starts the sandbox in its own process group. Returns the path of its output, the process id, and { base_url }.
  local function begin(name)
    local path = scratch.folder .. "/" .. name
    local pid = output(("PORT=0 setsid %s examples/sandbox.lua >%s 2>&1 </dev/null & echo $!"):format(lua, path)):match "%d+"
    local printed = wait_for(function() return read(path):find "token" and read(path) end)
    return path, pid, { base_url = printed:match "base_url +(%S+)" }
  end

  local function is_gone(sandbox)
    return not transport { method = "GET", url = sandbox.base_url .. "/_sandbox/info", headers = {}, timeout = 5 }
  end

  it("prints five lines, then a line for each event, and ends on Ctrl-C", function()
    local path, pid, sandbox = begin "printed"
    local lines = {}
    for line in read(path):gmatch "[^\n]+" do lines[#lines + 1] = line:match "^(.-)  +" end
    assert.same({ "page", "base_url", "phone_number_id", "app secret", "token" }, lines)
    ask(sandbox, "/_sandbox/users/16505551234/write", { body = { text = "Hello" } })
    wait_for(function() return read(path):find('<- Ana text "Hello"', 1, true) end)
    output("kill -INT -" .. pid)
    wait_for(function() return is_gone(sandbox) end)
  end)

  it("does not outlive the program that started it", function()
    local _, pid, sandbox = begin "killed"
    output("kill -KILL " .. pid)
    wait_for(function() return is_gone(sandbox) end)
  end)
end)
