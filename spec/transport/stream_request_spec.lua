-- The bodies that a request streams from strings and files, over each transport and real sockets: the bytes that arrive, and the
-- requests that are refused before anything is sent. Never sends to another host.
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

local ALL, H1, over = rows.ALL, rows.H1, rows.over
local REFUSED, SECRET, JSON = rows.REFUSED, rows.SECRET, rows.JSON

local all_bytes = {}
for byte = 0, 255 do all_bytes[#all_bytes + 1] = string.char(byte) end
local BINARY = "\r\n--boundary\r\n\r\n" .. table.concat(all_bytes):rep(1200) -- 300 KB

-- returns the parts of a multipart body: { head =, data = } each; the body begins with the boundary
local function parts_of(body)
  local boundary, at = body:match "^(%-%-[^\r\n]+)\r\n()"
  local parts = {}
  while true do
    local from, to = body:find("\r\n" .. boundary, at, true)
    local head, data = body:sub(at, from - 1):match "^(.-)\r\n\r\n(.*)$"
    parts[#parts + 1] = { head = head, data = data }
    if body:sub(to + 1) == "--\r\n" then return parts, boundary:sub(3) end
    assert.equal("\r\n", body:sub(to + 1, to + 2))
    at = to + 3
  end
end

rows.describe("with a form", function(t)
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  local function upload(port, form, changes)
    local request = t.post(port, { form = form, headers = { Authorization = "Bearer " .. SECRET } })
    request.body = nil
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  local function sends(port, form)
    assert.equal(200, t.answered(t.open(), upload(port, form)).status)
    assert.equal(1, t.fault.arrivals())
    return parts_of(t.fault.body())
  end

  over(ALL, "sends strings and a file, each with what it is", function(port)
    local path = scratch.write("a file", BINARY)
    local parts = sends(port, {
      { name = "messaging_product", data = "whatsapp" },
      { name = "file", file = path, filename = "x.jpg", type = "image/jpeg" },
      { name = "type", data = "image/jpeg" },
    })
    assert.equal(3, #parts)
    assert.same({ head = 'Content-Disposition: form-data; name="messaging_product"', data = "whatsapp" }, parts[1])
    assert.same({ head = 'Content-Disposition: form-data; name="type"', data = "image/jpeg" }, parts[3])
    assert.equal('Content-Disposition: form-data; name="file"; filename="x.jpg"\r\nContent-Type: image/jpeg', parts[2].head)
    assert.is_true(parts[2].data == BINARY)
  end)

  over(H1, "says its type and its exact length, and expects nothing", function(port)
    local _, boundary = sends(port, { { name = "a", data = "1" }, { name = "b", data = BINARY } })
    local head = t.fault.head()
    assert.truthy(head:find("\r\nContent-Length: " .. #t.fault.body() .. "\r\n", 1, true), head)
    assert.truthy(head:find("\r\nContent-Type: multipart/form-data; boundary=" .. boundary .. "\r\n", 1, true), head)
    assert.is_nil(head:lower():find("expect", 1, true))
    assert.is_nil(head:lower():find("transfer-encoding", 1, true))
    assert.truthy(head:find("\r\nAuthorization: Bearer " .. SECRET, 1, true))
  end)

  over(ALL, "lets no name end its header", function(port)
    local path = scratch.write("a file", "x")
    local parts = sends(port, {
      { name = 'a"b\r\nX-Injected: 1\r\n\r\n', data = "" },
      { name = "c", file = path, filename = 'd".jpg\nX-Injected: 2\\', type = "image/jpeg" },
      { name = "\195\164;=", data = "1", filename = "" },
    })
    assert.equal(3, #parts)
    assert.equal('Content-Disposition: form-data; name="a%22b%0D%0AX-Injected: 1%0D%0A%0D%0A"', parts[1].head)
    assert.equal("", parts[1].data)
    assert.truthy(parts[2].head:find('; filename="d%22.jpg%0AX-Injected: 2\\', 1, true), parts[2].head)
    assert.is_nil((parts[1].head .. parts[2].head):find "\n%s*X%-Injected")
    assert.truthy(parts[3].head:find('name="\195\164;="', 1, true), parts[3].head)
  end)

  over(ALL, "guesses no type", function(port)
    local parts = sends(port, { { name = "a", data = "1", filename = "x.html" }, { name = "b.html", data = "2" } })
    assert.truthy(parts[1].head:find("\r\nContent-Type: application/octet-stream", 1, true), parts[1].head)
    assert.is_nil(parts[2].head:find("Content-Type", 1, true))
  end)

  over(ALL, "sends empty strings and empty files", function(port)
    local path = scratch.write("nothing", "")
    local parts = sends(port, {
      { name = "", data = "" }, { name = "b", file = path, filename = "b", type = "text/plain" }, { name = "c", data = "a\0b" },
    })
    assert.same({ "", "", "a\0b" }, { parts[1].data, parts[2].data, parts[3].data })
  end)

  over(ALL, "is followed by other requests over the same connection", function(port)
    local path, transport = scratch.write("a file", BINARY), t.open()
    for _ = 1, 2 do
      t.answered(transport, upload(port, { { name = "a", file = path, filename = "a", type = "image/png" } }))
      assert.is_true(parts_of(t.fault.body())[1].data == BINARY)
      t.answered(transport, t.post(port, { body = JSON }))
      assert.equal(JSON, t.fault.body())
      t.answered(transport, { method = "GET", url = t.fault.url(port) })
      assert.equal("", t.fault.body())
      t.answered(transport, upload(port, nil, { body_file = path }))
      assert.is_true(t.fault.body() == BINARY)
      t.answered(transport, t.post(port, { body = "" }))
      assert.equal("", t.fault.body())
    end
    assert.equal(10, t.fault.arrivals())
    assert.equal(1, t.fault.connections())
  end)

  it("does not keep the caller's form: the form may change or be collected at once", function()
    local transport, statuses = t.open(), {}
    t.fault.play("gather 2", "gather 2")
    local function start(slot)
      local form = {}
      for i = 1, 20 do form[i] = { name = "name" .. i, data = ("data %d "):format(i):rep(5000) } end
      transport.start(upload("h2", form), slot)
      for i = 1, 20 do
        form[i].data, form[i].name = "changed", "changed"
        form[i] = nil
      end
    end
    start(1)
    start(2)
    collectgarbage()
    collectgarbage()
    while #statuses < 2 do
      local slot, response = transport.wait(1)
      if slot then statuses[#statuses + 1] = response and response.status or 0 end
    end
    assert.same({ 200, 200 }, statuses)
    for i, part in ipairs(parts_of(t.fault.body())) do
      assert.is_true(part.data == ("data %d "):format(i):rep(5000))
      assert.truthy(part.head:find(('name="name%d"'):format(i), 1, true))
    end
  end)

  describe("refuses, without a connection,", function()
    local FILE = "a file that exists"
    local function part(changes)
      local one = { name = "file", file = FILE, filename = "x.jpg", type = "image/jpeg" }
      for name, value in pairs(changes) do one[name] = value or nil end
      return { { name = "a", data = "1" }, one }
    end
    local cases = {
      { "no list", { name = "a", data = "1" } }, { "an empty one", {} }, { "a string", SECRET }, { "a part that is none", { 5 }, 1 },
      { "a part without a name", part { name = false }, 2 }, { "a name with NUL", part { name = "a\0b" }, 2 },
      { "a name that is no string", part { name = 5 }, 2 },
      { "a part without data", part { file = false }, 2 }, { "a part with data and a file", part { data = SECRET }, 2 },
      { "data that is no string", part { file = false, data = 5 }, 2 }, { "a path with NUL", part { file = FILE .. "\0x" }, 2 },
      { "a path that is no string", part { file = 5 }, 2 },
      { "a file without a filename", part { filename = false }, 2 }, { "a file without a type", part { type = false }, 2 },
      { "a filename with NUL", part { filename = "x.jpg\0" }, 2 }, { "a filename that is no string", part { filename = {} }, 2 },
      { "a type with a line end", part { type = "image/jpeg\r\nX-Injected: " .. SECRET }, 2 }, { "an empty type", part { type = "" }, 2 },
      { "a type with NUL", part { type = "image/jpeg\0" }, 2 }, { "a type that is no string", part { type = 5 }, 2 },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        scratch.write(FILE, "x")
        for _, one in ipairs(type(case[2]) == "table" and case[2] or {}) do
          if type(one) == "table" and one.file and tostring(one.file):sub(1, #FILE) == FILE then
            one.file = scratch.path(one.file)
          end
        end
        local request = upload("h1", case[2])
        local text = t.fails(t.open(), request, REFUSED)
        local _, _, details = t.open()(request)
        assert.equal(0, t.fault.connections())
        assert.truthy(text:find("form", 1, true), text)
        assert.equal(case[3] and ("form[%d]"):format(case[3]), details.problems[1] and details.problems[1].path)
        assert.equal(#details.problems, details.count)
      end)
    end

    it("more than 100 parts", function()
      local form = {}
      for i = 1, 101 do form[i] = { name = "a", data = "" } end
      t.fails(t.open(), upload("h1", form), REFUSED)
      form[101] = nil
      t.answered(t.open(), upload("h1", form))
    end)

    it("and a Content-Type", function()
      t.fails(t.open(), upload("h1", { { name = "a", data = "1" } }, { headers = { ["content-TYPE"] = "text/x" } }), REFUSED)
    end)

    it("and works afterwards", function()
      local transport = t.open()
      for _, case in ipairs(cases) do t.fails(transport, upload("h1", case[2]), REFUSED) end
      t.answered(transport, upload("h1", { { name = "a", data = "1" } }))
      assert.equal(1, t.fault.arrivals())
    end)
  end)
end, "streams")

rows.describe("with files", function(t)
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  local function from(port, changes)
    local request = t.post(port, changes)
    request.body = nil
    return request
  end

  local function body_of(port, changes)
    assert.equal(200, t.answered(t.open(), from(port, changes)).status)
    return t.fault.body()
  end

  over(ALL, "sends the bytes of a file, from an offset on", function(port)
    local path = scratch.write("a file", BINARY)
    assert.is_true(body_of(port, { body_file = path }) == BINARY)
    assert.is_true(body_of(port, { body_file = path, body_offset = 70000 }) == BINARY:sub(70001))
    assert.equal(BINARY:sub(-1), body_of(port, { body_file = path, body_offset = #BINARY - 1 }))
    assert.equal("", body_of(port, { body_file = path, body_offset = #BINARY }))
    assert.equal(4, t.fault.arrivals())
  end)

  over(H1, "says their exact length", function(port)
    body_of(port, { body_file = scratch.write("a file", BINARY), body_offset = 5, method = "PUT" })
    assert.truthy(t.fault.head():find("\r\nContent-Length: " .. #BINARY - 5 .. "\r\n", 1, true))
    assert.equal("PUT ", t.fault.head():sub(1, 4))
    assert.is_nil(t.fault.head():lower():find("expect", 1, true))
  end)

  over(ALL, "follows a link to a file", function(port)
    scratch.write("a file", "linked")
    scratch.run "ln -s 'a file' link"
    assert.equal("linked", body_of(port, { body_file = scratch.path "link" }))
  end)

  -- the name of the case, the file, the error of libc, the command that makes the file
  local UNUSABLE = {
    { "that is missing", "missing", "No such file or directory" },
    { "that is a folder", "folder", "is not a regular file", "mkdir folder" },
    { "that is a FIFO", "fifo", "is not a regular file", "mkfifo fifo" },
    { "that is a device", "/dev/zero", "is not a regular file" },
    { "whose folder is a file", "file/x", "Not a directory", "touch file" },
    { "behind links that never end", "loop", "symbolic links", "ln -s loop loop" },
    { "with a line end in its name", "a\nb", "No such file or directory" },
  }

  describe("refuses, before a connection is made, a file", function()
    local function refuses(request, field, path, said)
      local text = t.fails(t.open(), request, REFUSED)
      assert.equal(0, t.fault.connections())
      assert.truthy(text:find(field .. ": ", 1, true) == 1 and text:find(said, 1, true), text)
      assert.equal(not path:find "\n", text:find(path, 1, true) ~= nil)
      local _, _, details = t.open()(request)
      assert.equal(field, details.problems[1].path)
      assert.equal("file", details.problems[1].rule)
    end

    for _, case in ipairs(UNUSABLE) do
      it(case[1], function()
        if case[4] then scratch.run(case[4]) end
        local path = case[2]:sub(1, 1) == "/" and case[2] or scratch.path(case[2])
        refuses(from("h1", { body_file = path }), "body_file", path, case[3])
        local good = { name = "a", file = scratch.write("good", "x"), filename = "x", type = "x/y" }
        local bad = { name = "b", file = path, filename = "x", type = "x/y" }
        refuses(from("h1", { form = { good, good, bad }, headers = {} }), "form[3].file", path, case[3])
      end)
    end

    it("that ends before the offset", function()
      local path = scratch.write("a file", "x")
      refuses(from("h1", { body_file = path, body_offset = 2 }), "body_file", path, "ends before")
    end)

    for _, offset in ipairs { -1, 0.5, "0", 2 ^ 60, false } do
      it("with the offset " .. tostring(offset), function()
        local request = from("h1", { body_file = scratch.write("a file", "x"), body_offset = offset })
        t.fails(t.open(), request, REFUSED)
      end)
    end

    for _, path in ipairs { 5, true, "a\0b" } do
      it("named by a " .. type(path), function() t.fails(t.open(), from("h1", { body_file = path }), REFUSED) end)
    end
  end)

  it("keeps no file open after the rest of the request was refused, or after the request has ended", function()
    local path, transport = scratch.write("a file", "x"), t.open()
    local function open_files() return scratch.run("ls -l /proc/$PPID/fd 2>/dev/null; true"):find(path, 1, true) end
    t.fails(transport, from("h1", { body_file = path, url = "ftp://127.0.0.1/" }), REFUSED)
    assert.is_nil(open_files())
    t.answered(transport, from("h1", { body_file = path }))
    assert.is_nil(open_files())
  end)

  it("raises if there is more than one body", function()
    local path, transport = scratch.write("a file", "x"), t.open()
    local form = { { name = "a", data = "1" } }
    for _, changes in ipairs {
      { body_file = path, form = form }, { body = "x", form = form }, { body = "", body_file = path }, { body = "x", body_file = path, form = form },
    } do
      local request = from "h1"
      for name, value in pairs(changes) do request[name] = value end
      local ok, text = pcall(function()
        local response = transport(request)
        return response
      end)
      assert.is_false(ok)
      assert.truthy(text:find("a request has one of body, body_file and form", 1, true), text)
    end
    assert.equal(0, t.fault.connections())
  end)
end, "streams")

describe("whatsapp.curl", function()
  it("raises if there is more than one body", function()
    local client = require("whatsapp.curl").new { proxy = "" }
    for _, request in ipairs {
      { body = "x", form = {} }, { body = "x", body_file = "x" }, { body_file = "x", form = {} }, { body = "", form = {}, body_file = "x" },
    } do
      request.method, request.url = "POST", "http://127.0.0.1:1/"
      local ok, text = pcall(client.perform, client, request)
      assert.is_false(ok)
      assert.truthy(text:find("a request has one of body, body_file and form", 1, true))
    end
    client:close()
  end)
end)
