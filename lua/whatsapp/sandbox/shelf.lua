-- A bounded list of the sandbox's entries. Each entry has an id and a size in bytes; the newest entry is the last. A full shelf
-- removes its oldest entries, and calls on_forget for each. It never holds more bytes than max_bytes, nor more entries than nine
-- eighths of max.
local shelf = {}

---@class whatsapp.sandbox.shelf
---@field list table[] the entries, the newest last
---@field by_id table<string, table>
---@field bytes integer of all entries
local Shelf = {}
Shelf.__index = Shelf

local function drop(self, entry)
  if self.by_id[entry.id] == entry then self.by_id[entry.id] = nil end
  self.bytes = self.bytes - self.sizes[entry]
  self.sizes[entry] = nil
end

-- removes the oldest `count` entries in one pass
local function remove_first(self, count)
  local list, size = self.list, #self.list
  local gone = {}
  for i = 1, count do
    gone[i] = list[i]
    drop(self, list[i])
  end
  for i = 1, size do list[i] = list[i + count] end
  for _, entry in ipairs(gone) do self.on_forget(entry) end
end

-- Removes an eighth of a large list at once. A removal moves all other entries, which would be slow for each new entry.
local function make_room(self)
  local list, count, bytes = self.list, 0, self.bytes
  if #list > self.max + math.floor(self.max / 8) then count = #list - self.max end
  for i = 1, count do bytes = bytes - self.sizes[list[i]] end
  while bytes > self.max_bytes do
    count = count + 1
    bytes = bytes - self.sizes[list[count]]
  end
  if count > 0 then remove_first(self, count) end
end

---@param bytes integer
---@return boolean fits false: an entry of this size cannot be kept, even alone
function Shelf:fits(bytes) return bytes <= self.max_bytes end

---@param entry table with a field `id`
---@param bytes integer that fit
function Shelf:put(entry, bytes)
  self.list[#self.list + 1], self.by_id[entry.id], self.sizes[entry] = entry, entry, bytes
  self.bytes = self.bytes + bytes
  make_room(self)
end

---@param entry table
function Shelf:remove(entry)
  for i = #self.list, 1, -1 do
    if self.list[i] == entry then table.remove(self.list, i) end
  end
  drop(self, entry)
end

---Changes the size of an entry, and makes it the newest entry.
---@param entry table
---@param bytes integer that fit
function Shelf:change(entry, bytes)
  self:remove(entry)
  self:put(entry, bytes)
end

---@param max integer entries
---@param max_bytes integer
---@param on_forget fun(entry: table) called with each entry that is forgotten; must not raise
---@param list table[] the list for the entries
---@param by_id table<string, table>? the table for the entries by id
---@return whatsapp.sandbox.shelf
function shelf.new(max, max_bytes, on_forget, list, by_id)
  return setmetatable({
    max = max, max_bytes = max_bytes, on_forget = on_forget, list = list, by_id = by_id or {}, sizes = {}, bytes = 0,
  }, Shelf)
end

return shelf
