-- nginx's clock without its steps back, and when nginx's loop turned last: only between two turns does nginx look at its
-- connections. Never waits.
local clock = {}

local latest, behind = 0, 0
local updated, turned = 0, 0 -- nginx's time as it was set from here; as it was set by the loop

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

---The time as now() told it last: for what happens in the same turn of the loop.
---@return number seconds
function clock.last() return latest end

---To be called where only a turn of the loop can have brought the caller.
function clock.has_turned()
  turned = ngx.now()
  updated = turned
end

---@return number seconds since nginx looked at its connections, with an error of a millisecond
function clock.since_turn()
  clock.now()
  return updated - turned
end

return clock
