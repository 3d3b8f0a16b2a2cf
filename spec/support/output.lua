-- Runs a command of the shell, for specs and benchmarks. Returns its output on stdout.
---@param command string
---@return string output
return function(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end
