-- Writes JSON as the API writes the bodies of its webhooks: all bytes are ASCII; other characters and @ become \u with
-- hexadecimal digits in lower case; a slash becomes \/. The members of an object are in the order of FIRST, the other members
-- after them, sorted by name: so equal values become equal bytes. Pure.
local core = require "whatsapp.core"
local values = require "whatsapp.util.values"

local escaped = {}

local FIRST = {
  "object", "entry", "id", "changes", "value", "messaging_product", "metadata", "display_phone_number", "phone_number_id",
  "contacts", "profile", "wa_id", "user_id", "from", "from_user_id", "status", "timestamp", "type", "field",
}
local RANK = {}
for i, name in ipairs(FIRST) do RANK[name] = i end

local LIST = getmetatable(core.array {})
local DEEPEST = 64 -- levels of tables; encode() raises for a deeper one

-- ---- strings ------------------------------------------------------------------------------------------------------------

local SHORT = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["/"] = "\\/", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape_byte(byte) return SHORT[byte] or ("\\u%04x"):format(byte:byte()) end

-- Writes a string. It must be UTF-8: all strings here come from JSON, or values.is_utf8 has checked them.
local function write_string(text)
  if not text:find '[^%w_. :-]' then return '"' .. text .. '"' end
  text = text:gsub('[%z\1-\31"\\/@\127]', escape_byte)
  return '"' .. text:gsub("[\194-\244][\128-\191]+", values.json_escape) .. '"'
end

-- ---- values -------------------------------------------------------------------------------------------------------------

local write

local function is_before(a, b)
  local rank_a, rank_b = RANK[a] or math.huge, RANK[b] or math.huge
  if rank_a ~= rank_b then return rank_a < rank_b end
  return tostring(a) < tostring(b)
end

local function names_of(object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  if names[2] ~= nil then table.sort(names, is_before) end
  return names
end

local function write_list(out, list, depth)
  out[#out + 1] = "["
  for i = 1, #list do
    if i > 1 then out[#out + 1] = "," end
    write(out, list[i], depth)
  end
  out[#out + 1] = "]"
end

local function write_object(out, object, depth)
  out[#out + 1] = "{"
  for i, name in ipairs(names_of(object)) do
    out[#out + 1] = (i > 1 and "," or "") .. write_string(tostring(name)) .. ":"
    write(out, object[name], depth)
  end
  out[#out + 1] = "}"
end

-- type of a value -> function that appends its JSON to `out`; every other type becomes null
local WRITERS = {
  string = function(out, text) out[#out + 1] = write_string(text) end,
  number = function(out, number) out[#out + 1] = values.text(number) or "null" end,
  boolean = function(out, value) out[#out + 1] = tostring(value) end,
  table = function(out, value, depth)
    if depth > DEEPEST then error("a value is nested too deep", 0) end
    local writes = (value[1] ~= nil or getmetatable(value) == LIST) and write_list or write_object
    writes(out, value, depth + 1)
  end,
}
local function write_null(out) out[#out + 1] = "null" end

function write(out, value, depth) return (WRITERS[type(value)] or write_null)(out, value, depth) end

-- returns the character of a code point, in UTF-8
local function utf8_of(point)
  if point < 0x80 then return string.char(point) end
  local tail = string.char(0x80 + point % 0x40)
  point = math.floor(point / 0x40)
  if point < 0x20 then return string.char(0xC0 + point) .. tail end
  tail, point = string.char(0x80 + point % 0x40) .. tail, math.floor(point / 0x40)
  if point < 0x10 then return string.char(0xE0 + point) .. tail end
  return string.char(0xF0 + math.floor(point / 0x40), 0x80 + point % 0x40) .. tail
end

local function plain_pair(high, low)
  return utf8_of(0x10000 + (tonumber(high, 16) - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00)
end

local function plain_unit(hex)
  local point = tonumber(hex, 16)
  if point < 0x20 then return nil end -- stays escaped
  return utf8_of(point)
end

---Returns the same JSON as most libraries write it: slashes, @ and characters outside ASCII are not escaped. So the signature of
---these bytes differs from the signature of the webhook.
---@param body string that encode() returned
---@return string json
function escaped.plain(body)
  body = body:gsub("\\\\", "\0"):gsub("\\/", "/") -- NUL: an escaped backslash, so that it escapes nothing here
  body = body:gsub("\\u(d[89ab]%x%x)\\u(d[c-f]%x%x)", plain_pair):gsub("\\u(%x%x%x%x)", plain_unit)
  return (body:gsub("%z", "\\\\"))
end

---@param value any strings of UTF-8, numbers, booleans and tables; any other value becomes null
---@return string json
function escaped.encode(value)
  local out = {}
  write(out, value, 1)
  return table.concat(out)
end

return escaped
