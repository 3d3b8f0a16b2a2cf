-- Serves the sandbox inside nginx: turns what ngx knows into a request and the response into what nginx sends. Nothing
-- else; the logic is in init.lua. For content_by_lua.
local sandbox = require "whatsapp.sandbox"

local M = {}

local box -- of this worker

local function body_of(ngx)
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local path = not body and ngx.req.get_body_file()
  local file = path and io.open(path, "rb")
  if not file then return body or "" end
  body = file:read "*a"
  file:close()
  return body
end

---@param ngx table
---@param options table? of the sandbox
function M.content(ngx, options)
  box = box or sandbox.new(options)
  local response = box.handle {
    method = ngx.req.get_method(),
    url = ngx.var.request_uri,
    headers = ngx.req.get_headers(),
    origin = ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host),
    body = body_of(ngx),
  }
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #response.body
  ngx.print(response.body)
end

return M
