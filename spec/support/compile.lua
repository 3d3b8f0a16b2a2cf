-- Compiles a C file of spec/ into a library, which is loaded by a spec or put before the system's libraries with LD_PRELOAD.
local run = require "spec.support.run"

local SPECS = debug.getinfo(1, "S").source:match "^@(.*)support/compile%.lua$"

---@param name string
---@return string path of the library, which the caller removes
return function(name)
  local library = os.tmpname()
  local status, printed = run(("%s -shared -fPIC -o %s %s%s -ldl"):format(os.getenv "CC" or "cc", library, SPECS, name))
  assert(status == 0, printed)
  return library
end
