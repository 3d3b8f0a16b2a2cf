-- Uploads where a connection, a file or a disk fails, over each transport and real sockets: whether the error says that the
-- request may have been sent, and that no upload arrives twice. A separate program simulates a disk that is full or broken. Never
-- sends to another host.
local compile = require "spec.support.compile"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

local ALL, H1, H2, TLS, over = rows.ALL, rows.H1, rows.H2, rows.TLS, rows.over
local LOST, UNSENT, HOPELESS = rows.LOST, rows.UNSENT, rows.HOPELESS
local SMALL, LARGE = 60000, 16 * 1024 * 1024 -- LARGE is more than the system accepts at once

-- the two ways to stream a body; each is given a path
local WAYS = {
  body_file = function(path) return { body_file = path } end,
  form = function(path)
    return { form = { { name = "a", data = "1" }, { name = "file", file = path, filename = "x", type = "image/png" } } }
  end,
}

rows.describe("with an upload", function(t)
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  local function upload(way, port, size, changes)
    local path = scratch.path "a file"
    if not io.open(path) then scratch.write("a file", ("x"):rep(size)) end
    local request = { method = "POST", url = t.fault.url(port, "/media?access_token=" .. rows.SECRET) }
    for name, value in pairs(WAYS[way](path)) do request[name] = value end
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  for way in pairs(WAYS) do
    describe("as " .. way, function()
      describe("never sends twice when a kept connection dies after the request was read, by", function()
        local cases = {
          { "close", ALL }, { "reset", ALL }, { "goaway this", H2 }, { "goaway 0", H2 }, { "rst-stream 0", H2 },
          { "rst-stream 7", H2 }, { "rst-stream 8", H2 }, { "half-head", ALL }, { "half-body", ALL },
        }
        for _, case in ipairs(cases) do
          over(case[2], case[1], function(port)
            t.fault.play("ok", case[1], "ok")
            local transport = t.open()
            assert.equal(200, t.answered(transport, t.post(port)).status)
            t.fails(transport, upload(way, port, SMALL), LOST, 2)
          end)
        end
      end)

      over(ALL, "never sends nothing twice either", function(port)
        t.fault.play("ok", "close", "ok")
        local transport = t.open()
        assert.equal(200, t.answered(transport, t.post(port)).status)
        t.fails(transport, upload(way, port, 0), LOST, 2)
      end)

      over(ALL, "that is reset before it was read says that it was not sent, and does not send it again", function(port)
        t.fault.play("ok", "cut", "ok")
        local transport = t.open()
        assert.equal(200, t.answered(transport, t.post(port)).status)
        t.fails(transport, upload(way, port, LARGE), UNSENT, 1)
      end)

      it("that the server does not read to its end in time was not sent", function()
        t.fault.play("stall", "stall", "stall")
        local requests = {}
        for i, port in ipairs(ALL) do requests[i] = upload(way, port, LARGE, { timeout = 0.6 }) end
        for _, outcome in ipairs(rows.together(t.open(), requests)) do
          assert.is_nil(outcome[1])
          assert.same(UNSENT, rows.outcome(outcome[3]))
        end
        assert.equal(0, t.fault.arrivals())
      end)

      it("that the server read in time, but did not answer, may have been sent", function()
        t.fault.play("hang", "hang", "hang")
        local requests = {}
        for i, port in ipairs(ALL) do requests[i] = upload(way, port, SMALL, { timeout = 0.4 }) end
        for _, outcome in ipairs(rows.together(t.open(), requests)) do
          assert.same(LOST, rows.outcome(outcome[3]))
        end
        assert.equal(3, t.fault.arrivals(3))
      end)

      it("to a closed port was not sent", function()
        t.fails(t.open(), upload(way, "closed", SMALL), UNSENT)
        t.fails(t.open(), upload(way, "stranger", SMALL), HOPELESS)
      end)

      over(ALL, "returns a refusal that comes before it was read", function(port)
        t.fault.play "refuse 413"
        local response = t.answered(t.open(), upload(way, port, LARGE))
        assert.same({ 413, rows.JSON }, { response.status, response.body })
        assert.equal(0, t.fault.arrivals())
      end)

      -- progress is reported when the server begins to read; then the file changes
      local function changed_meanwhile(port, change)
        t.fault.play("swallow 0.3", "ok")
        local calls = 0
        return upload(way, port, LARGE, { progress = function(moved)
          calls = calls + 1
          if calls == 1 then
            assert(moved < LARGE)
            change(scratch.path "a file")
          end
        end })
      end

      local some = t.lacks.progress and {} or way == "form" and H2 or H1 -- each of these cases takes a while
      over(some, "of a file that becomes shorter meanwhile is not completed, and was not sent", function(port)
        local transport = t.open()
        local text = t.fails(transport, changed_meanwhile(port, function(path) assert(io.open(path, "wb")):close() end), HOPELESS)
        assert.truthy(text:find("became shorter", 1, true), text)
        assert.equal(200, t.answered(transport, t.post(port)).status)
      end)

      over(some, "of a file that grows meanwhile sends what it was in the beginning", function(port)
        local request = changed_meanwhile(port, function(path)
          local file = assert(io.open(path, "ab"))
          file:write(("y"):rep(100000))
          file:close()
        end)
        local response = t.answered(t.open(), request)
        assert.is_nil(response.progress_error)
        assert.equal(1, t.fault.arrivals())
        local length = tonumber(t.fault.body())
        assert.is_true(length == LARGE or (way == "form" and length > LARGE and length < LARGE + 1000), tostring(length))
      end)
    end)
  end

  it("continues while other requests are under way, in both directions", function()
    local step, path, transport = "swallow 0.1", scratch.path "new", t.open()
    t.fault.play(step, step, step, step, step)
    local outcomes = rows.together(transport, {
      upload("form", "h1", LARGE), t.post("h1", { to_file = path }), t.post "h1", t.post "h2", t.post "plain",
    })
    for _, outcome in ipairs(outcomes) do assert.equal(200, outcome[1] and outcome[1].status, outcome[2]) end
    assert.equal(rows.JSON, read(path))
    assert.equal(5, t.fault.arrivals())
  end)
end, "streams")

rows.describe("with a progress function", function(t)
  if t.lacks.progress then return end
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  -- returns the arguments of the calls; each call reports more bytes than the one before
  local function watched(request)
    local calls = {}
    function request.progress(moved, total)
      assert(moved >= (calls[#calls] and calls[#calls][1] or 0))
      calls[#calls + 1] = { moved, total or "unknown" }
    end
    return request, calls
  end

  local function download(port, changes)
    local request = { method = "GET", url = t.fault.url(port), to_file = scratch.path "new" }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  over(TLS, "tells of an upload, while it goes on and in the end", function(port)
    t.fault.play "swallow 0.3"
    local path = scratch.write("a file", ("x"):rep(LARGE))
    local request, calls = watched { method = "POST", url = t.fault.url(port), form = WAYS.form(path).form }
    assert.equal(200, t.answered(t.open(), request).status)
    assert.same({ LARGE + 1, LARGE + 1 }, calls[#calls])
    assert.is_true(#calls >= 2)
    assert.is_true(calls[1][1] < LARGE)
  end)

  over(TLS, "tells of an answer, while it comes and in the end", function(port)
    t.fault.play "slow-bytes 160000"
    local request, calls = watched(download(port))
    local transport = t.open()
    local started = transport.now()
    assert.equal(160000, t.answered(transport, request).size)
    assert.same({ 160000, 160000 }, calls[#calls])
    assert.is_true(#calls >= 3)
    assert.is_true(#calls <= (transport.now() - started) / 0.1 + 1) -- the server takes ten pieces in 0.4 seconds
  end)

  over(ALL, "tells no total if the total is not known", function(port)
    t.fault.play "bytes 160000 chunked"
    local request, calls = watched(download(port))
    assert.equal(160000, t.answered(t.open(), request).size)
    assert.same({ 160000, "unknown" }, calls[#calls])
  end)

  over(ALL, "tells once of what fails, of what is short, and of what is not streamed", function(port)
    t.fault.play("half-body", "ok", "html 404")
    local transport = t.open()
    local request, calls = watched(download(port))
    t.fails(transport, request, rows.IDEMPOTENT, 1)
    assert.same({ { 10, 100 } }, calls)
    request, calls = watched(t.post(port))
    t.answered(transport, request)
    assert.same({ { 0, "unknown" } }, calls)
    request, calls = watched(download(port))
    t.answered(transport, request)
    assert.same({ { 0, "unknown" } }, calls)
  end)

  over(H2, "goes on where that raises, and says what it raised", function(port)
    t.fault.play("slow-bytes 160000", "half-body")
    local transport, calls = t.open(), 0
    local function raise()
      calls = calls + 1
      error "on purpose"
    end
    local response = t.answered(transport, download(port, { progress = raise }))
    assert.equal(160000, response.size)
    assert.truthy(response.progress_error:find("on purpose", 1, true))
    assert.equal(1, calls)
    scratch.empty()
    local _, _, details = transport(download(port, { progress = raise }))
    assert.truthy(details.progress_error:find("on purpose", 1, true))
    assert.equal(2, calls)
  end)

  it("may close the transport, or send another request", function()
    t.fault.play("slow-bytes 160000", "ok")
    local transport, closed, inner = t.open(), t.open(), nil
    local response = t.answered(transport, download("plain", { progress = function()
      if inner or t.row.loop then return end -- in a loop, a call from here would wait for itself
      inner = transport(t.post "plain")
    end }))
    assert.equal(160000, response.size)
    if not t.row.loop then assert.equal(200, inner.status) end
    scratch.empty()
    t.fault.play "slow-bytes 160000"
    closed.start(download("plain", { progress = function() closed.close() end }), 1)
    local slot, answer
    repeat slot, answer = closed.wait(1) until slot
    assert.is_nil(answer)
    assert.same({}, scratch.list())
  end)

  it("is not called for a refused request", function()
    local request, calls = watched { method = "POST", url = t.fault.url "h1", body_file = scratch.path "missing" }
    t.fails(t.open(), request, rows.REFUSED)
    assert.same({}, calls)
  end)

  for _, wrong in ipairs { 5, "a string", {}, true } do
    it("raises if it is a " .. type(wrong), function()
      local ok, text = pcall(function()
        local response = t.open()(download("h1", { progress = wrong }))
        return response
      end)
      assert.is_false(ok)
      assert.truthy(text:find("progress must be a function, not a " .. type(wrong), 1, true), text)
    end)
  end
end, "streams")

-- ---- a program of its own: where the system is not as it should be ------------------------------------------------

-- prints the outcome of its request, which is in a file
local PROGRAM = [[
local request = dofile((...))
local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 10 }
local response, text, details = transport(request)
io.write(response and response.status
  or ("%s, retryable %s, sent %s: %s"):format(details.kind, tostring(details.retryable), tostring(details.may_have_been_sent), text))
]]

local FORKING = [[
local library, path, url = (...):match "^(.-) (.-) (.*)$"
local fork_here = assert(package.loadlib(library, "fork_here"))
local child_ended = assert(package.loadlib(library, "child_ended"))
local client = require("whatsapp.curl").new { proxy = "" }
local function begin(name)
  assert(client:add({ method = "GET", url = url, to_file = path .. name }, name))
  repeat
    client:step()
    local moved, _, ended = client:progress(name)
  until moved > 0 and (ended or name == "second")
end
begin "first"
begin "second"
if not fork_here(true) then
  client:close()
  return
end
io.write(child_ended(true) and "ended" or "killed")
for _ = 1, 2 do
  local tag, response, text
  repeat
    client:wait(1)
    tag, response, text = client:next()
  until tag
  io.write(" ", tag, " ", response and response.size or text)
end
]]

local INTERRUPTED = [[
local path, url = ...
local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 20 }
local ok, text = pcall(transport, { method = "GET", url = url, to_file = path, progress = function() end })
io.write(tostring(ok), " ", tostring(text):match "interrupted!" or tostring(text), " ", tostring(io.open(path)))
os.exit(0, false) -- a file that is left now would remain
]]

describe("a program that streams", function()
  local fault, scratch

  setup(function() fault, scratch = fault_server.start(), scratch_folder.new() end)
  teardown(function()
    fault.stop()
    scratch.remove()
  end)
  after_each(function() scratch.empty() end)

  local function quoted(value) return type(value) == "string" and ("%q"):format(value) or tostring(value) end

  local function run(before, request, port)
    local fields = {}
    request.url = fault.url(port or "plain")
    for name, value in pairs(request) do fields[#fields + 1] = name .. " = " .. quoted(value) end
    local given = scratch.write("request", "return { " .. table.concat(fields, ", ") .. " }")
    local command = ("%s %s %s %s 2>&1"):format(before, os.getenv "LUA" or "lua5.4", scratch.write("program", PROGRAM), given)
    local said = output(command)
    os.remove(given)
    os.remove(scratch.path "program")
    return said
  end

  it("gets the error that the disk is full, and no incomplete file remains", function()
    for _, step in ipairs { "bytes 200000", "bytes 200000 chunked" } do
      fault.play(step)
      local said = run("trap '' XFSZ; ulimit -f 100;", { method = "GET", to_file = scratch.path "new" })
      assert.truthy(said:find("^transport, retryable false, sent true: the answer cannot be written to its file: File too large"), said)
      assert.same({}, scratch.list())
    end
    fault.play "bytes 200000"
    assert.equal("200", run("ulimit -f 1000;", { method = "GET", to_file = scratch.path "new" }))
  end)

  local library

  local function build(name)
    library = compile(name)
    finally(function() os.remove(library) end)
  end

  if read("/proc/self/maps", "") ~= "" then -- Linux
    it("gets the error that a file cannot be read to its end, and the server does not get the whole file", function()
      build "transport/stream_read_error.c"
      local path = scratch.write("a file", ("x"):rep(300000))
      -- the request that arrives comes last: then the server has seen the others, and they use no step of the next spec
      for _, case in ipairs { { 0, 0 }, { 150000, 0 }, { 300000, 1 } } do
        local at, expected = case[1], case[2]
        fault.play "ok"
        local said = run(("READ_ERROR_AT=%d LD_PRELOAD=%s"):format(at, library), { method = "POST", body_file = path })
        assert.equal(expected == 1 and "200"
          or "transport, retryable false, sent false: the file that is sent cannot be read: Input/output error (curl 42; nothing was sent)",
          said)
        assert.equal(expected, fault.arrivals(expected))
      end
    end)
  end

  -- For each n, the n-th reading of the clock raises, as it would without memory: before, during and after the answer.
  it("leaves no file where the call raises, whenever that is", function()
    local curl, names = require "whatsapp.curl", { "whatsapp.curl", "whatsapp.transport.libcurl", "whatsapp.transport.curl" }
    local kept, readings, raises_at, transport = {}, 0, 0, nil
    for i, name in ipairs(names) do kept[i], package.loaded[name] = package.loaded[name], nil end
    finally(function()
      if transport then transport.close() end
      for i, name in ipairs(names) do package.loaded[name] = kept[i] end
    end)
    package.loaded[names[1]] = setmetatable({ now = function()
      readings = readings + 1
      return readings == raises_at and error "not enough memory" or curl.now()
    end }, { __index = curl })
    transport = require(names[3]).new { proxy = "" }
    repeat
      fault.play "ok"
      readings, raises_at = 0, raises_at + 1
      local path = scratch.path "new"
      local ok = pcall(transport, { method = "GET", url = fault.url "plain", to_file = path, progress = function() end })
      assert.same(ok and { "new" } or {}, scratch.list())
    until ok
    assert.is_true(raises_at > 2)
  end)

  -- Ctrl-C as in the lua program: a signal sets a hook that raises
  it("may be interrupted during a progress function, and no incomplete file remains", function()
    fault.play "slow-bytes 8000000"
    local program = scratch.write("program", INTERRUPTED)
    local said = output(("%s %s '%s' %s 2>&1 & sleep 0.6; kill -INT $!; wait $!"):format(os.getenv "LUA" or "lua5.4", program,
      scratch.path "new", fault.url "plain"))
    assert.equal("false interrupted! nil", said)
    assert.same({ "program" }, scratch.list())
  end)

  it("may fork: the child removes no file of its parent", function()
    build "transport/fork.c"
    fault.play("bytes 1000", "slow-bytes 160000")
    local program = scratch.write("program", FORKING)
    local said = output(("%s %s '%s %s %s' 2>&1"):format(os.getenv "LUA" or "lua5.4", program, library,
      scratch.folder .. "/", fault.url "plain"))
    assert.equal("ended first 1000 second 160000", said)
    assert.same({ "first", "program", "second" }, scratch.list())
    assert.equal(160000, #read(scratch.path "second"))
  end)
end)
