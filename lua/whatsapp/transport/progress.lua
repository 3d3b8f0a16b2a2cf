-- Calls a user's progress function: at most ten times a second, and once when the request ends. A teller is the object that
-- does this for one request. If the function raises, the teller does not call it again, and puts the error into
-- `progress_error` of the request's outcome. Never waits; reads no clock.
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local progress = {}

local EVERY = 0.1 -- the shortest time between two calls, in seconds

local Teller = {}
Teller.__index = Teller

---@param call fun(moved: integer, total: integer?)
---@param now number seconds
---@return table teller
function progress.new(call, now) return setmetatable({ call = call, due = now + EVERY }, Teller) end

---@param now number
---@return boolean is_due true: call tell()
function Teller:is_due(now) return self.call ~= nil and now >= self.due end

---Calls the function if the number of bytes has changed since the last call, or if this is the last call.
---@param now number
---@param moved integer bytes
---@param total integer? bytes
---@param ended boolean? true: this is the last call
function Teller:tell(now, moved, total, ended)
  local call = self.call
  if not call or not (ended or moved ~= self.moved) then return end
  self.due, self.moved = now + EVERY, moved
  if ended then self.call = nil end -- before the call, because the function may raise
  local ok, err = pcall(call, moved, total)
  if not ok then self.call, self.err = nil, show.value(err) end
end

---Puts the error that the function raised into progress_error of the outcome.
---@param outcome table? a response, or details
function Teller:finish(outcome)
  if self.err and outcome then outcome.progress_error = self.err end
end

---Calls a progress function once, for a transport that does not stream.
---@param call fun(moved: integer, total: integer?)
---@param moved integer bytes
---@param response whatsapp.response
---@return whatsapp.response response the same table; or, if the function raised, a copy with progress_error
function progress.once(call, moved, response)
  local teller = progress.new(call, 0)
  teller:tell(0, moved, moved, true)
  if not teller.err then return response end
  local told = values.copy(response)
  teller:finish(told)
  return told
end

return progress
