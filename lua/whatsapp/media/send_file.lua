-- A file becomes a message: checked, uploaded unless its content was uploaded before, and sent as what it is. An id that the
-- API has forgotten is replaced once, and only where the message certainly was not sent.
local core = require "whatsapp.core"
local name = require "whatsapp.media.filename"
local options = require "whatsapp.util.options"
local recipient = require "whatsapp.send.recipient"
local source = require "whatsapp.media.file"
local upload = require "whatsapp.media.upload"

local send = {}

local LIFE = 29 * 86400 -- seconds; an id lives for 30 days

-- codes that the API may answer where it does not know an id any more: none of them is said of a message that was taken
local GONE = { [100] = true, [131008] = true, [131009] = true, [131052] = true, [131053] = true }

local CAPTIONED = { image = true, video = true, document = true }

local function message_of(to, plan, usable, given, id)
  local message = recipient.address(given.message, to, true)
  local object = { id = id, caption = given.caption }
  if plan.as == "document" then object.filename = given.filename or name.shown(usable.filename) end
  if plan.as == "audio" and given.voice then object.voice = true end
  message.type, message[plan.as] = plan.as, object
  return message
end

-- the message is judged before the file leaves: with an id that stands for the one to come
local function judged(to, plan, usable, given)
  local ok, text, details = core.validate(message_of(to, plan, usable, given, "1"), { mode = given.mode })
  if ok then return true end
  if given.caption and not CAPTIONED[plan.as] then text = text .. "; a caption goes with images, videos and documents" end
  details.attempts = 0
  return nil, text, details
end

local function key_of(access, plan)
  return ("whatsapp:%s:%s:%s"):format(access.phone_number_id, plan.sha256, plan.type)
end

local function send_options(given)
  return { retry = given.retry, mode = given.mode, stamp = given.stamp, fallback = given.fallback }
end

-- what is told of a message that was sent, or was not: under which id its file lies, and what was warned of
local function told(about, id, warnings)
  about.media_id = id
  for _, warning in ipairs(warnings or options.NONE) do
    about.warnings = about.warnings or {}
    table.insert(about.warnings, warning)
  end
end

-- Whether what was uploaded is what was read before: a file may have been replaced meanwhile, and its id is then not to be
-- remembered for the content that it had.
local function is_unchanged(usable, plan)
  local opened = source.open(usable)
  local sum = opened and source.sha256(opened)
  if opened then opened.close() end
  return sum == plan.sha256
end

-- the id, whether it was known before, and what was warned of
local function id_for(access, store, key, usable, plan, given, warnings)
  local known = store and store:get(key)
  if known then return known, true end
  local uploaded, text, details = upload.send(access, usable, plan, given, warnings)
  if not uploaded then
    -- it is the file that may be there: no message left, and repeating all of it sends one
    details.retryable = details.retryable or details.may_have_been_sent
    details.may_have_been_sent = false
    return nil, text, details
  end
  if store and (usable.data or is_unchanged(usable, plan)) then store:set(key, uploaded.id, LIFE) end
  return uploaded.id, false
end

---@param access whatsapp.media.access
---@param to whatsapp.addressed as recipient.of gives it
---@param usable table
---@param given table
---@return table? result, string? text, whatsapp.info|whatsapp.details details
function send.file(access, to, usable, given)
  local store = access.store()
  local plan, warnings, details = upload.plan(usable, given, store ~= false)
  if not plan then return nil, warnings, details end
  local ok, text, refusal = judged(to, plan, usable, given)
  if not ok then return nil, text, refusal end
  local key = store and key_of(access, plan)
  for _ = 1, 2 do
    local id, known, failure = id_for(access, store, key, usable, plan, given, warnings)
    if not id then return nil, known, failure end
    local result, problem, about = access.deliver(message_of(to, plan, usable, given, id), send_options(given))
    told(about, id, warnings)
    local gone = not result and known and about.kind == "api" and GONE[about.code] and not about.may_have_been_sent
    if not gone then return result, problem, about end
    store:delete(key)
  end
end

return send
