-- client.media: uploads, downloads and deletes the files of one phone number. Checks the arguments, and calls the file in media/
-- that does the work. The client passes in the functions that use the network (`access`). Never has a secret.
local checks = require "whatsapp.util.options"
local download = require "whatsapp.media.download"
local outcome = require "whatsapp.wire.outcome"
local recipient = require "whatsapp.send.recipient"
local send = require "whatsapp.media.send_file"
local source = require "whatsapp.media.file"
local upload = require "whatsapp.media.upload"
local urls = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local M = {}

---@class whatsapp.media.upload_options: whatsapp.media.check_options
---@field progress (fun(transferred: integer, total: integer?))? gets the bytes so far, several times a second
---@field ttl_minutes integer? the minutes for which the API keeps the file; only for phone numbers without local storage
---@field timeout number? seconds for one attempt, 300 if absent
---@field retry whatsapp.retry|false?

---@class whatsapp.media.look_up_options
---@field own boolean? true: the API returns or deletes the file only if this phone number uploaded or received the file
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?

---@class whatsapp.media.download_options: whatsapp.media.look_up_options
---@field max integer? bytes, 100 MiB if absent
---@field replace boolean? true: replaces an existing file
---@field progress (fun(transferred: integer, total: integer?))? gets the bytes so far, several times a second

---@class whatsapp.media.sample_options
---@field app_id string|integer the id of the app, not of the phone number
---@field type string? the MIME type; needed if the bytes do not show it
---@field session string? details.session of an upload that failed: the call continues this upload
---@field mode "strict"|"lenient"?
---@field progress (fun(transferred: integer, total: integer?))? gets the bytes so far, several times a second
---@field timeout number? seconds for one attempt, 300 if absent
---@field retry whatsapp.retry|false?

---@class whatsapp.file a file of the caller: a path, or the bytes and a name
---@field path string?
---@field data string?
---@field filename string?

---@class whatsapp.found_media
---@field url string the URL is valid for five minutes
---@field mime_type string
---@field sha256 string
---@field file_size integer
---@field id string

---A file that a user chose in a flow, in the form that it has in the data of the flow's request.
---@class whatsapp.media.flow_file
---@field cdn_url string
---@field encryption_metadata whatsapp.media.encryption_metadata
---@field file_name string?
---@field media_id string?

---@class whatsapp.media.encryption_metadata all strings are base64
---@field encryption_key string
---@field hmac_key string
---@field iv string
---@field encrypted_hash string
---@field plaintext_hash string

---@class whatsapp.downloaded
---@field path string? nil if the target is a function
---@field size integer
---@field sha256 string 64 hexadecimal digits
---@field mime_type string?
---@field id string?
---@field verified boolean true: the API named a SHA-256, and the file has this SHA-256; false: the API named no SHA-256

---@class whatsapp.send_file_options: whatsapp.media.upload_options
---@field caption string? of an image, a video or a document
---@field filename string? of a document: the name that the recipient sees. If absent, this is the name of the file, with U+FFFD
---for each byte that is not UTF-8
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
local SEND = values.copy(UPLOAD)
for name, test in pairs { caption = "words", filename = "text", message = "table", stamp = "boolean", fallback = "fallback" } do
  SEND[name] = test
end

---@class whatsapp.media.client
local media = {}
media.__index = media
media.__name = "whatsapp.media.client"

-- client.media object -> the `access` that its client passed in
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

-- returns the options with the client's mode, if they have no mode
local function with_mode(access, options)
  if options.mode or not access.mode then return options end
  options = values.copy(options)
  options.mode = access.mode
  return options
end

local function check_id(id, level)
  if not values.id(id) then
    local got = (type(id) == "string" or type(id) == "number") and "another " or "a "
    error(("the id of a file is a string of letters and digits, or a whole number, got %s%s"):format(got, type(id)), level + 1)
  end
  return values.text_of_id(id)
end

-- returns the checked arguments of a call with a file of the caller
local function about_file(self, file, options, rows, level)
  local access = access_of(self, level + 1)
  local usable = usable_of(file, level + 1)
  options = with_mode(access, checks.check(options, rows, level + 1))
  return access, usable, options
end

-- returns the checked arguments of a call with the id of a file that the API has
local function about_id(self, id, options, level)
  local access = access_of(self, level + 1)
  id = check_id(id, level + 1)
  options = checks.check(options, LOOK_UP, level + 1)
  return access, id, options
end

---Uploads a file and returns its id, for use in messages. Reads the kind of the file from its bytes. Refuses a file that the
---API would refuse later. Does not repeat an upload that may have arrived, because a repetition would make a second file; the
---option retry.may_send_twice allows this.
---@param file string|whatsapp.file a path, or the bytes and a name
---@param options whatsapp.media.upload_options?
---@return { id: string }? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:upload(file, options)
  local access, usable, checked = about_file(self, file, options, UPLOAD, 2)
  local plan, warnings, details = upload.plan(usable, checked)
  if not plan then return nil, warnings, details end
  return upload.send(access, usable, plan, checked, warnings)
end

---Asks the API for the URL of a file. The URL is valid for five minutes.
---@param id string|integer
---@param options whatsapp.media.look_up_options?
---@return whatsapp.found_media? found
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:get(id, options)
  return download.look_up(about_id(self, id, options, 2))
end

---Downloads a file and checks its length and its SHA-256. After that, moves the file to the path, or passes its bytes to the
---function in pieces. Replaces an existing file only with the option `replace`. Only the owner can read the new file (mode 0600);
---a transport that does not stream needs the module whatsapp.files for this mode. The caller chooses the path:
---whatsapp.media.safe_name makes a name from an event. Until the checks are done, the bytes are in a file with a random name that
---ends in .part. This file is in the target's folder; for a function, it is in $TMPDIR or /tmp. If the process is killed during
---the download, this file stays. A file that a user chose in a flow is encrypted: this function checks its hash and its HMAC, and
---then decrypts it on the disk.
---@param what string|whatsapp.event|whatsapp.found_media|whatsapp.media.flow_file an id, a URL, an event with media, the result
---of media:get, or a file in the data of a flow's request
---@param target string|fun(piece: string): boolean?, string? a path, or a function that gets the pieces. If the function
---returns false, or nil and an error, the download ends
---@param options whatsapp.media.download_options?
---@return whatsapp.downloaded? got
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:download(what, target, options)
  local access = access_of(self, 2)
  local job, problem = download.job(what)
  if not job then error(problem, 2) end
  if not values.callable(target) then
    if type(target) ~= "string" or target == "" or target:find("\0", 1, true) then
      error("the target of a download is a path or a function", 2)
    end
  end
  return download.run(access, job, target, checks.check(options, DOWNLOAD, 2))
end

---Deletes a file that the API has. It does no harm to call this twice.
---@param id string|integer
---@param options whatsapp.media.look_up_options?
---@return { success: boolean }? result
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:delete(id, options)
  return download.delete(about_id(self, id, options, 2))
end

---Uploads a sample file for the header of a template. After an interruption, continues at the byte that the API names.
---@param file string|whatsapp.file a PDF, JPEG, PNG or MP4
---@param options whatsapp.media.sample_options
---@return string? handle the value for the template's example.header_handle
---@return string? err
---@return whatsapp.info|whatsapp.details details
function media:upload_sample(file, options)
  local access, usable, checked = about_file(self, file, options, SAMPLE, 2)
  local sample = values.copy(checked)
  if sample.app_id == nil then error("media:upload_sample needs an app_id: the id of the app, not of the phone number", 2) end
  if sample.session ~= nil and not upload.is_session(sample.session) then
    error("option session must be details.session of an upload that failed", 2)
  end
  sample.app_id = values.text_of_id(sample.app_id)
  return upload.sample(access, usable, sample)
end

---Does the work of client:send_file.
---@private
---@param to whatsapp.Address
function media:send(to, file, options, level)
  local access, usable, checked = about_file(self, file, options, SEND, level)
  local members, err, is_data = recipient.of(to)
  if not members and not is_data then error(err, level) end
  if not members then return outcome.refused("event", err) end
  return send.file(access, members, usable, checked)
end

---Returns the kind, type and name of a file, or its problems. Sends nothing.
---@param file string|whatsapp.file
---@param options whatsapp.media.check_options?
---@return whatsapp.media.plan? plan
---@return whatsapp.problem[]|string|nil warnings after a failure: a line that names up to three problems
---@return whatsapp.details? details
function media:check(file, options)
  local _, usable, checked = about_file(self, file, options, UPLOAD, 2)
  return upload.plan(usable, checked)
end

function media:__tostring()
  local access = private[self]
  return access and ("whatsapp.media (%s)"):format(access.phone_number_id) or "whatsapp.media"
end

---Makes client.media.
---@private
---@param access whatsapp.media.access
---@return whatsapp.media.client
function M.new(access)
  function access.url_of(id, options)
    local url = access.root .. urls.escape(id)
    return options.own and ("%s?phone_number_id=%s"):format(url, urls.escape(access.phone_number_id)) or url
  end
  local made = setmetatable({}, media)
  private[made] = access
  return made
end

return M
