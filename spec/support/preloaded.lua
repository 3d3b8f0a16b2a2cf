-- For specs that replace functions of libcurl or of the system: builds a library of spec/, and runs programs with this library in
-- LD_PRELOAD. Only for Linux.
local compile = require "spec.support.compile"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"

local preloaded = {}

---@return boolean possible false: the system is not Linux
function preloaded.possible() return read("/proc/self/maps", "") ~= "" end

---@param source string the library, such as "transport/put_off.c"
---@return table self .fault: a fault server, from start() on; .scratch: a folder of the spec; .lua: the program. Pass .start to
---setup() and .stop to teardown()
function preloaded.new(source)
  local self = { scratch = scratch_folder.new(), lua = os.getenv "LUA" or "lua5.4" }

  function self.start()
    self.fault = fault_server.start()
    self.library = compile(source)
  end

  function self.stop()
    self.fault.stop()
    os.remove(self.library)
    self.scratch.remove()
  end

  ---Runs a Lua program with one argument.
  ---@param environment string variables for the library, such as "REFUSED=3"
  ---@param program string
  ---@param argument string
  ---@return string said its output and its errors
  function self.said(environment, program, argument)
    return output(("env %s LD_PRELOAD=%s timeout 20 %s %s '%s' 2>&1"):format(environment, self.library, self.lua,
      self.scratch.write("script", program), argument))
  end

  return self
end

return preloaded
