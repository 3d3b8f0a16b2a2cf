-- The endpoint in nginx or OpenResty, for content_by_lua: see webhook_nginx.conf. One handler a worker.
local handle = dofile "examples/webhook_bot.lua"

local function body_of(ngx)
  ngx.req.read_body()
  return ngx.req.get_body_data() or "" -- client_body_buffer_size keeps it out of files
end

return function(ngx)
  local response = handle {
    method = ngx.req.get_method(), query = ngx.var.args, headers = ngx.req.get_headers(), body = body_of(ngx),
  }
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["content-length"] = #response.body
  ngx.print(response.body)
end
