-- Calls any endpoint of the Graph API: checks the options, makes the request, and reads the answer. The client provides the
-- function that sends the request. This file never sees a token, and never uses a URL from an answer.
local json = require "whatsapp.wire.json"
local outcome = require "whatsapp.wire.outcome"
local pages = require "whatsapp.graph.pages"
local paths = require "whatsapp.graph.path"
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"

local call = {}

---A request to an endpoint.
---@class whatsapp.call
---@field method ("GET"|"POST"|"DELETE")? GET if absent
---@field path string|(string|integer)[] the path after the version, such as "{waba}/message_templates"; or a list of its parts.
---The library escapes each part, and replaces {waba} and {phone} with the client's waba_id and phone_number_id
---@field query table<string, string|number|boolean|(string|number)[]>? a value may be a list: the library joins its items with
---commas
---@field body whatsapp.json_object? sent as JSON
---@field form whatsapp.form_part[]? sent as multipart/form-data
---@field idempotent boolean? true: it does no harm to send this POST twice, so the library repeats a failed POST whenever a
---repetition may help
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?

---A request for a list that an endpoint returns in pages.
---@class whatsapp.pages_call
---@field path string|(string|integer)[] the path, as for client:call
---@field query table<string, string|number|boolean|(string|number)[]>? `limit` is the number of items in a page
---@field max integer? the loop ends after this number of items; if absent, a list of more than 10,000 items is a failure
---@field max_pages integer? a list of more pages is a failure; 1,000 if absent
---@field list string? the name of the list in `data`, if `data` is an object
---@field timeout number? seconds for one attempt
---@field retry whatsapp.retry|false?

---@alias whatsapp.graph.access whatsapp.media.access functions and values that a client provides, without its secrets

---@alias whatsapp.json_object table<string, any> a table that can be written as JSON; whatsapp.array marks an empty list

---@class whatsapp.form_part
---@field name string
---@field data string? the value or the bytes
---@field file string? the path of a file; set this or `data`
---@field filename string? the file name that the server gets
---@field type string? MIME type

-- the options of client:call; the kinds are those of util/options
call.ROWS = {
  method = "method", path = "path", query = "table", body = "table", form = "table", idempotent = "boolean", timeout = "seconds",
  retry = "retry",
}

-- the options of client:pages
call.PAGES = {
  path = "path", query = "table", max = "count", max_pages = "count", list = "key", timeout = "seconds", retry = "retry",
}

local JSON = { ["Content-Type"] = "application/json" }

-- ---- reading ----------------------------------------------------------------------------------------------------------------

local function is_success(answer) return answer.status >= 200 and answer.status <= 299 end

-- Returns whether the object of a 2xx answer has `success = false`.
local function is_refusal(object) return object.success == false or object.success == "false" end

local function refused(answer)
  return nil, ("HTTP %d: the API says that the call did not succeed"):format(answer.status), {
    kind = "api", retryable = false, may_have_been_sent = false, http_status = answer.status,
  }
end

-- Returns true if the answer is a success without an object: its body is empty, or is the word true, as some endpoints answer.
-- Also returns the body without blanks at its ends.
local function is_bare(answer)
  local body = (answer.body or ""):match "^%s*(.-)%s*$"
  return is_success(answer) and (body == "" or body == "true"), body
end

---Reads the answer to a call.
---@param answer whatsapp.response
---@return whatsapp.json_object? result has the same form as the API's answer
---@return string? err
---@return whatsapp.details? details .answer is the whole decoded body, if the status is 2xx and the body has an error
function call.read(answer)
  local bare, body = is_bare(answer)
  if bare then return body == "" and {} or { success = true } end
  local object, err, details = outcome.read(answer)
  if object then
    if is_refusal(object) then return refused(answer) end
    return object
  end
  local whole = is_success(answer) and json.decode(answer.body)
  if type(whole) == "table" then details.answer = whole end -- this answer may list the users for whom the call succeeded
  return nil, err, details
end

-- ---- writing ----------------------------------------------------------------------------------------------------------------

-- returns the body as JSON; adds the problems of the body to the report, with paths that begin with "body"
local function write_body(body, report)
  if body == nil then return nil end
  local text, _, details = json.write(body)
  for _, problem in ipairs(details and details.problems or {}) do
    local at = problem.path == "" and "body" or problem.path:find "^%[" and "body" .. problem.path or "body." .. problem.path
    report:add(at, problem.rule, (problem.message:sub((problem.path == "" and #"message" or #problem.path) + 3)), problem.limit,
      problem.actual)
  end
  return text
end

---Raises for wrong use: no path; a body and a form together; a GET with a body or a form; a name in braces, such as {waba}, for
---which the client has no id.
---@param access whatsapp.graph.access
---@param asked table the checked options
---@param level integer the stack level of the caller to blame, as for error()
function call.check(access, asked, level)
  if asked.path == nil then error("a call needs a path", level + 1) end
  if asked.body ~= nil and asked.form ~= nil then error("a call has a body or a form, not both", level + 1) end
  local method = asked.method or "GET"
  if method == "GET" and (asked.body ~= nil or asked.form ~= nil) then
    error('a GET has no body: to send a body, set another method, such as method = "POST"', level + 1)
  end
  local lacking = paths.lacking(asked.path, access.ids)
  if lacking == "waba" then error("{waba} in the path needs the client's option waba_id", level + 1) end
  if lacking then error(("{%s} in the path is unknown: use {waba} or {phone}"):format(lacking:sub(1, 40)), level + 1) end
end

---Makes the request of a call, without credentials; or returns the problems of the query and the body.
---@param access whatsapp.graph.access
---@param asked table the checked options
---@return whatsapp.request? request
---@return string? err
---@return whatsapp.details? details
function call.request(access, asked)
  local report = problems.new "call"
  local path, err = paths.write(asked.path, asked.is_literal and values.NONE or access.ids)
  if not path then report:add("path", "format", err) end
  local query = paths.query(asked.query, report)
  local body = write_body(asked.body, report)
  local ok, line, details = report:finish()
  if not ok then return nil, line, details end
  return {
    method = asked.method or "GET", url = access.root .. path .. query, headers = body and JSON or {}, body = body,
    form = asked.form, timeout = asked.timeout,
  }
end

---Sends a call whose options were checked.
---@param access whatsapp.graph.access
---@param asked table the checked options
---@param warnings whatsapp.problem[]?
---@return whatsapp.json_object? result, string? err, whatsapp.info|whatsapp.details details
function call.run(access, asked, warnings)
  local request, err, details = call.request(access, asked)
  if not request then return nil, err, details end
  return access.exchange(request, {
    retry = asked.retry, read = call.read, harmless = request.method ~= "POST" or asked.idempotent or nil, warnings = warnings,
    about = asked.body,
  })
end

---Returns pages for a request that the library refused: the loop over them has one turn, with `false`, err and details.
---@param err string
---@param details whatsapp.details
---@return whatsapp.pages
function call.failed(err, details)
  return pages.new(function() return nil, err, details end, values.NONE)
end

---Makes the pages of a call: each page is one call.
---@param access whatsapp.graph.access
---@param asked table the checked options of client:pages
---@return whatsapp.pages
function call.pages(access, asked)
  return pages.new(function(after)
    local page = values.copy(asked)
    if after then
      page.query = values.copy(asked.query)
      page.query.after = after
    end
    return call.run(access, page)
  end, asked)
end

return call
