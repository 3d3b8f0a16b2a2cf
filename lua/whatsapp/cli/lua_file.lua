-- Reads messages from Lua code. The code can use only the constructors of whatsapp.message, null and array: no files, no
-- programs, no other modules. Never runs byte code. Stops the code after a second.
local lua_file = {}

local SECONDS, STEP = 1, 10000

local function compile(text, name, environment)
  if text:find "^\27" then return nil, "byte code is not allowed" end
  if not setfenv then return load(text, name, "t", environment) end
  local chunk, err = loadstring(text, name)
  return chunk and setfenv(chunk, environment), err
end

-- also compiles a file that is only a table, without `return`
local function compile_either(text, name, environment)
  local chunk = compile("return " .. text, name, environment)
  if chunk then return chunk end
  return compile(text, name, environment)
end

local function environment_of()
  local environment = {}
  for name, value in pairs(require "whatsapp.message") do environment[name] = value end
  environment.null, environment.array = require("whatsapp").null, require("whatsapp").array
  return environment
end

-- turns the compiler off for a chunk: LuaJIT calls no hook in compiled code
local function without_compiler(chunk)
  local jit = rawget(_G, "jit")
  if jit and jit.off then jit.off(chunk, true) end
end

---@param text string
---@param name string the name of the file
---@return any? value what the file returns
---@return string? err
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
