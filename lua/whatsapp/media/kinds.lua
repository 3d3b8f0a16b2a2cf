-- The kinds of files. Each kind is a row: its exact MIME type, its extensions and the type of message that can have such a file.
-- Also has the largest sizes that the API takes. Mostly data. Never reads a file.
local kind = {}

local KB, MB = 1024, 1024 * 1024

---@class whatsapp.media.kinds
---@field type string the MIME type as the API wants it
---@field extensions string[] the extensions that the API takes for this kind; a name with another extension gets the first of
---them
---@field also string[]? other extensions that files of this kind have in practice
---@field as string? the type of message for this kind; nil if the API does not take it
---@field aliases string[]? other names of the MIME type
---@field may_be string[]? names of kinds whose files begin with the same bytes
---@field container string? the format around the file, if the first bytes do not always show the kind
---@field weak boolean? true: the bytes may be of many kinds, so the type that the caller passes decides
---@field advice string? if the API does not take this kind: what to send instead

local OOXML = "application/vnd.openxmlformats-officedocument."

---name -> kind
---@type table<string, whatsapp.media.kinds>
kind.ROWS = {
  jpeg = { type = "image/jpeg", extensions = { "jpg", "jpeg" }, as = "image", aliases = { "image/jpg", "image/pjpeg" } },
  png = { type = "image/png", extensions = { "png" }, as = "image" },
  webp = { type = "image/webp", extensions = { "webp" }, as = "sticker" },
  mp4 = { type = "video/mp4", extensions = { "mp4" }, as = "video", may_be = { "m4a" } },
  ["3gp"] = { type = "video/3gpp", extensions = { "3gp" }, also = { "3gpp" }, as = "video", aliases = { "video/3gp" } },
  aac = { type = "audio/aac", extensions = { "aac" }, as = "audio", aliases = { "audio/x-aac", "audio/aacp" } },
  amr = { type = "audio/amr", extensions = { "amr" }, as = "audio" },
  mp3 = { type = "audio/mpeg", extensions = { "mp3" }, as = "audio", aliases = { "audio/mp3" } },
  m4a = { type = "audio/mp4", extensions = { "m4a" }, also = { "mp4" }, as = "audio", aliases = { "audio/m4a", "audio/x-m4a" } },
  opus = {
    type = "audio/ogg; codecs=opus", extensions = { "ogg" }, also = { "opus", "oga" }, as = "audio",
    aliases = { "audio/ogg", "audio/opus" },
  },
  pdf = { type = "application/pdf", extensions = { "pdf" }, as = "document" },
  doc = { type = "application/msword", extensions = { "doc" }, as = "document", container = "ole" },
  xls = { type = "application/vnd.ms-excel", extensions = { "xls" }, as = "document", container = "ole" },
  ppt = { type = "application/vnd.ms-powerpoint", extensions = { "ppt" }, as = "document", container = "ole" },
  docx = { type = OOXML .. "wordprocessingml.document", extensions = { "docx" }, as = "document", container = "zip" },
  xlsx = { type = OOXML .. "spreadsheetml.sheet", extensions = { "xlsx" }, as = "document", container = "zip" },
  pptx = { type = OOXML .. "presentationml.presentation", extensions = { "pptx" }, as = "document", container = "zip" },
  text = { type = "text/plain", extensions = { "txt" }, as = "document", container = "text", weak = true },

  -- known kinds that the API does not take today
  gif = { type = "image/gif", extensions = { "gif" }, advice = "send it as an MP4 video" },
  avif = { type = "image/avif", extensions = { "avif" }, advice = "make it a JPEG" },
  heic = { type = "image/heic", extensions = { "heic" }, advice = "make it a JPEG" },
  tiff = { type = "image/tiff", extensions = { "tiff" }, advice = "make it a JPEG or a PNG" },
  ["3g2"] = { type = "video/3gpp2", extensions = { "3g2" }, advice = "make it an MP4" },
  quicktime = { type = "video/quicktime", extensions = { "mov" }, advice = "make it an MP4" },
  webm = { type = "video/webm", extensions = { "webm" }, advice = "make it an MP4, or Ogg with Opus", may_be = { "matroska" } },
  matroska = { type = "video/x-matroska", extensions = { "mkv" }, advice = "make it an MP4", may_be = { "webm" } },
  avi = { type = "video/x-msvideo", extensions = { "avi" }, advice = "make it an MP4" },
  wav = { type = "audio/wav", extensions = { "wav" }, advice = "make it Ogg with Opus", aliases = { "audio/x-wav" } },
  flac = { type = "audio/flac", extensions = { "flac" }, advice = "make it Ogg with Opus" },
  ogg = { type = "application/ogg", extensions = { "ogg" }, advice = "the API takes Ogg only with Opus" },
  amr_wb = { type = "audio/amr-wb", extensions = { "awb" }, advice = "make it narrow-band AMR" },
  zip = { type = "application/zip", extensions = { "zip" }, container = "zip", weak = true },
  ole = { type = "application/x-ole-storage", extensions = {}, container = "ole", weak = true },
}

---The largest file, in bytes, for each type of message. The API's pages say MB: this may mean 1,000,000 or 1,048,576 bytes.
---These are the larger values.
kind.MAX = { image = 5 * MB, audio = 16 * MB, video = 16 * MB, document = 100 * MB }
kind.MAX_STICKER = { static = 100 * KB, animated = 500 * KB }
kind.STICKER_SIDE = 512

---The largest file, in bytes, that the API lets a user send.
kind.MAX_INCOMING = 100 * MB

---Codecs of an MP4 that the API's pages do not name (they name H.264 and AAC), by the four letters in the file.
kind.OTHER_CODECS = {
  hvc1 = "H.265", hev1 = "H.265", dvh1 = "Dolby Vision", dvhe = "Dolby Vision", av01 = "AV1", vp08 = "VP8", vp09 = "VP9",
  mp4v = "MPEG-4 Part 2", ["ac-3"] = "AC-3", ["ec-3"] = "E-AC-3", Opus = "Opus", fLaC = "FLAC",
}

---The kinds that a template's sample may have.
kind.SAMPLES = { pdf = true, jpeg = true, png = true, mp4 = true }

local by_type, known

local function index()
  by_type, known = {}, {}
  for name, row in pairs(kind.ROWS) do
    by_type[kind.bare(row.type)] = name
    for _, alias in ipairs(row.aliases or {}) do by_type[alias] = name end
    for _, list in ipairs { row.extensions, row.also or {} } do
      for _, extension in ipairs(list) do known[extension] = true end
    end
  end
end

---Returns a MIME type without its parameters.
---@param type string a MIME type
---@return string bare without parameters, in lower case
function kind.bare(type)
  return (type:match "^%s*([^;]-)%s*;" or type:match "^%s*(.-)%s*$"):lower()
end

---Finds the kind with a MIME type.
---@param type string a MIME type
---@return string? name of the kind
function kind.of_type(type)
  if not by_type then index() end
  return by_type[kind.bare(type)]
end

---Returns whether a kind has this extension.
---@param extension string without the dot
---@return boolean known
function kind.knows_extension(extension)
  if not known then index() end
  return known[extension:lower()] ~= nil
end

---Returns whether a list has an item.
---@param list string[]?
---@param wanted string
---@return boolean
function kind.contains(list, wanted)
  for _, member in ipairs(list or {}) do
    if member == wanted then return true end
  end
  return false
end

---Returns whether an extension belongs to a kind.
---@param row whatsapp.media.kinds
---@param extension string?
---@param loosely boolean? true: the extensions in `also` fit too
---@return boolean
function kind.fits(row, extension, loosely)
  if not extension then return false end
  extension = extension:lower()
  return kind.contains(row.extensions, extension) or (loosely == true and kind.contains(row.also, extension))
end

---Returns the MIME types that the API takes, sorted.
---@return string[]
function kind.taken()
  local types = {}
  for _, row in pairs(kind.ROWS) do
    if row.as then types[#types + 1] = kind.bare(row.type) end
  end
  table.sort(types)
  return types
end

return kind
