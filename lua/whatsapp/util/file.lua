-- Reads files and pipes, whole or line by line. Each read has a bound, so that a device or a pipe without an end cannot fill the
-- memory. This file is for files that fit into memory, such as options, keys, states and bodies of requests; media/file reads the
-- files of messages, in pieces. Never writes.
local file = {}

local MOST = 64 * 1024 * 1024 -- bytes; the bound if the caller names no other
local PIECE = 65536

---The bound, in bytes, for the sandbox's state files and records. It is large, because these contain the files of messages.
file.SANDBOX = 1024 * 1024 * 1024

---@param opened file*
---@param most integer? bytes, 64 MiB if absent
---@return string? text all bytes up to the end
---@return string? err
function file.all(opened, most)
  local pieces, size = {}, 0
  most = most or MOST
  while true do
    local piece, unread = opened:read(PIECE)
    if unread then return nil, tostring(unread) end -- for example: io.open opens a folder, but read() fails
    if not piece then return table.concat(pieces) end
    pieces[#pieces + 1], size = piece, size + #piece
    if size > most then return nil, ("more than %d bytes"):format(most) end
  end
end

-- Returns the bound for an open file. Allows more than 64 MiB only if the file itself is larger than 64 MiB. A device or a pipe
-- has no size, so its bound is 64 MiB.
local function bound_of(opened, most)
  if not most or most <= MOST then return most end
  local size = opened:seek "end"
  opened:seek "set"
  return size and size > MOST and most or MOST
end

---@param path string
---@param most integer? bytes, 64 MiB if absent
---@return string? text
---@return string? err
---@return integer? code the system's error code: 2 if there is no such file
function file.read(path, most)
  local opened, err, code = io.open(path, "rb")
  if not opened then return nil, err, code end
  local text, unread = file.all(opened, bound_of(opened, most))
  opened:close()
  if text then return text end
  return nil, ("%s: %s"):format(path, unread)
end

---Reads one line, byte by byte, so that it does not wait for the bytes after the line end. The next read returns these bytes.
---@param opened file*
---@param most integer bytes
---@return string? line without the line end; nil at the end of the file
---@return string? err
function file.line(opened, most)
  local pieces, bytes, count, size = "", {}, 0, 0
  while true do
    local byte, unread = opened:read(1)
    if unread then return nil, tostring(unread) end
    if byte == nil and size == 0 then return nil end
    if byte == nil or byte == "\n" then return pieces .. table.concat(bytes, "", 1, count) end
    if size == most then return nil, ("a line of more than %d bytes"):format(most) end
    count, size = count + 1, size + 1
    bytes[count] = byte
    if count == PIECE then pieces, count = pieces .. table.concat(bytes), 0 end
  end
end

---@param path string
---@return boolean whether the file can be opened
function file.exists(path)
  local opened = io.open(path, "rb")
  if opened then opened:close() end
  return opened ~= nil
end

return file
