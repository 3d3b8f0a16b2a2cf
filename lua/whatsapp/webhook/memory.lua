-- Which events were handled, so that none is handled twice: in the memory of this process, bounded in entries and time. A
-- store of many processes has the same three functions, each atomic. Never blocks, reads no event.
local store = {}

---@class whatsapp.webhook_store
---@field begin fun(self, key: string, ttl: number): integer?, string? the how manieth attempt this is; nil: it is handled;
---nil and "busy": somebody is at it
---@field done fun(self, key: string) it is handled, and stays so for ttl seconds
---@field forget fun(self, key: string) it failed: the next begin gets it, and the count goes on

local memory = {}
memory.__index = memory

-- the entries in the order in which they came; one that came again since is not dropped
local function drop_first(self)
  local key, entry = self.keys[self.first], self.order[self.first]
  self.keys[self.first], self.order[self.first] = nil, nil
  self.first = self.first + 1
  if self.entries[key] == entry then self.entries[key] = nil end
end

local function is_over(entry, now)
  return now >= entry.till
end

local function add(self, key, entry)
  local now = self.now()
  while self.first <= self.last and (self.last - self.first + 1 >= self.max or is_over(self.order[self.first], now)) do
    drop_first(self)
  end
  self.last = self.last + 1
  self.keys[self.last], self.order[self.last], self.entries[key] = key, entry, entry
end

function memory:begin(key, ttl)
  local now, entry = self.now(), self.entries[key]
  if entry and is_over(entry, now) then entry = nil end
  if entry and entry.state == "done" then return nil end
  if entry and entry.state == "busy" and now < entry.busy_till then return nil, "busy" end
  if not entry then
    entry = { count = 0, till = now + ttl }
    add(self, key, entry)
  end
  entry.state, entry.count, entry.busy_till = "busy", entry.count + 1, now + self.claim
  return entry.count
end

function memory:done(key)
  local entry = self.entries[key]
  if entry then entry.state = "done" end
end

function memory:forget(key)
  local entry = self.entries[key]
  if entry then entry.state = "failed" end
end

---@param options { max: integer?, claim: number?, now: (fun(): number)? }? max: entries, 100,000 if absent; claim: seconds
---after which who began and never ended is given up, 300 if absent; now: the clock, os.time if absent
---@return whatsapp.webhook_store
function store.memory(options)
  options = options or {}
  return setmetatable({
    max = options.max or 100000, claim = options.claim or 300, now = options.now or os.time,
    entries = {}, keys = {}, order = {}, first = 1, last = 0,
  }, memory)
end

return store
