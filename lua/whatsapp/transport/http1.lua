-- HTTP/1.1 as bytes: writes the head of a request, and reads an answer. The bytes of the answer come in pieces from a source,
-- an object of the transport. This file knows no socket and no clock. It accepts no more bytes than its limits allow, and never
-- guesses where an answer ends.
local http1 = {}

local MAX_HEAD = 64 * 1024 -- largest size of an answer's head, including the interim answers before it
local BODILESS = { [204] = true, [304] = true }

-- ---- a request ----------------------------------------------------------------------------------------------------------

-- returns the head without Content-Length and without the empty line
local function written(plan, user_agent)
  local values = plan.headers
  local lines = { ("%s %s HTTP/1.1"):format(plan.method, plan.url.path) }
  if not values.host then lines[#lines + 1] = "Host: " .. plan.url.authority end
  if user_agent and not values["user-agent"] then lines[#lines + 1] = "User-Agent: " .. user_agent end
  if not values.accept then lines[#lines + 1] = "Accept: */*" end
  for _, line in ipairs(plan.lines) do lines[#lines + 1] = line end
  lines[#lines + 1] = ""
  return table.concat(lines, "\r\n")
end

---@param plan whatsapp.checked_request
---@param length integer? length of the body; nil if there is no body
---@param user_agent string? must always be the same for one memory
---@param memory { head: string?, head_url: whatsapp.url?, head_lines: string[]?, head_method: string? }? keeps the last head.
---The head is used again if the method is equal, and URL and lines are the same tables
---@return string head
function http1.head(plan, length, user_agent, memory)
  local first
  if memory and memory.head_url == plan.url and memory.head_lines == plan.lines and memory.head_method == plan.method then
    first = memory.head
  else first = written(plan, user_agent) end
  if memory then
    memory.head, memory.head_url, memory.head_lines, memory.head_method = first, plan.url, plan.lines, plan.method
  end
  if length == nil and plan.method == "POST" then length = 0 end
  if not length then return first .. "\r\n" end
  return ("%sContent-Length: %.0f\r\n\r\n"):format(first, length)
end

-- ---- bytes that have arrived and are not used yet -----------------------------------------------------------------------

-- A reader holds the last piece of bytes. The bytes up to the position `at` are used already. They are cut off only when the
-- next piece comes, because a copy after each line would be slow.
local Reader = {}
Reader.__index = Reader

-- returns the number of bytes that are not used yet
function Reader:size() return #self.piece - self.at end

-- Gets the next piece and appends it to the rest of the last piece. Returns nil and the error if there are no more bytes.
function Reader:more()
  local piece, err = self.source:pull()
  if not piece then return nil, err end
  if self.at < #self.piece then piece = self.piece:sub(self.at + 1) .. piece end
  self.piece, self.at = piece, 0
  return true
end

local TOO_LONG_LINE = "a line of the answer is too long"

-- Returns the next line without its line end. Returns nil and an error if more than `longest` bytes have arrived without a line
-- end.
function Reader:line(longest)
  local from = 1
  while true do
    local found = self.piece:find("\n", self.at + from, true)
    if found then
      local line = self.piece:sub(self.at + 1, found - 1):gsub("\r$", "")
      self.at = found
      if #line > longest then return nil, TOO_LONG_LINE end
      return line
    end
    if self:size() > longest + 1 then return nil, TOO_LONG_LINE end -- + 1: the carriage return
    from = self:size() + 1
    local ok, err = self:more()
    if not ok then return nil, err end
  end
end

-- Passes bytes of the body to the source. Returns true; or nil and an error, for example if the body is longer than the limit.
function Reader:keep(bytes)
  self.left = self.left - #bytes
  if self.left < 0 then return nil, http1.too_long(self.limit) end
  return self.source:write(bytes)
end

-- passes the next `length` bytes to the source, in pieces; returns true, or nil and an error
function Reader:pass(length)
  while length > 0 do
    if self.at == #self.piece then
      local ok, err = self:more()
      if not ok then return nil, err end
    end
    local last = math.min(self.at + length, #self.piece)
    local bytes = self.at == 0 and last == #self.piece and self.piece or self.piece:sub(self.at + 1, last)
    length, self.at = length - (last - self.at), last
    local ok, err = self:keep(bytes)
    if not ok then return nil, err end
  end
  return true
end

-- ---- the head ---------------------------------------------------------------------------------------------------------

local TOO_LONG = ("the answer's headers are longer than %d bytes"):format(MAX_HEAD)

-- Returns the first and the last position of an empty line. Searches for plain strings before it tries a pattern: Lua tries a
-- pattern at each byte, and the JIT compiler does not compile patterns.
local function find_empty_line(piece, from)
  local usual, last = piece:find("\n\r\n", from, true)
  if usual and not piece:find("\n\n", from, true) then return usual, last end
  return piece:find("\n\r?\n", from)
end

-- returns the bytes of a head, up to its empty line
local function read_head(reader)
  local from = 1
  while true do
    local found, last = find_empty_line(reader.piece, reader.at + from)
    if found then
      local head = reader.piece:sub(reader.at + 1, found)
      reader.room = reader.room - (last - reader.at)
      reader.at = last
      if reader.room < 0 then return nil, TOO_LONG end
      return head
    end
    if reader:size() > reader.room then return nil, TOO_LONG end
    if reader:size() >= 5 and reader.piece:sub(reader.at + 1, reader.at + 5) ~= "HTTP/" then
      return nil, "the answer is not HTTP"
    end
    from = math.max(1, reader:size() - 1)
    local ok, err = reader:more()
    if not ok then return nil, err end
  end
end

local TOKEN = "^[0-9A-Za-z!#$%%&'*+%-.^_`|~]+$"

-- Header names that were read before -> the names in lower case; at most MOST_KNOWN names. A server sends the same names in
-- each answer.
local known, known_count, MOST_KNOWN = {}, 0, 256

-- returns the name in lower case; nil if it has a byte that is not allowed
local function name_of(name)
  if not name:find(TOKEN) then return nil end
  local lower = name:lower()
  if known_count < MOST_KNOWN then known[name], known_count = lower, known_count + 1 end
  return lower
end

-- Returns the headers by names in lower case; joins repeated headers. Refuses lines that a proxy could understand differently.
local function headers_with_care(head)
  if head:find("\0", 1, true) then return nil, "the answer's headers contain a NUL" end
  if head:find "\r[^\n]" then return nil, "the answer's headers contain a carriage return within a line" end
  if head:find "\n[ \t]" then
    if head:find "^[^\n]*\n[ \t]" then return nil, "the answer's first header begins with a blank" end
    head = head:gsub("\r?\n[ \t]+", " ")
  end
  local headers = {}
  for name, colon, value in head:gmatch "\n([^:\r\n]*)(:?)[ \t]*([^\r\n]*)" do
    if colon ~= "" then
      local lower = known[name] or name_of(name)
      if not lower then return nil, "the name of a header in the answer has a byte that is not allowed" end
      local last = value:byte(-1)
      if last == 32 or last == 9 then value = value:match "^(.-)[ \t]*$" end
      headers[lower] = headers[lower] and headers[lower] .. ", " .. value or value
    elseif name ~= "" then return nil, "the answer's headers contain a line without a colon" end
  end
  return headers
end

local CR, SPACE, TAB = 13, 32, 9

-- Returns the headers if each header has the usual form, and its name is known; else nil, and headers_with_care() must read
-- them. Saves 30,000 instructions for each answer.
local function usual_headers(head)
  if head:find("\0", 1, true) then return nil end
  local headers, at = {}, head:find("\n", 1, true) + 1
  while at <= #head do
    local ends, colon = head:find("\n", at, true), head:find(":", at, true)
    if not (ends and colon) or colon > ends or head:byte(ends - 1) ~= CR then return nil end
    local name = known[head:sub(at, colon - 1)]
    local first, last = colon + 1, ends - 2
    while head:byte(first) == SPACE do first = first + 1 end
    local value = head:sub(first, last)
    local ending = value:byte(-1)
    if not name or headers[name] or ending == SPACE or ending == TAB or value:byte() == TAB or value:find("\r", 1, true) then
      return nil
    end
    headers[name] = value
    at = ends + 1
  end
  return headers
end

local function headers_of(head)
  local headers = usual_headers(head)
  if headers then return headers end
  return headers_with_care(head)
end

-- Returns the status, the headers, and whether the answer is HTTP/1.1; skips interim answers (1xx). After a failure returns
-- nil, err, and the status if it was read.
local function read_last_head(reader)
  while true do
    local head, err = read_head(reader)
    if not head then return nil, err end
    local minor, status = head:match "^HTTP/1%.([01]) (%d%d%d)[ \r\n]"
    if not status then return nil, "the answer is not HTTP/1.1" end
    local headers
    headers, err = headers_of(head)
    if not headers then return nil, err, tonumber(status) end
    if not status:find "^1" then return tonumber(status), headers, minor == "1" end
  end
end

-- ---- the body ---------------------------------------------------------------------------------------------------------

-- returns the number in a Content-Length, or nil; several equal numbers count as one
local function length_of(value)
  if value:find "^%d+$" then return tonumber(value) end
  local length
  for item in (value .. ","):gmatch "%s*(.-)%s*," do
    if not item:find "^%d+$" or (length and length ~= item) then return nil end
    length = item
  end
  return tonumber(length)
end

local BROKEN = "the answer's chunks are broken"

-- skips the trailer: the lines after the last chunk, up to an empty line
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

-- passes the content of all chunks to the source
local function read_chunks(reader)
  while true do
    local line, err = reader:line(1024)
    if not line then return nil, err end
    local digits = line:match "^(%x+)[ \t]*$" or line:match "^(%x+)[ \t]*;"
    if not digits or #digits > 13 then return nil, BROKEN end
    local size = tonumber(digits, 16)
    if size == 0 then return skip_trailers(reader) end
    local ok
    ok, err = reader:pass(size)
    if not ok then return nil, err end
    line, err = reader:line(2)
    if line ~= "" then return nil, line and BROKEN or err end
  end
end

-- passes all bytes to the source, until the server closes the connection
local function read_to_end(reader)
  local ok, err
  repeat
    ok, err = reader:pass(reader:size())
    if ok then ok, err = reader:more() end
  until not ok
  if err == "closed" then return true end
  return nil, err
end

-- returns how often a Transfer-Encoding names `chunked`, and whether `chunked` is its last coding
local function chunked_in(value)
  local count, last = 0, nil
  for coding in (value:lower() .. ","):gmatch "[ \t]*(.-)[ \t]*," do
    if coding == "chunked" then count = count + 1 end
    if coding ~= "" then last = coding end
  end
  return count, last == "chunked"
end

-- Returns how the body ends, or nil and an error. `kept` is true if the next answer can follow on the same connection.
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
  if not length then return nil, "the answer's Content-Length is not a number" end
  return { length = length, kept = true }
end

local function read_body(reader, frame)
  if frame.chunked then return read_chunks(reader) end
  if frame.to_end then return read_to_end(reader) end
  return reader:pass(frame.length)
end

-- returns whether the server keeps the connection open
local function is_kept(headers, is_1_1)
  local said = headers.connection
  if said == "keep-alive" then return true end
  if not said then return is_1_1 end
  said = said:lower()
  if is_1_1 then return not said:find("close", 1, true) end
  return said:find("keep-alive", 1, true) ~= nil
end

---@param limit integer
---@return string err
function http1.too_long(limit) return ("the answer is longer than %.0f bytes"):format(limit) end

---The source of an answer's bytes. pull() returns the bytes as they arrive; write() gets those bytes that are the body.
---@class whatsapp.http1_source
---@field pull fun(self: whatsapp.http1_source): string?, string? returns the next bytes; at the end nil, "closed"
---@field open fun(self: whatsapp.http1_source, status: integer, length: integer?): integer is called once, before the body;
---returns the largest allowed size of the body
---@field write fun(self: whatsapp.http1_source, bytes: string): true?, string?

---Reads one answer.
---@param source whatsapp.http1_source
---@param method string the method of the request
---@return { status: integer, headers: table<string, string>, kept: boolean }? answer kept: the connection may be used for
---another request
---@return string? err
---@return integer? status with err: the status, if the head arrived
function http1.read(source, method)
  local reader = setmetatable({ source = source, piece = "", at = 0, room = MAX_HEAD, limit = 0, left = 0 }, Reader)
  local status, headers, is_1_1 = read_last_head(reader)
  if not status then return nil, headers, is_1_1 end
  local frame, err = framing(method, status, headers, is_1_1)
  if not frame then return nil, err, status end
  local limit = source:open(status, frame.length)
  reader.limit, reader.left = limit, limit
  if (frame.length or 0) > limit then return nil, http1.too_long(limit), status end
  local ok
  ok, err = read_body(reader, frame)
  if not ok then return nil, err, status end
  return { status = status, headers = headers, kept = frame.kept and reader:size() == 0 and is_kept(headers, is_1_1) }
end

---@param headers table<string, string>
---@param wanted table<string, boolean>? names in lower case; nil: all
---@return table<string, string> headers only the wanted ones
function http1.wanted_of(headers, wanted)
  if not wanted then return headers end
  local left = {}
  for name in pairs(wanted) do left[name] = headers[name] end
  return left
end

return http1
