-- A process of the crash tests, which may be killed at any time:
--   process.lua send STORE URL LEASE TIMEOUT HOLD      sends what is in the outbox, until it is killed
--   process.lua put STORE FILE FROM TO LANES           puts messages FROM to TO, and writes each acknowledged number into FILE
local open = require "spec.crash.store"
local whatsapp = require "whatsapp"

local kind, store = arg[1], open(arg[2])

local function send(url, lease, timeout, hold)
  local outbox = whatsapp.outbox.new {
    store = store, lease = tonumber(lease), attempts = 50, backoff = { 0.2, 2 }, hold_unknown = hold == "hold",
  }
  local client = whatsapp.new {
    token = "EAAcrash", phone_number_id = "1065", base_url = url, timeout = tonumber(timeout), proxy = "",
    limiter = { throughput = 1000, pair = false },
  }
  outbox:run(client, { concurrency = 8, poll = 0.2, on_error = function(err) io.stderr:write(err, "\n") end })
end

local PORTION = 20

local function put(path, from, to, lanes)
  local outbox = whatsapp.outbox.new { store = store }
  local file = assert(io.open(path, "ab"))
  file:setvbuf "no"
  local at = tonumber(from)
  while at <= tonumber(to) do
    local items, numbers = {}, {}
    for n = at, math.min(at + PORTION - 1, tonumber(to)) do
      items[#items + 1] = {
        key = "message " .. n, message = { to = "49151" .. n % tonumber(lanes), type = "text", text = { body = tostring(n) } },
      }
      numbers[#numbers + 1] = n .. "\n"
    end
    local results, err = outbox:put_all(items)
    if results then
      for i, result in ipairs(results) do assert(result.state, result.err or tostring(i)) end
      assert(file:write(table.concat(numbers)))
      at = at + PORTION
    else
      io.stderr:write(err, "\n")
      os.execute "sleep 0.1"
    end
  end
end

if kind == "send" then send(arg[3], arg[4], arg[5], arg[6])
else put(arg[3], arg[4], arg[5], arg[6]) end
