-- A shelf is a bounded list of a box: messages, files, uploads or deliveries. Each entry has an id and a size in bytes; the
-- newest entry is the last. A full shelf removes its oldest entries, and calls on_forget for each of them. After put(), a shelf
-- has at most max_bytes bytes, and at most nine eighths of `max` entries.
local shelf = {}

---@class whatsapp.sandbox.shelf
---@field list table[] the entries, the newest last
---@field by_id table<string, table> id -> entry
---@field bytes integer the bytes of all entries
local Shelf = {}
Shelf.__index = Shelf

-- forgets an entry, except its place in the list
local function drop(self, entry)
  if self.by_id[entry.id] == entry then self.by_id[entry.id] = nil end
  self.bytes = self.bytes - self.sizes[entry]
  self.sizes[entry] = nil
end

-- removes the `count` oldest entries in one pass over the list
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

-- Removes the oldest entries of a full shelf. A removal moves all other entries of the list. So the list may grow to nine eighths
-- of `max`, and then loses an eighth at once.
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
---@return boolean fits false: the shelf cannot keep an entry of this size, even alone
function Shelf:fits(bytes) return bytes <= self.max_bytes end

---Adds an entry as the newest one.
---@param entry table with a field `id`
---@param bytes integer its size; fits() returns true for it
function Shelf:put(entry, bytes)
  self.list[#self.list + 1], self.by_id[entry.id], self.sizes[entry] = entry, entry, bytes
  self.bytes = self.bytes + bytes
  make_room(self)
end

---Removes an entry. Does not call on_forget.
---@param entry table
function Shelf:remove(entry)
  for i = #self.list, 1, -1 do
    if self.list[i] == entry then table.remove(self.list, i) end
  end
  drop(self, entry)
end

---Changes the size of an entry, and makes it the newest entry.
---@param entry table
---@param bytes integer its new size; fits() returns true for it
function Shelf:change(entry, bytes)
  self:remove(entry)
  self:put(entry, bytes)
end

---@param max integer the bound of entries
---@param max_bytes integer the bound of bytes
---@param on_forget fun(entry: table) called with each entry that a full shelf removes; must not raise
---@param list table[] an empty list, which gets the entries
---@param by_id table<string, table>? an empty table, which gets the entries by id; a new one if absent
---@return whatsapp.sandbox.shelf shelf
function shelf.new(max, max_bytes, on_forget, list, by_id)
  return setmetatable({
    max = max, max_bytes = max_bytes, on_forget = on_forget, list = list, by_id = by_id or {}, sizes = {}, bytes = 0,
  }, Shelf)
end

return shelf
