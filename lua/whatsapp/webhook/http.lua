-- Requests and responses of the endpoints for webhooks and flows, as plain tables that any server can make and read. Pure; never
-- raises.
local http = {}

---Makes a response.
---@param status integer
---@param body string?
---@param more table<string, string>? headers, names in lower case
---@return whatsapp.webhook_response
function http.answer(status, body, more)
  local headers = { ["content-type"] = "text/plain", ["x-content-type-options"] = "nosniff" }
  for name, value in pairs(more or {}) do headers[name] = value end
  return { status = status, headers = headers, body = body or "" }
end

---Returns the last item of a list, and any other value unchanged. If a request has a header or a parameter several times, nginx
---passes a list of the values.
---@param value any
---@return any
function http.last(value)
  if type(value) == "table" then return value[#value] end
  return value
end

---Returns a header of a request.
---@param request whatsapp.webhook_request
---@param wanted string the name in lower case
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
