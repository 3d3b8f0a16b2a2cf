-- Helpers for plain values: copies, callable values, ids, whole numbers, numbers as text, UTF-8, errors as text, and calls of
-- the user's code. A number has the same text on every Lua and in every locale. Pure; needs no other module.
local values = {}

local math_type, to_integer = math.type, math.tointeger -- luacheck: ignore 143

---Up to this number, a float holds every integer exactly. If Lua's floats have 32 bits (LUA_32BITS), the limit is 2^24 - 1,
---because a float 2^24 can also come from a rounded 2^24 + 1.
values.EXACT = 2 ^ 24 + 1 == 2 ^ 24 and 2 ^ 24 - 1 or 2 ^ 53
local EXACT = values.EXACT

values.NONE = {} -- an empty table; no code writes into it

---Copies a table, but not the tables in it. Does not use the metatable of the table, because a metamethod could raise.
---@generic T: table
---@param from T?
---@return T copy
function values.copy(from)
  local to = {}
  for name, value in next, from or values.NONE do to[name] = value end
  return to
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

---@param value any a number, or a string that tonumber() reads
---@return integer? integer nil if the value is not an integer, or if a float cannot hold it exactly
function values.integer(value)
  local number = tonumber(value)
  if not number or is_subtype_integer(number) then return number or nil end
  if number % 1 ~= 0 or number > EXACT or number < -EXACT then return nil end
  return to_integer and to_integer(number) or number
end

-- ---- numbers as text ----------------------------------------------------------------------------------------------------

-- returns the shortest text of %e that reads back as the same number; a double needs at most 17 digits
local function shortest(number)
  for digits = 5, 16 do
    local text = ("%." .. digits .. "e"):format(number)
    if tonumber(text) == number then return text end
  end
  return ("%.16e"):format(number)
end

-- returns the sign, the digits and the exponent of a text of %e; the locale decides its decimal point
local function parts_of(text)
  local sign, first, rest, exponent = text:match "^(%-?)(%d)%D*(%d*)e([+-]%d+)$"
  return sign, (first .. rest):gsub("0+$", ""), tonumber(exponent)
end

-- writes a number that is not an integer, without an exponent: 42.5, 0.0000001
local function fraction(number)
  local sign, digits, exponent = parts_of(shortest(number))
  if exponent < 0 then return sign .. "0." .. ("0"):rep(-exponent - 1) .. digits end
  return ("%s%s.%s"):format(sign, digits:sub(1, exponent + 1), digits:sub(exponent + 2))
end

---Writes a number with all its digits and without an exponent: 1042.0 is "1042", 42.5 is "42.5". The text reads back as the
---same number. A float above `values.EXACT` has no text, because it may have lost digits before.
---@param number any
---@return string? text nil for NaN, an infinity, a float that may not be exact, and a value that is not a number
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
---@return boolean is_id true for a positive whole number that is exact, and for a string of letters, digits, - and _
function values.id(value)
  if is_subtype_integer(value) then return value > 0 end
  if type(value) == "number" then return value % 1 == 0 and value > 0 and value <= EXACT end
  return type(value) == "string" and value:find "^[%w_-]+$" ~= nil
end

---@param id any an id from JSON
---@return string? text a string unchanged; a number with all its digits; nil for other values
function values.text_of_id(id)
  if type(id) == "string" then return id end
  return values.text(id)
end

-- ---- texts, tables and the user's code --------------------------------------------------------------------------------------

---@param value any
---@return string|number? value nil if it is neither a string nor a number
function values.scalar(value)
  local kind = type(value)
  if kind == "string" or kind == "number" then return value end
end

---Returns a copy of the options; each absent member has its default.
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

-- metamethods that can show other items than the table has
local SHOWS_OTHERS = { "__index", "__len", "__pairs", "__ipairs" }

-- returns whether every function that reads the table sees the same items
local function is_plain(list)
  local meta = getmetatable(list)
  if meta == nil then return true end
  if type(meta) ~= "table" then return false end
  for _, name in ipairs(SHOWS_OTHERS) do
    if rawget(meta, name) ~= nil then return false end
  end
  return true
end

---Returns whether a value is a list with at least one item, without holes and without other keys. A typical hole comes from
---os.getenv: it returns nil for a variable that is not set.
---@param value any
---@param is_item (fun(item: any): boolean)? all values if absent
---@param may_be_empty boolean?
---@return boolean
function values.is_list(value, is_item, may_be_empty)
  if type(value) ~= "table" or not is_plain(value) then return false end
  local count = 0
  for _ in next, value do count = count + 1 end
  for i = 1, count do
    if value[i] == nil or (is_item and not is_item(value[i])) then return false end
  end
  return count > 0 or may_be_empty == true
end

---Returns the first hole of a list. The table may have other keys, and a metatable may make its items.
---@param list table
---@return integer? hole nil: no item is behind a hole
function values.hole_in(list)
  local filled = 0
  for key in next, list do
    if type(key) == "number" then filled = filled + 1 end
  end
  for i = 1, filled do
    if list[i] == nil then return i end
  end
end

---@param text string UTF-8
---@return integer characters code points
function values.characters(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

-- patterns for characters of two, three and four bytes; surrogates and numbers that are too large do not match
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

---@param character string one character of UTF-8
---@return string escape as JSON writes it: \u and four digits, or two such escapes for a character beyond U+FFFF
function values.json_escape(character)
  local first = character:byte()
  local point = first < 128 and first or first < 224 and first % 32 or first < 240 and first % 16 or first % 8
  for i = 2, #character do point = point * 64 + character:byte(i) % 64 end
  if point < 0x10000 then return ("\\u%04x"):format(point) end
  point = point - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + math.floor(point / 0x400), 0xDC00 + point % 0x400)
end

---Returns the text of any value. Never raises, even if a __tostring raises or returns no string. (util/show then makes one line
---of the text.)
---@param value any for example an error
---@return string
function values.text_of(value)
  if type(value) == "string" then return value end
  local ok, text = pcall(tostring, value)
  if ok and type(text) == "string" then return text end
  return "a " .. type(value) .. " that has no text"
end

-- true for plain Lua 5.1, which cannot yield across a pcall
local FIRM = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

---Calls the user's code, which may yield, and returns what pcall returns. Exception: in a coroutine of plain Lua 5.1, code
---cannot yield inside a pcall; so this function calls the code directly there, and does not catch its errors.
---@param code function
---@return boolean ok, any ...
function values.protected(code, ...)
  if coroutine.running() then return true, code(...) end
  return pcall(code, ...)
end

if not FIRM then values.protected = pcall end -- every other Lua can yield across a pcall

return values
