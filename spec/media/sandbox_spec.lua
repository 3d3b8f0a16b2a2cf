-- The sandbox's files: as a transport, and served by nginx over HTTPS to client.media and to requests made by hand. Never sends
-- to another host.
local files = require "spec.support.files"
local json = require "whatsapp.wire.json"
local multipart = require "whatsapp.sandbox.multipart"
local read = require "spec.support.read"
local sandbox = require "whatsapp.sandbox"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local BYTES = files.pdf .. ("\0\255\r\n"):rep(50000)
local PDF = "application/pdf"

local function form_of(parts, boundary)
  local lines = {}
  for _, part in ipairs(parts) do
    lines[#lines + 1] = ("--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n%s\r\n%s\r\n"):format(boundary, part.name,
      part.filename and ('; filename="%s"'):format(part.filename) or "", part.type and "Content-Type: " .. part.type .. "\r\n" or "", part.data)
  end
  return table.concat(lines) .. "--" .. boundary .. "--\r\n"
end

local FILE = { name = "file", data = "bytes", filename = "x.pdf", type = PDF }
local PRODUCT = { name = "messaging_product", data = "whatsapp" }

describe("a form", function()
  it("is read part by part, byte for byte", function()
    local parts = assert(multipart.parse(form_of({ PRODUCT, { name = "a%22b", data = "--x\r\n--", filename = "%0D%0A", type = PDF },
      { name = "empty", data = "" } }, "b"), "b"))
    assert.same({ name = "messaging_product", data = "whatsapp" }, parts[1])
    assert.same({ name = 'a"b', data = "--x\r\n--", filename = "\r\n", type = PDF }, parts[2])
    assert.same({ name = "empty", data = "" }, parts[3])
  end)

  it("is refused if anything is missing", function()
    local whole = form_of({ PRODUCT, FILE }, "b")
    for length = 0, #whole - 3 do assert.is_nil((multipart.parse(whole:sub(1, length), "b")), length) end
    assert.is_nil((multipart.parse(whole, "c")))
    assert.is_nil((multipart.parse("--b\r\nContent-Type: x\r\n\r\n\r\n--b--", "b")))
    assert.is_nil(multipart.boundary "application/json")
    assert.is_nil(multipart.boundary(nil))
    assert.same({ "x", "y z" }, { multipart.boundary "multipart/form-data; boundary=x", multipart.boundary 'Multipart/Form-Data; boundary="y z"' })
  end)
end)

describe("the sandbox", function()
  local HEADERS = { Authorization = "Bearer t", ["User-Agent"] = "spec/1.0.0", ["Content-Type"] = "multipart/form-data; boundary=b" }

  local function ask(box, method, path, change)
    local request = { method = method, url = "https://graph.facebook.com/v26.0/" .. path, headers = HEADERS }
    for name, value in pairs(change or {}) do request[name] = value end
    local answer = box.handle(request)
    return answer.status, json.decode(answer.body), answer
  end

  local function post(box, parts) return ask(box, "POST", "106/media", { body = form_of(parts, "b") }) end

  it("keeps uploaded files, and refuses those that the API refuses", function()
    local box = sandbox.new()
    local status, answer = post(box, { PRODUCT, FILE })
    assert.equal(200, status)
    assert.same({ "bytes", PDF, "x.pdf", "106" }, { box.media[1].data, box.media[1].type, box.media[1].filename, box.media[1].number })
    assert.equal(box.media[1], box.media[answer.id])
    local cases = {
      { { FILE }, 100, "messaging_product is required" }, { { PRODUCT }, 100, "file is required" },
      { { PRODUCT, { name = "file", data = "x", filename = "x", type = "application/octet-stream" } }, 100,
        "Received file of type 'application/octet-stream'" },
      { { PRODUCT, { name = "file", data = "x", filename = "x" } }, 100, "one of the following types: application/msword" },
      { { PRODUCT, { name = "file", data = "x", filename = "x", type = "image/gif" } }, 100, "image/gif" },
      { { PRODUCT, { name = "file", data = ("x"):rep(5242881), filename = "x", type = "image/png" } }, 131053, "Media upload error" },
      { { PRODUCT, { name = "file", data = "", filename = "x", type = "image/png" } }, 131053, "Media upload error" },
    }
    for _, case in ipairs(cases) do
      local refused, body = post(box, case[1])
      assert.same({ 400, case[2] }, { refused, body.error.code })
      assert.is_truthy(body.error.message:find(case[3], 1, true), body.error.message)
    end
    assert.equal(400, (ask(box, "POST", "106/media", { body = "x" })))
    assert.equal(400, (ask(box, "POST", "106/media", { headers = { Authorization = "Bearer t" } })))
    assert.equal(401, (ask(box, "POST", "106/media", { headers = {} })))
    assert.equal(1, #box.media)
  end)

  it("looks files up for their own number, and deletes them", function()
    local box = sandbox.new()
    local _, uploaded = post(box, { PRODUCT, FILE })
    local status, found = ask(box, "GET", uploaded.id .. "?phone_number_id=106")
    assert.same({ 200, PDF, "5", uploaded.id, "whatsapp", 64 },
      { status, found.mime_type, found.file_size, found.id, found.messaging_product, #found.sha256 })
    assert.is_truthy(found.url:find "^https://lookaside%.fbsbx%.com/whatsapp_business/attachments/%?mid=%d+&ext=%d+&hash=")
    for _, method in ipairs { "GET", "DELETE" } do
      assert.same({ 100, 33 }, { (select(2, ask(box, method, uploaded.id .. "?phone_number_id=107"))).error.code,
        (select(2, ask(box, method, "1"))).error.error_subcode })
    end
    assert.is_true(select(2, ask(box, "DELETE", uploaded.id)).success)
    assert.equal(400, (ask(box, "GET", uploaded.id)))
    assert.same({ 0, 0 }, { #box.media, box.shelves.media.bytes })
  end)

  it("returns a file only for a token, a User-Agent and a URL that has not expired", function()
    local now = 1000
    local box = sandbox.new { token = "t", now = function() return now end }
    local _, uploaded = post(box, { PRODUCT, FILE })
    local _, found = ask(box, "GET", uploaded.id)
    local function get(change, url)
      local headers = { Authorization = "Bearer t", ["User-Agent"] = "spec/1.0.0" }
      for name, value in pairs(change or {}) do headers[name] = value or nil end
      local answer = box.handle { method = "GET", url = url or found.url, headers = headers }
      return answer.status, answer.body, answer.headers
    end
    local status, body, headers = get()
    assert.same({ 200, "bytes", PDF }, { status, body, headers["content-type"] })
    status, body, headers = get { Range = "bytes=1-2" }
    assert.same({ 206, "yt", "bytes 1-2/5" }, { status, body, headers["content-range"] })
    status, body = get { range = "bytes=2-" }
    assert.same({ 206, "tes" }, { status, body })
    assert.equal(416, (get { Range = "bytes=9-" }))
    assert.equal(401, (get { Authorization = false }))
    assert.equal(401, (get { Authorization = "Bearer u" }))
    assert.equal(403, (get { ["User-Agent"] = false }))
    assert.equal(404, (get(nil, (found.url:gsub("hash=%x+", "hash=0")))))
    assert.equal(404, (get(nil, (found.url:gsub("mid=%d+", "mid=1")))))
    now = now + 300
    assert.equal(404, (get()))
  end)

  it("forgets the oldest files if it is full, in number or in bytes, and reports this", function()
    local told
    local function on_forget(id, entry, name) told[#told + 1] = { id, entry.id, name } end
    for _, options in ipairs { { kept_media = 2 }, { kept_bytes = 12 } } do
      told, options.on_forget = {}, on_forget
      local box, ids = sandbox.new(options), {}
      for i = 1, 4 do ids[i] = (select(2, post(box, { PRODUCT, FILE }))).id end
      assert.same({ 2, 10, 2 }, { #box.media, box.shelves.media.bytes, box.forgotten })
      assert.same({ { ids[1], ids[1], "media" }, { ids[2], ids[2], "media" } }, told)
      for i = 1, 4 do assert.equal(i <= 2 and 400 or 200, (ask(box, "GET", ids[i]))) end
      ask(box, "DELETE", ids[3])
      assert.same({ 1, 5, 2 }, { #box.media, box.shelves.media.bytes, box.forgotten })
    end
  end)

  it("refuses a file that is larger than its limit", function()
    local box = sandbox.new { kept_bytes = 4 }
    local status, answer = post(box, { PRODUCT, FILE })
    assert.same({ 400, 131053, 0, 0 }, { status, answer.error.code, #box.media, box.shelves.media.bytes })
  end)

  local function begin(box, length)
    local status, upload = ask(box, "POST", ("9/uploads?file_length=%s&file_type=image%%2Fpng"):format(length))
    return status, upload.id
  end

  local function continue(box, id, offset, body)
    return (ask(box, "POST", id, { headers = { Authorization = "OAuth t", file_offset = offset }, body = body }))
  end

  it("forgets the oldest uploads if it is full, in number or in bytes, and reports this", function()
    local told = {}
    local function on_forget(id, entry, name) told[#told + 1] = { id, entry.id, name } end
    local ids, box = {}, sandbox.new { kept_uploads = 3, on_forget = on_forget }
    for i = 1, 5 do ids[i] = select(2, begin(box, 6)) end
    assert.same({ { ids[1], ids[1], "uploads" }, { ids[2], ids[2], "uploads" } }, told)
    for i = 1, 5 do
      assert.equal(i <= 2 and 400 or 200, (ask(box, "GET", ids[i])))
      assert.equal(i > 2, box.sessions[ids[i]] ~= nil)
    end
    box = sandbox.new { kept_bytes = 10 }
    for i = 1, 3 do
      ids[i] = select(2, begin(box, 6))
      assert.equal(200, continue(box, ids[i], "0", "abcd"))
    end
    assert.equal(400, continue(box, ids[1], "4", "ef"))
    assert.equal(200, continue(box, ids[2], "4", "ef"))
    assert.equal(1, box.forgotten)
  end)

  it("keeps no byte of an upload that is longer than announced, or too long", function()
    local box = sandbox.new { kept_bytes = 10 }
    local _, id = begin(box, 6)
    for _ = 1, 5 do assert.equal(400, continue(box, id, "0", ("x"):rep(7))) end
    assert.equal("", box.sessions[id].data)
    for _, length in ipairs { "11", "0", "-1", "1.5", "1e400", "1e1", "0x5", "inf", "nan", ("9"):rep(400), "" } do
      assert.equal(400, (begin(box, length)), length)
    end
  end)

  it("accepts samples in parts, each from the end of the part before", function()
    local box = sandbox.new()
    assert.equal(400, (ask(box, "POST", "9/uploads?file_length=6&file_type=text%2Fplain")))
    assert.equal(400, (ask(box, "POST", "9/uploads?file_type=image%2Fpng")))
    local _, session = ask(box, "POST", "9/uploads?file_name=a%20b&file_length=6&file_type=image%2Fpng")
    local function part(offset, body)
      local status, answer = ask(box, "POST", session.id, { headers = { Authorization = "OAuth t", file_offset = offset }, body = body })
      return status, answer
    end
    assert.equal(3, (select(2, part("0", "abc"))).file_offset)
    assert.equal(400, (part("0", "abc")))
    assert.equal(400, (part(nil, "abc")))
    assert.same({ id = session.id, file_offset = 3 }, (select(2, ask(box, "GET", session.id))))
    assert.is_truthy((select(2, part("3", "def"))).h:find "^4::")
    assert.equal(400, (part("6", "g")))
    assert.equal(400, (ask(box, "GET", "upload:1")))
  end)
end)

describe("the sandbox's files in nginx", function()
  local scratch = scratch_folder.new()
  local server, client, transport

  setup(function()
    server = require("whatsapp.sandbox.server").start { url_life = 1 }
    transport = require("whatsapp.transport.curl").new { ca_file = server.ca_file, proxy = "" }
    client = whatsapp.new { token = "t", phone_number_id = "106", base_url = server.base_url, ca_file = server.ca_file, proxy = "" }
  end)

  teardown(function()
    client:close()
    transport.close()
    server.stop()
    scratch.remove()
  end)

  it("are uploaded, looked up, downloaded and deleted", function()
    local seen
    local path = scratch.write("letter.pdf", BYTES)
    local id = assert(client.media:upload(path, { progress = function(sent, total) seen = { sent, total } end })).id
    assert.is_true(seen[1] == seen[2] and seen[1] > #BYTES)
    local found = assert(client.media:get(id))
    assert.same({ #BYTES, PDF }, { found.file_size, found.mime_type })
    assert.equal(server.base_url .. "/", found.url:sub(1, #server.base_url + 1))
    local got = assert(client.media:download(id, scratch.path "copy", { progress = function(...) seen = { ... } end }))
    assert.same({ #BYTES, #BYTES }, seen)
    assert.is_true(got.verified and read(scratch.path "copy") == BYTES)
    assert.is_true(assert(client.media:delete(id)).success)
    assert.is_nil((client.media:get(id)))
    assert.same({ "copy", "letter.pdf" }, scratch.list())
  end)

  it("have URLs that expire, and are then looked up again", function()
    local id = assert(client.media:upload { data = BYTES, filename = "x.pdf" }).id
    local found = assert(client.media:get(id))
    local function ask(headers) return assert(transport { method = "GET", url = found.url, headers = headers }) end
    local till = os.time() + 5
    while ask({ Authorization = "Bearer t", ["User-Agent"] = "spec/1.0.0" }).status == 200 and os.time() < till do transport.sleep(0.1) end
    local got, text, details = client.media:download(found.url, scratch.path "late")
    assert.same({ nil, 404 }, { got, details.http_status }, text)
    assert(client.media:download(found, scratch.path "late"))
    assert.is_true(read(scratch.path "late") == BYTES)
  end)

  it("are refused without a token or a User-Agent; a request for a range gets the range", function()
    local id = assert(client.media:upload { data = BYTES, filename = "x.pdf" }).id
    local function ask(headers) return assert(transport { method = "GET", url = assert(client.media:get(id)).url, headers = headers }) end
    assert.equal(401, ask({ ["User-Agent"] = "spec/1.0.0" }).status)
    assert.equal(403, ask({ Authorization = "Bearer t", ["User-Agent"] = "?" }).status)
    local part = ask { Authorization = "Bearer t", ["User-Agent"] = "spec/1.0.0", Range = "bytes=0-7" }
    assert.same({ 206, "%PDF-1.4" }, { part.status, part.body })
  end)

  it("are refused if the API does not take their type", function()
    local form = { PRODUCT, { name = "file", data = "x", filename = "x", type = "application/octet-stream" } }
    local answer = assert(transport {
      method = "POST", url = server.base_url .. "/v26.0/106/media", form = form, headers = { Authorization = "Bearer t" },
    })
    assert.same({ 400, 100 }, { answer.status, json.decode(answer.body).error.code })
  end)

  it("are sent, and uploaded once", function()
    local path = scratch.write("letter.pdf", BYTES)
    local _, _, first = assert(client:send_file("16505551234", path, { caption = "A letter" }))
    local _, _, second = assert(client:send_file("16505551234", path))
    assert.equal(first.media_id, second.media_id)
  end)

  it("are samples too", function()
    assert.is_truthy(assert(client.media:upload_sample(scratch.write("s.pdf", BYTES), { app_id = "9" })):find "^4::")
  end)
end)
