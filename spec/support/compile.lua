-- Compiles a C file that stands beside the specs into a library: to be loaded, or put before the system's with LD_PRELOAD.
local run = require "spec.support.run"

local SPECS = debug.getinfo(1, "S").source:match "^@(.*)support/compile%.lua$"

---@param name string
---@return string path of the library; whoever asked for it removes it
return function(name)
  local library = os.tmpname()
  local status, printed = run(("%s -shared -fPIC -o %s %s%s -ldl"):format(os.getenv "CC" or "cc", library, SPECS, name))
  assert(status == 0, printed)
  return library
end
