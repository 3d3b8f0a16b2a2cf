-- Makes small files of many kinds for specs. A file has only the bytes that identify its kind: no program can show it.
local files = {}

-- returns a number in `count` bytes, the most significant byte first (big endian); le: the least significant byte first
local function be(value, count)
  local bytes = {}
  for i = count, 1, -1 do bytes[i], value = string.char(value % 256), math.floor(value / 256) end
  return table.concat(bytes)
end

local function le(value, count) return be(value, count):reverse() end

local function wide(text) return (text:gsub(".", "%0\0")) end

-- ---- images -----------------------------------------------------------------------------------------------------------

files.jpeg = "\255\216\255\224\0\16JFIF\0\1\1\0\0\1\0\1\0\0\255\217"
files.gif = "GIF89a\1\0\1\0\0\0\0;"
files.heic = be(24, 4) .. "ftypheic\0\0\0\0mif1heic"
files.tiff = "II*\0\8\0\0\0"

-- colour: 0 grey, 2 RGB, 3 a palette, 6 RGBA
function files.png(width, height, depth, colour)
  return "\137PNG\r\n\26\n" .. be(13, 4) .. "IHDR" .. be(width or 1, 4) .. be(height or 1, 4)
    .. string.char(depth or 8, colour or 6, 0, 0, 0) .. be(0, 4) .. be(0, 4) .. "IEND\174B`\130"
end

local function riff(form, rest) return "RIFF" .. le(#rest + 4, 4) .. form .. rest end

-- form: "VP8X", "VP8L" or "VP8 "
function files.webp(form, width, height, animated)
  local payload
  if form == "VP8X" then
    payload = string.char(animated and 2 or 0) .. "\0\0\0" .. le(width - 1, 3) .. le(height - 1, 3)
  elseif form == "VP8L" then
    payload = "\47" .. le(width - 1 + (height - 1) * 16384, 4) .. "\0\0\0\0\0"
  else
    payload = "\0\0\0\157\1\42" .. le(width, 2) .. le(height, 2) .. "\0\0"
  end
  return riff("WEBP", form .. le(#payload, 4) .. payload)
end

-- ---- sound and pictures that move ---------------------------------------------------------------------------------------

local function box(name, payload) return be(#payload + 8, 4) .. name .. payload end

-- returns a track; what: "vide" or "soun", or with the codec: "vide avc1"
local function track(what)
  local handler, codec = what:match "^(%w+) ?(.*)$"
  local described = codec == "" and "" or box("minf", box("stbl", box("stsd", "\0\0\0\0\0\0\0\1\0\0\0\8" .. codec)))
  return box("trak", box("tkhd", ("\0"):rep(84)) .. box("mdia", box("mdhd", ("\0"):rep(24)) .. box("hdlr", ("\0"):rep(8) .. handler)
    .. described))
end

-- Returns an MP4. tracks: a list of arguments for track(); late: true puts the index after the data.
function files.mp4(brand, tracks, late)
  local parts = { box("mvhd", ("\0"):rep(100)) }
  for _, handler in ipairs(tracks or { "vide", "soun" }) do parts[#parts + 1] = track(handler) end
  local index, data = box("moov", table.concat(parts)), box("mdat", ("\0"):rep(1000))
  return box("ftyp", (brand or "isom") .. "\0\0\2\0isommp42") .. (late and data .. index or index .. data)
end

-- the first bytes of a page of Ogg
local function ogg(packet) return "OggS\0\2" .. ("\0"):rep(20) .. "\1" .. string.char(#packet) .. packet end

function files.opus(channels) return ogg("OpusHead\1" .. string.char(channels or 1) .. "\0\0" .. le(48000, 4) .. "\0\0\0") end
files.vorbis = ogg("\1vorbis" .. ("\0"):rep(23))

files.mp3 = "\255\251\144\0" .. ("\0"):rep(413)
files.id3 = "ID3\3\0\0\0\0\0\5xxxxx" .. files.mp3
files.aac = "\255\241\80\128\2\31\252"
files.amr = "#!AMR\n\60"
files.amr_wb = "#!AMR-WB\n\60"
files.wav = riff("WAVE", "fmt " .. le(16, 4) .. ("\0"):rep(16))
files.avi = riff("AVI ", "LIST")
files.flac = "fLaC\0\0\0\34"
files.webm = "\26\69\223\163\159\66\134\129\1\66\130\132webm"
files.matroska = "\26\69\223\163\163\66\134\129\1\66\130\136matroska"

-- ---- documents ----------------------------------------------------------------------------------------------------------

files.pdf = "%PDF-1.4\n%\226\227\207\211\n%%EOF\n"

-- returns a ZIP with empty, uncompressed members of these names
function files.zip(names)
  local members, list, at = {}, {}, 0
  for i, name in ipairs(names) do
    local common = "\20\0\0\0\0\0\0\0\0\0" .. ("\0"):rep(12) .. le(#name, 2) .. "\0\0"
    members[i] = "PK\3\4" .. common .. name
    list[i] = "PK\1\2\20\0" .. common .. ("\0"):rep(10) .. le(at, 4) .. name
    at = at + #members[i]
  end
  local index = table.concat(list)
  return table.concat(members) .. index .. "PK\5\6\0\0\0\0" .. le(#names, 2):rep(2) .. le(#index, 4) .. le(at, 4) .. "\0\0"
end

function files.office(folder)
  return files.zip { "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", folder .. "/document.xml" }
end

local FREE, LAST = "\255\255\255\255", "\254\255\255\255"

local function entry(name)
  return wide(name) .. ("\0"):rep(64 - 2 * #name) .. le(2 * #name + 2, 2) .. ("\0"):rep(62)
end

-- Returns an OLE file whose directory has two sectors. The second sector comes before the first one in the file, and has the name.
function files.ole(name)
  local table_of_chains = "\253\255\255\255" .. LAST .. le(1, 4) .. FREE:rep(125)
  local header = "\208\207\17\224\161\177\26\225" .. ("\0"):rep(16) .. "\62\0\3\0\254\255\9\0\6\0" .. ("\0"):rep(10)
    .. le(1, 4) .. le(2, 4) .. ("\0"):rep(24) .. le(0, 4) .. FREE:rep(108)
  return header .. table_of_chains .. (entry(name) .. ("\0"):rep(384)) .. (entry "Root Entry" .. ("\0"):rep(384))
end

return files
