-- Drops the connection of a store at each of its steps, before or after the engine received a command, while messages are put and
-- sent. No message may be lost or sent twice, and nothing may raise.
--   drops.check(open, drop, step)      open() -> a new store with a queue of its own; drop(store, n, how) makes its n-th command
--   fail, "before" or "after" the engine got it, and returns a function that tells whether it failed; step: every step-th n
local whatsapp = require "whatsapp"
local json = require "whatsapp.wire.json"
local memory_transport = require "whatsapp.transport.memory"
local sleep = require("whatsapp.transport.curl").new({}).sleep

local drops = {}

local MESSAGES, LEASE, TIMEOUT, MOST = 6, 0.4, 0.1, 400

local function put_all(outbox)
  for i = 1, MESSAGES do
    local state
    for _ = 1, 3 do
      state = outbox:put({ to = "4915100" .. i % 3, type = "text", text = { body = tostring(i) } }, { key = "k" .. i })
      if state then break end
    end
    assert(state, "a put that fails every time")
  end
end

local function run(store)
  local arrived, order = {}, true
  local transport
  transport = memory_transport.new(function(request)
    local message = json.decode(request.body)
    local n = tonumber(message.text.body)
    arrived[n] = (arrived[n] or 0) + 1
    if n > 3 and not arrived[n - 3] then order = false end
    return { status = 200, headers = {}, body = ('{"messages":[{"id":"wamid.%d"}]}'):format(n) }
  end)
  local virtual = transport.sleep
  function transport.sleep(seconds)
    virtual(seconds)
    sleep(math.min(seconds, 0.03))
  end
  local outbox = whatsapp.outbox.new { store = store, lease = LEASE }
  local client = whatsapp.new {
    token = "EAAx", phone_number_id = "1", transport = transport, timeout = TIMEOUT,
    limiter = { throughput = 1000, pair = { interval = 0.001, burst = 1000 } },
  }
  put_all(outbox)
  outbox:run(client, { until_empty = true, concurrency = 2, poll = 0.05 })
  local counts = outbox:counts() or assert(outbox:counts())
  for n = 1, MESSAGES do
    if arrived[n] ~= 1 then return ("message %d arrived %d times"):format(n, arrived[n] or 0) end
  end
  if counts.accepted ~= MESSAGES then return ("%d accepted, %d unknown"):format(counts.accepted, counts.unknown) end
  if not order then return "out of order" end
end

function drops.check(open, drop, step)
  for _, how in ipairs { "before", "after" } do
    for n = 1, MOST, step or 1 do
      local store = open()
      local has_failed = drop(store, n, how)
      local ok, problem = pcall(run, store)
      store:close()
      if not ok or problem then error(("%s command %d: %s"):format(how, n, tostring(problem)), 2) end
      if not has_failed() then break end
      assert(n + (step or 1) <= MOST, "the run has more commands than are tried")
    end
  end
end

-- makes a function fail at its n-th call, and notes this
function drops.wrap(call, n, how, fail)
  local calls, failed = 0, false
  return function(...)
    calls = calls + 1
    if calls ~= n then return call(...) end
    failed = true
    if how == "after" then call(...) end
    return fail(...)
  end, function() return failed end
end

return drops
