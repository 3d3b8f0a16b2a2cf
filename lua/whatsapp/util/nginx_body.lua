-- Returns the body of the current request of nginx's Lua module. nginx keeps a long body in a file.
local file = require "whatsapp.util.file"

local nginx_body = {}

---@param ngx table
---@return string body
function nginx_body.read(ngx)
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local path = not body and ngx.req.get_body_file()
  return body or path and file.read(path) or ""
end

return nginx_body
