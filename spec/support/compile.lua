-- Compiles a C file of spec/ into a shared library. A spec loads the library, or puts it before the system's libraries by LD_PRELOAD.
local run = require "spec.support.run"

local SPECS = debug.getinfo(1, "S").source:match "^@(.*)support/compile%.lua$"

---@param name string the path of the C file in spec/
---@return string path of the library; the caller must remove the file
return function(name)
  local library = os.tmpname()
  local status, printed = run(("%s -shared -fPIC -o %s %s%s -ldl"):format(os.getenv "CC" or "cc", library, SPECS, name))
  assert(status == 0, printed)
  return library
end
