-- Finalizers that call whatsapp.curl while the Lua state closes, in every order: each call answers or raises, and the process
-- ends as usual. A program of its own. Never sends to another host.
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"

-- Lua finalizes later objects first
local PROGRAM = [[
local url = (...)
local curl, client, started
local called = 0
local request = { method = "POST", url = url, body = "x", headers = {}, timeout = 0.2 }
local calls = {
  function() return client:perform(request) end, function() return client:add(request, 1) end, function() return client:next() end,
  function() return client:step() end, function() return client:wait(0.01) end, function() return client:running() end,
  function() return client:progress(1) end, function() return client:abort(1) end, function() return client:pollfd() end,
  function() return client:events() end, function() return client:tags() end, function() return client:sockets() end,
  function() return client:timeout() end, function() return tostring(client) end, function() return client:close() end,
  function() return curl.now() end, function() return curl.sleep(0) end, function() return curl.new {} end,
  function() return curl.new({}):perform(request) end, function() return require("whatsapp.curl").new {} end,
}
local function finalize()
  for _, call in ipairs(calls) do pcall(call) called = called + 1 end
  if called == 3 * #calls then io.write "all called" io.flush() end
end
local kept = {}
local function object()
  if newproxy then
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = finalize
    kept[#kept + 1] = proxy
  else
    kept[#kept + 1] = setmetatable({}, { __gc = finalize })
  end
end
object()
curl = require "whatsapp.curl"
object()
client = curl.new { proxy = "" }
client:add(request, 1)
client:step()
object()
]]

describe("whatsapp.curl in finalizers", function()
  local fault, scratch

  setup(function() fault, scratch = fault_server.start(), scratch_folder.new() end)
  teardown(function()
    fault.stop()
    scratch.remove()
  end)

  for _, step in ipairs { "ok", "silence" } do
    it("answers or raises while the state closes: " .. step, function()
      fault.play(step, step, step, step, step, step)
      local said = output(("%s %s '%s' 2>&1; echo \" $?\""):format(os.getenv "LUA" or "lua5.4", scratch.write("script", PROGRAM),
        fault.url "plain"))
      assert.equal("all called 0\n", said)
    end)
  end
end)
