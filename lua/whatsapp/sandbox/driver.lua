-- Drives a box (a simulated API) inside nginx. A turn is one call of box:run(): the box does its due work, and returns the
-- requests that it wants to send. The driver puts the requests into a queue; up to 512 light threads send them over cosockets.
-- The box decides when a request is sent, how many are under way to one endpoint, and what an answer means.
local queue = require "whatsapp.util.queue"
local resty = require "whatsapp.transport.resty"
local show = require "whatsapp.util.show"

local MOST = 512 -- light threads; the box has at most 16 requests to one endpoint under way
local IDLE = 1 -- seconds: the longest time between two turns
local TURNS = 1000 -- turns or requests of one timer; then a new timer begins, because nginx frees memory only when a timer ends

local Driver = {}
Driver.__index = Driver

local M = {}

---@param ngx table
---@param box whatsapp.sandbox
---@param tick fun() called about once a second
---@return table driver start() starts it
function M.new(ngx, box, tick)
  return setmetatable({
    ngx = ngx, box = box, tick = tick, queue = queue.fifo(), running = 0, ticked = 0,
    transport = resty.new { allow_http = true, pool = "sandbox", max_body = 65536 },
  }, Driver)
end

function Driver:log(err) self.ngx.log(self.ngx.ERR, "the sandbox: ", show.value(err)) end

---Makes the next turn begin at once. Call this function after each request to the box.
function Driver:wake()
  local semaphore = self.semaphore
  if semaphore and semaphore:count() < 1 then semaphore:post(1) end
end

-- ---- requests ---------------------------------------------------------------------------------------------------------------

-- sends one request, and gives the answer to the box
local function perform(self, effect)
  local post = effect.post
  local ok, response, err = pcall(self.transport, {
    method = post.method or "POST", url = post.url, headers = post.headers, body = post.body, timeout = post.timeout,
  })
  if not ok then response, err = nil, tostring(response) end
  local done, problem = pcall(effect.done, response, err)
  if not done then self:log(problem) end
end

-- A light thread: sends the requests of the queue, one after the other. premature: nginx ends.
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

---Starts as many light threads as the queue has requests, at most MOST in total.
function Driver:staff()
  for _ = self.running + 1, math.min(MOST, self.running + self.queue:size()) do
    local ok, err = self.ngx.timer.at(0, work, self)
    if not ok then return self:log(err) end
    self.running = self.running + 1
  end
end

-- ---- turns ------------------------------------------------------------------------------------------------------------------

-- takes one turn, and calls tick() once a second
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

-- A light thread: takes turns. Between two turns, it waits until the next work is due, until wake() is called, or for a second.
-- It waits at least a millisecond, because a shorter wait would neither yield nor move the clock of nginx.
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

---Starts the turns, in a timer of nginx's worker process.
function Driver:start()
  local ok, err = self.ngx.timer.at(0, drive, self)
  if not ok then self:log(err) end
end

return M
