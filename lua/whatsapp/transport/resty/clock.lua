-- nginx's clock, but it never goes back; and the time of the last turn of nginx's loop. In each turn, nginx checks its
-- connections once. Never waits.
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

---Returns the time of the last now(). Use it within the same turn of the loop: it costs less.
---@return number seconds
function clock.last() return latest end

---Notes that the loop has turned. Call it only where a turn of the loop has resumed the caller.
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
