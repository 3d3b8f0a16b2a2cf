-- client.media: the files of one phone number. Checks what it is told and hands it to who does it; the client lends it what
-- reaches the network. Never holds a secret.
local download = require "whatsapp.media.download"
local options = require "whatsapp.util.options"
local recipient = require "whatsapp.send.recipient"
local send = require "whatsapp.media.send_file"
local source = require "whatsapp.media.file"
local upload = require "whatsapp.media.upload"
local values = require "whatsapp.util.values"

local M = {}

---@class whatsapp.media.upload_options: whatsapp.media.check_options
---@field progress (fun(transferred: integer, total: integer?))? called now and then
---@field ttl_minutes integer? how long it is kept, of numbers without storage
---@field timeout number? seconds for one attempt, 300 if absent
---@field retry whatsapp.retry|false?

---@class whatsapp.media.look_up_options
---@field own boolean? only if this number uploaded or received it
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?

---@class whatsapp.media.download_options: whatsapp.media.look_up_options
---@field max integer? bytes, 100 MiB if absent
---@field replace boolean? whether a file that exists is replaced
---@field progress (fun(transferred: integer, total: integer?))? called now and then

---@class whatsapp.media.sample_options
---@field app_id string|integer the app's, not the phone number's
---@field type string? the MIME type, if the bytes do not tell it
---@field session string? details.session of an upload that failed, to go on with it
---@field mode "strict"|"lenient"?
---@field progress (fun(transferred: integer, total: integer?))?
---@field timeout number? seconds for one attempt, 300 if absent
---@field retry whatsapp.retry|false?

---@class whatsapp.file a file of the caller's: a path, or the bytes and a name
---@field path string?
---@field data string?
---@field filename string?

---@class whatsapp.found_media
---@field url string it lives for five minutes
---@field mime_type string
---@field sha256 string
---@field file_size integer
---@field id string

---@class whatsapp.downloaded
---@field path string? where it is; nil for a sink
---@field size integer
---@field sha256 string 64 hexadecimal digits
---@field mime_type string?
---@field id string?
---@field verified boolean true if the API had told a SHA-256

---@class whatsapp.send_file_options: whatsapp.media.upload_options
---@field caption string? of an image, a video or a document
---@field filename string? of a document, as the recipient sees it; if absent the file's, with U+FFFD for what is no UTF-8
---@field message whatsapp.Message? other members of the message: { context = { message_id = ... } }
---@field stamp boolean?
---@field fallback whatsapp.Message|(fun(message: whatsapp.Message, details: whatsapp.details): whatsapp.Message?)|nil

local UPLOAD = {
  type = "text", as = "shown_as", voice = "boolean", check_size = "boolean", mode = "mode", progress = "func",
  ttl_minutes = "count", timeout = "seconds", retry = "retry",
}
local LOOK_UP = { own = "boolean", timeout = "seconds", retry = "retry" }
local DOWNLOAD = { max = "bytes", own = "boolean", replace = "boolean", progress = "func", timeout = "seconds", retry = "retry" }
local SAMPLE = {
  app_id = "id", type = "text", session = "key", mode = "mode", progress = "func", timeout = "seconds", retry = "retry",
}
local SEND = options.copy(UPLOAD)
for name, test in pairs { caption = "words", filename = "text", message = "table", stamp = "boolean", fallback = "fallback" } do
  SEND[name] = test
end

---@class whatsapp.media.client
local media = {}
media.__index = media
media.__name = "whatsapp.media.client"

-- media -> what its client lends it
local private = setmetatable({}, { __mode = "k" })

---@return whatsapp.media.access
local function access_of(self, level)
  local access = private[self]
  if not access then error("call the functions of media with a colon, as in client.media:upload(path)", level + 1) end
  if access.is_closed() then error("attempt to use a closed client", level + 1) end
  return access
end

local function usable_of(file, level)
  local usable, problem = source.usable(file)
  if not usable then error(problem, level + 1) end
  return usable
end

-- the client's mode where the call names none
local function with_mode(access, given)
  if given.mode or not access.mode then return given end
  given = options.copy(given)
  given.mode = access.mode
  return given
end

local function check_id(id, level)
  if not options.is_id(id) then
    local got = (type(id) == "string" or type(id) == "number") and "another " or "a "
    error(("the id of a file is a string of letters and digits, or a whole number, got %s%s"):format(got, type(id)), level + 1)
  end
  return options.text_of_id(id)
end

-- what a call about a file was given, all of it usable
local function about_file(self, file, given, rows, level)
  local access = access_of(self, level + 1)
  local usable = usable_of(file, level + 1)
  given = with_mode(access, options.check(given, rows, level + 1))
  return access, usable, given
end

-- the same of a call about one that the API has
local function about_id(self, id, given, level)
  local access = access_of(self, level + 1)
  id = check_id(id, level + 1)
  given = options.check(given, LOOK_UP, level + 1)
  return access, id, given
end

---Uploads a file, for messages to point at. What it is comes from its own bytes; what the API would refuse later is refused
---here. An upload that may have arrived is not repeated: that would make a second one.
---@param file string|whatsapp.file a path, or the bytes and a name
---@param given whatsapp.media.upload_options?
---@return { id: string }? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:upload(file, given)
  local access, usable, checked = about_file(self, file, given, UPLOAD, 2)
  local plan, warnings, details = upload.plan(usable, checked)
  if not plan then return nil, warnings, details end
  return upload.send(access, usable, plan, checked, warnings)
end

---Asks where a file is. The URL lives for five minutes.
---@param id string|integer
---@param given whatsapp.media.look_up_options?
---@return whatsapp.found_media? found
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:get(id, given)
  return download.look_up(about_id(self, id, given, 2))
end

---Fetches a file, checks its length and its SHA-256, and only then puts it in its place: under the path, where it replaces a
---file only if `replace` is given, or into the sink, piece by piece. The path is yours: whatsapp.media.safe_name makes a name of
---an event. Until then the bytes lie in a file of random name that ends in .part: in the target's folder, or for a sink in
---$TMPDIR, else /tmp.
---A process that is killed meanwhile leaves it.
---@param what string|whatsapp.event|whatsapp.found_media an id, a URL, an event with media, or what media:get gave
---@param target string|fun(piece: string): boolean?, string? a path; or a function, which nil and a text or false end
---@param given whatsapp.media.download_options?
---@return whatsapp.downloaded? got
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:download(what, target, given)
  local access = access_of(self, 2)
  local job, problem = download.job(what)
  if not job then error(problem, 2) end
  if not values.callable(target) then
    if type(target) ~= "string" or target == "" or target:find("\0", 1, true) then
      error("a file is downloaded to a path or into a function", 2)
    end
  end
  return download.run(access, job, target, options.check(given, DOWNLOAD, 2))
end

---Deletes a file. Safe to repeat.
---@param id string|integer
---@param given whatsapp.media.look_up_options?
---@return { success: boolean }? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:delete(id, given)
  return download.delete(about_id(self, id, given, 2))
end

---Uploads a sample for a template's header, in parts: what was interrupted goes on where the API has it.
---@param file string|whatsapp.file a PDF, JPEG, PNG or MP4
---@param given whatsapp.media.sample_options
---@return string? handle for the template's example.header_handle
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:upload_sample(file, given)
  local access, usable, checked = about_file(self, file, given, SAMPLE, 2)
  local sample = options.copy(checked)
  if sample.app_id == nil then error("media:upload_sample needs an app_id: the app's, not the phone number's", 2) end
  if sample.session ~= nil and not upload.is_session(sample.session) then error("option session must be a details.session", 2) end
  sample.app_id = options.text_of_id(sample.app_id)
  return upload.sample(access, usable, sample)
end

---@private
---@param to whatsapp.Address
function media:send(to, file, given, level)
  local access, usable, checked = about_file(self, file, given, SEND, level)
  local members, err, is_data = recipient.of(to)
  if not members and not is_data then error(err, level) end
  if not members then return options.refused(err) end
  return send.file(access, members, usable, checked)
end

---What a file is, and what is wrong with it; nothing leaves.
---@param file string|whatsapp.file
---@param given whatsapp.media.check_options?
---@return whatsapp.media.plan? plan
---@return whatsapp.problem[]|string|nil warnings or, of a failure, the line that names the first problem
---@return whatsapp.details? details
function media:check(file, given)
  local _, usable, checked = about_file(self, file, given, UPLOAD, 2)
  return upload.plan(usable, checked)
end

function media:__tostring()
  local access = private[self]
  return access and ("whatsapp.media (%s)"):format(access.phone_number_id) or "whatsapp.media"
end

---@param access whatsapp.media.access
---@return whatsapp.media.client
function M.new(access)
  function access.url_of(id, given)
    local url = access.root .. access.escaped(id)
    return given.own and ("%s?phone_number_id=%s"):format(url, access.escaped(access.phone_number_id)) or url
  end
  local made = setmetatable({}, media)
  private[made] = access
  return made
end

return M
