-- nginx's error log stays empty while messages are sent, with nginx's default directives: through each example configuration,
-- through the README's, and over each kind of connection. Never sends to another host.
local fault_server = require "spec.support.fault"
local nginx_server = require "spec.support.nginx"
local read = require "spec.support.read"
local resty = require "spec.support.resty"
local webhooks = require "spec.support.webhooks"

local MANY = 100

local function is_quiet(log)
  for _, level in ipairs { "[warn]", "[error]", "[crit]", "[alert]", "[emerg]" } do
    local from = log:find(level, 1, true)
    assert.is_nil(from, from and log:sub(from, from + 400))
  end
end

local function environment(box)
  return {
    WHATSAPP_TOKEN = "tokentoken", WHATSAPP_PHONE_NUMBER_ID = "106", WHATSAPP_BASE_URL = box.url "",
    WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN,
  }
end

-- path of an example -> function that makes it send to a number
local asks = {
  ["examples/nginx/send.conf"] = function(nginx, number)
    return nginx.ask("/send", { body = ('{"to":"%s","text":{"body":"x"}}'):format(number), headers = { ["Content-Type"] = "application/json" } })
  end,
  ["examples/nginx/webhook.conf"] = function(nginx, number)
    local body = webhooks.body { messages = { webhooks.text("wamid." .. number, "Hello", number) } }
    return nginx.ask("/webhook", { body = body, headers = { ["X-Hub-Signature-256"] = webhooks.sign(body) } })
  end,
}

describe("nginx's error log is empty after " .. MANY .. " messages", function()
  for path, ask in pairs(asks) do
    it("through " .. path, function()
      local box = nginx_server.start { server = [[location / { content_by_lua_block {
        ngx.log(ngx.NOTICE, "came")
        require("whatsapp.sandbox.nginx").content(ngx) } }]] }
      finally(box.stop)
      local nginx = nginx_server.start { conf = path, env = environment(box) }
      finally(function()
        nginx.stop()
        box.stop()
      end)
      for i = 1, MANY do assert.equal(200, (ask(nginx, ("1650555%04d"):format(i)))) end
      assert(box.wait_for("came", MANY))
      is_quiet(nginx.log())
    end)
  end

  it("through the README's configuration", function()
    local block = assert(read "examples/README.md":match "\n## OpenResty and nginx\n.-```nginx\n(.-)```")
    local fault = fault_server.start()
    finally(fault.stop)
    fault.play_times(MANY, "accept")
    -- over plain http to the server of the spec
    block = block:gsub("\nlua_ssl[^\n]*", ""):gsub("127%.0%.0%.1:8080;", "127.0.0.1:$PORT;")
      :gsub("whatsapp\"%).new {", ("%%0 base_url = %q,"):format(fault.url("plain", "")))
      :gsub("os%.getenv \"WHATSAPP_TOKEN\"", '"tokentoken"')
    local nginx = nginx_server.start { http = block }
    for i = 1, MANY do
      local status, body = nginx.ask(("/hello?to=1650555%04d"):format(i))
      assert.equal(200, status, body)
    end
    local log = nginx.log()
    nginx.stop()
    is_quiet(log)
    assert.equal(MANY, fault.arrivals(MANY))
    assert.equal(1, fault.connections())
  end)

  describe("over", function()
    local fault, home
    setup(function()
      fault = fault_server.start()
      home = resty.start {
        ca_file = fault.ca_file,
        server = [[location /slow { content_by_lua_block { ngx.sleep(2.5) ngx.print "slow" } }]],
      }
    end)
    teardown(function()
      home.stop()
      fault.stop()
    end)

    local function send(url, count, options, pause)
      return home.run([[
        local args = ...
        local transport = require("whatsapp.transport.resty").new(args.options)
        local statuses = {}
        for _ = 1, args.count do
          local response, err = transport { method = "POST", url = args.url, body = "x" }
          statuses[tostring(response and response.status or err)] = true
          if args.pause then ngx.sleep(0.02) end -- so that nginx sees the closed connections
        end
        return statuses
      ]], { url = url, count = count, options = options, pause = pause })
    end

    for _, port in ipairs { "plain", "h1" } do
      for _, host in ipairs { "127.0.0.1", "localhost" } do
        it(("one connection to %s (%s)"):format(host, port), function()
          fault.play "ok"
          local url = fault.url(port, "/"):gsub("127%.0%.0%.1", host)
          assert.same({ ["200"] = true }, send(url, MANY, { server_name = "localhost", allow_http = true, pool = port .. host }))
          assert.equal(MANY, fault.arrivals(MANY))
          assert.equal(1, fault.connections())
          is_quiet(home.nginx.log())
        end)
      end
    end

    it("a connection that is closed after each request, and a slow connection", function()
      fault.play_times(10, "ok-close")
      assert.same({ ["200"] = true }, send(fault.url("h1", "/"), 10, { server_name = "localhost", pool = "closed" }, true))
      assert.same({ ["200"] = true }, send(home.nginx.url "/slow", 1, {}))
      is_quiet(home.nginx.log())
    end)
  end)
end)
