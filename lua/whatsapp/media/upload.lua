-- Uploads files to the API. A file of a message is one request; never repeats this request if the file may have arrived, except
-- with the option retry.may_send_twice. A sample of a template goes into a session: after an interruption, sends the rest of the
-- sample, from the byte that the API names.
local check = require "whatsapp.media.check"
local kind = require "whatsapp.media.kinds"
local outcome = require "whatsapp.wire.outcome"
local source = require "whatsapp.media.file"
local urls = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local upload = {}

---Seconds for one attempt to upload or download a file, and for all attempts together.
upload.TIMEOUT, upload.TOTAL = 300, 600
local TIMEOUT, TOTAL = upload.TIMEOUT, upload.TOTAL

local function refused_source(err)
  return check.problem("file", "format", err)
end

-- returns the failure for a response without the member that it should have
local function odd(answer, what, sent)
  return nil, ("HTTP %d: %s"):format(answer.status, what),
    { kind = "protocol", retryable = false, may_have_been_sent = sent, http_status = answer.status }
end

---Opens a file, checks it and finds its kind, and closes it again.
---@param usable whatsapp.file as source.usable returns it
---@param options whatsapp.media.check_options
---@param hashed boolean? true: the plan gets the file's SHA-256
---@return whatsapp.media.plan? plan, whatsapp.problem[]|string|nil warnings, whatsapp.details? details
function upload.plan(usable, options, hashed)
  local opened, err = source.open(usable)
  if not opened then return refused_source(err) end
  local plan, warnings, details = check.plan(opened, options)
  if plan and hashed then plan.sha256, err = source.sha256(opened) end
  opened.close()
  if plan and hashed and not plan.sha256 then return refused_source(err) end
  return plan, warnings, details
end

-- ---- files of messages --------------------------------------------------------------------------------------------

-- returns the object of an answer that has an id; the API may write the id as a string or as a number
local function read_id(answer)
  local object, err, details = outcome.read(answer)
  if not object then return nil, err, details end
  object.id = values.text_of_id(object.id)
  if object.id and object.id ~= "" then return object end
  return odd(answer, "JSON without an id; the API may have taken the file", true)
end

---Uploads the file of a message.
---@param access whatsapp.media.access
---@param usable whatsapp.file
---@param plan whatsapp.media.plan
---@param options whatsapp.media.upload_options
---@param warnings whatsapp.problem[]?
---@return { id: string }? result, string? err, whatsapp.info|whatsapp.details details
function upload.send(access, usable, plan, options, warnings)
  local file = { name = "file", filename = plan.filename, type = plan.type, file = usable.path, data = usable.data }
  local form = { { name = "messaging_product", data = "whatsapp" }, { name = "type", data = plan.type } }
  if options.ttl_minutes then form[#form + 1] = { name = "ttl_minutes", data = ("%d"):format(options.ttl_minutes) } end
  form[#form + 1] = file
  return access.exchange({
    method = "POST", url = access.phone_url .. "media", headers = {}, form = form, progress = options.progress,
    timeout = options.timeout or TIMEOUT,
  }, { retry = options.retry, total = TOTAL, read = read_id, warnings = warnings, about = plan })
end

-- ---- samples of templates -----------------------------------------------------------------------------------------------

---Returns whether this is the id of a session for the upload of a sample. Such an id becomes part of a URL unchanged.
---@param id any
---@return boolean
function upload.is_session(id)
  return type(id) == "string" and id:find "^upload:[%w:?=&%%._~+/-]+$" ~= nil and not id:find("..", 1, true)
end

local function read_session(answer)
  local object, err, details = outcome.read(answer)
  if not object then return nil, err, details end
  if upload.is_session(object.id) then return object end
  return odd(answer, "JSON without an upload session", false)
end

local function read_handle(answer)
  local object, err, details = outcome.read(answer)
  if not object then return nil, err, details end
  if type(object.h) == "string" and object.h ~= "" then return object end
  -- if the API has not got all bytes, the answer may have the number of received bytes in place of the handle
  return odd(answer, "JSON without a handle", true)
end

local function begin_session(access, plan, options)
  local url = ("%s%s/uploads?file_name=%s&file_length=%d&file_type=%s"):format(access.root, options.app_id,
    urls.escape(plan.filename), plan.size, urls.escape(kind.bare(plan.type)))
  return access.exchange({ method = "POST", url = url, headers = {}, timeout = options.timeout },
    { retry = options.retry, read = read_session, harmless = true }) -- a session without bytes does no harm
end

local function offset_of(access, session, options)
  local request = { method = "GET", url = access.root .. session, headers = {}, timeout = options.timeout }
  local object, err, details = access.exchange(request, { retry = options.retry, read = read_session, harmless = true })
  if not object then return nil, err, details end
  return values.integer(object.file_offset) or 0
end

local function send_from(access, usable, size, session, offset, options)
  local progress = options.progress
  local request = {
    method = "POST", url = access.root .. session, timeout = options.timeout or TIMEOUT,
    progress = progress and function(sent) progress(offset + sent, size) end,
    headers = { file_offset = ("%d"):format(offset), ["Content-Type"] = "application/octet-stream" },
  }
  if usable.data then request.body = usable.data:sub(offset + 1)
  else request.body_file, request.body_offset = usable.path, offset end
  return access.exchange(request, { retry = options.retry, total = TOTAL, read = read_handle })
end

local MOST_RESUMPTIONS = 5

-- Sends the missing bytes until the API returns the handle. After each interruption, asks the API how many bytes it has.
local function send_rest(access, usable, plan, session, offset, options)
  for resumed = 0, MOST_RESUMPTIONS do
    local object, err, details = send_from(access, usable, plan.size, session, offset, options)
    if object then return object.h, nil, details end
    if not details.may_have_been_sent or options.retry == false or resumed == MOST_RESUMPTIONS then return nil, err, details end
    local known, unknown, problem = offset_of(access, session, options)
    if not known then return nil, unknown, problem end
    if known > plan.size or known < 0 then
      return nil, ("the API says that it has %d of %d bytes"):format(known, plan.size), details
    end
    offset = known
  end
end

local function check_sample(plan, options)
  local taken = kind.SAMPLES[plan.kind or ""]
  if taken or options.mode == "lenient" then return true end
  return check.problem("type", "enum", "a sample must be a PDF, JPEG, PNG or MP4, got " .. plan.type)
end

---Uploads a sample of a template.
---@param access whatsapp.media.access
---@param usable whatsapp.file
---@param options whatsapp.media.sample_options
---@return string? handle, string? err, whatsapp.info|whatsapp.details details
function upload.sample(access, usable, options)
  -- the rules for files of messages do not apply to samples
  local plan, err, details = upload.plan(usable, {
    type = options.type, mode = options.mode, as = "document", check_size = false,
  })
  if not plan then return nil, err, details end
  local taken, not_taken, refusal = check_sample(plan, options)
  if not taken then return nil, not_taken, refusal end
  local session, offset = options.session, 0
  if session then
    offset, err, details = offset_of(access, session, options)
    if not offset then return nil, err, details end
  else
    local object
    object, err, details = begin_session(access, plan, options)
    if not object then return nil, err, details end
    session = object.id
  end
  local handle, problem, about = send_rest(access, usable, plan, session, offset, options)
  if about then about.session = session end
  return handle, problem, about
end

return upload
