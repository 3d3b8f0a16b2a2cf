-- Runs a command of the shell, for specs. Returns the lines of its output, without empty lines.
local output = require "spec.support.output"

---@param command string
---@return string[] lines
return function(command)
  local lines = {}
  for line in output(command):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end
