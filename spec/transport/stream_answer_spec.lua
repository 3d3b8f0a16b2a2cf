-- Answers that go into files, over each transport and real sockets: the final bytes of the file, no incomplete file, and no
-- overwritten file. Never sends to another host.
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

local ALL, H1, over = rows.ALL, rows.H1, rows.over
local IDEMPOTENT, HOPELESS, LOST, REFUSED, JSON = rows.IDEMPOTENT, rows.HOPELESS, rows.LOST, rows.REFUSED, rows.JSON
local LARGE = 5000000 -- more than a body in memory may have
local ENDED = { "transport", retryable = false, sent = true }

-- the bytes that the server sends for "bytes"
local function numbered(count)
  local pieces = {}
  for number = 0, math.floor(count / 16384) do pieces[#pieces + 1] = ("%015d\n"):format(number):rep(1024) end
  return table.concat(pieces):sub(1, count)
end

rows.describe("with an answer that goes into a file", function(t)
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  local function download(port, changes)
    local request = { method = "GET", url = t.fault.url(port, "/media?access_token=" .. rows.SECRET), to_file = scratch.path "new" }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  over(ALL, "writes all of it, and says how much it is", function(port)
    for _, step in ipairs { "bytes " .. LARGE, "bytes " .. LARGE .. " chunked" } do
      t.fault.play(step)
      local response = t.answered(t.open(), download(port))
      assert.same({ 200, LARGE }, { response.status, response.size })
      assert.is_nil(response.body)
      assert.is_true(read(scratch.path "new") == numbered(LARGE))
      scratch.empty()
    end
  end)

  over(ALL, "makes a file that only its owner can read, whatever the umask is", function(port)
    t.answered(t.open(), download(port))
    assert.equal("600\n", scratch.run "stat -c %a new")
  end)

  over(ALL, "writes an empty one", function(port)
    t.fault.play "empty 200"
    assert.equal(0, t.answered(t.open(), download(port)).size)
    assert.equal("", read(scratch.path "new"))
  end)

  over(ALL, "writes that of a POST too", function(port)
    local body = scratch.write("a file", "body")
    local response = t.answered(t.open(), download(port, { method = "POST", body_file = body }))
    assert.same({ 200, #JSON }, { response.status, response.size })
    assert.equal(JSON, read(scratch.path "new"))
    assert.equal("body", t.fault.body())
  end)

  over(ALL, "keeps it when the transport is closed or forgotten", function(port)
    local transport = t.open()
    t.answered(transport, download(port))
    transport.close()
    collectgarbage()
    assert.equal(JSON, read(scratch.path "new"))
  end)

  over(H1, "takes the last answer, not those before it, and no byte behind it", function(port)
    t.fault.play("interim", "too-short")
    local response = t.answered(t.open(), download(port))
    assert.same({ 201, #JSON, "Kept As It Is" }, { response.status, response.size, response.headers["x-mixed-case"] })
    assert.equal(JSON, read(scratch.path "new"))
    assert.equal(#JSON, t.answered(t.open(), download(port, { to_file = scratch.path "second" })).size)
    assert.equal(JSON, read(scratch.path "second"))
  end)

  describe("gives any other answer as ever, and leaves no file:", function()
    for _, step in ipairs { "html 404", "error 400 100", "empty 503 7", "redirect /elsewhere", "status 304" } do
      over(ALL, step, function(port)
        t.fault.play(step)
        local response = t.answered(t.open(), download(port))
        assert.is_string(response.body)
        assert.is_nil(response.size)
        assert.equal(step:match "%d+" or "302", tostring(response.status))
        assert.same({}, scratch.list())
        assert.equal(1, t.fault.arrivals())
      end)
    end
  end)

  describe("limits", function()
    over(ALL, "the file", function(port)
      t.fault.play("bytes 300000", "bytes 300000", "bytes 300000 chunked", "bytes 300000 chunked", "endless-body", "huge-body")
      local transport = t.open()
      for number = 1, 2 do
        local request = download(port, { max_file = 300000 })
        assert.equal(300000, t.answered(transport, request).size)
        scratch.empty()
        request.max_file = 299999
        local text = t.fails(transport, request, ENDED, 2 * number)
        assert.truthy(text:find "longer than %d+ bytes" or text:find "exceeded", text)
        assert.same({}, scratch.list())
      end
      for number = 5, 6 do
        local other = t.open()
        local text = t.fails(other, download(port, { max_file = 3000000 }), ENDED, number)
        other.close() -- else libcurl would read the rest of the answer, to keep the connection
        assert.truthy(text:find("longer than 3000000 bytes", 1, true), text)
        assert.same({}, scratch.list())
      end
    end)

    over(ALL, "what else is answered, and then again what goes into memory", function(port)
      t.fault.play("endless-body 500", "bytes 2000000", "bytes 2000000")
      local other, transport = t.open(), t.open()
      local text = t.fails(other, download(port), ENDED, 1)
      other.close()
      assert.truthy(text:find("longer than 1000000 bytes", 1, true), text)
      assert.same({}, scratch.list())
      assert.equal(2000000, t.answered(transport, download(port)).size)
      text = t.fails(transport, t.post(port), LOST, 3)
      assert.truthy(text:find("longer than 1000000 bytes", 1, true), text)
    end)

    over(ALL, "nothing to none: an empty one may be had", function(port)
      t.fault.play("empty 200", "bytes 1")
      local transport = t.open()
      assert.equal(0, t.answered(transport, download(port, { max_file = 0 })).size)
      scratch.empty()
      t.fails(transport, download(port, { max_file = 0 }), ENDED, 2)
      assert.same({}, scratch.list())
    end)
  end)

  describe("leaves no file where the answer is cut by", function()
    for _, step in ipairs { "half-body", "half-chunked", "half-head", "close", "broken" } do
      over(ALL, step, function(port)
        t.fault.play(step)
        t.fails(t.open(), download(port), IDEMPOTENT, 1)
        assert.same({}, scratch.list())
      end)
    end

    -- over all ports at once, so that the requests hang at the same time
    for _, step in ipairs { "half-body-hang", "trickle", "hang" } do
      it(step, function()
        t.fault.play(step, step, step)
        local requests = {}
        for i, port in ipairs(ALL) do requests[i] = download(port, { timeout = 0.4, to_file = scratch.path(port) }) end
        for _, outcome in ipairs(rows.together(t.open(), requests)) do
          assert.is_nil(outcome[1])
          assert.same(IDEMPOTENT, rows.outcome(outcome[3]))
        end
        assert.same({}, scratch.list())
      end)
    end
  end)

  describe("leaves no file where the transport", function()
    local function start_and_wait(transport, port)
      transport.start(download(port), "download")
      repeat assert.is_nil((transport.wait(0.05))) until read(scratch.path "new") ~= ""
    end

    over(ALL, "is closed early", function(port)
      t.fault.play "trickle"
      local transport = t.open()
      start_and_wait(transport, port)
      assert.same({ "new" }, scratch.list())
      transport.close()
      assert.same({}, scratch.list())
      local slot, response, _, details = transport.wait(1)
      assert.same({ "download", nil, "transport" }, { slot, response, details.kind })
    end)

    over(ALL, "ends it early, and knows no other", function(port)
      t.fault.play("trickle", "ok")
      local client = require("whatsapp.curl").new { ca_file = t.fault.ca_file, proxy = "" }
      assert.same({ false, 0 }, { client:abort "tag", select("#", client:progress "tag") })
      client:add(download(port), "tag")
      repeat client:wait(0.05) until client:progress "tag" > 0
      assert.same({ false, true, false }, { client:abort "other", client:abort "tag", client:abort "tag" })
      assert.same({}, scratch.list())
      local tag, response, text, details = client:next()
      assert.same({ "tag", nil, IDEMPOTENT }, { tag, response, rows.outcome(details) })
      assert.truthy(text:find("interrupted", 1, true))
      assert.same({ false, 0 }, { client:abort "tag", select("#", client:progress "tag") })
      assert.equal(200, client:perform(t.post(port == "h1" and "h2" or "h1")).status)
      client:close()
    end)

    over(ALL, "has the whole answer, and is closed before anybody saw it", function(port)
      local client = require("whatsapp.curl").new { ca_file = t.fault.ca_file, proxy = "" }
      client:add(download(port), "tag")
      repeat
        client:wait(1)
        local _, _, ended = client:progress "tag"
      until ended
      assert.equal(JSON, read(scratch.path "new"))
      client:close()
      assert.same({}, scratch.list())
    end)
  end)

  describe("refuses, and sends nothing,", function()
    local cases = {
      { "a file that exists", "new", "exists", "touch new" }, { "a folder", "new", "exists", "mkdir new" },
      { "a link to nothing", "new", "exists", "ln -s nothing new" }, { "a link to a file", "new", "exists", "touch file; ln -s file new" },
      { "a device", "/dev/full", "exists" }, { "a file of a folder that is missing", "missing/new", "No such file or directory" },
      { "no name", "", "No such file or directory" },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        if case[4] then scratch.run(case[4]) end
        local before = scratch.list()
        local path = (case[2] == "" or case[2]:sub(1, 1) == "/") and case[2] or scratch.path(case[2])
        local text = t.fails(t.open(), download("h1", { to_file = path }), REFUSED)
        assert.truthy(text:find("to_file: ", 1, true) == 1 and text:find(case[3], 1, true), text)
        assert.equal(0, t.fault.connections())
        assert.same(before, scratch.list())
      end)
    end

    for name, changes in pairs {
      ["a path with NUL"] = { to_file = "a\0b" }, ["a path that is no string"] = { to_file = 5 },
      ["a limit that is no number"] = { max_file = "5" }, ["a limit below nothing"] = { max_file = -1 },
      ["half a byte"] = { max_file = 0.5 },
    } do
      it(name, function()
        t.fails(t.open(), download("h1", changes), REFUSED)
        assert.same({}, scratch.list())
      end)
    end

    it("the other faults of a request, and makes no file for it", function()
      for _, changes in ipairs {
        { url = "ftp://127.0.0.1/" }, { method = "" }, { headers = { ["a b"] = "c" } }, { body_file = scratch.path "missing" },
      } do
        t.fails(t.open(), download("h1", changes), REFUSED)
        assert.same({}, scratch.list())
      end
    end)
  end)

  it("leaves no file if no answer comes", function()
    local response, _, details = t.open()(download "closed")
    assert.is_nil(response)
    assert.same({ "transport", retryable = true, sent = false }, rows.outcome(details))
    t.fails(t.open(), download "stranger", HOPELESS)
    assert.same({}, scratch.list())
  end)
end, "streams")
