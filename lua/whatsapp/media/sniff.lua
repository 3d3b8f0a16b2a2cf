-- Finds the kind of a file from its bytes, and for some kinds also the facts that the API limits (dimensions, channels). Pure:
-- reads with the caller's function at(offset, count), and only the bytes that it needs. Never raises, whatever the bytes are.
-- Never trusts a length in the bytes: the depth of a search and the number of bytes that are read are bounded.
local sniff = {}

local HEAD, TEXT = 32, 65536
local MOST_BOXES, DEEPEST_BOX, MOST_SECTORS = 1024, 8, 64 -- bounds: boxes, depth of boxes, and sectors that are read in one file

---@class whatsapp.media.facts
---@field kind string? a name in whatsapp.media.kinds; nil: unknown
---@field width integer?
---@field height integer?
---@field animated boolean? of a WebP
---@field channels integer? of Opus
---@field depth integer? of a PNG: bits of a sample
---@field colour integer? of a PNG: 2 RGB, 6 RGBA
---@field tracks table<string, true>? of an MP4: the kinds of its tracks ("vide", "soun") and their codecs ("avc1", "mp4a")
---@field late boolean? of an MP4: the index comes after the data

-- ---- numbers ------------------------------------------------------------------------------------------------------------

-- be and le return the number in `count` bytes: `be` takes the highest byte first, `le` the lowest
local function be(text, from, count)
  local value = 0
  for i = from, from + count - 1 do value = value * 256 + (text:byte(i) or 0) end
  return value
end

local function le(text, from, count)
  local value = 0
  for i = from + count - 1, from, -1 do value = value * 256 + (text:byte(i) or 0) end
  return value
end

-- ---- images -------------------------------------------------------------------------------------------------------------

local function png(at)
  local header = at(8, 18)
  if header:sub(5, 8) ~= "IHDR" or #header < 18 then return { kind = "png" } end
  return {
    kind = "png", width = be(header, 9, 4), height = be(header, 13, 4), depth = header:byte(17), colour = header:byte(18),
  }
end

-- name of the first chunk of a WebP -> function that returns the width, the height, and whether the image is animated
local WEBP = {
  VP8X = function(head)
    return 1 + le(head, 25, 3), 1 + le(head, 28, 3), math.floor((head:byte(21) or 0) / 2) % 2 == 1
  end,
  VP8L = function(head)
    local bits = le(head, 22, 4)
    return 1 + bits % 16384, 1 + math.floor(bits / 16384) % 16384, false
  end,
  ["VP8 "] = function(head)
    return le(head, 27, 2) % 16384, le(head, 29, 2) % 16384, false
  end,
}

local function riff(_, head)
  local form = head:sub(9, 12)
  if form == "WAVE" then return { kind = "wav" } end
  if form == "AVI " then return { kind = "avi" } end
  if form ~= "WEBP" then return {} end
  local measure = WEBP[head:sub(13, 16)]
  if not measure or #head < 30 then return { kind = "webp" } end
  local width, height, animated = measure(head)
  return { kind = "webp", width = width, height = height, animated = animated }
end

-- ---- MP4 and its family -------------------------------------------------------------------------------------------------

-- Calls visit(name, start, stop) for each box between two offsets, until visit returns false. If a box is longer than its
-- parent, its stop is the end of the parent. `file.boxes` is the number of boxes that may still be read in the whole file.
local function each_box(file, from, stop, visit)
  while from + 8 <= stop and file.boxes > 0 do
    file.boxes = file.boxes - 1
    local head = file.at(from, 16)
    if #head < 8 then return end
    local size, start = be(head, 1, 4), from + 8
    if size == 1 then size, start = be(head, 9, 8), from + 16
    elseif size == 0 then size = stop - from end
    if size < start - from then return end
    if visit(head:sub(5, 8), start, math.min(from + size, stop)) == false then return end
    from = from + size
  end
end

local PARENTS = { trak = true, mdia = true, minf = true, stbl = true }
local WORDS = { hdlr = 8, stsd = 12 } -- box -> offset of four letters in it: the kind of a track, or its codec

-- adds the words of the tracks between two offsets: kinds such as "vide" and "soun", codecs such as "avc1" and "mp4a"
local function add_tracks(file, from, stop, depth, found)
  each_box(file, from, stop, function(name, start, box_stop)
    if PARENTS[name] and depth < DEEPEST_BOX then add_tracks(file, start, box_stop, depth + 1, found) end
    local offset = WORDS[name]
    if offset and start + offset + 4 <= box_stop then found[file.at(start + offset, 4)] = true end
  end)
end

-- beginning of a brand -> kind; every other brand is an MP4
local BRANDS = {
  { "3gp", "3gp" }, { "3g2", "3g2" }, { "M4A", "m4a" }, { "M4B", "m4a" }, { "qt  ", "quicktime" }, { "hei", "heic" },
  { "hev", "heic" }, { "mif1", "heic" }, { "msf1", "heic" }, { "avi", "avif" },
}

local function iso(at, head, size)
  local facts = { kind = "mp4" }
  for _, brand in ipairs(BRANDS) do
    if head:sub(9, 8 + #brand[1]) == brand[1] then facts.kind = brand[2] end
  end
  if facts.kind ~= "mp4" and facts.kind ~= "m4a" then return facts end
  local file = { at = at, boxes = MOST_BOXES }
  each_box(file, 0, size, function(name, start, stop)
    if name == "mdat" then facts.late = true end
    if name ~= "moov" then return end
    facts.late = facts.late or false
    local found = {}
    add_tracks(file, start, stop, 1, found)
    facts.tracks = found
    if found.vide then facts.kind = "mp4" elseif found.soun then facts.kind = "m4a" end
    return false
  end)
  return facts
end

-- ---- sound --------------------------------------------------------------------------------------------------------------

local function ogg(at, head)
  local packet = at(27 + (head:byte(27) or 0), 19)
  if packet:sub(1, 8) ~= "OpusHead" then return { kind = "ogg" } end
  return { kind = "opus", channels = packet:byte(10) }
end

-- a frame of MPEG audio begins with 11 bits that are 1; in a frame of AAC, the layer is 0
local function mpeg(_, head)
  local second, third = head:byte(2, 3)
  if not third or second < 0xE0 then return {} end
  local layer = math.floor(second / 2) % 4
  if layer == 0 then return { kind = second >= 0xF0 and "aac" or nil } end
  local version, bitrate, rate = math.floor(second / 8) % 4, math.floor(third / 16), math.floor(third / 4) % 4
  return { kind = layer ~= 3 and version ~= 1 and bitrate ~= 15 and rate ~= 3 and "mp3" or nil }
end

local function id3(at, head)
  if (head:byte(4) or 0) < 2 or head:byte(4) > 4 then return {} end -- the known versions
  local size = 0
  for i = 7, 10 do size = size * 128 + (head:byte(i) or 0) % 128 end
  local frame = at(10 + size, 4)
  local facts = frame:byte(1) == 0xFF and mpeg(at, frame) or {}
  return { kind = facts.kind or "mp3" }
end

local function amr(_, head)
  return { kind = head:sub(1, 9) == "#!AMR-WB\n" and "amr_wb" or head:sub(1, 6) == "#!AMR\n" and "amr" or nil }
end

local function ebml(at)
  return { kind = at(0, 64):find("webm", 1, true) and "webm" or "matroska" }
end

-- ---- documents ----------------------------------------------------------------------------------------------------------

local OFFICE = { { "word/", "docx" }, { "xl/", "xlsx" }, { "ppt/", "pptx" } }
local END_OF_ZIP, LONGEST_TAIL = "PK\5\6", 22 + 65535

-- returns the offset and the length of the list of a zip's members
local function members_at(at, size)
  for _, length in ipairs { 1024, LONGEST_TAIL } do
    local from = math.max(0, size - length)
    local tail = at(from, length)
    for i = #tail - 21, 1, -1 do
      if tail:sub(i, i + 3) == END_OF_ZIP then return le(tail, i + 16, 4), le(tail, i + 12, 4) end
    end
    if from == 0 then return nil end
  end
end

local function zip(at, _, size)
  local from, length = members_at(at, size)
  local list = from and at(from, math.min(length, TEXT)) or ""
  local i = 1
  while list:sub(i, i + 3) == "PK\1\2" do
    local name_length = le(list, i + 28, 2)
    local name = list:sub(i + 46, i + 45 + name_length)
    for _, row in ipairs(OFFICE) do
      if name:sub(1, #row[1]) == row[1] then return { kind = row[2] } end
    end
    i = i + 46 + name_length + le(list, i + 30, 2) + le(list, i + 32, 2)
  end
  return { kind = "zip" }
end

-- names in the directory of an OLE file, in UTF-16
local function wide(text) return (text:gsub(".", "%0\0")) end
local OLE = {
  [wide "WordDocument"] = "doc", [wide "Workbook"] = "xls", [wide "Book"] = "xls", [wide "PowerPoint Document"] = "ppt",
}

-- returns the kind that a name in a sector of the directory shows
local function named_in(sector)
  for i = 1, #sector, 128 do
    local length = le(sector, i + 64, 2)
    local found = length > 2 and OLE[sector:sub(i, i + length - 3)]
    if found then return found end
  end
end

-- follows the chain of the directory's sectors; reads only the parts of the allocation table that the header lists
local function ole(at)
  local header = at(0, 512)
  local shift = le(header, 31, 2)
  if #header < 512 or (shift ~= 9 and shift ~= 12) then return { kind = "ole" } end
  local bytes, sector = 2 ^ shift, le(header, 49, 4)
  for _ = 1, MOST_SECTORS do
    local found = named_in(at((sector + 1) * bytes, bytes))
    if found then return { kind = found } end
    local part = math.floor(sector / (bytes / 4))
    if part >= 109 then break end -- the header lists 109 parts; after the last sector of the chain, `part` is larger
    sector = le(at((le(header, 77 + 4 * part, 4) + 1) * bytes + 4 * (sector % (bytes / 4)), 4), 1, 4)
  end
  return { kind = "ole" }
end

local function pdf(at)
  return { kind = at(0, 64):find "^[%s\239\187\191]*%%PDF%-" and "pdf" or nil }
end

-- returns the pattern of the character that begins with this byte
local function pattern_of(lead)
  if lead < 0xC2 or lead > 0xF4 then return nil end
  if lead < 0xE0 then return "^.[\128-\191]" end
  if lead < 0xF0 then
    local second = lead == 0xE0 and "[\160-\191]" or lead == 0xED and "[\128-\159]" or "[\128-\191]"
    return "^." .. second .. "[\128-\191]"
  end
  local second = lead == 0xF0 and "[\144-\191]" or lead == 0xF4 and "[\128-\143]" or "[\128-\191]"
  return "^." .. second .. "[\128-\191][\128-\191]"
end

---Finds the first byte of a text that is not UTF-8.
---@param text string
---@param cut boolean? true if the text may end within a character
---@return integer? position of the first byte that is not UTF-8
function sniff.bad_utf8(text, cut)
  local i = text:find "[\128-\255]"
  while i do
    local pattern = pattern_of(text:byte(i))
    local _, last = text:find(pattern or "^$", i)
    if not last then return not (cut and pattern and #text - i < 3) and i or nil end
    i = text:find("[\128-\255]", last + 1)
  end
end

local function text_of(at, _, size)
  local text = at(0, TEXT)
  if text == "" or text:find("\0", 1, true) or text:find "[\1-\6\14-\26\28-\31]" then return {} end
  if sniff.bad_utf8(text, size > #text) then return {} end
  return { kind = "text" }
end

-- ---- magic --------------------------------------------------------------------------------------------------------------

local function is(name)
  return function() return { kind = name } end
end

-- rows: offset, the bytes at this offset, and a function that returns the facts; the first facts that have a kind are used
local MAGIC = {
  { 0, "\255\216\255", is "jpeg" },
  { 0, "\137PNG\r\n\26\n", png },
  { 0, "RIFF", riff },
  { 0, "GIF87a", is "gif" },
  { 0, "GIF89a", is "gif" },
  { 4, "ftyp", iso },
  { 0, "OggS\0", ogg },
  { 0, "#!AMR", amr },
  { 0, "ID3", id3 },
  { 0, "\255", mpeg },
  { 0, "ADIF", is "aac" },
  { 0, "fLaC", is "flac" },
  { 0, "\26\69\223\163", ebml },
  { 0, "PK\3\4", zip },
  { 0, "\208\207\17\224\161\177\26\225", ole },
  { 0, "II*\0", is "tiff" },
  { 0, "MM\0*", is "tiff" },
  { 0, "", pdf },
  { 0, "", text_of },
}

---Finds the kind and the facts of a file.
---@param at fun(offset: integer, count: integer): string returns bytes from an offset; fewer at the end of the file
---@param size integer the size of the file
---@return whatsapp.media.facts
function sniff.facts(at, size)
  local head = at(0, HEAD)
  for _, row in ipairs(MAGIC) do
    local offset, bytes, look = row[1], row[2], row[3]
    if head:sub(offset + 1, offset + #bytes) == bytes then
      local facts = look(at, head, size)
      if facts.kind then return facts end
    end
  end
  return {}
end

return sniff
