-- A libcurl that does not know an option of ours: if safety needs the option, nothing is sent, and the error names the option;
-- if the option is only wished, requests are sent without it. Only on Linux, where LD_PRELOAD can replace a function of libcurl;
-- elsewhere there are no cases. Never sends to another host.
local preloaded = require "spec.support.preloaded"

-- a separate program, which prints the outcome of one request
local PROGRAM = [[
local transport = require("whatsapp.transport.curl").new { proxy = "" }
local response, err, details = transport { method = "POST", url = ... .. "/", body = "x" }
if response then io.write("status ", response.status)
else io.write(err, ", ", details.kind, ", ", tostring(details.retryable), ", ", tostring(details.may_have_been_sent)) end
]]

local NEEDED = { "FOLLOWLOCATION", "SSL_VERIFYPEER", "SSL_VERIFYHOST", "SSLVERSION" }
local WISHED = { "HTTP_VERSION", "CAPATH", "PIPEWAIT", "NOSIGNAL", "TCP_KEEPALIVE", "QUICK_EXIT" }

describe("a libcurl that does not know the option", function()
  if not preloaded.possible() then return end
  local program = preloaded.new "transport/refused_option.c"
  setup(program.start)
  teardown(program.stop)

  -- returns the outcome; `environment` sets variables of the library
  local function outcome(environment)
    program.fault.play "accept"
    return program.said(environment, PROGRAM, program.fault.url("plain", ""))
  end

  -- the outcome of a libcurl without this option, which the error calls `name`
  local function refuses(option, name)
    local said = outcome("REFUSED=" .. option)
    assert.equal(("this libcurl (VERSION) cannot be used: it refuses %s, transport, false, false"):format(name),
      (said:gsub("%([%d.]+[^)]*%)", "(VERSION)")))
    assert.equal(0, program.fault.arrivals(0))
  end

  for _, option in ipairs(NEEDED) do
    it(option .. " sends nothing, and the error names the option", function() refuses(option, "CURLOPT_" .. option) end)
  end

  it("that restricts the protocols sends nothing, and the error names the option", function()
    local said = outcome "REFUSED=PROTOCOLS_STR"
    if said == "status 200" then refuses("PROTOCOLS", "CURLOPT_PROTOCOLS") -- built with headers before 7.85
    else refuses("PROTOCOLS_STR", "CURLOPT_PROTOCOLS_STR") end
  end)

  it("TIMEOUT_MS, which a setting has, sends nothing, and the error names the setting", function() refuses("TIMEOUT_MS", "timeout") end)

  for _, option in ipairs(WISHED) do
    it(option .. " sends without it", function()
      assert.equal("status 200", outcome("REFUSED=" .. option))
      assert.equal(1, program.fault.arrivals(1))
    end)
  end

  it("HTTP_VERSION, as it has no HTTP/2, sends over HTTP/1.1", function()
    assert.equal("status 200", outcome "NO_HTTP2=1 REFUSED=HTTP_VERSION")
    assert.equal(1, program.fault.arrivals(1))
  end)
end)
