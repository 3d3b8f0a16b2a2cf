-- The reader of URLs (util/url), and the functions that use it: which host a URL means, whether it is this machine, whether it
-- may get the token. Rows of look-alikes, each through every function. Never sends anything.
local checks = require "whatsapp.transport.request"
local credentials = require "whatsapp.send.credentials"
local url = require "whatsapp.util.url"

-- URLs of this machine, and URLs that only look like it
local LOOPBACK = {
  "http://localhost", "http://LOCALHOST:80/x", "http://127.0.0.1", "http://127.0.0.1:8080/x?y", "http://127.255.0.9/", "http://[::1]",
  "http://[::1]:8080/x", "http://[::1]:", "http://localhost:/",
}
local ELSEWHERE = {
  "http://127.999.999.999", "http://127.0.0.256", "http://127.0.0.1.", "http://127.0.0", "http://127.1", "http://127.0.0.01",
  "http://127.0.0.1.evil.com", "http://localhost.evil.com", "http://localhost.", "http://evil.com", "http://2130706433",
  "http://0x7f.0.0.1", "http://127.0.0.1e", "http://127.1.1.1.1", "http://127....", "http://127.", "http://127.0.0.1..",
  "http://[::2]", "http://[::127.0.0.1]", "http://[0::1]", "http://[::1:0]",
}
local UNREADABLE = {
  "http://[::1].evil.com", "http://[::1]x", "http://[::1]80", "http://[::1", "http://::1", "http://[]", "http://[1]",
  "http://127.0.0.1:99999", "http://127.0.0.1:0", "http://127.0.0.1:80:80", "http://127.0.0.1:8x", "http://localhost\\.evil.com",
  "http://localhost evil.com", "http://localhost%2eevil.com", "http://l\195\182calhost", "http:///x", "http:localhost", "//localhost",
  "localhost", "", "http://localhost\n", "http://local\0host", "http://127.0.0.1,evil.com",
}

describe("the reader of URLs", function()
  for _, text in ipairs(LOOPBACK) do
    it("recognizes this machine: " .. text, function()
      local read = assert(url.read(text))
      assert.is_true(read.loopback and read.secure)
      assert.is_true(url.is_loopback(read.host))
      assert.is_table(checks.url(text))
    end)
  end

  for _, text in ipairs(ELSEWHERE) do
    it("recognizes another machine: " .. text, function()
      local read = assert(url.read(text))
      assert.is_false(read.loopback or read.secure)
      assert.is_false(url.is_loopback(read.host))
      assert.is_nil((checks.url(text)))
      assert.is_table(checks.url(text, true))
    end)
  end

  -- libcurl itself writes some of them as an address of this machine, for example 127.1; it looks up the others as names
  it("and whatsapp.curl agree about this machine", function()
    local client = require("whatsapp.curl").new { proxy = "", timeout = 5 }
    local function err_of(text) -- port 1: there is no server
      local host = text:match "^http://(%[[^%]]*%])" or text:match "^http://([^/:]*)"
      return select(2, client:perform { method = "GET", url = ("http://%s:1/"):format(host) })
    end
    for _, text in ipairs(LOOPBACK) do assert.truthy(err_of(text):find("curl 7;", 1, true), text) end
    for _, text in ipairs(ELSEWHERE) do
      local err = err_of(text)
      local here = err:find("Failed to connect to 127.0.0.%d port 1 ") or err:find("Failed to connect to ::1 port 1 ", 1, true)
      assert.is_true(here ~= nil or err:find("plain http is only for loopback", 1, true) ~= nil, err)
    end
    client:close()
  end)

  for _, text in ipairs(UNREADABLE) do
    it(("refuses %q"):format(text), function()
      local read, err = url.read(text)
      assert.is_nil(read)
      assert.is_string(err)
      assert.is_nil((checks.url(text, true)))
      assert.is_nil((credentials.is_graph(text, "https://graph.facebook.com")))
    end)
  end

  it("refuses a name and a password, a value that is no string, and other schemes", function()
    for _, text in ipairs { "https://a@x/", "https://a:b@x/", "http://127.0.0.1@evil.com", "http://evil.com@127.0.0.1", "ftp://x/",
      "file:///x", "javascript://x/", 5, true, {} } do
      assert.is_nil((url.read(text)))
    end
    assert.is_nil((url.read()))
  end)

  it("never raises for any bytes", function()
    local pieces = { "http", "https", "://", ":", "/", "@", "[", "]", "::1", "127.0.0.1", "%", "#", "?", "\0", "\255", "x", "\n", " ", "0" }
    math.randomseed(7)
    for _ = 1, 20000 do
      local text = math.random(2) == 1 and "https://" or ""
      for _ = 1, math.random(6) do text = text .. pieces[math.random(#pieces)] end
      local read, err = url.read(text)
      assert.is_true(read ~= nil or type(err) == "string")
      credentials.is_graph(text, "https://graph.facebook.com")
    end
  end)

  it("reads a base only without a query and a fragment", function()
    assert.is_table(url.read_base "https://x.example/graph/")
    for _, text in ipairs { "https://x/?a", "https://x#b", "https://a@x", "x", 5 } do assert.is_nil((url.read_base(text))) end
  end)
end)

describe("the hosts that may get the token", function()
  it("have only one spelling", function()
    local BASE = "https://proxy.example"
    assert.is_true((credentials.is_graph("https://graph.facebook.com/x", BASE)))
    assert.is_true((credentials.is_graph("https://graph.facebook.com:443/x", BASE)))
    assert.is_false((credentials.is_graph("https://lookaside.fbsbx.com/x", BASE)))
    for _, text in ipairs {
      "https://GRAPH.facebook.com/x", "https://graph.facebook.com:8443/x", "https://graph.facebook.com./x", "https://graph.facebook.com:0443/",
      "https://graph.facebook.com:/x", "https://graph.facebook.com.evil.com/x", "https://evil.com/graph.facebook.com",
    } do
      local graph, err = credentials.is_graph(text, BASE)
      assert.is_nil(graph, text)
      assert.is_string(err)
    end
  end)
end)

describe("a query", function()
  it("is escaped so that it reads back the same, a space as %20", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    local text = table.concat(all)
    local escaped = url.escape(text)
    assert.is_nil(escaped:find "[^0-9A-Za-z%%._~-]")
    assert.equal("a%20b%2Bc%26d%3De", url.escape "a b+c&d=e")
    assert.same({ x = text, y = "1" }, url.parameters("x=2&y=1&x=" .. escaped))
  end)

  it("is read with + for a space, and incomplete escapes unchanged", function()
    assert.same({ a = "b c", d = "", ["%"] = "%2" }, url.parameters "a=b+c&d&%=%2")
  end)
end)
