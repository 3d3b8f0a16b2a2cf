-- Sends a file as a message. Checks the file; uploads it, if the store has no id for its content; sends a message with the id. If
-- the API no longer knows an id from the store, uploads the file and sends the message again, once. Never does so if the first
-- message may have been sent.
local core = require "whatsapp.core"
local name = require "whatsapp.media.filename"
local recipient = require "whatsapp.send.recipient"
local show = require "whatsapp.util.show"
local source = require "whatsapp.media.file"
local upload = require "whatsapp.media.upload"
local values = require "whatsapp.util.values"

local send = {}

local LIFE = 29 * 86400 -- seconds; the API keeps an id for 30 days

-- the API's codes for an unknown id; after each of them, the message certainly was not sent
local GONE = { [100] = true, [131008] = true, [131009] = true, [131052] = true, [131053] = true }

local CAPTIONED = { image = true, video = true, document = true }

local function message_of(to, plan, usable, options, id)
  local message = recipient.address(options.message, to, true)
  local object = { id = id, caption = options.caption }
  if plan.as == "document" then object.filename = options.filename or name.shown(usable.filename) end
  if plan.as == "audio" and options.voice then object.voice = true end
  message.type, message[plan.as] = plan.as, object
  return message
end

-- checks the message before the upload, with "1" in place of the id
local function judged(to, plan, usable, options)
  local ok, err, details = core.validate(message_of(to, plan, usable, options, "1"), { mode = options.mode })
  if ok then return true end
  if options.caption and not CAPTIONED[plan.as] then err = err .. "; a caption goes with images, videos and documents" end
  details.attempts = 0
  return nil, err, details
end

local function key_of(access, plan)
  return ("whatsapp:%s:%s:%s"):format(access.phone_number_id, plan.sha256, plan.type)
end

local function send_options(options)
  return { retry = options.retry, mode = options.mode, stamp = options.stamp, fallback = options.fallback }
end

-- adds the file's id and the warnings to the info or the details of a message
local function told(about, id, warnings)
  about.media_id = id
  for _, warning in ipairs(warnings or values.NONE) do
    about.warnings = about.warnings or {}
    table.insert(about.warnings, warning)
  end
end

-- Returns whether the file still has the content that was hashed. If the file was replaced during the upload, the store must
-- not keep the new id for the old content.
local function is_unchanged(usable, plan)
  local opened = source.open(usable)
  local sum = opened and source.sha256(opened)
  if opened then opened.close() end
  return sum == plan.sha256
end

-- Calls a function of the store. If it raises, the file is uploaded as without a store, and the outcome has the error.
local function ask(kept, method, ...)
  local store = kept.store
  if not store then return nil end
  local ok, value = values.protected(store[method], store, ...)
  if ok then return value end
  kept.err = ("the store's %s: %s"):format(method, show.value(value))
end

-- returns the id, and whether the store had it; or nil, err, details
local function id_for(access, kept, key, usable, plan, options, warnings)
  local known = ask(kept, "get", key)
  if type(known) == "string" and known ~= "" then return known, true end
  local uploaded, err, details = upload.send(access, usable, plan, options, warnings)
  if not uploaded then
    -- only the upload may have arrived; no message was sent, so the caller may repeat the whole call
    details.retryable = details.retryable or details.may_have_been_sent
    details.may_have_been_sent = false
    return nil, err, details
  end
  if kept.store and (usable.data or is_unchanged(usable, plan)) then ask(kept, "set", key, uploaded.id, LIFE) end
  return uploaded.id, false
end

---Sends a file as a message.
---@param access whatsapp.media.access
---@param to whatsapp.addressed as recipient.of returns it
---@param usable whatsapp.file
---@param options whatsapp.send_file_options
---@return table? result, string? err, whatsapp.info|whatsapp.details details
function send.file(access, to, usable, options)
  local store = access.store()
  local kept = { store = store, err = nil } -- err: the last error of the store
  local plan, warnings, details = upload.plan(usable, options, store ~= false)
  if not plan then return nil, warnings, details end
  local ok, err, refusal = judged(to, plan, usable, options)
  if not ok then return nil, err, refusal end
  local key = store and key_of(access, plan)
  for attempt = 1, 2 do
    local id, known, failure = id_for(access, kept, key, usable, plan, options, warnings)
    if not id then
      failure.store_error = kept.err
      return nil, known, failure
    end
    local result, problem, about = access.deliver(message_of(to, plan, usable, options, id), send_options(options))
    told(about, id, warnings)
    local gone = not result and known and about.kind == "api" and GONE[about.code] and not about.may_have_been_sent
    if gone then ask(kept, "delete", key) end
    about.store_error = kept.err
    if not gone or attempt == 2 then return result, problem, about end
  end
end

return send
