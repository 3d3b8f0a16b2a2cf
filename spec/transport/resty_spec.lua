-- Only whatsapp.transport.resty, in a worker of Debian's nginx: where it can send and what it says elsewhere, what
-- nginx's configuration lacks, what becomes of kept connections, and how many go at once. The rest is in
-- spec/transport/transport_spec.lua. Never sends to another host.
local fault_server = require "spec.support.fault"
local read = require "spec.support.read"
local resty = require "spec.support.resty"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

local LOST, UNSENT, HOPELESS, SECRET, JSON = rows.LOST, rows.UNSENT, rows.HOPELESS, rows.SECRET, rows.JSON

-- the start of each chunk: its arguments (args.url and others), and a transport of its own
local PRELUDE = [[
local args, worker = ...
local options = { server_name = "localhost", timeout = 5, connect_timeout = 3, pool = tostring(args) }
if args.unnamed then options.server_name = nil end
for name, value in pairs(args.options or {}) do options[name] = value end
local transport = require("whatsapp.transport.resty").new(options)
local function post(changes)
  local request = {
    method = "POST", url = args.url, body = args.body or "b", headers = { Authorization = "Bearer never-to-be-shown" },
  }
  for name, value in pairs(changes or {}) do request[name] = value end
  return request
end
local function outcome(response, text, details)
  return { status = response and response.status, body = response and response.body, text = text, details = details }
end
local function timed(request)
  local started = transport.now()
  local got = outcome(transport(request))
  got.seconds = transport.now() - started
  return got
end
local function new_client()
  return require("whatsapp").new {
    token = "tokentoken", phone_number_id = "1", base_url = args.url, transport = transport, limiter = false,
  }
end
local function kibibytes(row) -- of memory: VmRSS now, VmHWM at the most
  return tonumber(require("spec.support.read")("/proc/self/status"):match(row .. ":%s*(%d+)"))
end
local function be_busy(seconds) -- nginx looks at no connection meanwhile
  local till = transport.now() + seconds
  repeat until transport.now() >= till
end
]]

describe("the transport over cosockets", function()
  local fault, home

  setup(function()
    fault = fault_server.start()
    home = resty.start {
      ca_file = fault.ca_file, http = "lua_socket_buffer_size 1k;",
      server = [[location /v { return 200 '{"messaging_product":"whatsapp","messages":[{"id":"wamid.1"}]}'; }]],
    }
  end)
  teardown(function()
    home.stop()
    fault.stop()
  end)
  before_each(function() fault.play "ok" end)

  local function run(port, code, args)
    args = args or {}
    args.url = args.url or fault.url(port, "/messages")
    return home.run(PRELUDE .. code, args)
  end

  local function is_failure(expected, got)
    assert.is_nil(got.status)
    assert.same(expected, rows.outcome(got.details))
    assert.is_nil(got.text:find(SECRET, 1, true))
    return got.text
  end

  for _, port in ipairs { "plain", "h1" } do
    describe("passes by a kept connection (" .. port .. ")", function()
      -- the handler goes on in each step of nginx's loop: where a connection, a timer and another light thread wake it
      local STEPS = {
        ["a connection"] = [[
          local socket = ngx.socket.tcp()
          assert(socket:connect("127.0.0.1", args.other) and socket:send "GET /v HTTP/1.0\r\n\r\n" and socket:receive "*a")
        ]],
        ["a timer"] = "ngx.sleep(0.001)",
        ["a light thread"] = "",
      }
      for step, noted in pairs { ["ok-close"] = "closed", ["ok-late-close"] = "closed", ["ok-more"] = "more" } do
        for waker, code in pairs(STEPS) do
          it(("that is over, though nginx had no time to see it, %s, after %s woke the handler"):format(step, waker), function()
            fault.play(step, "ok")
            local got = run(port, "local first = outcome(transport(post()))" .. code .. [[
              be_busy(0.4)
              return { first, outcome(transport(post())) }
            ]], { other = home.nginx.port })
            for i = 1, 2 do assert.same({ 200, JSON }, { got[i].status, got[i].body }) end
            assert.equal(2, fault.arrivals(2))
            assert.equal(1, fault.connections(1, noted))
            assert.equal(2, fault.connections(2, port))
          end)
        end
      end

      -- nginx reads 1 KiB at once here; TLS has what follows already
      for _, size in ipairs { 1023, 1024, 1025, 2048, 3072 } do
        it(("that holds more than the answer: after %d bytes"):format(size), function()
          fault.play("filling " .. size, "ok")
          local got = run(port, "return { outcome(transport(post())), outcome(transport(post())) }")
          assert.equal(("x"):rep(#got[1].body), got[1].body)
          assert.same({ 200, JSON }, { got[2].status, got[2].body })
        end)
      end
    end)
  end

  it("keeps connect_timeout when the request had to wait for a turn of nginx's loop first", function()
    local got = run("h1", [[
      local started = transport.now()
      be_busy(0.01)
      local got = outcome(transport(post { url = "https://slow.invalid/" }))
      got.seconds = transport.now() - started
      return got
    ]], { options = { timeout = 30, connect_timeout = 0.3 } })
    is_failure(rows.UNSENT, got)
    assert.is_true(got.seconds < 15, got.seconds)
  end)

  -- nginx's loop is late here: it must look at the kept connection first
  it("does not wait before it uses a kept connection", function()
    local got = run("h1", [[
      local sleep, slept, turns = ngx.sleep, 0, 0
      local turn = require "whatsapp.transport.resty.turn"
      local wait = turn.wait
      turn.wait = function()
        turns = turns + 1
        return wait()
      end
      ngx.sleep = function(seconds)
        slept = slept + 1
        return sleep(seconds)
      end
      for _ = 1, 20 do
        be_busy(0.005)
        assert(transport(post()))
      end
      ngx.sleep, turn.wait = sleep, wait
      return { turns, slept }
    ]])
    assert.equal(20, got[1])
    assert.is_true(got[2] < 5, got[2]) -- a machine that stops for 0.1 s makes one
    assert.equal(1, fault.connections())
  end)

  describe("keeps connections", function()
    it("for all transports of a worker with the same settings, and apart from others", function()
      local pids = run("h1", [[
        local resty = require "whatsapp.transport.resty"
        for _, pool in ipairs { "one", "one", "another" } do
          assert(resty.new { server_name = "localhost", pool = pool }(post()))
        end
        return ngx.worker.pid()
      ]])
      assert.is_number(pids)
      assert.equal(3, fault.arrivals())
      assert.equal(2, fault.connections())
    end)

    it("from one handler to the next", function()
      for _ = 1, 3 do run("h1", "return outcome(transport(post()))", { options = { pool = "handlers" } }) end
      assert.equal(3, fault.arrivals())
      assert.equal(1, fault.connections())
    end)

    it("up to pool_size, and for idle_timeout", function()
      local many = [[
        local threads = {}
        for i = 1, 4 do threads[i] = ngx.thread.spawn(transport, post()) end
        for i = 1, 4 do ngx.thread.wait(threads[i]) end
      ]]
      many = many:gsub("spawn%(transport, post%(%)%)", "spawn(function() transport(post()) end)")
      fault.play("gather 4", "gather 4", "gather 4", "gather 4", "gather 4", "gather 4", "gather 4", "gather 4", "ok")
      run("h1", many .. many .. "ngx.sleep(0.3) transport(post())", { options = { pool_size = 3, idle_timeout = 0.2 } })
      assert.equal(9, fault.arrivals())
      assert.equal(4 + 1 + 1, fault.connections())
    end)

    it("unless the request says that it is the last", function()
      run("h1", "for _ = 1, 2 do transport(post { headers = { connection = 'close' } }) end")
      assert.equal(2, fault.connections())
    end)
  end)

  for _, port in ipairs { "plain", "h1" } do
    it("hears a refusal while the body cannot be sent (" .. port .. ")", function()
      fault.play "refuse-deafly 413"
      local got = run(port, 'return timed(post { body = ("b"):rep(2 ^ 24) })')
      assert.same({ 413, JSON }, { got.status, got.body })
      assert.is_true(got.seconds < 2) -- the server is deaf for longer
      assert.equal(0, fault.arrivals())
    end)
  end

  -- a socket that looks kept and does what the system does with a connection that is gone
  describe("when a connection is gone", function()
    local GONE = [[
      local make, made = ngx.socket.tcp, 0
      ngx.socket.tcp = function()
        local socket = make()
        made = made + 1
        if made > 1 then return socket end
        local double = {}
        for _, name in ipairs { "connect", "sslhandshake", "settimeouts", "send", "receiveany", "close", "setkeepalive" } do
          double[name] = function(_, ...)
            if name == args.fails then return nil, args.err end
            return socket[name](socket, ...)
          end
        end
        function double.getreusedtimes() return args.reused end
        return double
      end
      local got = outcome(transport(post(args.changes)))
      ngx.socket.tcp = make
      got.made = made
      return got
    ]]

    -- the call that fails, its error, on a kept (1) or a new connection; members of the request; the status or error, the number
    -- of connections, the number of requests
    local cases = {
      { "send", "broken pipe", 1, {}, 200, 2, 1 },
      { "send", "closed", 1, { body = ("x"):rep(100000) }, 200, 2, 1 },
      { "send", "closed", 1, { method = "GET" }, 200, 2, 1 },
      { "send", "broken pipe", 0, {}, LOST, 1, 0 },
      { "send", "broken pipe", 1, { headers = { ["X-Long"] = ("x"):rep(9000) } }, LOST, 1, 0 },
      { "receiveany", "closed", 1, {}, LOST, 1, 1 },
      { "receiveany", "closed", 1, { body = "" }, LOST, 1, 1 },
      { "receiveany", "closed", 1, { method = "GET" }, 200, 2, 2 },
      { "receiveany", "connection reset by peer", 1, { method = "DELETE" }, 200, 2, 2 },
      { "receiveany", "closed", 0, { method = "GET" }, rows.IDEMPOTENT, 1, 1 },
      { "receiveany", "timeout", 1, { method = "GET" }, rows.IDEMPOTENT, 1, 1 },
    }
    for i, case in ipairs(cases) do
      local again = case[6] == 2 and "a request goes over another one" or "no request is repeated"
      it(("%s: %s says %s, %s, case %d"):format(again, case[1], case[2], case[3] == 1 and "kept" or "new", i), function()
        local got = run("plain", GONE, { fails = case[1], err = case[2], reused = case[3], changes = case[4] })
        if case[5] == 200 then assert.equal(200, got.status, got.text)
        else is_failure(case[5], got) end
        assert.equal(case[6], got.made)
        assert.equal(case[7], fault.arrivals(case[7]))
      end)
    end
  end)

  describe("gives up in time", function()
    it("when no name server answers, though nginx would wait longer", function()
      local got = run("h1", "return timed(post())", { url = "https://slow.invalid/" .. SECRET, options = { connect_timeout = 0.4 } })
      assert.truthy(is_failure(UNSENT, got):find "took too long")
      assert.is_true(got.seconds < 10)
    end)

    it("within the time of the request, if that is less than to connect", function()
      fault.play "accept-hang"
      local got = run("h1", "return timed(post { timeout = 0.3 })")
      is_failure(UNSENT, got)
      assert.is_true(got.seconds < 2)
    end)
  end)

  it("finds a host by its name, and compares it with the certificate's", function()
    local url = fault.url("h1", "/"):gsub("127%.0%.0%.1", "localhost")
    local got = run("h1", "return outcome(transport(post()))", { url = url, unnamed = true })
    assert.equal(200, got.status)
    assert.truthy(fault.head():find("\r\nHost: localhost:", 1, true))
  end)

  it("says what to do where a certificate is for a name and the URL has an address", function()
    for _ = 1, 20 do -- which of the two nginx says depends on how fast the handshake is
      local got = run("h1", "return outcome(transport(post()))", { unnamed = true })
      local text = is_failure(HOPELESS, got)
      assert.truthy(text:find("server_name", 1, true) or text:find("not of this name", 1, true))
    end
    assert.equal(0, fault.arrivals())
  end)

  it("never takes a certificate for good that nginx refused", function()
    for _, port in ipairs { "stranger", "misnamed", "expired" } do
      for _ = 1, 20 do is_failure(HOPELESS, run(port, "return outcome(transport(post()))")) end
    end
    assert.equal(0, fault.arrivals())
  end)

  it("sends 20 at once from one worker, and other handlers go on", function()
    fault.play_times(21, "gather 21")
    local got = run("h1", [[
      local answered, ticks = 0, 0
      for i = 1, 20 do
        ngx.thread.spawn(function()
          if transport(post { body = '"id ' .. i .. '"' }) then answered = answered + 1 end
        end)
      end
      for i = 1, 10 do
        ngx.sleep(0.01)
        ticks = i
      end
      local before = answered
      transport(post())
      ngx.sleep(0.2)
      return { before, ticks, answered }
    ]])
    assert.same({ 0, 10, 20 }, got)
    assert.equal(21, fault.arrivals())
    assert.equal(21, fault.connections())
  end)

  it("sends many of client:each at once, in a handler and in a timer, and lets the request end", function()
    fault.play_times(20, "gather 10")
    local code = [[
      local function send()
        local ids, messages = {}, {}
        for i = 1, 10 do messages[i] = { to = "1", text = { body = "id " .. i } } end
        for message, sent, text in new_client():each(messages, { concurrency = 10 }) do
          ids[#ids + 1] = (sent and sent.messages[1].id or text) .. " " .. message.text.body
        end
        table.sort(ids)
        return ids
      end
      if not args.timer then return send() end
      local ids
      ngx.timer.at(0, function() ids = send() end)
      for _ = 1, 300 do
        ngx.sleep(0.01)
        if ids then return ids end
      end
    ]]
    local expected = {}
    for i = 1, 10 do expected[i] = ("wamid.%d id %d"):format(i, i) end
    table.sort(expected)
    for _, timer in ipairs { false, true } do
      assert.same(expected, run("h1", code, { url = fault.url("h1", ""), timer = timer }))
    end
    assert.equal(20, fault.arrivals())
  end)

  -- nginx frees what it keeps for a light thread when the request ends, and not before
  it("sends as many as one likes from one handler in constant memory", function()
    local grown = run("plain", [[
      local client = new_client()
      local function send(count)
        local left, accepted = count, 0
        local function next_message()
          left = left - 1
          if left >= 0 then return { to = "1", text = { body = "x" } } end
        end
        for _, sent in client:each(next_message, { concurrency = 16 }) do accepted = accepted + (sent and 1 or 0) end
        assert(accepted == count)
        collectgarbage()
        collectgarbage()
        return kibibytes "VmRSS"
      end
      local before = send(1000)
      return send(40000) - before
    ]], { url = home.nginx.url "" })
    assert.is_true(grown < 12 * 1024, tostring(grown)) -- KiB; 400 bytes each would be more
  end)

  -- nginx resumes the parent of a light thread that was begun, whether it was collected meanwhile or not
  it("begins its light threads so that a collection meanwhile does no harm", function()
    local done = run("h1", [[
      local workers, done = require "whatsapp.transport.resty.workers", 0
      for i = 1, 50 do
        workers.run({}, function()
          for _ = 1, 3 do collectgarbage() end
          for _ = 1, 1000 do coroutine.create(function() end) end
          done = done + 1
        end)
      end
      ngx.sleep(0.05)
      return done
    ]])
    assert.equal(50, done)
  end)

  it("tells who waits in another handler that it was closed", function()
    fault.play("hang", "hang")
    local got = run("h1", [[
      local told = {}
      for i = 1, 2 do ngx.thread.spawn(function() told[i] = outcome(transport(post { timeout = 30 })) end) end
      ngx.sleep(0.2)
      transport.close()
      local till = transport.now() + 5
      repeat ngx.sleep(0.05) until (told[1] and told[2]) or transport.now() > till
      return told
    ]], { options = { timeout = 30 } })
    for i = 1, 2 do assert.truthy(is_failure(LOST, got[i]):find "closed") end
    assert.equal(2, fault.arrivals(2))
  end)

  describe("goes on where one that waits vanishes:", function()
    it("its light thread is killed, in a send or in wait", function()
      fault.play("slow-bytes 300000", "hang", "ok", "ok")
      local got = run("h1", [[
        local inbox = {}
        transport.start(post(), 1, inbox)
        ngx.sleep(0.2)
        local sends = ngx.thread.spawn(function() transport(post()) end)
        local waits = ngx.thread.spawn(function() transport.wait(60, inbox) end)
        ngx.sleep(0.2)
        assert(ngx.thread.kill(sends))
        assert(ngx.thread.kill(waits))
        local started = transport.now()
        local last = outcome(transport(post()))
        local slot, response, err = transport.wait(3, inbox)
        assert(response, err)
        local after = outcome(transport(post()))
        return { last.status, slot, response.status, after.status, transport.now() - started < 3 }
      ]])
      assert.same({ 200, 1, 200, 200, true }, got)
    end)

    it("its request ends", function()
      fault.play("hang", "ok", "ok")
      local got = run("h1", [[
        local started = transport.now()
        ngx.timer.at(0, function()
          transport.start(post(), 1, "ended")
          ngx.thread.spawn(function() transport.wait(60, "ended") end)
          ngx.sleep(0.2)
          ngx.exit(0)
        end)
        ngx.sleep(0.5)
        collectgarbage()
        local first = outcome(transport(post()))
        transport.start(post(), 2, "ended")
        local slot, response = transport.wait(3, "ended")
        transport.close()
        return { first.status, slot, response.status, select("#", transport.wait(1, "other")), transport.now() - started < 3 }
      ]])
      assert.same({ 200, 2, 200, 0, true }, got)
    end)
  end)

  it("raises where it was called wrongly", function()
    local got = run("h1", [[
      local said = {}
      for i, call in ipairs {
        function() local answer = transport(5) return answer end,
        function() local answer = transport(post { timeout = -1 }) return answer end,
        function() transport.start(5, 1) end,
        function() local made = require("whatsapp.transport.resty").new { ca_file = "/x" } return made end,
        function() local made = require("whatsapp.transport.resty").new { max_requests = 5 } return made end,
        function() local made = require("whatsapp.transport.resty").new { proxy = "http://u:never-to-be-shown@x" } return made end,
        function() transport.close() local answer = transport(post()) return answer end,
        function() transport.start(post(), 1) end,
      } do
        said[i] = select(2, pcall(call))
      end
      return said
    ]])
    local expected = {
      "must be a table, not a number", "timeout must be", "must be a table", "lua_ssl_trusted_certificate",
      "max_requests is for libcurl", "proxy",
      "closed transport", "closed transport",
    }
    for i, words in ipairs(expected) do
      assert.truthy(got[i]:find "^chunk:%d+: ", got[i])
      assert.truthy(got[i]:find(words, 1, true), got[i])
      assert.is_nil(got[i]:find(SECRET, 1, true))
    end
  end)

  it("has no word of a secret in nginx's log", function()
    fault.play("close", "half-head", "accept-close", "html 502")
    for _ = 1, 4 do run("h1", "return outcome(transport(post()))") end
    assert.is_nil(home.nginx.log():find(SECRET, 1, true))
  end)
end)

-- the rest is in spec/transport/stream_*_spec.lua
describe("a body that is streamed over cosockets", function()
  local fault, home
  local scratch = scratch_folder.new()

  setup(function()
    fault = fault_server.start()
    home = resty.start { ca_file = fault.ca_file }
  end)
  teardown(function()
    home.stop()
    fault.stop()
    scratch.remove()
  end)
  after_each(scratch.empty)

  local LARGE = 32 * 1024 * 1024

  -- runs a chunk with a request that streams; watched(request) notes what progress says
  local function run(port, code, args)
    args.url = fault.url(port, "/media")
    return home.run(PRELUDE .. [[
      local calls = {}
      local function watched(request)
        request.progress = function(moved, total)
          calls[#calls + 1] = { moved, total or "unknown" }
          if args.change and #calls == 1 then
            local file = assert(io.open(args.path, args.change))
            file:write(args.more)
            file:close()
          end
          if args.raising then error "on purpose" end
        end
        return request
      end
    ]] .. code, args)
  end

  local UPLOAD = [[
    local file = { name = "file", file = args.path, filename = "x", type = "image/png" }
    local request = post(args.form and { form = { { name = "a", data = "1" }, file } } or { body_file = args.path })
    request.body = nil
    local got = outcome(transport(watched(request)))
    got.calls = calls
    return got
  ]]

  for _, form in ipairs { true, false } do
    local extra = form and 1 or 0 -- a part besides the file
    local what = form and "a form" or "a file"

    it("tells of the progress of " .. what .. ", while it goes and in the end", function()
      fault.play "swallow 0.3"
      local got = run("h1", UPLOAD, { path = scratch.write("a file", ("x"):rep(LARGE)), form = form })
      assert.equal(200, got.status, got.text)
      assert.same({ LARGE + extra, LARGE + extra }, got.calls[#got.calls])
      assert.is_true(#got.calls >= 2 and got.calls[1][1] < LARGE)
    end)

    it("says of " .. what .. " that becomes shorter meanwhile that it was not sent", function()
      fault.play("swallow 0.3", "ok")
      local path = scratch.write("a file", ("x"):rep(LARGE))
      local got = run("h1", UPLOAD, { path = path, form = form, change = "wb", more = "" })
      assert.is_nil(got.status)
      assert.same(HOPELESS, rows.outcome(got.details))
      assert.truthy(got.text:find("became shorter", 1, true), got.text)
    end)

    it("sends of " .. what .. " that grows meanwhile what it was in the beginning", function()
      fault.play "swallow 0.3"
      local path = scratch.write("a file", ("x"):rep(LARGE))
      local got = run("h1", UPLOAD, { path = path, form = form, change = "ab", more = ("y"):rep(100000) })
      assert.equal(200, got.status, got.text)
      local length = tonumber(fault.body())
      assert.is_true(length == LARGE or (form and length > LARGE and length < LARGE + 1000), tostring(length))
    end)
  end

  local DOWNLOAD = [[
    local request = watched { method = "GET", url = args.url, to_file = args.path }
    local got = outcome(transport(request))
    got.calls = calls
    return got
  ]]

  it("tells of the progress of an answer, and its length where it is known", function()
    for step, total in pairs { ["slow-bytes 160000"] = 160000, ["bytes 160000 chunked"] = "unknown" } do
      fault.play(step)
      local got = run("h1", DOWNLOAD, { path = scratch.path(tostring(total)) })
      assert.equal(200, got.status)
      assert.same({ 160000, total }, got.calls[#got.calls])
      assert.is_true(#got.calls <= 10)
    end
  end)

  it("calls progress once for a request that fails, and for one that is not streamed", function()
    fault.play("half-body", "ok")
    assert.same({ { 10, 100 } }, run("h1", DOWNLOAD, { path = scratch.path "new" }).calls)
    assert.same({}, scratch.list())
    assert.same({ { 0, "unknown" } }, run("h1", "transport(watched(post())) return calls", {}))
  end)

  it("goes on where progress raises, and says what it raised", function()
    fault.play("slow-bytes 160000", "half-body")
    for i, place in ipairs { "response", "details" } do
      local got = run("h1", [[
        local response, text, details = transport(watched { method = "GET", url = args.url, to_file = args.path })
        return { response = response, details = details, calls = #calls }
      ]], { path = scratch.path("new" .. i), raising = true })
      assert.equal(1, got.calls)
      assert.truthy(got[place].progress_error:find("on purpose", 1, true))
    end
  end)

  it("says that an answer cannot be written, and leaves nothing of it", function()
    fault.play "bytes 160000"
    local got = run("h1", [[
      local files = require "whatsapp.transport.resty.file"
      local make = files.make
      function files.make(path)
        local target = assert(make(path))
        target.holder[0] = 9999 -- no descriptor of this process
        return target
      end
      local got = outcome(transport { method = "GET", url = args.url, to_file = args.path })
      files.make = make
      return got
    ]], { path = scratch.path "new" })
    assert.same({ "transport", retryable = false, sent = true }, rows.outcome(got.details))
    assert.truthy(got.text:find("the answer cannot be written to its file: Bad file descriptor", 1, true), got.text)
    assert.same({}, scratch.list())
  end)

  it("removes the file of one that was begun, when the transport is closed", function()
    fault.play "trickle"
    local got = run("h1", [[
      transport.start({ method = "GET", url = args.url, to_file = args.path }, 1)
      ngx.sleep(0.3)
      local before = io.open(args.path)
      transport.close()
      local _, _, _, details = transport.wait(1)
      return { before and before:read "*a" ~= "", io.open(args.path) == nil, details.may_have_been_sent }
    ]], { path = scratch.path "new" })
    assert.same({ true, true, true }, got)
  end)

  it("holds no file whole: 100 MB up and down", function()
    fault.play("swallow", "bytes 100000000")
    local path = scratch.path "large"
    scratch.run "dd if=/dev/zero of=large bs=1000000 count=100 2>/dev/null"
    local got = run("h1", [[
      local before = kibibytes "VmHWM"
      local up = outcome(transport { method = "POST", url = args.url, body_file = args.path, timeout = 60 })
      local down, err = transport { method = "GET", url = args.url, to_file = args.path .. ".new", timeout = 60 }
      return { up.status, down and down.size or err, kibibytes "VmHWM" - before }
    ]], { path = path })
    assert.same({ 200, 100000000 }, { got[1], got[2] })
    assert.is_true(got[3] < 32 * 1024, tostring(got[3]))
  end)

  it("does not go through lua-resty-http, and says so", function()
    local got = run("h1", [[
      options.http = require("spec.support.resty_http").fresh()
      local through = require("whatsapp.transport.resty").new(options)
      return outcome(through { method = "GET", url = args.url, to_file = args.path })
    ]], { path = scratch.path "new" })
    assert.same(rows.REFUSED, rows.outcome(got.details))
    assert.same({}, scratch.list())
  end)
end)

-- a double of lua-resty-http, and the real one if RESTY_HTTP is its folder (lua-resty-http/lib)
local function over_resty_http(folder)
  local fault, home

  setup(function()
    fault = fault_server.start()
    home = resty.start { ca_file = fault.ca_file }
  end)
  teardown(function()
    home.stop()
    fault.stop()
  end)

  local function run(port, code, args)
    args = args or {}
    args.url = args.url or fault.url(port, "/messages?a=b")
    args.folder = folder
    local prelude = PRELUDE:gsub("pool = tostring%(args%)", "http = require('spec.support.resty_http').fresh(args.folder)")
    return home.run(prelude .. code, args)
  end

  for _, port in ipairs { "plain", "h1" } do
    it("sends and reads what the other one does, over kept connections (" .. port .. ")", function()
      fault.play("status 201", "status 201")
      local got = run(port, "return { outcome(transport(post())), outcome(transport(post())) }", { body = ("b"):rep(60000) })
      for i = 1, 2 do assert.same({ 201, JSON }, { got[i].status, got[i].body }) end
      assert.equal(2, fault.arrivals())
      assert.equal(1, fault.connections())
      assert.equal("POST /messages?a=b HTTP/1.1", fault.head():match "^[^\r]+")
      assert.equal(60000, #fault.body())
    end)
  end

  local FAILURES = {
    { "closed", nil, UNSENT }, { "h1", "accept-close", UNSENT }, { "stranger", nil, HOPELESS }, { "expired", nil, HOPELESS },
    { "h1", "close", LOST, arrivals = 1 }, { "h1", "half-head", LOST, arrivals = 1 }, { "h1", "half-body", LOST, arrivals = 1 },
    { "h1", "hang", LOST, arrivals = 1 }, { "h1", "trickle", LOST, arrivals = 1 }, { "h1", "endless-body", LOST, arrivals = 1 },
  }
  for _, case in ipairs(FAILURES) do
    it(("says what may have left: %s %s"):format(case[1], case[2] or ""), function()
      fault.play(case[2] or "ok")
      local got = run(case[1], "return outcome(transport(post()))", { options = { timeout = 0.5, max_body = 100000 } })
      assert.is_nil(got.status)
      assert.same(case[3], rows.outcome(got.details))
      assert.is_nil(got.text:find(SECRET, 1, true))
      assert.equal(case.arrivals or 0, fault.arrivals(case.arrivals))
    end)
  end

  it("is told of the proxy, and of the name that the certificate is to have", function()
    fault.play "ok"
    local got = run("h1", [[
      transport(post())
      return options.http.connects[#options.http.connects]
    ]], { options = { proxy = "http://127.0.0.1:3128" } })
    assert.equal("localhost", got.ssl_server_name)
    assert.is_true(got.ssl_verify)
    assert.same({ http_proxy = "http://127.0.0.1:3128", https_proxy = "http://127.0.0.1:3128" }, got.proxy_opts)
  end)

  it("takes only a proxy that lua-resty-http can use", function()
    for _, proxy in ipairs { "http://u:p@127.0.0.1:1", "u@127.0.0.1:1", "https://127.0.0.1:1", "socks5://127.0.0.1:1" } do
      local ok, err = pcall(require("whatsapp.transport.resty").new, { proxy = proxy, http = { new = print } })
      assert.is_false(ok)
      assert.truthy(err:find("only a proxy of http, without a name and a password", 1, true), err)
    end
    fault.play "ok"
    local got = run("h1", [[
      transport(post())
      return options.http.connects[#options.http.connects].proxy_opts
    ]], { options = { proxy = "127.0.0.1:3128" } })
    assert.equal("http://127.0.0.1:3128", got.https_proxy)
  end)

  it("is told of no proxy for plain http to this machine", function()
    fault.play "ok"
    assert.is_true(run("plain", [[
      transport(post())
      return options.http.connects[#options.http.connects].proxy_opts == nil
    ]], { options = { proxy = "http://127.0.0.1:3128" } }))
  end)
end

describe("the transport over a double of lua-resty-http", function() over_resty_http() end)

local installed = os.getenv "RESTY_HTTP"
if installed then
  describe("the transport over the lua-resty-http in " .. installed, function() over_resty_http(installed) end)
end

-- phases of nginx: where to send, and what it says
local SAYING = { init = 1, init_worker = 1, set = 1, header_filter = 1, body_filter = 1, log = 1, balancer = 1 }
local SENDING = { "rewrite", "access", "content", "timer", "ssl_cert" }

describe("a client that was made in init_by_lua", function()
  local fault, home
  local scratch = scratch_folder.new()

  setup(function()
    fault = fault_server.start()
    fault.play("accept", "accept", "accept", "accept", "accept") -- the timer's is sent as soon as nginx runs
    scratch.run "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out crt -days 2 -subj /CN=x 2>&1"
    home = resty.start {
      nameless = true,
      http = ([[
        upstream nobody { server 0.0.0.1; balancer_by_lua_block { try() } }
        init_by_lua_block {
          client = require("whatsapp").new { token = "never-to-be-shown", phone_number_id = "1", base_url = "%s", limiter = false }
          said, names = {}, require("whatsapp").new { token = "never-to-be-shown", phone_number_id = "1" }
          function try()
            local sent, text, details = client:send { to = "1", text = { body = "x" } }
            said[ngx.get_phase()] = { id = sent and sent.messages[1].id, text = text, details = not sent and details }
          end
          try()
        }
        init_worker_by_lua_block { try() ngx.timer.at(0, try) }
        server {
          listen unix:%s ssl; ssl_certificate %s; ssl_certificate_key %s;
          ssl_certificate_by_lua_block { try() }
        }
      ]]):format(fault.url("plain", ""), scratch.path "tls", scratch.path "crt", scratch.path "key"),
      server = [[
        location = /phases {
          set_by_lua_block $unused { try() return "" }
          rewrite_by_lua_block { try() }
          access_by_lua_block { try() }
          content_by_lua_block { try() ngx.print "" }
          header_filter_by_lua_block { try() }
          body_filter_by_lua_block { try() }
          log_by_lua_block { try() }
        }
        location = /balancer { proxy_pass http://nobody; }
      ]],
    }
  end)
  teardown(function()
    home.stop()
    fault.stop()
    scratch.remove()
  end)

  it("sends where nginx lets it wait, and says what to do elsewhere", function()
    home.nginx.ask "/phases"
    home.nginx.ask "/balancer"
    local said = home.run([[
      local socket = ngx.socket.tcp()
      assert(socket:connect("unix:" .. ...))
      assert(socket:sslhandshake(false, "x", false))
      socket:close()
      for _ = 1, 100 do
        if said.timer then break end
        ngx.sleep(0.02)
      end
      return said
    ]], scratch.path "tls")
    for _, phase in ipairs(SENDING) do assert.equal("wamid.1", said[phase].id, phase .. tostring(said[phase].text)) end
    for phase in pairs(SAYING) do
      assert.is_nil(said[phase].id)
      assert.same(HOPELESS, rows.outcome(said[phase].details))
      assert.truthy(said[phase].text:find("phase " .. phase .. " cannot wait:", 1, true), said[phase].text)
      assert.truthy(said[phase].text:find("ngx.timer.at", 1, true))
      assert.equal(1, said[phase].details.attempts)
    end
  end)

  it("names the directives that nginx lacks", function()
    local got = home.run [[
      local transport, said = require("whatsapp.transport.resty").new {}, {}
      said[1] = { select(2, transport { method = "POST", url = "https://graph.facebook.com/" }) }
      said[2] = { select(2, names:send { to = "1", text = { body = "x" } }) }
      return said
    ]]
    for i = 1, 2 do
      assert.same(HOPELESS, rows.outcome(got[i][2]))
      assert.truthy(got[i][1]:find("resolver 127.0.0.53 ipv6=off;", 1, true))
      assert.truthy(got[i][1]:find(got[i][2].hint, 1, true))
    end
    local port = fault.url("h1", "/"):match ":(%d+)"
    for _ = 1, 10 do
      local said = home.run([[
        local transport = require("whatsapp.transport.resty").new { server_name = "localhost" }
        return { select(2, transport { method = "POST", url = "https://127.0.0.1:" .. (...).port .. "/" }) }
      ]], { port = port })
      local text, details = said[1], said[2]
      assert.same(HOPELESS, rows.outcome(details))
      assert.truthy(text:find("lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;", 1, true), text)
      assert.truthy(text:find("lua_ssl_verify_depth", 1, true))
      assert.truthy(text:find(details.hint, 1, true))
    end
  end)

  it("never blocks the worker: libcurl is not loaded", function()
    assert.is_false(home.run "return package.loaded['whatsapp.curl'] ~= nil or package.loaded['whatsapp.transport.curl'] ~= nil")
  end)

  it("waits through nginx, without holding it up", function()
    fault.play("error 429 130429 1", "accept")
    local got = home.run [[
      local ticks, going = 0, true
      ngx.thread.spawn(function()
        while going do
          ngx.sleep(0.05)
          ticks = ticks + 1
        end
      end)
      ngx.update_time()
      local started = ngx.now()
      local sent, text, info = client:send { to = "1", text = { body = "x" } }
      going = false
      return { sent and sent.messages[1].id or text, info.attempts, ngx.now() - started >= 1, ticks > 5 }
    ]]
    assert.same({ "wamid.1", 2, true, true }, got)
  end)
end)

describe("client.media in nginx", function()
  it("uploads, looks up, downloads, deletes and sends a file, over the sandbox", function()
    local scratch = scratch_folder.new()
    local home = resty.start {
      server = [[location ~ "^/(v\d|whatsapp_business)" { content_by_lua_block { require("whatsapp.sandbox.nginx").content(ngx) } }]],
    }
    local words = ("hello "):rep(20000)
    local ok, got = pcall(home.run, [[
      local args = ...
      local client = require("whatsapp").new { token = "tokentoken", phone_number_id = "1", base_url = args.url }
      local up = assert(client.media:upload(args.path))
      local about = assert(client.media:get(up.id))
      assert(client.media:download(up.id, args.path .. ".again"))
      assert(client.media:delete(up.id))
      local sent = assert(client:send_file("16505551234", args.path))
      return { tonumber(about.file_size), sent.messages[1].id }
    ]], { url = home.nginx.url "", path = scratch.write("words.txt", words) })
    home.stop()
    local bytes = read(scratch.path "words.txt.again", "")
    scratch.remove()
    assert.is_true(ok, tostring(got))
    assert.equal(#words, got[1])
    assert.truthy(got[2]:find "^wamid%.")
    assert.is_true(bytes == words)
  end)
end)

describe("the README's nginx", function()
  it("sends a message", function()
    local block = assert(read "examples/README.md":match "\n## OpenResty and nginx\n.-```nginx\n(.-)```")
    local fault = fault_server.start()
    fault.play "accept"
    -- over plain http to the server of the spec, and found by its name
    block = block:gsub("\nlua_ssl[^\n]*", ""):gsub("resolver [^\n]*", ""):gsub("127%.0%.0%.1:8080;", "127.0.0.1:$PORT; server_name readme;")
      :gsub("whatsapp\"%).new {", ("%%0 base_url = %q,"):format(fault.url("plain", "")))
      :gsub("os%.getenv \"WHATSAPP_TOKEN\"", '"tokentoken"')
    local home = resty.start { http = block }
    local status, body = home.nginx.ask("/hello?to=16505551234", { headers = { Host = "readme" } })
    home.stop()
    local message = fault.body()
    fault.stop()
    assert.same({ 200, "wamid.1\n" }, { status, body })
    assert.truthy(message:find("Hello from nginx", 1, true))
  end)
end)

describe("outside of nginx", function()
  local transport = require("whatsapp.transport.resty").new { proxy = "" }

  it("raises when a request is sent", function()
    local ok, text = pcall(transport, { method = "GET", url = "https://example.invalid/" })
    assert.is_false(ok)
    assert.truthy(text:find("works in nginx only", 1, true))
  end)

  it("has a clock that goes on, and never back", function()
    local time = 1000
    rawset(_G, "ngx", { update_time = function() end, now = function() return time end })
    local first = transport.now()
    time = 1001.5
    local second = transport.now()
    time = 400 -- somebody has set the clock
    local third = transport.now()
    time = 400.25
    local fourth = transport.now()
    rawset(_G, "ngx", nil)
    assert.same({ 1.5, 0, 0.25 }, { second - first, third - second, fourth - third })
  end)
end)
