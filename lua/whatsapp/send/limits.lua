-- Two limits of the API, as virtual time (GCRA): the messages a second of one phone number, and the messages to one recipient.
-- A recipient may get a burst of messages; after the burst, the next message waits longer. Each limit is a step before an
-- attempt. A store keeps the places that were taken: by default in the memory of this process. Another store needs only the
-- method take(). Never refuses a message for its content; never waits itself.
local values = require "whatsapp.util.values"

local limits = {}

---@class whatsapp.limits
---@field throughput number? messages a second of each phone number, 80 if absent; the API allows some numbers up to 1,000
---@field pair { interval: number, burst: integer }|false? `burst` messages to one recipient may leave at once; after them, one
---message in `interval` seconds; {interval = 6, burst = 45} if absent; false: no limit for a recipient
---@field max_wait number? the longest delay of one message by the limits, in seconds; if a message must wait longer, it
---fails with .retry_after. If absent: the total of `retry` for a call that sends one message (30 without retries); no bound
---for each and sequence
---@field window integer? messages that client:each keeps waiting at most, 1,024 if absent
---@field store whatsapp.limiter_store? keeps the places that were taken; the memory of this process if absent

---@class whatsapp.limiter_store
---@field take fun(self: any, key: string, now: number, interval: number, burst: integer, at_most: number?): number?, string?
---takes the next place of the key: there is one place every `interval` seconds, and `burst` places may be taken at once.
---Returns the seconds until the place. If these are more than `at_most`, it takes no place, and returns the seconds too. If it
---fails, it returns nil and an error string. It must be atomic for all processes that share the store; it may yield; it may
---forget a key after the time of the last place.

local THROUGHPUT, PAIR, WINDOW = 80, { interval = 6, burst = 45 }, 1024
local AT_ONCE = 10 -- the messages of a tenth of a second may leave at once

-- ---- the store in the memory of this process ------------------------------------------------------------------------------

local Store = {}
Store.__index = Store

local FEW = 64

-- Removes the keys whose last place is in the past: they delay no message. Runs when as many keys were added as were kept the
-- last time.
local function sweep(self, now)
  self.kept, self.taken = 0, 0
  for key, ends in pairs(self.ends) do
    if ends <= now then self.ends[key] = nil
    else self.kept = self.kept + 1 end
  end
end

-- Counts a new key. Returns the time at which its last place ended: now.
local function add_key(self, now)
  self.taken = self.taken + 1
  if self.taken > self.kept + FEW then sweep(self, now) end
  return now
end

function Store:take(key, now, interval, burst, at_most)
  local all = self.ends
  local ends = all[key] or add_key(self, now)
  if ends < now then ends = now end
  local wait = ends - (burst - 1) * interval - now
  if at_most and wait > at_most then return wait end
  all[key] = ends + interval
  return wait > 0 and wait or 0
end

local take = Store.take

---@return whatsapp.limiter_store store in the memory of this process
function limits.store()
  return setmetatable({ ends = {}, kept = 0, taken = 0 }, Store)
end

-- ---- the steps ------------------------------------------------------------------------------------------------------------

local function not_taken(err, retry_after)
  return nil, err, { kind = "transport", retryable = true, may_have_been_sent = false, retry_after = retry_after }
end

local function too_long(wait, at_most)
  return not_taken(("the API's limits allow this in %.0f seconds, but it may wait only %.0f (option limiter.max_wait)")
    :format(math.ceil(wait), at_most), wait)
end

-- A user's store may yield, may raise, and may return any value.
local function take_from(store, delivery, ...)
  local ok, wait, err = delivery:call(store.take, store, ...)
  if ok and type(wait) == "number" then return wait end
  return nil, "the limits could not be checked: " .. values.text_of(ok and err or wait)
end

-- returns the rest of max_wait, in seconds
local function most_of(delivery)
  local most, waited = delivery.plan.max_wait, delivery.waited
  if most and waited then return math.max(0, most - waited) end
  return most
end

-- The place is later: returns the seconds until then, or nil, err, details.
local function held(delivery, wait, most)
  if most and wait > most then return too_long(wait, most) end
  delivery:note("waited", (delivery.waited or 0) + wait)
  return wait
end

-- Returns the step of a limit whose places are in the memory of this process. The step returns the seconds to wait for a place,
-- or nil, err, details. Each phone number has a separate store: so the code builds no key from two strings.
local function own_step(limit)
  local stores, is_pair, interval, burst = {}, limit.is_pair, limit.interval, limit.burst
  local ahead = (burst - 1) * interval
  return function(delivery, now)
    local to, key = delivery.plain_to, delivery.state.phone_number_id
    if not to then return 0 end -- the request is not a message
    local store = stores[key]
    if not store then
      store = limits.store()
      stores[key] = store
    end
    if is_pair then key = to end
    local all = store.ends
    local ends = all[key] or add_key(store, now)
    if ends - ahead <= now then -- the same as in take(), without the call: saves 1 % of the cost of a message
      all[key] = (ends < now and now or ends) + interval
      return 0
    end
    local most = most_of(delivery)
    local wait = take(store, key, now, interval, burst, most)
    if wait == 0 then return 0 end
    return held(delivery, wait, most)
  end
end

-- Returns the step of a limit whose places are in a user's store.
local function step_over(store, limit)
  return function(delivery, now)
    local to, number, most = delivery.plain_to, delivery.state.phone_number_id, most_of(delivery)
    if not to then return 0 end
    local key = limit.is_pair and ("pair:%s:%s"):format(number, to) or "number:" .. number
    local wait, err = take_from(store, delivery, key, now, limit.interval, limit.burst, most)
    if not wait then return not_taken(err) end
    if wait <= 0 then return 0 end
    return held(delivery, wait, most)
  end
end

---@param options whatsapp.limits?
---@return { steps: function[], rows: table, window: integer, ordered: boolean, max_wait: number? } limiter steps for
---send/delivery; ordered: messages to one recipient wait for each other
function limits.new(options)
  options = options or {}
  local rate = options.throughput or THROUGHPUT
  local pair = options.pair == nil and PAIR or options.pair
  local rows = { { interval = 1 / rate, burst = math.max(1, math.floor(rate / AT_ONCE)) } }
  if pair then table.insert(rows, 1, { is_pair = true, interval = pair.interval, burst = pair.burst }) end
  local steps = {}
  rows.number, rows.pair = rows[#rows], pair and rows[1] or nil -- for the outbox: it keeps the places in its own store
  for i, limit in ipairs(rows) do
    steps[i] = options.store and step_over(options.store, limit) or own_step(limit)
  end
  return {
    steps = steps, rows = rows, window = options.window or WINDOW, ordered = options.pair ~= false, max_wait = options.max_wait,
  }
end

limits.WINDOW = WINDOW

return limits
