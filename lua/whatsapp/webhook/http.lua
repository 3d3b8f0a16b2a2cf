-- Requests and responses of endpoints, in a form that any server can read and write. Pure; never raises.
local http = {}

---@param status integer
---@param body string?
---@param more table<string, string>? headers, names in lower case
---@return whatsapp.webhook_response
function http.answer(status, body, more)
  local headers = { ["content-type"] = "text/plain", ["x-content-type-options"] = "nosniff" }
  for name, value in pairs(more or {}) do headers[name] = value end
  return { status = status, headers = headers, body = body or "" }
end

---Returns the last value of a list: nginx gives a list if a request has a name several times. Returns any other value
---unchanged.
---@param value any
---@return any
function http.last(value)
  if type(value) == "table" then return value[#value] end
  return value
end

---@param request whatsapp.webhook_request
---@param wanted string in lower case
---@return string? value
function http.header(request, wanted)
  local headers = request.headers
  if type(headers) ~= "table" then return nil end
  if headers[wanted] ~= nil then return http.last(headers[wanted]) end
  for name, value in pairs(headers) do
    if type(name) == "string" and name:lower() == wanted then return http.last(value) end
  end
end

return http
