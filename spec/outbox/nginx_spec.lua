-- The outbox inside nginx: the questions of every store over memory and Redis, with cosockets, and messages that are put in one
-- request and sent by a timer.
local engines = require "spec.support.engines"
local nginx_of = require "spec.support.nginx"

local SERVER = [[
  location /questions { content_by_lua_block {
    local store_of = {
      memory = function() return require("whatsapp.outbox.memory").new() end,
      redis = function(queue) return require("whatsapp.outbox.redis").new { port = $REDIS, queue = queue } end,
    }
    local kind, failed = ngx.var.arg_store, 0
    for i, row in ipairs(require "spec.outbox.questions") do
      local shared = kind == "memory" and store_of.memory()
      local ok, err = pcall(row.ask, {
        open = function() return shared or store_of[kind]("question " .. i) end, pass = ngx.sleep,
      })
      if not ok then
        failed = failed + 1
        ngx.say(row.name, ": ", err)
      end
      if i == #require "spec.outbox.questions" then ngx.say(i - failed, " answered, ", failed, " failed") end
    end
  } }
  location /put { content_by_lua_block {
    local outbox = require("whatsapp").outbox.new { store = require("whatsapp.outbox.redis").new { port = $REDIS, queue = "bot" } }
    local message = { to = "49151" .. ngx.var.arg_n % 7, type = "text", text = { body = ngx.var.arg_n } }
    ngx.say((assert(outbox:put(message, { key = "n" .. ngx.var.arg_n }))))
  } }
  location /run { content_by_lua_block {
    local whatsapp = require "whatsapp"
    local outbox = whatsapp.outbox.new { store = require("whatsapp.outbox.redis").new { port = $REDIS, queue = "bot" } }
    assert(ngx.timer.at(0, function()
      local client = whatsapp.new { token = "EAAx", phone_number_id = "1", base_url = "http://127.0.0.1:$PORT" }
      local count = outbox:run(client, { until_empty = true, concurrency = 4, poll = 0.1 })
      ngx.log(ngx.NOTICE, "the outbox is empty after ", count)
    end))
    ngx.say "started"
  } }
  location ~ /messages$ { content_by_lua_block {
    ngx.req.read_body()
    local message = require("whatsapp.core").decode(ngx.req.get_body_data())
    ngx.log(ngx.NOTICE, "arrived: ", message.text.body, ";")
    ngx.header["Content-Type"] = "application/json"
    ngx.print('{"messages":[{"id":"wamid.', message.text.body, '"}]}')
  } }
]]

describe("the outbox in nginx", function()
  local redis, nginx

  setup(function()
    redis = engines.redis()
    nginx = nginx_of.start { server = (SERVER:gsub("%$REDIS", tostring(redis.port))), workers = 2 }
  end)
  teardown(function()
    nginx.stop()
    redis.stop()
  end)

  for _, kind in ipairs { "memory", "redis" } do
    it("answers the questions of every store: " .. kind, function()
      local status, body = nginx.ask("/questions?store=" .. kind, { timeout = 60 })
      assert.equal(200, status, nginx.log())
      assert.equal(("%d answered, 0 failed\n"):format(#require "spec.outbox.questions"), body)
    end)
  end

  it("sends in a timer the messages that requests have put, each once", function()
    for n = 1, 20 do
      local status, body = nginx.ask("/put?n=" .. n)
      assert.same({ 200, "new\n" }, { status, body }, nginx.log())
    end
    for _ = 1, 2 do assert.equal(200, (nginx.ask "/run")) end -- two senders at once
    assert(nginx.wait_for("the outbox is empty", 2))
    for n = 1, 20 do assert.equal(1, nginx.logged(("arrived: %d;"):format(n))) end
  end)
end)
