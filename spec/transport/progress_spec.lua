-- A progress function that raises, over each transport and over the sandbox: the answer stays the outcome, and progress_error has
-- the error as text. In nginx it is in spec/transport/resty_spec.lua, because a function cannot be sent there. Never sends to
-- another host.
local memory = require "whatsapp.transport.memory"
local rows = require "spec.transport.rows"
local sandbox = require "whatsapp.sandbox"
local scratch_folder = require "spec.support.scratch"

-- an error -> its text
local ERRORS = {
  { "on purpose", "on purpose" },
  { setmetatable({}, { __tostring = function() error("no text", 0) end }), "a table that has no text" },
  { setmetatable({}, { __tostring = function() return {} end }), "a table that has no text" },
}

describe("a progress function that raises", function()
  local scratch = scratch_folder.new()
  teardown(scratch.remove)
  before_each(scratch.empty)

  local function check(transport, request)
    for i, row in ipairs(ERRORS) do
      request.progress = function() error(row[1], 0) end
      for _, to_file in ipairs { false, scratch.path(("answer %d"):format(i)) } do
        request.to_file = to_file or nil
        local response, err = transport(request)
        assert.is_nil(err)
        assert.equal(200, response.status)
        assert.truthy(response.progress_error:find(row[2], 1, true), response.progress_error)
      end
    end
  end

  it("does not change the answer: a list of answers", function()
    local answers = {}
    for i = 1, 2 * #ERRORS do answers[i] = { status = 200, headers = {}, body = "{}" } end
    check(memory.new(answers), { method = "POST", url = "http://127.0.0.1/", body = "b" })
  end)

  it("does not change the answer: a host that calls back", function()
    local called = require("whatsapp.transport.callback").new {
      start = function(_, done) done { status = 200, headers = {}, body = "{}" } end,
    }
    local over = false
    coroutine.wrap(function()
      check(called, { method = "POST", url = "http://127.0.0.1/", body = "b" })
      over = true
    end)()
    assert.is_true(over)
  end)

  it("does not change the answer: the sandbox", function()
    local box = sandbox.new()
    check(box.transport, {
      method = "POST", url = "https://graph.facebook.com/v26.0/1/messages",
      headers = { Authorization = "Bearer x", ["Content-Type"] = "application/json" },
      body = '{"messaging_product":"whatsapp","to":"16505551234","type":"text","text":{"body":"x"}}',
    })
  end)

  rows.describe("does not change the answer", function(t)
    if t.lacks.progress then return end
    for _, port in ipairs { "plain", "h1" } do
      it(port, function()
        t.fault.play_times(2 * #ERRORS, "ok")
        check(t.open(), t.post(port))
      end)
    end
  end)
end)
