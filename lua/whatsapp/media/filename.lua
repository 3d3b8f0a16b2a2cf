-- Names of files: of a path, with the extension that a kind wants, and what is left of a name from outside once it can do
-- no harm. Pure. Never gives a name with a folder in it.
local kind = require "whatsapp.media.kinds"
local sniff = require "whatsapp.media.sniff"
local words = require "whatsapp.webhook.content"

local name = {}

local LONGEST, LONGEST_EXTENSION = 120, 12 -- bytes

---@param path string
---@return string what stands behind its last slash
function name.base(path)
  local base = path:match "([^/\\]*)[/\\]*$":gsub("%c", "")
  return base == "" and "file" or base
end

local function split(base)
  local stem, extension = base:match "^(.+)%.(%w+)$"
  if stem and #extension <= LONGEST_EXTENSION then return stem, extension end
  return base, nil
end

---A name with an extension that fits, as the API goes by it: a wrong one is replaced, another word is kept.
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

---A name as a message can show it: files may be called what is no UTF-8.
---@param base string
---@return string base with U+FFFD for each byte that is not
function name.shown(base)
  return repaired(base, "\239\191\189")
end

-- ---- names from outside -------------------------------------------------------------------------------------------------

-- what turns the direction of writing, what ends a line, and what cannot be seen: to a reader they make another name of it
local HIDDEN = {
  "\194[\128-\159]", "\194\173", "\216\156", "\226\128[\139-\143]", "\226\128[\168-\174]", "\226\129[\160-\175]",
  "\239\187\191",
}

-- names that are devices somewhere, whatever extension they have; also with a raised 1, 2 or 3
local DEVICES = { con = true, prn = true, aux = true, nul = true, ["conin$"] = true, ["conout$"] = true }
for i = 0, 9 do DEVICES["com" .. i], DEVICES["lpt" .. i] = true, true end
for _, raised in ipairs { "\194\185", "\194\178", "\194\179" } do
  DEVICES["com" .. raised], DEVICES["lpt" .. raised] = true, true
end

local function shortened(text, length)
  if #text <= length then return text end
  while length > 0 and text:byte(length + 1) >= 0x80 and text:byte(length + 1) < 0xC0 do length = length - 1 end
  return text:sub(1, length)
end

local function harmless(text)
  text = repaired(text:match "[^/\\]*$":sub(1, 4 * LONGEST):gsub("[%c\127]", ""), "_")
  for _, pattern in ipairs(HIDDEN) do text = text:gsub(pattern, "") end
  text = text:gsub('[<>:"|?*]', "_"):gsub("^[%s.~-]+", ""):gsub("[%s.]+$", "")
  if DEVICES[text:match "^[^.]*":gsub("%s+$", ""):lower()] then text = "_" .. text end
  return text
end

local function string_or(value, otherwise)
  return type(value) == "string" and value or otherwise
end

---A name for a file that came from outside, to be put into a folder of yours: no folder, no control character, no dot
---before it, not long, and with the extension of its MIME type, whatever it was called.
---@param event whatsapp.event|table with a media member, or that member
---@return string
function name.safe(event)
  local media = type(event.media) == "table" and event.media or event
  local called = harmless(string_or(media.filename, ""))
  if called == "" then
    local id = (words.string(media.id) or "0"):gsub("[^%w_-]", "")
    called = harmless(("%s-%s"):format(string_or(event.type, "file"), id))
  end
  local row = kind.ROWS[kind.of_type(string_or(media.mime_type, "")) or ""]
  local stem, extension = split(called)
  if row and #row.extensions > 0 and not kind.fits(row, extension, true) then
    stem, extension = called, row.extensions[1]
  end
  extension = extension or "bin"
  return shortened(stem, LONGEST - 1 - #extension) .. "." .. extension
end

return name
