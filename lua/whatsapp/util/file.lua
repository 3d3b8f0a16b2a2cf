-- Reads whole files, for small files such as options, keys, states and bodies of requests. (media/file reads the files of
-- messages, in pieces.) Never writes.
local file = {}

---@param path string
---@return string? text
---@return string? err
function file.read(path)
  local opened, err = io.open(path, "rb")
  if not opened then return nil, err end
  local text, unread = opened:read "*a"
  opened:close()
  if text then return text end
  return nil, ("%s: %s"):format(path, tostring(unread)) -- for example: a folder can be opened, but not read
end

---@param path string
---@return boolean whether the file can be opened
function file.exists(path)
  local opened = io.open(path, "rb")
  if opened then opened:close() end
  return opened ~= nil
end

return file
