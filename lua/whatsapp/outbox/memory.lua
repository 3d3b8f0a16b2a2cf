-- A store of the outbox in the memory of this process, for tests, games and boards. When the process ends, all entries are
-- lost. The functions follow the contract of a store (README.md of this folder). Never waits.
local options_of = require "whatsapp.util.options"
local queue = require "whatsapp.util.queue"
local states = require "whatsapp.outbox.states"
local values = require "whatsapp.util.values"

local memory = {}

---@class whatsapp.outbox.memory: whatsapp.outbox.store
local Store = {}
Store.__index = Store
Store.__name = "whatsapp.outbox.memory"

-- ---- lanes: lists of the unfinished and unknown entries of a recipient, in the order of their puts ------------------------

-- Returns the entry of a lane that may be claimed next, or nil. With hold_unknown, an unknown entry holds the entries after it.
local function head_of(lane, hold_unknown)
  if lane.in_flight > 0 then return nil end
  for _, entry in ipairs(lane) do
    if entry.state == "queued" then return entry end
    if hold_unknown then return nil end
  end
end

-- Puts the head of a lane into the heap self.due, which claim reads. The heap may have an old or a double entry: so claim
-- checks each entry again.
local function offer(self, lane)
  local entry = head_of(lane)
  if entry then self.due:push { wakes = entry.due, entry = entry } end
end

local function lane_of(self, entry)
  local lane = self.lanes[entry.lane]
  if not lane then
    lane = { in_flight = 0 }
    self.lanes[entry.lane] = lane
  end
  return lane
end

-- puts an entry into its lane; returns the lane
local function enter(self, entry)
  local lane = lane_of(self, entry)
  local at = #lane + 1
  while at > 1 and lane[at - 1].seq > entry.seq do at = at - 1 end
  table.insert(lane, at, entry)
  return lane
end

-- removes an entry from its lane
local function leave(self, entry)
  local lane = lane_of(self, entry)
  for at, other in ipairs(lane) do
    if other == entry then
      table.remove(lane, at)
      break
    end
  end
  if #lane == 0 then self.lanes[entry.lane] = nil end
end

-- Changes the state of an entry, and the counts and the lane with it. No other code may change a state.
local function move(self, entry, state)
  local lane, before = lane_of(self, entry), entry.state
  self.counted[before] = self.counted[before] - 1
  self.counted[state] = self.counted[state] + 1
  if states.LEASED[before] then lane.in_flight = lane.in_flight - 1 end
  if states.LEASED[state] then lane.in_flight = lane.in_flight + 1 end
  self.leased[entry] = states.LEASED[state]
  entry.state = state
  if states.FINISHED[state] then
    entry.ended = self.now()
    leave(self, entry)
  end
  offer(self, lane)
end

-- ---- the contract ---------------------------------------------------------------------------------------------------------

-- stores an entry; returns the result and the stamp that is stored
local function put_one(self, entry, now)
  local there = self.entries[entry.key]
  if there then
    local is_same = there.body == entry.body and (not entry.fixed or there.stamp == entry.stamp)
    return is_same and "same" or "other", there.stamp
  end
  if self.stamps[entry.stamp] then return "stamp", entry.stamp end
  self.last = self.last + 1
  local due = entry.due or now
  local kept = {
    key = entry.key, stamp = entry.stamp, lane = entry.lane, body = entry.body, state = "queued", seq = self.last, fence = 0,
    attempts = 0, made = now, due = due, expires = entry.ttl and math.max(due, now) + entry.ttl or nil, rank = 0,
  }
  self.entries[entry.key], self.stamps[entry.stamp], self.by_seq[self.last] = kept, kept, kept
  self.counted.queued = self.counted.queued + 1
  local lane = enter(self, kept)
  if #lane == 1 or head_of(lane) == kept then offer(self, lane) end
  return "new", entry.stamp
end

function Store:put(entries)
  local results, stamps, now = {}, {}, self.now()
  for i, entry in ipairs(entries) do results[i], stamps[i] = put_one(self, entry, now) end
  return results, stamps
end

local function is_over(entry, now) return entry.expires ~= nil and entry.expires <= now end

-- claims an entry; returns nil if the entry has expired
local function claim_one(self, entry, now, lease)
  if is_over(entry, now) then
    move(self, entry, "expired")
    return nil
  end
  entry.fence = entry.fence + 1
  entry.lease = now + lease
  move(self, entry, "claimed")
  return {
    key = entry.key, stamp = entry.stamp, lane = entry.lane, body = entry.body, fence = entry.fence, attempts = entry.attempts,
  }
end

function Store:claim(n, lease, hold_unknown)
  local now, claimed, due = self.now(), {}, self.due
  while #claimed < n and due[1] and due[1].wakes <= now do
    local entry = due:pop().entry
    local lane = self.lanes[entry.lane]
    if entry.state == "queued" and entry.due <= now and lane and head_of(lane, hold_unknown) == entry then
      claimed[#claimed + 1] = claim_one(self, entry, now, lease)
    end
  end
  return claimed
end

-- returns true if the entry may be sent; its lease then begins anew
local function start_one(self, mark, now, lease)
  local entry = self.entries[mark.key]
  if not entry or entry.fence ~= mark.fence or not states.LEASED[entry.state] then return false end
  if is_over(entry, now) and entry.state == "claimed" then
    move(self, entry, "expired")
    return false
  end
  entry.lease = now + lease
  move(self, entry, "sending")
  return true
end

function Store:start(marks, lease)
  local started, now = {}, self.now()
  for i, mark in ipairs(marks) do started[i] = start_one(self, mark, now, lease) end
  return started
end

-- Records an outcome. Returns true if it is recorded, also if it was recorded before: a sender repeats a list whose answer was
-- lost.
local function finish_one(self, outcome, now)
  local entry = self.entries[outcome.key]
  if not entry or entry.fence ~= outcome.fence then return false end
  if entry.state == outcome.state then return true end
  if not states.FINISHABLE[entry.state] then return false end
  entry.id, entry.error = outcome.id or entry.id, outcome.error
  entry.attempts = outcome.attempts or entry.attempts
  if outcome.state == "queued" then entry.due = now + (outcome.delay or 0) end
  move(self, entry, outcome.state)
  return true
end

function Store:finish(outcomes)
  local finished, now = {}, self.now()
  for i, outcome in ipairs(outcomes) do finished[i] = finish_one(self, outcome, now) end
  return finished
end

function Store:sweep()
  local now, counts, over = self.now(), { queued = 0, unknown = 0 }, {}
  for entry in pairs(self.leased) do
    if entry.lease <= now then over[#over + 1] = entry end
  end
  for _, entry in ipairs(over) do
    local state = entry.state == "claimed" and "queued" or "unknown"
    if state == "unknown" then entry.error = "the sender did not finish: the message may have been sent" end
    counts[state] = counts[state] + 1
    move(self, entry, state)
  end
  for key, ends in pairs(self.ends) do
    if ends <= now then self.ends[key] = nil end
  end
  return counts.queued, counts.unknown
end

function Store:settle(stamp, id, status, time, err)
  local entry = self.stamps[stamp]
  if not entry or entry.state == "failed" then return false end
  local rank = states.rank(status)
  if rank > entry.rank then entry.rank, entry.status, entry.status_time = rank, status, time end
  entry.id = id or entry.id
  if entry.state ~= "accepted" then
    entry.error = nil
    move(self, entry, "accepted")
  end
  entry.error = err or entry.error
  return entry.state
end

function Store:get(key)
  local entry = self.entries[key]
  return entry and values.copy(entry) or false
end

function Store:list(options)
  local found, at = {}, options.after or 0
  while at < self.last and #found < options.limit do
    at = at + 1
    local entry = self.by_seq[at]
    if entry and (not options.state or entry.state == options.state) then found[#found + 1] = values.copy(entry) end
  end
  return found
end

function Store:counts()
  local now, oldest = self.now(), 0
  for _, lane in pairs(self.lanes) do
    for _, entry in ipairs(lane) do
      if entry.state == "queued" then oldest = math.max(oldest, now - entry.due) end
    end
  end
  return values.copy(self.counted), oldest
end

function Store:resolve(key, word)
  local entry = self.entries[key]
  if not entry or entry.state ~= "unknown" then return false end
  if word == "again" then
    entry.due, entry.error = self.now(), nil
    move(self, entry, "queued")
  else
    entry.error = "dropped"
    move(self, entry, "failed")
  end
  return true
end

function Store:purge(age, n)
  local before, count = self.now() - age, 0
  for seq = self.first, self.last do
    local entry = self.by_seq[seq]
    if count >= n then break end
    if entry and states.FINISHED[entry.state] and entry.ended <= before then
      self.entries[entry.key], self.stamps[entry.stamp], self.by_seq[seq] = nil, nil, nil
      self.counted[entry.state] = self.counted[entry.state] - 1
      count = count + 1
    end
  end
  while self.first <= self.last and not self.by_seq[self.first] do self.first = self.first + 1 end
  return count
end

function Store:take_all(asks)
  local waits, now = {}, self.now()
  for i, ask in ipairs(asks) do
    local wait, ends = states.place(self.ends[ask.key], now, ask)
    waits[i] = wait
    if ends then self.ends[ask.key] = ends end
  end
  return waits
end

function Store:take(key, _, interval, burst, at_most)
  return self:take_all({ { key = key, interval = interval, burst = burst, at_most = at_most } })[1]
end

function Store:close() self.closed = true end

-- ---- making one -----------------------------------------------------------------------------------------------------------

-- returns a clock of seconds since 1970; in nginx or with whatsapp.curl, the clock has fractions of a second
local function clock()
  local ngx = rawget(_G, "ngx")
  if type(ngx) == "table" and ngx.now then return ngx.now end
  local ok, curl = pcall(require, "whatsapp.curl")
  if not ok then return os.time end
  local base = os.time() - curl.now()
  return function() return base + curl.now() end
end

---Makes a store in the memory of this process.
---@param options { now: (fun(): number)? }? now: a clock in seconds since 1970; if absent, the machine's clock
---@return whatsapp.outbox.memory store
function memory.new(options)
  local checked = options_of.check(options, { now = "callable" }, 2)
  local counted = {}
  for _, state in ipairs(states.ALL) do counted[state] = 0 end
  return setmetatable({
    now = checked.now or clock(), entries = {}, stamps = {}, lanes = {}, by_seq = {}, first = 1, last = 0, ends = {},
    leased = {}, due = queue.heap(), counted = counted, closed = false,
  }, Store)
end

return memory
