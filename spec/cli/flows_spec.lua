-- whatsapp flows: `key` makes a private key once, and prints its public key; `serve` serves a file of screens. The spec sends requests
-- to the endpoint as the phone of a user does.
local curl = require "whatsapp.transport.curl"
local flow = require "whatsapp.sandbox.flow"
local output = require "spec.support.output"
local programs = require "spec.support.program"
local read = require "spec.support.read"

local SECRET, PASSPHRASE = "appsecret0123456789", "a passphrase of a spec"

describe("whatsapp flows", function()
  local program, run, scratch
  setup(function()
    program = programs.new { WHATSAPP_APP_SECRET = SECRET, WHATSAPP_FLOW_PASSPHRASE = PASSPHRASE }
    run, scratch = program.run, program.scratch
  end)
  teardown(function() program.remove() end)

  it("key makes a private key once, and prints its public key", function()
    local made = run "flows key flow.pem"
    assert.equal(0, made.status, made.err)
    assert.is_truthy(made.out:find "^%-%-%-%-%-BEGIN PUBLIC KEY%-%-%-%-%-\n.*%-%-%-%-%-END PUBLIC KEY%-%-%-%-%-\n$")
    assert.is_truthy(made.err:find("made a private key in flow.pem", 1, true))
    local private = read(scratch.path "flow.pem")
    assert.is_truthy(private:find "BEGIN ENCRYPTED PRIVATE KEY")
    assert.equal("600\n", scratch.run "stat -c %a flow.pem")
    local again = run "flows key flow.pem"
    assert.same({ 0, made.out, private }, { again.status, again.out, read(scratch.path "flow.pem") })
    assert.is_nil((made.out .. made.err):find("PRIVATE", 1, true))
  end)

  it("says what is wrong with a key or a file of screens", function()
    scratch.write("other", "another passphrase\n")
    scratch.write("broken.lua", "return {")
    scratch.write("empty.lua", "return 5")
    scratch.write("wrong.lua", "return { INIT = print }")
    scratch.write("good.lua", "return {}")
    local rows = {
      { "flows key flow.pem --passphrase-file other", "flow.pem: private_key is a private key that another passphrase opens" },
      { "flows key new.pem --bits 1024", "bits must be 2048 to 8192" },
      { "flows key good.lua", "option private_key must be a key in PEM" },
      { "flows serve good.lua", "flow_key is not set" },
      { "flows serve none.lua --key flow.pem", "none.lua" },
      { "flows serve broken.lua --key flow.pem", "broken.lua:1:" },
      { "flows serve empty.lua --key flow.pem", "must return a table of functions" },
      { "flows serve wrong.lua --key flow.pem", "it has no member INIT, did you mean init?" },
      { "flows serve good.lua --key none.pem", "none.pem" },
      { "flows serve good.lua --key flow.pem --port 99999", "--port takes" },
    }
    for _, row in ipairs(rows) do
      local got = run(row[1])
      assert.is_true(got.status ~= 0, row[1])
      assert.is_truthy(got.err:find(row[2], 1, true), got.err)
      assert.is_nil(got.err:find(PASSPHRASE, 1, true))
    end
    assert.equal("", scratch.run "ls new.pem 2>/dev/null")
  end)

  it("serve answers with the values that the functions of screens.lua return", function()
    local public = run("flows key flow.pem").out
    scratch.write("names.lua", 'return { title = "Screens" }')
    scratch.write("screens.lua", [[
      local names = require "names"
      return {
        init = function(request) return { screen = "FIRST", data = { title = names.title, token = request.flow_token } } end,
        data_exchange = function(request) error("no place for " .. request.data.name) end,
      }]])
    output(program.command("(trap '' HUP; exec whatsapp flows serve screens.lua --key flow.pem --port 0 >serve.out 2>serve.err </dev/null) & "
      .. "echo $! >serve.pid"))
    local url
    for _ = 1, 200 do
      url = read(scratch.path "serve.err", ""):match "http://127%S+"
      if url and output(("curl -s -o /dev/null %s && echo up"):format(url)) ~= "" then break end
      output "sleep 0.05"
    end
    local transport = curl.new { proxy = "", timeout = 20 }
    local function ask(content)
      local request, open = flow.request(public, SECRET, content)
      request.url = url
      return open(assert(transport(request)))
    end
    local ok, err = pcall(function()
      assert.equal("active", assert(ask { action = "ping" }).data.status)
      local first = assert(ask { action = "INIT", flow_token = "t-1" })
      assert.same({ "FIRST", "Screens", "t-1" }, { first.screen, first.data.title, first.data.token })
      local _, failed = ask { action = "data_exchange", data = { name = "Ana Luiza" } }
      assert.is_truthy(failed:find "HTTP 500", failed)
    end)
    transport.close()
    scratch.run "pid=$(cat serve.pid); kill -TERM $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done"
    local printed = read(scratch.path "serve.out", "")
    assert(ok, tostring(err) .. printed .. read(scratch.path "serve.err", ""))
    assert.is_truthy(printed:find("200\n200\n500 data_exchange: ", 1, true), printed)
    assert.is_truthy(printed:find("no place for ***", 1, true), printed)
    assert.is_nil(printed:find("Ana", 1, true))
  end)
end)
