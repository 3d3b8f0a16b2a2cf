-- Finalizers that call every function of every C module while the Lua state closes: of objects that are older than the modules, and of
-- younger ones. Each call answers or raises, and the process ends as usual. Lua 5.1 and LuaJIT unload other C modules before they
-- finalize the older objects. A program of its own for each; never sends to another host.
local output = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"

local PROGRAM = [[
local name, when = ...
local unpack = unpack or table.unpack
local ARGUMENTS = { {}, { "x" }, { {} }, { 1 }, { "x", "y" }, { "x", "y", "z" }, { {}, {} }, { "x", {} }, { print }, { true } }
local module, objects, called = nil, {}, 0

-- the functions of a table, and of the table that its __index is
local function call_all(functions, first)
  for _, call in pairs(functions) do
    for _, arguments in ipairs(ARGUMENTS) do
      if type(call) == "function" then
        if first then pcall(call, first, unpack(arguments)) else pcall(call, unpack(arguments)) end
        called = called + 1
      end
    end
  end
end

local function finalize()
  call_all(module)
  for _, object in ipairs(objects) do
    local meta = getmetatable(object)
    if type(meta) == "table" then
      call_all(meta, object)
      if type(meta.__index) == "table" then call_all(meta.__index, object) end
    end
  end
  if called > 0 then io.write "called" io.flush() end
end

local kept
local function keep()
  if newproxy then
    kept = newproxy(true)
    getmetatable(kept).__gc = finalize
  else
    kept = setmetatable({}, { __gc = finalize })
  end
end

if when == "older" then keep() end
module = require("whatsapp." .. name)
for maker, argument in pairs { new = {}, array = {}, digest = "sha256", checker = "secret" } do
  if module[maker] then
    local ok, object = pcall(module[maker], argument)
    if ok then objects[#objects + 1] = object end
  end
end
if when == "younger" then keep() end
]]

describe("finalizers while the state closes", function()
  local scratch

  setup(function() scratch = scratch_folder.new() end)
  teardown(function() scratch.remove() end)

  for _, name in ipairs { "core", "curl", "crypto", "files" } do
    for _, when in ipairs { "older", "younger" } do
      it(("may call every function of whatsapp.%s: an object that is %s"):format(name, when), function()
        local line = "cd '%s' && %s '%s' %s %s 2>&1; echo \" $?\""
        assert.equal("called 0\n", output(line:format(scratch.folder, os.getenv "LUA" or "lua5.4", scratch.write("script", PROGRAM), name,
          when)))
      end)
    end
  end
end)
