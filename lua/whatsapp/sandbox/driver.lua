-- Moves a box inside nginx: runs what falls due, and POSTs the webhooks over cosockets, at most 16 under way to one endpoint. The
-- box decides what is sent, when, and what an answer means. Never sends a webhook by itself, and holds no secret.
local queue = require "whatsapp.util.queue"
local resty = require "whatsapp.transport.resty"
local show = require "whatsapp.util.show"

local MOST = 16 -- POSTs under way to one endpoint
local IDLE = 1 -- seconds at most between two looks at the box
local TURNS = 1000 -- of one timer: nginx keeps some memory for a timer until it ends

local Driver = {}
Driver.__index = Driver

local M = {}

---@param ngx table
---@param box whatsapp.sandbox
---@param tick fun() called about once a second
---@return table driver
function M.new(ngx, box, tick)
  return setmetatable({
    ngx = ngx, box = box, tick = tick, lanes = {}, ticked = 0,
    transport = resty.new { allow_http = true, pool = "sandbox", pool_size = MOST, user_agent = "facebookexternalua", max_body = 65536 },
  }, Driver)
end

function Driver:log(err) self.ngx.log(self.ngx.ERR, "the sandbox: ", show.value(err)) end

---Looks at the box soon: something happened to it.
function Driver:wake()
  local semaphore = self.semaphore
  if semaphore and semaphore:count() < 1 then semaphore:post(1) end
end

-- ---- POSTs ------------------------------------------------------------------------------------------------------------------

local function perform(self, effect)
  local post = effect.post
  local ok, response, err = pcall(self.transport, {
    method = "POST", url = post.url, headers = post.headers, body = post.body, timeout = post.timeout,
  })
  if not ok then response, err = nil, tostring(response) end
  local done, problem = pcall(effect.done, response, err)
  if not done then self:log(problem) end
end

-- One of the POSTs under way to an endpoint: takes the next one as long as there is one.
local function work(premature, self, lane)
  for _ = 1, premature and 0 or TURNS do
    local effect = lane.queue:pop()
    if not effect then break end
    perform(self, effect)
    self:wake()
  end
  lane.running = lane.running - 1
  if lane.queue:size() > 0 and not premature then self:staff(lane) end
end

-- gives an endpoint as many workers as it has work for
function Driver:staff(lane)
  for _ = lane.running + 1, math.min(MOST, lane.running + lane.queue:size()) do
    local ok, err = self.ngx.timer.at(0, work, self, lane)
    if not ok then return self:log(err) end
    lane.running = lane.running + 1
  end
end

local function submit(self, effect)
  local endpoint = effect.post.url:match "^%a+://[^/?#]*" or effect.post.url
  local lane = self.lanes[endpoint] or { running = 0, queue = queue.fifo() }
  self.lanes[endpoint] = lane
  lane.queue:push(effect)
  if lane.running < MOST then self:staff(lane) end
end

-- ---- turns ------------------------------------------------------------------------------------------------------------------

local function turn(self)
  local effects = self.box:run()
  for _, effect in ipairs(effects or {}) do submit(self, effect) end
  local now = self.ngx.now()
  if now - self.ticked >= IDLE then
    self.ticked = now
    self.tick()
  end
end

-- A wait below a millisecond would neither yield nor move the clock of nginx.
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

---Begins to move the box, in timers of this worker.
function Driver:start()
  local ok, err = self.ngx.timer.at(0, drive, self)
  if not ok then self:log(err) end
end

return M
