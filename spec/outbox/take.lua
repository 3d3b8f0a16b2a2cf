-- A process of limits_spec: takes places of one number's limit, with a client whose limiter shares a store, and prints the
-- waiting seconds of each message. The process does not really wait. Usage: lua take.lua STORE COUNT SECONDS_BETWEEN
local memory = require "whatsapp.transport.memory"
local open = require "spec.crash.store"
local whatsapp = require "whatsapp"

local store, count, interval = open(arg[1]), tonumber(arg[2]), tonumber(arg[3])

local client = whatsapp.new {
  token = "EAAx", phone_number_id = "1065", limiter = { throughput = 1 / interval, pair = false, max_wait = 1e9, store = store },
  transport = memory.new(function() return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.x"}]}' } end),
}
for i = 1, count do
  local result, err, info = client:send { to = "49151" .. i, type = "text", text = { body = "x" } }
  if not result then error(err) end
  print(("%.3f"):format(info.waited or 0))
end
store:close()
