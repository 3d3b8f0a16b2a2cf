-- Many messages at once: a coroutine for each that is under way, over any transport that can wait for many. What waits
-- for an answer, for a place on the wire, for a limit or for another try is a task that sleeps here; whoever asks for
-- the next outcome drives them all. Knows nothing of HTTP. Never begins anything unless it is asked for an outcome.
local batch = {}

local WAIT = {} -- what a task yields to its batch; everything else is for whoever resumes the batch

local running = coroutine.running
local tasks = setmetatable({}, { __mode = "kv" }) -- coroutine -> task, which lives as long as it is under way

local function current_task()
  local co = running()
  return co and tasks[co]
end

---@return boolean whether the caller runs within a task of a batch, and waits there
function batch.is_task() return current_task() ~= nil end

-- ---- queues -------------------------------------------------------------------------------------------------------------

local Queue = {}
Queue.__index = Queue

local function new_queue() return setmetatable({ head = 1, tail = 0 }, Queue) end

function Queue:push(value)
  local tail = self.tail + 1
  self[tail] = value -- which may raise
  self.tail = tail
end

function Queue:pop()
  if self.head > self.tail then return nil end
  local value = self[self.head]
  self[self.head] = nil
  if self.head == self.tail then self.head, self.tail = 1, 0
  else self.head = self.head + 1 end
  return value
end

-- sleepers, the one that wakes first on top: a heap
local Heap = {}
Heap.__index = Heap

function Heap:push(task)
  local i = #self + 1
  while i > 1 do
    local above = math.floor(i / 2)
    if self[above].wakes <= task.wakes then break end
    self[i] = self[above]
    i = above
  end
  self[i] = task
end

function Heap:pop()
  local first, last = self[1], table.remove(self)
  if first == last then return first end
  local i = 1
  while true do
    local below = 2 * i
    if self[below + 1] and self[below + 1].wakes < self[below].wakes then below = below + 1 end
    if not self[below] or self[below].wakes >= last.wakes then break end
    self[i] = self[below]
    i = below
  end
  self[i] = last
  return first
end

-- ---- what a task does while it waits ------------------------------------------------------------------------------------

local function not_sent(own)
  local text = ("the %s was closed before this was sent"):format(own.closing and "batch" or "client")
  return nil, text, { kind = "transport", retryable = true, may_have_been_sent = false }
end

-- of a message on whose way something was raised
local function raised(begun, attempts)
  return { kind = "transport", retryable = false, may_have_been_sent = begun or false, attempts = attempts }
end

local Task = {}
Task.__index = Task

-- one request on the wire; no more at once than the batch allows
function Task:exchange(request)
  local own = self.batch
  if own.in_flight >= own.concurrency then
    own.places:push(self)
    coroutine.yield(WAIT)
  else
    own.in_flight = own.in_flight + 1 -- whoever waits for a place is given one of those that were counted
  end
  if own:is_ending() then
    own:leave_place()
    return not_sent(own)
  end
  self.begun, self.placed = true, true
  own.transport.begin(request, self.done)
  coroutine.yield(WAIT)
  local answer, text, details = self.answer, self.text, self.details
  self.answer, self.text, self.details = nil, nil, nil
  return answer, text, details
end

-- false: the batch, or the client, was closed meanwhile
function Task:sleep(seconds)
  local own = self.batch
  if own:is_ending() then return false end
  self.wakes = own.now() + seconds
  own.sleeping:push(self)
  coroutine.yield(WAIT)
  return not own:is_ending()
end

---The transport that a client's requests go through in the end: inside a batch the task waits, elsewhere the caller.
---@param transport any
---@return any transport
function batch.switch(transport)
  local carried = type(transport) == "table" and transport or {}
  local begin, sleep = carried.begin, carried.sleep
  return setmetatable({
    now = carried.now,
    sleep = sleep and function(seconds)
      local task = current_task()
      if task then return task:sleep(seconds) end
      return sleep(seconds)
    end,
  }, {
    __call = function(_, request)
      local task = current_task()
      if not task then return transport(request) end
      if begin then return task:exchange(request) end
      if task.batch:is_ending() then return not_sent(task.batch) end
      task.begun = true
      return transport(request)
    end,
  })
end

-- ---- a batch ------------------------------------------------------------------------------------------------------------

---@class whatsapp.batch
local Batch = {}
Batch.__index = Batch
Batch.__name = "whatsapp.send.batch"

---@class whatsapp.progress
---@field done integer messages that have ended
---@field failed integer of them
---@field total integer? where the messages are a list
---@field rate number messages that ended in a second, so far
---@field in_flight integer on the wire

-- nothing is to be begun any more
function Batch:is_ending() return self.closing or self.is_closed() end

function Batch:leave_place()
  local places = self.places
  if places.head <= places.tail then
    self.ready:push(places[places.head])
    places:pop()
  else self.in_flight = self.in_flight - 1 end
end

-- what a task ends with: the outcome of its message, which it keeps until somebody asks for it
function Batch:finish(task, response, text, details)
  task.response, task.text, task.details = response, text, details
  self.ended:push(task)
  self.alive = self.alive - 1
  local key = task.key
  if key == nil then return end
  local chain = self.chains[key]
  task.key = nil
  local message = chain:pop()
  if message == nil then
    self.chains[key] = nil
    return
  end
  self.held = self.held - 1
  self.ready:push(self:start(message, key))
end

local function new_task(own)
  local task
  task = setmetatable({ batch = own }, Task)
  task.done = function(answer, text, details)
    task.answer, task.text, task.details, task.placed = answer, text, details, false
    own:leave_place()
    own.ready:push(task)
  end
  task.co = coroutine.create(function()
    while true do
      local first = task.first
      task.first = nil
      own:finish(task, own.send(task.message, first))
      coroutine.yield(WAIT)
    end
  end)
  tasks[task.co], own.has_tasks = task, true
  return task
end

-- a task for a message, which is not counted yet
function Batch:take_task(message, key)
  local idle = self.idle
  local task = idle[#idle]
  if task then idle[#idle] = nil
  else task = new_task(self) end
  task.message, task.key, task.begun = message, key, false
  return task
end

function Batch:start(message, key)
  local task = self:take_task(message, key)
  self.alive = self.alive + 1
  return task
end

-- A message without a task, for as long as nothing has to wait but its answer. Where more is to be done than to read
-- that, a task goes on with it. What an answer is, three values at most, only `direct` knows.
local function land(own, flight, a, b, c)
  local response, details = own.direct.conclude(flight, a, b, c)
  if response == nil then return own:go_on(flight, a, b, c) end
  flight.response, flight.details, flight.body = response, details, nil
  own.ended:push(flight)
end

local function new_flight(own)
  local flight = {}
  function flight.done(a, b, c)
    local ok, problem = pcall(land, own, flight, a, b, c)
    own.alive = own.alive - 1
    own:leave_place()
    if ok then return end
    -- what it raised, as for want of memory, must not cost the outcome: its answer will not come again
    flight.response, flight.text, flight.details = nil, own.clean(tostring(problem)), raised(true, 1)
    own.ended:push(flight)
  end
  return flight
end

function Batch:go_on(flight, a, b, c)
  local first = self.direct.first(flight, a, b, c)
  local task = self:take_task(flight.message)
  task.begun, task.first = true, first
  self.ready:push(task) -- the last that may raise; the flight is not used again
  self.alive = self.alive + 1
  flight.message = nil
end

function Batch:fly(message)
  local flights = self.flights
  local flight = flights[#flights]
  if flight then flights[#flights] = nil
  else flight = new_flight(self) end
  flight.message = message
  self.starting = flight
  local begun, text, details = self.direct.begin(flight, message)
  self.starting = nil
  if begun then
    self.alive, self.in_flight = self.alive + 1, self.in_flight + 1
  else
    flights[#flights + 1], flight.message = flight, nil
    self.ended:push { message = message, text = text, details = details }
  end
end

-- Where something was raised while a message was begun, as for want of memory, its outcome is not lost for that.
function Batch:recover()
  local flight = self.starting
  self.starting = nil
  if self.direct.is_begun(flight) or flight.message == nil or flight.response ~= nil or flight.text then
    self.alive, self.in_flight = self.alive + 1, self.in_flight + 1
    return
  end
  self.ended:push { message = flight.message, text = "something was raised before this was sent", details = raised(false, 0) }
end

-- What a task yields that is not WAIT is meant for the loop that the caller runs in. A task that raised has an outcome
-- too: one message's hook must not hide what became of the others.
function Batch:settle(task, ok, what, ...)
  if not ok then
    if task.placed then self:leave_place() end
    self:finish(task, nil, self.clean(tostring(what)), raised(task.begun))
  elseif what ~= WAIT then
    return self:settle(task, coroutine.resume(task.co, coroutine.yield(what, ...)))
  end
end

function Batch:run_ready()
  local task = self.ready:pop()
  while task do
    self:settle(task, coroutine.resume(task.co))
    task = self.ready:pop()
  end
end

function Batch:wake(all)
  local now = self.now()
  while self.sleeping[1] and (all or self.sleeping[1].wakes <= now) do self.ready:push(self.sleeping:pop()) end
end

function Batch:turn_away(message)
  local _, text, details = not_sent(self)
  self.ended:push { message = message, text = text, details = details }
end

-- where messages to one recipient keep their order, each waits for the one before it
function Batch:accept(message)
  local key = self.key_of and self.key_of(message)
  if key ~= nil then
    local chain = self.chains[key]
    if chain then
      chain:push(message)
      self.held = self.held + 1
      return
    end
    self.chains[key] = new_queue()
  end
  local task = self:start(message, key)
  self:settle(task, coroutine.resume(task.co))
end

-- reads messages until enough are under way, or too many are held back
function Batch:fill()
  local ended, ready, sleeping, concurrency = self.ended, self.ready, self.sleeping, self.concurrency
  while not self.exhausted and not self.closing do
    local asleep = sleeping[1] and #sleeping or 0
    if self.alive - asleep >= concurrency or asleep + self.held >= self.window then return end
    if ended.tail - ended.head + 1 >= concurrency then return end -- what the core refuses ends at once
    self.exhausted = true -- if the source raises, what is under way still ends
    local message = self.source()
    if message == nil then return end
    self.exhausted = false
    if self:is_ending() then self:turn_away(message)
    elseif self.direct then self:fly(message)
    else self:accept(message) end
    if ready.head <= ready.tail then self:run_ready() end
  end
end

-- counts an outcome, and lets the task go on that had it
function Batch:release(task)
  local message, response, text, details = task.message, task.response, task.text, task.details
  task.message, task.response, task.text, task.details = nil, nil, nil, nil
  if task.done then
    if not task.co then self.flights[#self.flights + 1] = task
    elseif coroutine.status(task.co) ~= "dead" then self.idle[#self.idle + 1] = task end
  end
  self.count = self.count + 1
  if response == nil then self.failures = self.failures + 1 end
  if self.on_progress then self:report(details) end
  return message, response, text, details
end

-- whoever raises is asked no more, and the outcome, which must not be lost for it, says what was raised
function Batch:report(details)
  local seconds = self.now() - self.started
  local ok, problem = pcall(self.on_progress, {
    done = self.count, failed = self.failures, total = self.total, in_flight = self.in_flight,
    rate = seconds > 0 and self.count / seconds or 0,
  })
  if ok then return end
  self.on_progress = nil
  if details then details.progress_error = tostring(problem) end
end

local LONGEST = 60 -- seconds in one wait

function Batch:wait()
  local seconds = LONGEST
  if self.sleeping[1] then seconds = math.min(seconds, math.max(0, self.sleeping[1].wakes - self.now())) end
  if self.in_flight > 0 then self.transport.turn(seconds)
  elseif self.sleeping[1] then self.transport.sleep(seconds)
  else error "a task of the batch waits for nothing" end
end

-- the next task that has ended; nil: there will be none
function Batch:advance()
  local task = self.has_tasks and current_task()
  if task and task.batch == self then error("a batch cannot be asked for outcomes from within one of its own messages", 3) end
  local ended, ready = self.ended, self.ready
  if self.starting then self:recover() end
  while true do
    if ended.head <= ended.tail then return ended:pop() end
    if self.sleeping[1] then self:wake(self:is_ending()) end
    if ready.head <= ready.tail then self:run_ready() end
    self:fill()
    if ended.head > ended.tail and ready.head > ready.tail then
      if self.alive == 0 then return nil end
      self:wait()
    end
  end
end

local function check_batch(self)
  if getmetatable(self) ~= Batch then error("call the functions of a batch with a colon, as in batch:next()", 3) end
end

---The next message that has ended, and its outcome, as client:send gives it; nil: all have ended. Where Lua 5.1 cannot
---yield in a `for`, inside an event loop, this is called in a `while`.
---@return table? message, table? response, string? text, whatsapp.info|whatsapp.details|nil details
function Batch:next()
  check_batch(self)
  local ended = self:advance()
  if ended then return self:release(ended) end
end

---Ends early: reads no further messages, waits for those on the wire, sends none that was not begun. May be called again.
---@return { message: table, response: table?, text: string?, details: table? }[] outcomes of those that were under way
function Batch:close()
  check_batch(self)
  local outcomes = {}
  self.closing = true
  for _, chain in pairs(self.chains) do
    local message = chain:pop()
    while message ~= nil do
      self.held = self.held - 1
      self:turn_away(message)
      message = chain:pop()
    end
  end
  local ended = self:advance()
  while ended do
    local message, response, text, details = self:release(ended)
    outcomes[#outcomes + 1] = { message = message, response = response, text = text, details = details }
    ended = self:advance()
  end
  return outcomes
end

Batch.__call = Batch.next
function Batch:__close() self:close() end
function Batch:__tostring() return ("whatsapp.batch (%d done)"):format(self.count) end

-- how a transport that answers one request after the other looks to a batch
local function one_by_one(transport)
  return {
    begin = function(request, done) done(transport(request)) end,
    turn = function() end,
    sleep = type(transport) == "table" and transport.sleep or nil,
  }
end

---@param given { send: function, source: function, total: integer?, transport: any, concurrency: integer, window: integer,
---key_of: (fun(message: any): any)?, direct: table?, is_closed: (fun(): boolean?)?,
---on_progress: (fun(progress: whatsapp.progress))?, clean: (fun(text: string): string)? } clean: takes secrets out of what was
---raised
---@return whatsapp.batch
function batch.new(given)
  local transport = given.transport
  local many = type(transport) == "table" and transport.begin ~= nil
  local self = setmetatable({
    send = given.send, source = given.source, total = given.total, on_progress = given.on_progress,
    concurrency = given.concurrency, window = given.window, key_of = given.key_of,
    transport = many and transport or one_by_one(transport),
    now = type(transport) == "table" and transport.now or os.clock,
    is_closed = given.is_closed or function() return false end, clean = given.clean or tostring,
    ready = new_queue(), ended = new_queue(), places = new_queue(), sleeping = setmetatable({}, Heap),
    direct = many and given.direct or nil, flights = {},
    idle = {}, chains = {}, held = 0, alive = 0, in_flight = 0, count = 0, failures = 0,
  }, Batch)
  self.started = self.now()
  return self
end

return batch
