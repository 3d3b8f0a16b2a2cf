-- Reads a file whole, for specs; raises if there is no such file, unless the caller passes another result.
---@param path string
---@param otherwise string?
---@return string
return function(path, otherwise)
  local file = io.open(path, "rb")
  if not file then return assert(otherwise, path) end
  local text = file:read "*a"
  file:close()
  return text
end
