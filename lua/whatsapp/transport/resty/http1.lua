-- HTTP/1.1 as bytes: writes the head of a request, and reads an answer from whoever gives its bytes piece by piece. Knows
-- no socket and no clock; never takes more than it is allowed to.
local http1 = {}

local MAX_HEAD = 64 * 1024 -- of an answer, with whatever came before it
local BODILESS = { [204] = true, [304] = true }

-- ---- a request ----------------------------------------------------------------------------------------------------------

---@param plan whatsapp.checked_request
---@param length integer? of the body; nil: there is none
---@param user_agent string?
---@return string head
function http1.head(plan, length, user_agent)
  local given = plan.given
  local lines = { ("%s %s HTTP/1.1"):format(plan.method, plan.url.path) }
  if not given.host then lines[#lines + 1] = "Host: " .. plan.url.authority end
  if user_agent and not given["user-agent"] then lines[#lines + 1] = "User-Agent: " .. user_agent end
  if not given.accept then lines[#lines + 1] = "Accept: */*" end
  for _, line in ipairs(plan.lines) do lines[#lines + 1] = line end
  if length == nil and plan.method == "POST" then length = 0 end
  if length then lines[#lines + 1] = ("Content-Length: %.0f"):format(length) end
  lines[#lines + 1] = "\r\n"
  return table.concat(lines, "\r\n")
end

-- ---- what was read and not yet used -----------------------------------------------------------------------------------

local Reader = {}
Reader.__index = Reader

-- one more piece; nil: there is none, and why
function Reader:more()
  local piece, problem = self.pull()
  if not piece then return nil, problem end
  self.left = self.left .. piece
  return true
end

-- what comes up to the end of a line, without it; no longer than that
function Reader:line(longest)
  local from = 1
  while true do
    local at = self.left:find("\n", from, true)
    if at then
      local line = self.left:sub(1, at - 1)
      self.left = self.left:sub(at + 1)
      return (line:gsub("\r$", ""))
    end
    if #self.left > longest then return nil, "a line is too long" end
    from = #self.left + 1
    local ok, problem = self:more()
    if not ok then return nil, problem end
  end
end

-- `length` bytes to the sink, piece by piece
function Reader:pass(length, sink)
  while length > 0 do
    if self.left == "" then
      local ok, problem = self:more()
      if not ok then return nil, problem end
    end
    local piece = self.left
    if #piece > length then piece, self.left = piece:sub(1, length), piece:sub(length + 1)
    else self.left = "" end
    length = length - #piece
    local ok, problem = sink(piece)
    if not ok then return nil, problem end
  end
  return true
end

-- ---- the head ---------------------------------------------------------------------------------------------------------

local TOO_LONG = ("the answer's headers are longer than %d bytes"):format(MAX_HEAD)

-- a head as it stands, up to its empty line
local function read_head(reader)
  local from = 1
  while true do
    local at, to = reader.left:find("\n\r?\n", from)
    if at then
      local head = reader.left:sub(1, at)
      reader.left, reader.room = reader.left:sub(to + 1), reader.room - to
      if reader.room < 0 then return nil, TOO_LONG end
      return head
    end
    if #reader.left > reader.room then return nil, TOO_LONG end
    if #reader.left >= 5 and reader.left:sub(1, 5) ~= "HTTP/" then return nil, "what came is no HTTP answer" end
    from = math.max(1, #reader.left - 1)
    local ok, problem = reader:more()
    if not ok then return nil, problem end
  end
end

-- names in lower case, repeated ones joined; what comes without a colon says nothing
local function headers_of(head)
  local headers = {}
  for name, value in head:gsub("\r?\n[ \t]+", " "):gmatch "\n([^:\n]+):[ \t]*([^\n]*)" do
    name, value = name:lower(), value:gsub("[ \t\r]+$", "")
    headers[name] = headers[name] and headers[name] .. ", " .. value or value
  end
  return headers
end

-- the status line and the headers of the last answer: interim ones are passed over
local function read_last_head(reader)
  while true do
    local head, problem = read_head(reader)
    if not head then return nil, problem end
    local minor, status = head:match "^HTTP/1%.([01]) (%d%d%d)[ \r\n]"
    if not status then return nil, "what came is no HTTP/1.1 answer" end
    if not status:find "^1" then return tonumber(status), headers_of(head), minor == "1" end
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

local function read_chunks(reader, sink)
  while true do
    local line, problem = reader:line(1024)
    if not line then return nil, problem end
    local digits = line:match "^(%x+)[ \t]*$" or line:match "^(%x+)[ \t]*;"
    if not digits or #digits > 13 then return nil, BROKEN end
    local size = tonumber(digits, 16)
    if size == 0 then break end
    local ok
    ok, problem = reader:pass(size, sink)
    if not ok then return nil, problem end
    line, problem = reader:line(2)
    if line ~= "" then return nil, line and BROKEN or problem end
  end
  local trailers = 0
  while true do
    local line, problem = reader:line(MAX_HEAD)
    if not line then return nil, problem end
    if line == "" then return true end
    trailers = trailers + #line
    if trailers > MAX_HEAD then return nil, TOO_LONG end
  end
end

local function read_to_end(reader, sink)
  local ok, problem
  repeat
    ok, problem = reader:pass(#reader.left, sink)
    if ok then ok, problem = reader:more() end
  until not ok
  if problem == "closed" then return true end
  return nil, problem
end

-- how the body ends: nil, or what is wrong; true where the connection may be used again after it
local function framing(method, status, headers)
  if method == "HEAD" or BODILESS[status] then return { length = 0, kept = true } end
  local coding, length = headers["transfer-encoding"], headers["content-length"]
  if coding then
    if not coding:lower():find "chunked%s*$" then return { to_end = true } end
    return { chunked = true, kept = length == nil }
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
---@return string problem
function http1.too_long(limit) return ("the answer is longer than %.0f bytes"):format(limit) end

---Reads one answer. Where the connection ends is told by pull: nil and "closed".
---@param pull fun(): string?, string? the next bytes; nil and why there are none
---@param method string of the request
---@param open fun(status: integer, length: integer?): (fun(piece: string): true?, string?), integer where the body goes, and
---its limit
---@return { status: integer, headers: table<string, string>, kept: boolean }? answer kept: the connection may be used again
---@return string? problem
---@return integer? status where the head came
function http1.read(pull, method, open)
  local reader = setmetatable({ pull = pull, left = "", room = MAX_HEAD }, Reader)
  local status, headers, is_1_1 = read_last_head(reader)
  if not status then return nil, headers end
  local frame, problem = framing(method, status, headers)
  if not frame then return nil, problem, status end
  local keep, limit = open(status, frame.length)
  if (frame.length or 0) > limit then return nil, http1.too_long(limit), status end
  local ok
  ok, problem = read_body(reader, frame, http1.limited(limit, keep))
  if not ok then return nil, problem, status end
  return { status = status, headers = headers, kept = frame.kept and reader.left == "" and is_kept(headers, is_1_1) }
end

return http1
