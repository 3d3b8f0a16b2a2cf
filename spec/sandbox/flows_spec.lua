-- Flows of a box: the business uploads a public key; then each step of a user asks the endpoint of the business, which is a function or
-- a URL, as WhatsApp does.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local vectors = require "spec.support.flow_vectors"
local whatsapp = require "whatsapp"

local SECRET, PHONE, TO = "app-secret-of-a-spec", "106540352242922", "16505551234"

local function endpoint(on)
  return whatsapp.flows.endpoint { private_key = vectors.keys[1].pkcs8, app_secret = SECRET, on = on }
end

local SCREENS = {
  init = function(request) return { screen = "FIRST", data = { list = whatsapp.array {}, token = request.flow_token } } end,
  back = function() return { screen = "FIRST", data = {} } end,
  data_exchange = function(request)
    if request.data.stop then return whatsapp.flows.used_up "It is over" end
    return { screen = "SUCCESS", data = { extension_message_response = { params = { flow_token = request.flow_token,
      name = request.data.name } } } }
  end,
}

-- returns a box, a client over the box, and a function that asks the control API as the page does
local function new(options)
  options.app_secret = SECRET
  local heard = {}
  options.webhook = whatsapp.webhook.handler { app_secret = SECRET, verify_token = "v", on = { message = function(event)
    heard[#heard + 1] = event
  end } }
  local box = sandbox.new(options)
  local client = whatsapp.new { token = "t", phone_number_id = PHONE, transport = box.transport }
  local function ask(path, body)
    local request = { method = body and "POST" or "GET", url = "/_sandbox/" .. path, headers = { ["content-type"] = "application/json" },
      body = body and json.write(body) or "" }
    local response, seconds = box.control(request)
    return response and json.decode(response.body), seconds, response and response.status, request
  end
  return box, client, ask, heard
end

local function send(client, action, payload)
  return assert(client:send { to = TO, interactive = { type = "flow", body = { text = "b" }, action = { name = "flow", parameters = {
    flow_message_version = "3", flow_id = "1", flow_cta = "x", flow_token = "token-1", flow_action = action, flow_action_payload = payload,
  } } } }).messages[1].id
end

describe("a flow of the sandbox", function()
  it("goes through the endpoint of the business, and its answer comes by webhook", function()
    local _, client, ask, heard = new { flow_endpoint = endpoint(SCREENS) }
    assert(client.flows:set_public_key { business_public_key = vectors.keys[1].public })
    assert.equal(vectors.keys[1].public, assert(client.flows:public_key()).data[1].business_public_key)
    local id = send(client, "data_exchange")
    local user = ask("chats").users[1].id
    local first = ask("users/" .. user .. "/flow/open", { message = id })
    assert.same({ "FIRST", "token-1", "[]" }, { first.screen, first.data.token, (json.write(first.data.list)) })
    assert.equal("FIRST", ask("users/" .. user .. "/flow/back", { message = id, screen = "SECOND" }).screen)
    local last = ask("users/" .. user .. "/flow/submit", { message = id, screen = "FIRST", data = { name = "Ana" } })
    assert.same({ "SUCCESS", "Ana" }, { last.screen, last.response.name })
    assert.same({ 1, "Ana", "token-1" }, { #heard, heard[1].response.name, heard[1].response.flow_token })
    local over = ask("users/" .. user .. "/flow/submit", { message = id, data = { stop = true } })
    assert.same({ "It is over" }, { over.error_msg })
    assert.is_truthy(over.problem:find "HTTP 427")
  end)

  it("asks an endpoint at a URL through the driver", function()
    local handle = endpoint(SCREENS)
    local box, client, ask = new { flow_endpoint = "http://127.0.0.1:1/flow" }
    assert(client.flows:set_public_key { business_public_key = vectors.keys[1].public })
    local id, user = send(client, "data_exchange"), ask("chats").users[1].id
    assert.equal("http://127.0.0.1:1/flow", ask("info").flow_endpoint)
    for _, outcome in ipairs { "answer", "nothing" } do
      local response, seconds, _, request = ask("users/" .. user .. "/flow/open", { message = id })
      assert.is_nil(response)
      assert.is_number(seconds)
      local effects = box:run()
      assert.equal(1, #effects)
      assert.same({ "POST", "http://127.0.0.1:1/flow" }, { effects[1].post.method, effects[1].post.url })
      if outcome == "answer" then effects[1].done(handle(effects[1].post)) else effects[1].done(nil, "connection refused") end
      local answer = json.decode(box.control(request).body)
      if outcome == "answer" then assert.equal("FIRST", answer.screen)
      else assert.equal("the endpoint gave no answer: connection refused", answer.problem) end
    end
  end)

  it("opens with the screen in its message if the message says navigate", function()
    local _, client, ask = new {}
    local id, user = send(client, "navigate", { screen = "TABLE", data = { guests = 4 } }), ask("chats").users[1].id
    local first = ask("users/" .. user .. "/flow/open", { message = id })
    assert.same({ "TABLE", 4 }, { first.screen, first.data.guests })
  end)

  it("reports what is missing or wrong", function()
    local _, client, ask = new {}
    local id, user = send(client, "data_exchange"), ask("chats").users[1].id
    local function problem(path, body)
      local answer, _, status = ask(path, body)
      return answer.problem, status
    end
    assert.same({ "flow: the sandbox has no endpoint of flows: set the option flow_endpoint", 400 },
      { problem("users/" .. user .. "/flow/open", { message = id }) })
    assert.same({ "flow: the step must be open, submit or back", 400 }, { problem("users/" .. user .. "/flow/close", { message = id }) })
    assert.same({ "flow: Ana has no message wamid.x", 400 }, { problem("users/" .. user .. "/flow/open", { message = "wamid.x" }) })
    assert.equal(404, (select(2, problem("users/x/flow/open", { message = id }))))
    local text = assert(client:send { to = TO, text = { body = "x" } }).messages[1].id
    assert.same({ "flow: the message opens no flow", 400 }, { problem("users/" .. user .. "/flow/open", { message = text }) })

    local _, second, ask_second = new { flow_endpoint = function() error "down" end }
    id = send(second, "data_exchange")
    assert.is_truthy(problem("users/x/flow/open", { message = id }))
    local answer = ask_second("users/" .. user .. "/flow/open", { message = id })
    assert.is_truthy(answer.problem:find("no public key", 1, true), answer.problem)
    for _, wrong in ipairs { "", "x", vectors.keys[1].pkcs8, vectors.ec } do
      assert.is_nil((second:call { method = "POST", path = "{phone}/whatsapp_business_encryption", body = { business_public_key = wrong } }))
    end
    assert(second.flows:set_public_key { business_public_key = vectors.keys[2].public })
    answer = ask_second("users/" .. user .. "/flow/open", { message = id })
    assert.is_truthy(answer.problem:find("the endpoint gave no answer", 1, true), answer.problem)
    local _, third, ask_third = new { flow_endpoint = endpoint(SCREENS) }
    assert(third.flows:set_public_key { business_public_key = vectors.keys[2].public })
    id = send(third, "data_exchange")
    answer = ask_third("users/" .. user .. "/flow/open", { message = id })
    assert.is_truthy(answer.problem:find("HTTP 421: the endpoint's private key does not belong", 1, true), answer.problem)
  end)
end)
