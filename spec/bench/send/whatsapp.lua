-- This project's client, for the benchmark of sending: sends the template message COUNT times to a server of the benchmark and
-- prints a line with its cost. Never sends to the API.
--   lua whatsapp.lua MODE BASE_URL CA_FILE COUNT WARM_UP IN_FLIGHT [CLIENT]
-- MODE is blocking, many (many sends in flight, with the same tables again and again), fresh (many, with a new table for each send)
-- or memory (fresh, and only memory is counted). With a CLIENT the program times and prints nothing: its instructions are counted.
-- CLIENT is unlimited, default (with limits that are so high that no send waits), observed (default, with whatsapp.metrics) or
-- hooked (default, with a before_send that returns nothing and a log that counts its calls).
local floor = require "floor"
local measure = require "spec.bench.send.measure"
local message = require "spec.bench.send.message"
local whatsapp = require "whatsapp"

local mode, base_url, ca_file = arg[1], arg[2], arg[3]
local count, warm_up, in_flight = tonumber(arg[4]), tonumber(arg[5]), tonumber(arg[6])

local kind = arg[7] or "unlimited"
local NEVER = { throughput = 1e9, pair = { interval = 6, burst = 1e9 } }
local logged = 0
local function ignore() end
local function count_call() logged = logged + 1 end

local client = whatsapp.new {
  token = measure.TOKEN, phone_number_id = "106540352242922", base_url = base_url, ca_file = ca_file, proxy = "",
  limiter = kind ~= "unlimited" and NEVER or false, -- the limits of the API would be measured instead
  before_send = kind == "hooked" and ignore or nil, log = kind == "hooked" and count_call or nil,
  observe = kind == "observed" and whatsapp.metrics.new() or nil,
}

local function check(response, text)
  local sent = response and response.messages[1].id
  if type(sent) ~= "string" then error("not sent: " .. tostring(text)) end
end

local function blocking(sends, latencies)
  local one = message.new()
  for i = 1, sends do
    local started = latencies and floor.now()
    check(client:send(one))
    if latencies then latencies[i] = floor.now() - started end
  end
end

local RECIPIENTS = 200 -- more recipients than messages in flight: messages to one recipient wait for each other

local messages = {}
for i = 1, RECIPIENTS do
  messages[i] = message.new()
  messages[i].to = ("%d"):format(16505550000 + i)
end

-- the same tables again and again
local function repeated(sends)
  local made = 0
  return function()
    if made == sends then return nil end
    made = made + 1
    return messages[made % RECIPIENTS + 1]
  end
end

local function many(sends)
  local received = 0
  for _, response, text in client:each(repeated(sends), { concurrency = in_flight }) do
    check(response, text)
    received = received + 1
  end
  assert(received == sends, "an answer for each message")
end

-- a new table for each message, so that the time of each message is known
local function fresh(sends, latencies)
  local started, given, received = {}, 0, 0
  local function source()
    if given == sends then return nil end
    given = given + 1
    local one = message.new()
    started[one] = floor.now()
    return one
  end
  for sent, response, text in client:each(source, { concurrency = in_flight }) do
    check(response, text)
    received = received + 1
    latencies[received] = floor.now() - started[sent]
    started[sent] = nil
  end
  assert(received == sends, "an answer for each message")
end

-- also new tables, but the client keeps no data of them; start: after 1,000 messages
local function memory(sends)
  local given, received, early, start_rss, start_heap = 0, 0, 0, 0, 0
  local function source()
    if given == sends then return nil end
    given = given + 1
    return message.new()
  end
  for _, response, text in client:each(source, { concurrency = in_flight }) do
    check(response, text)
    received = received + 1
    if received == 1000 then
      early = measure.peak()
      start_rss, start_heap = measure.memory()
    end
  end
  assert(received == sends, "an answer for each message")
  local rss, heap = measure.memory()
  print(("early=%d peak=%d startrss=%d startheap=%.1f rss=%d heap=%.1f"):format(early, measure.peak(), start_rss, start_heap, rss,
    heap))
end

local send = ({ blocking = blocking, many = many, fresh = fresh })[mode]
if mode == "memory" then
  memory(count)
elseif arg[7] then
  send(warm_up)
  collectgarbage()
  send(count)
  assert(logged == (kind == "hooked" and warm_up + count or 0), "the log is called for each message")
else
  measure.run(send, count, warm_up)
end
client:close()
