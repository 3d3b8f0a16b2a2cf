-- Reads what a transport gives: a result, or what failed and whether the message may have been sent all the same
-- (contract, 4.1 to 4.4). Pure: no network, no clock but for a Retry-After that is a date.
local codes = require "whatsapp.wire.error_codes"
local json = require "whatsapp.wire.json"
local values = require "whatsapp.util.values"

local response = {}

---The headers that are read here.
response.HEADERS = {
  "retry-after", "content-type", "content-encoding", "x-fb-trace-id", "x-fb-request-id", "x-fb-debug",
  "x-business-use-case-usage", "x-app-usage",
}

---@class whatsapp.details
---@field kind "invalid"|"transport"|"api"|"protocol" refused here; no complete answer; a Graph error; any other answer
---@field retryable boolean repeating may help and cannot send twice
---@field may_have_been_sent boolean
---@field problems whatsapp.problem[]? of kind "invalid"
---@field count integer? of all problems, those over 100 too
---@field http_status integer?
---@field code integer? the key to branch on
---@field subcode integer?
---@field type string?
---@field message string?
---@field reason string? error_data.details: the useful text
---@field trace_id string?
---@field retry_after number? seconds
---@field attempts integer?
---@field hint string? what nginx's configuration lacks
---@field media_id string? of client:send_file: the file's, which was uploaded
---@field session string? of media:upload_sample: to go on with later

---@class whatsapp.problem
---@field path string in Lua's form: interactive.action.buttons[2].reply.title
---@field rule string
---@field limit number|string|nil
---@field actual number|string|nil
---@field message string

local function string_or_nil(value)
  if type(value) == "string" then return value end
end

-- the name that other files still use; it lives in util/values
response.integer = values.integer
local integer = values.integer

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- seconds since 1970 of an HTTP date; os.time knows local time only
local function date_to_seconds(text)
  local day, month, year, hour, minute, second = text:match "(%d+) (%a+) (%d+) (%d+):(%d+):(%d+)"
  if not MONTHS[month] then return nil end
  local y, m = tonumber(year), MONTHS[month]
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * (m - 3) + 2) / 5) + tonumber(day) - 1 - 719468
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

---@param value string? of a Retry-After header: seconds, or an HTTP date
---@param now integer? seconds since 1970
---@return number? seconds
function response.retry_after(value, now)
  if type(value) ~= "string" then return nil end
  local seconds = tonumber(value:match "^%s*(%d+)%s*$")
  if seconds then return seconds end
  local at = date_to_seconds(value)
  return at and math.max(0, at - (now or os.time()))
end

-- long tokens in a text of the API's own ("Malformed access token EAA...")
local function without_tokens(text)
  return text and (text:gsub("EAA%w%w%w%w%w+", "EAA..."):gsub("([Aa]ccess [Tt]oken:? )[%w%-_|.]*%d[%w%-_|.]*", "%1..."))
end

local function decoded(text)
  if type(text) ~= "string" then return nil end
  local value = json.decode(text)
  if type(value) == "table" then return value end
end

---What the API says of the use that is left, from two headers that hold JSON.
---@param headers table<string, string>
---@return { business: table?, app: table? }?
function response.usage(headers)
  local business, app = headers["x-business-use-case-usage"], headers["x-app-usage"]
  if business == nil and app == nil then return nil end
  return { business = decoded(business), app = decoded(app) }
end

---@param headers table<string, string>
---@return string?
function response.trace_id(headers)
  return string_or_nil(headers["x-fb-trace-id"] or headers["x-fb-request-id"] or headers["x-fb-debug"])
end

-- whether a send may be repeated after this error
local function class_of(code, status, transient)
  local known = codes[code]
  if known then return known.retry end
  if code and code >= 200 and code <= 299 then return "never" end
  if status >= 500 then return "unknown" end
  return (transient == true or status == 429) and "safe" or "never"
end

-- the line that says what went wrong; facts: what a reader may look up
local function line_of(details, facts)
  local known = codes[details.code]
  local text = details.message or (known and known.name) or "the API answered with an error"
  if details.reason and details.reason ~= "" and details.reason ~= text then text = text .. ": " .. details.reason end
  if details.code and not text:find(("#%d)"):format(details.code), 1, true) then
    table.insert(facts, 1, "code " .. details.code)
  end
  if details.trace_id then facts[#facts + 1] = "trace " .. details.trace_id end
  return #facts == 0 and text or ("%s (%s)"):format(text, table.concat(facts, ", "))
end

local function api_failure(status, headers, err)
  local code = integer(err.code)
  local data = type(err.error_data) == "table" and err.error_data or {}
  local class = class_of(code, status, err.is_transient)
  local details = {
    kind = "api",
    retryable = class == "safe",
    may_have_been_sent = class == "unknown",
    http_status = status,
    code = code,
    subcode = integer(err.error_subcode),
    type = string_or_nil(err.type),
    message = without_tokens(string_or_nil(err.message)),
    reason = without_tokens(string_or_nil(data.details) or string_or_nil(err.error_data)),
    trace_id = string_or_nil(err.fbtrace_id) or response.trace_id(headers),
    retry_after = response.retry_after(headers["retry-after"]),
  }
  return nil, line_of(details, { "HTTP " .. status }), details
end

---An error that a webhook tells of, in the form of one that was answered. It is the last word on its message: that was
---not delivered, and repeating it cannot deliver it twice.
---@param err table { code, title, message, error_data = { details } }, or the older { code, title, details }
---@return string text
---@return whatsapp.details details
function response.reported(err)
  local code = integer(err.code)
  local data = type(err.error_data) == "table" and err.error_data or {}
  local class = class_of(code, 0, err.is_transient)
  local details = {
    kind = "api",
    retryable = class == "safe" or class == "unknown",
    may_have_been_sent = false,
    code = code,
    subcode = integer(err.error_subcode),
    message = without_tokens(string_or_nil(err.message) or string_or_nil(err.title)),
    reason = without_tokens(string_or_nil(data.details) or string_or_nil(err.error_data) or string_or_nil(err.details)),
  }
  return line_of(details, {}), details
end

local function protocol_failure(status, headers, what)
  local sent = (status >= 200 and status < 300) or status == 408 or status >= 500
  return nil, ("HTTP %d: %s%s"):format(status, what, sent and "; the request may have been processed" or ""), {
    kind = "protocol",
    retryable = status == 429,
    may_have_been_sent = sent,
    http_status = status,
    trace_id = response.trace_id(headers),
    retry_after = response.retry_after(headers["retry-after"]),
  }
end

-- what a body that is no JSON object looks like, in a word
local function describe(headers, body)
  if body == "" then return "an empty body" end
  local encoding = headers["content-encoding"]
  if encoding and encoding ~= "identity" then
    return "a body with Content-Encoding " .. encoding .. ", which was not asked for"
  end
  local kind = headers["content-type"] or (body:find "^%s*<" and "text/html") or "something else"
  return ("%s of %d bytes where JSON was expected"):format(kind:match "^[^;]*", #body)
end

---Raises for what is no response.
---@param answer any
---@param level integer of the caller to blame, as error() counts from here
function response.check(answer, level)
  if type(answer) ~= "table" or type(answer.status) ~= "number" then
    error("a response is a table with a status, headers and a body, got a " .. type(answer), level + 1)
  end
end

---Any answer of the Graph API.
---@param answer { status: integer, headers: table<string, string>?, body: string? }
---@return table? object the decoded body, of a 2xx answer
---@return string? text
---@return whatsapp.details? details
function response.read(answer)
  local status, headers = integer(answer.status) or 0, type(answer.headers) == "table" and answer.headers or {}
  local body = type(answer.body) == "string" and answer.body or ""
  local object = decoded(body)
  if not object then return protocol_failure(status, headers, describe(headers, body)) end
  if type(object.error) == "table" then return api_failure(status, headers, object.error) end
  if status < 200 or status > 299 then return protocol_failure(status, headers, "JSON without a Graph error") end
  return object
end

-- what /messages answers when it took the message: ids, or the success of a mark as read
local function is_accepted(object)
  local messages = object.messages
  local first = type(messages) == "table" and messages[1]
  local id = type(first) == "table" and first.id
  return type(id) == "string" and id ~= "" or object.success == true
end

---The body of an answer of 200 that took a message, as nearly all do; nil: something else, which response.parse tells.
---@param body string
---@return table? result
function response.accepted(body)
  local object = json.decode(body)
  if type(object) == "table" and object.error == nil and is_accepted(object) then return object end
end

---The answer to a message: what client:send does with it. For those who move the bytes themselves.
---@param answer { status: integer, headers: table<string, string>?, body: string? } header names in lower case
---@return table? result mirrors the API's: .messages[1].id, .contacts[1].wa_id; .success of a mark as read
---@return string? text
---@return whatsapp.details? details
function response.parse(answer)
  local object, text, details = response.read(answer)
  if not object then return nil, text, details end
  if is_accepted(object) then return object end
  local headers = type(answer.headers) == "table" and answer.headers or {}
  return protocol_failure(answer.status, headers, "JSON that names no message")
end

return response
