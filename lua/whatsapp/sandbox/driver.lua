-- Drives a box (a simulated API) inside nginx: lets the box do its due work, and sends the requests of the box over cosockets. A
-- turn is one call of box:run. Never decides: the box decides which request is sent, when, how many are under way to one
-- endpoint, and what an answer means.
local queue = require "whatsapp.util.queue"
local resty = require "whatsapp.transport.resty"
local show = require "whatsapp.util.show"

local MOST = 512 -- requests under way; the box has at most 16 requests to one endpoint under way
local IDLE = 1 -- seconds: the longest time between two turns
local TURNS = 1000 -- turns of one timer; then a new timer begins: nginx keeps memory for each timer until it ends

local Driver = {}
Driver.__index = Driver

local M = {}

---@param ngx table
---@param box whatsapp.sandbox
---@param tick fun() called about once a second
---@return table driver
function M.new(ngx, box, tick)
  return setmetatable({
    ngx = ngx, box = box, tick = tick, queue = queue.fifo(), running = 0, ticked = 0,
    transport = resty.new { allow_http = true, pool = "sandbox", max_body = 65536 },
  }, Driver)
end

function Driver:log(err) self.ngx.log(self.ngx.ERR, "the sandbox: ", show.value(err)) end

---Makes the next turn begin soon. Call it after something happened in the box.
function Driver:wake()
  local semaphore = self.semaphore
  if semaphore and semaphore:count() < 1 then semaphore:post(1) end
end

-- ---- requests ---------------------------------------------------------------------------------------------------------------

local function perform(self, effect)
  local post = effect.post
  local ok, response, err = pcall(self.transport, {
    method = post.method or "POST", url = post.url, headers = post.headers, body = post.body, timeout = post.timeout,
  })
  if not ok then response, err = nil, tostring(response) end
  local done, problem = pcall(effect.done, response, err)
  if not done then self:log(problem) end
end

-- A light thread that performs the requests of the queue, one after the other.
local function work(premature, self)
  for _ = 1, premature and 0 or TURNS do
    local effect = self.queue:pop()
    if not effect then break end
    perform(self, effect)
    self:wake()
  end
  self.running = self.running - 1
  if self.queue:size() > 0 and not premature then self:staff() end
end

function Driver:staff()
  for _ = self.running + 1, math.min(MOST, self.running + self.queue:size()) do
    local ok, err = self.ngx.timer.at(0, work, self)
    if not ok then return self:log(err) end
    self.running = self.running + 1
  end
end

-- ---- turns ------------------------------------------------------------------------------------------------------------------

local function turn(self)
  local effects = self.box:run()
  for _, effect in ipairs(effects) do self.queue:push(effect) end
  if effects[1] then self:staff() end
  local now = self.ngx.now()
  if now - self.ticked >= IDLE then
    self.ticked = now
    self.tick()
  end
end

-- Waits at least a millisecond: a shorter wait would neither yield nor move the clock of nginx.
local function drive(premature, self)
  self.semaphore = self.semaphore or require("ngx.semaphore").new()
  for _ = 1, premature and 0 or TURNS do
    local ok, err = pcall(turn, self)
    if not ok then self:log(err) end
    local due = ok and self.box:due() or IDLE
    self.semaphore:wait(math.max(0.001, math.min(IDLE, due)))
    if self.ngx.worker.exiting() then return end
  end
  if not premature then self:start() end
end

---Starts the turns, in timers of nginx's worker process.
function Driver:start()
  local ok, err = self.ngx.timer.at(0, drive, self)
  if not ok then self:log(err) end
end

return M
