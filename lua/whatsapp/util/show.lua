-- Shows text from outside on one line that is safe for logs and terminals. Escapes each character that ends a line, moves a
-- cursor or changes the direction of reading, and most invisible characters. Never raises for any string.
local values = require "whatsapp.util.values"

local show = {}

-- ranges of code points that are escaped; code points under 32 are escaped too
local ESCAPED = {
  { 0x7F, 0x9F }, -- DEL, C1
  { 0xAD, 0xAD }, { 0x61C, 0x61C }, { 0x180E, 0x180E },
  { 0x200B, 0x200B }, { 0x200E, 0x200F }, -- not U+200C and U+200D: letters and emoji need them
  { 0x2028, 0x202E }, { 0x2060, 0x206F }, -- line ends, directions, invisible operators
  { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB },
}

-- for the first byte of a character: from, to, the number of bytes, and the smallest code point that needs this number of bytes
local LENGTHS = { { 0xC2, 0xDF, 2, 0x80 }, { 0xE0, 0xEF, 3, 0x800 }, { 0xF0, 0xF4, 4, 0x10000 } }

local SHORT = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function is_escaped(point)
  for i = 1, #ESCAPED do
    if point >= ESCAPED[i][1] and point <= ESCAPED[i][2] then return true end
  end
  return false
end

local function escaped_byte(byte)
  return SHORT[byte] or ("\\x%02X"):format(byte:byte())
end

-- returns the number of bytes and the code point of the first character; nil if the bytes do not begin with a UTF-8 character
local function character(bytes)
  local first = bytes:byte()
  for i = 1, #LENGTHS do
    local from, to, length, least = LENGTHS[i][1], LENGTHS[i][2], LENGTHS[i][3], LENGTHS[i][4]
    if first >= from and first <= to then
      if #bytes < length then return nil end
      local point = first % 2 ^ (7 - length)
      for at = 2, length do point = point * 64 + bytes:byte(at) % 64 end
      local is_surrogate = point >= 0xD800 and point <= 0xDFFF
      if point < least or point > 0x10FFFF or is_surrogate then return nil end
      return length, point
    end
  end
end

-- Returns a function that gets a first byte and the continuation bytes after it. The function escapes the character if it must,
-- and each byte that is not UTF-8.
local function escaper(of_byte, of_point)
  return function(bytes)
    local length, point = character(bytes)
    if not length then return (bytes:gsub(".", of_byte)) end
    local shown = is_escaped(point) and of_point:format(point) or bytes:sub(1, length)
    return shown .. bytes:sub(length + 1):gsub(".", of_byte)
  end
end

local escaped, escaped_in_json = escaper(escaped_byte, "\\u{%X}"), escaper("\\ufffd", "\\u%04x")

-- returns the first bytes of a text and "..."; leaves out an incomplete character at the end
local function cut(text, most)
  local first = text:sub(1, most)
  local rest = first:match "[\194-\244][\128-\191]*$"
  if rest and not character(rest) then first = first:sub(1, #first - #rest) end
  return first .. "..."
end

---Shows a text on one line.
---@param text string
---@param most integer? the most bytes of the text that are shown; all if absent
---@return string line
function show.line(text, most)
  if most and #text > most then text = cut(text, most) end
  if not text:find "[%z\1-\31\127-\255]" then return text end
  return (text:gsub("[%z\1-\31\127-\255][\128-\191]*", escaped))
end

---Escapes the same characters in a JSON text as \u escapes, so the JSON keeps its meaning. A byte that is not UTF-8 becomes
---U+FFFD.
---@param json string made by a JSON writer, which has already escaped the control characters of ASCII
---@return string json
function show.json(json)
  if not json:find "[\128-\255]" then return json end
  return (json:gsub("[\128-\255][\128-\191]*", escaped_in_json))
end

---Shows a text of several lines that this library itself made: keeps its line ends and tabs, and escapes the rest.
---@param text string
---@return string text each part between tabs and line ends is escaped as show.line() does
function show.lines(text) return (text:gsub("[^\t\n]+", function(part) return show.line(part) end)) end

---Shows any value, even an object whose __tostring raises.
---@param value any
---@param most integer? the most bytes that are shown; all if absent
---@return string line
function show.value(value, most)
  return show.line(values.text_of(value), most)
end

return show
