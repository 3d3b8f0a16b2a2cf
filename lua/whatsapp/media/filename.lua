-- Makes names of files: from a path, with the extension of a kind, or safe for a file that came from outside. Pure; never returns
-- a name that contains a folder.
local clusters = require "whatsapp.util.clusters"
local kind = require "whatsapp.media.kinds"
local sniff = require "whatsapp.media.sniff"
local values = require "whatsapp.util.values"

local name = {}

local LONGEST, LONGEST_ID, LONGEST_EXTENSION, LONGEST_TYPE = 120, 64, 12, 32 -- bytes

---Returns the last name of a path.
---@param path string
---@return string base the name after the last slash, without control characters; "file" if there is no name
function name.base(path)
  local base = path:match "([^/\\]*)[/\\]*$":gsub("%c", "")
  return base == "" and "file" or base
end

local function split(base)
  local stem, extension = base:match "^(.+)%.(%w+)$"
  if stem and #extension <= LONGEST_EXTENSION then return stem, extension end
  return base, nil
end

---Returns a name whose extension fits the kind, because the API judges a file by its extension. Replaces an extension that
---belongs to another kind. Keeps any other word after a dot, and adds the extension.
---@param base string
---@param row whatsapp.media.kinds
---@return string
function name.fitting(base, row)
  local stem, extension = split(base)
  if #row.extensions == 0 or kind.fits(row, extension) then return base end
  if extension and kind.knows_extension(extension) then return stem .. "." .. row.extensions[1] end
  return base .. "." .. row.extensions[1]
end

local function repaired(text, instead)
  local bad = sniff.bad_utf8(text)
  while bad do
    text = text:sub(1, bad - 1) .. instead .. text:sub(bad + 1)
    bad = sniff.bad_utf8(text)
  end
  return text
end

---Returns a name that a message can show: the name of a file on a disk may have bytes that are not UTF-8.
---@param base string
---@return string shown has U+FFFD for each byte that is not UTF-8
function name.shown(base)
  return repaired(base, "\239\191\189")
end

-- ---- names from outside -------------------------------------------------------------------------------------------------

-- characters that change the direction of writing, end a line or are invisible: a reader would see another name
local HIDDEN = {
  "\194[\128-\159]", "\194\173", "\205\143", "\216\156", "\225\160[\139-\142]", "\226\128[\139-\143]", "\226\128[\168-\174]",
  "\226\129[\160-\175]", "\239\184[\128-\143]", "\239\187\191", "\239\191[\176-\187]", "\240\157\133[\179-\186]",
  "\243\160[\128-\135][\128-\191]",
}

-- spaces and letters without a shape; a name with only these characters looks empty
local BLANK = {
  "%s", "_", "\194\160", "\225\133[\159\160]", "\225\154\128", "\225\158[\180\181]", "\226\128[\128-\138]", "\226\128\175",
  "\226\129\159", "\226\160\128", "\227\128\128", "\227\133\164", "\239\190\160", "\240\157\133\153",
}

local function without(text, patterns)
  for _, pattern in ipairs(patterns) do text = text:gsub(pattern, "") end
  return text
end

-- returns a sender's name of a file without dangerous characters; nil if no visible character is left
local function cleaned(text)
  text = repaired(text:match "[^/\\]*$":sub(1, 4 * LONGEST):gsub("[%c\127]", ""), "_")
  text = without(text, HIDDEN):gsub('[<>:"|?*]', "_"):gsub("^[%s.~-]+", ""):gsub("[%s.]+$", "")
  return without(text, BLANK) ~= "" and text or nil
end

local function string_or(value, otherwise)
  return type(value) == "string" and value or otherwise
end

local function id_of(media)
  local id = values.text_of_id(media.id)
  return id and id:find "^%w[%w_-]*$" and id:sub(1, LONGEST_ID) or "0"
end

-- returns the type of the event's message; "file" if it has no type that can be in a name
local function type_of(event)
  return string_or(event.type, ""):sub(1, LONGEST_TYPE):match "^%w[%w_]*$" or "file"
end

-- Returns the extension for a MIME type: the sender's extension, if media/kinds has it for this type; else the type's first
-- extension. For an unknown type, returns "bin".
local function extension_for(mime_type, wanted)
  local row = kind.ROWS[kind.of_type(string_or(mime_type, "")) or ""]
  if not row or #row.extensions == 0 then return "bin" end
  return kind.fits(row, wanted, true) and wanted or row.extensions[1]
end

---Returns a safe name for a file that came from outside: ID-NAME.EXTENSION or TYPE-ID.EXTENSION, of at most LONGEST bytes. See
---media.safe_name.
---@param event whatsapp.event|table an event with media, or its member `media`
---@return string
function name.safe(event)
  local media = type(event.media) == "table" and event.media or event
  local id, called = id_of(media), cleaned(string_or(media.filename, ""))
  local stem, wanted = split(called or "")
  local extension = extension_for(media.mime_type, wanted)
  if wanted ~= extension then stem = called end -- a wrong extension is part of the name
  stem = stem and cleaned(stem)
  if not stem then return ("%s-%s.%s"):format(type_of(event), id, extension) end
  local room = LONGEST - #id - #extension - 2
  return ("%s-%s.%s"):format(id, clusters.beginning(stem:gsub("%.", "_"), room), extension)
end

return name
