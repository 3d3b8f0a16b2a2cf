-- A transport in a forked child: the child has its own connections, and nothing that it does, also its end, disturbs the
-- connections of the parent. Never sends to another host; the children leave no report and remove nothing.
local compile = require "spec.support.compile"
local curl = require "whatsapp.transport.curl"
local fault_server = require "spec.support.fault"
local output_of = require "spec.support.output"
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local write = require "spec.support.write"

local PORTS, over, LOST = rows.TLS, rows.over, rows.LOST
local FUNCTIONS = { "fork_here", "child_ended", "leave" }

-- A program of its own, so that its child can close its Lua state: both processes reach the end of the script, and there the lua
-- program closes the state. Prints three statuses: of the request before the fork, of the request under way, and of the request
-- after it.
local PROGRAM = [[
local library, ca_file, url = (...):match "^(.-) (.-) (.*)$"
local fork_here = assert(package.loadlib(library, "fork_here"))
local child_ended = assert(package.loadlib(library, "child_ended"))
local client = require("whatsapp.curl").new { ca_file = ca_file, proxy = "" }
local request = { method = "POST", url = url, body = "x" }
io.write(client:perform(request).status, " ")
io.flush()
client:add(request, "under way")
client:step()
if not fork_here(true) then return end
io.write(child_ended(true) and "ended " or "killed ")
io.write(client:perform(request).status, " ")
local tag, response
repeat
  client:wait(1)
  tag, response = client:next()
until tag
io.write(response and response.status or "lost")
]]

describe("a transport over libcurl in a forked child", function()
  local fault, library, transport
  local c = {}

  setup(function()
    fault = fault_server.start()
    library = compile "transport/fork.c"
    for _, name in ipairs(FUNCTIONS) do c[name] = assert(package.loadlib(library, name)) end
  end)
  teardown(function()
    fault.stop()
    os.remove(library)
  end)
  after_each(function() if transport then transport.close() end end)

  local function open() transport = curl.new { ca_file = fault.ca_file, proxy = "", timeout = 10 } end

  local function post(port) return { method = "POST", url = fault.url(port), body = "x" } end

  -- returns the child's results, or its error
  local function in_child(call)
    local path = os.tmpname()
    if not c.fork_here(true) then
      local _, said = pcall(call)
      write(path, tostring(said))
      c.leave(true)
    end
    local said = c.child_ended(true) and read(path) or "a signal ended the child"
    os.remove(path)
    return said
  end

  local function sent(port)
    local response, text = transport(post(port))
    return response and response.status .. response.body or text
  end

  over(PORTS, "sends over a connection of its own, and closes it; the parent's is kept", function(port)
    fault.play()
    open()
    assert.equal("200" .. rows.JSON, sent(port))
    assert.equal("200" .. rows.JSON .. "200" .. rows.JSON, in_child(function()
      local said = sent(port) .. sent(port)
      transport.close()
      return said
    end))
    assert.equal("200" .. rows.JSON, sent(port))
    assert.equal(4, fault.arrivals())
    assert.equal(2, fault.connections())
  end)

  over(PORTS, "closes nothing of the parent's where it is closed before it was used", function(port)
    fault.play()
    open()
    assert.equal("200" .. rows.JSON, sent(port))
    assert.equal("nil", in_child(function() transport.close() end))
    assert.equal("200" .. rows.JSON, sent(port))
    assert.equal(1, fault.connections())
  end)

  -- in the child: the outcome of the request that was under way, and whether the child can send
  local function told(client, port)
    local tag, response, _, details = client:next()
    assert(tag == "under way" and response == nil)
    assert.same(LOST, rows.outcome(details))
    assert(client:next() == nil)
    assert(client:running() == 0)
    local said = client:perform(post(port)).status
    client:close()
    return said
  end

  -- the server answers only after the parent has sent a second request
  for _, watched in ipairs { false, true } do
    over(PORTS, "is told that what was under way may have been sent" .. (watched and ", watched" or ""), function(port)
      fault.play("ok", "gather 2", "ok", "gather 2")
      local client = require("whatsapp.curl").new { ca_file = fault.ca_file, proxy = "" }
      if watched then client:pollfd() end
      assert.equal(200, client:perform(post(port)).status)
      client:add(post(port), "under way")
      while fault.arrivals() < 2 do client:wait(0.01) end

      assert.equal("200", in_child(function() return told(client, port) end))

      assert.equal(1, client:running())
      assert.equal(200, client:perform(post(port)).status)
      local tag, response
      repeat
        client:wait(1)
        tag, response = client:next()
      until tag
      assert.same({ "under way", 200 }, { tag, response and response.status })
      client:close()
      assert.equal(4, fault.arrivals())
      assert.equal(port == "h2" and 2 or 3, fault.connections()) -- HTTP/1.1 needs a connection for each request under way
    end)
  end

  over(PORTS, "leaves the parent's connections as they are when its Lua state is closed", function(port)
    fault.play("ok", "gather 2", "gather 2")
    local script = write(os.tmpname(), PROGRAM)
    local output = output_of(("%s %s '%s %s %s' 2>&1"):format(os.getenv "LUA" or "lua5.4", script, library, fault.ca_file, fault.url(port)))
    os.remove(script)
    assert.equal("200 ended 200 200", output)
    assert.equal(3, fault.arrivals())
    assert.equal(port == "h2" and 1 or 2, fault.connections())
  end)

  -- the child does nothing until the parent removes a file
  it("does not make the parent wake up for a connection that it closed", function()
    fault.play("ok", "silence")
    local now = require("whatsapp.transport.libcurl").now
    local client = require("whatsapp.curl").new { ca_file = fault.ca_file, proxy = "" }
    local path = os.tmpname()
    assert.equal(200, client:perform(post "h1").status)
    client:add({ method = "POST", url = fault.url "h1", body = "x", timeout = 0.3 }, "in vain")
    client:step()
    if not c.fork_here(true) then
      while io.open(path) do os.execute "sleep 0.1" end
      c.leave(true)
    end
    repeat client:wait(1) until client:next()

    local started, woken = now(), 0
    repeat
      client:wait(0.5)
      woken = woken + 1
    until now() - started > 0.5
    client:close()
    os.remove(path)
    assert.is_true(c.child_ended(true))
    assert.is_true(woken < 10, woken)
  end)
end)
