-- The endpoint in each example: a CGI program, a small server, nginx. Starts each, sends requests, and stops it.
local curl = require "whatsapp.transport.curl"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local webhooks = require "spec.support.webhooks"

local lua = os.getenv "LUA" or "lua5.4"
local ENVIRONMENT = ("env -u WHATSAPP_TOKEN -u NGINX WHATSAPP_APP_SECRET='%s' WHATSAPP_VERIFY_TOKEN='%s'")
  :format(webhooks.SECRET, webhooks.TOKEN)
local QUERY = "hub.mode=subscribe&hub.challenge=4711&hub.verify_token=" .. webhooks.TOKEN
local BODY = webhooks.body { messages = { webhooks.text("wamid.1", "Grüße") }, statuses = { webhooks.status("wamid.2", "read") } }

local scratch = scratch_folder.new()
scratch.write("body", BODY)
math.randomseed(os.time() + math.floor(os.clock() * 1e6))

local function request(port, query, signature)
  return {
    method = signature and "POST" or "GET", url = ("http://127.0.0.1:%d/webhook?%s"):format(port, query),
    body = signature and BODY or nil, headers = signature and { ["X-Hub-Signature-256"] = signature } or nil,
  }
end

-- returns status and body of the server's answer; needs no program such as curl
local function ask(port, query, signature)
  local transport = curl.new { proxy = "", timeout = 10 }
  local answer, text = transport(request(port, query, signature))
  transport.close()
  if not answer then return nil, text end
  return answer.status, answer.body
end

-- sends every kind of request to a server; log() returns its output
local function check(port, log)
  assert.same({ 200, "4711" }, { ask(port, QUERY) })
  assert.equal(403, (ask(port, QUERY .. "x")))
  assert.equal(404, (ask(port, "")))
  assert.equal(401, (ask(port, "", "sha256=" .. ("0"):rep(64))))
  for _ = 1, 2 do assert.equal(200, (ask(port, "", webhooks.sign(BODY)))) end
  local printed = log()
  local _, messages = printed:gsub("message wamid%.1 Grüße", "")
  local _, statuses = printed:gsub("status wamid%.2 read", "")
  assert.same({ 1, 1 }, { messages, statuses }, printed)
end

describe("the webhook examples", function()
  teardown(scratch.remove)

  it("serve it as a CGI program", function()
    local function cgi(method, query, signature)
      local variables = ("REQUEST_METHOD=%s QUERY_STRING='%s' CONTENT_LENGTH=%d HTTP_X_HUB_SIGNATURE_256='%s'")
        :format(method, query, method == "POST" and #BODY or 0, signature or "")
      local said = output(("%s %s %s examples/webhook_cgi.lua <%s 2>%s"):format(ENVIRONMENT, variables, lua, scratch.path "body",
        scratch.path "log"))
      return said:match "^Status: (%d+)\r\n", said:match "\r\n\r\n(.*)$"
    end
    assert.same({ "200", "4711" }, { cgi("GET", QUERY) })
    assert.equal("403", (cgi("GET", QUERY .. "x")))
    assert.equal("401", (cgi("POST", "", "sha256=" .. ("0"):rep(64))))
    assert.equal("200", (cgi("POST", "", webhooks.sign(BODY))))
    assert.equal("message wamid.1 Grüße (text from 16505551234)\nstatus wamid.2 read (to 16505551234)\n", read(scratch.path "log", ""))
  end)

  -- starts a server that ends after the test; returns its port
  local function start_server(environment)
    for _ = 1, 20 do -- a random port may be taken
      local port = math.random(20000, 32000)
      local pipe = assert(io.popen(("echo $$; exec %s %s %s examples/webhook_server.lua %d 2>%s")
        :format(ENVIRONMENT, environment, lua, port, scratch.path "log")))
      local pid = pipe:read "*l"
      if pipe:read "*l" == "listening" then
        finally(function()
          output("kill " .. pid)
          pipe:close()
        end)
        return port
      end
      pipe:close()
    end
    error("the server did not start: " .. read(scratch.path "log", ""), 0)
  end

  it("serve it in a small server", function()
    check(start_server "", function() return read(scratch.path "log", "") end)
  end)

  it("bound the bytes that a small server reads before it answers", function()
    local port = start_server ""
    local function status(headers)
      local transport = curl.new { proxy = "", timeout = 20 }
      headers["X-Hub-Signature-256"] = webhooks.sign(BODY)
      local answer = transport { method = "POST", url = ("http://127.0.0.1:%d/webhook"):format(port), body = BODY, headers = headers }
      transport.close()
      return answer and answer.status
    end
    assert.equal(200, status {})
    local many = {}
    for i = 1, 200 do many["X-" .. i] = "y" end
    assert.equal(431, status(many))
    assert.equal(431, status { ["X-Long"] = ("y"):rep(10000) })
    -- a head that never ends, and two signatures, of which the last counts
    local function raw(head, tail)
      scratch.write("request", head .. tail)
      scratch.write("ask.lua", [[
        local connection = require("cqueues.socket").connect("127.0.0.1", tonumber(arg[1]))
        connection:onerror(function(_, _, code) return code end)
        connection:write(io.open(arg[2], "rb"):read "*a")
        connection:flush()
        io.write(connection:read "*l" or "closed")]])
      local said = output(("timeout 10 %s %s %d %s 2>&1"):format(lua, scratch.path "ask.lua", port, scratch.path "request"))
      return said:match "^HTTP/1.1 (%d+)" or said
    end
    local start = "POST /webhook HTTP/1.1\r\nContent-Length: " .. #BODY .. "\r\n"
    local good, bad = "X-Hub-Signature-256: " .. webhooks.sign(BODY) .. "\r\n", "x-hub-signature-256: sha256=" .. ("0"):rep(64) .. "\r\n"
    assert.equal("200", raw(start .. bad .. good, "\r\n" .. BODY))
    assert.equal("401", raw(start .. good .. bad, "\r\n" .. BODY))
    assert.not_equal("200", raw(start, ("X-More: y\r\n"):rep(100000)))
    assert.equal("413", raw("POST /webhook HTTP/1.1\r\nContent-Length: 99999999999\r\n" .. good, "\r\n"))
    assert.equal("401", raw("POST /webhook HTTP/1.1\r\nContent-Length: 0x10\r\n" .. good, "\r\n" .. BODY))
    assert.equal(200, status {})
  end)

  if _VERSION ~= "Lua 5.1" or rawget(_G, "jit") then
    it("serve it in a small server, which still answers others while a reply waits for another attempt", function()
      local fault = fault_server.start()
      local transport = curl.new { proxy = "", timeout = 60 }
      fault.play("error 429 130429", "hang")
      local ok, problem = pcall(function()
        local port = start_server(("WHATSAPP_TOKEN=token WHATSAPP_PHONE_NUMBER_ID=106 WHATSAPP_BASE_URL=%s"):format(fault.url("plain", "")))
        transport.start(request(port, "", webhooks.sign(BODY)), "slot")
        assert.is_nil(transport.wait(0.2))
        for attempt = 1, 2 do
          assert.equal(attempt, fault.arrivals(attempt))
          assert.same({ 200, "4711" }, { ask(port, QUERY) })
        end
        assert.is_nil(transport.wait(0))
      end)
      transport.close()
      fault.stop()
      assert.is_true(ok, tostring(problem))
    end)
  end

  it("serve it in nginx", function()
    local nginx = require("spec.support.nginx").start {
      conf = "examples/nginx/webhook.conf",
      env = { WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN },
    }
    finally(nginx.stop)
    check(nginx.port, function()
      nginx.wait_for "status wamid.2 read"
      return nginx.log()
    end)
  end)
end)
