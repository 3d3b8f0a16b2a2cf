-- What the sandbox's endpoints read of a request and how they answer: JSON, and the Graph API's error envelope.
local json = require "whatsapp.wire.json"
local query = require "whatsapp.util.url"

local exchange = {}

---@param request table
---@param name string in lower case
---@return string? value
function exchange.header(request, name)
  for given, value in pairs(request.headers or {}) do
    if given:lower() == name then return value end
  end
end

---@param request table
---@return table<string, string> parameters of its URL, by name
function exchange.query(request)
  return query.parameters(request.url:match "%?([^#]*)" or "")
end

---@param status integer
---@param object table
---@return table response
function exchange.answer(status, object)
  return {
    status = status,
    headers = { ["content-type"] = "application/json; charset=UTF-8" },
    body = assert(json.encode(object)),
  }
end

---@param status integer
---@param err table the Graph error; what every one has is filled in
---@return table response
function exchange.fail(status, err)
  err.type = err.type or "OAuthException"
  err.fbtrace_id = err.fbtrace_id or "Asandbox"
  return exchange.answer(status, { error = err })
end

---A request that cannot be taken.
---@param text string the error's title
---@param code integer
---@param details string? of error_data
---@return table response
function exchange.refuse(text, code, details)
  return exchange.fail(400, {
    message = ("(#%d) %s"):format(code, text), code = code,
    error_data = details and { messaging_product = "whatsapp", details = details } or nil,
  })
end

return exchange
