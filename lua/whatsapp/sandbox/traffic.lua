-- The limits of the API in a box (a simulated API), and the headers in which the API tells how much of a limit is used. refuse()
-- enforces two limits if the option `limits` is "api": the messages of a number, and the messages to each user. told() adds the
-- headers to every response. Never waits.
local chaos = require "whatsapp.sandbox.chaos"
local limits = require "whatsapp.send.limits"

local traffic = {}

local THROUGHPUT, AT_ONCE = 80, 8 -- for a number: messages in a second, messages at once
local PAIR, BURST = 6, 45 -- for a user: seconds between two messages, messages at once
local ROUNDING = 1e-6 -- seconds: a shorter wait is a rounding error, and counts as no wait
local CALLS = 5000 -- requests in an hour that are 100 percent of the usage
local HOUR, MINUTE = 3600, 60

---@class whatsapp.sandbox.traffic
local Traffic = {}
Traffic.__index = Traffic

-- ---- limits -------------------------------------------------------------------------------------------------------------

---Counts a message in both limits, if they are enforced.
---@param number string phone_number_id
---@param to string the recipient
---@return table? response the refusal; nil: the message may pass
function Traffic:refuse(number, to)
  if not self.is_enforced then return nil end
  local now, pair = self.clock:now() - self.started, number .. " " .. tostring(to)
  local wait = self.numbers:take(number, now, 1 / THROUGHPUT, AT_ONCE, ROUNDING)
  if wait > ROUNDING then return chaos.error(130429, self.status) end
  wait = self.pairs:take(pair, now, PAIR, BURST, ROUNDING)
  if wait > ROUNDING then return chaos.error(131056, self.status) end
end

-- Returns how much of a limit is used, in percent. store.ends has the time at which a limit is empty again.
local function used(store, key, now, interval, burst)
  local ends = store.ends[key] or now
  return math.min(100, math.max(0, math.ceil((ends - now) / interval / burst * 100)))
end

---@param number string phone_number_id
---@param to string? a recipient
---@return { number: integer, pair: integer? } percent how much of both limits is used
function Traffic:gauges(number, to)
  local now = self.clock:now() - self.started
  return {
    number = used(self.numbers, number, now, 1 / THROUGHPUT, AT_ONCE),
    pair = to and used(self.pairs, number .. " " .. to, now, PAIR, BURST) or nil,
  }
end

-- ---- usage --------------------------------------------------------------------------------------------------------------

-- Counts a request; returns the requests of the last 60 minutes, in percent of CALLS. self.minutes has one count for each minute.
local function count(self, now)
  local minute = math.floor(now / MINUTE)
  if minute ~= self.minute then
    for passed = math.max(self.minute + 1, minute - HOUR / MINUTE), minute do
      local place = passed % (HOUR / MINUTE)
      self.calls = self.calls - (self.minutes[place] or 0)
      self.minutes[place] = 0
    end
    self.minute = minute
  end
  local place = minute % (HOUR / MINUTE)
  self.minutes[place] = (self.minutes[place] or 0) + 1
  self.calls = self.calls + 1
  return math.min(100, math.floor(self.calls * 100 / CALLS))
end

local BUSINESS = '{"%s":[{"type":"whatsapp","call_count":%d,"total_cputime":%d,"total_time":%d,'
  .. '"estimated_time_to_regain_access":%d}]}'
local APP = '{"call_count":%d,"total_cputime":%d,"total_time":%d}'

---Counts a response, and adds the headers about usage to it. They are made again only if their values have changed.
---@param response table
function Traffic:told(response)
  local percent = count(self, self.clock:now())
  local minutes = 0
  if response.is_throttled then
    percent, minutes = 100, math.ceil((tonumber(response.headers["retry-after"]) or MINUTE) / MINUTE)
  end
  local key = percent * 10000 + minutes
  if key ~= self.key then
    self.key = key
    self.business = BUSINESS:format(self.portfolio, percent, percent, percent, minutes)
    self.app = APP:format(percent, percent, percent)
  end
  response.headers["x-business-use-case-usage"], response.headers["x-app-usage"] = self.business, self.app
  response.is_throttled = nil
end

---@param clock whatsapp.sandbox.clock
---@param portfolio string the id of the business portfolio, for the headers
---@param is_enforced boolean whether the limits are enforced
---@param status integer? the HTTP status of a refusal; 400 if absent
---@return whatsapp.sandbox.traffic traffic
function traffic.new(clock, portfolio, is_enforced, status)
  return setmetatable({
    clock = clock, started = clock:now(), portfolio = portfolio, is_enforced = is_enforced, status = status,
    pairs = limits.store(), numbers = limits.store(), calls = 0, minutes = {}, minute = 0,
  }, Traffic)
end

return traffic
