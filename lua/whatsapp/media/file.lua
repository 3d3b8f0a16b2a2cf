-- Files on the disk. Reads the file or the string that is uploaded, in pieces and never whole. Makes the empty file for a
-- download, and moves a downloaded file to its path. The caller must close each file that it opens here. Never writes bytes.
-- If the C module whatsapp.files can be loaded, create() and place() each need one system call; without it, they need two.
local digest = require "whatsapp.util.sha256"
local name = require "whatsapp.media.filename"
local options_of = require "whatsapp.util.options"
local show = require "whatsapp.util.show"

local source = {}

local PIECE = 65536
local FIELDS = { path = true, data = true, filename = true }

---@class whatsapp.media.file
---@field path string? nil if the bytes are in `data`
---@field data string?
---@field filename string without folders
---@field size integer
---@field at fun(offset: integer, count: integer): string
---@field close fun()

local function open_string(data, filename)
  return {
    data = data, filename = filename, size = #data, close = function() end,
    at = function(offset, count) return data:sub(offset + 1, offset + count) end,
  }
end

-- If no program writes to a pipe, io.open(path, "rb") waits for ever. With "r+b" it does not wait; open_file() then refuses the
-- pipe, because a pipe cannot seek. Nothing is written.
local function open_to_read(path)
  local file = io.open(path, "r+b")
  if file then return file end
  return io.open(path, "rb")
end

local function open_file(path, filename)
  local file, err = open_to_read(path)
  if not file then return nil, show.value(err) end
  local size, problem = file:seek "end"
  local readable, unreadable = file:seek "set"
  if readable then readable, unreadable = file:read(0) end
  if not size or (readable == nil and unreadable) then -- a folder can be opened, but not read
    file:close()
    return nil, show.line(("%s: %s"):format(path, tostring(problem or unreadable or "cannot be read")))
  end
  return {
    path = path, filename = filename, size = size, close = function() file:close() end,
    at = function(offset, count)
      if offset >= size or count <= 0 then return "" end
      file:seek("set", math.floor(offset))
      return file:read(math.floor(count)) or ""
    end,
  }
end

---Checks a file that the user passed.
---@param file any a path, or { path | data =, filename = }
---@return whatsapp.file? usable a copy that has a filename
---@return string? err what is wrong with `file`
function source.usable(file)
  if type(file) == "string" then file = { path = file } end
  if type(file) ~= "table" then return nil, "a file is a path, { path = } or { data =, filename = }, got a " .. type(file) end
  for field in pairs(file) do
    if not FIELDS[field] then
      return nil, ("a file has no field %s%s (there are data, filename, path)")
        :format(show.value(field), options_of.hint(field, FIELDS))
    end
  end
  local path, data = file.path, file.data
  if (path == nil) == (data == nil) then return nil, "a file has either a path or data" end
  if type(path or data) ~= "string" then return nil, "path and data are strings" end
  if path and (path == "" or path:find("\0", 1, true)) then return nil, "a path must not be empty or contain a NUL" end
  if file.filename ~= nil and type(file.filename) ~= "string" then return nil, "a filename is a string" end
  return { path = path, data = data, filename = name.base(file.filename or path or "file") }
end

---Opens a file for reading. The caller must call close().
---@param usable whatsapp.file as source.usable returns it
---@return whatsapp.media.file?
---@return string? err
function source.open(usable)
  if usable.data then return open_string(usable.data, usable.filename) end
  return open_file(usable.path, usable.filename)
end

---Reads the whole file in pieces and returns its SHA-256.
---@param opened whatsapp.media.file
---@return string? sha256 64 hexadecimal digits
---@return string? err
function source.sha256(opened)
  local sum, offset = digest.new(), 0
  while offset < opened.size do
    local piece = opened.at(offset, PIECE)
    if piece == "" then return nil, show.line(opened.path or "the file") .. ": cannot be read to its end" end
    sum:update(piece)
    offset = offset + #piece
  end
  return sum:final()
end

-- ---- putting a file in its place ------------------------------------------------------------------------------------------

local NO_ENTRY, NO_FOLDER = 2, 20 -- errno

---Returns whether a path exists. Renames the file to its present name, which changes nothing. (If the path is a pipe, io.open
---could wait for ever.)
---@param path string
---@return boolean exists true also for a folder, a pipe, and a link to a missing file
function source.exists(path)
  local ok, _, code = os.rename(path, path)
  return ok == true or code ~= NO_ENTRY and code ~= NO_FOLDER
end

-- returns the C module, or nil
local function files()
  local ok, module = pcall(require, "whatsapp.files")
  return ok and module or nil
end

-- Moves a file to a path where no file is. Another process can make a file between the two steps; another coroutine cannot.
local function place_in_two_steps(from, to)
  if source.exists(to) then return nil, nil, "exists" end
  return os.rename(from, to)
end

-- moves a file to a path where no file is, in one step if the C module can do so
local function place_new(from, to)
  local module = files()
  if not module then return place_in_two_steps(from, to) end
  local ok, err, why = module.place(from, to)
  if why == "untried" then return place_in_two_steps(from, to) end
  return ok, err, why
end

---Makes an empty file where no file is. Only the owner can read and write this file; without the C module, the process's umask
---decides who can.
---@param path string
---@return true? ok
---@return string? err
function source.create(path)
  local module = files()
  local ok, err
  if module then
    ok, err = module.create(path)
  elseif source.exists(path) then
    err = "File exists"
  else
    local file
    file, err = io.open(path, "wb")
    ok = file and file:close()
  end
  if ok then return true end
  return nil, show.line(("%s: the file could not be made: %s"):format(path, tostring(err)))
end

---Moves a file. Never replaces another file, except with `replace`.
---@param from string
---@param to string
---@param replace boolean?
---@return true? ok
---@return string? err
function source.place(from, to, replace)
  local ok, err, why
  if replace then ok, err = os.rename(from, to) else ok, err, why = place_new(from, to) end
  if why == "exists" then return nil, show.line(to) .. ": the file exists; replace = true replaces it" end
  if ok then return true end
  return nil, show.line(("%s: the file could not be moved there: %s"):format(to, tostring(err)))
end

return source
