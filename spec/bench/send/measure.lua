-- Shared by the Lua clients of the benchmark of sending: a warm-up, clocks, and the line that they print.
local floor = require "floor"

local measure = {}

-- a token as long as the API's; it is not a real token
measure.TOKEN = "EAABwzLixnjYBO" .. ("0"):rep(70)

local function status_of(name)
  local status = io.open "/proc/self/status"
  if not status then return 0 end
  local text = status:read "*a"
  status:close()
  return tonumber(text:match(name .. ":%s*(%d+)"))
end

---@return integer KiB of memory that were ever resident; 0 where the system does not tell
function measure.peak() return status_of "VmHWM" end

---@return integer KiB of memory that are resident; 0 where the system does not tell
---@return number KiB of Lua's heap, after a full collection
function measure.memory()
  collectgarbage()
  collectgarbage()
  return status_of "VmRSS", collectgarbage "count"
end

---@param send fun(sends: integer, latencies: number[]) puts the nanoseconds of each send into latencies, if it knows them
---@param count integer
---@param warm_up integer
function measure.run(send, count, warm_up)
  local latencies = {}
  for i = 1, count do latencies[i] = 0 end -- the list does not grow while it is measured
  send(warm_up, latencies)
  collectgarbage()
  local started, cpu = floor.now(), os.clock()
  send(count, latencies)
  cpu = os.clock() - cpu
  local wall = (floor.now() - started) / 1e9
  local peak = measure.peak()
  table.sort(latencies)
  local function percentile(share) return latencies[math.floor(count * share) + 1] / 1e3 end
  print(("cpu=%.3f rate=%.1f p50=%.1f p99=%.1f peak=%d"):format(cpu * 1e6 / count, count / wall, percentile(0.5),
    percentile(0.99), peak))
end

return measure
