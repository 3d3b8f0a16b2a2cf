-- Reads messages from Lua code. The code can use only null, array and the constructors of whatsapp.message. It can use no files,
-- no programs and no other modules. It can use only those methods of strings whose time and memory are bounded. Never runs byte
-- code. Stops the code after 3 seconds, or when the code takes too much memory.
local show = require "whatsapp.util.show"

local lua_file = {}

local SECONDS, STEP = 3, 2 -- STEP: the number of instructions between two checks of the memory
-- KiB. MOST: the memory that the code may take in all; MOST_AT_ONCE: the memory that it may take between two checks
local MOST, MOST_AT_ONCE = 128 * 1024, 768
local TIMED = 100 -- the number of checks of the memory for one check of the time

local SOURCE = "=line" -- the name of the chunk: an error at line 7 begins with "line:7:"
local LONGEST = 300 -- bytes of an error, which would be long if the compiler quoted a long word

local METHODS = { byte = true, format = true, len = true, lower = true, reverse = true, sub = true, upper = true }

local function compile(text, environment)
  if text:find "^\27" then return nil, "byte code is not allowed" end
  if not setfenv then return load(text, SOURCE, "t", environment) end
  local chunk, err = loadstring(text, SOURCE)
  return chunk and setfenv(chunk, environment), err
end

-- Compiles the text as an expression, so that a file may be a table without `return`. If this fails, compiles it as a chunk.
local function compile_either(text, environment)
  local chunk = compile("return " .. text, environment)
  if chunk then return chunk end
  return compile(text, environment)
end

-- returns the table of the code's global variables; the code has no others
local function environment_of()
  local environment = {}
  for name, value in pairs(require "whatsapp.message") do environment[name] = value end
  environment.null, environment.array = require("whatsapp").null, require("whatsapp").array
  return environment
end

-- Turns LuaJIT's compiler off for a chunk: compiled code calls no hook, and only the hook of resume_watched() can stop the chunk.
local function without_compiler(chunk)
  local jit = rawget(_G, "jit")
  if jit and jit.off then jit.off(chunk, true) end
end

-- ---- bounds -----------------------------------------------------------------------------------------------------------------

-- Returns the function look(), which checks the memory and the time of the code. look() returns an error if the code has run too
-- long or has taken too much memory. After the first error, each later call returns the same error, so that bounded() also
-- finds an error that other code has caught. The garbage collector is off, so that look() counts all memory that the code took.
-- The longer the strings, the more memory one instruction can take: MOST_AT_ONCE bounds the length of strings.
local function new_look()
  local count, clock = collectgarbage, os.clock
  local first, until_then, looks, err = count "count", clock() + SECONDS, 0, nil
  local before = first
  return function()
    local now = count "count"
    looks = looks + 1
    if now - before > MOST_AT_ONCE or now - first > MOST then
      err = err or ("the file takes more than %d MiB of memory, or more than %d KiB at once"):format(MOST / 1024, MOST_AT_ONCE)
    elseif looks % TIMED == 0 and clock() > until_then then
      err = err or ("the file ran longer than %d seconds"):format(SECONDS)
    end
    before = now
    return err
  end
end

-- Returns a method of strings. Returns each method to the library's code, but only those of METHODS to the code of the file.
local function method_of(_, name)
  local caller = debug.getinfo(2, "S")
  if METHODS[name] or not (caller and caller.source == SOURCE) then return string[name] end
  error(("a message file cannot use the method %s of strings"):format(tostring(name)), 2)
end

-- Resumes a coroutine, and calls look() every STEP instructions. Raises the error of look() in the coroutine. Compares the
-- running coroutine with `co`, because LuaJIT has one hook for all coroutines.
local function resume_watched(co, look)
  local hook, mask, count = debug.gethook()
  debug.sethook(co, function()
    local err = coroutine.running() == co and look()
    if err then error(err, 0) end
  end, "", STEP)
  local ok, value = coroutine.resume(co)
  debug.sethook(co)
  if type(hook) == "function" then debug.sethook(hook, mask, count) end
  return ok, value
end

-- Runs a coroutine with bounds. Returns true and the value of the code, or false and the error.
local function bounded(co)
  local strings = getmetatable ""
  local methods = strings.__index
  strings.__index = method_of
  collectgarbage "stop"
  local look = new_look()
  local ok, value = resume_watched(co, look)
  local err = look()
  collectgarbage "restart"
  strings.__index = methods
  if err then return false, err end
  return ok, value
end

local function error_of(raised)
  local err = tostring(raised):gsub("^%S*lua_file%.lua:%d+: ", ""):gsub("^line:", "line ")
  return show.line(err, LONGEST)
end

---Runs the code of a file with bounds.
---@param text string the code
---@return any? value the first value that the code returns; nil if it failed
---@return string? err one line
function lua_file.run(text)
  -- in pcall, because an error in load() would otherwise call the message handler of an xpcall around this function
  local ok, chunk, err = pcall(compile_either, text, environment_of())
  if not (ok and chunk) then return nil, error_of(ok and err or chunk) end
  without_compiler(chunk)
  local co = coroutine.create(chunk)
  local value
  ok, value = bounded(co)
  if not ok then return nil, error_of(value) end
  if coroutine.status(co) ~= "dead" then return nil, "the file yields" end
  return value
end

return lua_file
