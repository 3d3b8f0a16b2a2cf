-- Run by make bench under callgrind: encodes one message of the benchmark again and again. Prints nothing.
--   lua spec/bench/count.lua MESSAGE COUNT whatsapp|cjson
local name, count, candidate = arg[1], tonumber(arg[2]), arg[3]
local encode = require(candidate).encode
local message
for _, entry in ipairs(require "spec.bench.messages") do
  if entry.name == name then message = entry.message end
end
collectgarbage "stop" -- the collector's turns depend on the modules that are loaded
for _ = 1, count do encode(message) end
os.exit(0, false)
