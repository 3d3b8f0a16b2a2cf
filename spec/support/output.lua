-- Returns the output of a command of the shell, for specs and benchmarks.
---@param command string
---@return string
return function(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end
