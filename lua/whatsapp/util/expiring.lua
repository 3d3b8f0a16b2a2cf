-- A memory with a limit: keeps at most `max` entries. An entry is a value with a key, and expires after a time. If the memory is
-- full, a new key takes the place of the entry that would expire first, and the memory calls `on_forget` with the key and the
-- value of that entry. Never waits, and never reads a value.
local show = require "whatsapp.util.show"

---@class whatsapp.expiring: whatsapp.media_store
---@field count integer number of entries; some of them may have expired
---@field forgotten integer number of entries that were dropped before they expired
---@field forget_error string? the last error that on_forget raised
local Expiring = {}
Expiring.__index = Expiring

local expiring = {}

-- ---- the heap: its first entry has the earliest DUE -------------------------------------------------------------------
-- EXPIRES is the time at which an entry expires. DUE is the time by which the heap is sorted; DUE is never later than EXPIRES.
-- If an entry gets a longer life, set() changes only EXPIRES, because to sort the heap costs more. When the entry is at the top
-- of the heap, first() changes DUE too, and moves the entry down. NUMBER counts the entries from the oldest: if two entries have
-- the same DUE, the older entry goes first. AT is the position in the heap. An entry is a list, because a list needs 150 bytes,
-- and a table with names would need 250.

local KEY, VALUE, EXPIRES, DUE, NUMBER, AT = 1, 2, 3, 4, 5, 6

local function is_before(a, b)
  if a[DUE] ~= b[DUE] then return a[DUE] < b[DUE] end
  return a[NUMBER] < b[NUMBER]
end

local function put(heap, entry, at)
  heap[at], entry[AT] = entry, at
end

local function move_up(heap, entry, at)
  while at > 1 do
    local half = (at - at % 2) / 2
    if not is_before(entry, heap[half]) then break end
    put(heap, heap[half], at)
    at = half
  end
  put(heap, entry, at)
end

local function move_down(heap, count, entry, at)
  while at * 2 <= count do
    local child = at * 2
    if child < count and is_before(heap[child + 1], heap[child]) then child = child + 1 end
    if not is_before(heap[child], entry) then break end
    put(heap, heap[child], at)
    at = child
  end
  put(heap, entry, at)
end

-- removes an entry; the last entry of the heap takes its place, and moves up or down from there
local function remove(self, entry)
  local heap, at, last = self.heap, entry[AT], self.heap[self.count]
  heap[self.count] = nil
  self.entries[entry[KEY]] = nil
  self.count = self.count - 1
  if last == entry then return end
  move_up(heap, last, at)
  move_down(heap, self.count, last, last[AT])
end

-- Returns the entry that expires first. To find it, moves down each entry at the top that has got a longer life.
local function first(self)
  local heap = self.heap
  local entry = heap[1]
  while entry and entry[DUE] < entry[EXPIRES] do
    entry[DUE] = entry[EXPIRES]
    move_down(heap, self.count, entry, 1)
    entry = heap[1]
  end
  return entry
end

local function drop(self, entry)
  remove(self, entry)
  if self.on_drop then self.on_drop(entry[KEY], entry[VALUE]) end
end

-- Drops expired entries, but at most two, so that one call never takes long. If the memory is still full, also drops the entry
-- that would expire first, and returns this entry.
local function make_room(self, now)
  for _ = 1, 2 do
    local entry = self.heap[1]
    if not entry or entry[DUE] > now then break end
    entry = first(self)
    if entry[EXPIRES] > now then break end
    drop(self, entry)
  end
  if self.count < self.max then return nil end
  local entry = first(self)
  drop(self, entry)
  return entry
end

-- ---- the memory --------------------------------------------------------------------------------------------------------

---@param key any
---@param now number? the present time in seconds; the memory's clock if absent
---@return any value nil if there is no entry with this key, or if it has expired
---@return number? expires the time at which the entry expires
function Expiring:get(key, now)
  local entry = self.entries[key]
  if not entry or entry[EXPIRES] <= (now or self.now()) then return nil end
  return entry[VALUE], entry[EXPIRES]
end

local function change(self, entry, value, expires)
  entry[VALUE], entry[EXPIRES] = value, expires
  if expires >= entry[DUE] then return end
  entry[DUE] = expires
  move_up(self.heap, entry, entry[AT])
end

---Keeps a value for `ttl` seconds; replaces the earlier value of this key. If the key is new and the memory is full, drops the
---entry that would expire first, adds 1 to `forgotten`, and calls `on_forget`.
---@param key any
---@param value any not nil
---@param ttl number seconds
---@param now number? the present time in seconds; the memory's clock if absent
function Expiring:set(key, value, ttl, now)
  now = now or self.now()
  local entry = self.entries[key]
  if entry then return change(self, entry, value, now + ttl) end
  local forgotten = make_room(self, now)
  self.number = self.number + 1
  entry = { key, value, now + ttl, now + ttl, self.number, 0 }
  self.count = self.count + 1
  self.entries[key] = entry
  move_up(self.heap, entry, self.count)
  if not forgotten then return end
  self.forgotten = self.forgotten + 1
  if not self.on_forget then return end
  local ok, err = pcall(self.on_forget, forgotten[KEY], forgotten[VALUE])
  if not ok then self.owner.forget_error = show.value(err) end
end

---@param key any
function Expiring:delete(key)
  local entry = self.entries[key]
  if entry then remove(self, entry) end
end

---@class whatsapp.expiring_options
---@field max integer? largest number of entries; no bound if absent
---@field now (fun(): number)? a clock in seconds, os.time if absent
---@field on_forget (fun(key: any, value: any))? called with each entry that is dropped before it expires, because the memory is
---full; if on_forget raises, the entry is still dropped, and forget_error of the memory has the error
---@field owner table? only for code of this library: the table that gets forget_error in place of the memory
---@field on_drop (fun(key: any, value: any))? called with each entry that is dropped, because it has expired or the memory is
---full; delete() does not call on_drop. Only for code of this library: whatsapp.media.store and whatsapp.webhook.memory_store
---refuse this option

---@param options whatsapp.expiring_options?
---@return whatsapp.expiring
function expiring.new(options)
  options = options or {}
  local self = setmetatable({
    max = options.max or math.huge, now = options.now or os.time, on_forget = options.on_forget,
    on_drop = options.on_drop, owner = options.owner,
    entries = {}, heap = {}, count = 0, number = 0, forgotten = 0,
  }, Expiring)
  self.owner = self.owner or self
  return self
end

return expiring
