-- The endpoints of the sandbox for files: upload, look-up, download and deletion of a file, and the upload of a template sample
-- in several parts. A look-up returns a URL that expires. The endpoints answer as the API does. The bytes of the files are in
-- memory, in bounded lists; nothing is written to a disk.
local crypto = require "whatsapp.crypto"
local digest = require "whatsapp.util.sha256"
local files = require "whatsapp.util.file"
local graph = require "whatsapp.sandbox.graph"
local kind = require "whatsapp.media.kinds"
local multipart = require "whatsapp.sandbox.multipart"

local answer, header, refuse, query_of = graph.answer, graph.header, graph.refuse, graph.query

local media = {}

media.URL_LIFE = 300 -- seconds
local LIFE, INBOUND_LIFE = 30 * 86400, 7 * 86400 -- seconds for which the API keeps a file of the business, and a file of a user
local ATTACHMENTS = "/whatsapp_business/attachments/"

-- returns the bytes of a file after an offset, "" if there is no file; nil and an error if it cannot be read
local function read_file(path, offset)
  local file = io.open(path, "rb")
  if not file then return "" end
  file:seek("set", offset or 0)
  local text, err = files.all(file, kind.MAX_INCOMING)
  file:close()
  return text, err
end

-- ---- uploads ------------------------------------------------------------------------------------------------------------

-- Returns the fields of a form: name -> { data, type, filename }. The form is in the bytes of the body; or, from box.transport,
-- in request.form. If the body is not a form, returns nil and an error.
local function fields_of(request)
  local list, err = request.form
  if not list then
    local boundary = multipart.boundary(header(request, "content-type"))
    if not boundary then return nil, "the body is not a form" end
    list, err = multipart.parse(request.body or "", boundary)
    if not list then return nil, err end
  end
  local fields = {}
  for _, part in ipairs(list) do
    local data = part.data
    if not data then data, err = read_file(part.file) end
    if not data then return nil, ("%s: %s"):format(part.name, err) end
    fields[part.name] = { data = data, type = part.type, filename = part.filename }
  end
  return fields
end

local function data_of(field) return field and field.data end

-- returns whether the API takes files of a MIME type
local function is_taken(type)
  local name = kind.of_type(type)
  local row = kind.ROWS[name or ""]
  return row ~= nil and row.as ~= nil
end

local function limit_of(type)
  local as = kind.ROWS[kind.of_type(type)].as
  return as == "sticker" and kind.MAX_STICKER.animated or kind.MAX[as]
end

-- returns the id of a new file or upload
local function new_number(box)
  local kept = box.media
  kept.count = kept.count + 1
  return ("%d%06d"):format(kept.first_id, kept.count)
end

-- keeps a file for some seconds, and records an event
local function put(box, file, life)
  file.id, file.expires = new_number(box), box.clock:now() + life
  file.secret = ("%08x"):format(math.floor(box.draw() * 2 ^ 31))
  box.shelves.media:put(file, #file.data)
  box:tell { kind = "media", id = file.id, mime_type = file.type, bytes = #file.data, user = file.from, number = file.number }
end

-- keeps an uploaded file, unless the file is empty or too large; returns the response
local function keep(box, file)
  local bytes, kept = #file.data, box.shelves.media
  local limit = math.min(limit_of(file.type), kept.max_bytes)
  if bytes == 0 or bytes > limit then
    return refuse("Media upload error", 131053, ("The file has %d bytes, at most %d are taken"):format(bytes, limit))
  end
  put(box, file, LIFE)
  return answer(200, { id = file.id })
end

---Keeps a file that a user sends.
---@param box whatsapp.sandbox
---@param file { data: string, type: string, filename: string?, from: string }
---@return table? object the object of a message: { id, mime_type, sha256 }; nil: the file is too large for the box
function media.keep_inbound(box, file)
  if not box.shelves.media:fits(#file.data) then return nil end
  put(box, file, INBOUND_LIFE)
  local sum = digest.new()
  sum:update(file.data)
  return { id = file.id, mime_type = file.type, sha256 = crypto.base64(sum:final "binary") }
end

---The endpoint that uploads a file.
---@return table response
function media.post(box, request, number)
  local fields, problem = fields_of(request)
  if not fields then return refuse("Invalid parameter", 100, problem) end
  if data_of(fields.messaging_product) ~= "whatsapp" and not request.url:find("messaging_product=whatsapp", 1, true) then
    return refuse("The parameter messaging_product is required.", 100)
  end
  local file = fields.file
  if not file then return refuse("The parameter file is required.", 100) end
  local type = file.type or data_of(fields.type) or "application/octet-stream"
  if not is_taken(type) then
    return refuse(("Param file must be a file with one of the following types: %s. Received file of type '%s'.")
      :format(table.concat(kind.taken(), ", "), kind.bare(type)), 100)
  end
  return keep(box, { data = file.data, type = type, filename = file.filename, number = number })
end

-- ---- look-ups and downloads ---------------------------------------------------------------------------------------------

local function sha256(file)
  local sum = digest.new()
  sum:update(file.data)
  return sum:final()
end

-- returns the file with an id, if it has not expired, and if it belongs to the number that the query may name
local function found(box, request, id)
  local file = box.media[id]
  local number = query_of(request).phone_number_id
  local is_kept = file and type(file) == "table" and box.clock:now() < file.expires
  if is_kept and (number == nil or file.number == nil or number == file.number) then return file end
end

local function url_of(file, origin, expires)
  return ("%s%s?mid=%s&ext=%d&hash=%s"):format(origin, ATTACHMENTS, file.id, expires, file.secret)
end

---The endpoint that looks a file up: returns its type, size and checksum, and a URL for the download.
---@return table? response nil: there is no such file
function media.get(box, request, id)
  local file = found(box, request, id)
  if not file then return nil end
  local expires = box.clock:now() + box.url_life
  local origin = request.origin or "https://lookaside.fbsbx.com"
  return answer(200, {
    messaging_product = "whatsapp", id = id, mime_type = file.type, sha256 = sha256(file), file_size = tostring(#file.data),
    url = url_of(file, origin, expires),
  })
end

---The endpoint that deletes a file.
---@return table? response nil: there is no such file
function media.delete(box, request, id)
  local file = found(box, request, id)
  if not file then return nil end
  box.shelves.media:remove(file)
  return answer(200, { success = true })
end

local function page(status, text)
  return { status = status, headers = { ["content-type"] = "text/html; charset=utf-8" }, body = "<html>" .. text .. "</html>" }
end

-- returns the response with a range of a file; nil: the header Range has a form that the API ignores
local function part_of(file, range)
  local first, last = range:match "^bytes=(%d+)%-(%d*)$"
  if not first then return nil end
  first, last = tonumber(first), tonumber(last) or #file.data - 1
  last = math.min(last, #file.data - 1)
  if first > last then
    return { status = 416, headers = { ["content-range"] = ("bytes */%d"):format(#file.data) }, body = "" }
  end
  return {
    status = 206, body = file.data:sub(first + 1, last + 1),
    headers = { ["content-type"] = file.type, ["content-range"] = ("bytes %d-%d/%d"):format(first, last, #file.data) },
  }
end

-- Answers a download. As the API does, refuses a request without a User-Agent such as "name/1.0", with a page of HTML.
function media.download(box, request)
  local agent, query = header(request, "user-agent"), query_of(request)
  if not agent or not agent:find "^[%w_-]+/%d+%.%d+" then return page(403, "who asks?") end
  local file = box.media[query.mid or ""]
  local expires = tonumber(query.ext)
  local is_kept = type(file) == "table" and expires and box.clock:now() < math.min(expires, file.expires)
  if not (is_kept and file.secret == query.hash) then return page(404, "not found") end
  local range = header(request, "range")
  return range and part_of(file, range)
    or { status = 200, headers = { ["content-type"] = file.type, ["accept-ranges"] = "bytes" }, body = file.data }
end

---@param path string
---@return boolean is_download whether the path is the path of downloads
function media.is_download(path) return path == ATTACHMENTS end

-- ---- samples of templates -----------------------------------------------------------------------------------------------

---The endpoint that begins the upload of a template sample.
---@return table response
function media.begin(box, request)
  local query = query_of(request)
  local length, name = graph.whole(query.file_length), kind.of_type(query.file_type or "")
  if not length or length < 1 then return refuse("The parameter file_length is required.", 100) end
  if not kind.SAMPLES[name or ""] then return refuse("Invalid parameter", 100, "file_type is not a type of samples") end
  if not box.shelves.uploads:fits(length) then return refuse("Invalid parameter", 100, "file_length is too large") end
  local id = ("upload:%s?sig=sandbox"):format(new_number(box))
  box.shelves.uploads:put({ id = id, length = length, data = "", type = query.file_type, filename = query.file_name }, 0)
  return answer(200, { id = id })
end

-- Returns the upload that a request names, and its id. The id is the end of the URL; after it, the client may have added
-- appsecret_proof.
local function session_of(box, request)
  local id = request.url:match "/(upload:[^/]+)$"
  id = id and id:gsub("[?&]appsecret_proof=%x+$", "")
  return box.sessions[id or ""], id
end

---The endpoint that returns how many bytes of a sample were uploaded.
---@return table? response nil: there is no such upload
function media.progress_of(box, request)
  local session, id = session_of(box, request)
  if not session then return nil end
  return answer(200, { id = id, file_offset = #session.data })
end

---The endpoint that uploads the next part of a sample. The answer to the last part has the handle of the sample.
---@return table? response nil: there is no such upload
function media.continue(box, request)
  local session, id = session_of(box, request)
  if not session then return nil end
  if graph.whole(header(request, "file_offset")) ~= #session.data then
    return refuse("Invalid parameter", 100, "file_offset is not the number of bytes that were uploaded")
  end
  local part, problem = request.body or "", nil
  if request.body_file then part, problem = read_file(request.body_file, request.body_offset) end
  if not part then return refuse("Invalid parameter", 100, problem) end
  local bytes = #session.data + #part
  if bytes > session.length then return refuse("Invalid parameter", 100, "The upload is longer than file_length") end
  session.data = session.data .. part
  box.shelves.uploads:change(session, bytes)
  if bytes < session.length then return answer(200, { id = id, file_offset = bytes }) end
  return answer(200, { h = "4::" .. sha256(session):sub(1, 32) })
end

---@return table files the empty list of files of a new box; `count` and `first_id` make the ids
function media.none()
  return { count = 0, first_id = 1001 }
end

return media
