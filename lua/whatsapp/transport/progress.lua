-- Calls a user's progress function: at most ten times a second, and once when the request ends. If the function raises, it is
-- not called again, and the outcome has the error. Never waits; reads no clock.
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
---@return boolean is_due true: call tell() if more bytes have moved since the last call
function Teller:is_due(now) return self.call ~= nil and now >= self.due end

---@param now number
---@param moved integer bytes
---@param total integer? bytes
---@param ended boolean? true: this is the last call
function Teller:tell(now, moved, total, ended)
  local call = self.call
  if not call or not (ended or moved ~= self.moved) then return end
  self.due, self.moved = now + EVERY, moved
  if ended then self.call = nil end -- the function is not called again, even if it raises
  local ok, err = pcall(call, moved, total)
  if not ok then self.call, self.err = nil, values.text_of(err) end
end

---Puts the error that the function raised into the outcome.
---@param outcome table? a response, or details
function Teller:finish(outcome)
  if self.err and outcome then outcome.progress_error = self.err end
end

return progress
