-- nginx's clock, which here never goes back; and the time of the last turn of nginx's loop. nginx checks its connections only
-- between two turns. Never waits.
local clock = {}

local latest, behind = 0, 0
local updated, turned = 0, 0 -- nginx's time: after our last update; after the loop's last update

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

---Returns the time of the last now(): enough within the same turn of the loop.
---@return number seconds
function clock.last() return latest end

---Call this where only a turn of the loop can have resumed the caller.
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
