-- Finds clusters: a cluster is the code points that a reader sees as one character. Follows the rules of UAX 29 (extended
-- grapheme clusters). Pure: takes any bytes, needs linear time, and never raises.
--
-- A cluster does not end at these places: between CR and LF; before a combining mark, a variation selector, a skin tone, a tag,
-- a zero width joiner or a spacing mark; after a prepended mark; within a Hangul syllable; between a joiner and the emoji after
-- it; within a pair of regional indicators; between a virama (or a similar sign) and the consonant after it. UAX 29 has the
-- last rule only for six scripts (GB9c). Here it holds for every script with such a sign, for example Tamil and Khmer.
--
-- Limits: the data belong to one Unicode version (util/unicode), and a mark of a later version counts as a letter. A font may
-- draw several clusters as one sign (a ligature); this file knows no fonts. Each byte that is not UTF-8 is a cluster.
local clusters = {}

-- the first code points, last code points and classes of the ranges, sorted; filled at the first use
local starts, stops, classes

local function read_ranges()
  local rows = {}
  for class, ranges in pairs(require "whatsapp.util.unicode") do
    for first, last in ranges:gmatch "(%x+)%-?(%x*)" do
      local start = tonumber(first, 16)
      rows[#rows + 1] = { start, last ~= "" and tonumber(last, 16) or start, class }
    end
  end
  table.sort(rows, function(one, other) return one[1] < other[1] end)
  starts, stops, classes = {}, {}, {}
  for i, row in ipairs(rows) do starts[i], stops[i], classes[i] = row[1], row[2], row[3] end
end

local HANGUL_FIRST, HANGUL_LAST, FINALS = 0xAC00, 0xD7A3, 28

-- Returns the class of a code point: a letter of util/unicode; H for a Hangul syllable without a final consonant; W for a Hangul
-- syllable with a final consonant; "" for any other code point.
local function class_of(code)
  if code < 0x300 and code ~= 0xA9 and code ~= 0xAE and code ~= 0xAD and code >= 0xA0 then return "" end
  if code >= HANGUL_FIRST and code <= HANGUL_LAST then return (code - HANGUL_FIRST) % FINALS == 0 and "H" or "W" end
  if not starts then read_ranges() end
  local low, high = 1, #starts
  while low <= high do
    local middle = math.floor((low + high) / 2)
    if code < starts[middle] then high = middle - 1
    elseif code > stops[middle] then low = middle + 1
    else return classes[middle] end
  end
  return ""
end

-- returns the number of bytes of a character, and the bits of the code point in its first byte; 1, nil for a byte that begins
-- no character
local function length_of(lead)
  if lead >= 0xC2 and lead < 0xE0 then return 2, lead - 0xC0 end
  if lead >= 0xE0 and lead < 0xF0 then return 3, lead - 0xE0 end
  if lead >= 0xF0 and lead < 0xF5 then return 4, lead - 0xF0 end
  return 1, nil
end

-- Returns the class of the code point at a position, the position after it, and the code point (nil for ASCII). A control
-- character and a byte that is not UTF-8 have the class N, which ends every cluster.
local function read(text, at)
  local lead = text:byte(at)
  if lead < 0x20 or lead == 0x7F then return lead == 13 and "CR" or lead == 10 and "LF" or "N", at + 1 end
  if lead < 0x80 then return "", at + 1 end
  local length, code = length_of(lead)
  if not code then return "N", at + 1 end
  for i = at + 1, at + length - 1 do
    local byte = text:byte(i)
    if not byte or byte < 0x80 or byte > 0xBF then return "N", at + 1 end
    code = code * 64 + byte - 0x80
  end
  return class_of(code), at + length, code
end

local function set(list)
  local members = {}
  for name in list:gmatch "%S+" do members[name] = true end
  return members
end
local ENDS = set "N CR LF"
local MARKS = set "E Z K S"
-- class of a part of a Hangul syllable -> the classes that may follow this part within a cluster
local JOINS = { L = set "L V H W", V = set "V T", H = set "V T", T = set "T", W = set "T" }
local ZERO_WIDTH_NON_JOINER = 0x200C

-- Returns whether two neighbours are in one cluster. Their classes are `before` and `after`; remember() has filled `state` from
-- all earlier code points.
local function goes_on(before, after, state)
  if before == "CR" then return after == "LF" end
  if ENDS[before] or ENDS[after] then return false end
  if MARKS[after] or before == "P" then return true end
  if after == "X" then return state.picture == 2 end
  if after == "R" then return before == "R" and state.flags % 2 == 1 end
  if after == "C" then return state.linked end
  return JOINS[before] ~= nil and JOINS[before][after] == true
end

-- Updates `state` after a code point. picture: 1 after an emoji and its marks; 2 after a joiner that follows these; else 0.
-- flags: the number of regional indicators in a row. linked: true if the next consonant belongs to the cluster, because a
-- virama came before it.
local function remember(state, class, code)
  if class == "X" then state.picture = 1
  elseif class == "Z" and state.picture == 1 then state.picture = 2
  elseif class ~= "E" and class ~= "K" or state.picture ~= 1 then state.picture = 0 end
  state.flags = class == "R" and state.flags + 1 or 0
  state.linked = class == "K" or state.linked and (class == "E" or class == "Z") and code ~= ZERO_WIDTH_NON_JOINER
end

---Finds the end of the cluster at a position. Reads at most `most` code points.
---@param text string
---@param at integer position of the cluster's first byte
---@param most integer code points
---@return integer next position after the cluster; or after `most` code points, if the cluster is longer
---@return integer count number of its code points; most + 1 if the cluster is longer
function clusters.next(text, at, most)
  local class, stop, code = read(text, at)
  local following = text:byte(stop)
  if not following or class == "" and following >= 0x20 and following < 0x7F then return stop, 1 end
  local state, count = { picture = 0, flags = 0, linked = false }, 1
  remember(state, class, code)
  while stop <= #text do
    local after, after_stop, after_code = read(text, stop)
    if not goes_on(class, after, state) then return stop, count end
    if count == most then return stop, most + 1 end
    remember(state, after, after_code)
    class, stop, count = after, after_stop, count + 1
  end
  return stop, count
end

---Returns the beginning of a text: as many whole clusters as fit into `bytes` bytes. If the first cluster is longer, cuts it
---between two of its code points.
---@param text string
---@param bytes integer
---@return string
function clusters.beginning(text, bytes)
  if #text <= bytes then return text end
  local at = 1
  while at <= bytes do
    local stop = clusters.next(text, at, bytes)
    if stop - 1 > bytes then break end
    at = stop
  end
  if at > 1 then return text:sub(1, at - 1) end
  while at <= bytes do
    local _, stop = read(text, at)
    if stop - 1 > bytes then break end
    at = stop
  end
  return text:sub(1, at - 1)
end

return clusters
