-- The lines that a command of the shell prints, for specs; empty ones are left out.
local output = require "spec.support.output"

---@param command string
---@return string[]
return function(command)
  local lines = {}
  for line in output(command):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end
