-- Calls a user's progress function: at most ten times a second, and once when the request ends. A teller is the object that
-- does this for one request. If the function raises, the teller does not call it again, and puts the error into
-- `progress_error` of the request's outcome. Never waits; reads no clock.
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
  if not ok then self.call, self.err = nil, values.text_of(err) end
end

---Puts the error that the function raised into progress_error of the outcome.
---@param outcome table? a response, or details
function Teller:finish(outcome)
  if self.err and outcome then outcome.progress_error = self.err end
end

return progress
