-- Files for a transport that does not stream. inlined() puts the files of a request into its `body`. saved() writes the body of
-- a response to the file that the request names. Both bodies have a largest size. Never sends; never overwrites a file.
local outcome = require "whatsapp.wire.outcome"
local show = require "whatsapp.util.show"
local source = require "whatsapp.media.file"
local stream = require "whatsapp.transport.upload"
local values = require "whatsapp.util.values"

local body = {}

---The largest body in bytes: room for the largest file that the API takes (100 MiB), and for the form around the file.
body.MOST = 101 * 1024 * 1024

local PIECE, MAX_FILE = 65536, 100 * 1024 * 1024

local function refused(field, err)
  local line = ("%s: %s"):format(field, err)
  return outcome.invalid(line, { { path = field, rule = "file", message = line } })
end

-- adds the bytes of a file to the list, from an offset on; returns the new size of the body, or nil, err, details
local function add_file(list, size, piece)
  local opened, err = source.open { path = piece.file, filename = "" }
  if not opened then return refused(piece.field, err) end
  local offset, rest = piece.from, math.max(0, opened.size - piece.from)
  if size + rest > body.MOST then
    opened.close()
    return refused(piece.field, ("a transport that does not stream cannot take %.0f bytes"):format(rest))
  end
  while offset < opened.size do
    local bytes = opened.at(offset, PIECE)
    if bytes == "" then break end
    list[#list + 1], offset = bytes, offset + #bytes
  end
  opened.close()
  if offset < opened.size then return refused(piece.field, "the file cannot be read to its end") end
  return size + rest
end

-- returns a copy of the headers with this Content-Type
local function with_type(headers, type)
  local made = {}
  for name, value in pairs(headers or {}) do
    if name:lower() ~= "content-type" then made[name] = value end
  end
  made["Content-Type"] = type
  return made
end

---Puts the files and forms of a request into its body.
---@param request whatsapp.request
---@return whatsapp.request? request the same table if it has no body_file and no form; else a copy with `body` in place of
---these two
---@return string? err
---@return whatsapp.details? details
function body.inlined(request)
  if request.body_file == nil and request.form == nil then return request end
  local streams, err, details = stream.read(request)
  if not streams then return nil, err, details end
  local list, size = {}, 0
  for _, piece in ipairs(streams.pieces) do
    if piece.text then
      list[#list + 1], size = piece.text, size + #piece.text
    else
      size, err, details = add_file(list, size, piece)
      if not size then return nil, err, details end
    end
    if size > body.MOST then return refused("form", ("more than %.0f bytes"):format(body.MOST)) end
  end
  local made = values.copy(request)
  made.body, made.body_file, made.body_offset, made.form = table.concat(list), nil, nil, nil
  if streams.type then made.headers = with_type(request.headers, streams.type) end
  return made
end

-- makes a new file with these bytes; returns true, or nil, err
local function write(path, bytes)
  local created, err = source.create(path)
  if not created then return nil, err end
  local file
  file, err = io.open(path, "wb")
  if not file then return nil, err end
  local ok, unwritten = file:write(bytes)
  local closed, unclosed = file:close()
  if ok and closed then return true end
  os.remove(path)
  return nil, unwritten or unclosed
end

---Writes the body of a response to the file that its request names. Calls the progress function at most once.
---@param request whatsapp.request as body.inlined returned it
---@param response whatsapp.response
---@return whatsapp.response? response with `size` in place of `body` if the body was written; else the same table
---@return string? err
---@return whatsapp.details? details
function body.saved(request, response)
  local status, bytes = tonumber(response.status), response.body
  local to_file = request.to_file ~= nil and response.size == nil and type(bytes) == "string" and status and status >= 200
    and status < 300
  local moved = to_file and bytes or request.body
  if to_file then
    local most = request.max_file or MAX_FILE
    if #bytes > most then
      return nil, ("the response is longer than %.0f bytes"):format(most),
        { kind = "transport", retryable = false, may_have_been_sent = true, http_status = status }
    end
    local ok, err = write(request.to_file, bytes)
    if not ok then return refused("to_file", show.value(err)) end
    response = { status = response.status, headers = response.headers, size = #bytes }
  end
  if not request.progress or type(moved) ~= "string" then return response end
  return require("whatsapp.transport.progress").once(request.progress, #moved, response)
end

return body
