-- Checks a file before the first byte is sent: its kind (see media/kinds), MIME type, size and dimensions. The API would report a
-- wrong file only later, in a webhook. Returns all problems at once. Never changes the file.
local kind = require "whatsapp.media.kinds"
local name = require "whatsapp.media.filename"
local outcome = require "whatsapp.wire.outcome"
local report = require "whatsapp.wire.problems"
local sniff = require "whatsapp.media.sniff"
local values = require "whatsapp.util.values"

local check = {}

---@class whatsapp.media.check_options
---@field type string? the MIME type; needed if the bytes do not show it
---@field as "image"|"video"|"audio"|"document"|"sticker"|nil the type of the message; if absent, the kind of the file decides
---this type
---@field voice boolean? true: the file is for a voice message; it must be Ogg with Opus, mono
---@field check_size boolean? false: the API's largest sizes are not checked
---@field mode "strict"|"lenient"? lenient: problems become warnings; the client's mode if absent

---@class whatsapp.media.plan
---@field type string the exact MIME type
---@field filename string its extension fits the type
---@field size integer
---@field as string? the type of the message with this file
---@field kind string? a name in whatsapp.media.kinds
---@field facts whatsapp.media.facts
---@field sha256 string? only if the caller asked for it

-- ---- kind ----------------------------------------------------------------------------------------------------------------

-- Returns true if the kinds agree. found: the kind that the bytes show; said: the kind of the MIME type that the caller passed. A
-- weak kind agrees with each kind of the same container, and with each unknown type.
local function agrees(found, said)
  local row = kind.ROWS[found]
  if found == said or kind.contains(row.may_be, said) then return true end
  if not row.weak then return false end
  return not kind.ROWS[said] or kind.ROWS[said].container == row.container
end

-- returns the MIME type of the kind that the bytes show
local function article(facts)
  return (kind.ROWS[facts.kind].type:match "^[^;]*")
end

-- Sets plan.kind: to the kind of the type in the options, or else to the kind that the bytes show. It stays nil if media/kinds
-- does not have the type.
local function settle(plan, options, add)
  local facts, said = plan.facts, options.type and kind.of_type(options.type)
  if not options.type then
    plan.kind = facts.kind
    if not facts.kind then
      if plan.size == 0 then return end -- check_size reports an empty file
      return add("file", "format", nil, nil, "the kind of the file is unknown; to send it, pass the option type")
    end
    local row = kind.ROWS[facts.kind]
    if row.as then return end
    local advice = row.advice and ": " .. row.advice or ""
    return add("file", "enum", nil, row.type, ("the API does not take %s%s"):format(row.type, advice))
  end
  plan.kind = said
  if facts.kind and not agrees(facts.kind, said) then
    add("type", "enum", article(facts), options.type, ("%s, but the bytes are %s"):format(options.type, article(facts)))
  end
end

-- ---- rules --------------------------------------------------------------------------------------------------------------

local function check_as(plan, options, add)
  local row = kind.ROWS[plan.kind]
  local native = row and row.as
  plan.as = options.as or (options.voice and "audio") or native or "document"
  if options.as == "document" or not native or plan.as == native then return end
  add("as", "enum", native, plan.as, ("%s cannot be shown as %s, only as %s or document"):format(row.type, plan.as, native))
end

local function check_size(plan, options, add)
  if plan.size == 0 then return add("file.size", "range", 1, 0, "the file is empty") end
  if options.check_size == false then return end
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
  if depth and depth ~= 8 then add("file.depth", "enum", 8, depth, ("%d bits a sample, the API takes only 8"):format(depth)) end
  if colour and colour ~= 2 and colour ~= 6 then
    add("file.colour", "enum", "RGB or RGBA", colour, "the colours are neither RGB nor RGBA")
  end
end

local function check_voice(plan, options, add, warn)
  local channels = plan.facts.channels
  if options.voice and plan.kind ~= "opus" then
    add("voice", "format", "audio/ogg; codecs=opus", plan.type, "a voice message is Ogg with Opus")
  elseif channels and channels ~= 1 then
    local tell = options.voice and add or warn
    tell("file.channels", "range", 1, channels, ("%d channels, Opus must have 1"):format(channels))
  end
end

local function check_codecs(plan, _, _, warn)
  for track in pairs(plan.facts.tracks or values.NONE) do
    local codec = kind.OTHER_CODECS[track]
    if codec then
      warn("file.codec", "enum", "H.264 and AAC", track, ("%s; the API documents only H.264 and AAC"):format(codec))
    end
  end
end

local function check_order(plan, _, _, warn)
  if plan.facts.late then
    warn("file", "format", nil, nil, "the index of the MP4 (moov) comes after its data; some clients do not play it")
  end
end

local RULES = { check_as, check_size, check_sticker, check_png, check_voice, check_codecs, check_order }

-- ---- all of it ----------------------------------------------------------------------------------------------------------

local function collector(list)
  return function(path, rule, limit, actual, err)
    list[#list + 1] = { path = path, rule = rule, limit = limit, actual = actual, message = path .. ": " .. err }
  end
end

---Returns the failure for one problem.
---@param path string
---@param rule string
---@param err string
---@param limit any
---@param actual any
---@return nil, string err, whatsapp.details details
function check.problem(path, rule, err, limit, actual)
  local problems = {}
  collector(problems)(path, rule, limit, actual, err)
  return outcome.invalid(report.line(problems, #problems), problems)
end

---Checks an open file. Returns its kind, type and name, or its problems.
---@param opened whatsapp.media.file
---@param options whatsapp.media.check_options
---@return whatsapp.media.plan? plan
---@return whatsapp.problem[]|string|nil warnings after a failure: a line that names up to three problems
---@return whatsapp.details? details
function check.plan(opened, options)
  local problems, warnings = {}, {}
  local warn = collector(warnings)
  local add = options.mode == "lenient" and warn or collector(problems)
  local plan = { size = opened.size, facts = sniff.facts(opened.at, opened.size) }
  settle(plan, options, add)
  local row = kind.ROWS[plan.kind or ""]
  plan.type = row and row.type or options.type or "application/octet-stream"
  plan.filename = row and name.fitting(opened.filename, row) or opened.filename
  for _, rule in ipairs(RULES) do rule(plan, options, add, warn) end
  if #problems > 0 then return outcome.invalid(report.line(problems, #problems), problems) end
  return plan, warnings[1] and warnings or nil
end

return check
