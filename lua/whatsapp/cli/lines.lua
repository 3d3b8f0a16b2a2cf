-- Reads a file or a pipe line by line. A line has a largest size. Keeps every byte of a line, except the line end. Never closes
-- the file.
local files = require "whatsapp.util.file"

local lines = {}

local CHUNK = 65536
local MOST = 8 * 1024 * 1024 -- bytes of one line
local find, sub = string.find, string.sub

-- Returns the reader of a pipe. It reads lines and not chunks, because file:read(CHUNK) would wait for a whole chunk.
local function piped(file)
  local is_ended = false
  return function()
    if is_ended then return nil end
    local line, err = files.line(file, MOST)
    if line then return line end
    is_ended = true
    if err then return false, err end
  end
end

---@param file file*
---@return boolean can_rewind true: the file can be read twice
function lines.can_rewind(file) return file:seek "cur" ~= nil end

---@param file file*
---@return fun(): string|false|nil, string? next_line returns a line; nil at the end; false and an error if a read fails or a
---line is too long. After the error, returns nil
function lines.of(file)
  if not lines.can_rewind(file) then return piped(file) end
  local buffer, at, is_ended = "", 1, false
  local function fail(err)
    buffer, at, is_ended = "", 1, true
    return false, err
  end
  return function()
    while true do
      local stop = find(buffer, "\n", at, true)
      if stop then
        local line = sub(buffer, at, stop - 1)
        at = stop + 1
        return line
      end
      local rest = sub(buffer, at)
      if is_ended then
        buffer, at = "", 1
        return rest ~= "" and rest or nil
      end
      if #rest > MOST then return fail(("a line of more than %d bytes"):format(MOST)) end
      local chunk, err = file:read(math.min(math.max(CHUNK, #rest), MOST + 1 - #rest)) -- the chunk doubles
      if err then return fail(tostring(err)) end
      buffer, at, is_ended = rest .. (chunk or ""), 1, chunk == nil
    end
  end
end

---@param text string
---@return string text without the byte order mark that some programs write first
function lines.without_mark(text)
  return sub(text, 1, 3) == "\239\187\191" and sub(text, 4) or text
end

return lines
