-- The client over a transport without a network: its options, its requests, its results, and that it shows no secret.
local crypto = require "whatsapp.crypto"
local memory = require "whatsapp.transport.memory"
local output_of = require "spec.support.output"
local whatsapp = require "whatsapp"

local TOKEN, SECRET = "EAAtokenTOKENtoken1234567890", "app-secret-0123456789"
local TEXT = { to = "16505551234", text = { body = "x" } }
local ACCEPTED = {
  status = 200, headers = { ["x-fb-trace-id"] = "T1", ["x-app-usage"] = '{"call_count":3}' },
  body = '{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.X"}]}',
}

-- answers with a copy each time, as a network does
local function always(answer)
  return function()
    local copy = {}
    for name, value in pairs(answer) do copy[name] = value end
    return copy
  end
end

local function client_with(answers, more)
  local transport = memory.new(answers or always(ACCEPTED))
  local options = { token = TOKEN, phone_number_id = "106540352242922", transport = transport }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

-- returns every string in a value, at any depth, also that of __tostring
local function strings_of(value, into, seen)
  into, seen = into or {}, seen or {}
  if type(value) == "string" then into[#into + 1] = value end
  if type(value) ~= "table" or seen[value] then return into end
  seen[value] = true
  into[#into + 1] = tostring(value)
  for name, member in pairs(value) do
    strings_of(name, into, seen)
    strings_of(member, into, seen)
  end
  return into
end

local function assert_no_secret(...)
  for i = 1, select("#", ...) do
    for _, text in ipairs(strings_of((select(i, ...)))) do
      assert.is_nil(text:find(TOKEN, 1, true), text)
      assert.is_nil(text:find(SECRET, 1, true), text)
      assert.is_nil(text:find(crypto.hmac_sha256(SECRET, TOKEN), 1, true), text)
    end
  end
end

describe("whatsapp.new", function()
  local function raises(options, with)
    local ok, err = pcall(function()
      local client = whatsapp.new(options) -- a tail call would hide the caller's line
      return client
    end)
    assert.is_false(ok)
    assert.is_truthy(err:find(with, 1, true), err)
    assert.is_truthy(err:find("client_spec.lua:", 1, true), "blames another line: " .. err)
    assert_no_secret(err)
  end

  it("raises at the caller's line for options that are missing, unknown or of another kind", function()
    raises(nil, "whatsapp.new takes a table")
    raises(whatsapp, "with a dot")
    raises({ token = TOKEN, phone_number_id = "1", transport = memory }, "option transport is a module: call its .new()")
    raises({ token = TOKEN, phone_number_id = "+1 650 555" }, "the id of the number in the app's dashboard")
    raises({}, "needs a token")
    raises({ token = TOKEN }, "needs a phone_number_id")
    raises({ token = TOKEN, phone_number_id = "1", tokken = "x" }, "unknown option tokken")
    local wrong = {
      token = { "", "a\nb", "a b", 5 }, phone_number_id = { "", "../x", 1.5, {} }, version = { "25", 25, "v25" },
      base_url = { "graph.facebook.com", "ftp://x", "https://x?y=1", "https://user:password@x" }, transport = { 5, {} },
      timeout = { 0, -1, "5", 1 / 0, 0 / 0, 1e9 },
      retry = { true, { attempt = 3 }, { attempts = 0 }, { attempts = 1.5 }, { total = "x" }, { total = 1 / 0 }, { may_send_twice = 1 } },
      mode = { "loose" },
      limiter = { 5, true, function() end }, stamp = { 1 }, before_send = { {} },
      app_secret = { "" }, log = { "x" }, on_warning = { {} }, allow_http = { 1 }, max_body = { 1.5, 0 },
      ca_file = { "", 5 }, proxy = { 5, "a\0b" }, user_agent = { "", "a\r\nX: y" }, connect_timeout = { 0 },
    }
    for name, values in pairs(wrong) do
      for _, value in ipairs(values) do
        local options = { token = TOKEN, phone_number_id = "1" }
        options[name] = value
        raises(options, "option " .. name)
      end
    end
  end)

  it("takes plain http only to loopback, or when it is allowed", function()
    local function new(url, allow) return { token = TOKEN, phone_number_id = "1", base_url = url, allow_http = allow } end
    raises(new "http://example.com", "plain http")
    raises(new "http://127.0.0.1.example.com", "plain http")
    raises(new "http://localhost.example.com:80", "plain http")
    for _, url in ipairs { "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://example.com/prefix/" } do
      assert.is_table(whatsapp.new(new(url)))
    end
    assert.is_table(whatsapp.new(new("http://example.com", true)))
  end)

  it("loads neither libcurl nor a JSON reader", function()
    local lua = arg and arg[-1] or "lua5.4"
    local output = output_of(lua .. [[ -e 'local w = require "whatsapp" local c = w.new { token = "t", phone_number_id = "1" }
      assert(c:request { to = "1", text = { body = "x" } })
      print(package.loaded["whatsapp.curl"], package.loaded.cjson, package.loaded["whatsapp.crypto"])' 2>&1]])
    assert.equal("nil\tnil\tnil\n", output)
  end)
end)

describe("whatsapp.new with a transport", function()
  it("raises at the caller's line for options that the transport would not get", function()
    for name, value in pairs { proxy = "", ca_file = "ca.crt", connect_timeout = 1, max_body = 1024 } do
      local ok, problem = pcall(client_with, nil, { [name] = value })
      assert.is_false(ok)
      assert.is_truthy(problem:find("option " .. name .. ": pass it to the transport", 1, true), problem)
      whatsapp.new({ token = TOKEN, phone_number_id = "1", [name] = value }):close()
    end
    client_with(nil, { timeout = 1, user_agent = "x", allow_http = true, base_url = "http://example.com" })
  end)
end)

describe("client:request", function()
  it("gives plain data without a secret", function()
    local client = client_with(nil, { timeout = 7, app_secret = SECRET })
    local request = client:request(TEXT)
    assert.same({
      method = "POST", url = "https://graph.facebook.com/v26.0/106540352242922/messages",
      headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "lua-whatsapp/" .. whatsapp._VERSION },
      timeout = 7, to = "16505551234", phone_number_id = "106540352242922",
      body = '{"messaging_product":"whatsapp","recipient_type":"individual","to":"16505551234","type":"text","text":{"body":"x"}}',
    }, request)
    assert_no_secret(request)
  end)

  it("uses version, base_url, number and the options of the call", function()
    local client = client_with(nil, { version = "v23.0", base_url = "https://proxy.example/graph/", phone_number_id = 106540352242922 })
    local request = client:request({ to = "1", new = {} }, { timeout = 2, mode = "lenient" })
    assert.equal("https://proxy.example/graph/v23.0/106540352242922/messages", request.url)
    assert.equal(2, request.timeout)
    assert.is_truthy(request.body:find('"new":{}', 1, true))
  end)

  it("takes a number's id as any integer that this Lua holds exactly", function()
    local function url_of(id) return client_with(nil, { phone_number_id = id }):request({ to = "1", text = { body = "x" } }).url end
    assert.is_truthy(url_of(2 ^ 53):find("/9007199254740992/", 1, true))
    assert.is_false(pcall(url_of, 2 ^ 53 + 2))
    if math.maxinteger then assert.is_truthy(url_of(math.maxinteger):find("/9223372036854775807/", 1, true)) end
    for _, wrong in ipairs { 0, -1, 1.5, 1 / 0 } do assert.is_false(pcall(url_of, wrong)) end
  end)

  it("returns the problems of a message, and calls no transport", function()
    local client, transport = client_with()
    local request, text, details = client:request { to = "1" }
    assert.is_nil(request)
    assert.is_truthy(text:find("type: missing", 1, true))
    assert.equal("invalid", details.kind)
    assert.is_nil((client:send { to = "1" }))
    assert.equal(0, #transport.requests)
  end)
end)

describe("a transport of the user's", function()
  it("gets the header User-Agent, which the library's transports set themselves", function()
    local client, transport = client_with(nil, { user_agent = "a program/1.0" })
    assert.is_table((client:send(TEXT)))
    assert.equal("a program/1.0", transport.requests[1].headers["User-Agent"])
    client, transport = client_with()
    assert.is_table((client:send(TEXT)))
    assert.equal("lua-whatsapp/" .. whatsapp._VERSION, transport.requests[1].headers["User-Agent"])
  end)
end)

describe("the option proxy", function()
  it("must be a proxy or empty", function()
    for _, proxy in ipairs { "", "http://127.0.0.1:1", "127.0.0.1:1", "socks5h://a:b@host:1", "HTTPS://host" } do
      assert.is_table(whatsapp.new { token = TOKEN, phone_number_id = "1", proxy = proxy })
    end
    for _, proxy in ipairs { "nonsense://x", "ftp://host", "http://", "http:///x", "a b", "://x", "file:///etc/passwd" } do
      local ok, err = pcall(whatsapp.new, { token = TOKEN, phone_number_id = "1", proxy = proxy })
      assert.is_false(ok, proxy)
      assert.truthy(err:find("option proxy must be a URL such as", 1, true), err)
    end
  end)
end)

describe("client:authorize", function()
  it("adds the token to a copy", function()
    local client = client_with()
    local request = client:request(TEXT)
    local signed = client:authorize(request)
    assert.equal("Bearer " .. TOKEN, signed.headers.Authorization)
    assert.equal("application/json", signed.headers["Content-Type"])
    assert.is_nil(request.headers.Authorization)
    assert.equal(request.body, signed.body)
    assert.equal(request.url, signed.url)
  end)

  it("adds appsecret_proof if the client has an app secret", function()
    local client = client_with(nil, { app_secret = SECRET })
    local proof = crypto.hmac_sha256(SECRET, TOKEN)
    assert.equal("https://graph.facebook.com/y?appsecret_proof=" .. proof, client:authorize({ url = "https://graph.facebook.com/y" }).url)
    assert.equal("https://graph.facebook.com/y?a=b&appsecret_proof=" .. proof, client:authorize({ url = "https://graph.facebook.com/y?a=b" }).url)
  end)

  it("raises for a value that is no request", function()
    assert.is_false(pcall(function() client_with():authorize {} end))
  end)
end)

describe("client:send", function()
  it("returns the API's answer, nil and the info of the exchange", function()
    local result, text, info = client_with():send(TEXT)
    assert.equal("wamid.X", result.messages[1].id)
    assert.is_nil(text)
    assert.same({ attempts = 1, http_status = 200, trace_id = "T1", usage = { app = { call_count = 3 } } }, info)
  end)

  it("sends the current credentials at each attempt", function()
    local tokens = { "first-token", "second-token" }
    local throttled = { status = 400, headers = {}, body = '{"error":{"code":130429}}' }
    local client, transport = client_with({ throttled, ACCEPTED }, { token = function() return table.remove(tokens, 1) end })
    local _, _, info = client:send(TEXT)
    assert.equal(2, info.attempts)
    assert.equal("Bearer first-token", transport.requests[1].headers.Authorization)
    assert.equal("Bearer second-token", transport.requests[2].headers.Authorization)
  end)

  it("sends nothing if the token function returns no token", function()
    for _, given in ipairs { { nil, "the vault is shut" }, { "" }, { "a\r\nX: y" }, { 5 } } do
      local client, transport = client_with(nil, { token = function() return given[1], given[2] end })
      local result, text, details = client:send(TEXT)
      assert.is_nil(result)
      assert.is_truthy(text:find("the token function gave ", 1, true))
      assert.same({ "refused", "token", false, false },
        { details.kind, details.refused_by, details.retryable, details.may_have_been_sent })
      assert.equal(0, #transport.requests)
    end
  end)

  it("repeats a request that was refused before it was processed, and tells the number of attempts", function()
    local throttled = { status = 400, headers = {}, body = '{"error":{"code":131056}}' }
    local client, transport = client_with({ throttled, ACCEPTED })
    local result, _, info = client:send(TEXT)
    assert.is_table(result)
    assert.equal(2, info.attempts)
    assert.is_true(transport.slept >= 6)
    client = client_with({ throttled, throttled, throttled }, { retry = { attempts = 3, total = 300 } })
    local _, _, details = client:send(TEXT)
    assert.equal(3, details.attempts)
    assert.is_true(details.retryable)
  end)

  it("never repeats a message that may have been sent", function()
    local lost = { text = "the connection broke", details = { kind = "transport", retryable = false, may_have_been_sent = true } }
    for _, outcome in ipairs { lost, { status = 500, headers = {}, body = "" }, { status = 200, headers = {}, body = "<html>" },
      { status = 500, headers = {}, body = '{"error":{"code":131000}}' }, { text = "no details" } } do
      local client, transport = client_with { outcome }
      local result, text, details = client:send(TEXT)
      assert.is_nil(result)
      assert.is_string(text)
      assert.is_true(details.may_have_been_sent)
      assert.same({ 1, 1 }, { details.attempts, #transport.requests })
    end
  end)

  it("takes retry and timeout of the call before those of the client", function()
    local throttled = { status = 400, headers = {}, body = '{"error":{"code":130429}}' }
    local client, transport = client_with({ throttled }, { timeout = 9 })
    local _, _, details = client:send(TEXT, { retry = false, timeout = 3 })
    assert.equal(1, details.attempts)
    assert.equal(3, transport.requests[1].timeout)
    client = client_with({ throttled }, { retry = false })
    assert.equal(1, select(3, client:send(TEXT)).attempts)
  end)

  it("reports warnings, and still sends the message", function()
    local seen = {}
    local message = { to = "1", audio = { id = "1", caption = "x" } }
    local client = client_with(nil, { on_warning = function(warning, of) seen[#seen + 1] = { warning.path, of } end })
    local _, _, info = client:send(message)
    assert.same({ { "audio.caption", message } }, seen)
    assert.equal("audio.caption", info.warnings[1].path)
  end)

  it("sends everything in lenient mode", function()
    local client, transport = client_with(nil, { mode = "lenient" })
    assert.is_table((client:send { to = "1", type = "hologram", hologram = {} }))
    assert.is_nil((client:send({ to = "1", type = "hologram", hologram = {} }, { mode = "strict" })))
    assert.equal(1, #transport.requests)
  end)

  it("goes through the hook, the limits and the log, which see no secret", function()
    local seen, keys, entries = {}, {}, {}
    local client = client_with(nil, {
      app_secret = SECRET,
      log = function(entry) entries[#entries + 1] = entry end,
      before_send = function(request) seen[#seen + 1] = request end,
      limiter = { store = { take = function(_, key)
        keys[#keys + 1] = key
        return 0
      end } },
    })
    assert.is_table((client:send(TEXT)))
    assert.same({ 1, 2, 1 }, { #seen, #keys, #entries })
    assert.equal(200, entries[1].status)
    assert.equal("https://graph.facebook.com/v26.0/106540352242922/messages", entries[1].url)
    assert_no_secret(seen, keys, entries)
  end)

  it("gets no seconds in the log if the transport has no clock", function()
    local seen
    local client = whatsapp.new {
      token = "t", phone_number_id = "1", transport = function() return { status = 500, headers = {}, body = "" } end,
      log = function(entry) seen = entry end,
    }
    client:send { to = "16505551234", text = { body = "hi" } }
    assert.equal(500, seen.status)
    assert.is_nil(seen.seconds)
  end)

  it("logs a failed attempt without its secrets", function()
    local entries = {}
    local client = client_with(function(request)
      return nil, "could not send " .. request.url .. " with " .. request.headers.Authorization .. TOKEN, nil
    end, { app_secret = SECRET, log = function(entry) entries[#entries + 1] = entry end })
    local _, text, details = client:send(TEXT)
    assert.is_truthy(text:find("***", 1, true))
    assert_no_secret(text, details, entries)
  end)

  it("does not give a token back that the API repeats", function()
    local client = client_with(function(request)
      return { status = 401, headers = {}, body = '{"error":{"code":190,"message":"bad ' .. request.headers.Authorization .. '"}}' }
    end)
    local _, text, details = client:send(TEXT)
    assert.equal(190, details.code)
    assert_no_secret(text, details)
  end)

  it("says that the message may have been sent if a transport returns no response", function()
    for _, wrong in ipairs { "200 OK", 200, true, {}, { status = "200" } } do
      local result, text, details = client_with(function() return wrong end):send(TEXT)
      assert.is_nil(result)
      assert.is_truthy(text:find("the transport returned a " .. type(wrong), 1, true), text)
      assert.same({ "transport", false, true }, { details.kind, details.retryable, details.may_have_been_sent })
    end
    assert.is_truthy(select(2, client_with(function() end):send(TEXT)):find("the transport returned nothing", 1, true))
  end)

  it("shows no secret that comes back in a header, a body or the details of a transport", function()
    local proof = crypto.hmac_sha256(SECRET, TOKEN)
    local echoes = {
      function(r) return { status = 400, headers = { ["x-fb-trace-id"] = r.headers.Authorization, ["content-type"] = TOKEN }, body = "" } end,
      function(r) return { status = 200, headers = {}, body = '{"error":{"code":190,"message":"' .. r.url .. '"}}' } end,
      function() return { status = 500, headers = {}, body = '{"error":{"code":1,"fbtrace_id":"' .. proof .. '"}}' } end,
      function() return { status = 400, headers = {}, body = '{"error":{"code":1,"message":"' .. TOKEN:gsub("E", "\\u0045") .. '"}}' } end,
      function(r) return nil, "x", { kind = "transport", retryable = false, may_have_been_sent = true, message = r.url, more = { SECRET } } end,
      function(r) return { status = 200, headers = { ["x-fb-trace-id"] = r.headers.Authorization, ["x-app-usage"] = '{"a":"' .. TOKEN .. '"}' },
        body = ACCEPTED.body } end,
    }
    for _, echo in ipairs(echoes) do
      local entries = {}
      local client = client_with(echo, { app_secret = SECRET, log = function(entry) entries[#entries + 1] = entry end })
      local _, text, details = client:send(TEXT)
      assert_no_secret(text, details, entries)
    end
  end)

  it("keeps the messages of two clients apart", function()
    local function meddle(request)
      request.headers.Evil = "1"
    end
    local seen = {}
    local meddling = client_with(function(request)
      meddle(request)
      seen[#seen + 1] = request.headers
      return ACCEPTED
    end, { before_send = meddle })
    assert.is_table((meddling:send(TEXT)))
    assert.is_table((meddling:send(TEXT)))
    assert.is_false(seen[1] == seen[2])
    assert.is_nil(client_with():request(TEXT).headers.Evil)
  end)

  it("returns the outcome although the log raises, with the log's error", function()
    local client, transport = client_with(nil, { log = function() error "disk full" end })
    local result, _, info = client:send(TEXT)
    assert.is_table(result)
    assert.is_truthy(info.log_error:find("disk full", 1, true))
    assert.equal(1, #transport.requests)
    client = client_with({ { text = "lost" } }, { log = function() error "disk full" end })
    local _, _, details = client:send(TEXT)
    assert.is_truthy(details.log_error:find("disk full", 1, true))
  end)

  it("raises at the caller for wrong use", function()
    local client = client_with()
    local function blames(f, with)
      local ok, err = pcall(function() f() end)
      assert.is_false(ok)
      assert.is_truthy(err:find(with, 1, true), err)
      assert.is_truthy(err:find("client_spec.lua:", 1, true), "blames another line: " .. err)
    end
    blames(function() local _ = client:send "hello" end, "a message is a table")
    blames(function() local _ = client:send() end, "a message is a table")
    blames(function() local _ = client.send(TEXT) end, "client:send")
    blames(function() local _ = client:send(TEXT, { timeou = 1 }) end, "unknown option timeou")
    blames(function() local _ = client:send(TEXT, 5) end, "options must be a table")
    blames(function() local _ = client:mark_read(5) end, "a message_id is a string")
    blames(function() local _ = client:with { timeout = 5 } end, "unknown option timeout")
  end)
end)

describe("client:mark_read", function()
  it("is needed for a message_id: a message with a message_id and without a status is refused", function()
    local _, err = client_with():send { message_id = "wamid.X" }
    assert.equal('status: missing: "read"', err)
  end)

  it("marks a message as read, and shows a typing indicator", function()
    local client, transport = client_with(always { status = 200, headers = {}, body = '{"success":true}' })
    assert.is_true(client:mark_read("wamid.X").success)
    assert.is_true(client:mark_read("wamid.X", { typing = true }).success)
    assert.equal('{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}', transport.requests[1].body)
    assert.equal('{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X","typing_indicator":{"type":"text"}}',
      transport.requests[2].body)
  end)

  it("is repeated if it may have arrived, and not if it was refused", function()
    local lost = { text = "lost", details = { kind = "transport", retryable = false, may_have_been_sent = true } }
    local client = client_with { lost, { status = 500, headers = {}, body = "" }, { status = 200, headers = {}, body = '{"success":true}' } }
    local result, _, info = client:mark_read "wamid.X"
    assert.is_true(result.success)
    assert.equal(3, info.attempts)
    client = client_with { { status = 400, headers = {}, body = '{"error":{"code":100}}' } }
    assert.equal(1, select(3, client:mark_read "wamid.X").attempts)
    client = client_with({ lost }, { retry = false })
    assert.equal(1, select(3, client:mark_read "wamid.X").attempts)
  end)

  it("checks the id", function()
    local _, _, details = client_with():mark_read ""
    assert.equal("message_id", details.problems[1].path)
  end)
end)

describe("client:with", function()
  it("sends for another number with another token, over the same transport", function()
    local client, transport = client_with()
    local other = client:with { phone_number_id = "2", token = "other-token" }
    assert.is_table((other:send(TEXT)))
    assert.is_table((client:send(TEXT)))
    assert.is_truthy(transport.requests[1].url:find("/2/messages", 1, true))
    assert.equal("Bearer other-token", transport.requests[1].headers.Authorization)
    assert.is_truthy(transport.requests[2].url:find("/106540352242922/messages", 1, true))
    assert.equal("Bearer " .. TOKEN, transport.requests[2].headers.Authorization)
  end)
end)

describe("client:close", function()
  it("closes the client for ever", function()
    local client = client_with()
    local other = client:with { phone_number_id = "2" }
    client:close()
    client:close()
    for _, closed in ipairs { client, other } do
      local ok, err = pcall(function() return closed:send(TEXT) end)
      assert.is_false(ok)
      assert.is_truthy(err:find("attempt to use a closed client", 1, true))
    end
    assert.is_truthy(tostring(client):find("whatsapp.client", 1, true))
  end)

  it("shows no secret in any print or dump", function()
    local client = client_with(nil, { app_secret = SECRET })
    assert_no_secret(client, getmetatable(client))
    assert.equal("whatsapp.client (106540352242922)", tostring(client))
  end)
end)
