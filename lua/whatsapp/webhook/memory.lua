-- Remembers handled events, so that no event is handled twice. The memory is in this process; the number of entries and their
-- life are bounded. A store for several processes has the same three functions, and each function must be atomic. Never waits,
-- and never reads an event: it gets only the event's key.
local expiring = require "whatsapp.util.expiring"

local store = {}

---@class whatsapp.webhook_store
---@field begin fun(self, key: string, ttl: number): integer?, string? returns the attempt number, from 1; nil: the event was
---handled before; nil and "busy": another request handles the event now
---@field done fun(self, key: string) called after the event was handled or given up: the store remembers it for ttl seconds
---@field forget fun(self, key: string) called after the event failed: the next begin returns the next attempt number
---@field forgotten integer? number of events that were dropped too early, because the store was full; the handler reports this
---number to on_error
---@field forget_error string? an error about the dropped events; the handler reports each new one to on_error

---@class whatsapp.webhook_memory: whatsapp.webhook_store
local Memory = {}
Memory.__index = Memory

local DONE = "done" -- replaces the table of an attempt, to save memory: most events are done

function Memory:begin(key, ttl)
  local now = self.now()
  local attempt = self.events:get(key, now)
  if attempt == DONE then return nil end
  if attempt and now < attempt.busy_until then return nil, "busy" end
  if not attempt then
    attempt = { count = 0 }
    self.events:set(key, attempt, ttl, now)
    self.forgotten = self.events.forgotten
  end
  attempt.count, attempt.busy_until = attempt.count + 1, now + self.claim
  return attempt.count
end

function Memory:done(key)
  local now = self.now()
  local attempt, expires = self.events:get(key, now)
  if attempt then self.events:set(key, DONE, expires - now, now) end
end

function Memory:forget(key)
  local attempt = self.events:get(key)
  if attempt and attempt ~= DONE then attempt.busy_until = 0 end
end

---@class whatsapp.webhook_memory_options: whatsapp.expiring_options
---@field claim number? the seconds after which an event that has not ended may begin again, 300 if absent; an event ends with
---`done` or `forget`

---Makes a store in the memory of this process.
---@param options whatsapp.webhook_memory_options? max: events, 100,000 if absent
---@return whatsapp.webhook_memory
function store.memory(options)
  options = options or {}
  local now = options.now or os.time
  local self = setmetatable({ claim = options.claim or 300, now = now, forgotten = 0 }, Memory)
  self.events = expiring.new { max = options.max or 100000, now = now, on_forget = options.on_forget, owner = self }
  return self
end

return store
