-- This project's client, for the benchmark of sending: sends the template message COUNT times to a server of the benchmark and
-- prints a line with its cost. Never sends to the API.
--   lua whatsapp.lua MODE BASE_URL CA_FILE COUNT WARM_UP IN_FLIGHT [CLIENT]
-- MODE: blocking; or many in flight with the same tables again and again (many), with a new one each (fresh), or counting
-- memory only (memory). With a CLIENT nothing is timed and nothing is printed, for the count of instructions: unlimited, default
-- (limits on, so high that they never hold), observed (that, with whatsapp.metrics), or hooked (default, with a before_send that
-- returns nothing and a log that counts its calls: what functions of a user do is theirs).
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
  limiter = kind ~= "unlimited" and NEVER or false, -- the API's would be what is measured
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

local RECIPIENTS = 200 -- more than are in flight: messages to one recipient wait for each other

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

-- a table per message, so that it can be said how long each of them took
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

-- new tables too, but nothing is kept of them; start: after 1,000 messages
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
