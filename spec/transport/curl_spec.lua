-- Only whatsapp.transport.curl: it blocks, so that Ctrl-C has to end it, raises errors at the caller's line, and may be
-- forgotten. The rest is in spec/transport/transport_spec.lua. Never sends to another host.
local curl = require "whatsapp.transport.curl"
local fault_server = require "spec.support.fault"
local now = require("whatsapp.transport.libcurl").now
local output_of = require "spec.support.output"

-- Ctrl-C as in the lua program: a signal sets a hook; the request would hang for 20 seconds
local INTERRUPTED = [[
cat > $FILE <<'END'
local transport = require("whatsapp.transport.curl").new { proxy = "", timeout = 20 }
transport { method = "POST", url = arg[1], body = "x" }
END
$LUA $FILE $URL 2>&1 & sleep 0.5; kill -INT $!; wait $!; rm $FILE
]]

describe("the transport over libcurl", function()
  local fault, transport

  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)
  before_each(function()
    fault.play "ok"
    transport = curl.new { ca_file = fault.ca_file, proxy = "" }
  end)
  after_each(function() if transport then transport.close() end end)

  local function post(port) return { method = "POST", url = fault.url(port), body = "x" } end

  it("stops waiting when the script is interrupted", function()
    fault.play "hang"
    local values = { FILE = os.tmpname(), LUA = os.getenv "LUA" or "lua5.4", URL = fault.url("plain", "/") }
    local started = os.time()
    local output = output_of((INTERRUPTED:gsub("%$(%u+)", values)))
    assert.is_truthy(output:find("interrupted!", 1, true), output)
    assert.is_true(os.time() - started < 10)
  end)

  local function blamed(call)
    local ok, text = pcall(call)
    assert.is_false(ok)
    return tostring(text):match "curl_spec%.lua:%d+: (.*)"
  end

  it("raises at the caller's line for a value that is no request", function()
    for _, request in ipairs { "a string", 5, false } do
      assert.equal("the request must be a table, not a " .. type(request), blamed(function()
        local response = transport(request)
        return response
      end))
    end
  end)

  it("raises at the caller's line after close", function()
    transport.close()
    assert.equal("attempt to use a closed transport", blamed(function()
      local response = transport(post "h1")
      return response
    end))
  end)

  it("may be forgotten without being closed", function()
    for _, port in ipairs { "plain", "h1", "h2" } do
      local forgotten = curl.new { ca_file = fault.ca_file, proxy = "" }
      assert.equal(200, forgotten(post(port)).status)
      forgotten = nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
    end
    assert.equal(3, fault.arrivals())
  end)

  -- its timer is over, but there is no work: it must not ask again and again
  it("does not loop while it waits, although another request has ended and was not fetched", function()
    fault.play("silence", "silence")
    local client = require("whatsapp.curl").new { proxy = "" }
    local function silent(seconds) return { method = "POST", url = fault.url "plain", body = "x", timeout = seconds } end
    client:add(silent(0.1), "ends first")
    local worked = os.clock()
    local _, _, details = client:perform(silent(2.3))
    assert.is_true(os.clock() - worked < 0.3)
    assert.is_true(details.may_have_been_sent)
    assert.equal("ends first", (client:next()))
    client:close()
  end)

  for _, watched in ipairs { false, true } do
    it("wakes up once, not for ever, if a server closes a kept connection" .. (watched and ", watched" or ""), function()
      local passing = fault_server.start()
      local client = require("whatsapp.curl").new { ca_file = passing.ca_file, proxy = "" }
      if watched then client:pollfd() end
      for _, port in ipairs { "plain", "h1", "h2" } do
        assert.equal(200, client:perform({ method = "POST", url = passing.url(port), body = "x" }).status)
      end
      passing.stop()
      local started, woken = now(), 0
      repeat
        client:wait(0.5)
        woken = woken + 1
      until now() - started > 0.5
      assert.is_true(woken < 10, woken)
      client:close()
    end)
  end
end)
