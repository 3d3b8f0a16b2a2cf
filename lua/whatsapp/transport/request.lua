-- Checks a request before a transport written in Lua sends it. The error texts are the same as in whatsapp.curl. Never sends
-- anything. No error contains a value of the request, because it may be a secret.
local url = require "whatsapp.util.url"

local checked = {}

local MAX_HEADERS, LONGEST = 64 * 1024, 86400 -- bytes, seconds
local IDEMPOTENT = { GET = true, HEAD = true, DELETE = true }
local OURS = { ["content-length"] = true, ["transfer-encoding"] = true }

local function is_token(value) return type(value) == "string" and value:find "^[0-9A-Za-z!#$%%&'*+%-.^_`|~]+$" ~= nil end

-- ---- the URL ----------------------------------------------------------------------------------------------------------

---@param text any
---@param allow_http boolean?
---@return whatsapp.url? read
---@return string? err
function checked.url(text, allow_http)
  local read, err = url.read(text)
  if read and not (read.secure or allow_http) then
    return nil, "plain http is only for loopback, or with allow_http = true"
  end
  return read, err
end

-- ---- the headers --------------------------------------------------------------------------------------------------------

---@param headers any
---@return string[]? lines
---@return table<string, string>|string values by lower-case name; a string: the error
function checked.headers(headers)
  local lines, values, size = {}, {}, 0
  if headers == nil then return lines, values end
  if type(headers) ~= "table" then return nil, "headers must be strings by name" end
  for name, value in pairs(headers) do
    if type(name) ~= "string" or type(value) ~= "string" then return nil, "headers must be strings by name" end
    if not is_token(name) then return nil, "a header's name has a byte that is not allowed" end
    if value:find "[^\t%C]" then return nil, "a header's value has a line end or another control character" end
    local lower = name:lower()
    if OURS[lower] then return nil, "the transport sets Content-Length and Transfer-Encoding: remove them" end
    lines[#lines + 1] = name .. (value == "" and ":" or ": " .. value)
    values[lower], size = value, size + #lines[#lines] + 1
  end
  if size > MAX_HEADERS then return nil, "the headers are longer than 64 KiB" end
  return lines, values
end

-- ---- the request ------------------------------------------------------------------------------------------------------------

---Raises if a request is not a table, or its time-out is not a number of seconds.
---@param request any
---@param level integer the stack level of the caller to blame, as for error()
function checked.is_request(request, level)
  if type(request) ~= "table" then error("the request must be a table, not a " .. type(request), level + 1) end
  local timeout = request.timeout
  if timeout ~= nil and not (type(timeout) == "number" and timeout > 0 and timeout <= LONGEST) then
    error("timeout must be a number of seconds, over 0 and up to 86400", level + 1)
  end
end

---Raises if a request has two bodies, or a progress that is not a function.
---@param request table
---@param level integer the stack level of the caller to blame, as for error()
function checked.check_streams(request, level)
  local body_file, form = request.body_file ~= nil, request.form ~= nil
  if (body_file and form) or ((body_file or form) and request.body ~= nil) then
    error("a request has one of body, body_file and form", level + 1)
  end
  local kind = type(request.progress)
  if kind ~= "nil" and kind ~= "function" then error("progress must be a function, not a " .. kind, level + 1) end
end

---Raises if a transport written in Lua cannot begin a request: the transport is closed, or the request is used wrongly.
---@param state { closed: boolean } the state of the transport
---@param request any
---@param level integer the stack level of the caller to blame, as for error()
function checked.check_call(state, request, level)
  if state.closed then error("attempt to use a closed transport", level + 1) end
  checked.is_request(request, level + 1)
  checked.check_streams(request, level + 1)
end

---Raises if the slot is nil: wait() returns nothing if no answer came, so a slot must not be nil.
---@param slot any
---@param level integer the stack level of the caller to blame, as for error()
function checked.check_slot(slot, level)
  if slot == nil then error("start needs a slot, which wait() returns with the answer", level + 1) end
end

---@class whatsapp.checked_request
---@field method string
---@field url whatsapp.url
---@field lines string[] the headers as lines
---@field headers table<string, string> the same headers by lower-case name
---@field body string?
---@field idempotent boolean

-- returns whether the headers are equal to the copy of the headers that were checked last
local function are_same(headers, last)
  if type(headers) ~= "table" or not last then return false end
  local count = 0
  for name, value in pairs(headers) do
    if last[name] ~= value then return false end
    count = count + 1
  end
  return count == last.count
end

-- returns the same as checked.headers(); equal headers are not checked again
local function check_headers(headers, memory)
  if are_same(headers, memory.headers) then return memory.lines, memory.values end
  local lines, values = checked.headers(headers)
  if not lines or type(headers) ~= "table" then return lines, values end
  local copy, count = {}, 0
  for name, value in pairs(headers) do copy[name], count = value, count + 1 end
  if copy.count then return lines, values end -- a header has the name "count": do not keep the copy
  copy.count = count
  memory.headers, memory.lines, memory.values = copy, lines, values
  return lines, values
end

local function check_url(text, allow_http, memory)
  if text == memory.url_text then return memory.url end
  local read, err = checked.url(text, allow_http)
  if read then memory.url_text, memory.url = text, read end
  return read, err
end

---@param request table
---@param allow_http boolean? must always be the same for one memory
---@param memory table? keeps the URL and the headers that were checked last: most requests of a transport have the same ones,
---and are not checked again
---@return whatsapp.checked_request? plan the checked request; the caller must not change its lines and headers
---@return string? err
function checked.request(request, allow_http, memory)
  memory = memory or {}
  local lines, values = check_headers(request.headers, memory)
  if not lines then return nil, values end
  if request.method ~= memory.method then
    if not is_token(request.method) then return nil, "the method must be a word such as GET or POST" end
    memory.method = request.method
  end
  local read, err = check_url(request.url, allow_http, memory)
  if not read then return nil, err end
  if request.body ~= nil and type(request.body) ~= "string" then return nil, "the body must be a string" end
  return {
    method = request.method, url = read, lines = lines, headers = values, body = request.body,
    idempotent = IDEMPOTENT[request.method] or false,
  }
end

return checked
