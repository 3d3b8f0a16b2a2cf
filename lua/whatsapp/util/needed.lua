-- Loads a module that may not be installed. If the module is missing, raises one line that says how to install it; Lua's own
-- error would list every path that Lua searched. Never installs anything.
local needed = {}

local OURS = "in the clone, make LUA=%s install (LuaRocks: luarocks --lua-version %s make)"
local FOUND = "on Debian, apt install %s"

-- name of a module, or its part before the first dot -> advice
local ADVICE = {
  ["whatsapp.core"] = OURS, ["whatsapp.crypto"] = OURS,
  cqueues = FOUND:format "lua-cqueues", luv = FOUND:format "lua-luv", socket = FOUND:format "lua-socket",
  argparse = FOUND:format "lua-argparse", cjson = FOUND:format "lua-cjson",
}

local function advice_of(name)
  local version = _VERSION:match "%d.%d"
  local advice = ADVICE[name] or ADVICE[name:match "^%w+"]
  return advice:format(rawget(_G, "jit") and "luajit" or "lua" .. version, version)
end

---Loads a module. Raises if the module is missing, or if the module itself raises.
---@param name string the name of a module that ADVICE has
---@return any module
function needed.module(name)
  local ok, module = pcall(require, name)
  if ok then return module end
  local err = tostring(module)
  if not err:find("module '" .. name .. "' not found", 1, true) then error(err, 0) end
  error(("module '%s' not found for %s: %s"):format(name, rawget(_G, "jit") and "LuaJIT" or _VERSION, advice_of(name)), 0)
end

return needed
