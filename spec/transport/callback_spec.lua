-- whatsapp.transport.callback over functions of a simulated host, in virtual time: mistakes of the host, and a client that sends,
-- waits and repeats over it. The rules for all transports are in spec/transport/transport_spec.lua. Never touches a network.
local callback = require "whatsapp.transport.callback"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local OK = { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.1"}]}' }
local URL = "https://graph.example/messages"

-- a host whose time passes in host.pass(seconds); answer(request, done, host) begins a request
local function host_of(answer, changes)
  local host = { time = 100, timers = {}, requests = {} }
  function host.after(seconds, call) host.timers[#host.timers + 1] = { at = host.time + seconds, call = call } end
  function host.pass(seconds)
    local ends = host.time + seconds
    while true do
      local first
      for i, timer in ipairs(host.timers) do
        if timer.at <= ends and (not first or timer.at < host.timers[first].at) then first = i end
      end
      if not first then break end
      local timer = table.remove(host.timers, first)
      host.time = math.max(host.time, timer.at)
      timer.call()
    end
    host.time = ends
  end
  local options = {
    start = function(request, done)
      host.requests[#host.requests + 1] = request
      return answer(request, done, host)
    end,
    now = function() return host.time end, after = host.after,
  }
  for name, value in pairs(changes or {}) do options[name] = value end
  if options.after == false then options.after = nil end
  host.transport = callback.new(options)
  return host
end

local function later(seconds, ...)
  local told = { n = select("#", ...), ... }
  local unpack = table.unpack or rawget(_G, "unpack") -- luacheck: ignore 143
  return function(_, done, host) host.after(seconds, function() done(unpack(told, 1, told.n)) end) end
end

local function post(changes)
  local request = { method = "POST", url = URL, headers = { A = "b" }, body = "x" }
  for name, value in pairs(changes or {}) do request[name] = value end
  return request
end

-- returns the results of a send after enough time has passed
local function outcome_of(host, request, seconds)
  local got
  coroutine.wrap(function() got = { host.transport(request) } end)()
  host.pass(seconds or 100)
  return got
end

local function client_over(host, changes)
  local options = { token = "tokentoken", phone_number_id = "1", transport = host.transport, limiter = false }
  for name, value in pairs(changes or {}) do options[name] = value end
  return whatsapp.new(options)
end

local LOST = { kind = "transport", retryable = false, may_have_been_sent = true }

describe("the transport over callbacks", function()
  it("returns the answer that the host passes to done, at once or later", function()
    for _, answer in ipairs { later(3, OK), function(_, done) done(OK) end } do
      assert.equal(OK, outcome_of(host_of(answer), post())[1])
    end
    local got = outcome_of(host_of(later(1, nil, "no network", { kind = "transport", retryable = true, may_have_been_sent = false })), post())
    assert.same({ nil, "no network", true }, { got[1], got[2], got[3].retryable })
  end)

  it("accepts the first answer, and ignores later answers", function()
    local host = host_of(function(_, done, host)
      done(OK)
      done(nil, "twice")
      host.after(1, function() done(nil, "late") end)
    end)
    assert.equal(OK, outcome_of(host, post())[1])
  end)

  it("reports an answer that is no answer", function()
    for _, told in ipairs { {}, { "text" }, { 7 }, { true }, { nil, 7 } } do
      local got = outcome_of(host_of(function(_, done) done(told[1], told[2]) end), post())
      assert.is_nil(got[1])
      assert.truthy(got[2]:find "must call done with a response")
      assert.same(LOST, got[3])
    end
    local got = outcome_of(host_of(later(0, nil, "lost")), post())
    assert.same({ "lost", LOST }, { got[2], got[3] })
  end)

  it("turns an error of the host's function into an outcome", function()
    if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return end -- there, the coroutine raises it
    local got = outcome_of(host_of(function() error "no http here" end), post())
    assert.truthy(got[2]:find "the option start raised: .*no http here")
    assert.same(LOST, got[3])
  end)

  it("ends in time if the host never answers, with `after`, and with turn() in each frame", function()
    local got = outcome_of(host_of(function() end), post { timeout = 5 }, 6)
    assert.same({ LOST, "no complete answer came in time (the request may have been sent)" }, { got[3], got[2] })
    assert.is_true(outcome_of(host_of(function() end), post { method = "GET" }, 31)[3].retryable)
    local host = host_of(function() end, { after = false })
    local frames
    coroutine.wrap(function() frames = select(3, host.transport(post { timeout = 5 })) end)()
    for _ = 1, 5 do
      assert.is_nil(frames)
      host.pass(1)
      host.transport.turn()
    end
    assert.same(LOST, frames)
  end)

  it("works with a clock of whole seconds", function()
    local host
    host = host_of(later(0.3, OK), { now = function() return math.floor(host and host.time or 0) end })
    local slept
    coroutine.wrap(function()
      host.transport.sleep(0.4)
      slept = true
    end)()
    host.pass(0.5)
    assert.is_true(slept)
    assert.equal(OK, outcome_of(host, post())[1])
  end)

  it("passes the host a request with a User-Agent and a time-out, and never one that could be read as two", function()
    local host = host_of(later(0, OK), { user_agent = "x/1", timeout = 7 })
    local request = post()
    outcome_of(host, request)
    assert.same({ A = "b", ["User-Agent"] = "x/1" }, host.requests[1].headers)
    assert.equal(7, host.requests[1].timeout)
    assert.same(post(), request)
    for _, changes in ipairs { { headers = { A = "b\r\nC: d" } }, { url = "http://graph.example/" }, { method = "A B" } } do
      assert.equal("invalid", outcome_of(host, post(changes))[3].kind)
    end
    assert.equal(1, #host.requests)
  end)

  it("puts a file into the body, and writes an answer into a file", function()
    local scratch = scratch_folder.new()
    local path = require("spec.support.write")(scratch.folder .. "/a", "bytes of a file")
    local host = host_of(later(0, { status = 200, headers = {}, body = "what came" }))
    local got = outcome_of(host, { method = "POST", url = URL, body_file = path, body_offset = 6, to_file = scratch.folder .. "/b" })
    assert.equal("of a file", host.requests[1].body)
    assert.same({ 9, nil }, { got[1].size, got[1].body })
    assert.equal("what came", require("spec.support.read")(scratch.folder .. "/b"))
    scratch.remove()
  end)

  it("raises outside a coroutine, before anything has begun; with `step`, it waits there", function()
    local host = host_of(later(2, OK))
    local ok, err = pcall(host.transport, post())
    assert.is_false(ok)
    assert.truthy(err:find("send in coroutine.wrap", 1, true))
    assert.equal(0, #host.requests)
    host = host_of(later(2, OK), { step = function(seconds) host.pass(seconds) end })
    assert.equal(OK, (host.transport(post())))
  end)

  it("waits with the host's function, if there is one", function()
    local waited
    local host = host_of(later(2, OK), { waiter = function()
      local co = coroutine.running()
      return function() waited = coroutine.yield "a yield that the host knows" end, function() assert(coroutine.resume(co, "woken")) end
    end })
    local got
    local co = coroutine.create(function() got = host.transport(post()) end)
    assert.equal("a yield that the host knows", select(2, coroutine.resume(co)))
    host.pass(3)
    assert.same({ "woken", OK }, { waited, got })
  end)

  it("sends many of client:each at once, with retries, and keeps the limits", function()
    local under_way, most, count = 0, 0, 0
    local host = host_of(function(_, done, host)
      under_way, count = under_way + 1, count + 1
      most = math.max(most, under_way)
      local told = count == 3 and { status = 429, headers = { ["retry-after"] = "2" }, body = '{"error":{"code":130429}}' } or OK
      host.after(1, function()
        under_way = under_way - 1
        done(told)
      end)
    end)
    local client, ended, attempts = client_over(host, { limiter = { throughput = 10 } }), 0, 0
    coroutine.wrap(function()
      local messages = {}
      for i = 1, 20 do messages[i] = { to = ("1650555%04d"):format(i), text = { body = "x" } } end
      local batch = client:each(messages, { concurrency = 5 })
      local message, sent, _, info = batch:next()
      while message do
        assert(sent)
        ended, attempts = ended + 1, attempts + info.attempts
        message, sent, _, info = batch:next()
      end
    end)()
    host.pass(60)
    assert.same({ 20, 21, 5 }, { ended, attempts, most })
  end)

  it("gives each request under way an outcome when it is closed, and ignores later answers", function()
    local host, told = host_of(later(5, OK)), {}
    for i = 1, 2 do coroutine.wrap(function() told[i] = { host.transport(post()) } end)() end
    host.transport.close()
    host.transport.close()
    host.pass(10)
    for i = 1, 2 do assert.same({ nil, LOST }, { told[i][1], told[i][3] }) end
    assert.is_false((pcall(host.transport, post())))
  end)

  it("raises in nginx before anything is sent, unless it has a waiter: only nginx may resume its coroutines", function()
    rawset(_G, "ngx", {})
    finally(function() rawset(_G, "ngx", nil) end)
    local host = host_of(later(5, OK))
    local ways = {
      function() return host.transport(post()) end, function() return host.transport.sleep(1) end,
      function() return host.transport.wait(1) end, function() return callback.over(host.transport)(post()) end,
    }
    for i, way in ipairs(ways) do
      local _, ok, err = coroutine.resume(coroutine.create(function() return pcall(way) end))
      assert.is_false(ok, i)
      assert.is_truthy(err:find("this transport cannot wait in nginx: use whatsapp.transport.resty", 1, true), err)
    end
    assert.equal(0, #host.requests)
    local waiting = host_of(later(5, OK), { waiter = function() return coroutine.yield, function() end end })
    local began = coroutine.create(function() return waiting.transport(post()) end)
    assert.is_true((coroutine.resume(began)))
    assert.equal(1, #waiting.requests)
  end)

  it("reports what is wrong with its options", function()
    local function refusal(options, make) return select(2, pcall(make or callback.new, options)) end
    assert.truthy(refusal {}:find "option start is missing")
    assert.truthy(refusal { strat = print }:find "did you mean start")
    assert.truthy(refusal { start = 7 }:find "option start must be")
    assert.truthy(refusal(print, callback.over):find "has start and wait")
  end)
end)
