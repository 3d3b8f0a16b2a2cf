-- Says before a byte leaves what the API would say an hour later: of a file's kind, type, size and shape. Each rule is a row;
-- all problems come at once. Pure but for reading the file; never changes it.
local kind = require "whatsapp.media.kinds"
local name = require "whatsapp.media.filename"
local options = require "whatsapp.util.options"
local sniff = require "whatsapp.media.sniff"

local check = {}

---@class whatsapp.media.check_options
---@field type string? the MIME type, where it is not to be told from the bytes
---@field as "image"|"video"|"audio"|"document"|"sticker"|nil what the message is to show it as; from the kind if absent
---@field voice boolean? it is to be a voice message: Ogg with Opus, mono
---@field check_size boolean? false: the sizes of the contract are not held against it
---@field mode "strict"|"lenient"? lenient: problems are only warnings

---@class whatsapp.media.plan
---@field type string the exact MIME type
---@field filename string with an extension that fits
---@field size integer
---@field as string? what a message shows it as
---@field kind string? a name in whatsapp.media.kinds
---@field facts whatsapp.media.facts
---@field sha256 string? where it was asked for

-- ---- what it is ---------------------------------------------------------------------------------------------------------

-- whether a file of this kind may be of that one too
local function agrees(found, said)
  local row = kind.ROWS[found]
  if found == said or kind.contains(row.may_be, said) then return true end
  if not row.weak then return false end
  return not kind.ROWS[said] or kind.ROWS[said].container == row.container
end

local function article(facts)
  return (kind.ROWS[facts.kind].type:match "^[^;]*")
end

-- the kind that the bytes and the type that was given make together; nil where only the type is known
local function settle(plan, given, add)
  local facts, said = plan.facts, given.type and kind.of_type(given.type)
  if not given.type then
    plan.kind = facts.kind
    if not facts.kind then
      if plan.size == 0 then return end -- that is said below
      return add("file", "format", nil, nil, "of no kind that is known here; give its type to send it all the same")
    end
    local row = kind.ROWS[facts.kind]
    if row.as then return end
    local advice = row.advice and ": " .. row.advice or ""
    return add("file", "enum", nil, row.type, ("%s is not taken by the API%s"):format(row.type, advice))
  end
  plan.kind = said
  if facts.kind and not agrees(facts.kind, said) then
    add("type", "enum", article(facts), given.type, ("%s, but the bytes are %s"):format(given.type, article(facts)))
  end
end

-- ---- rules --------------------------------------------------------------------------------------------------------------

local function check_as(plan, given, add)
  local row = kind.ROWS[plan.kind]
  local native = row and row.as
  plan.as = given.as or (given.voice and "audio") or native or "document"
  if given.as == "document" or not native or plan.as == native then return end
  add("as", "enum", native, plan.as, ("%s cannot be shown as %s, only as %s or document"):format(row.type, plan.as, native))
end

local function check_size(plan, given, add)
  if plan.size == 0 then return add("file.size", "range", 1, 0, "the file is empty") end
  if given.check_size == false then return end
  local limit = kind.MAX[plan.as]
  if plan.as == "sticker" then limit = kind.MAX_STICKER[plan.facts.animated == false and "static" or "animated"] end
  if limit and plan.size > limit then
    add("file.size", "range", limit, plan.size, ("%d bytes, at most %d for %s"):format(plan.size, limit, plan.as))
  end
end

local function check_sticker(plan, _, add)
  if plan.as ~= "sticker" then return end
  for _, side in ipairs { "width", "height" } do
    local pixels = plan.facts[side]
    if pixels and pixels ~= kind.STICKER_SIDE then
      add("file." .. side, "range", kind.STICKER_SIDE, pixels, ("%d pixels, a sticker has %d"):format(pixels, kind.STICKER_SIDE))
    end
  end
end

local function check_png(plan, _, add)
  if plan.kind ~= "png" or plan.as ~= "image" then return end
  local depth, colour = plan.facts.depth, plan.facts.colour
  if depth and depth ~= 8 then add("file.depth", "enum", 8, depth, ("%d bits a sample, only 8 are taken"):format(depth)) end
  if colour and colour ~= 2 and colour ~= 6 then
    add("file.colour", "enum", "RGB or RGBA", colour, "the colours are neither RGB nor RGBA")
  end
end

local function check_voice(plan, given, add, warn)
  local channels = plan.facts.channels
  if given.voice and plan.kind ~= "opus" then
    add("voice", "format", "audio/ogg; codecs=opus", plan.type, "a voice message is Ogg with Opus")
  elseif channels and channels ~= 1 then
    local tell = given.voice and add or warn
    tell("file.channels", "range", 1, channels, ("%d channels, Opus is to have 1"):format(channels))
  end
end

local function check_codecs(plan, _, _, warn)
  for track in pairs(plan.facts.tracks or options.NONE) do
    local codec = kind.OTHER_CODECS[track]
    if codec then warn("file.codec", "enum", "H.264 and AAC", track, ("%s, the API's pages name H.264 and AAC"):format(codec)) end
  end
end

local function check_order(plan, _, _, warn)
  if plan.facts.late then
    warn("file", "format", nil, nil, "the index of the MP4 (moov) stands behind its data; some clients do not play it")
  end
end

local RULES = { check_as, check_size, check_sticker, check_png, check_voice, check_codecs, check_order }

-- ---- all of it ----------------------------------------------------------------------------------------------------------

local function collector(list)
  return function(path, rule, limit, actual, text)
    list[#list + 1] = { path = path, rule = rule, limit = limit, actual = actual, message = path .. ": " .. text }
  end
end

-- at least one problem
local function refused(problems)
  local text, more = problems[1].message, #problems - 1
  if more > 0 then text = ("%s (and %d more problem%s)"):format(text, more, more == 1 and "" or "s") end
  return options.refused(text, problems)
end

---@param path string
---@param rule string
---@param text string
---@param limit any
---@param actual any
---@return nil, string text, whatsapp.details details
function check.problem(path, rule, text, limit, actual)
  local problems = {}
  collector(problems)(path, rule, limit, actual, text)
  return refused(problems)
end

---What a file is, and what is wrong with it.
---@param opened whatsapp.media.file
---@param given whatsapp.media.check_options
---@return whatsapp.media.plan? plan
---@return whatsapp.problem[]|string|nil warnings or, of a failure, the line that names the first problem
---@return whatsapp.details? details
function check.plan(opened, given)
  local problems, warnings = {}, {}
  local warn = collector(warnings)
  local add = given.mode == "lenient" and warn or collector(problems)
  local plan = { size = opened.size, facts = sniff.facts(opened.at, opened.size) }
  settle(plan, given, add)
  local row = kind.ROWS[plan.kind or ""]
  plan.type = row and row.type or given.type or "application/octet-stream"
  plan.filename = row and name.fitting(opened.filename, row) or opened.filename
  for _, rule in ipairs(RULES) do rule(plan, given, add, warn) end
  if #problems > 0 then return refused(problems) end
  return plan, warnings[1] and warnings or nil
end

return check
