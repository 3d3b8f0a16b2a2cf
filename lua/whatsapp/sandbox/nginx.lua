-- Serves the sandbox inside nginx, for content_by_lua. Never answers by itself: the logic is in init.lua.
local nginx = require "whatsapp.nginx"
local sandbox = require "whatsapp.sandbox"

local M = {}

local box -- of this worker

---@param ngx table
---@param options table? of the sandbox
function M.content(ngx, options)
  box = box or sandbox.new(options)
  nginx.serve(function(request)
    request.url, request.origin = ngx.var.request_uri, ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host)
    return box.handle(request)
  end)
end

return M
