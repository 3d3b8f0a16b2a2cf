-- HTTP/1.1 as bytes: writes the head of a request, and reads an answer from a function that gives its bytes piece by piece.
-- Knows no socket and no clock; never takes more than it is allowed to, and never guesses where an answer ends.
local http1 = {}

local MAX_HEAD = 64 * 1024 -- bytes of an answer's head, with the interim answers before it
local BODILESS = { [204] = true, [304] = true }

-- ---- a request ----------------------------------------------------------------------------------------------------------

---@param plan whatsapp.checked_request
---@param length integer? of the body; nil if there is no body
---@param user_agent string?
---@return string head
function http1.head(plan, length, user_agent)
  local values = plan.headers
  local lines = { ("%s %s HTTP/1.1"):format(plan.method, plan.url.path) }
  if not values.host then lines[#lines + 1] = "Host: " .. plan.url.authority end
  if user_agent and not values["user-agent"] then lines[#lines + 1] = "User-Agent: " .. user_agent end
  if not values.accept then lines[#lines + 1] = "Accept: */*" end
  for _, line in ipairs(plan.lines) do lines[#lines + 1] = line end
  if length == nil and plan.method == "POST" then length = 0 end
  if length then lines[#lines + 1] = ("Content-Length: %.0f"):format(length) end
  lines[#lines + 1] = "\r\n"
  return table.concat(lines, "\r\n")
end

-- ---- bytes that have come and are not used yet ------------------------------------------------------------------------

-- The piece that came last, used up to `at`. Nothing is cut off its front, so that many lines in a piece cost no more than
-- one.
local Reader = {}
Reader.__index = Reader

-- bytes that are not used
function Reader:size() return #self.piece - self.at end

-- Gets one more piece and puts it behind the rest of the last one. Returns nil and the error if there is no more.
function Reader:more()
  local piece, err = self.pull()
  if not piece then return nil, err end
  if self.at < #self.piece then piece = self.piece:sub(self.at + 1) .. piece end
  self.piece, self.at = piece, 0
  return true
end

-- the bytes up to the end of a line, without it; no more than `longest`
function Reader:line(longest)
  local from = 1
  while true do
    local found = self.piece:find("\n", self.at + from, true)
    if found then
      local line = self.piece:sub(self.at + 1, found - 1)
      self.at = found
      return (line:gsub("\r$", ""))
    end
    if self:size() > longest then return nil, "a line is too long" end
    from = self:size() + 1
    local ok, err = self:more()
    if not ok then return nil, err end
  end
end

-- `length` bytes to the sink, piece by piece
function Reader:pass(length, sink)
  while length > 0 do
    if self.at == #self.piece then
      local ok, err = self:more()
      if not ok then return nil, err end
    end
    local last = math.min(self.at + length, #self.piece)
    local bytes = self.at == 0 and last == #self.piece and self.piece or self.piece:sub(self.at + 1, last)
    length, self.at = length - (last - self.at), last
    local ok, err = sink(bytes)
    if not ok then return nil, err end
  end
  return true
end

-- ---- the head ---------------------------------------------------------------------------------------------------------

local TOO_LONG = ("the answer's headers are longer than %d bytes"):format(MAX_HEAD)

-- the bytes of a head, up to its empty line
local function read_head(reader)
  local from = 1
  while true do
    local found, last = reader.piece:find("\n\r?\n", reader.at + from)
    if found then
      local head = reader.piece:sub(reader.at + 1, found)
      reader.room = reader.room - (last - reader.at)
      reader.at = last
      if reader.room < 0 then return nil, TOO_LONG end
      return head
    end
    if reader:size() > reader.room then return nil, TOO_LONG end
    if reader:size() >= 5 and reader.piece:sub(reader.at + 1, reader.at + 5) ~= "HTTP/" then
      return nil, "what came is no HTTP answer"
    end
    from = math.max(1, reader:size() - 1)
    local ok, err = reader:more()
    if not ok then return nil, err end
  end
end

local TOKEN = "^[0-9A-Za-z!#$%%&'*+%-.^_`|~]+$"

-- Names in lower case, repeated ones joined. What another reader could take for other headers is refused.
local function headers_of(head)
  if head:find("\0", 1, true) then return nil, "the answer's headers hold a NUL" end
  if head:find "\r[^\n]" then return nil, "the answer's headers hold a carriage return within a line" end
  if head:find "\n[ \t]" then
    if head:find "^[^\n]*\n[ \t]" then return nil, "the answer's first header begins with a blank" end
    head = head:gsub("\r?\n[ \t]+", " ")
  end
  local headers = {}
  for line in head:gmatch "\n([^\r\n]+)" do
    local name, value = line:match "^([^:]*):[ \t]*(.-)[ \t]*$"
    if not name then return nil, "the answer's headers hold a line without a colon" end
    if not name:find(TOKEN) then return nil, "a name of the answer's headers holds a byte that it must not" end
    name = name:lower()
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
  end
  return headers
end

-- the status line and the headers of the last answer: interim ones are passed over
local function read_last_head(reader)
  while true do
    local head, err = read_head(reader)
    if not head then return nil, err end
    local minor, status = head:match "^HTTP/1%.([01]) (%d%d%d)[ \r\n]"
    if not status then return nil, "what came is no HTTP/1.1 answer" end
    local headers
    headers, err = headers_of(head)
    if not headers then return nil, err, tonumber(status) end
    if not status:find "^1" then return tonumber(status), headers, minor == "1" end
  end
end

-- ---- the body ---------------------------------------------------------------------------------------------------------

-- a list of the same number is that number
local function length_of(value)
  local length
  for item in (value .. ","):gmatch "%s*(.-)%s*," do
    if not item:find "^%d+$" or (length and length ~= item) then return nil end
    length = item
  end
  return tonumber(length)
end

local BROKEN = "the answer's chunks are broken"

-- what follows the last chunk, up to an empty line
local function skip_trailers(reader)
  local size = 0
  while true do
    local line, err = reader:line(MAX_HEAD)
    if not line then return nil, err end
    if line == "" then return true end
    size = size + #line
    if size > MAX_HEAD then return nil, TOO_LONG end
  end
end

local function read_chunks(reader, sink)
  while true do
    local line, err = reader:line(1024)
    if not line then return nil, err end
    local digits = line:match "^(%x+)[ \t]*$" or line:match "^(%x+)[ \t]*;"
    if not digits or #digits > 13 then return nil, BROKEN end
    local size = tonumber(digits, 16)
    if size == 0 then return skip_trailers(reader) end
    local ok
    ok, err = reader:pass(size, sink)
    if not ok then return nil, err end
    line, err = reader:line(2)
    if line ~= "" then return nil, line and BROKEN or err end
  end
end

local function read_to_end(reader, sink)
  local ok, err
  repeat
    ok, err = reader:pass(reader:size(), sink)
    if ok then ok, err = reader:more() end
  until not ok
  if err == "closed" then return true end
  return nil, err
end

-- how often a coding is named, and whether it is the last one
local function chunked_in(value)
  local count, last = 0, nil
  for coding in (value:lower() .. ","):gmatch "[ \t]*(.-)[ \t]*," do
    if coding == "chunked" then count = count + 1 end
    if coding ~= "" then last = coding end
  end
  return count, last == "chunked"
end

-- returns how the body ends, or nil and the error; kept: the connection may be used again after it
local function framing(method, status, headers, is_1_1)
  if method == "HEAD" or BODILESS[status] then return { length = 0, kept = true } end
  local coding, length = headers["transfer-encoding"], headers["content-length"]
  if coding then
    local count, is_last = chunked_in(coding)
    if count == 0 then return { to_end = true } end
    if count > 1 or not is_last then return nil, "the answer's Transfer-Encoding cannot be read" end
    return { chunked = true, kept = length == nil and is_1_1 }
  end
  if not length then return { to_end = true } end
  length = length_of(length)
  if not length then return nil, "the answer's Content-Length is no number" end
  return { length = length, kept = true }
end

local function read_body(reader, frame, sink)
  if frame.chunked then return read_chunks(reader, sink) end
  if frame.to_end then return read_to_end(reader, sink) end
  return reader:pass(frame.length, sink)
end

local function is_kept(headers, is_1_1)
  local said = (headers.connection or ""):lower()
  if is_1_1 then return not said:find("close", 1, true) end
  return said:find("keep-alive", 1, true) ~= nil
end

---@param limit integer bytes
---@param keep fun(piece: string): true?, string?
---@return fun(piece: string): true?, string? sink
function http1.limited(limit, keep)
  local size = 0
  return function(piece)
    size = size + #piece
    if size > limit then return nil, http1.too_long(limit) end
    return keep(piece)
  end
end

---@param limit integer
---@return string err
function http1.too_long(limit) return ("the answer is longer than %.0f bytes"):format(limit) end

---Reads one answer. At the end of the connection, pull gives nil and "closed".
---@param pull fun(): string?, string? returns the next bytes, or nil and the error
---@param method string of the request
---@param open fun(status: integer, length: integer?): (fun(piece: string): true?, string?), integer where the body goes, and
---its limit
---@return { status: integer, headers: table<string, string>, kept: boolean }? answer kept: the connection may be used again
---@return string? err
---@return integer? status if the head came
function http1.read(pull, method, open)
  local reader = setmetatable({ pull = pull, piece = "", at = 0, room = MAX_HEAD }, Reader)
  local status, headers, is_1_1 = read_last_head(reader)
  if not status then return nil, headers, is_1_1 end
  local frame, err = framing(method, status, headers, is_1_1)
  if not frame then return nil, err, status end
  local keep, limit = open(status, frame.length)
  if (frame.length or 0) > limit then return nil, http1.too_long(limit), status end
  local ok
  ok, err = read_body(reader, frame, http1.limited(limit, keep))
  if not ok then return nil, err, status end
  return { status = status, headers = headers, kept = frame.kept and reader:size() == 0 and is_kept(headers, is_1_1) }
end

return http1
