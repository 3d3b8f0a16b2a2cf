-- Files that come from the API: looked up, fetched into a fresh file beside the target, checked for length and SHA-256, and
-- only then put in place or handed over. Never fetches what is not trusted, follows no redirect, and leaves no half file.
local check = require "whatsapp.media.check"
local digest = require "whatsapp.util.sha256"
local kind = require "whatsapp.media.kinds"
local options = require "whatsapp.util.options"
local response = require "whatsapp.wire.outcome"
local source = require "whatsapp.media.file"
local trusted = require "whatsapp.send.trusted"
local upload = require "whatsapp.media.upload"
local values = require "whatsapp.util.values"
local words = require "whatsapp.webhook.content"

local download = {}

local PIECE = 65536
local EXPIRED = { [404] = true, [410] = true }

-- nothing was sent that could be there twice
local function failed(text, retryable, status)
  return nil, text, { kind = "protocol", retryable = retryable, may_have_been_sent = false, http_status = status }
end

-- ---- look-ups -----------------------------------------------------------------------------------------------------------

local function read_look_up(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  if type(object.url) ~= "string" then return failed("JSON that names no url of a file", false, answer.status) end
  object.file_size = response.integer(object.file_size)
  object.id = words.string(object.id)
  return object
end

---@param access whatsapp.media.access
---@param id string
---@param given table
---@return table? found, string? text, whatsapp.info|whatsapp.details details
function download.look_up(access, id, given)
  return access.exchange({ method = "GET", url = access.url_of(id, given), headers = {}, timeout = given.timeout },
    { retry = given.retry, read = read_look_up, harmless = true })
end

local function read_deleted(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  if object.success == true then return object end
  return failed("JSON that does not say that the file was deleted", false, answer.status)
end

---@param access whatsapp.media.access
---@param id string
---@param given table
---@return table? result, string? text, whatsapp.info|whatsapp.details details
function download.delete(access, id, given)
  return access.exchange({ method = "DELETE", url = access.url_of(id, given), headers = {}, timeout = given.timeout },
    { retry = given.retry, read = read_deleted, harmless = true })
end

-- ---- what is wanted -----------------------------------------------------------------------------------------------------

local function expect(job, media)
  job.type = job.type or words.string(media.mime_type)
  job.size = job.size or response.integer(media.file_size)
  local sum = digest.hex(media.sha256)
  if sum then job.sums[#job.sums + 1] = sum end
end

local function id_of(value)
  local id = words.string(value)
  return id and id:find "^[%w_-]+$" and id or nil
end

---@param what any an id, a URL, an event or what a look-up gave
---@return table? job id or url, sums, size, type
---@return string? problem of the programmer's
function download.job(what)
  local job = { sums = {} }
  if type(what) == "string" and what:find("/", 1, true) then
    job.url = what
  elseif type(what) == "table" then
    local media = type(what.media) == "table" and what.media or what.kind == nil and what or options.NONE
    job.id, job.url = id_of(media.id), type(media.url) == "string" and media.url or nil
    expect(job, media)
    return job
  else
    job.id = id_of(what)
  end
  if job.id or job.url then return job end
  return nil, "what is downloaded is an id, a URL, an event with media or what media:get gave"
end

-- one that came from outside is judged before it is used; with an id there is a better one
local function choose_url(access, job)
  if not job.url then
    if job.id then return true end
    return check.problem("media", "required", "there is no file: neither an id nor a URL")
  end
  local graph, text = trusted.is_graph(job.url, access.base_url)
  if graph ~= nil then return true end
  job.url = nil
  if job.id then return true end
  return check.problem("url", "format", text)
end

local function find_url(access, job, given)
  local found, text, details = download.look_up(access, job.id, given)
  if not found then return nil, text, details end
  local graph, problem = trusted.is_graph(found.url, access.base_url)
  if graph == nil then return failed("the API named a URL that is not fetched: " .. problem, false, details.http_status) end
  job.url = found.url
  expect(job, found)
  return true
end

-- ---- fetching -----------------------------------------------------------------------------------------------------------

-- a transport that knows no files gives the body: small enough, then, to be written at once
local function keep_body(job, answer)
  if answer.size ~= nil or type(answer.body) ~= "string" then return response.integer(answer.size) end
  if #answer.body > job.max then return nil end
  local file = io.open(job.part, "wb")
  local written = file and file:write(answer.body)
  if file then file:close() end
  return written and #answer.body or nil
end

local function reader(job)
  return function(answer)
    local status = answer.status
    if status == 200 then
      local size = keep_body(job, answer)
      if not size then return failed("the file could not be written, or is too long", false, status) end
      return { size = size, type = type(answer.headers) == "table" and answer.headers["content-type"] or nil }
    end
    if status >= 300 and status < 400 then
      return failed(("HTTP %d: sent elsewhere, which is not followed, as the token would go there"):format(status), false, status)
    end
    if status < 300 then return failed(("HTTP %d: not the whole file"):format(status), false, status) end
    local _, text, details = response.read(answer)
    return nil, text, details
  end
end

local function fetch(access, job, given)
  local max = given.max or kind.MAX_INCOMING
  job.max = job.size and math.min(max, job.size) or max
  if job.size and job.size > max then
    return check.problem("file_size", "range", ("%d bytes, at most %d"):format(job.size, max), max, job.size)
  end
  return access.exchange({
    method = "GET", url = job.url, headers = { ["User-Agent"] = access.user_agent }, to_file = job.part, max_file = job.max,
    progress = given.progress, timeout = given.timeout or upload.TIMEOUT,
  }, { retry = given.retry, total = upload.TOTAL, read = reader(job), harmless = true })
end

-- a URL lives for five minutes, an id for days
local function fetch_fresh(access, job, given)
  if job.url then
    local got, text, details = fetch(access, job, given)
    if got or not (job.id and EXPIRED[details.http_status]) then return got, text, details end
  end
  for attempt = 1, 2 do
    local ok, problem, refusal = find_url(access, job, given)
    if not ok then return nil, problem, refusal end
    local got, text, details = fetch(access, job, given)
    if got or attempt == 2 or not EXPIRED[details.http_status] then return got, text, details end
  end
end

-- ---- proving ------------------------------------------------------------------------------------------------------------

local function is_html(type)
  return type ~= nil and kind.bare(type) == "text/html"
end

-- what is wrong with the bytes that came; nil: nothing that can be known
local function fault_of(job, got, sum)
  if is_html(got.type) and (job.type and not is_html(job.type) or #job.sums == 0) then
    return ("HTML of %d bytes came where %s was expected"):format(got.size, job.type and job.type:gsub("%c", "?") or "a file")
  end
  if job.size and got.size ~= job.size then return ("%d bytes came of a file of %d"):format(got.size, job.size) end
  for _, wanted in ipairs(job.sums) do
    if sum ~= wanted then return "the file has another SHA-256 than the API said" end
  end
end

local function prove(job, got)
  local opened, text = source.open { path = job.part, filename = "part" }
  if not opened then return failed(text, true, 200) end
  got.size = opened.size
  local sum, unreadable = source.sha256(opened)
  opened.close()
  if not sum then return failed(unreadable, true, 200) end
  local fault = fault_of(job, got, sum)
  if fault then return failed(fault, true, 200) end
  return { size = got.size, sha256 = sum, mime_type = job.type or got.type, id = job.id, verified = #job.sums > 0 }
end

-- ---- handing over -------------------------------------------------------------------------------------------------------

-- the name goes first: whatever happens to the sink, nothing is left behind
local function pour(job, sink)
  local file, text = io.open(job.part, "rb")
  if not file then return options.refused(tostring(text)) end
  os.remove(job.part)
  local piece, unreadable = file:read(PIECE)
  while piece do
    local ok, problem = sink(piece)
    if ok == false or (ok == nil and problem ~= nil) then
      file:close()
      return options.refused("the sink took no more: " .. tostring(problem or "false"))
    end
    piece, unreadable = file:read(PIECE)
  end
  file:close()
  if unreadable then return options.refused("the file could not be read again: " .. tostring(unreadable)) end
  return true
end

local function put(job, path)
  local ok, text = os.rename(job.part, path)
  if ok then return true end
  return options.refused(("%s: the file could not be put there: %s"):format(path, tostring(text)))
end

-- beside the target, so that it can be renamed; for a sink where temporary files are
local function part_for(target)
  local random = require("whatsapp.crypto").random(8)
  if type(target) == "string" then return ("%s.%s.part"):format(target:match "^(.*[/\\])" or "", random) end
  local folder = os.getenv "TMPDIR"
  return ("%s/whatsapp-%s.part"):format(folder and folder ~= "" and folder or "/tmp", random)
end

---@param access whatsapp.media.access
---@param job table as download.job gives it
---@param target string|fun(piece: string): any, string?
---@param given table
---@return table? got, string? text, whatsapp.info|whatsapp.details details
function download.run(access, job, target, given)
  local ok, text, details = choose_url(access, job)
  if not ok then return nil, text, details end
  job.part = part_for(target)
  local got, result
  got, text, details = fetch_fresh(access, job, given)
  if not got then
    os.remove(job.part)
    return nil, text, details
  end
  local info = details
  result, text, details = prove(job, got)
  if result then
    local to = values.callable(target) and pour or put
    ok, text, details = to(job, target)
  end
  if not (result and ok) then
    os.remove(job.part)
    details.attempts = info.attempts
    return nil, text, details
  end
  if type(target) == "string" then result.path = target end
  return result, nil, info
end

return download
