-- The sandbox answers like the API: as a transport in a test, and served by nginx over HTTPS and HTTP/2.
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local TEXT = { to = "+1 650 555 1234", text = { body = "x" } }

local function client_of(transport, more)
  local options = { token = "t", phone_number_id = "106540352242922", transport = transport }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options)
end

local function post(box, body, change)
  local request = { method = "POST", url = "https://x/v25.0/1/messages", headers = { Authorization = "Bearer t" }, body = body }
  for name, value in pairs(change or {}) do request[name] = value end
  local answer = box.handle(request)
  return answer.status, json.decode(answer.body)
end

describe("the sandbox as a transport", function()
  it("takes a message and makes a new id for it", function()
    local box = sandbox.new()
    local client = client_of(box.handle)
    local first, second = assert(client:send(TEXT)), assert(client:send(TEXT))
    assert.is_truthy(first.messages[1].id:find "^wamid%.")
    assert.are_not.equal(first.messages[1].id, second.messages[1].id)
    assert.same({ { input = "+1 650 555 1234", wa_id = "16505551234" } }, first.contacts)
    assert.equal("x", box.messages[1].message.text.body)
    assert.equal(second.messages[1].id, box.messages[2].id)
  end)

  it("says of a template that it was accepted, and answers to a user id with a user id", function()
    local client = client_of(sandbox.new().handle)
    local sent = assert(client:send { recipient = "US.1", template = { name = "n", language = { code = "en" } } })
    assert.equal("accepted", sent.messages[1].message_status)
    assert.same({ { input = "US.1", user_id = "US.1" } }, sent.contacts)
    assert.is_nil(assert(client:send(TEXT)).messages[1].message_status)
  end)

  it("marks as read", function()
    assert.is_true(assert(client_of(sandbox.new().handle):mark_read "wamid.X").success)
  end)

  it("refuses a message that the core refuses, with the API's envelope", function()
    local client = client_of(sandbox.new().handle, { mode = "lenient" })
    local cases = {
      { { to = "1", text = {} }, 131008, "text.body" }, { { to = "1", text = { body = 5 } }, 100, "text.body" },
      { { to = "1", text = { body = ("x"):rep(4097) } }, 131009, "4097 characters, at most 4096" },
      { { text = { body = "x" } }, 131008, "to: missing" }, { { to = "1", text = { body = "x", odd = 1 } }, 100, "text.odd" },
    }
    for _, case in ipairs(cases) do
      local result, _, details = client:send(case[1])
      assert.is_nil(result)
      assert.same({ "api", 400, case[2] }, { details.kind, details.http_status, details.code })
      assert.is_truthy(details.reason:find(case[3], 1, true), details.reason)
    end
  end)

  it("wants a token, and the right one if it knows it", function()
    local box = sandbox.new { token = "right" }
    local cases = { { {}, 104 }, { { Authorization = "Basic x" }, 104 }, { { authorization = "Bearer wrong" }, 190 } }
    for _, case in ipairs(cases) do
      local status, answer = post(box, "{}", { headers = case[1] })
      assert.same({ 401, case[2] }, { status, answer.error.code })
    end
    assert.equal(400, (post(box, "{}", { headers = { AUTHORIZATION = "Bearer right" } })))
  end)

  it("answers nonsense like the API", function()
    local box = sandbox.new()
    for _, body in ipairs { "", "{", "5", "null", '"x"', "[1]", '{"messaging_product":5}', ("["):rep(5000) } do
      local status, answer = post(box, body)
      assert.equal(400, status)
      assert.is_number(answer.error.code)
    end
    assert.equal(400, (post(box, nil)))
  end)

  it("knows no other endpoint, method or version", function()
    local box = sandbox.new()
    for _, change in ipairs { { method = "GET" }, { url = "https://x/v25.0/1/nothing" }, { url = "https://x/" }, { url = "/v25/1/messages" } } do
      local status, answer = post(box, "{}", change)
      assert.same({ 400, 100, 33 }, { status, answer.error.code, answer.error.error_subcode })
    end
  end)

  it("keeps a bounded number of messages", function()
    local box = sandbox.new { kept = 3 }
    local client = client_of(box.handle)
    for _ = 1, 5 do assert(client:send(TEXT)) end
    assert.equal(3, #box.messages)
    assert.is_truthy(box.messages[3].id:find "00000005$")
  end)
end)

describe("the sandbox in nginx", function()
  local server, client

  setup(function()
    server = require("whatsapp.sandbox.server").start()
    client = whatsapp.new {
      token = "t", phone_number_id = "106540352242922", base_url = server.base_url, ca_file = server.ca_file, proxy = "",
    }
  end)

  teardown(function()
    client:close()
    server.stop()
  end)

  it("takes messages over HTTPS", function()
    local sent = assert(client:send(TEXT))
    assert.is_truthy(sent.messages[1].id:find "^wamid%.")
    assert.is_true(assert(client:mark_read "wamid.X").success)
  end)

  it("refuses messages that the core refuses", function()
    local _, _, details = client:send({ to = "1", text = { body = "" } }, { mode = "lenient" })
    assert.same({ "api", 131008, 400 }, { details.kind, details.code, details.http_status })
  end)

  it("speaks HTTP/2", function()
    local said = output(("openssl s_client -connect %s -alpn h2 -CAfile %s </dev/null 2>&1")
      :format(server.base_url:match "^https://(.*)$", server.ca_file))
    assert.is_truthy(said:find("ALPN protocol: h2\n", 1, true), said)
  end)

  it("takes a message that nginx puts into a file", function()
    local big = { to = "1", biz = ("x"):rep(200000) }
    local _, _, details = client:send(big, { mode = "lenient" })
    assert.is_truthy(details.reason:find("type: missing", 1, true))
  end)

  it("is not trusted without its authority", function()
    local stranger = whatsapp.new { token = "t", phone_number_id = "1", base_url = server.base_url, proxy = "" }
    local result, text, details = stranger:send(TEXT)
    assert.is_nil(result)
    assert.same({ "transport", false, false }, { details.kind, details.retryable, details.may_have_been_sent })
    assert.is_truthy(text:find "certificate")
    stranger:close()
  end)

  it("is gone after it was stopped", function()
    local other = require("whatsapp.sandbox.server").start()
    other.stop()
    local gone = whatsapp.new { token = "t", phone_number_id = "1", base_url = other.base_url, proxy = "", retry = false }
    local _, _, details = gone:send(TEXT)
    assert.same({ "transport", true, false }, { details.kind, details.retryable, details.may_have_been_sent })
    assert.is_nil(io.open(other.ca_file))
  end)
end)
