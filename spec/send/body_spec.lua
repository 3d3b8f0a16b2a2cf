-- send/body: a transport that does not stream gets files in the body, and the body of its answer is written to a file. Both have
-- a limit, and no existing file is changed.
local body = require "whatsapp.send.body"
local multipart = require "whatsapp.sandbox.multipart"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"

local scratch = scratch_folder.new()
local BYTES = ("a\0\r\n--x\255"):rep(30000)

after_each(scratch.empty)
teardown(scratch.remove)

local function copied(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copied(member) end
  return made
end

describe("a request for a transport that does not stream", function()
  it("is the same table if it uploads no file", function()
    for _, request in ipairs { { method = "GET" }, { body = "x" }, { method = "GET", to_file = "x", max_file = 5 } } do
      assert.equal(request, (body.inlined(request)))
    end
  end)

  it("has a file in its body, from the offset on", function()
    local path = scratch.write("a.bin", BYTES)
    for _, offset in ipairs { false, 0, 1, 65536, 65537, #BYTES - 1, #BYTES, #BYTES + 10 } do
      local request = { method = "POST", headers = { file_offset = "1" }, body_file = path, body_offset = offset or nil, url = "u" }
      local before = copied(request)
      local made = assert(body.inlined(request))
      assert.same({ method = "POST", headers = { file_offset = "1" }, url = "u", body = BYTES:sub((offset or 0) + 1) }, made)
      assert.same(before, request)
    end
  end)

  it("has the form in its body, and a Content-Type with the boundary", function()
    local path = scratch.write("a.bin", BYTES)
    local request = { method = "POST", headers = { ["content-type"] = "x/y", Authorization = "t" }, form = {
      { name = "messaging_product", data = "whatsapp" }, { name = "file", filename = 'a "b"\r\n.pdf', type = "application/pdf", file = path },
      { name = "more", filename = "n", data = "" },
    } }
    local before = copied(request)
    local made = assert(body.inlined(request))
    assert.same(before, request)
    assert.is_nil(made.form)
    assert.is_nil(made.headers["content-type"])
    assert.equal("t", made.headers.Authorization)
    local boundary = assert(multipart.boundary(made.headers["Content-Type"]))
    local parts = assert(multipart.parse(made.body, boundary))
    assert.same({ "messaging_product", "file", "more" }, { parts[1].name, parts[2].name, parts[3].name })
    assert.same({ "whatsapp", "application/pdf", "" }, { parts[1].data, parts[2].type, parts[3].data })
    assert.is_true(parts[2].data == BYTES)
  end)

  it("is refused if a file cannot be read or is too long, and if the form is no form", function()
    local huge = scratch.path "huge"
    scratch.run(("truncate -s %d huge"):format(body.MOST + 1))
    local cases = {
      { { body_file = scratch.path "absent" }, "body_file" }, { { body_file = scratch.folder }, "body_file" }, { { body_file = huge }, "body_file" },
      { { form = { { name = "f", filename = "f", type = "x/y", file = scratch.path "absent" } } }, "form[1].file" },
      { { form = { { name = "f", filename = "f", type = "x/y", file = huge } } }, "form[1].file" },
      { { form = { { name = "f" } } }, "form[1]" }, { { form = {} } }, { { form = 5 } }, { { body_file = 5 } },
    }
    for i, case in ipairs(cases) do
      local made, err, details = body.inlined(case[1])
      assert.same({ nil, "string", false, false }, { made, type(err), details.may_have_been_sent, details.retryable }, i)
      assert.equal(case[2], case[2] and details.problems[1].path)
      assert.is_nil(err:find "%c")
    end
    assert.is_string(assert(body.inlined { body_file = huge, body_offset = 100 * 1024 * 1024 }).body)
  end)
end)

describe("a response of a transport that does not stream", function()
  local function requested(changes)
    local request = { method = "GET", to_file = scratch.path "target" }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  it("is written to the file that the request names", function()
    for _, status in ipairs { 200, 206, 299, "200" } do
      local response = assert(body.saved(requested(), { status = status, headers = { a = "b" }, body = BYTES }))
      assert.same({ status = status, headers = { a = "b" }, size = #BYTES }, response)
      assert.is_true(read(scratch.path "target") == BYTES)
      scratch.empty()
    end
    assert.equal(0, body.saved(requested(), { status = 200, body = "" }).size)
  end)

  it("does not change if it is no success, has no body, was written already, or the request names no file", function()
    local cases = {
      { requested(), { status = 404, body = "x" } }, { requested(), { status = 302, body = "x" } }, { requested(), { status = 200 } },
      { requested(), { status = 200, size = 5 } }, { requested(), { status = 200, body = "x", size = 1 } }, { requested(), { body = "x" } },
      { { method = "GET" }, { status = 200, body = "x" } },
    }
    for _, case in ipairs(cases) do assert.equal(case[2], (body.saved(case[1], case[2]))) end
    assert.same({}, scratch.list())
  end)

  it("is refused if it is too long, and changes no existing file", function()
    local got, _, details = body.saved(requested { max_file = 9 }, { status = 200, body = ("x"):rep(10) })
    assert.same({ nil, "transport", false }, { got, details.kind, details.retryable })
    assert.is_table(body.saved(requested { max_file = 10 }, { status = 200, body = ("x"):rep(10) }))
    got, _, details = body.saved(requested(), { status = 200, body = "other" })
    assert.same({ nil, "to_file", "file" }, { got, details.problems[1].path, details.problems[1].rule })
    assert.equal(("x"):rep(10), read(scratch.path "target"))
    assert.is_nil((body.saved(requested { to_file = scratch.path "absent/x" }, { status = 200, body = "x" })))
    if io.open("/dev/full", "wb") then -- a disk that is full
      scratch.run "ln -s /dev/full full"
      assert.is_nil((body.saved(requested { to_file = scratch.path "full" }, { status = 200, body = BYTES })))
    end
  end)

  it("reports progress once, with the number of bytes", function()
    local seen = {}
    local function progress(...) seen[#seen + 1] = { ... } end
    body.saved(requested { progress = progress }, { status = 200, body = "12345" })
    body.saved({ method = "POST", body = "123", progress = progress }, { status = 200, body = "{}" })
    assert.same({ { 5, 5 }, { 3, 3 } }, seen)
  end)
end)
