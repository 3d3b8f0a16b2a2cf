-- The sender of an outbox: claims entries, and sends them over the transport of a client. The functions of the store take
-- lists: one call stores the changes of many entries. An item is a claimed entry with one attempt to send it; item.one is its
-- delivery (send/delivery), which takes the message from its request to its outcome. A run repeats five steps; turn() does the
-- steps 1 to 4:
--   1. record   finish() the entries whose attempt has ended
--   2. tend     sweep() the leases that are over, purge() old entries
--   3. refill   claim() the next entries, and take their places in the limits
--   4. launch   start() the entries that are due: the store sets them to `sending`, and after that the transport sends them
--   5. collect  wait for answers
--
-- The sender never sends an entry before the store has set it to `sending`. So after a crash, an entry that may have been sent is
-- `sending`, and an entry that is `claimed` was not sent. If the store fails, the sender still reads answers.
local core = require "whatsapp.core"
local decide = require "whatsapp.outbox.decide"
local delivery = require "whatsapp.send.delivery"
local observe = require "whatsapp.util.observe"
local show = require "whatsapp.util.show"
local single = require "whatsapp.send.single"
local values = require "whatsapp.util.values"

local sender = {}

local SOON = 1 -- seconds that a claimed entry may wait for its place in the limits; for a longer wait, it goes back to the queue
-- The at_most of a question that takes no place: each wait is longer than at_most, so the store only returns the wait. The limit
-- of a phone number allows the messages of 0.1 s at once: so no wait is below -0.1 s.
local PEEK = -1
local LONGEST_OUTAGE = 30 -- seconds: the longest wait after a failure of the store, before the sender asks it again
local PURGE_EVERY, PURGE_COUNT = 60, 1000 -- seconds, entries
local LOOK_EVERY = 15 -- seconds between two reports of the counts to the observer
local TAKEN = "taken" -- a value of on_wire, as in send/batch: the transport has the request

---@class whatsapp.outbox.sender
local Sender = {}
Sender.__index = Sender

-- ---- the store ---------------------------------------------------------------------------------------------------------------

-- Notes that the store failed. The sender asks the store again after 1, 2, 4 … 30 seconds.
local function fail(self, err, details)
  self.outage = math.min(LONGEST_OUTAGE, self.outage and self.outage * 2 or 1)
  self.resumes, self.failed = self.now() + self.outage, true
  self.err, self.details = err, details
  self.is_lost = type(details) == "table" and details.retryable == false
  if self.on_error and not pcall(self.on_error, err, self.outage) then self.on_error = nil end
end

-- Calls a function of the store, which may yield, and returns its results. Returns nil if the function fails or raises; the
-- sender then waits before it calls the store again.
local function ask(self, name, ...)
  local store = self.outbox.store
  local ok, result, err, details = values.protected(store[name], store, ...)
  if not ok then result, err = nil, values.text_of(result) end
  if result == nil then
    fail(self, ("the store's %s failed: %s"):format(name, show.value(err)), details)
    return nil
  end
  self.outage = nil
  return result, err
end

-- ---- 1. record ---------------------------------------------------------------------------------------------------------------

-- Calls on_outcome. If on_outcome returns false or raises, the run stops. If it raises, drive() raises the error after the last
-- turn.
local function tell(self, item, outcome)
  if not self.on_outcome then return end
  local entry = item.entry
  entry.state = outcome.state
  local ok, answer = values.protected(self.on_outcome, entry, item.result, item.err, item.details)
  if not ok then self.raised = self.raised or { answer } end
  if not ok or answer == false then self.stopping = true end
end

-- Stores the outcomes; if the store fails, keeps them for the next turn. After a success, refill() may claim at once, because the
-- next entries of the same lanes may now be sent.
local function record(self)
  local outcomes = self.outcomes
  if #outcomes == 0 then return end
  if not ask(self, "finish", outcomes) then return end
  local items = self.items
  self.outcomes, self.items, self.next_claim = {}, {}, 0
  for i, outcome in ipairs(outcomes) do
    if items[i].is_attempt then
      self.count = self.count + 1
      tell(self, items[i], outcome)
    end
  end
end

local function add_outcome(self, item, outcome)
  self.outcomes[#self.outcomes + 1] = outcome
  self.items[#self.items + 1] = item
end

-- puts an entry that was not sent back into the queue; the entry is due in `delay` seconds
local function put_back(self, item, delay)
  local entry = item.entry
  add_outcome(self, item, { key = entry.key, fence = entry.fence, state = "queued", attempts = entry.attempts, delay = delay })
end

-- puts all entries of self.waiting back into the queue
local function put_all_back(self)
  local waiting = self.waiting
  self.waiting = {}
  for _, item in ipairs(waiting) do
    if item.one then item.one:release() end
    put_back(self, item, 0)
  end
end

-- Stops the sending of this phone number for `seconds` seconds, for all senders that share the store: takes a place of this
-- length under hold_key; each sender claims only when this place has ended. If another sender holds the queue already, the place
-- is taken, and the time does not change. Also puts the waiting entries of this sender back into the queue.
local function hold(self, seconds)
  ask(self, "take_all", { { key = self.hold_key, interval = seconds, burst = 1, at_most = 0 } })
  self.next_claim = self.now() + math.min(seconds, SOON)
  put_all_back(self)
end

-- Takes the outcome of a delivery that is over, and decides the next state of its entry. In the next turn, record() stores this
-- state.
local function ended(self, item)
  local one = item.one
  local entry = item.entry
  item.result, item.err, item.details = one.result or nil, one.err or nil, one.details
  item.one, item.is_attempt = nil, true
  local outcome, seconds = decide.outcome(entry, item.result, item.err, item.details, self.outbox, self.holds)
  if self.state.observe and outcome.state ~= "queued" then one:observed() end -- not if another attempt follows
  one.batch = false
  if not one.is_spoilt then one:release() end -- a spoilt one is never reused: a late answer could go to another message
  add_outcome(self, item, outcome)
  if outcome.state == "accepted" then self.holds = 0 end
  if seconds then
    self.holds = self.holds + 1
    hold(self, seconds)
  end
end

-- ---- 2. tend -----------------------------------------------------------------------------------------------------------------

-- reports the number of entries in each state to the observer of the outbox
local function look(self, now)
  local outbox = self.outbox
  local counts, oldest = ask(self, "counts")
  if not counts then return end
  self.next_look = now + LOOK_EVERY
  local event = { name = "outbox", counts = counts, oldest = oldest }
  outbox.observe_error = observe.tell(outbox.observe, event) or outbox.observe_error
end

local function tend(self)
  local outbox, now = self.outbox, self.now()
  if now >= self.next_sweep and ask(self, "sweep") then self.next_sweep = now + outbox.lease / 2 end
  if now >= self.next_purge and not self.failed and ask(self, "purge", outbox.keep, PURGE_COUNT) then
    self.next_purge = now + PURGE_EVERY
  end
  if outbox.observe and now >= self.next_look and not self.failed then look(self, now) end
end

-- ---- 3. refill ---------------------------------------------------------------------------------------------------------------

-- Returns the seconds until entries may be claimed (0 or less: now), or nil if the store failed. The sender must wait while the
-- queue is held, or while the limit of the phone number has no place within SOON.
local function wait_of_number(self)
  local asks = { { key = self.hold_key, interval = 1, burst = 1, at_most = PEEK } }
  local limit = self.number_limit
  if limit then asks[2] = { key = self.number_key, interval = limit.interval, burst = limit.burst, at_most = PEEK } end
  local waits = ask(self, "take_all", asks)
  if not waits then return nil end
  return math.max(waits[1], (waits[2] or 0) - SOON)
end

-- Takes a place in one limit for each item. Returns a list with the wait of each item, or nil if the store failed.
local function places(self, items, limit, key_of, at_most)
  local asks = {}
  for i, item in ipairs(items) do
    asks[i] = { key = key_of(item), interval = limit.interval, burst = limit.burst, at_most = at_most }
  end
  return ask(self, "take_all", asks)
end

-- Takes a place for each item in the limit of its pair (the phone number and the recipient). Returns the items that have a place.
-- An item that would wait longer than SOON gets no place, and goes back into the queue. If the store failed, all items go back.
local function take_pairs(self, items)
  local limit = self.pair_limit
  if not limit or #items == 0 then return items end
  local waits, kept = places(self, items, limit, function(item) return self.pair_key .. item.entry.lane end, SOON), {}
  for i, item in ipairs(items) do
    local wait = waits and waits[i] or 0
    if not waits or wait > SOON then put_back(self, item, wait)
    else
      item.leaves = item.leaves + math.max(0, wait)
      kept[#kept + 1] = item
    end
  end
  return kept
end

-- Takes a place for each item in the limit of the phone number. Returns the items. If the store failed, puts all items back into
-- the queue, and returns an empty list.
local function take_number(self, items)
  local limit = self.number_limit
  if not limit or #items == 0 then return items end
  local waits, now = places(self, items, limit, function() return self.number_key end), self.now()
  for i, item in ipairs(items) do
    if not waits then put_back(self, item, 0)
    else item.leaves = math.max(item.leaves, now + waits[i]) end
  end
  return waits and items or {}
end

-- Claims the next entries. Does nothing while an entry that was claimed before still waits, or while the store has not recorded
-- an outcome: so at most `concurrency` claimed entries wait in this sender.
local function refill(self)
  local now, outbox = self.now(), self.outbox
  if self.stopping or #self.waiting > 0 or self.quota <= 0 or now < self.next_claim or #self.outcomes > 0 then return end
  local wait = wait_of_number(self)
  if not wait then return end
  if wait > 0 then
    self.next_claim = now + math.min(wait, self.poll)
    return
  end
  local entries = ask(self, "claim", math.min(self.quota, self.concurrency), outbox.lease, outbox.hold_unknown)
  if not entries then return end
  self.is_empty = #entries == 0
  if self.is_empty then self.next_claim = now + self.poll end
  self.quota = self.quota - #entries
  local items = {}
  for i, entry in ipairs(entries) do
    entry.message = core.decode(entry.body)
    items[i] = { entry = entry, leaves = now, lease = now + outbox.lease }
  end
  self.waiting = take_number(self, take_pairs(self, items))
end

-- ---- 4. launch ---------------------------------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }

-- returns the JSON of an entry and its stamp in one; the store keeps the two in separate members
local function body_of(entry)
  local stamp = entry.stamp:gsub('[%c"\\]', function(char) return ESCAPES[char] or ("\\u%04x"):format(char:byte()) end)
  return ('%s,"biz_opaque_callback_data":"%s"}'):format(entry.body:sub(1, -2), stamp)
end

-- Makes the delivery of an entry. put() has checked the message and written its JSON, and refill() has taken its places in the
-- limits. So the delivery skips these steps, and begins at the first step after the limits.
local function begin(self, item)
  local entry = item.entry
  local message = entry.message or values.NONE
  local one = delivery.new(self.state, self.plan, message, self, false)
  one.body, one.stamp, one.to = body_of(entry), entry.stamp, message.to or message.recipient or entry.lane
  one.step = self.first_step
  item.one = one
  return one
end

-- Runs the steps before an attempt. Returns true if the request is ready. If not, the item waits again, or its delivery is over.
local function is_ready(self, item, now)
  local one = item.one or begin(self, item)
  if one.request then return true end
  local wait = one:advance(now)
  if wait == 0 then return true end
  if one.is_over then ended(self, item)
  else
    item.leaves = now + wait
    self.waiting[#self.waiting + 1] = item
  end
  return false
end

-- Removes the items that are due from self.waiting. Returns those items whose request is ready.
local function leaving(self, now)
  local waiting, ready = self.waiting, {}
  self.waiting = {}
  for at, item in ipairs(waiting) do
    if item.leaves > now or self.in_flight + #ready >= self.concurrency then self.waiting[#self.waiting + 1] = item
    elseif is_ready(self, item, now) then ready[#ready + 1] = item end
    if self.held_at ~= self.holds then -- a hold began: the other items go back into the queue
      for rest = at + 1, #waiting do put_back(self, waiting[rest], 0) end
      break
    end
  end
  return ready
end

local function settle(self, item, response, err, details)
  item.one:settle(response, err, details)
  ended(self, item)
end

-- sends the request of an item that the store has started
local function send(self, item)
  local one = item.one
  if not self.start then
    one.on_wire = TAKEN
    local response, err, details = single.exchange(one)
    one.on_wire = false
    return settle(self, item, response, err, details)
  end
  self.in_flight = self.in_flight + 1
  self.sent[one] = item
  one.on_wire = TAKEN
  local ok, problem = values.protected(self.start, one.request, one, self)
  if ok then return end
  self.in_flight, self.sent[one], one.on_wire, one.is_spoilt = self.in_flight - 1, nil, false, true
  return settle(self, item, nil, values.text_of(problem))
end

-- Handles a failure of the store in start(). The sender sent none of the items, but the store may have set some of them to
-- `sending`. So the items wait, and the sender calls start() again for them. When the lease of an item is over or the run stops,
-- the item goes back into the queue.
local function not_started(self, items)
  for _, item in ipairs(items) do
    if self.now() < item.lease and not self.stopping then self.waiting[#self.waiting + 1] = item
    else
      item.one:release()
      put_back(self, item, 0)
    end
  end
end

-- calls start() of the store for the items that are due, and sends the items that the store has started
local function launch(self)
  self.held_at = self.holds
  if #self.waiting == 0 then return end
  local items, marks = leaving(self, self.now()), {}
  if #items == 0 then return end
  for i, item in ipairs(items) do marks[i] = { key = item.entry.key, fence = item.entry.fence } end
  local started = ask(self, "start", marks, self.outbox.lease)
  if not started then return not_started(self, items) end
  for i, item in ipairs(items) do
    if started[i] then send(self, item)
    else item.one:release() end -- another sender has the entry, because the lease ended; or the entry has expired
  end
end

-- ---- 5. collect --------------------------------------------------------------------------------------------------------------

-- Passes an answer to the batch or sender that waits for it. A transport may ignore the argument `inbox` of wait(): then wait()
-- also returns answers to the requests of other batches and senders.
local function pass_on(one, response, err, details)
  if type(one) ~= "table" or not one.on_wire or not one.batch then return end
  local owner = one.batch
  one.response, one.err, one.details, one.answered_before = response, err, details, owner.answered
  owner.answered = one
end

local function take_answer(self, one, response, err, details)
  local item = self.sent[one]
  if not item then return pass_on(one, response, err, details) end
  self.sent[one], one.on_wire = nil, false
  self.in_flight = self.in_flight - 1
  settle(self, item, response, err, details)
end

-- takes the answers to requests of this sender that a batch or another sender has received
local function take_passed(self)
  local one = self.answered
  self.answered = false
  while one do
    local before = one.answered_before
    local response, err, details = one.response or nil, one.err or nil, one.details or nil
    one.answered_before, one.response, one.err, one.details = false, false, false, false
    take_answer(self, one, response, err, details)
    one = before
  end
end

-- returns the seconds until the sender has work other than to read an answer
local function seconds_of(self)
  local now = self.now()
  if self.resumes > now then return self.resumes - now end
  if #self.outcomes > 0 then return 0 end
  local at = math.min(self.next_sweep, now + self.poll)
  for _, item in ipairs(self.waiting) do
    if self.in_flight < self.concurrency then at = math.min(at, item.leaves) end
  end
  if #self.waiting == 0 and self.quota > 0 and not self.stopping then at = math.min(at, self.next_claim) end
  return math.max(0, at - now)
end

-- waits for an answer or for the next work, and takes all answers that have arrived
local function collect(self)
  take_passed(self)
  local seconds = seconds_of(self)
  if self.in_flight == 0 then
    if seconds > 0 then self.state.sleep(seconds) end
    return
  end
  repeat
    local one, response, err, details = self.wait(seconds, self)
    if one ~= nil then take_answer(self, one, response, err, details) end
    seconds = 0
  until one == nil or self.in_flight == 0
end

-- ---- the turns ---------------------------------------------------------------------------------------------------------------

-- does the steps 1 to 4; after a failure of the store, does nothing until the time of the next try
local function turn(self)
  if self.state.shared.closed then self.stopping = true end
  if self.now() < self.resumes then return end
  self.failed = false
  record(self)
  if self.stopping then put_all_back(self)
  elseif not self.failed then tend(self) end
  if not self.failed then refill(self) end
  if not self.failed then launch(self) end
end

local function is_idle(self)
  return self.in_flight == 0 and #self.waiting == 0 and #self.outcomes == 0
end

-- Returns whether the run must end. If the store can never answer, the run ends when no request is on the wire. A run that is
-- stopping ends when the store has recorded all outcomes. If the store fails meanwhile, the run waits for the store, at most as
-- long as one lease.
local function is_stopped(self)
  if self.is_lost and self.in_flight == 0 then return true end
  if not self.stopping then return false end
  self.gives_up = self.gives_up or self.now() + self.outbox.lease
  return is_idle(self) or (self.in_flight == 0 and self.now() >= self.gives_up)
end

-- For until_empty: returns whether the run is over. It is over if it must end, or if the queue is empty: this sender has no work,
-- and in the store no entry is queued, claimed or sending, also not for another sender.
local function is_drained(self)
  if is_stopped(self) then return true end
  if not (is_idle(self) and self.is_empty) or self.failed then return false end
  self.is_empty = false
  local counts = ask(self, "counts")
  return counts ~= nil and counts.queued + counts.claimed + counts.sending == 0
end

-- returns whether one round is over; for Sender:step()
local function is_step_over(self)
  if is_stopped(self) then return true end
  if self.failed and self.in_flight == 0 then return true end
  return is_idle(self) and (self.quota <= 0 or self.next_claim > self.now())
end

-- repeats the steps until the run is over; then raises the error of on_outcome, if there was one
local function drive(self, is_done)
  self.stopping, self.gives_up, self.raised, self.is_lost = false, nil, nil, false
  turn(self)
  while not is_done(self) do
    collect(self)
    turn(self)
  end
  if self.raised then error(self.raised[1], 0) end
end

---Sends entries until the run is stopped. With until_empty, the run also ends when the queue is empty.
---@param options { until_empty: boolean?, on_outcome: function?, on_error: function?, poll: number? }
---@return integer? count of attempts
---@return string? err
---@return table? details
function Sender:run(options)
  self.count, self.quota, self.poll = 0, math.huge, options.poll
  self.on_outcome, self.on_error = options.on_outcome, options.on_error
  drive(self, options.until_empty and is_drained or is_stopped)
  if self.is_lost then return nil, self.err, self.details end
  return self.count
end

---Does one round: claims up to `concurrency` entries that are due now, and sends them.
---@param options { on_outcome: function?, poll: number? }
---@return integer? count of attempts
---@return string? err
---@return table? details
function Sender:step(options)
  self.count, self.quota, self.poll, self.on_outcome, self.on_error = 0, self.concurrency, options.poll, options.on_outcome, nil
  self.next_claim, self.resumes, self.failed = 0, 0, false
  drive(self, is_step_over)
  if self.failed then return nil, self.err, self.details end
  return self.count
end

---Makes a sender.
---@param outbox whatsapp.outbox_object
---@param state table the state of a client
---@param plan table the client's plan for deliveries (send/delivery), without retries: the outbox makes the next attempt
---@param concurrency integer
---@return whatsapp.outbox.sender
function sender.new(outbox, state, plan, concurrency)
  local transport, limiter = state.shared.transport, state.shared.limiter
  local many = type(transport) == "table" and transport.start and transport.wait and true or false
  local number = state.phone_number_id
  local rows = limiter and limiter.rows or values.NONE
  return setmetatable({
    outbox = outbox, state = state, plan = plan, now = state.now, start = many and transport.start,
    wait = many and transport.wait, concurrency = many and concurrency or 1,
    first_step = #rows + 1, number_limit = rows.number, pair_limit = rows.pair,
    number_key = "number:" .. number, hold_key = "hold:" .. number,
    pair_key = ("pair:%s:"):format(number),
    waiting = {}, sent = {}, outcomes = {}, items = {}, in_flight = 0, answered = false, holds = 0, held_at = 0, count = 0,
    quota = 0, poll = 1, next_claim = 0, next_sweep = 0, next_purge = 0, next_look = 0, resumes = 0, stopping = false,
    failed = false, is_empty = false, is_lost = false,
  }, Sender)
end

return sender
