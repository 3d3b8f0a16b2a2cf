-- The control API, the events and the state of a box: every route, its guards, and bad input, which changes nothing. The specs call
-- box.control in this process; nginx.lua passes requests on as they are.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local URL = "http://127.0.0.1:9/hook"
local TEXT = { to = "16505551234", text = { body = "x" } }
local HEADERS = { host = "127.0.0.1:9428", ["content-type"] = "application/json", origin = "http://127.0.0.1:9428" }

local function ask(box, method, path, body, headers)
  local request = {
    method = method, url = "/_sandbox" .. path, headers = headers or HEADERS,
    body = type(body) == "table" and json.encode(body) or body,
  }
  local response, seconds = box.control(request)
  if not response then return nil, seconds, request end
  return response.status, response.body ~= "" and assert(json.decode(response.body)) or nil, response
end

local function new_box(options)
  local box = sandbox.new(options)
  return box, whatsapp.new { token = "t", phone_number_id = "106540352242922", transport = box.transport }
end

describe("the control API of the sandbox", function()
  it("returns messages, each once, parsed and filtered", function()
    local box, client = new_box()
    assert(client:send(TEXT))
    assert(client:send { to = "491", text = { body = "y" } })
    assert(client:send { to = "16505551234", image = { id = "1" } })
    local function ids(query)
      local status, answer = ask(box, "GET", "/messages" .. query)
      assert.equal(200, status)
      local list = {}
      for i, entry in ipairs(answer.messages) do list[i] = entry.message.type .. " " .. entry.to end
      return table.concat(list, ", "), answer.messages
    end
    local all, list = ids ""
    assert.equal("text 16505551234, text 491, image 16505551234", all)
    assert.same({ "x", "accepted", "16505551234" }, { list[1].message.text.body, list[1].status, list[1].user })
    assert.equal("text 16505551234, image 16505551234", (ids "?to=%2B1%20650%20555%201234"))
    assert.equal("image 16505551234", (ids "?type=image"))
    assert.equal("text 16505551234", (ids "?limit=1"))
    assert.equal("image 16505551234", (ids("?after=" .. list[2].seq)))
    assert.equal("", (ids "?type=video"))
    assert.is_truthy(box.control({ method = "GET", url = "/_sandbox/messages?type=video", headers = HEADERS }).body:find("[]", 1, true))
    assert.equal(400, (ask(box, "GET", "/messages?limit=x")))
    assert.equal(400, (ask(box, "GET", "/messages?after=-1")))
  end)

  it("waits for a message: a long poll", function()
    local now = 1000
    local box, client = new_box { now = function() return now end }
    local response, seconds, request = ask(box, "GET", "/wait?timeout=1")
    assert.is_nil(response)
    assert.is_true(seconds > 0 and seconds <= 1)
    now = 1000.5
    assert.is_nil((box.control(request)))
    now = 1001
    assert.equal(204, box.control(request).status)
    response, seconds, request = ask(box, "GET", "/wait?to=16505551234&timeout=5")
    assert.is_nil(response)
    assert.is_number(seconds)
    assert(client:send { to = "2", text = { body = "for another one" } })
    assert.is_nil((box.control(request)))
    assert(client:send(TEXT))
    assert.equal("x", json.decode(box.control(request).body).messages[1].message.text.body)
    assert.equal(400, (ask(box, "GET", "/wait?timeout=x")))
  end)

  it("plays users by every verb, and shows their chats", function()
    local box, client = new_box { webhook = URL }
    assert(client:send { to = "16505551234", interactive = { type = "button", body = { text = "?" }, action = { buttons = {
      { type = "reply", reply = { id = "yes", title = "Yes" } } } } } })
    local ana = "/users/16505551234"
    local bodies = {
      { "/write", { text = "hi" } }, { "/press", { button = "yes" } }, { "/react", { emoji = "👍" } },
      { "/file", { name = "a.txt", base64 = "aGVsbG8=" } }, { "/location", { latitude = 1, longitude = 2 } },
      { "/contact", { name = "Lu", phone = "+1" } }, { "/contacts", { contacts = { { name = { formatted_name = "Lu" } } } } },
      { "/order", { items = { { product_retailer_id = "p" } } } }, { "/unsupported", {} },
    }
    for _, row in ipairs(bodies) do
      local status, answer = ask(box, "POST", ana .. row[1], row[2])
      assert.equal(200, status, row[1])
      assert.is_string(answer.id)
      assert.is_string(answer.message.type)
      assert.is_string(answer.delivery)
    end
    for _, verb in ipairs { "/read", "/block", "/unblock", "/call" } do assert.equal(200, (ask(box, "POST", ana .. verb, {})), verb) end
    local _, answer = ask(box, "GET", "/chats/16505551234")
    assert.equal(1 + #bodies, #answer.entries)
    local first = answer.entries[1]
    assert.same({ "business", "👍" }, { first.from, first.reaction })
    assert.is_number(first.statuses.read)
    assert.same({ "user", "hi" }, { answer.entries[2].from, answer.entries[2].inbound.text.body })
    _, answer = ask(box, "GET", "/chats")
    assert.same({ "Ana", 0, false }, { answer.users[1].name, answer.users[1].unread, answer.users[1].blocked })
    assert.is_number(answer.users[1].window_until)
    local status
    status, answer = ask(box, "POST", "/users", { number = "+49 151", name = "Carla" })
    assert.same({ 200, "49151", "Carla" }, { status, answer.id, answer.name })
    assert.equal(3, #select(2, ask(box, "GET", "/chats")).users)
  end)

  it("moves the clock, and refuses to move it back", function()
    local box = new_box()
    local _, before = ask(box, "GET", "/clock")
    local _, after = ask(box, "POST", "/clock", { advance = 86400 })
    assert.equal(86400, after.now - before.now)
    assert.equal(86400, after.offset)
    assert.equal(200, (ask(box, "POST", "/clock", { set = after.now + 5 })))
    local status, answer = ask(box, "POST", "/clock", { set = 5 })
    assert.equal(400, status)
    assert.is_truthy(answer.problem:find("^set: the clock cannot go back"), answer.problem)
    assert.is_true(select(2, ask(box, "POST", "/clock", { freeze = true })).frozen)
    assert.is_false(select(2, ask(box, "POST", "/clock", { freeze = false })).frozen)
    for _, body in ipairs { {}, { advance = -1 }, { advance = "x" }, { back = 1 }, { advance = 1, set = 2 }, { freeze = 1 } } do
      assert.equal(400, (ask(box, "POST", "/clock", body)))
    end
    assert.equal(86405, select(2, ask(box, "GET", "/clock")).offset)
  end)

  it("adds, lists and removes rules of chaos", function()
    local box, client = new_box()
    local status, answer = ask(box, "POST", "/chaos", { on = "answer", what = "hang", times = 1 })
    assert.equal(200, status)
    assert.is_nil((client:send(TEXT)))
    local _, all = ask(box, "GET", "/chaos")
    assert.same({ answer.id, 1, false }, { all.rules[1].id, all.rules[1].fired, all.rules[1].active })
    status, answer = ask(box, "POST", "/chaos", { on = "answer", what = "hand" })
    assert.same({ 400, "chaos: on answer: what must be one of error, hang, html, late, refuse, reset, slow, throttle, token_expired, "
      .. "truncated, did you mean hang?" }, { status, answer.problem })
    assert.equal(404, (ask(box, "DELETE", "/chaos/c99")))
    assert.equal(200, (ask(box, "DELETE", "/chaos/c1")))
    assert.equal(200, (ask(box, "DELETE", "/chaos")))
    assert.same({}, select(2, ask(box, "GET", "/chaos")).rules)
  end)

  it("shows webhooks, sends them again, and sends raw webhooks", function()
    local box = new_box { webhook = URL, app_secret = "s" }
    box:user("16505551234"):writes "hi"
    box:run()[1].done { status = 500, headers = {}, body = ("x"):rep(5000) }
    local _, answer = ask(box, "GET", "/webhooks")
    local delivery = answer.deliveries[1]
    assert.same({ "text", "waiting", 500, 4096 }, { delivery.what, delivery.state, delivery.attempts[1].status, #delivery.attempts[1].answer })
    assert.is_true(whatsapp.webhook.verify(delivery.body, delivery.attempts[1].signature, "s"))
    local status
    status, answer = ask(box, "POST", "/webhooks/" .. delivery.id .. "/redeliver", {})
    assert.equal(200, status)
    assert.equal(delivery.body, box:run()[1].post.body)
    assert.are_not.equal(delivery.id, answer.id)
    assert.equal(200, (ask(box, "POST", "/webhooks/raw", { body = "any \1 bytes" })))
    local effect = box:run()[1]
    assert.equal("any \1 bytes", effect.post.body)
    assert.is_true(whatsapp.webhook.verify(effect.post.body, effect.post.headers["x-hub-signature-256"], "s"))
    for _, row in ipairs { { "/webhooks/d99/redeliver", {} }, { "/webhooks/raw", {} }, { "/webhooks/endpoint", { url = "ftp://x" } },
      { "/webhooks/endpoint", { url = 5 } }, { "/webhooks/endpoint", {} },
      { "/webhooks/raw", { body = "x", number = {} } }, { "/handshake", { number = {} } },
      { "/webhooks/endpoint", { url = URL, number = {} } }, { "/users", { number = "1", name = {} } } } do
      assert.equal(400, (ask(box, "POST", row[1], row[2])), row[1])
    end
    assert.equal(200, (ask(box, "POST", "/webhooks/endpoint", { url = "http://127.0.0.1:9/two" })))
    assert.equal("http://127.0.0.1:9/two", select(2, ask(box, "GET", "/info")).webhooks[""])
    assert.equal(200, (ask(box, "POST", "/handshake", {})))
    assert.equal("GET", box:run()[1].post.method)
    assert.equal(200, (ask(box, "POST", "/webhooks/endpoint", '{"url":null}')))
    assert.equal(400, (ask(box, "POST", "/handshake", {})))
  end)

  it("gives a message a status, and shows requests with their problems", function()
    local box, client = new_box()
    local id = assert(client:send(TEXT)).messages[1].id
    assert.equal(200, (ask(box, "POST", "/messages/" .. id .. "/read", {})))
    assert.equal(400, (ask(box, "POST", "/messages/" .. id .. "/deliver", {})))
    assert.equal(200, (ask(box, "POST", "/messages/" .. id .. "/play", {})))
    assert.equal(200, (ask(box, "POST", "/messages/" .. id .. "/fail", { code = 131049 })))
    assert.same({ "failed", 131049 }, { box.messages[1].status, box.messages[1].error })
    assert.equal(400, (ask(box, "POST", "/messages/" .. id .. "/read", {})))
    assert.equal(400, (ask(box, "POST", "/messages/wamid.X/read", {})))
    assert.equal(400, (ask(box, "POST", "/messages/" .. id .. "/fail", { code = "x" })))
    client:send({ to = "1", text = { body = ("x"):rep(5000) } }, { mode = "lenient" })
    local _, answer = ask(box, "GET", "/requests")
    local request = answer.requests[1]
    assert.same({ 400, "POST", "text.body" }, { request.status, request.method, request.problems[1].path })
    assert.is_truthy(request.request:find('"to":"1"', 1, true))
    assert.is_truthy(request.response:find("131009", 1, true))
    for _, path in ipairs { "/requests", "/webhooks" } do
      local _, whole = ask(box, "GET", path)
      local _, one = ask(box, "GET", path .. "?limit=1")
      local list, first = whole.requests or whole.deliveries, one.requests or one.deliveries
      assert.same({ list[1] }, first, path)
      assert.equal(400, (ask(box, "GET", path .. "?limit=x")), path)
    end
  end)

  it("refuses a foreign Host, a foreign Origin, a form, and unknown routes", function()
    local box = new_box()
    local JSON = "application/json"
    local cases = {
      { { host = "evil.example", ["content-type"] = JSON }, 403 }, { { host = "127.0.0.1.evil.example", ["content-type"] = JSON }, 403 },
      { { host = "127.0.0.1:1", origin = "https://evil.example", ["content-type"] = JSON }, 403 },
      { { host = "127.0.0.1:1", origin = "null", ["content-type"] = JSON }, 403 },
      { { host = "127.0.0.1:1", origin = "http://127.0.0.1:2", ["content-type"] = JSON }, 403 },
      { { host = "127.0.0.1:1", ["content-type"] = "application/x-www-form-urlencoded" }, 403 },
      { { host = "127.0.0.1:1", ["content-type"] = "text/plain" }, 403 }, { { host = "127.0.0.1:1" }, 403 },
      { { host = "localhost:1", ["content-type"] = JSON }, 200 }, { { host = "[::1]:1", ["content-type"] = JSON .. "; charset=utf-8" }, 200 },
      { { host = "127.0.0.1:1", origin = "http://127.0.0.1:1", ["content-type"] = JSON }, 200 },
    }
    for i, case in ipairs(cases) do
      assert.equal(case[2], (ask(box, "POST", "/users/16505551234/write", { text = "x" }, case[1])), i)
    end
    assert.equal(3, #box.inbound)
    assert.equal(403, (ask(box, "GET", "/messages", nil, { host = "evil.example" })))
    assert.equal(404, (ask(box, "GET", "/nothing")))
    assert.equal(405, (ask(box, "DELETE", "/messages")))
    assert.equal(404, (ask(box, "POST", "/users/999/write", { text = "x" })))
    assert.equal(404, (ask(box, "GET", "/chats/999")))
  end)

  it("answers bad input with 400 and a sentence, and loses nothing", function()
    local box, client = new_box()
    assert(client:send(TEXT))
    local paths = {
      "/users", "/users/16505551234/write", "/users/16505551234/press", "/users/16505551234/choose", "/users/16505551234/react",
      "/users/16505551234/file", "/users/16505551234/location", "/users/16505551234/contact", "/users/16505551234/flow",
      "/users/16505551234/order", "/users/16505551234/dance", "/clock", "/chaos", "/webhooks/raw", "/webhooks/endpoint",
    }
    for _, path in ipairs(paths) do
      for _, body in ipairs { "{", "5", "[]", "[1]", '"x"', "null", "{}", '{"text":5,"odd":{}}', '{"contacts":[5],"items":[5]}',
        ("["):rep(5000), '{"name":{},"number":{}}', '{"text":null,"emoji":[]}' } do
        local status, answer = ask(box, "POST", path, body)
        assert.equal(400, status, path .. " " .. body:sub(1, 40))
        assert.is_string(answer.problem)
      end
    end
    assert.same({ 1, 0 }, { #box.messages, #box.inbound })
  end)

  it("names the buttons of a message", function()
    local box, client = new_box()
    local id = assert(client:send { to = "16505551234", interactive = { type = "button", body = { text = "?" }, action = { buttons = {
      { type = "reply", reply = { id = "ok", title = "OK" } }, { type = "reply", reply = { id = "no", title = "No" } } } } } }).messages[1].id
    local status, answer = ask(box, "POST", "/users/16505551234/press", { button = "yes" })
    assert.same({ 400, ("press: no button `yes` in %s; it has: ok, no"):format(id) }, { status, answer.problem })
  end)
end)

describe("the events of the sandbox", function()
  it("are numbered and bounded, and a reader that has missed some of them learns this", function()
    local box, client = new_box()
    for i = 1, 10500 do client:send { to = "1", text = { body = tostring(i) } } end
    local events, gap = box:events(0)
    assert.same({ 10000, true }, { #events, gap })
    assert.equal(events[#events].seq, box.journal.last)
    events, gap = box:events(box.journal.last - 2)
    assert.same({ 2, false }, { #events, gap })
    events, gap = box:events(box.journal.last)
    assert.same({ 0, false }, { #events, gap })
    assert.equal(3, #box:events(500, 3))
  end)

  it("report everything that happens, each kind with its line", function()
    local box, client = new_box { webhook = URL }
    box.clock:advance(5)
    box.clock:freeze()
    box.chaos:add { on = "answer", what = "late", times = 1 }
    box:user("16505551234"):sends_file { name = "a.txt", data = "x" }
    assert(client:send(TEXT))
    box:run()
    box.templates:approve(box.templates:add({ name = "n", language = "en", components = {} }).id)
    require("whatsapp.sandbox.deliveries").handshake(box)
    for _, effect in ipairs(box:run()) do effect.done { status = 200, headers = {}, body = "" } end
    box:reset()
    local kinds, list = {}, {}
    for _, event in ipairs((box:events())) do
      kinds[event.kind] = true
      assert.is_truthy(box:line(event):find "^%d%d:%d%d:%d%d %S*.-%S")
      assert.is_nil(box:line(event):find "\n")
    end
    for kind in pairs(kinds) do list[#list + 1] = kind end
    table.sort(list)
    assert.equal("chaos clock delivery handshake inbound media request reset status template", table.concat(list, " "))
  end)

  it("have one line each for the terminal, without a secret", function()
    local lines = {}
    local box, client = new_box { webhook = URL, app_secret = "top-secret" }
    box.on_event = function(event) lines[#lines + 1] = box:line(event):sub(10) end
    box:user("16505551234"):writes "Hello\nworld"
    box:run()[1].done { status = 500, headers = {}, body = "" }
    assert(client:send(TEXT))
    client:send({ to = "1" }, { mode = "lenient" })
    local all = table.concat(lines, "\n")
    assert.is_truthy(all:find('<- Ana text "Hello world"', 1, true) or all:find('<- Ana text "Hello\\nworld"', 1, true), all)
    assert.is_truthy(all:find("webhook 500 in 0 ms, again in 5 s", 1, true), all)
    assert.is_truthy(all:find('-> 16505551234 text "x" wamid.', 1, true), all)
    assert.is_truthy(all:find("POST /v26.0/106540352242922/messages 400", 1, true), all)
    assert.is_nil(all:find("top-secret", 1, true))
    assert.equal(4, #lines)
  end)
end)

describe("the state of the sandbox", function()
  local START = 1800000000 -- the real time of both boxes: without it, the box that loads the state would have a later time

  local function full_box()
    local box, client = new_box { webhook = URL, seed = 5, now = function() return START end }
    local ana = box:user "16505551234"
    ana:writes "hi / 😀"
    assert(client:send(TEXT))
    assert(client:send { to = "49151", text = { body = "empty list" }, biz_opaque_callback_data = "stamp" })
    box:user("16505551234"):reacts "👍"
    ana:sends_file({ name = "a.bin", data = "\0\255bytes" })
    assert(client.media:upload { data = "%PDF-1.4", filename = "a.pdf" })
    ana:blocks()
    box:run()
    box.chaos:add { on = "webhook", what = "reverse", hold = 9, seconds = 1000 }
    box:user("5511912345678"):writes "held"
    box.chaos:add { on = "answer", what = "hang", times = 2 }
    box.clock:advance(100000)
    return box
  end

  it("can be saved as JSON, and everything continues from it", function()
    local old = full_box()
    local document = assert(json.decode(json.encode(old:state())))
    local box, client = new_box { webhook = URL, seed = 5, now = function() return START end }
    assert(box:load(document))
    assert.equal(old.clock:now(), box.clock:now())
    assert.equal(#old.messages, #box.messages)
    for i, entry in ipairs(old.messages) do
      assert.same(entry.message, box.messages[i].message)
      for _, name in ipairs { "id", "status", "user", "reaction", "seq", "at" } do assert.equal(entry[name], box.messages[i][name]) end
    end
    for i, entry in ipairs(old.inbound) do assert.same(entry.inbound, box.inbound[i].inbound) end
    for i, file in ipairs(old.media) do assert.same({ file.id, file.data, file.type }, { box.media[i].id, box.media[i].data, box.media[i].type }) end
    assert.is_true(box:user("16505551234").blocked)
    assert.same(old:user("16505551234").windows, box:user("16505551234").windows)
    assert.equal(old.waiting.count, box.waiting.count)
    local bodies = {}
    for _ = 1, 5 do
      for _, effect in ipairs(box:run()) do
        bodies[#bodies + 1] = effect.post.body
        effect.done { status = 200, headers = {}, body = "" }
      end
    end
    assert.equal(old.waiting.count, #bodies)
    assert.equal(2, #box.chaos:list())
    box.chaos:clear()
    local _, _, details = client:send(TEXT)
    assert.equal(131047, details.code)
    box:user("16505551234"):writes "again"
    local id = assert(client:send(TEXT)).messages[1].id
    for _, entry in ipairs(old.messages) do assert.are_not.equal(entry.id, id) end
    for _, entry in ipairs(old.inbound) do assert.are_not.equal(entry.id, id) end
  end)

  it("keeps statuses that are not due yet", function()
    local old, client = new_box { webhook = URL }
    assert(client:send(TEXT))
    old:run()
    local box = new_box { webhook = URL }
    assert(box:load(json.decode(json.encode(old:state()))))
    box.clock:advance(1)
    assert.equal("delivered", box.messages[1].status)
  end)

  it("continues the attempts of a webhook", function()
    local old = new_box { webhook = URL }
    old:user("16505551234"):writes "hi"
    for _ = 1, 2 do
      old:run()[1].done { status = 500, headers = {}, body = "" }
      old.clock:advance(5)
    end
    local box = new_box { webhook = URL }
    assert(box:load(json.decode(json.encode(old:state()))))
    assert.same({}, box:run())
    box.clock:advance(20)
    box:run()[1].done { status = 500, headers = {}, body = "" }
    assert.same({ 3, 270 }, { #box.shelves.deliveries.list[1].attempts, box:due() })
  end)

  it("keeps webhooks that a rule holds back", function()
    local old = new_box { webhook = URL }
    old.chaos:add { on = "webhook", what = "batch", seconds = 1000 }
    old:user("16505551234"):writes "held"
    local box = new_box { webhook = URL }
    assert(box:load(json.decode(json.encode(old:state()))))
    assert.is_truthy(box:run()[1].post.body:find("held", 1, true))
  end)

  it("changes nothing if it is not valid, or has a newer version", function()
    local box = full_box()
    local before = json.encode(box:state())
    local good = json.decode(before)
    local wrong = { 5, "x", {}, { version = "1" }, { version = 1 }, { version = 99 }, { version = 1, clock = {} } }
    for name in pairs(good) do
      for _, bad in ipairs(name == "objects" and { "x", true } or { "x", true, { 5 }, { { id = {} } } }) do
        local copy = json.decode(before)
        copy[name] = bad
        wrong[#wrong + 1] = copy
      end
    end
    local bad_json = json.decode(before)
    bad_json.messages[1].json = "{"
    local bad_file = json.decode(before)
    bad_file.media[1].base64 = "!"
    local bad_window = json.decode(before)
    bad_window.users[1].windows = { a = "x" }
    wrong[#wrong + 1], wrong[#wrong + 2], wrong[#wrong + 3] = bad_json, bad_file, bad_window
    for i, document in ipairs(wrong) do
      local ok, err = box:load(document)
      assert.is_nil(ok, i)
      assert.is_truthy(err:find("the state cannot be read: ", 1, true))
    end
    assert.same(good, json.decode(json.encode(box:state())))
    assert.is_truthy(select(2, box:load { version = 99 }):find("version 99", 1, true))
  end)

  it("is read and replaced through the control API, and /reset empties the box", function()
    local old = full_box()
    local box = new_box { webhook = URL }
    local response = old.control { method = "GET", url = "/_sandbox/state", headers = HEADERS }
    assert.equal(200, (ask(box, "PUT", "/state", response.body)))
    assert.equal(#old.messages, #box.messages)
    assert.equal(400, (ask(box, "PUT", "/state", "{}")))
    assert.equal(#old.messages, #box.messages)
    assert.equal(200, (ask(box, "POST", "/reset", {})))
    assert.same({ 0, 0, 0, 0 }, { #box.messages, #box.inbound, #box.chaos:list(), box.waiting.count })
    assert.is_nil(box:due())
    assert.equal(2, #select(2, ask(box, "GET", "/chats")).users)
  end)
end)
