-- Files that go to the API: checked, sent as they lie on the disk, and samples of templates in parts. What may have arrived
-- is not sent again; an interrupted sample goes on where the API says that it ended.
local check = require "whatsapp.media.check"
local kind = require "whatsapp.media.kinds"
local response = require "whatsapp.wire.outcome"
local source = require "whatsapp.media.file"
local words = require "whatsapp.webhook.content"

local upload = {}

---Seconds for a file on its way, and for all attempts to move it.
upload.TIMEOUT, upload.TOTAL = 300, 600
local TIMEOUT, TOTAL = upload.TIMEOUT, upload.TOTAL

local function refused_source(text)
  return check.problem("file", "format", text)
end

-- an answer that is none of those that the API gives
local function odd(answer, what, sent)
  return nil, ("HTTP %d: %s"):format(answer.status, what),
    { kind = "protocol", retryable = false, may_have_been_sent = sent, http_status = answer.status }
end

---Opens a file, looks what it is, and closes it again.
---@param usable table as source.usable gives it
---@param given whatsapp.media.check_options
---@param hashed boolean? with its SHA-256, which is then in the plan
---@return whatsapp.media.plan? plan, whatsapp.problem[]|string|nil warnings, whatsapp.details? details
function upload.plan(usable, given, hashed)
  local opened, text = source.open(usable)
  if not opened then return refused_source(text) end
  local plan, warnings, details = check.plan(opened, given)
  if plan and hashed then plan.sha256, text = source.sha256(opened) end
  opened.close()
  if plan and hashed and not plan.sha256 then return refused_source(text) end
  return plan, warnings, details
end

-- ---- to be shown by messages --------------------------------------------------------------------------------------------

-- an id, whether it came as a string or as a number
local function read_id(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  object.id = words.string(object.id)
  if object.id and object.id ~= "" then return object end
  return odd(answer, "JSON that names no id; the file may have been taken", true)
end

---@param access whatsapp.media.access
---@param usable table
---@param plan whatsapp.media.plan
---@param given table
---@param warnings whatsapp.problem[]?
---@return { id: string }? result, string? text, whatsapp.info|whatsapp.details details
function upload.send(access, usable, plan, given, warnings)
  local file = { name = "file", filename = plan.filename, type = plan.type, file = usable.path, data = usable.data }
  local form = { { name = "messaging_product", data = "whatsapp" }, { name = "type", data = plan.type } }
  if given.ttl_minutes then form[#form + 1] = { name = "ttl_minutes", data = ("%d"):format(given.ttl_minutes) } end
  form[#form + 1] = file
  return access.exchange({
    method = "POST", url = access.phone_url .. "media", headers = {}, form = form, progress = given.progress,
    timeout = given.timeout or TIMEOUT,
  }, { retry = given.retry, total = TOTAL, read = read_id, warnings = warnings, about = plan })
end

-- ---- samples of templates -----------------------------------------------------------------------------------------------

---Whether this is the id of a session: it becomes part of a URL as it is.
---@param id any
---@return boolean
function upload.is_session(id)
  return type(id) == "string" and id:find "^upload:[%w:?=&%%._~+/-]+$" ~= nil and not id:find("..", 1, true)
end

local function read_session(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  if upload.is_session(object.id) then return object end
  return odd(answer, "JSON that names no upload session", false)
end

local function read_handle(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  if type(object.h) == "string" and object.h ~= "" then return object end
  return odd(answer, "JSON that names no handle", true) -- or how much it has, of a part
end

local function begin_session(access, plan, given)
  local url = ("%s%s/uploads?file_name=%s&file_length=%d&file_type=%s"):format(access.root, given.app_id,
    access.escaped(plan.filename), plan.size, access.escaped(kind.bare(plan.type)))
  return access.exchange({ method = "POST", url = url, headers = {}, timeout = given.timeout },
    { retry = given.retry, read = read_session, harmless = true }) -- a session without bytes is nothing
end

local function offset_of(access, session, given)
  local request = { method = "GET", url = access.root .. session, headers = {}, timeout = given.timeout }
  local object, text, details = access.exchange(request, { retry = given.retry, read = read_session, harmless = true })
  if not object then return nil, text, details end
  return response.integer(object.file_offset) or 0
end

local function send_from(access, usable, size, session, offset, given)
  local progress = given.progress
  local request = {
    method = "POST", url = access.root .. session, timeout = given.timeout or TIMEOUT,
    progress = progress and function(sent) progress(offset + sent, size) end,
    headers = { file_offset = ("%d"):format(offset), ["Content-Type"] = "application/octet-stream" },
  }
  if usable.data then request.body = usable.data:sub(offset + 1)
  else request.body_file, request.body_offset = usable.path, offset end
  return access.exchange(request, { retry = given.retry, total = TOTAL, read = read_handle })
end

local MOST_RESUMPTIONS = 5

-- Sends what is missing until the handle is there; whenever it is not, the API says how much it has.
local function send_rest(access, usable, plan, session, offset, given)
  for resumed = 0, MOST_RESUMPTIONS do
    local object, text, details = send_from(access, usable, plan.size, session, offset, given)
    if object then return object.h, nil, details end
    if not details.may_have_been_sent or given.retry == false or resumed == MOST_RESUMPTIONS then return nil, text, details end
    local known, unknown, problem = offset_of(access, session, given)
    if not known then return nil, unknown, problem end
    if known > plan.size or known < 0 then
      return nil, ("the API has %d bytes of a file of %d"):format(known, plan.size), details
    end
    offset = known
  end
end

local function check_sample(plan, given)
  local taken = kind.SAMPLES[plan.kind or ""]
  if taken or given.mode == "lenient" then return true end
  return check.problem("type", "enum", plan.type .. ", a sample is a PDF, JPEG, PNG or MP4")
end

---@param access whatsapp.media.access
---@param usable table
---@param given table
---@return string? handle, string? text, whatsapp.info|whatsapp.details details
function upload.sample(access, usable, given)
  -- what is said of messages' files is not said of samples
  local plan, text, details = upload.plan(usable, { type = given.type, mode = given.mode, as = "document", check_size = false })
  if not plan then return nil, text, details end
  local taken, not_taken, refusal = check_sample(plan, given)
  if not taken then return nil, not_taken, refusal end
  local session, offset = given.session, 0
  if session then
    offset, text, details = offset_of(access, session, given)
    if not offset then return nil, text, details end
  else
    local object
    object, text, details = begin_session(access, plan, given)
    if not object then return nil, text, details end
    session = object.id
  end
  local handle, problem, about = send_rest(access, usable, plan, session, offset, given)
  if about then about.session = session end
  return handle, problem, about
end

return upload
