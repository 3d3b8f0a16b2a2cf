-- Reads the body of the current request in nginx's Lua module. nginx keeps a long body in a file, which this file reads. Never
-- checks the body.
local file = require "whatsapp.util.file"

local nginx_body = {}

---@param ngx table nginx's Lua API
---@return string body "" if there is no body, or if nginx's file cannot be read
function nginx_body.read(ngx)
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local path = not body and ngx.req.get_body_file()
  return body or path and file.read(path, math.huge) or "" -- nginx bounds it: client_max_body_size
end

return nginx_body
