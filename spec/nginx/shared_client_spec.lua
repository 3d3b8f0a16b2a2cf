-- One client, made before nginx forked its workers and shared by handlers that send at once, wait for each other, fail, and are
-- killed. Each message arrives once, complete and with the right token; its answer comes to its sender; a killed send ends.
local nginx_server = require "spec.support.nginx"

-- A number determines the message, the token and the outcome, in the same way for the handlers and for the spec.
local SENDERS = [[
local whatsapp = require "whatsapp"
local parent = whatsapp.new {
  token = "token-number-0", phone_number_id = "100", base_url = "http://127.0.0.1:$PORT", timeout = 1,
  limiter = $LIMITER, retry = { attempts = 2, total = 20 },
}
local clients = { [0] = parent }
for i = 1, 6 do clients[i] = parent:with { token = "token-number-" .. i, phone_number_id = 100 + i } end
local function slow_token()
  ngx.sleep(0.001 * math.random(3))
  return "token-number-7"
end
clients[7] = parent:with { token = slow_token, phone_number_id = 107 }
local fates = { "fine", "fine", "fine", "fine", "slow", "late", "cut", "again" }
local fills = { "", ("x"):rep(3000), ("\240\159\152\128"):rep(4000) } -- a light thread sends the last message

sent_by = function(id) return clients[id % 8] end
message_of = function(id)
  local text = ("%s %d %s."):format(fates[math.floor(id / 8) % 8 + 1], id, fills[id % 3 + 1])
  return { to = tostring(15550000000 + id), text = { body = text } }
end
count = function(...) ngx.shared.seen:incr(table.concat({ ... }, " "), 1, 0) end
ended = function(id, sent, text, details)
  if sent and sent.messages[1].id ~= "wamid." .. id then count("wrong: the answer of another message") end
  local fate = message_of(id).text.body:match "^%l+"
  count("ended", fate, sent and "sent" or details.may_have_been_sent and "lost" or "unsent")
end ]]

local API = [[
local json = require "whatsapp.wire.json"
ngx.req.read_body()
local message = json.decode(ngx.req.get_body_data())
local fate, id = message.text.body:match "^(%l+) (%d+) "
local wanted, number = message_of(tonumber(id)), id % 8
if message.to ~= wanted.to or message.text.body ~= wanted.text.body then count("wrong: the body of two messages") end
if ngx.var.http_authorization ~= "Bearer token-number-" .. number then count("wrong: the token of another") end
if ngx.var.uri ~= ("/v26.0/%d/messages"):format(100 + number) then count("wrong: the number of another") end
local times = ngx.shared.seen:incr("times " .. id, 1, 0)
if times > 1 and not (fate == "again" and times == 2) then count("wrong: sent twice") end
if fate == "slow" then ngx.sleep(0.01 + 0.1 * math.random()) end
if fate == "late" then ngx.sleep(1.5) end
if fate == "cut" then return ngx.exit(444) end
if fate == "again" and times == 1 then
  ngx.status = 429
  return ngx.print '{"error":{"message":"slower","code":4,"type":"OAuthException","fbtrace_id":"t"}}'
end
ngx.print(('{"messaging_product":"whatsapp","messages":[{"id":"wamid.%s"}]}'):format(id)) ]]

local HANDLER = [[
local how, from, many = ngx.var.arg_how, tonumber(ngx.var.arg_from), tonumber(ngx.var.arg_many)
local function leave()
  count "left"
  ngx.exit(499)
end
if how == "left" then
  ngx.on_abort(leave)
  count "begun"
end
if how == "each" then
  local i = -1
  local batch = sent_by(from):each(function()
    i = i + 1
    return i < many and message_of(from + 8 * i) or nil
  end, { concurrency = 16 })
  local message, sent, text, details = batch:next()
  while message do
    ended(tonumber(message.text.body:match "(%d+)"), sent, text, details)
    message, sent, text, details = batch:next()
  end
  return ngx.print "ended"
end
local threads = {}
for id = from, from + many - 1 do
  threads[#threads + 1] = ngx.thread.spawn(function() ended(id, sent_by(id):send(message_of(id))) end)
end
if how == "killed" or how == "exited" then ngx.sleep(0.01 + 0.06 * math.random()) end
if how == "exited" then ngx.exit(204) end
for i = 2, how == "killed" and many or 0, 2 do ngx.thread.kill(threads[i]) end
for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
ngx.print "ended" ]]

local REPORT = [[
local dict = ngx.shared.seen
for _, key in ipairs(dict:get_keys(0)) do
  if not key:find "^times" then ngx.say(key, "=", dict:get(key)) end
end ]]

local WAYS = { "all", "each", "killed", "exited", "left" }

local function counted(nginx, name)
  local _, report = nginx.ask "/report"
  return tonumber(report:match(name .. "=(%d+)") or 0)
end

-- returns the answers of the handlers by their way of sending; the clients of the way "left" go away while their handlers run
local function drive(nginx, handlers, many)
  local curl, clients, leaving, answers = require "whatsapp.curl", {}, {}, {}
  for i = 1, handlers do
    local way = WAYS[i % #WAYS + 1]
    local client = curl.new { proxy = "" } -- each with its own connection
    local url = nginx.url(("/go?how=%s&from=%d&many=%d"):format(way, i * 8 * many, many))
    client:add({ method = "GET", url = url, timeout = 30 }, way)
    client:step()
    table.insert(way == "left" and leaving or clients, client)
  end
  local deadline = curl.now() + 30
  while counted(nginx, "begun") < #leaving and curl.now() < deadline do
    for _, client in ipairs(leaving) do client:wait(0.01) end
  end
  for _, client in ipairs(leaving) do client:close() end
  for _, client in ipairs(clients) do
    local way, answer = client:next()
    while not way do
      client:wait(1)
      way, answer = client:next()
    end
    local said = answer and answer.status .. answer.body or "none"
    answers[way] = answers[way] or {}
    answers[way][said] = (answers[way][said] or 0) + 1
    client:close()
  end
  return answers
end

for name, limiter in pairs { ["without limits"] = "false", ["with limits"] = "{ throughput = 1000 }" } do
  it("a client that many handlers share never mixes messages and answers, " .. name, function()
    local nginx = nginx_server.start {
      workers = 2, level = "warn",
      http = "lua_shared_dict seen 8m; client_body_buffer_size 1m; lua_socket_log_errors off; init_by_lua_block {"
        .. SENDERS:gsub("%$LIMITER", limiter) .. "}",
      server = ("location /v26.0 { content_by_lua_block { %s } } location /report { content_by_lua_block { %s } }\n"):format(API, REPORT)
        .. ("location /go { lua_check_client_abort on; content_by_lua_block { %s } }"):format(HANDLER),
    }
    finally(nginx.stop)
    local handlers, many = 20, 64
    local answers = drive(nginx, handlers, many)
    local each = handlers / #WAYS
    assert.same({ ["200ended"] = each }, answers.all)
    assert.same({ ["200ended"] = each }, answers.each)
    assert.same({ ["200ended"] = each }, answers.killed)
    assert.same({ ["204"] = each }, answers.exited)
    assert.equal(each, counted(nginx, "left"))
    local _, report = nginx.ask "/report"
    assert.is_nil(report:find "wrong", report)
    for _, words in ipairs { "fine sent", "slow sent", "again sent", "late lost", "cut lost" } do
      assert.is_truthy(report:find("ended " .. words, 1, true), report)
    end
    assert.equal("", nginx.log())
  end)
end

describe("a handler ends though a thread was killed", function()
  local nginx
  setup(function()
    nginx = nginx_server.start {
      level = "warn", http = "client_body_buffer_size 32m; client_max_body_size 32m; lua_socket_log_errors off;",
      server = [[
        location /heard { content_by_lua_block { ngx.req.read_body() ngx.sleep(1) ngx.print "{}" } }
        location /deaf { content_by_lua_block { ngx.sleep(1) ngx.exit(444) } }
        location /go { content_by_lua_block {
          local transport = require("whatsapp.transport.resty").new {}
          local request = { method = "POST", url = "http://127.0.0.1:$PORT/" .. ngx.var.arg_to, timeout = 1,
            body = ("x"):rep(tonumber(ngx.var.arg_size)) }
          local thread = ngx.thread.spawn(function() transport(request) end)
          ngx.sleep(0.2)
          ngx.print(tostring(ngx.thread.kill(thread))) } }
        location /fast { content_by_lua_block { ngx.req.read_body() ngx.print "{}" } }
        location /answered { content_by_lua_block {
          local http1, came = require "whatsapp.transport.http1", require("ngx.semaphore").new()
          local read = http1.read
          http1.read = function(...)
            local answer, err, status = read(...)
            came:post(1) -- wakes this handler before the code that waits for the answer
            return answer, err, status
          end
          local transport = require("whatsapp.transport.resty").new {}
          local request = { method = "POST", url = "http://127.0.0.1:$PORT/fast", timeout = 1,
            body = ("x"):rep(tonumber(ngx.var.arg_size)) }
          local thread = ngx.thread.spawn(function() transport(request) end)
          local heard = came:wait(5)
          http1.read = read
          ngx.print(tostring(heard), tostring(ngx.thread.kill(thread))) } }
 ]],
    }
  end)
  teardown(function() nginx.stop() end)

  for _, size in ipairs { 100, 20000, 2 ^ 24 } do
    for _, to in ipairs { "heard", "deaf" } do
      it(("that sent %d bytes, which were %s"):format(size, to), function()
        local status, killed = nginx.ask(("/go?to=%s&size=%d"):format(to, size), { timeout = 10 })
        assert.same({ 200, "1" }, { status, killed })
      end)
    end

    it(("that sent %d bytes, and was killed when the answer had come"):format(size), function()
      for _ = 1, 3 do
        local status, killed = nginx.ask("/answered?size=" .. size, { timeout = 10 })
        assert.same({ 200, "true1" }, { status, killed })
      end
    end)
  end
end)

-- nginx frees the memory of a request and of its light threads when the request ends, and uses a coroutine again for another
-- request. A client or a batch that many requests share must not look at a coroutine of an ended request.
describe("a request that ended while a function of the user waited", function()
  local nginx
  setup(function()
    nginx = nginx_server.start {
      level = "warn",
      http = [[lua_socket_log_errors off; init_by_lua_block {
        asked, waits = 0, true
        client = require("whatsapp").new {
          phone_number_id = "100", base_url = "http://127.0.0.1:$PORT", limiter = false,
          token = function()
            asked = asked + 1
            while waits do ngx.sleep(0.01) end
            return "a-token-of-a-test"
          end,
        }
        hooked = require("whatsapp").new {
          token = "a-token-of-a-test", phone_number_id = "100", base_url = "http://127.0.0.1:$PORT", limiter = false,
          before_send = function() while waits do ngx.sleep(0.01) end end,
        }
        batch, rest = false, 0
        source = function()
          rest = rest - 1
          return rest >= 0 and { to = "15550000001", text = { body = "x" } } or nil
        end
        send = function() return client:send { to = "15550000001", text = { body = "x" } } end
      }]],
      server = [[
        location /v26.0 { content_by_lua_block { ngx.print '{"messages":[{"id":"wamid.1"}]}' } }
        location /ends { lua_check_client_abort on; content_by_lua_block {
          asked, waits = 0, true
          if ngx.var.arg_how == "left" then return send() end
          local thread = ngx.thread.spawn(send)
          if ngx.var.arg_how == "other" then ngx.thread.spawn(send) end
          if ngx.var.arg_how ~= "exited" then ngx.thread.kill(thread) end
          ngx.exit(204) } }
        location /memory { content_by_lua_block {
          for i = 1, 100 do ngx.thread.spawn(function() ngx.ctx["a name " .. i] = ("\255"):rep(i * 10) end) end
          for i = 1, 100 do ngx.req.set_header("X-" .. i, ("\255"):rep(200)) end } }
        location /send { content_by_lua_block {
          waits = false
          local sent, err = send()
          ngx.print(asked, " ", sent and sent.messages[1].id or err) } }
        location /batch_ends { content_by_lua_block {
          rest, waits = 3, true
          batch = hooked:each(source)
          ngx.thread.spawn(function() batch:next() end)
          ngx.exit(204) } }
        location /batch_goes_on { content_by_lua_block {
          waits = false
          for _, sent, err in batch do ngx.say(sent and sent.messages[1].id or err) end } }
        location /same { content_by_lua_block {
          asked, waits = 0, true
          local thread = ngx.thread.spawn(send)
          ngx.thread.kill(thread)
          waits = false
          local sent, err = send()
          ngx.print(asked, " ", sent and sent.messages[1].id or err) } } ]],
    }
  end)
  teardown(function() nginx.stop() end)

  for _, how in ipairs { "exited", "killed", "other", "left" } do
    it("does not disturb other requests: " .. how, function()
      for _ = 1, 5 do
        nginx.ask("/ends?how=" .. how, { timeout = how == "left" and 0.2 or 10 })
        for _ = 1, 20 do nginx.ask "/memory" end
        local status, said = nginx.ask("/send", { timeout = 30 })
        assert.same({ 200, "2 wamid.1" }, { status, said })
      end
      assert.equal("", nginx.log())
    end)
  end

  it("does not disturb a batch that other requests go on with", function()
    for _ = 1, 5 do
      nginx.ask "/batch_ends"
      for _ = 1, 20 do nginx.ask "/memory" end
      local status, said = nginx.ask("/batch_goes_on", { timeout = 30 })
      assert.same({ 200, "an error was raised before the request was sent\nwamid.1\nwamid.1\n" }, { status, said })
    end
    assert.equal("", nginx.log())
  end)

  it("does not disturb the other light threads of a request", function()
    local status, said = nginx.ask "/same"
    assert.same({ 200, "2 wamid.1" }, { status, said })
    assert.equal("", nginx.log())
  end)
end)
