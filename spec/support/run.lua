-- How a command of the shell ends, and what it prints on both ways, for specs. Lua 5.1 tells no status of a pipe: the shell
-- prints it. How a program ended that was killed is over 128.
local output = require "spec.support.output"

---@param command string
---@return integer status, string printed
return function(command)
  local printed, status = output(("{ %s\n} 2>&1; echo \"status $?\""):format(command)):match "^(.*)status (%d+)%s*$"
  return tonumber(status), printed
end
