-- Runs a command of the shell, for specs. Returns its status, and its output on stdout and stderr. The shell prints the status after the
-- output, because pipe:close() does not return it in Lua 5.1. The status of a killed program is over 128.
local output = require "spec.support.output"

---@param command string
---@return integer status, string printed
return function(command)
  local printed, status = output(("{ %s\n} 2>&1; echo \"status $?\""):format(command)):match "^(.*)status (%d+)%s*$"
  return tonumber(status), printed
end
