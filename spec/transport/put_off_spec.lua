-- If the system accepts no byte of a request at the first try, libcurl sends the request later, and counts its bytes in another
-- way: the transport still reports that it may have been sent. Only on Linux, where LD_PRELOAD can delay a send; elsewhere there
-- are no cases. Never sends to another host.
local compile = require "spec.support.compile"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

-- a separate program, which prints the outcome of its last request
local PROGRAM = [[
local ca_file, url, count = (...):match "^(.-) (.-) (.*)$"
local transport = require("whatsapp.transport.curl").new { ca_file = ca_file, proxy = "", timeout = 10 }
local response, text, details
for _ = 1, tonumber(count) do
  response, text, details = transport { method = "POST", url = url, body = ("b"):rep(3000) }
end
io.write(response and response.status
  or ("%s, retryable %s, sent %s"):format(details.kind, tostring(details.retryable), tostring(details.may_have_been_sent)))
]]

describe("a request that the system takes late", function()
  if read("/proc/self/maps", "") == "" then return end -- no Linux
  local fault, library, script
  local scratch = scratch_folder.new()

  setup(function()
    fault = fault_server.start()
    library = compile "transport/put_off.c"
    script = scratch.write("script", PROGRAM)
  end)
  teardown(function()
    fault.stop()
    os.remove(library)
    scratch.remove()
  end)

  local function said_of(port, count)
    return output(("PUT_OFF=%d LD_PRELOAD=%s %s %s '%s %s %d' 2>&1"):format(count, library, os.getenv "LUA" or "lua5.4",
      script, fault.ca_file, fault.url(port), count))
  end

  rows.over(rows.ALL, "is answered", function(port)
    fault.play "ok"
    assert.equal("200", said_of(port, 1))
    assert.equal(1, fault.arrivals())
  end)

  for _, step in ipairs { "close", "half-head", "half-body" } do
    rows.over(rows.ALL, "and arrives may have been sent, on a new connection that ends by " .. step, function(port)
      fault.play(step, "ok")
      assert.equal("transport, retryable false, sent true", said_of(port, 1))
      assert.equal(1, fault.arrivals())
    end)
  end

  rows.over(rows.ALL, "and arrives may have been sent, on a kept connection that ends by close", function(port)
    fault.play("ok", "close", "ok")
    assert.equal("transport, retryable false, sent true", said_of(port, 2))
    assert.equal(2, fault.arrivals())
  end)
end)
