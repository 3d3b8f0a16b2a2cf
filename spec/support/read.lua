-- Reads a file whole, for specs; raises where there is none.
---@param path string
---@return string
return function(path)
  local file = assert(io.open(path, "rb"), path)
  local text = file:read "*a"
  file:close()
  return text
end
