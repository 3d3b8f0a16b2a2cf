-- Runs a file of Lua code that returns a message or a list of messages. The code can use the constructors of whatsapp.message,
-- null, array and the methods of strings: it can open no file, run no program and load no module. Never runs byte code. Stops the
-- code after a second of processor time.
local lua_file = {}

local SECONDS, STEP = 1, 10000 -- processor time for a file; Lua instructions between two looks at the clock

-- returns the chunk, or nil and an error; Lua 5.1 has no load() that takes an environment
local function compile(text, name, environment)
  if text:find "^\27" then return nil, "byte code is not allowed" end
  if not setfenv then return load(text, name, "t", environment) end
  local chunk, err = loadstring(text, name)
  return chunk and setfenv(chunk, environment), err
end

-- Compiles the text as an expression, or as a chunk: a file may be only a table, without `return`.
local function compile_either(text, name, environment)
  local chunk = compile("return " .. text, name, environment)
  if chunk then return chunk end
  return compile(text, name, environment)
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

---@param text string
---@param name string the name of the file
---@return any? value the value that the file returns
---@return string? err the file does not compile, raised an error, yielded, or ran longer than a second
function lua_file.run(text, name)
  local chunk, err = compile_either(text, "@" .. name, environment_of())
  if not chunk then return nil, err end
  without_compiler(chunk)
  local until_then = os.clock() + SECONDS
  local co = coroutine.create(chunk)
  debug.sethook(co, function()
    if os.clock() > until_then then error("the file ran longer than a second", 0) end
  end, "", STEP)
  local ok, value = coroutine.resume(co)
  if not ok then return nil, tostring(value) end
  if coroutine.status(co) ~= "dead" then return nil, name .. ": the file yields" end
  return value
end

return lua_file
