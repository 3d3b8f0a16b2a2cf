-- Keeps two limits of the API: how many messages a second one phone number sends, and how many messages one recipient gets. The
-- algorithm is GCRA. For each key (a phone number or a recipient), time is divided into places; a place is one interval of
-- time. Before an attempt, a message takes the next place of each limit. A message may leave `burst - 1` intervals before its
-- place begins: so `burst` messages may leave at once, and after them one message in each interval.
--
-- A store keeps, for each key, the time at which its last place ends. The default store is in the memory of this process;
-- another store needs only the method take(). This file never reads the content of a message, and never waits itself.
local values = require "whatsapp.util.values"

local limits = {}

---@class whatsapp.limits
---@field throughput number? messages that each phone number may send in a second, 80 if absent; some numbers may send up to
---1,000
---@field pair { interval: number, burst: integer }|false? `burst` messages to one recipient may leave at once; after them, one
---message in `interval` seconds; {interval = 6, burst = 45} if absent; false: no limit for a recipient
---@field max_wait number? the largest number of seconds that the limits may delay a message; if a message must wait longer, it
---fails, and details.retry_after has the seconds. If absent: a call that sends one message uses the total of `retry`, or 30
---seconds; client:each and client:sequence have no bound
---@field window integer? the largest number of messages that wait in client:each at the same time, 1,024 if absent
---@field store whatsapp.limiter_store? keeps the places that were taken; the memory of this process if absent

---@class whatsapp.limiter_store
---@field take fun(self: any, key: string, now: number, interval: number, burst: integer, at_most: number?): number?, string?
---takes the next place of the key, and returns the seconds that the message must wait. There is one place in each `interval`
---seconds; `burst` messages may leave at once. If the wait is longer than `at_most`, take returns the wait, but takes no place.
---After a failure, take returns nil and an error string. take must be atomic for all processes that share the store. It may
---yield. The store may forget a key after the last place of the key has ended.

local THROUGHPUT, PAIR, WINDOW = 80, { interval = 6, burst = 45 }, 1024
local AT_ONCE = 10 -- a tenth of the messages of one second may leave at once

-- ---- the store in the memory of this process ------------------------------------------------------------------------------

local Store = {}
Store.__index = Store

local FEW = 64

-- Removes the keys whose last place has ended: these keys delay no message. `kept` is the number of keys after the last sweep.
-- The next sweep runs when more than kept + FEW keys were added. This table costs less than util/expiring, because the value of
-- a key is also the time at which the key expires. A message to a new recipient takes 2,700 instructions of user mode here, and
-- 14,300 with util/expiring; a message to a known recipient takes 1,100 here, and 1,400 with util/expiring.
local function sweep(self, now)
  self.kept, self.taken = 0, 0
  for key, ends in pairs(self.ends) do
    if ends <= now then self.ends[key] = nil
    else self.kept = self.kept + 1 end
  end
end

-- Counts a new key. Returns now: the first place of a new key begins now.
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

---Makes the default store.
---@return whatsapp.limiter_store store in the memory of this process
function limits.store()
  return setmetatable({ ends = {}, kept = 0, taken = 0 }, Store)
end

-- ---- the steps ------------------------------------------------------------------------------------------------------------

local function not_taken(err, retry_after)
  return nil, err, { kind = "transport", retryable = true, may_have_been_sent = false, retry_after = retry_after }
end

local function too_long(wait, at_most)
  return not_taken(("the API's limits allow this message in %.0f seconds, but it may wait only %.0f (option limiter.max_wait)")
    :format(math.ceil(wait), at_most), wait)
end

-- Calls a user's store, which may yield, may raise, and may return any value. Returns the seconds, or nil and an error.
local function take_from(store, delivery, ...)
  local ok, wait, err = delivery:call(store.take, store, ...)
  if ok and type(wait) == "number" and wait < math.huge then return wait end -- NaN is not less than any number
  if ok and err == nil then err = ("the store returned %s, not the seconds to wait"):format(values.text_of(wait)) end
  return nil, "the limits could not be checked: " .. values.text_of(ok and err or wait)
end

-- returns the seconds that the message may still wait: max_wait less the seconds that it has waited; nil: no limit
local function most_of(delivery)
  local most, waited = delivery.plan.max_wait, delivery.waited
  if most and waited then return math.max(0, most - waited) end
  return most
end

-- Notes that the message waits. Returns the seconds; or nil, err, details if the message may not wait so long.
local function held(delivery, wait, most)
  if most and wait > most then return too_long(wait, most) end
  delivery:note("waited", (delivery.waited or 0) + wait)
  return wait
end

-- Returns the step of a limit whose places are in the memory of this process. The step takes a place, and returns the seconds
-- that the message must wait; or nil, err, details. Each phone number has its own store: else each message would need a key
-- that is made of two strings.
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
    if ends - ahead <= now then -- take() does the same; without the call, a message costs 1 % less
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
---send/delivery; ordered: a message waits until the messages before it to the same recipient have an outcome
function limits.new(options)
  options = options or {}
  local rate = options.throughput or THROUGHPUT
  local pair = options.pair == nil and PAIR or options.pair
  local rows = { { interval = 1 / rate, burst = math.max(1, math.floor(rate / AT_ONCE)) } }
  if pair then table.insert(rows, 1, { is_pair = true, interval = pair.interval, burst = pair.burst }) end
  local steps = {}
  rows.number, rows.pair = rows[#rows], pair and rows[1] or nil -- for the outbox, which keeps the places in its store
  for i, limit in ipairs(rows) do
    steps[i] = options.store and step_over(options.store, limit) or own_step(limit)
  end
  return {
    steps = steps, rows = rows, window = options.window or WINDOW, ordered = options.pair ~= false, max_wait = options.max_wait,
  }
end

limits.WINDOW = WINDOW

return limits
