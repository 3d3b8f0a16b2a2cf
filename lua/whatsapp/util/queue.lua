-- Two queues: one returns its values in their order (first in, first out); the other is a heap, sorted by time. A value of the
-- heap is a sleeper: a table with the time `wakes`. The heap returns the sleeper with the earliest time first. Pure; never
-- waits.
local queue = {}

-- ---- first in, first out ----------------------------------------------------------------------------------------------------

local Fifo = {}
Fifo.__index = Fifo

---@return table fifo :push(value), :pop() -> value or nil, :size()
function queue.fifo() return setmetatable({ head = 1, tail = 0 }, Fifo) end

function Fifo:push(value)
  local tail = self.tail + 1
  self[tail] = value -- raises if there is no memory: the queue is then unchanged
  self.tail = tail
end

function Fifo:pop()
  local head = self.head
  if head > self.tail then return nil end
  local value = self[head]
  self[head] = nil
  if head == self.tail then self.head, self.tail = 1, 0
  else self.head = head + 1 end
  return value
end

function Fifo:size() return self.tail - self.head + 1 end

queue.push, queue.pop = Fifo.push, Fifo.pop -- for hot loops: a plain function saves the look-up of a method

-- ---- a heap of sleepers -----------------------------------------------------------------------------------------------------

local Heap = {}
Heap.__index = Heap

---@return table heap :push(sleeper), :pop() -> sleeper or nil; [1] is the sleeper that wakes first
function queue.heap() return setmetatable({}, Heap) end

function Heap:push(sleeper)
  local i = #self + 1
  while i > 1 do
    local above = math.floor(i / 2)
    if self[above].wakes <= sleeper.wakes then break end
    self[i] = self[above]
    i = above
  end
  self[i] = sleeper
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

return queue
