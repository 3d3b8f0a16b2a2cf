-- Replaces nginx's lua_shared_dict in specs: has the functions that the stores call, a clock that the spec moves, and room for a fixed
-- number of entries. spec/shared_spec.lua does the same steps here and in nginx, and compares the results.
local M = {}

local Dict = {}
Dict.__index = Dict

-- moves an entry to the front of the order: the entry that was used last comes first
local function used(self, name)
  for i, other in ipairs(self.order) do
    if other == name then
      table.remove(self.order, i)
      break
    end
  end
  table.insert(self.order, 1, name)
end

local function remove(self, name)
  self.entries[name] = nil
  for i, other in ipairs(self.order) do
    if other == name then return table.remove(self.order, i) end
  end
end

local function is_over(self, entry)
  return entry.till ~= nil and entry.till < self.clock.ms
end

local function living(self, name)
  local entry = self.entries[name]
  if not entry or is_over(self, entry) then return nil end
  used(self, name)
  return entry
end

local function till(self, seconds)
  return seconds and seconds > 0 and self.clock.ms + math.floor(seconds * 1000) or nil
end

-- Makes room for one more entry: removes the last entry if it has expired; with `by_force`, removes it in any case. Returns true, and
-- whether an entry was removed that had not expired; nil: there is no room.
local function room(self, by_force)
  local forcible = false
  while #self.order >= self.capacity do
    local last = self.order[#self.order]
    if not is_over(self, self.entries[last]) then
      if not by_force then return nil end
      forcible = true
    end
    remove(self, last)
  end
  return true, forcible
end

local function insert(self, name, value, seconds, by_force)
  if self.entries[name] then remove(self, name) end
  local found, forcible = room(self, by_force)
  if not found then return nil, "no memory", false end
  self.entries[name] = { value = value, till = till(self, seconds) }
  used(self, name)
  return true, nil, forcible
end

function Dict:get(name)
  local entry = living(self, name)
  return entry and entry.value
end

function Dict:add(name, value, seconds)
  if living(self, name) then return false, "exists", false end
  return insert(self, name, value, seconds, true)
end

function Dict:safe_add(name, value, seconds)
  if living(self, name) then return false, "exists", false end
  return insert(self, name, value, seconds, false)
end

function Dict:safe_set(name, value, seconds)
  return insert(self, name, value, seconds, false)
end

function Dict:get_keys()
  local names = {}
  for name, entry in pairs(self.entries) do
    if not is_over(self, entry) then names[#names + 1] = name end
  end
  return names
end

function Dict:incr(name, by, init, seconds)
  local entry = living(self, name)
  if entry then
    entry.value = entry.value + by
    return entry.value, nil, false
  end
  if not init then return nil, "not found" end
  local made, problem, forcible = insert(self, name, init + by, seconds, true)
  return made and init + by, problem, forcible
end

function Dict:expire(name, seconds)
  local entry = living(self, name)
  if not entry then return nil, "not found" end
  entry.till = till(self, seconds)
  return true
end

function Dict:delete(name)
  if self.entries[name] then remove(self, name) end
  return true
end

function Dict:flush_expired()
  local count = 0
  for name, entry in pairs(self.entries) do
    if is_over(self, entry) then
      remove(self, name)
      count = count + 1
    end
  end
  return count
end

---@param capacity integer? the number of entries; 1000 if absent
---@return table dict, table ngx the functions of ngx that the stores call; its member ms is the clock, logged has the logged lines
function M.new(capacity)
  local clock = { ms = 1000, logged = {}, WARN = 5 }
  function clock.now() return clock.ms / 1000 end
  function clock.update_time() end
  function clock.log(_, ...) clock.logged[#clock.logged + 1] = table.concat { ... } end
  local dict = setmetatable({ entries = {}, order = {}, capacity = capacity or 1000, clock = clock }, Dict)
  clock.shared = { fake = dict }
  return dict, clock
end

return M
