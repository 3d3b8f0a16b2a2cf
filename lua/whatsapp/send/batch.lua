-- Sends many messages over any transport: drives one delivery (send/delivery) for each message under way. If the transport has
-- start() and wait(), up to `concurrency` messages are on the wire at the same time. With another transport, one message is on
-- the wire at a time. All work is done in the coroutine that asks for the next outcome, and never in the background. The batch
-- makes no coroutine and no closure for a message.
--
-- The batch passes a slot and an inbox to the transport's start(). The slot is the delivery: wait() returns it with the answer.
-- The inbox is the batch: wait() of the library's transports returns only the answers for this batch.
local caller = require "whatsapp.send.caller"
local core = require "whatsapp.core"
local delivery = require "whatsapp.send.delivery"
local queue = require "whatsapp.util.queue"
local show = require "whatsapp.util.show"
local single = require "whatsapp.send.single"
local values = require "whatsapp.util.values"

local batch = {}

-- These functions are in locals for speed, because they are called for each message. Also for speed, batch.new() sets every field
-- of a batch: a write to a field that is nil is slower.
local begin, advance, settle_delivery, release_delivery = delivery.begin, delivery.advance, delivery.settle, delivery.release
local new, push, pop, recipient_of = delivery.new, queue.push, queue.pop, core.recipient_of

local NOTHING = {} -- the value of the field `accepting` while accept() has no message
-- Values of a delivery's field on_wire. BEGUN: the call of the transport has begun, and has not returned. TAKEN: the transport
-- has the request. false: the delivery is not on the wire.
local BEGUN, TAKEN = "begun", "taken"

---@class whatsapp.batch
local Batch = {}
Batch.__index = Batch
Batch.__name = "whatsapp.batch"

---@class whatsapp.progress
---@field done integer messages whose outcome was returned
---@field failed integer messages that failed; `done` counts them too
---@field total integer? number of all messages, if they are a list
---@field rate number messages in a second: `done` divided by the seconds since the start
---@field in_flight integer messages on the wire

---@class whatsapp.BatchOutcome
---@field message whatsapp.Message
---@field result whatsapp.Result? as client:send returns it
---@field err string?
---@field details whatsapp.info|whatsapp.details

-- ---- one delivery -----------------------------------------------------------------------------------------------------------

-- Makes a delivery for the next message to the same recipient, and puts the delivery into the ready list. Removes the message
-- from the recipient's queue only then: if new() raises, the message stays in the queue.
local function follow(self, one)
  local key = one.key
  local chain = self.chains[key]
  push(self.ready, new(self.state, self.plan, chain[chain.head], self, key))
  pop(chain)
  if chain.head > chain.tail then self.chains[key] = true end
  self.held, self.alive = self.held - 1, self.alive + 1
  one.key = false
end

-- Appends a delivery that is over to the linked list of outcomes. The list allocates nothing, so that a lack of memory loses no
-- outcome. Then makes the next message to the same recipient ready. If this function raises, it may be called again: is_ended
-- shows that the delivery is in the list.
local function finish(self, one)
  if not one.is_ended then
    if self.first_ended then self.last_ended.after = one
    else self.first_ended = one end
    self.last_ended = one
    one.is_ended = true
    if self.state.observe then one:observed() end
  end
  local key = one.key
  if not key then return end
  if self.chains[key] ~= true then return follow(self, one) end
  self.chains[key] = nil
  one.key = false
end

-- Puts a delivery into the list of ended, sleeping or ready deliveries. `wait` is the result of advance() or settle().
local function place(self, one, wait)
  if one.is_over then return finish(self, one) end
  if wait > 0 then
    one.wakes = self.now() + wait
    self.sleeping:push(one)
    self.alive, self.held = self.alive - 1, self.held + 1
    return
  end
  push(self.ready, one)
end

-- Gives a delivery the answer of the transport, or an error in place of the answer.
local function settle(self, one, response, err, details)
  self.current = one
  self.is_settling = true
  one.on_wire = false
  self.in_flight = self.in_flight - 1
  local wait = settle_delivery(one, response, err, details)
  if wait then place(self, one, wait)
  else finish(self, one) end
  self.current = false
  self.is_settling = false
end

-- Passes the request to the transport. If the transport has no start(), the call of the transport returns the answer, and this
-- function settles the delivery.
local function start(self, one)
  self.in_flight = self.in_flight + 1
  one.on_wire = BEGUN
  if not self.start then
    local response, err, details = single.exchange(one)
    return settle(self, one, response, err, details)
  end
  if self.is_owned then self.start(one.request, one, self)
  else
    local ok, problem = one:call(self.start, one.request, one, self)
    if not ok then return settle(self, one, nil, values.text_of(problem)) end
  end
  one.on_wire = TAKEN
  self.current = false
end

-- Runs a delivery until its request is on the wire, it must wait, or it is over. `to` and `plain_to` are the recipient, if
-- accept() has read the recipient from the message.
local function run(self, one, to, plain_to)
  local wait
  self.current = one
  if not (self.closing or self.shared.closed) then
    if not one.body then
      if not to then to, plain_to = recipient_of(one.message) end
      begin(one, to, plain_to)
    end
    wait = advance(one, self.now())
    if wait == 0 and not self.closing then return start(self, one) end
  end
  -- stop() does nothing if the delivery is over
  if wait == 0 or wait == nil then one:stop(self.closing and "batch" or "client") end
  place(self, one, wait)
  self.current = false
end

-- runs the ready deliveries, until `concurrency` requests are on the wire
local function run_ready(self)
  local ready = self.ready
  while ready.head <= ready.tail and self.in_flight < self.concurrency do run(self, pop(ready)) end
end

-- Gives a message its outcome after its step was interrupted: code raised an error (Ctrl-C, no memory), or the coroutine that
-- ran the step died.
local function recover(self)
  local one = self.current
  if one.on_wire ~= TAKEN then -- a delivery that is TAKEN gets its answer later
    if one.on_wire then self.in_flight = self.in_flight - 1 end
    local begun = one.on_wire ~= false or self.is_settling
    -- is_spoilt: the delivery is never used again, because its late answer could then go to another message
    one.on_wire, one.is_spoilt = false, true
    if not one.is_over then
      one:raised(begun and "an error was raised while the request was sent"
        or "an error was raised before the request was sent", begun)
    end
    finish(self, one)
  end
  self.current, self.is_settling, one.calling = false, false, false
end

-- ---- the source -------------------------------------------------------------------------------------------------------------

-- Begins the message that was read last. If an earlier message to the same recipient has no outcome yet, puts the message into
-- the recipient's queue instead, so that messages to one recipient keep their order. The message stays in `accepting` until a
-- queue or a delivery holds it: so the message gets an outcome even if this function raises.
local function accept(self)
  local message = self.accepting
  local to, plain_to = recipient_of(message)
  -- false: the message need not wait for another message: the batch keeps no order, the batch is closing and sends nothing more,
  -- or the message has no usable recipient
  local key = self.ordered and not self.closing and plain_to or false
  local chain = key and self.chains[key]
  if chain then -- an earlier message to this recipient has no outcome yet; true: no message waits for it yet
    if chain == true then
      chain = queue.fifo()
      self.chains[key] = chain
    end
    push(chain, message)
    self.held, self.accepting = self.held + 1, NOTHING
    return
  end
  local one = new(self.state, self.plan, message, self, key)
  if key then self.chains[key] = true end -- becomes a queue when a second message to the recipient waits
  self.alive = self.alive + 1
  self.accepting = NOTHING
  run(self, one, to, plain_to)
end

-- Reads messages from the source until the source ends or the batch closes. Reads only while two bounds hold: fewer than
-- `concurrency` messages are alive (see batch.new), and fewer than `window` messages sleep or wait for an earlier message to
-- their recipient.
local function fill(self)
  local ready, concurrency = self.ready, self.concurrency
  if self.accepting ~= NOTHING then accept(self) end
  while self.alive < concurrency and self.held < self.window and not (self.exhausted or self.closing) do
    self.exhausted = true -- stays true if the source raises: the batch does not call the source again, but ends its messages
    local message = self.source()
    if message == nil then return end
    self.exhausted = false
    self.accepting = message
    accept(self)
    if ready.head <= ready.tail then run_ready(self) end
  end
end

-- ---- waiting ----------------------------------------------------------------------------------------------------------------

local LONGEST = 60 -- the longest single wait, in seconds

-- Passes an answer to the batch that sent its request. A user's transport may ignore the inbox: then wait() returns
-- answers for other batches too. Allocates nothing, so that a lack of memory loses no answer.
local function hand_over(one, response, err, details)
  local owner = one.batch
  one.response, one.err, one.details, one.answered_before = response, err, details, owner.answered
  owner.answered = one
end

-- settles the deliveries whose answers hand_over() has passed to this batch
local function settle_answered(self)
  local one = self.answered
  while one do
    self.answered, one.answered_before = one.answered_before, false
    local response, err, details = one.response, one.err, one.details
    one.response, one.err, one.details = false, false, false
    if one.on_wire then settle(self, one, response, err, details) end
    one = self.answered
  end
end

-- Makes each sleeping delivery ready whose time has come. If `all` is true, makes all sleeping deliveries ready: after a close,
-- they must end now.
local function wake(self, all)
  local now, sleeping = self.now(), self.sleeping
  while sleeping[1] and (all or sleeping[1].wakes <= now) do
    push(self.ready, sleeping:pop())
    self.alive, self.held = self.alive + 1, self.held - 1
  end
end

-- Waits for an answer and settles its delivery. Waits no longer than LONGEST, and only until the first sleeping delivery must
-- wake.
local function wait(self)
  local first, seconds = self.sleeping[1], LONGEST
  if first then seconds = math.min(LONGEST, math.max(0, first.wakes - self.now())) end
  if self.in_flight == 0 then
    if not first then error "a delivery of the batch can never end" end
    return self.state.sleep(seconds)
  end
  local one, response, err, details = self.wait_for_answer(seconds, self)
  if one == nil then return end
  if not (self.is_owned or type(one) == "table") then return end -- the slot belongs to another user of the transport
  if not one.on_wire then return end -- a late answer: recover() has ended this delivery
  if one.batch == self then return settle(self, one, response, err, details) end
  hand_over(one, response, err, details)
end

-- Handles a call of the batch while a step of a delivery is not finished. If the step's user function (a hook, a store or a token
-- function) still runs, raises: that function must not call the batch that runs it. Otherwise the step can never finish, because
-- an error interrupted it or its coroutine is dead: the delivery gets its outcome, and the batch goes on.
local function check_current(self, level)
  if self.current.calling and caller.is_alive(self.current.caller, true) then
    error("a hook, a store or a token function cannot call the batch that runs it", level + 1)
  end
  recover(self)
end

-- Calls the function of the option on_progress. If the function raises, the batch does not call it again, and progress_error in
-- the details of this message has the error.
local function report(self, details)
  local seconds = self.now() - self.started
  local ok, problem = values.protected(self.on_progress, {
    done = self.count, failed = self.failures, total = self.total, in_flight = self.in_flight,
    rate = seconds > 0 and self.count / seconds or 0,
  })
  if ok then return end
  self.on_progress = false
  if details then details.progress_error = show.value(problem) end
end

-- Returns the next message that has ended, and its outcome. Returns no value after the last outcome. Releases the delivery. A
-- `for` calls this function directly, because one more function call would cost 400 instructions a message. The second and the
-- third argument come from the `for`, and are not used.
---@param level integer? the stack level at which an error is raised; nil: the caller of this function
local function next_outcome(self, _, _, level)
  if self.current then check_current(self, level or 2) end
  local ready = self.ready
  while not self.first_ended do
    if self.answered then settle_answered(self) end
    if self.sleeping[1] then wake(self, self.closing or self.shared.closed) end
    if ready.head <= ready.tail then run_ready(self) end
    fill(self)
    if not (self.first_ended or self.answered) and (ready.head > ready.tail or self.in_flight >= self.concurrency) then
      if self.alive == 0 and not self.sleeping[1] then return end
      wait(self)
    end
  end
  local one = self.first_ended
  self.first_ended = one.after
  self.alive, self.count = self.alive - 1, self.count + 1
  local message, result, err, details = one.message, one.result or nil, one.err or nil, one.details
  if not one.is_spoilt then release_delivery(one) end
  if result == nil then self.failures = self.failures + 1 end
  if self.on_progress then report(self, details) end
  return message, result, err, details
end

-- ---- the public face --------------------------------------------------------------------------------------------------------

local function check_batch(self)
  if getmetatable(self) ~= Batch then error("call the functions of a batch with a colon, as in batch:next()", 3) end
end

---Returns the next message that has ended, and its outcome as client:send returns it. Returns nil after the last outcome. In an
---event loop of Lua 5.1, call this method in a `while`, because Lua 5.1 cannot yield in the iterator of a `for`.
---@return whatsapp.Message? message, whatsapp.Result? result, string? err, whatsapp.info|whatsapp.details|nil details
function Batch:next()
  check_batch(self)
  local message, result, err, details = next_outcome(self, nil, nil, 3) -- not a tail call, which would remove a stack level
  return message, result, err, details
end

Batch.__call = next_outcome

---Ends the batch early: reads no more messages, sends nothing more, and waits for the answers to the messages on the wire. May be
---called again.
---@return whatsapp.BatchOutcome[] outcomes of all messages that were read, except those that next() has returned
function Batch:close()
  check_batch(self)
  local outcomes = {}
  self.closing = true
  if self.accepting ~= NOTHING then accept(self) end
  for key, chain in pairs(self.chains) do
    while chain ~= true and chain[chain.head] ~= nil do
      self.accepting = pop(chain)
      self.held = self.held - 1
      accept(self)
    end
    self.chains[key] = true
  end
  local message, result, err, details = next_outcome(self, nil, nil, 3)
  while message ~= nil do
    outcomes[#outcomes + 1] = { message = message, result = result, err = err, details = details }
    message, result, err, details = next_outcome(self, nil, nil, 3)
  end
  return outcomes
end

function Batch:__close() self:close() end
function Batch:__tostring() return ("whatsapp.batch (%d done)"):format(self.count) end

---@param options { state: table, plan: whatsapp.plan, source: function, total: integer?, concurrency: integer,
---window: integer, ordered: boolean?, on_progress: (fun(progress: whatsapp.progress))? } ordered: messages to one recipient
---keep their order
---@return whatsapp.batch
function batch.new(options)
  local transport = options.state.shared.transport
  local many = type(transport) == "table" and transport.start and transport.wait and true or false
  local self = setmetatable({
    state = options.state, shared = options.state.shared, plan = options.plan, source = options.source, total = options.total,
    concurrency = options.concurrency, window = options.window, ordered = options.ordered,
    on_progress = options.on_progress or false, now = options.state.now or os.clock,
    start = many and transport.start or false, wait_for_answer = many and transport.wait or false,
    is_owned = options.state.shared.owned,
    ready = queue.fifo(), sleeping = queue.heap(), chains = {}, first_ended = false, last_ended = false, answered = false,
    -- numbers of messages. alive: have a delivery that does not sleep, and their outcome was not returned; held: sleep, or wait
    -- in a recipient's queue; in_flight: are on the wire (these are also alive)
    alive = 0, held = 0, in_flight = 0,
    count = 0, failures = 0, current = false, is_settling = false, closing = false, exhausted = false, accepting = NOTHING,
  }, Batch)
  self.started = self.now()
  return self
end

return batch
