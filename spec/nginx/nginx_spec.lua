-- The library inside nginx's Lua: nginx finds and loads it, and each worker can use it. Over real sockets.
local nginx_server = require "spec.support.nginx"

describe("nginx", function()
  local nginx

  setup(function()
    nginx = nginx_server.start {
      workers = 2, env = { WORDS = "it's fine" },
      http = [[init_by_lua_block { require "whatsapp" }]],
      server = [[
        location /encode { content_by_lua_block {
          local body = require("whatsapp").encode { to = "1", text = { body = os.getenv "WORDS" } }
          ngx.print(body) } }
        client_body_buffer_size 8k;
        location /serve { content_by_lua_block {
          require("whatsapp.nginx").serve(function(request)
            local said = ("%s %s %s %d %s"):format(request.method, tostring(request.query), tostring(request.headers["x-given"]),
              #request.body, request.body:sub(-3))
            return { status = 207, headers = { ["x-answer"] = "z" }, body = said }
          end) } }
        location /echo { content_by_lua_block {
          ngx.req.read_body()
          ngx.log(ngx.WARN, "echoed at $PORT")
          ngx.header.x_method = ngx.req.get_method()
          ngx.status = 201
          ngx.print(ngx.req.get_body_data()) } }]],
    }
  end)

  teardown(function() nginx.stop() end)

  it("checks and writes messages", function()
    local status, body = nginx.ask "/encode"
    assert.equal(200, status)
    assert.equal('{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"text","text":{"body":"it\'s fine"}}', body)
  end)

  it("shows the request, the answer and the log", function()
    local status, body, headers = nginx.ask("/echo", { body = "x" })
    assert.same({ 201, "x", "POST" }, { status, body, headers["x-method"] })
    assert(nginx.wait_for("echoed at " .. nginx.port))
  end)

  it("serves a handler: its request and its response", function()
    local status, body, headers = nginx.ask("/serve?a=1&b", { method = "PUT", body = ("x"):rep(200000), headers = { ["X-Given"] = "y" } })
    assert.same({ 207, "PUT a=1&b y 200000 xxx" }, { status, body })
    assert.same({ "z", "22" }, { headers["x-answer"], headers["content-length"] })
    status, body = nginx.ask "/serve"
    assert.same({ 207, "GET nil nil 0 " }, { status, body })
  end)

  it("is gone after it was stopped, and reports why it cannot start", function()
    local other = nginx_server.start { server = "location / { return 204; }" }
    finally(other.stop)
    assert.equal(204, (other.ask "/"))
    other.stop()
    assert.is_nil(io.open(other.folder .. "/nginx.conf"))
    local ok, text = pcall(nginx_server.start, { http = "init_by_lua_block { error 'no good' }" })
    assert.is_false(ok)
    assert.is_truthy(text:find("no good", 1, true), text)
  end)
end)

describe("a webhook's handler in nginx", function()
  local webhooks = require "spec.support.webhooks"
  local nginx

  setup(function()
    nginx = nginx_server.start {
      http = ([[
        lua_shared_dict counts 1m;
        init_by_lua_block {
          local counts = ngx.shared.counts
          local DO = {
            exit = function(argument) ngx.exit(tonumber(argument)) end,
            redirect = function(argument) ngx.redirect(argument) end,
            exec = function(argument) ngx.exec(argument) end,
            print = function(argument) ngx.print(argument) ngx.flush(true) end,
            eof = function() ngx.eof() end,
            raise = function(argument) error(setmetatable({}, { __tostring = function() error(argument) end })) end,
          }
          package.loaded.handle = require("whatsapp").webhook.handler {
            app_secret = "SECRET", verify_token = "t",
            on_error = function(err) ngx.log(ngx.ERR, err) end,
            on = { message = function(event)
              local name, argument = event.text:match "^(%%w+) ?(.*)$"
              if DO[name] then DO[name](argument) end
              counts:incr("handled " .. event.id, 1, 0)
            end },
          }
        } ]]):gsub("%%%%", "%%"):gsub("SECRET", webhooks.SECRET),
      server = [[
        location /webhook { content_by_lua_block { require("whatsapp.nginx").serve(package.loaded.handle) } }
        location /fine { return 200; }
        location /exit { content_by_lua_block { ngx.exit(204) } }
        location /raises { content_by_lua_block { require("whatsapp.nginx").serve(function() error "no handler" end) } }
        location /count { content_by_lua_block { ngx.print(ngx.shared.counts:get("handled " .. ngx.var.arg_id) or 0) } }]],
    }
  end)
  teardown(function() nginx.stop() end)

  local function post(body, headers)
    headers = headers or {}
    headers["X-Hub-Signature-256"] = headers["X-Hub-Signature-256"] or webhooks.sign(body)
    return (nginx.ask("/webhook", { body = body, headers = headers }))
  end

  local number = 0
  for _, action in ipairs { "exit 200", "exit 0", "exit 204", "exit 500", "redirect /fine", "exec /fine", "print x", "eof", "raise" } do
    it("handles every event, and answers 500, if a callback calls " .. action, function()
      number = number + 1
      local first, middle, last = number .. ".1", number .. ".2", number .. ".3"
      local body = webhooks.body { messages = { webhooks.text(first, "x"), webhooks.text(middle, action), webhooks.text(last, "x") } }
      assert.equal(500, post(body))
      for _, id in ipairs { first, last } do
        local _, count = nginx.ask("/count?id=" .. id)
        assert.equal("1", count)
      end
    end)
  end

  it("does not change ngx.exit for other code", function()
    assert.equal(204, (nginx.ask "/exit"))
    assert.equal(500, (nginx.ask "/raises"))
    assert.equal(204, (nginx.ask "/exit"))
    assert.equal(200, post(webhooks.body { messages = { webhooks.text("after", "x") } }))
  end)

  it("reads the signature after any number of headers", function()
    local body = webhooks.body { messages = { webhooks.text("behind", "x") } }
    for _, count in ipairs { 1, 99, 150, 400 } do
      local headers = {}
      for i = 1, count do headers["X-Header-" .. i] = "y" end
      assert.equal(200, post(body, headers))
      headers["X-Hub-Signature-256"] = "sha256=" .. ("0"):rep(64)
      assert.equal(401, post(body, headers))
    end
  end)
end)

describe("work after the answer", function()
  local nginx
  local function requests(count)
    for _ = 1, count do assert.equal(200, (nginx.ask "/")) end
  end

  -- each request defers `work`; the answer is 500 if it cannot
  local function start(work, options, directives, before)
    nginx = nginx_server.start {
      http = (directives or "") .. [[
        init_by_lua_block { ]] .. (before or "") .. [[ package.loaded.defer = require("whatsapp.nginx").defer(]] .. (options or "") .. ") }",
      server = "location / { content_by_lua_block { package.loaded.defer(function() " .. work .. [[ end) ngx.print "answered" } }
        location /late { content_by_lua_block {
          ngx.print "answered"
          ngx.eof()
          ngx.sleep(0.3)
          package.loaded.defer(function() ngx.log(ngx.NOTICE, "done when it was late") end) } }
        location /collect { content_by_lua_block { collectgarbage() collectgarbage() } }
        location /hold { content_by_lua_block { ngx.timer.at(0, function() ngx.sleep(1.5) end) } }]],
    }
  end
  after_each(function() nginx.stop() end)

  it("is done after the answer, in no more timers at once than allowed", function()
    start([[
      at_once = (at_once or 0) + 1
      ngx.log(ngx.NOTICE, "at once: ", at_once, ";")
      ngx.sleep(0.02)
      at_once = at_once - 1 ]], "{ concurrency = 3 }")
    requests(20)
    assert(nginx.wait_for("at once: ", 20))
    assert.is_true(nginx.logged "at once: 3;" > 0)
    assert.equal(0, nginx.logged "at once: 4;")
  end)

  it("continues after a work that fails", function()
    start([[ error "no good" ]], "{ concurrency = 1 }")
    requests(2)
    assert(nginx.wait_for("no good", 2))
    requests(1)
    assert(nginx.wait_for("no good", 3))
  end)

  it("continues after a work that calls ngx.exit, which raises", function()
    start([[
      works = (works or 0) + 1
      ngx.log(ngx.NOTICE, "work ", works, " begins")
      if works == 1 then ngx.exit(500) end ]], "{ concurrency = 1 }")
    requests(2)
    assert(nginx.wait_for "work 2 begins")
    assert(nginx.wait_for "ngx.exit in a callback would lose")
  end)

  it("continues after a work that ends its timer by a copy of ngx.exit, after garbage was collected, and reports this", function()
    start([[
      works = (works or 0) + 1
      ngx.log(ngx.NOTICE, "work ", works, " begins")
      if works == 1 then package.loaded.exit(500) end ]], "{ concurrency = 1 }", nil, "package.loaded.exit = ngx.exit")
    requests(2)
    assert(nginx.wait_for "work 1 begins")
    nginx.ask "/collect"
    requests(1)
    assert(nginx.wait_for "work 3 begins")
    assert(nginx.wait_for "1 jobs ended their timers")
    assert.equal(1, nginx.logged "ended their timers")
  end)

  it("is refused if too much work waits, or if nginx makes no timer", function()
    start("ngx.sleep(5)", "{ concurrency = 1, max = 2 }", "lua_max_running_timers 10;")
    local answers = {}
    for i = 1, 5 do answers[i] = nginx.ask "/" end
    assert.same({ 200, 200, 200, 500, 500 }, answers)
    assert(nginx.wait_for "2 jobs wait already")
  end)

  it("is done later if nginx dropped a timer because too many ran", function()
    start([[ ngx.log(ngx.NOTICE, "it is done") ]], "{ concurrency = 1 }", "lua_max_running_timers 1;")
    assert.equal(200, (nginx.ask "/hold"))
    requests(1)
    assert(nginx.wait_for "lua_max_running_timers are not enough")
    assert.equal(0, nginx.logged "it is done")
    local ends, count = os.time() + 10, 1
    while nginx.logged "it is done" == 0 and os.time() < ends do
      require("whatsapp.sandbox.process").run("/", "sleep 0.2")
      requests(1)
      count = count + 1
    end
    assert(nginx.wait_for("it is done", count))
  end)

  it("is done while a worker ends", function()
    start([[ ngx.sleep(0.1) ngx.log(ngx.NOTICE, "done at last") ]], "{ concurrency = 1 }")
    requests(2)
    nginx.ask "/late"
    require("whatsapp.sandbox.process").run(nginx.folder, "kill -HUP $(cat nginx.pid)")
    assert(nginx.wait_for("done at last", 2))
    assert(nginx.wait_for "done when it was late")
  end)
end)
