-- The appointment that examples/ serve: the flow's JSON, its message, its encrypted endpoint and its answer, asked as WhatsApp on
-- a
-- phone asks, by sandbox/flow: in this process, as a CGI program, in a small server and in nginx.
local curl = require "whatsapp.transport.curl"
local flow = require "whatsapp.sandbox.flow"
local json = require "whatsapp.wire.json"
local nginx = require "spec.support.nginx"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local lua = os.getenv "LUA" or "lua5.4"
local scratch = scratch_folder.new()
local pair = whatsapp.flows.generate_key { passphrase = "a passphrase of a spec" }
scratch.write("key.pem", pair.private_key)
local VARIABLES = {
  WHATSAPP_FLOW_KEY = scratch.path "key.pem", WHATSAPP_FLOW_PASSPHRASE = "a passphrase of a spec",
  WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN,
}
local ENVIRONMENT = "env"
for name, value in pairs(VARIABLES) do ENVIRONMENT = ("%s %s='%s'"):format(ENVIRONMENT, name, value) end

-- walks through the flow; ask(request) returns the response of an endpoint
local function walk(ask, token)
  local function step(action, screen, data)
    local request, open = flow.request(pair.public_key, webhooks.SECRET, { action = action, screen = screen, data = data, flow_token = token })
    return open(ask(request))
  end
  assert.same({ status = "active" }, assert(step "ping").data)
  local first = assert(step("INIT", "", {}))
  assert.same({ "APPOINTMENT", "tue", "[]" }, { first.screen, first.data.days[1].id, (json.write(first.data.slots)) })
  local again = assert(step("data_exchange", "APPOINTMENT", { step = "day", day = "tue" }))
  assert.equal("09:00", again.data.slots[1].id)
  local summary = assert(step("data_exchange", "APPOINTMENT", { step = "slot", day = "tue", slot = "09:00" }))
  assert.same({ "SUMMARY", "tue, 09:00" }, { summary.screen, summary.data.summary })
  assert.equal("APPOINTMENT", assert(step("BACK", "SUMMARY", {})).screen)
  local done = assert(step("data_exchange", "SUMMARY", { step = "book", day = "tue", slot = "09:00" }))
  assert.same({ "SUCCESS", token }, { done.screen, done.data.extension_message_response.params.flow_token })
  assert.is_true(assert(step("INIT", "APPOINTMENT", { error = "x", error_message = "y" })).data.acknowledged)
  return step
end

local function ask_at(port)
  local transport = curl.new { proxy = "", timeout = 20 }
  return function(request)
    request.url = ("http://127.0.0.1:%d/flow"):format(port)
    return assert(transport(request))
  end, transport.close
end

describe("the appointment flow", function()
  teardown(scratch.remove)

  it("has screens that its endpoint names, and no other", function()
    local definition = json.decode(read "examples/appointment.json")
    local screens, endpoint = {}, read "examples/webhook_appointment.lua"
    for _, screen in ipairs(definition.screens) do screens[screen.id] = screen.data end
    assert.equal("3.0", definition.data_api_version)
    for name in endpoint:gmatch 'screen = "(%u+)"' do assert.is_true(name == "SUCCESS" or screens[name] ~= nil, name) end
    for name in pairs(screens) do assert.is_truthy(endpoint:find(('"%s"'):format(name), 1, true), name) end
  end)

  it("is served by a small server, and its answer comes by webhook", function()
    local pipe, port, pid
    for _ = 1, 20 do -- a random port may be taken
      port = math.random(20000, 32000)
      pipe = assert(io.popen(("echo $$; exec %s %s examples/webhook_server.lua %d examples/webhook_appointment.lua 2>%s"):format(ENVIRONMENT,
        lua, port, scratch.path "log")))
      pid = pipe:read "*l"
      if pipe:read "*l" == "listening" then break end
      pipe:close()
    end
    local ask, close = ask_at(port)
    local ok, err = pcall(function()
      local step = walk(ask, "token-1")
      local answer, failed = step("data_exchange", "SUMMARY", { step = "none" })
      assert.is_nil(answer)
      assert.is_truthy(failed:find "HTTP 500", failed)
      assert.is_table((step("data_exchange", "SUMMARY", { step = "book", day = "tue", slot = "14:30" })))
      for i, chosen in ipairs { '"tue"', [["tue\nFORGED \u001b[2J"]], "5", '{"a":"b"}', "true" } do
        local event = { id = "wamid." .. i, from = "16505551234", timestamp = "1749416383", type = "interactive", interactive = {
          type = "nfm_reply", nfm_reply = { name = "flow", body = "Sent",
            response_json = ('{"flow_token":"token-1","day":%s,"slot":"09:00"}'):format(chosen) } } }
        local body = webhooks.body { messages = { event } }
        assert.equal(200, ask({ method = "POST", body = body, headers = { ["X-Hub-Signature-256"] = webhooks.sign(body) } }).status)
      end
    end)
    close()
    output("kill " .. pid)
    pipe:close()
    local log = read(scratch.path "log", "")
    assert(ok, tostring(err) .. log)
    assert.is_truthy(log:find("booked: tue 09:00", 1, true), log)
    assert.is_nil(log:find "\n ?FORGED") -- the user's phone cannot forge a line
    assert.is_nil(log:find("\27", 1, true))
    assert.is_truthy(log:find("flow: data_exchange: a step that is not known", 1, true), log)
    assert.is_nil(log:find("token-1", 1, true))
  end)

  it("is served as a CGI program", function()
    local path = "examples/webhook_cgi.lua examples/webhook_appointment.lua"
    local function ask(request)
      scratch.write("body", request.body)
      local said = output(("%s REQUEST_METHOD=POST CONTENT_LENGTH=%d HTTP_X_HUB_SIGNATURE_256='%s' %s %s <%s 2>/dev/null"):format(ENVIRONMENT,
        #request.body, request.headers["X-Hub-Signature-256"], lua, path, scratch.path "body"))
      local status, body = said:match "^Status: (%d+)\r\n.-\r\n\r\n(.*)$"
      return { status = tonumber(status), body = body }
    end
    local request, open = flow.request(pair.public_key, webhooks.SECRET, { action = "INIT", flow_token = "t" })
    assert.equal("APPOINTMENT", assert(open(ask(request))).screen)
    request, open = flow.request(whatsapp.flows.generate_key().public_key, webhooks.SECRET, { action = "INIT", flow_token = "t" })
    local _, err = open(ask(request))
    assert.is_truthy(err:find "HTTP 421: the endpoint's private key does not belong", err)
    request, open = flow.request(pair.public_key, "another secret", { action = "INIT", flow_token = "t" })
    _, err = open(ask(request))
    assert.is_truthy(err:find "HTTP 432: the endpoint has another app secret", err)
  end)

  it("is served in nginx, by its adapter", function()
    local server = nginx.start {
      env = VARIABLES, http = 'init_by_lua_block { package.loaded.endpoint = dofile "examples/webhook_appointment.lua" }',
      server = 'location = /flow { content_by_lua_block { require("whatsapp.nginx").serve(package.loaded.endpoint) } }',
    }
    local ask, close = ask_at(server.port)
    local ok, err = pcall(function()
      local step = walk(ask, "token-1")
      local request, open = flow.request(pair.public_key, webhooks.SECRET, { action = "data_exchange", flow_token = "token-2",
        screen = "SUMMARY", data = { step = "book", day = "tue", slot = "09:00" } })
      local answer, why, words = open(ask(request))
      assert.is_nil(answer)
      assert.is_truthy(why:find "HTTP 427", why)
      assert.is_truthy(words.error_msg:find "Someone was faster")
      assert.is_table((step("INIT", "", {})))
    end)
    close()
    local log = server.log()
    server.stop()
    assert(ok, tostring(err) .. log)
  end)
end)
