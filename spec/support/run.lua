-- Runs a command of the shell for specs; returns its status, and its output on stdout and stderr. Lua 5.1 returns no status of a
-- pipe, so the shell prints it. The status of a killed program is over 128.
local output = require "spec.support.output"

---@param command string
---@return integer status, string printed
return function(command)
  local printed, status = output(("{ %s\n} 2>&1; echo \"status $?\""):format(command)):match "^(.*)status (%d+)%s*$"
  return tonumber(status), printed
end
