-- Small questions about Lua values that every room asks. Pure; never raises.
local values = {}

values.NONE = {} -- an empty table that is never written into

---Copies the members of a table, but not what they hold.
---@param from table?
---@return table
function values.copy(from)
  local to = {}
  for name, value in pairs(from or values.NONE) do to[name] = value end
  return to
end

---@param value any
---@return boolean whether it can be called
function values.callable(value)
  if type(value) == "function" then return true end
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__call ~= nil
end

---@param value any
---@return string|number? value nil if it is neither
function values.scalar(value)
  local kind = type(value)
  if kind == "string" or kind == "number" then return value end
end

---@param value any an error, which may be any value: its __tostring may raise or give no string
---@return string
function values.text_of(value)
  if type(value) == "string" then return value end
  local ok, text = pcall(tostring, value)
  if ok and type(text) == "string" then return text end
  return "an error that has no text (a " .. type(value) .. ")"
end

-- Lua 5.1 suspends nothing within a pcall.
local FIRM = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

---Calls code of the user's, which may yield. What it raises is returned, but in a coroutine of plain Lua 5.1, where a pcall
---would keep it from yielding: there it is raised.
---@param code function
---@return boolean ok, any ...
function values.protected(code, ...)
  if FIRM and coroutine.running() then return true, code(...) end
  return pcall(code, ...)
end

return values
