-- whatsapp.flows: the encrypted endpoint against requests and answers of Node's crypto (support/flow_vectors.lua), and against
-- wrong requests, wrong keys and wrong callbacks. Touches no network.
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"
local vectors = require "spec.support.flow_vectors"
local whatsapp = require "whatsapp"

local flows = whatsapp.flows

local function post(body, signature)
  return {
    method = "POST", body = body,
    headers = { ["X-Hub-Signature-256"] = signature or "sha256=" .. crypto.hmac_sha256(vectors.secret, body) },
  }
end

-- returns an endpoint whose callbacks answer a vector, and the list of all reported lines
local function new(changes, on)
  local lines, seen = {}, {}
  local function callback(request)
    seen[#seen + 1] = request
    return json.decode(vectors.response)
  end
  local options = {
    private_key = vectors.keys[1].pkcs8, app_secret = vectors.secret,
    on = on or { init = callback, data_exchange = callback, back = callback, error = function(request) seen[#seen + 1] = request end },
    on_error = function(line) lines[#lines + 1] = line end,
  }
  for name, value in pairs(changes or {}) do options[name] = value end
  return flows.endpoint(options), lines, seen
end

local function exchange_of(name, number)
  for _, exchange in ipairs(vectors.keys[number or 1].exchanges) do
    if exchange.name == name then return exchange end
  end
end

local function bytes_of(hex) return (hex:gsub("..", function(byte) return string.char(tonumber(byte, 16)) end)) end

-- returns the decrypted answer to a vector
local function opened(exchange, answer)
  local iv = crypto.from_base64(json.decode(exchange.body).initial_vector)
  local flipped = iv:gsub(".", function(byte) return string.char(255 - byte:byte()) end)
  local text = crypto.secret(bytes_of(exchange.aes_key)):open(flipped, crypto.from_base64(answer))
  return text and json.decode(text)
end

-- returns a request with any content, as WhatsApp's client makes it
local function encrypted(content, number)
  local secret, iv = crypto.secret(), bytes_of(crypto.random(16))
  local key = crypto.public_key(vectors.keys[number or 1].public)
  return json.encode {
    encrypted_flow_data = crypto.base64(secret:seal(iv, type(content) == "string" and content or json.write(content))),
    encrypted_aes_key = crypto.base64(key:wrap(secret)), initial_vector = crypto.base64(iv),
  }, function(answer)
    local flipped = iv:gsub(".", function(byte) return string.char(255 - byte:byte()) end)
    local text = secret:open(flipped, crypto.from_base64(answer) or "")
    return text and json.decode(text)
  end
end

describe("flows.endpoint", function()
  it("answers each request of Node's crypto with the bytes that Node expects, for keys of 2048 and 4096 bits", function()
    for _, key in ipairs(vectors.keys) do
      for _, exchange in ipairs(key.exchanges) do
        local function respond() return json.decode(exchange.response) end
        local handle, lines = new({ private_key = key.pkcs8 }, { init = respond, data_exchange = respond, back = respond })
        local response = handle(post(exchange.body, exchange.signature))
        assert.same({ 200, exchange.answer }, { response.status, response.body }, exchange.name)
        assert.equal("text/plain", response.headers["content-type"])
        assert.same({}, lines)
      end
    end
  end)

  it("passes the request to the callback of the action, with lists that stay lists", function()
    local seen = {}
    local function note(name) return function(request) seen[#seen + 1] = { name, request } return { screen = "S", data = request.data } end end
    local handle = new(nil, { init = note "init", data_exchange = note "data_exchange", back = note "back" })
    for _, name in ipairs { "init", "data_exchange", "back" } do
      local exchange = exchange_of(name)
      local response = handle(post(exchange.body))
      local callback, request = seen[#seen][1], seen[#seen][2]
      assert.equal(name, callback)
      assert.same({ "3.0", "booking-1042", name }, { request.version, request.flow_token, request.action:lower() })
      assert.same(request.data, opened(exchange, response.body).data)
      if name == "data_exchange" then
        assert.equal(whatsapp.null, request.data.none)
        assert.equal('{"day":"2026-12-01","many":[1,2.5,"x"],"none":null,"note":"kein \\"Problem\\"\\n\\u0000","slots":[]}',
          (json.write(opened(exchange, response.body).data)))
      end
    end
    assert.equal(3, #seen)
  end)

  it("answers pings and notifications of errors by itself", function()
    local handle, lines, seen = new()
    local alone = new(nil, {})
    for _, one in ipairs { handle, alone } do
      assert.equal(exchange_of("ping").answer, one(post(exchange_of("ping").body)).body)
      assert.equal(exchange_of("error").answer, one(post(exchange_of("error").body)).body)
    end
    assert.same({ "invalid-screen-transition" }, { seen[1].data.error })
    assert.same({ 1, 0 }, { #seen, #lines })
    local raising, said = new(nil, { error = function() error "no" end })
    assert.equal(200, raising(post(exchange_of("error").body)).status)
    assert.equal(1, #said)
  end)

  it("takes any of several keys and secrets, in every form of PEM", function()
    local new_key, old_key = vectors.keys[2], vectors.keys[1]
    local handle, lines = new {
      private_key = { new_key.pkcs8_aes, old_key.pkcs1_des3 }, passphrase = { "another one", vectors.passphrase },
      app_secret = { "new", vectors.secret },
    }
    for number = 1, 2 do assert.equal(exchange_of("ping", number).answer, handle(post(exchange_of("ping", number).body)).body) end
    assert.same({}, lines)
    for _, form in ipairs { "pkcs1", "pkcs8", "pkcs1_des3", "pkcs8_aes" } do
      local one = new { private_key = old_key[form], passphrase = form:find "_" and vectors.passphrase or nil }
      assert.equal(200, one(post(exchange_of("ping").body)).status)
    end
  end)

  it("answers 421 if no key fits, 432 for a wrong signature, 405 and 413", function()
    local handle, lines, seen = new()
    local body = exchange_of("data_exchange").body
    assert.equal(421, handle(post(exchange_of("ping", 2).body)).status)
    assert.equal(421, new { private_key = flows.generate_key().private_key }(post(body)).status)
    for _, signature in ipairs { "", "sha256=" .. ("0"):rep(64), "sha256=" .. crypto.hmac_sha256("x", body), exchange_of("ping").signature } do
      assert.equal(432, handle(post(body, signature)).status)
    end
    assert.equal(432, handle({ method = "POST", headers = {}, body = body }).status)
    assert.equal(432, handle({ method = "POST" }).status)
    assert.same({ 405, "POST" }, { handle({ method = "GET" }).status, handle({ method = "GET" }).headers.allow })
    assert.equal(413, new { max_body = 100 }(post(body)).status)
    assert.same({ 7, 0 }, { #lines, #seen })
    assert.is_false(pcall(handle))
  end)

  it("refuses garbage in each member, decrypts nothing, and reports one line", function()
    local exchange = exchange_of("data_exchange")
    local members = json.decode(exchange.body)
    local garbage = {
      "", "x", "====", "A===", "AAA", "A A=", " ", "\0\0\0\0", ("A"):rep(4), ("A"):rep(340) .. "====", crypto.base64(("\0"):rep(15)),
      crypto.base64(("\1"):rep(16)), crypto.base64(("\255"):rep(256)), crypto.base64(("\255"):rep(257)), ("é"):rep(2),
    }
    for name, member in pairs(members) do
      local list = { member:sub(1, -5), member .. "AAAA", member:sub(5), "\n" .. member, member .. "\n", member:lower() }
      for _, text in ipairs(garbage) do list[#list + 1] = text end
      for _, text in ipairs(list) do
        local changed = { [name] = text }
        for other, value in pairs(members) do changed[other] = changed[other] or value end
        local handle, lines, seen = new()
        local response = handle(post(json.encode(changed)))
        local bytes = crypto.from_base64(text) -- a key helps only against a member that has the right form
        local status = (not bytes or name == "initial_vector" and #bytes ~= 16) and 400 or 421
        assert.same({ status, "", 1, 0 }, { response.status, response.body, #lines, #seen }, name .. " " .. text)
        assert.is_nil(lines[1]:find "%c")
      end
      for _, value in ipairs { 5, true, {}, whatsapp.null } do
        local changed = { [name] = value }
        for other, text in pairs(members) do if other ~= name then changed[other] = text end end
        local handle, lines, seen = new()
        assert.same({ 400, 1, 0 }, { handle(post(json.write(changed))).status, #lines, #seen })
      end
    end
    for _, body in ipairs { "", "{}", "[]", "null", "x", '"x"', "[1", ("["):rep(200), "{" } do
      local handle, lines = new()
      assert.same({ 400, 1 }, { handle(post(body)).status, #lines }, body)
    end
  end)

  it("refuses encrypted content that is no request", function()
    local rows = {
      "", "x", "[]", "5", "{", { action = "navigate" }, { version = "3.0" }, { action = 5 }, { action = {} }, { action = "" },
    }
    for _, content in ipairs(rows) do
      local handle, lines, seen = new()
      local response = handle(post((encrypted(content))))
      assert.same({ 400, "", 1, 0 }, { response.status, response.body, #lines, #seen })
    end
  end)

  it("answers 500 if a callback is missing, raises, fails or returns no screen", function()
    local request = { action = "data_exchange", version = "3.0", screen = "PAY", flow_token = "t-4711", data = { name = "Ana Luiza" } }
    local rows = {
      { nil, "no callback for the action data_exchange" },
      { function() error "down" end, "data_exchange: .*down" },
      { function() error { 5 } end, "data_exchange: table" },
      { function() error(setmetatable({}, { __tostring = function() error "x" end })) end, "data_exchange: a table that has no text" },
      { function() error() end, "data_exchange" },
      { function() return nil, "the data base\nis down" end, "data_exchange: the data base\\nis down$" },
      { function() end, "returned no { screen =, data = }, but a nil" },
      { function() return true end, "returned no { screen =, data = }" },
      { function() return {} end, "returned no name of a screen" },
      { function() return { screen = "" } end, "returned no name of a screen" },
      { function() return { screen = 5, data = {} } end, "returned no name of a screen" },
      { function() return { screen = "X", data = "x" } end, "returned data that is not a table" },
      { function() return { screen = "X", data = { f = print } } end, "data_exchange: data.f: JSON cannot hold a function" },
      { function() return { screen = "X", data = { x = "\255" } } end, "data_exchange: data.x: not UTF%-8" },
      { function(r) error("cannot book for " .. r.data.name .. " with " .. r.flow_token) end, "cannot book for %*%*%* with %*%*%*" },
      { function(r) return nil, r.data.name end, "data_exchange: %*%*%*$" },
    }
    for i, row in ipairs(rows) do
      local handle, lines = new(nil, { data_exchange = row[1] or nil })
      local response = handle(post((encrypted(request))))
      assert.same({ 500, "", 1 }, { response.status, response.body, #lines }, "row " .. i)
      assert.is_truthy(lines[1]:find(row[2]), lines[1])
      for _, secret in ipairs { "%c", "Ana Luiza", "t%-4711", "PRIVATE" } do assert.is_nil(lines[1]:find(secret), lines[1]) end
    end
  end)

  it("answers 427 if the callback returns used_up, with the text for the user", function()
    local handle, lines = new(nil, { init = function() return flows.used_up "Booked already" end })
    local body, open = encrypted { action = "INIT", version = "3.0", flow_token = "t" }
    local response = handle(post(body))
    assert.equal(427, response.status)
    assert.same({ error_msg = "Booked already" }, open(response.body))
    assert.equal("init: the flow_token is used up: Booked already", lines[1])
    assert.is_false(pcall(flows.used_up))
  end)

  it("sends a screen's data unchanged", function()
    local handle = new(nil, { init = function()
      return { screen = "S", data = { none = whatsapp.array {}, empty = {}, id = 1234567890123456, nested = { { whatsapp.array {} } } } }
    end, back = function() return { screen = "S" } end })
    local body, open = encrypted { action = "INIT", version = "3.0" }
    local answer = open(handle(post(body)).body)
    assert.equal('{"data":{"empty":{},"id":1234567890123456,"nested":[[[]]],"none":[]},"screen":"S"}', (json.write(answer)))
    body, open = encrypted { action = "BACK", version = "3.0" }
    assert.equal('{"data":{},"screen":"S"}', (json.write(open(handle(post(body)).body))))
  end)

  it("continues if on_error raises or is missing", function()
    for _, on_error in ipairs { function() error "x" end, false } do
      local handle = flows.endpoint { private_key = vectors.keys[1].pkcs8, app_secret = "s", on = {}, on_error = on_error or nil }
      assert.equal(432, handle(post "x").status)
    end
  end)

  it("raises for wrong options at the caller's line, and shows no secret", function()
    local key = vectors.keys[1]
    local good = { private_key = key.pkcs8, app_secret = "s3cret-s3cret", on = {} }
    local rows = {
      { { private_key = key.pkcs8_aes }, "private_key is a private key that needs its passphrase" },
      { { private_key = key.pkcs1_des3, passphrase = "wrong pass" }, "another passphrase opens, or that is damaged" },
      { { private_key = { key.pkcs8, key.pkcs8_aes }, passphrase = "wrong pass" }, "private_key[2] is a private key" },
      { { private_key = key.public }, "private_key is a public key, not a private one" },
      { { private_key = vectors.ec }, "private_key is a key of another kind than RSA" },
      { { private_key = vectors.small }, "private_key is an RSA key of less than 2048 bits" },
      { { private_key = (key.pkcs8:gsub("MII", "XXX")) }, "private_key is no private key in PEM" },
      { { private_key = (key.pkcs8:sub(1, 300)) }, "private_key is no private key in PEM" },
      { { private_key = "hunter2" }, "option private_key must be a key in PEM" },
      { { private_key = 5 }, "option private_key must be a key in PEM" },
      { { private_key = { nil, key.pkcs8 } }, "option private_key must be a key in PEM" },
      { { private_key = {} }, "option private_key must be a key in PEM" },
      { { private_key = false }, "flows.endpoint needs private_key" },
      { { app_secret = false }, "flows.endpoint needs app_secret" },
      { { on = false }, "flows.endpoint needs on" },
      { { on = { INIT = print } }, "it has no member INIT, did you mean init?" },
      { { on = { init = 5 } }, "its member init has a wrong value" },
      { { passphras = "x" }, "unknown option passphras, did you mean passphrase?" },
    }
    for i, row in ipairs(rows) do
      local options = {}
      for name, value in pairs(good) do options[name] = value end
      for name, value in pairs(row[1]) do if value then options[name] = value else options[name] = nil end end
      local ok, err = pcall(function() flows.endpoint(options) end)
      assert.is_false(ok, i)
      assert.is_truthy(err:find(row[2], 1, true), err)
      assert.is_truthy(err:find "flows_spec.lua:%d+:", err)
      for _, secret in ipairs { "hunter2", "wrong pass", "s3cret", "MII" } do assert.is_nil(err:find(secret, 1, true), err) end
    end
    assert.is_false(pcall(flows.endpoint))
  end)

  it("shows no secret when it is printed", function()
    local key = crypto.private_key(vectors.keys[1].pkcs8)
    for _, object in ipairs { key, crypto.secret(), crypto.decipher(("k"):rep(32), ("i"):rep(16)) } do
      assert.is_truthy(tostring(object):find "^[%w.]+: 0?x?%x+$", tostring(object))
    end
  end)
end)

describe("flows.generate_key", function()
  it("makes a pair that an endpoint can use", function()
    for _, passphrase in ipairs { false, "correct horse" } do
      local pair = flows.generate_key { passphrase = passphrase or nil }
      local title = passphrase and "ENCRYPTED PRIVATE KEY" or "PRIVATE KEY"
      assert.is_truthy(pair.private_key:find("-----BEGIN " .. title .. "-----", 1, true))
      assert.is_truthy(pair.public_key:find("-----BEGIN PUBLIC KEY-----", 1, true))
      assert.equal(pair.public_key, flows.public_key { private_key = pair.private_key, passphrase = passphrase or nil })
      new { private_key = pair.private_key, passphrase = passphrase or nil }
    end
    assert.are_not.equal(flows.generate_key().private_key, flows.generate_key().private_key)
    assert.is_true(#flows.generate_key({ bits = 3072 }).private_key > 2000)
  end)

  it("raises for wrong options", function()
    for _, wrong in ipairs { { bits = 1024 }, { bits = 10000 }, { bits = "x" }, { passphrase = 5 }, { size = 2048 }, 5 } do
      local ok, err = pcall(function() flows.generate_key(wrong) end)
      assert.is_false(ok)
      assert.is_truthy(err:find "flows_spec.lua", err)
    end
  end)

  it("has a public_key that reports what is wrong with a key", function()
    local key, err = flows.public_key { private_key = vectors.keys[1].pkcs8_aes, passphrase = "x" }
    assert.is_nil(key)
    assert.is_truthy(err:find "another passphrase")
    assert.equal(vectors.keys[1].public, flows.public_key { private_key = vectors.keys[1].pkcs1 })
  end)
end)
