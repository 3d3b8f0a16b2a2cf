-- Plain values: copies, callable values, ids, whole numbers, and the one place where a number becomes text. Pure; it
-- needs no other module, never raises, and returns the same bytes on every Lua and in every locale.
local values = {}

local math_type, to_integer = math.type, math.tointeger -- luacheck: ignore 143

---Up to this number every integer is held exactly as a float. In a Lua whose numbers are singles (LUA_32BITS), 2^24 may also be
---a rounded 2^24 + 1, so the limit is one less.
values.EXACT = 2 ^ 24 + 1 == 2 ^ 24 and 2 ^ 24 - 1 or 2 ^ 53
local EXACT = values.EXACT

values.NONE = {} -- an empty table that is never written into

---Copies a table; its members are not copied.
---@generic T: table
---@param from T?
---@return T copy
function values.copy(from)
  local to = {}
  for name, value in pairs(from or values.NONE) do to[name] = value end
  return to
end

---@param a any
---@param b table
---@return boolean same both are tables with the same members
function values.same(a, b)
  if a == b then return true end
  if type(a) ~= "table" then return false end
  for name, value in pairs(b) do
    if a[name] ~= value then return false end
  end
  for name in pairs(a) do
    if b[name] == nil then return false end
  end
  return true
end

---@param value any
---@return boolean callable true for a function, and for a value whose metatable has __call
function values.callable(value)
  if type(value) == "function" then return true end
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__call ~= nil
end

local function is_subtype_integer(number)
  return math_type ~= nil and math_type(number) == "integer"
end

---@param value any a number, or its digits
---@return integer? integer nil where the value is no integer, or is not held exactly
function values.integer(value)
  local number = tonumber(value)
  if not number or is_subtype_integer(number) then return number or nil end
  if number % 1 ~= 0 or number > EXACT or number < -EXACT then return nil end
  return to_integer and to_integer(number) or number
end

-- ---- numbers as text ----------------------------------------------------------------------------------------------------

-- the fewest significant digits that read back as the same number, as %e writes them; 17 are enough for a double
local function shortest(number)
  for digits = 5, 16 do
    local text = ("%." .. digits .. "e"):format(number)
    if tonumber(text) == number then return text end
  end
  return ("%.16e"):format(number)
end

-- the sign, the digits and the exponent of a number that %e wrote, with any decimal point of the locale
local function parts_of(text)
  local sign, first, rest, exponent = text:match "^(%-?)(%d)%D*(%d*)e([+-]%d+)$"
  return sign, (first .. rest):gsub("0+$", ""), tonumber(exponent)
end

-- a number that is no integer, without an exponent: 42.5, 0.0000001
local function fraction(number)
  local sign, digits, exponent = parts_of(shortest(number))
  if exponent < 0 then return sign .. "0." .. ("0"):rep(-exponent - 1) .. digits end
  return ("%s%s.%s"):format(sign, digits:sub(1, exponent + 1), digits:sub(exponent + 2))
end

---Writes a number with all its digits and without an exponent: 1042.0 is "1042", 42.5 is "42.5"; the text reads back as
---the same number. A float beyond `values.EXACT` may have lost digits before it came here, so it has no text.
---@param number any
---@return string? text nil for NaN, for an infinity, for a float that may not be exact, and for a value that is no number
function values.text(number)
  if type(number) ~= "number" then return nil end
  if is_subtype_integer(number) then return ("%d"):format(number) end
  if number ~= number or number > EXACT or number < -EXACT then return nil end
  if number % 1 ~= 0 then return fraction(number) end
  if number == 0 then return "0" end -- also -0.0
  return ("%.0f"):format(number)
end

-- ---- ids ----------------------------------------------------------------------------------------------------------------

---@param value any
---@return boolean is_id true for a positive whole number that is held exactly, and for a string of letters and digits
function values.id(value)
  if is_subtype_integer(value) then return value > 0 end
  if type(value) == "number" then return value % 1 == 0 and value > 0 and value <= EXACT end
  return type(value) == "string" and value:find "^[%w_-]+$" ~= nil
end

---@param id any an id as JSON may hold it
---@return string? text a string as it is, a number with all its digits; nil for everything else
function values.text_of_id(id)
  if type(id) == "string" then return id end
  return values.text(id)
end

-- ---- errors, and code of the user's -----------------------------------------------------------------------------------------

---@param value any
---@return string|number? value nil if it is neither
function values.scalar(value)
  local kind = type(value)
  if kind == "string" or kind == "number" then return value end
end

---Returns a copy that has the default of each member that is absent.
---@param options table
---@param defaults table
---@return table
function values.with_defaults(options, defaults)
  local all = values.copy(defaults)
  for name, value in pairs(options) do all[name] = value end
  return all
end

---@param list string[]
---@return table<string, boolean> set
function values.set(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

---@param text string UTF-8
---@return integer characters code points
function values.characters(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

-- the characters of two, three and four bytes, without surrogates and numbers that are too large
local TAIL = "[\128-\191]"
local CHARACTERS = {
  "[\194-\223]" .. TAIL, "\224[\160-\191]" .. TAIL, "[\225-\236\238\239]" .. TAIL .. TAIL, "\237[\128-\159]" .. TAIL,
  "\240[\144-\191]" .. TAIL .. TAIL, "[\241-\243]" .. TAIL .. TAIL .. TAIL, "\244[\128-\143]" .. TAIL .. TAIL,
}

---@param text string
---@return boolean
function values.is_utf8(text)
  for _, character in ipairs(CHARACTERS) do
    if not text:find "[\128-\255]" then return true end
    text = text:gsub(character, "x")
  end
  return not text:find "[\128-\255]"
end

---The one place where a value of any type becomes text; util/show puts it on one line.
---@param value any such as an error: its __tostring may raise or give no string
---@return string
function values.text_of(value)
  if type(value) == "string" then return value end
  local ok, text = pcall(tostring, value)
  if ok and type(text) == "string" then return text end
  return "a " .. type(value) .. " that has no text"
end

-- Lua 5.1 cannot yield across a pcall.
local FIRM = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

---Calls code of the user's, which may yield, and returns its error as pcall does. Only in a coroutine of plain Lua 5.1 an error
---is raised: there a pcall would keep the code from yielding.
---@param code function
---@return boolean ok, any ...
function values.protected(code, ...)
  if FIRM and coroutine.running() then return true, code(...) end
  return pcall(code, ...)
end

return values
