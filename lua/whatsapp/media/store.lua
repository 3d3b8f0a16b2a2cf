-- Which content was uploaded under which id, so that none is uploaded twice: in the memory of this process, bounded in
-- entries and time. A store of many processes has the same three functions; an nginx shared dictionary has them.
local store = {}

---@class whatsapp.media_store
---@field get fun(self: any, key: string): string? id
---@field set fun(self: any, key: string, id: string, ttl: number) it is forgotten after ttl seconds
---@field delete fun(self: any, key: string)

local Memory = {}
Memory.__index = Memory

function Memory:get(key)
  local entry = self.entries[key]
  if entry == nil then return nil end
  if self.now() < entry.till then return entry.id end
  self:delete(key)
end

-- what is over goes first, then whatever would have been over soonest
local function make_room(self)
  local now, soonest = self.now(), nil
  for key, entry in pairs(self.entries) do
    if entry.till <= now then self:delete(key)
    elseif soonest == nil or entry.till < self.entries[soonest].till then soonest = key end
  end
  if self.count >= self.max then self:delete(soonest) end
end

function Memory:set(key, id, ttl)
  if self.entries[key] == nil then
    if self.count >= self.max then make_room(self) end
    self.count = self.count + 1
  end
  self.entries[key] = { id = id, till = self.now() + ttl }
end

function Memory:delete(key)
  if self.entries[key] == nil then return end
  self.entries[key] = nil
  self.count = self.count - 1
end

---@param options { max: integer?, now: (fun(): number)? }? max: entries, 1,000 if absent; now: the clock, os.time if absent
---@return whatsapp.media_store
function store.memory(options)
  options = options or {}
  return setmetatable({ entries = {}, count = 0, max = options.max or 1000, now = options.now or os.time }, Memory)
end

return store
