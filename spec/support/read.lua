-- Reads a whole file, for specs. If there is no such file, returns `otherwise`, or raises.
---@param path string
---@param otherwise string?
---@return string text
return function(path, otherwise)
  local file = io.open(path, "rb")
  if not file then return assert(otherwise, path) end
  local text = file:read "*a"
  file:close()
  return text
end
