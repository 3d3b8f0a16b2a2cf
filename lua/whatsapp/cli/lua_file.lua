-- Reads messages from Lua code. The code can use only the constructors of whatsapp.message, null and array: no files, no
-- programs, no other modules; and no methods of strings that can take time or memory without a bound. Never runs byte code.
-- Stops the code after 3 seconds, or when it takes too much memory.
local show = require "whatsapp.util.show"

local lua_file = {}

local SECONDS, STEP = 3, 2 -- STEP: the number of instructions between two looks at the memory
local MOST, MOST_AT_ONCE = 128 * 1024, 768 -- KiB that the code may take, and that it may take between two looks
local TIMED = 100 -- looks at the memory between two looks at the clock

local SOURCE = "=line" -- the name of the chunk: errors begin with line:7:
local LONGEST = 300 -- bytes of an error: the compiler quotes words of any length

local METHODS = { byte = true, format = true, len = true, lower = true, reverse = true, sub = true, upper = true }

local function compile(text, environment)
  if text:find "^\27" then return nil, "byte code is not allowed" end
  if not setfenv then return load(text, SOURCE, "t", environment) end
  local chunk, err = loadstring(text, SOURCE)
  return chunk and setfenv(chunk, environment), err
end

-- Compiles the text as an expression, or as a chunk: a file may be only a table, without `return`.
local function compile_either(text, environment)
  local chunk = compile("return " .. text, environment)
  if chunk then return chunk end
  return compile(text, environment)
end

-- returns the only global variables that the code has
local function environment_of()
  local environment = {}
  for name, value in pairs(require "whatsapp.message") do environment[name] = value end
  environment.null, environment.array = require("whatsapp").null, require("whatsapp").array
  return environment
end

-- Turns LuaJIT's compiler off for a chunk: compiled code calls no hook, so the hook could not stop the chunk.
local function without_compiler(chunk)
  local jit = rawget(_G, "jit")
  if jit and jit.off then jit.off(chunk, true) end
end

-- ---- bounds -----------------------------------------------------------------------------------------------------------------

-- Returns a function that returns an error if the code has run too long or has taken too much memory, and at each later call. The
-- garbage collector is off: so the function sees all memory that the code took. The memory that one instruction takes grows with
-- the longest string, which MOST_AT_ONCE bounds.
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

-- gives the code only METHODS, and gives all methods to the library
local function method_of(_, name)
  local caller = debug.getinfo(2, "S")
  if METHODS[name] or not (caller and caller.source == SOURCE) then return string[name] end
  error(("a message file cannot use the method %s of strings"):format(tostring(name)), 2)
end

-- Resumes a coroutine, and raises in it what look() returns. LuaJIT has one hook for all coroutines.
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

-- calls the chunk in a coroutine, with bounds; returns the values of coroutine.resume
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

---@param text string
---@return any? value what the file returns
---@return string? err one line
function lua_file.run(text)
  local ok, chunk, err = pcall(compile_either, text, environment_of()) -- load alone calls the error handler of its caller
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
