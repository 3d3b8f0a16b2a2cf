-- Reads the answer that a transport returned, and returns a result or a failure. A failure is nil, err, details: `details` is a
-- table, and says whether the message may have been sent. This file makes the details for an answer of the API, for a wrong
-- value, and for a refused request. If no answer came, the transport makes the details, not this file. Never uses the network.
-- Reads the clock only for a Retry-After that is a date.
local codes = require "whatsapp.wire.error_codes"
local core = require "whatsapp.core"
local json = require "whatsapp.wire.json"
local show = require "whatsapp.util.show"
local shown = require "whatsapp.wire.shown"
local values = require "whatsapp.util.values"

local outcome = {}

---The headers that this file reads; a loop below adds the headers of TOLD. The library's transports drop all other headers.
outcome.HEADERS = { "retry-after", "content-type", "content-encoding" }

---@class whatsapp.details
---@field kind "invalid"|"refused"|"transport"|"api"|"protocol"|"store" invalid: the message or another argument is wrong;
---refused: this library or a function of yours stopped the request (see refused_by); transport: no complete answer came, or the
---limits or a closed client kept the request from leaving; api: the API answered with an error; protocol: the answer is neither
---a result nor an error of the API; store: the store of an outbox failed
---@field retryable boolean true: a repetition may help, and it cannot send the message twice
---@field may_have_been_sent boolean true: the request may have reached the API
---@field problems whatsapp.problem[]? of kind "invalid": the first 100 problems
---@field count integer? of kind "invalid": the number of all problems, also of those after the first 100
---@field refused_by string? of kind "refused": the part that stopped the request: "before_send", "token", "event",
---"on_warning", "credentials" or "pages"
---@field http_status integer?
---@field code integer? the error code of the API: let a program compare this code, not the texts
---@field subcode integer? error_subcode of the API's error
---@field type string? the class of the API's error, such as "OAuthException"
---@field message string? the main sentence of the API's error
---@field reason string? the member error_data.details of the error: usually the most exact sentence of the API
---@field error_user_title string? the API's sentence for a user
---@field error_user_msg string? the API's longer sentence for a user
---@field error_data any? the member error_data of the API's error, without secrets
---@field raw whatsapp.json_object? the whole error object of the API, without secrets
---@field advice string? tells what to do about this error code, or about a proxy that asks for a password
---@field trace_id string? the API's id of the request, for questions to Meta
---@field retry_after number? seconds to wait before the next attempt
---@field waited number? seconds that the message waited for limits
---@field attempts integer? number of attempts that were made
---@field stamp string? the message's biz_opaque_callback_data; its status webhooks repeat it
---@field curl_code integer? of kind "transport": libcurl's number for the failure
---@field hint string? of kind "transport": the option of the library, or the directive of nginx, that is missing or
---wrong
---@field fallback boolean? true: this is the failure of the fallback, which replaced the message
---@field fallback_error string? the error that the function in the option fallback, or the object in the option window, raised
---@field log_error string? the error that the option log raised
---@field observe_error string? the error that the option observe raised
---@field progress_error string? the error that the option progress or on_progress raised
---@field index integer? of client:sequence: the position of the message that failed, from 1
---@field results whatsapp.Result[]? of client:sequence: the results of the messages before it
---@field answer whatsapp.json_object? of client:call: the whole decoded body, if the status is 2xx and the body has an error. For
---example, the body can list the users for whom the call succeeded
---@field pages integer? of client:pages: number of pages that were requested
---@field media_id string? of client:send_file: the id of the uploaded file
---@field store_error string? of client:send_file: the error that the media_store raised
---@field session string? of media:upload_sample: the id of the upload; a later call with it in the option `session` continues the
---upload
---@field warnings whatsapp.problem[]? of client:send_file: the warnings about the file
---@field status string? of tracker:await after a time-out: the status that the message has

---@class whatsapp.problem
---@field path string the place in the message, as in Lua: interactive.action.buttons[2].reply.title
---@field rule string the rule that the value breaks: a name of schema.terms().codes; in problems of the outbox also "max_bytes"
---or "chars"
---@field limit number|string|nil the allowed value, or the largest or the smallest allowed value
---@field actual number|string|nil the value in the message, or its size
---@field message string

local integer = values.integer

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- Returns the seconds from 1970 to an HTTP date, or nil. os.time cannot do this: it takes local time.
local function date_to_seconds(text)
  local day, month, year, hour, minute, second = text:match "(%d+) (%a+) (%d+) (%d+):(%d+):(%d+)"
  if not MONTHS[month] then return nil end
  local y, m = tonumber(year), MONTHS[month]
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * (m - 3) + 2) / 5) + tonumber(day) - 1 - 719468
  return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

---Reads a Retry-After header.
---@param value string? the value of a Retry-After header: seconds, or an HTTP date
---@param now integer? seconds since 1970
---@return number? seconds
function outcome.retry_after(value, now)
  if type(value) ~= "string" then return nil end
  local seconds = tonumber(value:match "^%s*(%d+)%s*$")
  if seconds then return seconds end
  local at = date_to_seconds(value)
  return at and math.max(0, at - (now or os.time()))
end

-- returns a text of the API without the tokens in it, for example "Malformed access token EAA..."
local function without_tokens(text)
  return text and (text:gsub("EAA%w%w%w%w%w+", "EAA..."):gsub("([Aa]ccess [Tt]oken:? )[%w%-_|.]*%d[%w%-_|.]*", "%1..."))
end

local decode, names_message, RESULT = json.decode, core.names_message, shown.RESULT

-- returns a table from a JSON text; nil for any other text or value
local function decoded(text)
  if type(text) ~= "string" then return nil end
  local value = decode(text)
  if type(value) == "table" then return value end
end

---Returns how much of the API's limits the account and the app have used, from two headers that contain JSON.
---@param headers table<string, string>
---@return { business: whatsapp.json_object?, app: whatsapp.json_object? }?
function outcome.usage(headers)
  local business, app = headers["x-business-use-case-usage"], headers["x-app-usage"]
  if business == nil and app == nil then return nil end
  return { business = decoded(business), app = decoded(app) }
end

---@param headers table<string, string>
---@return string?
function outcome.trace_id(headers)
  local id = headers["x-fb-trace-id"] or headers["x-fb-request-id"] or headers["x-fb-debug"]
  return type(id) == "string" and show.line(id) or nil
end

-- ---- verdicts -------------------------------------------------------------------------------------------------------------

-- returns the class of an error code (see wire/error_codes); nil if the code is unknown
local function class_of(code)
  local known = codes[code]
  return known and known.retry
end

local THROTTLED, PROXY = 429, 407 -- HTTP statuses; a proxy, not the API, answers 407: it asks for its name and password
local PROXY_ADVICE = "Set the name and the password of the proxy: the option proxy of the transport, or the variable HTTPS_PROXY."

---Judges an answer that is not a success. Returns whether the API may have processed the request, and whether a program may
---repeat the request. All failures that this file makes from an answer get these two values here. If the answer has a message's
---id, the API has processed the request: then no program may repeat it, whatever the status says.
---@param status integer
---@param code integer? the code of the Graph error
---@param has_id boolean true: the answer has a message's id, although it is an error
---@param transient boolean? the member is_transient of the API's error
---@return boolean may_have_been_sent, boolean retryable
function outcome.verdict(status, code, has_id, transient)
  local class = class_of(code)
  local refused = class == "safe" or (status >= 400 and status <= 499 and status ~= 408 and class ~= "unknown")
  if has_id or not refused then return true, false end
  return false, class == "safe" or (class == nil and (transient == true or status == THROTTLED) and status ~= PROXY)
end

-- returns the line `err` of a failure; the line ends with the strings of `facts`, the code and the trace id, in brackets
local function line_of(details, facts)
  local known = codes[details.code]
  local line = details.message or (known and known.name) or "the API answered with an error"
  for _, name in ipairs { "reason", "error_user_title", "error_user_msg" } do
    local more = details[name]
    if more and more ~= "" and not line:find(more, 1, true) then line = line .. ": " .. more end
  end
  if details.code and not line:find(("#%d)"):format(details.code), 1, true) then
    table.insert(facts, 1, "code " .. details.code)
  end
  if details.trace_id then facts[#facts + 1] = "trace " .. details.trace_id end
  return #facts == 0 and line or ("%s (%s)"):format(line, table.concat(facts, ", "))
end

-- Returns a copy of a value without the tokens in its strings. Copies at most `depth` levels of tables, and drops deeper
-- tables.
local function tree_without_tokens(value, depth)
  if type(value) == "string" then return without_tokens(value) end
  if type(value) ~= "table" then return value end
  if depth == 0 then return nil end
  local copy = {}
  for name, member in pairs(value) do
    copy[type(name) == "string" and without_tokens(name) or name] = tree_without_tokens(member, depth - 1)
  end
  return copy
end

-- returns a string of the API on one line, without tokens, and with escaped control characters; nil for other values
local function shown_text(text)
  if type(text) == "string" then return show.line(without_tokens(text)) end
end

local LEVELS = 6 -- the levels of tables in the copy of an error object

-- returns the details that an error object of the API gives; the object comes from an answer or a webhook
local function read_error(err)
  local data = type(err.error_data) == "table" and err.error_data or {}
  return {
    kind = "api", code = integer(err.code), subcode = integer(err.error_subcode), type = shown_text(err.type),
    message = shown_text(err.message) or shown_text(err.title),
    reason = shown_text(data.details) or shown_text(err.error_data) or shown_text(err.details),
    error_user_title = shown_text(err.error_user_title), error_user_msg = shown_text(err.error_user_msg),
    error_data = tree_without_tokens(err.error_data, LEVELS), raw = tree_without_tokens(err, LEVELS),
    advice = codes[integer(err.code)] and codes[integer(err.code)].advice,
  }
end

-- returns the failure for an answer with an error object
local function api_failure(status, headers, err, has_id)
  local details = read_error(err)
  details.http_status = status
  details.trace_id = shown_text(err.fbtrace_id) or outcome.trace_id(headers)
  details.retry_after = outcome.retry_after(headers["retry-after"])
  details.may_have_been_sent, details.retryable = outcome.verdict(status, details.code, has_id, err.is_transient)
  return nil, line_of(details, { "HTTP " .. status }), shown.details(details)
end

---Reads an error object of a webhook. Returns an `err` and `details` of the same form as for an error in an answer. The error is
---final, and the API did not deliver the message: so a program that sends the message again cannot deliver it twice.
---@param err whatsapp.json_object { code, title, message, error_data = { details } }, or the older { code, title, details }
---@return string err
---@return whatsapp.details details
function outcome.reported(err)
  local details = read_error(err)
  local class = class_of(details.code)
  details.type = nil
  details.may_have_been_sent = false
  details.retryable = class == "safe" or class == "unknown" or (class == nil and err.is_transient == true)
  return line_of(details, {}), shown.details(details)
end

-- returns the failure for an answer that is neither a result nor an error object
local function protocol_failure(status, headers, problem, has_id)
  local sent, retryable = outcome.verdict(status, nil, has_id or false)
  return nil, ("HTTP %d: %s%s"):format(status, problem, sent and "; the request may have been processed" or ""), shown.details {
    kind = "protocol",
    advice = status == PROXY and PROXY_ADVICE or nil,
    retryable = retryable,
    may_have_been_sent = sent,
    http_status = status,
    trace_id = outcome.trace_id(headers),
    retry_after = outcome.retry_after(headers["retry-after"]),
  }
end

-- returns the words of an error line that describe a body that is not a JSON object
local function describe(headers, body)
  if body == "" then return "an empty body" end
  local encoding = headers["content-encoding"]
  if encoding and encoding ~= "identity" then
    return "a body with Content-Encoding " .. show.line(encoding) .. ", which the request did not ask for"
  end
  local kind = headers["content-type"] or (body:find "^%s*<" and "text/html") or "something else"
  return ("%s of %d bytes where JSON was expected"):format(show.line(kind:match "^[^;]*"), #body)
end

---Raises if the answer is not a response.
---@param answer any
---@param level integer the stack level of the caller to blame, as for error()
function outcome.check(answer, level)
  if type(answer) ~= "table" or type(answer.status) ~= "number" then
    error("a response is a table with a status, headers and a body, got a " .. type(answer), level + 1)
  end
end

-- ---- reading --------------------------------------------------------------------------------------------------------------

local function is_success(status) return status >= 200 and status <= 299 end

-- returns the status, the headers and the decoded object of a response; the object is nil if the body is not a JSON object
local function parts_of(answer)
  local headers = type(answer.headers) == "table" and answer.headers or {}
  return integer(answer.status) or 0, headers, decoded(answer.body)
end

local function is_id(id) return (type(id) == "string" and id ~= "") or type(id) == "number" end

-- Returns whether an answer that is not a success may contain the id of a message. Finds the id in a list and in a single object.
-- If there is an id, no program may repeat the message.
local function may_have_id(object)
  local messages = object.messages
  if type(messages) ~= "table" then return false end
  if is_id(messages.id) then return true end
  for _, message in ipairs(messages) do
    if type(message) == "table" and is_id(message.id) then return true end
  end
  return false
end

-- returns the failure for a response that is not a success
local function failure_of(answer, status, headers, object, problem)
  if not object then
    return protocol_failure(status, headers, describe(headers, type(answer.body) == "string" and answer.body or ""))
  end
  local has_id = may_have_id(object)
  if type(object.error) == "table" then return api_failure(status, headers, object.error, has_id) end
  return protocol_failure(status, headers, is_success(status) and problem or "JSON without a Graph error", has_id)
end

local function value_of(headers, name)
  local value = headers[name]
  if type(value) == "table" then value = value[#value] end
  return values.scalar(value)
end

-- Returns the headers that this file reads, as strings in a plain table. A user's transport may return several values of a header
-- as a list; this function takes the last value. It reads each header in a pcall, because a metatable of the headers may raise.
local function plain_headers(headers)
  local read = {}
  for _, name in ipairs(outcome.HEADERS) do
    local ok, value = pcall(value_of, headers, name)
    read[name] = ok and value and tostring(value) or nil
  end
  return read
end

-- returns whether the headers are a table without a metatable, in which all headers that this file reads are strings
local function are_strings(headers)
  if getmetatable(headers) ~= nil then return false end
  for i = 1, #outcome.HEADERS do
    local value = headers[outcome.HEADERS[i]]
    if value ~= nil and type(value) ~= "string" then return false end
  end
  return true
end

local function copied(answer) return { status = answer.status, headers = answer.headers, body = answer.body } end

-- returns a copy of the response without its metatable; nil if the metatable raises
local function plain(answer)
  local ok, copy = pcall(copied, answer)
  return ok and copy or nil
end

---Returns the response of a user's transport in the form that this file needs: `headers` is a plain table, in which each header
---that this file reads is a string; `body` is a string or nil.
---@param answer any
---@return whatsapp.response? response nil: the answer is not a response
function outcome.checked(answer)
  if type(answer) == "table" and getmetatable(answer) ~= nil then answer = plain(answer) end
  if type(answer) ~= "table" or type(answer.status) ~= "number" then return nil end
  local headers, body = answer.headers, answer.body
  local is_table = type(headers) == "table"
  if is_table and (body == nil or type(body) == "string") and are_strings(headers) then return answer end
  local checked = values.copy(answer)
  checked.headers = is_table and plain_headers(headers) or {}
  checked.body = type(body) == "string" and body or nil
  return checked
end

---Reads any answer of the Graph API.
---@param answer whatsapp.response
---@return whatsapp.json_object? object the decoded body of a 2xx answer
---@return string? err
---@return whatsapp.details? details
function outcome.read(answer)
  local status, headers, object = parts_of(answer)
  if object and is_success(status) and type(object.error) ~= "table" then return object end
  return failure_of(answer, status, headers, object)
end

---Reads the answer to a message. A 2xx answer is a success in two cases. Case 1: it has the id of a message, even if it also
---has an error. Case 2: it has success = true and no error, and the request has no recipient: so the API answers when it marks a
---message as read.
---@param answer whatsapp.response as outcome.checked returns it
---@param delivery whatsapp.delivery?
---@return whatsapp.Result? result has the same form as the API's answer: .messages[1].id, .contacts[1].wa_id; after mark_read:
---.success
---@return string? err
---@return whatsapp.details? details
function outcome.message(answer, delivery)
  local status, body = answer.status, answer.body
  if body and status >= 200 and status <= 299 then -- nearly all answers end here
    local object = decode(body, RESULT)
    if names_message(object) then return object end
    if type(object) == "table" and object.success == true and object.error == nil and not (delivery and delivery.to) then
      return object
    end
  end
  local number, headers, object = parts_of(answer)
  return failure_of(answer, number, headers, object, "JSON without the id of a message")
end

local SUCCESSES = { "id", "data", "calls" } -- if a request is not a message, its successful answer has one of these members

---Reads the answer to any request, for a program that sends the requests itself.
---@param answer whatsapp.response header names in lower case
---@return whatsapp.Result? result has the same form as the API's answer
---@return string? err
---@return whatsapp.details? details
function outcome.parse(answer)
  local status, _, object = parts_of(answer)
  if object and is_success(status) and object.error == nil then
    for _, name in ipairs(SUCCESSES) do
      if object[name] ~= nil then return object end
    end
  end
  return outcome.message(outcome.checked(answer))
end

-- ---- headers of a success ---------------------------------------------------------------------------------------------------

-- A row for each member of `info` that is read from headers: its name, the function that reads it, and the headers.
local TOLD = {
  { "trace_id", outcome.trace_id, "x-fb-trace-id", "x-fb-request-id", "x-fb-debug" },
  { "usage", outcome.usage, "x-business-use-case-usage", "x-app-usage" },
}
for _, row in ipairs(TOLD) do
  for i = 3, #row do table.insert(outcome.HEADERS, row[i]) end
end

---Reads the API's id of the request and the usage from the headers, and puts them into `info`, the third value that a successful
---send returns.
---@param info whatsapp.info
---@param headers table<string, string> as outcome.checked returns them
---@param clean fun(of: any, value: any): any removes secrets from a value
---@param of any the first argument of clean
function outcome.tell(info, headers, clean, of)
  for i = 1, #TOLD do
    local row = TOLD[i]
    local value = row[2](headers)
    if value then info[row[1]] = clean(of, value) end
  end
end

-- ---- failures without an answer -------------------------------------------------------------------------------------------

---@param err string
---@param problems whatsapp.problem[]? problems of the value
---@return nil, string err, whatsapp.details details of kind "invalid"; nothing was sent
function outcome.invalid(err, problems)
  problems = problems or {}
  return nil, err, shown.details {
    kind = "invalid", retryable = false, may_have_been_sent = false, attempts = 0, count = #problems, problems = problems,
  }
end

---@param by string the value of refused_by
---@param err string
---@return nil, string err, whatsapp.details details of kind "refused"; nothing was sent
function outcome.refused(by, err)
  return nil, err, shown.details {
    kind = "refused", refused_by = by, retryable = false, may_have_been_sent = false, attempts = 0,
  }
end

return outcome
