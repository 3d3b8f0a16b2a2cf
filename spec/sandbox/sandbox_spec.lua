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
  local request = { method = "POST", url = "https://x/v26.0/1/messages", body = body }
  request.headers = { Authorization = "Bearer t", ["Content-Type"] = "application/json" }
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

  it("has message_status in the answer to a template, and user_id in the answer to a message to a user id", function()
    local client = client_of(sandbox.new().handle)
    local sent = assert(client:send { recipient = "US.1", template = { name = "n", language = { code = "en" } } })
    assert.equal("accepted", sent.messages[1].message_status)
    assert.same({ { input = "US.1", user_id = "US.1" } }, sent.contacts)
    assert.is_nil(assert(client:send(TEXT)).messages[1].message_status)
  end)

  it("marks a message as read", function()
    assert.is_true(assert(client_of(sandbox.new().handle):mark_read "wamid.X").success)
  end)

  it("refuses a message that the core refuses, with an error in the form of the API", function()
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

  it("needs a token; with the option token, needs this token", function()
    local box = sandbox.new { token = "right" }
    local cases = { { {}, 104 }, { { Authorization = "Basic x" }, 104 }, { { authorization = "Bearer wrong" }, 190 } }
    for _, case in ipairs(cases) do
      local status, answer = post(box, "{}", { headers = case[1] })
      assert.same({ 401, case[2] }, { status, answer.error.code })
    end
    local headers = { AUTHORIZATION = "Bearer right", ["Content-Type"] = "application/json" }
    assert.equal(400, (post(box, "{}", { headers = headers })))
  end)

  it("answers a wrong body like the API", function()
    local box = sandbox.new()
    for _, body in ipairs { "", "{", "5", "null", '"x"', "[1]", '{"messaging_product":5}', ("["):rep(5000) } do
      local status, answer = post(box, body)
      assert.equal(400, status)
      assert.is_number(answer.error.code)
    end
    assert.equal(400, (post(box, nil)))
  end)

  it("refuses a body of JSON whose content type is not JSON, at every endpoint that reads JSON", function()
    local box, body = sandbox.new(), '{"messaging_product":"whatsapp","to":"1","type":"template","template":{"name":"n","language":{"code":"en"}}}'
    local TYPES = {
      ["application/json"] = 200, ["Application/JSON; charset=utf-8"] = 200, ["application/json;charset=utf-8"] = 200,
      [""] = 400, ["text/plain"] = 400, ["application/x-www-form-urlencoded"] = 400, ["application/jsonp"] = 400,
      ["text/json, application/json"] = 400, ["multipart/form-data; boundary=application/json"] = 400,
    }
    for _, endpoint in ipairs { "messages", "marketing_messages" } do
      local url = "https://x/v26.0/1/" .. endpoint
      for type, expected in pairs(TYPES) do
        local status, answer = post(box, body, { url = url, headers = { Authorization = "Bearer t", ["content-type"] = type } })
        assert.equal(expected, status, endpoint .. ": " .. type)
        if expected == 400 then
          assert.equal(100, answer.error.code)
          assert.is_truthy(answer.error.error_data.details:find("application/json", 1, true))
        end
      end
      assert.equal(400, (post(box, body, { url = url, headers = { Authorization = "Bearer t" } })))
    end
    assert.equal(6, #box.messages)
  end)

  it("answers with an id to a user id in `to`, and never delivers the message", function()
    local box = sandbox.new()
    for i, to in ipairs { "US.13491208655302741918", "us.1A", "US.ENT.11815799212886844830" } do
      local status, answer = post(box, json.encode { messaging_product = "whatsapp", to = to, type = "text", text = { body = "x" } })
      assert.equal(200, status)
      assert.same({ { input = to, wa_id = to:match "%w+$" } }, answer.contacts)
      assert.same({ id = answer.messages[1].id, to = to },
        { id = box.undelivered[i].id, to = box.undelivered[i].message.to })
    end
    assert.same({ 0, 3 }, { #box.messages, #box.undelivered })
    local status, answer = post(box, '{"messaging_product":"whatsapp","to":"US.1","text":{}}')
    assert.same({ 400, 131008 }, { status, answer.error.code })
    local url = "https://x/v26.0/1/message_history?message_id=" .. box.undelivered[1].id
    status, answer = post(box, nil, { method = "GET", url = url })
    assert.same({ 200, "ACCEPTED" }, { status, answer.data[1].events.data[1].delivery_status })
  end)

  it("delivers to a user id in `recipient`, and to a number or a group in `to`", function()
    local box = sandbox.new()
    for _, address in ipairs { { recipient = "US.1" }, { to = "+1 650-555" }, { to = 16505551234 },
      { to = "Y2FwaV9ncm91cDox", recipient_type = "group" } } do
      address.messaging_product, address.type, address.text = "whatsapp", "text", { body = "x" }
      assert.equal(200, (post(box, json.encode(address))))
    end
    assert.same({ 4, 0 }, { #box.messages, #box.undelivered })
    assert.equal("16505551234", box.messages[3].message.to)
  end)

  it("refuses every other endpoint, method and version", function()
    local box = sandbox.new()
    for _, change in ipairs { { method = "GET" }, { url = "https://x/v26.0/1/nothing" }, { url = "https://x/" }, { url = "/v25/1/messages" } } do
      local status, answer = post(box, "{}", change)
      assert.same({ 400, 100, 33 }, { status, answer.error.code, answer.error.error_subcode })
    end
  end)

  it("refuses every number that cannot be an id, and every null", function()
    local box = sandbox.new()
    local MESSAGE = '{"messaging_product":"whatsapp",%s,"type":"text","text":{"body":"x"}}'
    for _, address in ipairs { '"to":1e400', '"to":-1e400', '"to":1.5', '"to":-1', '"to":null', '"to":{}', '"to":[]',
      '"to":true', '"recipient":1e400', '"recipient":null' } do
      local status, answer = post(box, MESSAGE:format(address))
      assert.equal(400, status, address)
      assert.is_number(answer.error.code)
    end
    for _, member in ipairs { "messaging_product", "status", "recipient", "recipient_type", "template", "type", "text" } do
      assert.is_number((post(box, ('{"messaging_product":"whatsapp","to":"1","type":"text","text":{"body":"x"},"%s":null}'):format(member))))
    end
    for _, entry in ipairs(box.messages) do assert.equal("1", entry.message.to) end
  end)

  it("answers requests that have each header twice, at every endpoint", function()
    local NAMES = { "authorization", "user-agent", "content-type", "range", "file_offset", "x-other" }
    local box = sandbox.new()
    for _, target in ipairs { "POST /v26.0/1/messages", "POST /v26.0/1/marketing_messages", "GET /v26.0/1/message_history",
      "POST /v26.0/1/media", "GET /v26.0/1", "DELETE /v26.0/1", "POST /v26.0/1/uploads?file_length=1&file_type=image/png",
      "POST /v26.0/upload:1", "GET /v26.0/upload:1", "GET /whatsapp_business/attachments/?mid=1&ext=1&hash=1", "PUT /" } do
      local method, url = target:match "(%S+) (%S+)"
      for _, name in ipairs(NAMES) do
        local headers = { Authorization = "Bearer t", ["user-agent"] = "a/1.0", ["content-type"] = "application/json" }
        headers.Authorization = name ~= "authorization" and headers.Authorization or nil
        headers[name] = { "a/1.0", "a/1.0" }
        local answer = box.handle { method = method, url = url, headers = headers, body = "{}" }
        assert.is_number(answer.status, target)
      end
    end
  end)

  it("forgets its oldest messages if they are too many or have too many bytes, and calls on_forget", function()
    local told = {}
    local function on_forget(id, entry, name) told[#told + 1] = { id, entry.id, name } end
    for name, address in pairs { messages = { to = "1" }, undelivered = { to = "US.1" } } do
      address.messaging_product, address.type, address.text = "whatsapp", "text", { body = ("x"):rep(1000) }
      for _, options in ipairs { { kept = 3 }, { kept_bytes = 3900 } } do
        told, options.on_forget = {}, on_forget
        local box, ids = sandbox.new(options), {}
        for i = 1, 5 do ids[i] = select(2, post(box, json.encode(address))).messages[1].id end
        assert.equal(3, #box[name])
        assert.equal(ids[5], box[name][3].id)
        assert.same({ { ids[1], ids[1], name }, { ids[2], ids[2], name } }, told)
        assert.equal(2, box.forgotten)
        for i = 1, 5 do
          local url = "https://x/v26.0/1/message_history?message_id=" .. ids[i]
          assert.equal(i <= 2 and 400 or 200, (post(box, nil, { method = "GET", url = url })))
        end
      end
    end
  end)

  it("refuses a message that is larger than its limit", function()
    local box = sandbox.new { kept_bytes = 100 }
    local status, answer = post(box, json.encode { messaging_product = "whatsapp", to = "1", type = "text", text = { body = ("x"):rep(100) } })
    assert.same({ 400, 100, 0 }, { status, answer.error.code, #box.messages })
  end)

  it("continues if on_forget raises", function()
    local box = sandbox.new { kept = 1, on_forget = function() error "broken" end }
    local client = client_of(box.handle)
    for _ = 1, 3 do assert(client:send(TEXT)) end
    assert.same({ 1, 2 }, { #box.messages, box.forgotten })
    assert.is_truthy(box.forget_error:find "broken")
  end)

  it("raises for an option that is wrong, at the caller's line", function()
    for _, options in ipairs { { keep = 1 }, { kept = 0 }, { kept_media = -1 }, { kept_bytes = 0 }, { kept_uploads = 1.5 },
      { now = 1 }, { on_forget = 1 }, { token = {} }, { url_life = 0 }, { new_id = 1 } } do
      local ok, err = pcall(function()
        local box = sandbox.new(options)
        return box
      end)
      assert.is_false(ok)
      assert.is_truthy(err:find("sandbox_spec.lua", 1, true), err)
    end
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

  it("answers a request that has two headers with one name", function()
    local answered = output(("printf 'GET /whatsapp_business/attachments/ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n"
      .. "Authorization: Bearer t\\r\\nUser-Agent: a/1.0\\r\\nUser-Agent: b/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect %s 2>/dev/null")
      :format(server.base_url:match "^https://(.*)$"))
    assert.is_truthy(answered:find "^HTTP/1.1 404 ", answered)
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

  it("has a certificate that is not trusted without its authority", function()
    local stranger = whatsapp.new { token = "t", phone_number_id = "1", base_url = server.base_url, proxy = "" }
    local result, text, details = stranger:send(TEXT)
    assert.is_nil(result)
    assert.same({ "transport", false, false }, { details.kind, details.retryable, details.may_have_been_sent })
    assert.is_truthy(text:find "certificate")
    stranger:close()
  end)

  it("has no process and no folder after stop()", function()
    local other = require("whatsapp.sandbox.server").start()
    other.stop()
    local gone = whatsapp.new { token = "t", phone_number_id = "1", base_url = other.base_url, proxy = "", retry = false }
    local _, _, details = gone:send(TEXT)
    assert.same({ "transport", true, false }, { details.kind, details.retryable, details.may_have_been_sent })
    assert.is_nil(io.open(other.ca_file))
  end)
end)
