-- Instructions that a message costs, counted by valgrind's callgrind in user mode: instructions differ less between machines than
-- times do. The place of a key in a table depends on a random seed of Lua, so this prints the least of several runs. For make
-- bench.
local messages = require "spec.bench.messages"
local output = require "spec.support.output"

local M = {}

local RUNS, FEW, MANY = 3, 100, 300

local function collected(lua, name, count, candidate)
  local said = output(("valgrind --tool=callgrind --callgrind-out-file=/dev/null %s spec/bench/count.lua %s %d %s 2>&1")
    :format(lua, name, count, candidate))
  return tonumber(said:match "Collected : (%d+)")
end

-- returns the cost of one call: the cost of 300 calls less the cost of 100 calls, divided by 200
local function least(lua, name, candidate)
  local found = math.huge
  for _ = 1, RUNS do
    found = math.min(found, (collected(lua, name, MANY, candidate) - collected(lua, name, FEW, candidate)) / (MANY - FEW))
  end
  return found
end

---@param lua string the program
function M.print(lua)
  if output("command -v valgrind") == "" then
    print "instructions: valgrind is not here"
    return
  end
  print "instructions per message   whatsapp     cjson   x cjson"
  for _, entry in ipairs(messages) do
    local mine, theirs = least(lua, entry.name, "whatsapp"), least(lua, entry.name, "cjson")
    print(("%-24s %10.0f %9.0f %9.2f"):format(entry.name, mine, theirs, theirs / mine))
  end
end

return M
