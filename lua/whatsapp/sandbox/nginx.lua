-- Serves the sandbox inside nginx, for content_by_lua. Never answers by itself: the logic is in init.lua.
local nginx = require "whatsapp.nginx"
local sandbox = require "whatsapp.sandbox"
local values = require "whatsapp.util.values"

local M = {}

local box -- of this worker

-- the box's clock is the worker's
local function with_clock(ngx, options)
  local copy = values.copy(options)
  copy.now = copy.now or function()
    ngx.update_time()
    return ngx.now()
  end
  return copy
end

---@param ngx table
---@param options table? of the sandbox
function M.content(ngx, options)
  box = box or sandbox.new(with_clock(ngx, options))
  nginx.serve(function(request)
    request.url, request.origin = ngx.var.request_uri, ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host)
    return box.handle(request)
  end)
end

return M
