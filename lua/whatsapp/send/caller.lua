-- A caller is the coroutine that runs a function of the user, such as a hook or a token function. This file tells whether a
-- caller is still alive. The function may wait. If its coroutine dies during the wait, the function never returns, and the
-- client must go on without its result. This file never resumes a coroutine.
--
-- In nginx, coroutine.status is not safe. When a request ends, nginx frees its data about the coroutines of the request: a
-- later call of coroutine.status reads freed memory, and the worker process crashes (seen with 1.22). nginx also uses the
-- coroutine of an ended request again, for a later request. So this file identifies a caller by its coroutine and by ngx.ctx,
-- which is a new table in each request, and calls coroutine.status only in the caller's own request. For another request, it
-- has only a weak reference to ngx.ctx: if the garbage collector has removed this table, the request has ended.
local running = coroutine.running

local caller = {}

local MAIN = {} -- the main program: coroutine.running() returns nil there before Lua 5.2

---@class whatsapp.caller weak references, so that a caller keeps no coroutine and no request alive
---@field co thread|table|nil
---@field request table? the request's ngx.ctx
---@field in_request boolean

local WEAK = { __mode = "v" }

local function context_of(ngx) return ngx.ctx end

-- returns ngx.ctx; or nil if this is not nginx, or if nginx runs no request
local function current_request()
  local ngx = rawget(_G, "ngx")
  if not ngx then return nil end
  local ok, context = pcall(context_of, ngx) -- raises while nginx reads its configuration
  return ok and context or nil
end

---Returns a caller for caller.set().
---@return whatsapp.caller
function caller.new() return setmetatable({ in_request = false }, WEAK) end

---Stores the coroutine that runs.
---@param self whatsapp.caller
function caller.set(self)
  local request = current_request()
  self.co, self.request, self.in_request = running() or MAIN, request, request ~= nil
end

---Returns whether the coroutine that runs is the caller.
---@param self whatsapp.caller
---@return boolean
function caller.is_current(self)
  return self.co == (running() or MAIN) and self.request == current_request()
end

---Returns whether the caller may still be alive.
---@param self whatsapp.caller
---@param collect boolean? true: if only the garbage collector can tell, runs the collector; a whole collection takes long
---@return boolean
function caller.is_alive(self, collect)
  if self.co == MAIN then return true end
  if self.co == nil then return false end
  if not self.in_request or (self.request and self.request == current_request()) then
    return coroutine.status(self.co) ~= "dead"
  end
  if collect then collectgarbage() end
  return self.co ~= nil and self.request ~= nil
end

return caller
