-- Reads the requests to the sandbox's endpoints, and makes their answers: objects in JSON, and the errors of the Graph API. Never
-- raises because of a request, and keeps no state.
local core = require "whatsapp.core"
local json = require "whatsapp.wire.json"
local url = require "whatsapp.util.url"

local graph = {}

---Returns the value of a header. If the request has the header more than once, joins its values with commas, as RFC 9110 says.
---@param request table
---@param name string in lower case
---@return string? value nil: the request has no such header
function graph.header(request, name)
  for key, value in pairs(request.headers or {}) do
    if key:lower() == name then return type(value) == "table" and table.concat(value, ", ") or value end
  end
end

local MOST_DIGITS = 15 -- more digits may not fit into a float

---@param digits string? a value of a URL or of a header
---@return integer? number nil: the value is not a whole number of at most 15 digits
function graph.whole(digits)
  if digits and #digits <= MOST_DIGITS and digits:find "^%d+$" then return tonumber(digits) end
end

---@param request table
---@return table<string, string> parameters name -> value, from the query of the URL
function graph.query(request)
  return url.parameters(request.url:match "%?([^#]*)" or "")
end

---Makes a response in JSON.
---@param status integer
---@param object table
---@return table response
function graph.answer(status, object)
  return {
    status = status,
    headers = { ["content-type"] = "application/json; charset=UTF-8" },
    body = assert(json.encode(object)),
  }
end

---Makes the response of an error.
---@param status integer
---@param err table the member `error` of the body; this function fills in `type` and `fbtrace_id` if they are absent
---@return table response
function graph.fail(status, err)
  err.type = err.type or "OAuthException"
  err.fbtrace_id = err.fbtrace_id or "Asandbox"
  return graph.answer(status, { error = err })
end

---Makes the response of an error, with status 400.
---@param title string the title of the error
---@param code integer
---@param details string? error_data.details
---@return table response
function graph.refuse(title, code, details)
  return graph.fail(400, {
    message = ("(#%d) %s"):format(code, title), code = code,
    error_data = details and { messaging_product = "whatsapp", details = details } or nil,
  })
end

-- removes the members that are null: the API treats them as absent
local function without_nulls(object)
  for name, value in pairs(object) do
    if value == core.null then object[name] = nil end
  end
  return object
end

---@param content_type string?
---@return boolean is_json whether the media type is application/json; parameters such as charset do not matter
function graph.is_json(content_type)
  local media_type = (content_type or ""):match "^%s*([^;]-)%s*$" or (content_type or ""):match "^%s*([^;]-)%s*;"
  return media_type:lower() == "application/json"
end

---Makes an endpoint that reads a body of JSON. The endpoint refuses a body that is not an object. It also refuses a body without
---the content type of JSON, because the API would read such a body as a form.
---@param endpoint fun(box: table, object: table, bytes: integer, id: string): table? gets the body without members that are null,
---and the number of its bytes
---@return fun(box: table, request: table, id: string): table? reads_and_answers for a row of routes
function graph.reads_json(endpoint)
  return function(box, request, id)
    if not graph.is_json(graph.header(request, "content-type")) then
      return graph.refuse("Invalid parameter", 100, "The body is not read as JSON: the content type must be application/json")
    end
    local object, err = json.decode(request.body or "")
    if type(object) ~= "table" then
      return graph.refuse("Invalid parameter", 100, "The body is not a JSON object: " .. tostring(err or ""))
    end
    return endpoint(box, without_nulls(object), #request.body - (request.blanks or 0), id)
  end
end

return graph
