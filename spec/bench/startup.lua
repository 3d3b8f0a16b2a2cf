-- Measures what `require "whatsapp"` costs over a bare interpreter, by running both many times in turn, and what the modules
-- weigh. For the benchmark; it prints differences.
local startup = {}

local RUNS = 101

local function sorted(list)
  local copy = {}
  for i = 1, #list do copy[i] = list[i] end
  table.sort(copy)
  return copy
end

function startup.least(list)
  return sorted(list)[1]
end

function startup.median(list)
  return sorted(list)[math.ceil(#list / 2)]
end

-- returns the median, over the rounds, of the ratio of the two times
function startup.ratio(of, to)
  local ratios = {}
  for i = 1, #of do ratios[i] = of[i] / to[i] end
  return startup.median(ratios)
end

-- prints the heap and, if the system tells it, the largest resident set
local REPORT = [[
collectgarbage()
collectgarbage()
local heap, resident = collectgarbage "count", 0
local status = io.open "/proc/self/status"
if status then
  resident = status:read "*a":match "VmHWM:%s*(%d+)"
  status:close()
end
print(heap, resident)
]]

-- returns the milliseconds of a run, its heap and its resident set in KiB
local function run(interpreter, code, now)
  local start = now()
  local pipe = assert(io.popen(("exec %s -e '%s'"):format(interpreter, code .. REPORT)))
  local heap, resident = pipe:read("*n", "*n")
  pipe:close()
  return { (now() - start) / 1e6, heap, resident }
end

local function column(runs, index)
  local values = {}
  for i = 1, #runs do values[i] = runs[i][index] end
  return startup.median(values)
end

local function print_sizes(folder)
  io.write "stripped modules, KiB:"
  for _, name in ipairs { "core", "curl", "crypto" } do
    local file = assert(io.open(("%s/%s.stripped"):format(folder, name), "rb"))
    io.write((" %s %.0f"):format(name, file:seek "end" / 1024))
    file:close()
  end
  print ""
end

---@param interpreter string
---@param folder string where the stripped modules are
---@param now fun(): number nanoseconds
function startup.print(interpreter, folder, now)
  local bare, whole = {}, {}
  for i = 1, RUNS do
    bare[i] = run(interpreter, "", now)
    whole[i] = run(interpreter, "whatsapp = require [[whatsapp]]\n", now)
  end
  print(('require "whatsapp" over a bare %s: %+.2f ms, %+.0f KiB of heap, %+.0f KiB resident'):format(interpreter,
    column(whole, 1) - column(bare, 1), column(whole, 2) - column(bare, 2), column(whole, 3) - column(bare, 3)))
  print_sizes(folder)
end

return startup
