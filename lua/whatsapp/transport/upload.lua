-- For transports written in Lua: reads the files and forms that a request sends, and makes the file for its answer. The error
-- texts are the same as in whatsapp.curl. read() checks the request; open() opens all files (with resty/file) before the
-- request is sent. The bytes are read in pieces: a whole file is never in memory.
local outcome = require "whatsapp.wire.outcome"
local values = require "whatsapp.util.values"

local stream = {}

local MAX_PARTS, MAX_FILE = 100, 100 * 1024 * 1024

-- ---- refusals -----------------------------------------------------------------------------------------------------------

local function refused(err, field, rule)
  if not field then return outcome.invalid(err) end
  return outcome.invalid(field .. ": " .. err, { { path = field, rule = rule or "type", message = err } })
end

-- shows the path only if the path has no control characters
local function unusable(field, path, err)
  return refused(path:find "[^\t%C]" and err or ("%s: %s"):format(path, err), field, "file")
end

local function is_text(value) return type(value) == "string" and not value:find("\0", 1, true) end
local function is_bytes(value) return type(value) == "number" and value >= 0 and value % 1 == 0 and value <= 2 ^ 53 end

-- ---- a form -------------------------------------------------------------------------------------------------------------

-- returns an error if a part of a form is wrong
local function check_part(part)
  if type(part) ~= "table" then return "must be a table" end
  if not is_text(part.name) then return "needs a name, a string without NUL" end
  if part.filename ~= nil and not is_text(part.filename) then return "filename must be a string without NUL" end
  if part.type ~= nil and not is_text(part.type) then return "type must be a string without NUL" end
  if part.type and (part.type == "" or part.type:find "[^\t%C]") then
    return "type must be a MIME type, without control characters"
  end
  if part.file ~= nil and not is_text(part.file) then return "file must be a path, a string without NUL" end
  if (part.data ~= nil) == (part.file ~= nil) or (part.data ~= nil and type(part.data) ~= "string") then
    return "needs either data, a string, or file, a path"
  end
  if part.file and not (part.filename and part.type) then return "a file needs a filename and a type" end
end

-- escapes a name as browsers do: else a quote or a line end in the name would end the header
local ESCAPES = { ['"'] = "%22", ["\r"] = "%0D", ["\n"] = "%0A" }
local function escaped(name) return (name:gsub('["\r\n]', ESCAPES)) end

-- returns the header lines of a part, with the empty line after them
local function head_of(part)
  local lines = { ('Content-Disposition: form-data; name="%s"'):format(escaped(part.name)) }
  if part.filename then lines[1] = ('%s; filename="%s"'):format(lines[1], escaped(part.filename)) end
  local kind = part.type or part.filename and "application/octet-stream"
  if kind then lines[2] = "Content-Type: " .. kind end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- Returns the pieces of a form and its Content-Type. A piece is { text =, counts = } or { file =, from =, field = }. `counts`
-- is true if the bytes of the text count for the progress function, as the bytes of files do.
local function pieces_of_form(form)
  if not values.is_list(form) then return refused "form must be a list of parts" end
  if #form > MAX_PARTS then return refused "form has more than 100 parts" end
  local boundary = ("-"):rep(24) .. require("whatsapp.util.random_id").new()
  local pieces = {}
  for i, part in ipairs(form) do
    local err = check_part(part)
    if err then return refused(err, ("form[%d]"):format(i)) end
    pieces[#pieces + 1] = { text = ("%s--%s\r\n%s"):format(i > 1 and "\r\n" or "", boundary, head_of(part)) }
    pieces[#pieces + 1] = part.file and { file = part.file, from = 0, field = ("form[%d].file"):format(i) }
      or { text = part.data, counts = true }
  end
  pieces[#pieces + 1] = { text = ("\r\n--%s--\r\n"):format(boundary) }
  return pieces, "multipart/form-data; boundary=" .. boundary
end

local function pieces_of_file(request)
  if type(request.body_file) ~= "string" then return refused "body_file must be a path, a string" end
  if not is_text(request.body_file) then return refused "body_file contains a NUL" end
  local from = request.body_offset
  if from ~= nil and not is_bytes(from) then return refused "body_offset must be a number of bytes" end
  return { { file = request.body_file, from = from or 0, field = "body_file" } }
end

-- ---- uploads -------------------------------------------------------------------------------------------------------------

---@class whatsapp.upload
local Upload = {}
Upload.__index = Upload

-- opens the files of the pieces, and adds up their sizes
local function open_pieces(self)
  for _, piece in ipairs(self.pieces) do
    if piece.file then
      local err
      piece.source, err = require("whatsapp.transport.resty.file").open(piece.file, piece.from)
      if not piece.source then
        self:close()
        return unusable(piece.field, piece.file, err)
      end
    end
    local size = piece.source and piece.source.size or #piece.text
    self.size = self.size + size
    if piece.source or piece.counts then self.total = self.total + size end
  end
  self.left = self.size
  return self
end

---Returns the next bytes. After the call, `left` is the number of bytes that are not read yet.
---@return string? bytes nil at the end, or with err
---@return string? err
function Upload:read()
  local piece = self.pieces[self.at]
  if not piece then return nil end
  local bytes, err = piece.text, nil
  if piece.source then bytes, err = piece.source:read() end
  if err then return nil, err end
  if bytes then
    self.left = self.left - #bytes
    if piece.source or piece.counts then self.moved = self.moved + #bytes end
  end
  if not bytes or piece.text then
    self.at = self.at + 1
    if not bytes then return self:read() end
  end
  return bytes
end

function Upload:close()
  for _, piece in ipairs(self.pieces) do
    if piece.source then piece.source:close() end
  end
end

---@class whatsapp.streams
---@field pieces { text: string?, file: string?, from: integer?, field: string?, counts: boolean? }[]?
---@field type string? the Content-Type of a form
---@field path string? the path of the file for the answer
---@field limit integer? the largest size of the answer in bytes

---@class whatsapp.opened_streams
---@field upload whatsapp.upload? reads the body of the request: `read` returns its next bytes, `close` closes its files
---@field target whatsapp.answer_file? the new file for the answer
---@field limit integer? the largest size of the answer in bytes

---Checks the files and the form of a request. Opens no file.
---@param request whatsapp.request
---@return whatsapp.streams|false|nil streams false: the request has no files and no form
---@return string? err
---@return whatsapp.details? details
function stream.read(request)
  if request.body_file == nil and request.form == nil and request.to_file == nil then return false end
  local streams, pieces, kind, details = {}, nil, nil, nil
  if request.to_file ~= nil then
    if type(request.to_file) ~= "string" then return refused "to_file must be a path, a string" end
    if not is_text(request.to_file) then return refused "to_file contains a NUL" end
    if request.max_file ~= nil and not is_bytes(request.max_file) then return refused "max_file must be a number of bytes" end
    streams.path, streams.limit = request.to_file, request.max_file or MAX_FILE
  end
  if request.body_file ~= nil then pieces, kind, details = pieces_of_file(request)
  elseif request.form ~= nil then pieces, kind, details = pieces_of_form(request.form) end
  if details then return nil, kind, details end
  streams.pieces, streams.type = pieces, kind
  return streams
end

---Opens the files that are sent, and makes the file for the answer.
---@param streams whatsapp.streams
---@return whatsapp.opened_streams? opened
---@return string? err
---@return whatsapp.details? details
function stream.open(streams)
  local opened = {}
  if streams.pieces then
    local closed = setmetatable({ pieces = streams.pieces, at = 1, size = 0, total = 0, moved = 0 }, Upload)
    local upload, err, details = open_pieces(closed)
    if not upload then return nil, err, details end
    opened.upload = upload
  end
  if streams.path then
    local err
    opened.target, err = require("whatsapp.transport.resty.file").make(streams.path)
    if not opened.target then
      if opened.upload then opened.upload:close() end
      return unusable("to_file", streams.path, err)
    end
    opened.limit = streams.limit
  end
  return opened
end

return stream
