-- whatsapp.curl with proxies, and its errors for a connection that could not be made. Never sends to another
-- host: the proxy is a server of this machine that answers by itself.
local curl = require "whatsapp.curl"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"

local PROGRAM = [[
local url = (...)
local response, err = require("whatsapp.curl").new({ timeout = 5 }):perform {
  method = "POST", url = url, body = "x", headers = { Authorization = "Bearer secret" },
}
io.write(response and response.status or err)
]]

describe("whatsapp.curl and proxies:", function()
  local fault, scratch

  setup(function()
    fault, scratch = fault_server.start(), scratch_folder.new()
    scratch.write("script", PROGRAM)
  end)
  teardown(function()
    fault.stop()
    scratch.remove()
  end)

  local function perform(options, url)
    local client = curl.new(options)
    local response, err, details = client:perform { method = "POST", url = url, body = "x" }
    client:close()
    return response, err, details
  end

  for _, host in ipairs { "127.0.0.1", "localhost", "127.9.9.9", "[::1]" } do
    it("plain http to loopback goes through no proxy: " .. host, function()
      fault.play "ok"
      local url = ("http://%s:1/"):format(host) -- there is no server: only the proxy could answer
      for _, name in ipairs { "http_proxy", "all_proxy", "ALL_PROXY" } do
        local said = output(("env -u no_proxy -u NO_PROXY %s='%s' %s %s '%s'"):format(name, fault.url "plain",
          os.getenv "LUA" or "lua5.4", scratch.path "script", url))
        assert.truthy(said:find("nothing was sent", 1, true), said)
      end
      local response = perform({ proxy = fault.url "plain" }, url)
      assert.is_nil(response)
      assert.equal(0, fault.connections())
    end)
  end

  it("plain http to another host, if it is allowed, goes through the proxy", function()
    fault.play "ok"
    assert.equal(200, perform({ proxy = fault.url "plain", allow_http = true }, "http://elsewhere.invalid/").status)
    assert.equal(1, fault.arrivals())
  end)

  it("an error names a missing proxy as the proxy", function()
    local _, err, details = perform({ proxy = fault.url "closed" }, "https://elsewhere.invalid/")
    assert.truthy(err:find("the proxy cannot be reached", 1, true), err)
    assert.is_false(details.may_have_been_sent)
    _, err = perform({ proxy = "http://nobody.invalid:1" }, "https://elsewhere.invalid/")
    assert.truthy(err:find("proxy", 1, true), err)
    for _, url in ipairs { fault.url "closed", "https://[::1]:1/" } do -- not a fault of the proxy
      err = select(2, perform({ proxy = "" }, url))
      assert.is_nil(err:find("proxy", 1, true), err)
    end
  end)

  -- statuses after which waiting may help: the request came too early, or too often, or the proxy has a fault of its own
  local PASSING = { [408] = true, [425] = true, [429] = true }

  it("a proxy that refuses the tunnel is not asked again, whatever the status", function()
    for status = 400, 599, 1 do
      fault.play("empty " .. status)
      local _, err, details = perform({ proxy = fault.url "plain" }, "https://elsewhere.invalid/")
      assert.is_false(details.may_have_been_sent, err)
      assert.equal(status >= 500 or PASSING[status] == true, details.retryable, status .. " " .. err)
      assert.equal(status == 407, err:find("the proxy asks for a name and a password", 1, true) ~= nil, err)
      local _, line, same = require("whatsapp.transport.failure").unsent("failed to establish a tunnel through a proxy: " .. status)
      assert.equal(details.retryable, same.retryable, line)
      assert.equal(status == 407, line:find("the proxy asks for a name and a password", 1, true) ~= nil, line)
    end
  end)

  it("a request that waits for the connection of another request reports this at its time-out", function()
    fault.play("accept-hang", "accept-hang")
    local client = curl.new { ca_file = fault.ca_file, proxy = "", connect_timeout = 5 }
    local function silent(seconds) return { method = "POST", url = fault.url "h2", body = "x", timeout = seconds } end
    client:add(silent(1.5), "first")
    client:wait(0.1)
    local _, err, details = client:perform(silent(0.4))
    assert.truthy(err:find("before a connection", 1, true), err)
    assert.same({ false, 28 }, { details.may_have_been_sent, details.curl_code })
    client:close()
  end)
end)
