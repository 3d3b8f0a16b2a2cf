-- A bounded list of what the sandbox keeps: entries with an id, the newest last, each with its bytes. Where it is full it
-- forgets the oldest entries, counts them, and tells on_forget. Never holds more than its bounds, and never looks into an entry.
local shelf = {}

---@class whatsapp.sandbox.shelf
---@field list table[] the entries, the newest last
---@field by_id table<string, table>
---@field bytes integer of all entries
local Shelf = {}
Shelf.__index = Shelf

local function remove_at(self, at)
  local entry = table.remove(self.list, at)
  self.by_id[entry.id] = nil
  self.bytes = self.bytes - self.sizes[entry]
  self.sizes[entry] = nil
  return entry
end

local function make_room(self)
  while #self.list > self.max or self.bytes > self.max_bytes do self.on_forget(remove_at(self, 1)) end
end

local function position(self, entry)
  for i, other in ipairs(self.list) do
    if other == entry then return i end
  end
end

---@param bytes integer
---@return boolean fits false: an entry with so many bytes cannot be kept, even alone
function Shelf:fits(bytes) return bytes <= self.max_bytes end

---@param entry table with a field `id`
---@param bytes integer that fit
function Shelf:put(entry, bytes)
  self.list[#self.list + 1], self.by_id[entry.id], self.sizes[entry] = entry, entry, bytes
  self.bytes = self.bytes + bytes
  make_room(self)
end

---Makes an entry that is kept the newest one, with another number of bytes.
---@param entry table
---@param bytes integer that fit
function Shelf:change(entry, bytes)
  remove_at(self, position(self, entry))
  self:put(entry, bytes)
end

---@param entry table
function Shelf:remove(entry) remove_at(self, position(self, entry)) end

---@param max integer entries
---@param max_bytes integer
---@param on_forget fun(entry: table) hears of each entry that is forgotten; must not raise
---@param list table[] where the entries go
---@param by_id table<string, table>? where they go by their ids
---@return whatsapp.sandbox.shelf
function shelf.new(max, max_bytes, on_forget, list, by_id)
  return setmetatable({
    max = max, max_bytes = max_bytes, on_forget = on_forget, list = list, by_id = by_id or {}, sizes = {}, bytes = 0,
  }, Shelf)
end

return shelf
