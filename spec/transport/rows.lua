-- The transports over which the same specs run, one row each, and the helpers for the server that misbehaves. Holds no case
-- itself, and never sends to another host.
--   require("spec.transport.rows").describe("what it does", function(t) it("...", function() ... t.open() ... end) end)
local busted = require "busted"
local copas_of_here = require "spec.support.copas"
local fault_server = require "spec.support.fault"
local timed = require "spec.support.timed"

local assert = busted.assert

-- busted forgets a file's modules when it is done with it. luv's loop ends with its module; luv, loaded again for the next file,
-- would continue with the loop that has ended. So there is one luv for all files.
local KEPT = "luv of spec/transport/rows.lua"
package.loaded.luv = debug.getregistry()[KEPT] or require "luv"
debug.getregistry()[KEPT] = package.loaded.luv

local M = { ALL = { "plain", "h1", "h2" }, TLS = { "h1", "h2" }, H1 = { "plain", "h1" }, H2 = { "h2" } }

local LONGEST = 30 -- seconds: the longest time in a loop, if a waiter never wakes up

-- A program that draws frames: in each frame, it calls turn() of the transports, and continues the calls that are due.
local framed = setmetatable({}, { __mode = "k" })
local function frames()
  local curl, sleeping, spawned = require "whatsapp.curl", {}, {}
  local function turn()
    curl.sleep(0.002)
    for transport in pairs(framed) do transport.turn() end
    local time = curl.now()
    for co, wakes in pairs(sleeping) do
      if wakes <= time then
        sleeping[co] = nil
        assert(coroutine.resume(co))
        return
      end
    end
  end
  local function is_going()
    for _, co in ipairs(spawned) do
      if coroutine.status(co) ~= "dead" then return true end
    end
  end
  return {
    spawn = function(call)
      spawned[#spawned + 1] = coroutine.create(call)
      assert(coroutine.resume(spawned[#spawned]))
    end,
    sleep = function(seconds)
      sleeping[coroutine.running()] = curl.now() + seconds
      coroutine.yield()
    end,
    turn = turn,
    run = function(longest)
      local deadline = curl.now() + (longest or LONGEST)
      while is_going() do
        turn()
        assert(curl.now() < deadline, "the loop did not end")
      end
    end,
  }
end

-- Copas has one loop for all threads.
local function copas_loop()
  local copas = copas_of_here.load()
  local function turn()
    copas.running = true -- the transport waits in Copas only while its loop runs
    copas.step(0.05)
    copas.running = false
  end
  return {
    spawn = function(call) copas.addthread(call) end,
    sleep = copas.sleep,
    turn = turn,
    run = function(longest)
      local deadline = os.time() + (longest or LONGEST)
      while not copas.finished() do
        turn()
        assert(os.time() <= deadline, "the loop did not end")
      end
    end,
  }
end

-- module: what is required. new: makes one, if it is not that module's new.
-- loop: how a program does several things at once where the transport suspends who waits:
-- spawn(call), sleep(seconds) in such a call, turn(), and run([longest]), which returns when all of them have ended. home: where
-- it
-- is used, if it is not here; streams: it holds no file whole; new(options) makes one there. lacks: what it cannot do, and why no
-- case asks for it.
M.rows = {
  { module = "whatsapp.transport.curl", streams = true, lacks = { inboxes = "it blocks: whoever waits is given the next answer" } },
  {
    module = "whatsapp.transport.cqueues", streams = true,
    loop = function()
      local cqueues = require "cqueues"
      local queue = cqueues.new()
      return {
        spawn = function(call) queue:wrap(call) end,
        sleep = cqueues.sleep,
        turn = function() assert(queue:step(0.1)) end,
        run = function(longest)
          assert(queue:loop(longest or LONGEST))
          assert(queue:empty(), "the loop did not end")
        end,
      }
    end,
  },
  {
    module = "whatsapp.transport.luv", streams = true,
    loop = function()
      local uv = require "luv"
      return {
        spawn = function(call) assert(coroutine.resume(coroutine.create(call))) end,
        sleep = function(seconds)
          local co, timer = coroutine.running(), uv.new_timer()
          timer:start(math.ceil(seconds * 1000), 0, function()
            timer:close()
            assert(coroutine.resume(co))
          end)
          coroutine.yield()
        end,
        turn = function() uv.run "nowait" end,
        run = function(longest)
          local watchdog = uv.new_timer()
          uv.update_time() -- its clock has not moved since the last run of the loop
          watchdog:start((longest or LONGEST) * 1000, 0, function() uv.stop() end)
          watchdog:unref() -- it does not keep the loop running
          local going = uv.run()
          watchdog:close()
          uv.run "nowait"
          assert(not going, "the loop did not end")
        end,
      }
    end,
  },
  {
    module = "whatsapp.transport.copas", loop = copas_loop,
    lacks = {
      h2 = "it speaks HTTP/1.1",
      proxy = "it knows none, and the option is refused",
      names = "LuaSocket looks a name up before any time-out counts",
    },
  },
  {
    module = "whatsapp.transport.callback", streams = true, lacks = { names = "the host finds names" },
    new = function(options)
      local transport = require("whatsapp.transport.callback").over(require("whatsapp.transport.curl").new(options))
      framed[transport] = true
      return transport
    end,
    loop = frames,
  },
  {
    module = "whatsapp.transport.resty", streams = true,
    home = function(fault)
      local home = require("spec.support.resty").start { ca_file = fault.ca_file }
      return {
        stop = home.stop,
        new = function(options)
          options.ca_file, options.server_name = nil, "localhost" -- nginx compares the names of certificates, not their addresses
          return home.new(options)
        end,
      }
    end,
    lacks = {
      h2 = "cosockets speak HTTP/1.1; a server that knows HTTP/2 only in this way is asked in it all the same",
      ca_file = "nginx has read its authorities, and does not start without them",
      proxy = "cosockets know none, and the option is refused",
      progress = "a function cannot be sent to nginx: spec/transport/resty_spec.lua has it there",
    },
  },
}

-- the details of each kind of failure
M.LOST = { "transport", retryable = false, sent = true }
M.IDEMPOTENT = { "transport", retryable = true, sent = true }
M.UNSENT = { "transport", retryable = true, sent = false }
M.HOPELESS = { "transport", retryable = false, sent = false }
M.REFUSED = { "invalid", retryable = false, sent = false }

M.SECRET = "never-to-be-shown"
M.JSON = '{"ok":true}'
M.BODY = ("b"):rep(60000)

---@param details table
---@return table outcome to compare with one of the above
function M.outcome(details)
  return { details.kind, retryable = details.retryable, sent = details.may_have_been_sent }
end

local described -- the row for which `describe` collects cases

-- calls it(name .. port) for each port that the row can use; without rows, for all ports
function M.over(ports, name, test)
  local lacks = described and described.lacks or {}
  for _, port in ipairs(ports) do
    if not lacks[port] then busted.it(("%s (%s)"):format(name, port), function() test(port) end) end
  end
end

-- the tools of a test: one server for the row, and transports that are closed after each test
local function tools(row)
  local t, opened = { row = row, lacks = row.lacks or {} }, {}

  function t.open(changes)
    local options = { ca_file = t.fault.ca_file, proxy = "", timeout = 10, connect_timeout = 5, max_body = 1000000 }
    for name, value in pairs(changes or {}) do options[name] = value end
    local transport = (row.new or (t.home or require(row.module)).new)(options)
    if not t.home then transport = timed(transport, options) end -- in another process, the other process checks the time
    opened[#opened + 1] = transport
    return transport
  end

  function t.close_all()
    for i = #opened, 1, -1 do table.remove(opened, i).close() end
  end

  function t.hasty() return t.open { timeout = 0.4, connect_timeout = 0.3 } end

  function t.post(port, changes)
    local request = {
      method = "POST", url = t.fault.url(port, "/messages?access_token=" .. M.SECRET), body = M.BODY,
      headers = { Authorization = "Bearer " .. M.SECRET, ["Content-Type"] = "application/json" },
    }
    for name, value in pairs(changes or {}) do request[name] = value end
    return request
  end

  function t.answered(transport, request)
    local response, text = transport(request)
    assert.is_nil(text)
    assert.is_table(response)
    return response
  end

  -- checks that a failure has one line without secrets, and that the expected number of requests arrived (default: 0)
  function t.fails(transport, request, expected, arrivals)
    local response, text, details = transport(request)
    assert.equal(arrivals or 0, t.fault.arrivals(arrivals))
    assert.is_nil(response)
    assert.is_string(text)
    assert.is_nil(text:find(M.SECRET, 1, true))
    assert.is_nil(text:find "%c")
    assert.same(expected, M.outcome(details))
    return text
  end
  return t
end

local function describe_row(row, what, define)
  busted.describe(row.module .. " " .. what, function()
    local t = tools(row)
    described = row
    busted.setup(function()
      t.fault = fault_server.start()
      t.home = row.home and row.home(t.fault)
    end)
    busted.teardown(function()
      described = nil
      if t.home then t.home.stop() end
      t.fault.stop()
    end)
    busted.before_each(function() t.fault.play "ok" end)
    busted.after_each(t.close_all)
    define(t)
  end)
end

---Runs the same cases for each transport, or only for the transports with a member `having`.
---@param what string
---@param define fun(t: table) calls it(); t.fault is there once a test runs
---@param having string? a member of a row
function M.describe(what, define, having)
  for _, row in ipairs(M.rows) do
    if having == nil or row[having] then describe_row(row, what, define) end
  end
end

local batches = 0

---Sends several requests at once, over any transport.
---@return table outcomes { response, err, details } of each
function M.together(transport, requests)
  local outcomes = {}
  batches = batches + 1
  local inbox = "together " .. batches
  for i, request in ipairs(requests) do transport.start(request, i, inbox) end
  for _ = 1, #requests do
    local slot, response, err, details
    repeat slot, response, err, details = transport.wait(1, inbox) until slot ~= nil
    assert.is_nil(outcomes[slot])
    outcomes[slot] = { response, err, details }
  end
  return outcomes
end

return M
