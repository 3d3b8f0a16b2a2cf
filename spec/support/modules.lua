-- Returns the Lua modules of the library, from the files in lua/. The rock and `make install` must install all of them.
local lines_of = require "spec.support.lines"

---@return table<string, string> modules name -> file
return function()
  local found = {}
  for _, file in ipairs(lines_of "find lua -name '*.lua'") do
    local name = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    found[name] = file
  end
  return found
end
