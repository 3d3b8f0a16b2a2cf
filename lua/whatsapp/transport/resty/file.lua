-- Regular files for transports in nginx, through LuaJIT's FFI, on Linux only. Lua's own functions are not safe here: they would
-- wait for ever to open a FIFO, and would overwrite an existing file. Reads and writes block the worker process, as all disk
-- I/O does. Only one piece of a file is in memory at a time.
local files = {}

local PIECE = 64 * 1024

-- C's functions under other names: other code may have declared the usual names differently
local DECLARED = [[
int whatsapp_open(const char *, int, ...) __asm__("open");
int whatsapp_close(int) __asm__("close");
int whatsapp_unlink(const char *) __asm__("unlink");
intptr_t whatsapp_read(int, void *, size_t) __asm__("read");
intptr_t whatsapp_write(int, const void *, size_t) __asm__("write");
int64_t whatsapp_lseek(int, int64_t, int) __asm__("%s");
int whatsapp_statx(int, const char *, int, unsigned, void *) __asm__("statx");
char *whatsapp_strerror(int) __asm__("strerror");
]]

-- flags of open() on Linux; MIPS has different values
local WRITE_ONLY, CLOSE_ON_EXEC, MODE = 1, 0x80000, 384 -- 384: only the owner can read and write
local OTHERS = { CREATE = 0x40, EXCLUSIVE = 0x80, NO_TERMINAL = 0x100, NONBLOCK = 0x800 }
local MIPS = { CREATE = 0x100, EXCLUSIVE = 0x400, NO_TERMINAL = 0x800, NONBLOCK = 0x80 }

-- Offsets of the mode and of the size in struct statx, which is the same on every machine.
local EMPTY_PATH, ALL_BASICS = 0x1000, 0x7FF
local STATX, MODE_AT, SIZE_AT = 256, 28, 40
local KIND, REGULAR = 0x1000, 8 -- KIND: the unit of the highest digit of a file's mode

local ffi, C, flags -- set at the first use

-- returns true; or nil and the error if files cannot be streamed here
local function prepare()
  if C then return true end
  ffi = require "ffi"
  if ffi.os ~= "Linux" then return nil, "files are streamed on Linux only" end
  ffi.cdef(DECLARED:format(ffi.abi "64bit" and "lseek" or "lseek64"))
  C, flags = ffi.C, ffi.arch:find "^mips" and MIPS or OTHERS
  return true
end

local function why() return ffi.string(C.whatsapp_strerror(ffi.errno())) end

-- returns an object that holds a descriptor; when the object is collected, its descriptor is closed
local function held(descriptor)
  return ffi.gc(ffi.new("int[1]", descriptor), function(holder)
    if holder[0] >= 0 then C.whatsapp_close(holder[0]) end
    holder[0] = -1
  end)
end

-- returns the size of a regular file; nil, err for anything else
local function about(holder)
  local buffer = ffi.new("uint8_t[?]", STATX)
  if C.whatsapp_statx(holder[0], "", EMPTY_PATH, ALL_BASICS, buffer) ~= 0 then return nil, why() end
  if math.floor(ffi.cast("uint16_t *", buffer + MODE_AT)[0] / KIND) ~= REGULAR then return nil, "is not a regular file" end
  return tonumber(ffi.cast("uint64_t *", buffer + SIZE_AT)[0])
end

local function close(holder)
  if holder[0] < 0 then return true end
  local ok = C.whatsapp_close(holder[0]) == 0
  holder[0] = -1
  return ok or nil, not ok and why() or nil
end

-- ---- files that are sent ----------------------------------------------------------------------------------------------

local Source = {}
Source.__index = Source

---Opens a file for reading from an offset. The source ends where the file ends now, even if the file grows later.
---@param path string
---@param from integer
---@return table? source .size; :read(), :close()
---@return string? err
function files.open(path, from)
  local ready, unready = prepare()
  if not ready then return nil, unready end
  local descriptor = C.whatsapp_open(path, flags.NONBLOCK + flags.NO_TERMINAL + CLOSE_ON_EXEC)
  if descriptor < 0 then return nil, why() end
  local holder = held(descriptor)
  local size, err = about(holder)
  if size and size < from then size, err = nil, "ends before the byte at which the body begins" end
  if size and from > 0 and C.whatsapp_lseek(descriptor, from, 0) < 0 then size, err = nil, why() end
  if not size then
    close(holder)
    return nil, err
  end
  return setmetatable({ holder = holder, size = size - from, left = size - from }, Source)
end

---@return string? piece nil at the end, or with err
---@return string? err
function Source:read()
  if self.left == 0 then return nil end
  self.buffer = self.buffer or ffi.new("char[?]", PIECE)
  local got = tonumber(C.whatsapp_read(self.holder[0], self.buffer, math.min(PIECE, self.left)))
  if got < 0 then return nil, "the file that is sent cannot be read: " .. why() end
  if got == 0 then return nil, "the file that is sent became shorter during the request" end
  self.left = self.left - got
  return ffi.string(self.buffer, got)
end

function Source:close() close(self.holder) end

-- ---- files that are received ------------------------------------------------------------------------------------------

---@class whatsapp.answer_file
local Target = {}
Target.__index = Target

---Makes a new file; fails if the file exists.
---@param path string
---@return table? target :write(bytes), :finish(whole)
---@return string? err
function files.make(path)
  local ready, unready = prepare()
  if not ready then return nil, unready end
  local how = WRITE_ONLY + flags.CREATE + flags.EXCLUSIVE + CLOSE_ON_EXEC
  local descriptor = C.whatsapp_open(path, how, ffi.cast("int", MODE))
  if descriptor < 0 then return nil, why() end
  local target = setmetatable({ holder = held(descriptor), path = path, size = 0 }, Target)
  -- removes the incomplete file if the light thread that writes is killed
  target.half = ffi.gc(ffi.new "int[1]", function() C.whatsapp_unlink(path) end)
  return target
end

local UNWRITABLE = "the answer cannot be written to its file: "

---@param bytes string
---@return true? ok, string? err
function Target:write(bytes)
  local from, at, left = ffi.cast("const char *", bytes), 0, #bytes
  while left > 0 do
    local put = tonumber(C.whatsapp_write(self.holder[0], from + at, left))
    if put <= 0 then return nil, UNWRITABLE .. why() end
    at, left = at + put, left - put
  end
  self.size = self.size + #bytes
  return true
end

---Closes the file; removes it if it is incomplete.
---@param whole boolean true: the file is complete
---@return true? ok, string? err only for a complete file
function Target:finish(whole)
  local half = self.half
  if not half then return true end
  self.half = nil
  ffi.gc(half, nil)
  local closed, err = close(self.holder)
  if not (whole and closed) then C.whatsapp_unlink(self.path) end
  if whole and not closed then return nil, UNWRITABLE .. err end
  return true
end

return files
