-- Only whatsapp.transport.copas: the names of a certificate, files in memory, and waiting in Copas. The rest is in
-- spec/transport/transport_spec.lua. Never sends to another host.
local copas_of_here = require "spec.support.copas"
local fault_server = require "spec.support.fault"
local scratch_folder = require "spec.support.scratch"
local tls = require "whatsapp.transport.copas.tls"
local transport_copas = require "whatsapp.transport.copas"

local function extensions(names, addresses)
  return { ["2.5.29.17"] = { dNSName = names, iPAddress = addresses } }
end

describe("a certificate is for a host", function()
  local names = {
    { { "graph.facebook.com" }, "graph.facebook.com", true }, { { "*.facebook.com" }, "graph.facebook.com", true },
    { { "a.example", "GRAPH.facebook.com." }, "graph.facebook.com", true }, { { "*.facebook.com" }, "facebook.com", false },
    { { "*.facebook.com" }, "a.graph.facebook.com", false }, { { "*.com" }, "facebook.com", false }, { { "*" }, "facebook.com", false },
    { { "g*.facebook.com" }, "graph.facebook.com", false }, { { "*.*.com" }, "graph.facebook.com", false },
    { {}, "graph.facebook.com", false }, { { "graph.facebook.com\0.evil.example" }, "graph.facebook.com", false },
    { { "127.0.0.1" }, "127.0.0.1", false, address = true },
  }
  for i, case in ipairs(names) do
    it(("by its name, case %d: %s"):format(i, tostring(case[3])), function()
      assert.equal(case[3], tls.is_for(extensions(case[1]), case[2], not case.address))
    end)
  end

  it("by its address", function()
    assert.is_true(tls.is_for(extensions(nil, { "10.0.0.1", "127.0.0.1" }), "127.0.0.1", false))
    assert.is_true(tls.is_for(extensions(nil, { "0:0:0:0:0:0:0:1" }), "::1", false))
    assert.is_false(tls.is_for(extensions(nil, { "127.0.0.1" }), "127.0.0.2", false))
    assert.is_false(tls.is_for(extensions({ "x" }, { "127.0.0.1" }), "x.example", true))
    assert.is_false(tls.is_for({}, "x", true))
  end)
end)

describe("in Copas", function()
  local fault, copas, before
  setup(function()
    before = package.loaded.copas
    fault, copas = fault_server.start(), copas_of_here.load()
  end)
  teardown(function()
    fault.stop()
    package.loaded.copas = before
  end)

  local function post(port, body)
    return { method = "POST", url = fault.url(port, "/messages"), headers = {}, body = body or "b" }
  end

  for _, port in ipairs { "plain", "h1" } do
    it("many send at once, and the loop continues (" .. port .. ")", function()
      fault.play_times(10, "gather 10")
      local transport, bodies, ticks = transport_copas.new { ca_file = fault.ca_file }, {}, 0
      for i = 1, 10 do
        copas.addthread(function() bodies[i] = assert(transport(post(port, ('"id %d"'):format(i)))).body end)
      end
      copas.addthread(function()
        for _ = 1, 5 do
          copas.sleep(0.01)
          ticks = ticks + 1
        end
      end)
      copas.loop()
      for i = 1, 10 do assert.equal("wamid." .. i, bodies[i]:match '"id":"([^"]+)"') end
      assert.equal(5, ticks)
      assert.equal(10, fault.arrivals())
      transport.close()
    end)

    it("start and wait have many under way in one thread, and time-outs hold (" .. port .. ")", function()
      fault.play("gather 3", "gather 3", "gather 3", "hang")
      local transport, got, late = transport_copas.new { ca_file = fault.ca_file }, 0, nil
      copas.addthread(function()
        for i = 1, 3 do transport.start(post(port), i, "here") end
        for _ = 1, 3 do
          local slot, response
          repeat slot, response = transport.wait(5, "here") until slot
          got = got + (response and 1 or 0)
        end
        local request = post(port)
        request.timeout = 0.3
        late = select(3, transport(request))
      end)
      copas.loop()
      assert.equal(3, got)
      assert.same({ "transport", true, false }, { late.kind, late.may_have_been_sent, late.retryable })
      transport.close()
    end)
  end

  it("threads that are woken too early wait again", function()
    fault.play("slow-bytes 30000", "slow-bytes 30000")
    local transport, ended, slept = transport_copas.new { ca_file = fault.ca_file }, 0, nil
    local threads = {
      copas.addthread(function()
        assert.equal(200, transport(post "h1").status)
        ended = ended + 1
      end),
      copas.addthread(function()
        transport.start(post "h1", 1, "here")
        local slot, response = transport.wait(5, "here")
        assert.same({ 1, 200 }, { slot, response.status })
        ended = ended + 1
      end),
      copas.addthread(function()
        local started = transport.now()
        transport.sleep(0.3)
        slept = transport.now() - started
        ended = ended + 1
      end),
    }
    copas.addthread(function()
      while ended < 3 do
        for _, thread in ipairs(threads) do copas.wakeup(thread) end
        copas.sleep(0.01)
      end
    end)
    copas.loop()
    assert.equal(3, ended)
    assert.is_true(slept >= 0.29 and slept < 3, slept)
    transport.close()
  end)

  it("waiting requests get an outcome when it is closed, and the loop ends", function()
    fault.play("hang", "hang")
    local transport, told = transport_copas.new { ca_file = fault.ca_file }, {}
    for i = 1, 2 do copas.addthread(function() told[i] = select(3, transport(post "h1")) end) end
    copas.addthread(function()
      copas.sleep(0.3)
      transport.close()
    end)
    copas.loop()
    for i = 1, 2 do assert.is_true(told[i].may_have_been_sent) end
  end)
end)

describe("a transport over LuaSocket", function()
  local fault
  setup(function() fault = fault_server.start() end)
  teardown(function() fault.stop() end)

  it("puts files into the body, writes an answer into a file, and sends nothing if this file exists", function()
    local scratch = scratch_folder.new()
    local transport = transport_copas.new { ca_file = fault.ca_file }
    local path = scratch.write("a", "bytes of a file")
    fault.play("ok", "ok")
    local request = { method = "POST", url = fault.url("h1", "/"), body_file = path, to_file = scratch.path "b" }
    local response = assert(transport(request))
    assert.equal(#require("spec.support.read")(scratch.path "b"), response.size)
    local _, err, details = transport(request)
    assert.equal("invalid", details.kind, err)
    assert.equal(1, fault.arrivals(1))
    transport.close()
    scratch.remove()
  end)

  it("names Copas's version if this Copas has no timers", function()
    local before = package.loaded.copas
    package.loaded.copas = { running = nil }
    local co = coroutine.create(transport_copas.new().sleep)
    local ok, err = coroutine.resume(co, 1)
    package.loaded.copas = before
    assert.is_false(ok)
    assert.truthy(err:find("needs Copas 3 or later", 1, true))
  end)

  it("refuses a proxy, and an option that it does not know", function()
    assert.truthy(select(2, pcall(transport_copas.new, { proxy = "http://x" })):find "cannot use a proxy")
    assert.truthy(select(2, pcall(transport_copas.new, { verify = "none" })):find "unknown option verify")
  end)
end)
