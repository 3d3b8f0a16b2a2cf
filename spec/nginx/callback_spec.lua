-- whatsapp.transport.callback in a worker of nginx: it refuses to wait, and the worker lives; with ngx.semaphore as its waiter it
-- waits, also if the request ends before the answer.
local nginx_server = require "spec.support.nginx"

local HANDLER = [[
local transport = require("whatsapp.transport.callback").new {
  start = function(_, done) ngx.timer.at(0.05, function() done { status = 200, headers = {}, body = "late" } end) end,
  now = ngx.now, after = function(seconds, call) ngx.timer.at(seconds, call) end, waiter = $WAITER,
}
local thread = ngx.thread.spawn(function()
  local ok, answer = pcall(transport, { method = "GET", url = "https://graph.example/", headers = {} })
  if not ngx.var.arg_end then ngx.print(ok and answer.body or answer) end
end)
if ngx.var.arg_end then ngx.exit(204) end
ngx.thread.wait(thread) ]]

local SEMAPHORE = [[function()
  local semaphore = require("ngx.semaphore").new(0)
  return function() semaphore:wait(60) end, function() semaphore:post(1) end
end]]

describe("whatsapp.transport.callback in nginx", function()
  for waiter, words in pairs { ["nil"] = "cannot wait in nginx: use whatsapp.transport.resty", [SEMAPHORE] = "late" } do
    it("answers: " .. words, function()
      local nginx = nginx_server.start { level = "warn",
        server = ("location / { content_by_lua_block { %s } }"):format((HANDLER:gsub("%$WAITER", waiter))) }
      finally(nginx.stop)
      for _ = 1, 5 do
        for _ = 1, 20 do nginx.ask "/?end=1" end -- the answer of a request that has ended
        local status, body = nginx.ask "/"
        assert.equal(200, status)
        assert.is_truthy(body:find(words, 1, true), body)
      end
      assert.equal(0, nginx.logged "exited on signal")
    end)
  end
end)
