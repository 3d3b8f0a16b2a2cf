-- Writes a whole file, for specs. Raises if this fails.
---@param path string
---@param text string
---@return string path
return function(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end
