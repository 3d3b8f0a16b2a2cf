-- Regular files for transports in nginx, through LuaJIT's FFI: Lua's own functions would wait for ever for a FIFO, and
-- overwrite a file that exists. Linux only. Reads and writes block, as disks do; never holds more than a piece of a file.
local files = {}

local PIECE = 64 * 1024

-- names of our own, so that no other declaration of the same functions is in the way
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

-- open's flags, of Linux; MIPS has its own
local WRITE_ONLY, CLOSE_ON_EXEC, MODE = 1, 0x80000, 384 -- rw for the owner only
local OTHERS = { CREATE = 0x40, EXCLUSIVE = 0x80, NO_TERMINAL = 0x100, NONBLOCK = 0x800 }
local MIPS = { CREATE = 0x100, EXCLUSIVE = 0x400, NO_TERMINAL = 0x800, NONBLOCK = 0x80 }

-- struct statx is the same on every machine: where the mode and the size stand in it
local EMPTY_PATH, ALL_BASICS = 0x1000, 0x7FF
local STATX, MODE_AT, SIZE_AT = 256, 28, 40
local KIND, REGULAR = 0x1000, 8 -- the highest digit of a file's mode

local ffi, C, flags -- once they are needed

-- returns true, or nil and the error where files cannot be streamed
local function prepare()
  if C then return true end
  ffi = require "ffi"
  if ffi.os ~= "Linux" then return nil, "files are streamed on Linux only" end
  ffi.cdef(DECLARED:format(ffi.abi "64bit" and "lseek" or "lseek64"))
  C, flags = ffi.C, ffi.arch:find "^mips" and MIPS or OTHERS
  return true
end

local function why() return ffi.string(C.whatsapp_strerror(ffi.errno())) end

-- a descriptor that is closed when it is collected
local function held(descriptor)
  return ffi.gc(ffi.new("int[1]", descriptor), function(holder)
    if holder[0] >= 0 then C.whatsapp_close(holder[0]) end
    holder[0] = -1
  end)
end

local function about(holder)
  local buffer = ffi.new("uint8_t[?]", STATX)
  if C.whatsapp_statx(holder[0], "", EMPTY_PATH, ALL_BASICS, buffer) ~= 0 then return nil, why() end
  if math.floor(ffi.cast("uint16_t *", buffer + MODE_AT)[0] / KIND) ~= REGULAR then return nil, "is no regular file" end
  return tonumber(ffi.cast("uint64_t *", buffer + SIZE_AT)[0])
end

local function close(holder)
  if holder[0] < 0 then return true end
  local ok = C.whatsapp_close(holder[0]) == 0
  holder[0] = -1
  return ok or nil, not ok and why() or nil
end

-- ---- to be sent -----------------------------------------------------------------------------------------------------------

local Source = {}
Source.__index = Source

---Opens a file to read the bytes that it holds now, from an offset on.
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
  if size and size < from then size, err = nil, "ends before the place where its bytes are to begin" end
  if size and from > 0 and C.whatsapp_lseek(descriptor, from, 0) < 0 then size, err = nil, why() end
  if not size then
    close(holder)
    return nil, err
  end
  return setmetatable({ holder = holder, size = size - from, left = size - from }, Source)
end

---@return string? piece nil at the end, or with a err
---@return string? err
function Source:read()
  if self.left == 0 then return nil end
  self.buffer = self.buffer or ffi.new("char[?]", PIECE)
  local got = tonumber(C.whatsapp_read(self.holder[0], self.buffer, math.min(PIECE, self.left)))
  if got < 0 then return nil, "the file that is sent cannot be read: " .. why() end
  if got == 0 then return nil, "the file that is sent became shorter meanwhile" end
  self.left = self.left - got
  return ffi.string(self.buffer, got)
end

function Source:close() close(self.holder) end

-- ---- to be received -------------------------------------------------------------------------------------------------------

---@class whatsapp.answer_file
local Target = {}
Target.__index = Target

---Makes a file that does not exist yet.
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
  -- the light thread that writes may be killed in the middle
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

---Closes it; a file that is not whole is removed.
---@param whole boolean
---@return true? ok, string? err where it should have been whole
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
