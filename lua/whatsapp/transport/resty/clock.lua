-- A clock from nginx's time that never goes back, and the time of the last turn of nginx's loop. In each turn, nginx checks its
-- connections once. Never waits.
local clock = {}

local latest, behind = 0, 0
local updated, turned = 0, 0 -- nginx's time after the last update by this file; and after the last update by nginx's loop

---@return number seconds
function clock.now()
  local cached = ngx.now()
  if cached ~= updated then turned = cached end
  ngx.update_time()
  updated = ngx.now()
  if updated + behind < latest then behind = latest - updated end
  latest = updated + behind
  return latest
end

---Returns the result of the last now(). Costs less than now(); use it only within the same turn of the loop.
---@return number seconds
function clock.last() return latest end

---Notes that nginx's loop has just turned. Call this function only in code that a turn of the loop has resumed.
function clock.has_turned()
  turned = ngx.now()
  updated = turned
end

---@return number seconds since nginx checked its connections, with an error of a millisecond
function clock.since_turn()
  clock.now()
  return updated - turned
end

return clock
