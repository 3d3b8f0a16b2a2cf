-- The configurations of examples/nginx in Debian's nginx, asked over real sockets, with the sandbox in place of the API.
local json = require "whatsapp.wire.json"
local nginx_server = require "spec.support.nginx"
local read = require "spec.support.read"
local webhooks = require "spec.support.webhooks"

local TOKEN = "a-token-that-no-log-may-show"

local function sandbox()
  return nginx_server.start { conf = "examples/nginx/sandbox.conf" }
end

describe("examples/nginx/send.conf", function()
  local box, nginx

  setup(function()
    box = sandbox()
    nginx = nginx_server.start {
      conf = "examples/nginx/send.conf",
      env = { WHATSAPP_TOKEN = TOKEN, WHATSAPP_PHONE_NUMBER_ID = "106540352242922", WHATSAPP_BASE_URL = box.url "" },
    }
  end)
  teardown(function()
    nginx.stop()
    box.stop()
  end)

  local function send(body, headers)
    local status, answer, got = nginx.ask("/send", { body = body, headers = headers or { ["Content-Type"] = "application/json" } })
    return status, answer, got
  end

  it("sends a message and answers as the API does", function()
    local status, body, headers = send '{"to":"16505551234","text":{"body":"Grüße"}}'
    assert.equal(200, status, body)
    assert.equal("application/json", headers["content-type"])
    local sent = json.decode(body)
    assert.is_truthy(sent.messages[1].id:find "^wamid%.")
    assert.equal("16505551234", sent.contacts[1].wa_id)
  end)

  it("reports the problems of a message, and that nothing was sent", function()
    local status, body = send '{"to":"16505551234","text":{"body":"","preview_ulr":null}}'
    local answer = json.decode(body)
    assert.equal(400, status)
    assert.is_truthy(answer.error:find "text.body")
    assert.same({ "invalid", false, "text.body", "min_chars" }, { answer.details.kind, answer.details.may_have_been_sent,
      answer.details.problems[1].path, answer.details.problems[1].rule })
  end)

  it("refuses bodies that are no message, requests that a web page could send, and methods other than POST", function()
    for body, words in pairs { ["{"] = "no JSON", ["5"] = "no JSON object", [""] = "no JSON" } do
      local status, answer = send(body)
      assert.equal(400, status)
      assert.is_truthy(answer:find(words, 1, true), answer)
    end
    assert.equal(400, (send("[]")))
    for _, kind in ipairs { "text/plain", "application/jsonx", "text/plain; application/json", "" } do
      assert.equal(415, (send('{"to":"1","text":{"body":"x"}}', { ["Content-Type"] = kind })))
    end
    assert.equal(200, (send('{"to":"1","text":{"body":"x"}}', { ["Content-Type"] = "application/json; charset=utf-8" })))
    assert.equal(403, (nginx.ask "/send"))
    for host, expected in pairs { ["evil.example"] = 403, ["127.0.0.1.evil.example"] = 403, localhost = 200 } do
      assert.equal(expected, (send('{"to":"1","text":{"body":"x"}}', { ["Content-Type"] = "application/json", Host = host })))
    end
  end)

  it("returns the outcome if no API answers, and never shows the token", function()
    local broken = nginx_server.start { server = [[location / { content_by_lua_block {
      ngx.status = 500
      ngx.print("<html>", ngx.var.http_authorization, "</html>") } }]] }
    finally(broken.stop)
    local other = nginx_server.start {
      conf = "examples/nginx/send.conf",
      env = { WHATSAPP_TOKEN = TOKEN, WHATSAPP_PHONE_NUMBER_ID = "1", WHATSAPP_BASE_URL = broken.url "" },
    }
    local status, body = other.ask("/send", { body = '{"to":"1","text":{"body":"x"}}', headers = { ["Content-Type"] = "application/json" } })
    local log = other.log()
    other.stop()
    local details = json.decode(body).details
    assert.same({ 502, "protocol", 500, true }, { status, details.kind, details.http_status, details.may_have_been_sent })
    assert.is_nil((body .. log):find(TOKEN, 1, true))
  end)

  it("keeps the limits of a recipient over all its workers", function()
    local client, ended, later = require("whatsapp.curl").new { proxy = "" }, 0, 0
    for i = 1, 60 do
      client:add({ method = "POST", url = nginx.url "/send", body = '{"to":"4711","text":{"body":"x"}}', timeout = 30,
        headers = { ["Content-Type"] = "application/json" } }, i)
    end
    local till = os.time() + 20
    while ended < 45 and os.time() < till do -- 45 at once, then one in 6 seconds
      client:wait(1)
      for _, answer in function() return client:next() end do
        if answer and answer.status == 503 then -- it would wait for more than 30 seconds
          assert.is_true(tonumber(answer.headers["retry-after"]) > 30)
          later = later + 1
        else
          assert.equal(200, answer and answer.status)
          ended = ended + 1
        end
      end
    end
    client:close()
    assert.is_true(ended >= 45 and ended < 60, tostring(ended))
    assert.is_true(later >= 9, tostring(later))
  end)
end)

describe("examples/nginx/webhook.conf", function()
  it("answers each message once", function()
    local box = nginx_server.start { server = [[location / { content_by_lua_block {
      ngx.req.read_body()
      ngx.log(ngx.NOTICE, "sent: ", ngx.req.get_body_data())
      require("whatsapp.sandbox.nginx").content(ngx) } }]] }
    local nginx
    finally(function()
      box.stop()
      if nginx then nginx.stop() end
    end)
    nginx = nginx_server.start {
      conf = "examples/nginx/webhook.conf",
      env = { WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN, WHATSAPP_TOKEN = TOKEN,
        WHATSAPP_PHONE_NUMBER_ID = "106", WHATSAPP_BASE_URL = box.url "" },
    }
    local body = webhooks.body { messages = { webhooks.text("wamid.1", "Hello") }, statuses = { webhooks.status("wamid.2", "read") } }
    for _ = 1, 5 do
      assert.equal(200, (nginx.ask("/webhook", { body = body, headers = { ["X-Hub-Signature-256"] = webhooks.sign(body) } })))
    end
    assert(nginx.wait_for "status wamid.2 read")
    assert(box.wait_for '"context":{"message_id":"wamid.1"}')
    local counts = { nginx.logged "message wamid.1 Hello", nginx.logged "[error]", box.logged '"text":{"body":"You wrote: Hello"}' }
    assert.same({ 1, 0, 1 }, counts, nginx.log())
  end)
end)

describe("the README's endpoint in nginx", function()
  it("runs as it is printed", function()
    local block = read "examples/README.md":match "## Receiving in nginx.-```nginx\n(.-)```"
    local nginx = nginx_server.start {
      http = block:gsub("8080", "$PORT"),
      env = { WHATSAPP_APP_SECRET = webhooks.SECRET, WHATSAPP_VERIFY_TOKEN = webhooks.TOKEN, WHATSAPP_TOKEN = TOKEN,
        WHATSAPP_PHONE_NUMBER_ID = "106" },
    }
    finally(nginx.stop)
    local status, body = nginx.ask("/webhook?hub.mode=subscribe&hub.challenge=77&hub.verify_token=" .. webhooks.TOKEN)
    assert.same({ 200, "77" }, { status, body })
    local posted = webhooks.body { statuses = { webhooks.status("wamid.2", "read") } }
    local function post(secret)
      return (nginx.ask("/webhook", { body = posted, headers = { ["X-Hub-Signature-256"] = webhooks.sign(posted, secret) } }))
    end
    assert.same({ 200, 401 }, { post(), post "another secret" })
  end)
end)
