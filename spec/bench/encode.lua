-- make bench: whatsapp.encode, which checks, against lua-cjson's encode, which does not, and against a bare walk over the same
-- table. All three run in one program, in many short turns, so that a busy machine slows all three. Prints ratios only, and never
-- fails because of a number: times differ between machines.
local cjson = require "cjson"
local floor = require "floor"
local instructions = require "spec.bench.instructions"
local messages = require "spec.bench.messages"
local startup = require "spec.bench.startup"
local whatsapp = require "whatsapp"

local ROUNDS, TURN = 60, 2e6 -- turns of each way, and nanoseconds of a turn

local CANDIDATES = {
  { name = "whatsapp", call = whatsapp.encode },
  { name = "cjson", call = cjson.encode },
  { name = "floor", call = floor.walk },
}

local function repeated(call, message, count)
  local start = floor.now()
  for _ = 1, count do call(message) end
  return (floor.now() - start) / count
end

-- returns returns how many calls take about one turn
local function calls_for(call, message)
  local count = 100
  while true do
    local spent = repeated(call, message, count) * count
    if spent >= TURN / 4 then return math.ceil(count * TURN / spent) end
    count = count * 2
  end
end

-- returns the bytes of garbage of a call, without its result
local function garbage(call, message)
  local results, count = {}, 1000
  for i = 1, count do results[i] = call(message) end
  for i = 1, count do results[i] = false end
  collectgarbage()
  collectgarbage "stop"
  for i = 1, count do results[i] = call(message) end
  local all = collectgarbage "count"
  collectgarbage "restart"
  collectgarbage()
  assert(#results == count)
  return (all - collectgarbage "count") * 1024 / count
end

local function measure(message)
  local times = {}
  for i, candidate in ipairs(CANDIDATES) do
    times[i] = { calls = calls_for(candidate.call, message) }
  end
  for round = 1, ROUNDS do
    for i, candidate in ipairs(CANDIDATES) do
      collectgarbage()
      times[i][round] = repeated(candidate.call, message, times[i].calls)
    end
  end
  return times
end

local function print_row(entry)
  local json = assert(whatsapp.encode(entry.message))
  local times = measure(entry.message)
  local speed = startup.ratio(times[2], times[1])
  io.write(("%-9s %6d"):format(entry.name, #json))
  for i = 1, #CANDIDATES do io.write((" %7.0f %7.0f"):format(startup.least(times[i]), startup.median(times[i]))) end
  print(("   %5.2f   %5.2f   %7.1f %7.1f"):format(speed, startup.ratio(times[1], times[3]),
    garbage(whatsapp.encode, entry.message), garbage(cjson.encode, entry.message)))
  return speed
end

print "ns per message, minimum and median; times as fast as cjson; times as long as the floor; garbage in bytes"
print "message    bytes        whatsapp           cjson           floor  x cjson x floor  whatsapp   cjson"
local product = 1
for _, entry in ipairs(messages) do product = product * print_row(entry) end
print(("geometric mean: %.2f times as fast as cjson"):format(product ^ (1 / #messages)))
print ""
instructions.print(arg[-1])
print ""
startup.print(arg[-1], arg[1], floor.now)
