-- The Lua modules of the library by name, as the folder lua/ has them: what the rock and `make install` install.
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
