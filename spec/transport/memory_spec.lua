-- The transport without a network, with requests that stream: the body of a handler's answer goes into the file of the request,
-- as over a network. Needs no network itself.
local memory = require "whatsapp.transport.memory"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"

describe("whatsapp.transport.memory", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  after_each(scratch.empty)

  local function get(changes)
    local request = { method = "GET", url = "https://example.invalid/", to_file = scratch.path "new" }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  local function answers(status, body)
    return memory.new(function() return { status = status, headers = { ["x-a"] = "b" }, body = body } end)
  end

  it("writes the body of an answer of 2xx into the file", function()
    for _, status in ipairs { 200, 206 } do
      local given = { status = status, headers = { ["x-a"] = "b" }, body = "a\r\n\0b" }
      local response = memory.new { given } (get())
      assert.same({ status = status, headers = { ["x-a"] = "b" }, size = 5 }, response)
      assert.equal("a\r\n\0b", read(scratch.path "new"))
      assert.equal("a\r\n\0b", given.body)
      scratch.empty()
    end
    assert.equal(0, answers(204)(get()).size)
    assert.equal("", read(scratch.path "new"))
  end)

  it("does this also for start()", function()
    local transport = answers(200, "abc")
    transport.start(get(), "slot")
    local slot, response = transport.wait(1)
    assert.equal("slot", slot)
    assert.equal(3, response.size)
    assert.equal("abc", read(scratch.path "new"))
  end)

  it("returns any other answer unchanged", function()
    assert.equal("no", answers(404, "no")(get()).body)
    assert.same({}, scratch.list())
    local response, text, details = memory.new { { text = "lost", details = { kind = "transport" } } } (get { progress = error })
    assert.is_nil(response)
    assert.same({ "lost", { kind = "transport" } }, { text, details })
    assert.same({}, scratch.list())
  end)

  it("overwrites nothing: does not call the handler if the file exists", function()
    local path = scratch.write("new", "old")
    local response, text, details = memory.new(function() error "asked" end)(get())
    assert.is_nil(response)
    assert.equal(("to_file: %s: File exists"):format(path), text)
    assert.same({ "invalid", "to_file", false }, { details.kind, details.problems[1].path, details.may_have_been_sent })
    assert.equal("old", read(path))
    local _, _, why = answers(200, "x")(get { to_file = scratch.path "missing/new" })
    assert.equal("invalid", why.kind)
  end)

  it("limits the file", function()
    assert.equal(5, answers(200, "12345")(get { max_file = 5 }).size)
    scratch.empty()
    local _, text, details = answers(200, "12345")(get { max_file = 4 })
    assert.equal("the answer is longer than 4 bytes", text)
    assert.same({ "transport", false }, { details.kind, details.retryable })
    assert.same({}, scratch.list())
  end)

  it("passes uploaded bytes unchanged, and reports progress once", function()
    local transport, calls = answers(200, "{}"), {}
    local path = scratch.write("a file", "0123456789")
    local function progress(...) calls[#calls + 1] = { ... } end
    local form = { { name = "a", data = "123" }, { name = "b", file = path, filename = "x", type = "x/y" } }
    assert.equal("{}", transport { method = "POST", url = "x", form = form, progress = progress }.body)
    transport { method = "POST", url = "x", body_file = path, body_offset = 4, progress = progress }
    transport(get { progress = progress })
    assert.same({ { 13, 13 }, { 6, 6 }, { 2, 2 } }, calls)
    assert.equal(form, transport.requests[1].form)
    assert.equal(path, transport.requests[2].body_file)
  end)
end)
