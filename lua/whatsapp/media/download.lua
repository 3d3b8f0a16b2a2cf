-- Downloads files from the API. A job takes these steps:
--   1. ask the API for the URL of the file, if there is no URL or it has expired
--   2. download into a new file
--   3. check the length and the SHA-256 of this file
--   4. decrypt the file, if it comes from a flow
--   5. rename the file to the target; or pass its bytes to the sink, which is a function of the user
-- Downloads only from the API's hosts and the hosts in media_hosts. Downloads a file of a flow only from whatsapp.net and the
-- hosts in media_hosts. Never follows a redirect. Removes the incomplete file after a failure. Replaces a file only if the option
-- replace is true.
local body = require "whatsapp.send.body"
local check = require "whatsapp.media.check"
local credentials = require "whatsapp.send.credentials"
local digest = require "whatsapp.util.sha256"
local hosts = require "whatsapp.media.hosts"
local kind = require "whatsapp.media.kinds"
local outcome = require "whatsapp.wire.outcome"
local sealed = require "whatsapp.media.sealed"
local show = require "whatsapp.util.show"
local source = require "whatsapp.media.file"
local upload = require "whatsapp.media.upload"
local values = require "whatsapp.util.values"

local download = {}

local PIECE = 65536
local FLOW_HOSTS = { ".whatsapp.net" } -- the hosts of cdn_url; they never get the token
local EXPIRED = { [404] = true, [410] = true }

-- returns a failure; may_have_been_sent is false, because it does no harm to repeat a look-up, a deletion or a download
local function failed(err, retryable, status)
  return nil, err, { kind = "protocol", retryable = retryable, may_have_been_sent = false, http_status = status }
end

-- ---- look-ups -----------------------------------------------------------------------------------------------------------

local function read_look_up(answer)
  local object, err, details = outcome.read(answer)
  if not object then return nil, err, details end
  if type(object.url) ~= "string" then return failed("JSON without the url of a file", false, answer.status) end
  object.file_size = values.integer(object.file_size)
  object.id = values.text_of_id(object.id)
  return object
end

---Asks the API for the URL of a file.
---@param access whatsapp.media.access
---@param id string
---@param options whatsapp.media.look_up_options
---@return whatsapp.found_media? found, string? err, whatsapp.info|whatsapp.details details
function download.look_up(access, id, options)
  return access.exchange({ method = "GET", url = access.url_of(id, options), headers = {}, timeout = options.timeout },
    { retry = options.retry, read = read_look_up, harmless = true })
end

local function read_deleted(answer)
  local object, err, details = outcome.read(answer)
  if not object then return nil, err, details end
  if object.success == true then return object end
  return failed("JSON without success = true", false, answer.status)
end

---Deletes a file that the API has.
---@param access whatsapp.media.access
---@param id string
---@param options whatsapp.media.look_up_options
---@return { success: boolean }? result, string? err, whatsapp.info|whatsapp.details details
function download.delete(access, id, options)
  return access.exchange({ method = "DELETE", url = access.url_of(id, options), headers = {}, timeout = options.timeout },
    { retry = options.retry, read = read_deleted, harmless = true })
end

-- ---- the job -----------------------------------------------------------------------------------------------------

-- notes the type, the size and the SHA-256 of the file from `media`: an event's media, or the API's answer to a look-up
local function expect(job, media)
  job.type = job.type or values.text_of_id(media.mime_type)
  job.size = job.size or values.integer(media.file_size)
  local sum = digest.hex(media.sha256)
  if sum then job.sums[#job.sums + 1] = sum end
end

local function id_of(value)
  local id = values.text_of_id(value)
  return id and id:find "^[%w_-]+$" and id or nil
end

---@class whatsapp.media.job
---@field id string?
---@field url string?
---@field from_outside boolean? true: the URL comes from an event or an answer; nil: the caller has passed the URL itself
---@field manner "with the token"|"without the token"|nil says whether the request to the URL has the token
---@field sums string[] each SHA-256 of this file that an event or the API gave
---@field size integer?
---@field max integer? largest size in bytes; a longer answer is refused
---@field type string?
---@field part string? path of the new file, which has this name until all checks are done
---@field encryption_metadata any not nil: the file comes from a flow, and is encrypted
---@field plain string? path of the decrypted file of a flow, while this file is written

-- Returns the job for a file that a user chose in a flow. The job has no id: the media_id of such a file is not an id of the
-- Graph API.
local function sealed_job(job, media)
  job.url, job.from_outside = type(media.cdn_url) == "string" and media.cdn_url or nil, true
  job.encryption_metadata, job.type = media.encryption_metadata or false, values.text_of_id(media.mime_type)
  return job
end

---Makes the job for one download.
---@param what any an id, a URL, an event, the result of a look-up or a file of a flow
---@return whatsapp.media.job? job
---@return string? err why `what` cannot be downloaded
function download.job(what)
  local job = { sums = {} }
  if type(what) == "string" and what:find("/", 1, true) then
    job.url = what
  elseif type(what) == "table" then
    local media = type(what.media) == "table" and what.media or what.kind == nil and what or values.NONE
    if media.cdn_url ~= nil then return sealed_job(job, media) end
    job.id, job.url, job.from_outside = id_of(media.id), type(media.url) == "string" and media.url or nil, true
    expect(job, media)
    return job
  else
    job.id = id_of(what)
  end
  if job.id or job.url then return job end
  return nil, "a download needs an id, a URL, an event with media, a result of media:get or a file of a flow"
end

-- Decides whether the client may request a URL, and whether the request has the token. Returns the job's `manner`, or nil and an
-- error. Refuses a URL on graph.facebook.com that comes from an event or an answer: such a URL could name any path of the Graph
-- API, and the request would have the token.
local function judge(access, url, from_outside, is_sealed)
  if is_sealed and (hosts.has(url, FLOW_HOSTS) or hosts.has(url, access.media_hosts)) then return "without the token" end
  if is_sealed then return nil, "a file of a flow is downloaded only from whatsapp.net and the hosts in media_hosts" end
  local graph, err = credentials.is_graph(url, access.base_url)
  if graph ~= nil then
    if from_outside and url:find "^https://graph%.facebook%.com[:/?]" then
      return nil, "the URL of a file must not be on graph.facebook.com"
    end
    return "with the token"
  end
  if hosts.has(url, access.media_hosts) then return "without the token" end
  return nil, err
end

-- Judges the URL of the job. If the URL must not be requested, and the job has an id, removes the URL: then find_url() asks the
-- API for a URL. Returns an error if the job has neither an id nor a URL that may be requested.
local function choose_url(access, job)
  if not job.url then
    if job.id then return true end
    return check.problem("media", "required", "the file has neither an id nor a URL")
  end
  local err
  job.manner, err = judge(access, job.url, job.from_outside, job.encryption_metadata ~= nil)
  if job.manner then return true end
  job.url = nil
  if job.id then return true end
  return check.problem("url", "format", err)
end

-- reads the keys and hashes of a flow's file
local function read_metadata(job)
  if job.encryption_metadata == nil then return true end
  local err, member
  job.sealed, err, member = sealed.read(job.encryption_metadata)
  if not job.sealed then return check.problem(member, "format", err) end
  job.sums[1] = job.sealed.encrypted_hash
  return true
end

local function find_url(access, job, options)
  local found, err, details = download.look_up(access, job.id, options)
  if not found then return nil, err, details end
  local manner, problem = judge(access, found.url, true)
  if not manner then return failed("the API returned a URL that must not be used: " .. problem, false, details.http_status) end
  job.url, job.manner = found.url, manner
  expect(job, found)
  return true
end

-- ---- fetching -----------------------------------------------------------------------------------------------------------

local function reader(job)
  return function(answer)
    local status = answer.status
    if status == 200 then
      local saved, err, details = body.saved({ to_file = job.part, max_file = job.max }, answer)
      if not saved then return nil, err, details end
      local size = values.integer(saved.size)
      if not size then return failed("the transport returned neither a body nor a size", false, status) end
      return { size = size, type = type(answer.headers) == "table" and answer.headers["content-type"] or nil }
    end
    if status >= 300 and status < 400 then
      return failed(("HTTP %d: a redirect; redirects are not followed"):format(status), false, status)
    end
    if status < 300 then return failed(("HTTP %d: the answer is not the whole file"):format(status), false, status) end
    local _, err, details = outcome.read(answer)
    return nil, err, details
  end
end

local function fetch(access, job, options)
  local max = options.max or kind.MAX_INCOMING
  job.max = job.size and math.min(max, job.size) or max
  if job.size and job.size > max then
    return check.problem("file_size", "range", ("%d bytes, at most %d"):format(job.size, max), max, job.size)
  end
  return access.exchange({
    method = "GET", url = job.url, headers = { ["User-Agent"] = access.user_agent }, to_file = job.part, max_file = job.max,
    progress = options.progress, timeout = options.timeout or upload.TIMEOUT,
  }, {
    retry = options.retry, total = upload.TOTAL, read = reader(job), harmless = true,
    no_token = job.manner == "without the token",
  })
end

-- Downloads the file. A URL expires after five minutes, but an id only after days. So if the URL has expired, asks the API for a
-- new URL of the id, at most twice.
local function fetch_fresh(access, job, options)
  if job.url then
    local got, err, details = fetch(access, job, options)
    if got or not (job.id and EXPIRED[details.http_status]) then return got, err, details end
  end
  for attempt = 1, 2 do
    local ok, problem, refusal = find_url(access, job, options)
    if not ok then return nil, problem, refusal end
    local got, err, details = fetch(access, job, options)
    if got or attempt == 2 or not EXPIRED[details.http_status] then return got, err, details end
  end
end

-- ---- checking -----------------------------------------------------------------------------------------------------------

local function is_html(type)
  return type ~= nil and kind.bare(type) == "text/html"
end

-- returns an error if the file is not the file that the event or the API described, else nil
local function fault_of(job, got, sum)
  if is_html(got.type) and (job.type and not is_html(job.type) or #job.sums == 0) then
    return ("got %d bytes of HTML, expected %s"):format(got.size, job.type and show.line(job.type) or "a file")
  end
  if job.size and got.size ~= job.size then return ("got %d of %d bytes"):format(got.size, job.size) end
  for _, wanted in ipairs(job.sums) do
    if sum ~= wanted then return "the file does not have the SHA-256 that the API gave" end
  end
end

-- Checks the length and the SHA-256 of the downloaded file. Returns the result of the download.
local function prove(job, got)
  local opened, err = source.open { path = job.part, filename = "part" }
  if not opened then return failed(err, true, 200) end
  got.size = opened.size
  local sum, unreadable = source.sha256(opened)
  opened.close()
  if not sum then return failed(unreadable, true, 200) end
  local fault = fault_of(job, got, sum)
  if fault then return failed(fault, true, 200) end
  return { size = got.size, sha256 = sum, mime_type = job.type or got.type, id = job.id, verified = #job.sums > 0 }
end

-- Decrypts a flow's file into another new file. prove() has checked the hash of the encrypted bytes.
local function decrypt(job, result)
  if not job.sealed then return true end
  job.plain = job.part .. ".plain.part"
  local size, err = sealed.decrypt(job.sealed, job.part, job.plain)
  if not size then return failed(err, false, 200) end
  os.remove(job.part)
  job.part, job.plain = job.plain, nil
  result.size, result.sha256, result.mime_type = size, job.sealed.plaintext_hash, job.type
  return true
end

-- ---- handing over -------------------------------------------------------------------------------------------------------

-- Passes the bytes of the file to the sink. Opens the file, and deletes its name before the first call of the sink: so no file
-- stays if the sink raises or never returns.
local function pour(job, sink)
  local file, err = io.open(job.part, "rb")
  if not file then return outcome.invalid(show.value(err)) end
  os.remove(job.part)
  local piece, unreadable = file:read(PIECE)
  while piece do
    local ok, problem = sink(piece)
    if ok == false or (ok == nil and problem ~= nil) then
      file:close()
      return outcome.invalid("the sink ended the download: " .. show.value(problem or "false"))
    end
    piece, unreadable = file:read(PIECE)
  end
  file:close()
  if unreadable then return outcome.invalid("the file could not be read again: " .. show.value(unreadable)) end
  return true
end

local function put(job, path, options)
  local ok, err = source.place(job.part, path, options.replace)
  if ok then return true end
  return outcome.invalid(err)
end

-- Returns a path for the incomplete file. If the target is a path, put() renames the file to the target. This works only within
-- one file system: so the file is in the target's folder. For a sink, the file is in the folder for temporary files.
local function part_for(target)
  local random = require("whatsapp.crypto").random(8)
  if type(target) == "string" then return ("%s.%s.part"):format(target:match "^(.*[/\\])" or "", random) end
  local folder = os.getenv "TMPDIR"
  return ("%s/whatsapp-%s.part"):format(folder and folder ~= "" and folder or "/tmp", random)
end

local function remove(job, err, details)
  os.remove(job.part)
  if job.plain then os.remove(job.plain) end
  return nil, err, details
end

---Downloads a file to a path or into a sink.
---@param access whatsapp.media.access
---@param job whatsapp.media.job
---@param target string|fun(piece: string): any, string?
---@param options whatsapp.media.download_options
---@return whatsapp.downloaded? got, string? err, whatsapp.info|whatsapp.details details
function download.run(access, job, target, options)
  local is_sink = values.callable(target)
  if not is_sink and not options.replace and source.exists(target) then
    return outcome.invalid(show.line(target) .. ": the file exists; replace = true replaces it")
  end
  local ok, err, details = read_metadata(job)
  if ok then ok, err, details = choose_url(access, job) end
  if not ok then return nil, err, details end
  job.part = part_for(target)
  local got, result
  got, err, details = fetch_fresh(access, job, options)
  if not got then return remove(job, err, details) end
  local info = details
  result, err, details = prove(job, got)
  if result then ok, err, details = decrypt(job, result) end
  if result and ok then ok, err, details = (is_sink and pour or put)(job, target, options) end
  if not (result and ok) then
    details.attempts = info.attempts
    return remove(job, err, details)
  end
  if not is_sink then result.path = target end
  return result, nil, info
end

return download
