-- Two limits of the API, as virtual time (GCRA): messages a second of a number, and messages to one recipient, who may
-- get a burst that is borrowed from later. A full limit only delays. What was taken is kept in a store, in this process
-- by default; another one needs only take(). Never refuses, never looks into a message.
local decorate = require "whatsapp.util.decorate"

local limiter = {}

---@class whatsapp.limits
---@field throughput number? messages a second of each phone number, 80 if absent; the API allows up to 1,000 to some
---@field pair { interval: number, burst: integer }|false? a message in 6 seconds to one recipient, 45 of them in advance,
---if absent; false: no such limit
---@field window integer? messages that client:each holds back at most, 1,024 if absent
---@field store whatsapp.limiter_store? where what was taken is kept

---@class whatsapp.limiter_store
---@field take fun(self: any, key: string, now: number, interval: number, burst: integer): number?, string? takes the next
---place of the key, where one comes every `interval` seconds and `burst` of them may be taken at once; returns the seconds
---until then, or nil and a text if it could take none. To be atomic for all who share the store; a key may be forgotten
---once its last place is over

local THROUGHPUT, PAIR, WINDOW = 80, { interval = 6, burst = 45 }, 1024
local AT_ONCE = 10 -- a tenth of a second's messages may leave at once

local Store = {}
Store.__index = Store

local FEW = 64

-- a place that is over says nothing: those are dropped whenever as many were taken as were kept the last time
local function sweep(self, now)
  self.kept, self.taken = 0, 0
  for key, till in pairs(self.till) do
    if till <= now then self.till[key] = nil
    else self.kept = self.kept + 1 end
  end
end

function Store:take(key, now, interval, burst)
  local till = self.till[key]
  if till == nil or till < now then till = now end
  self.till[key] = till + interval
  self.taken = self.taken + 1
  if self.taken > self.kept + FEW then sweep(self, now) end
  return math.max(0, till - (burst - 1) * interval - now)
end

---@return whatsapp.limiter_store store in the memory of this process
function limiter.store()
  return setmetatable({ till = {}, kept = 0, taken = 0 }, Store)
end

-- a recipient is the same with and without the + and the spaces of a number
local function pair_key(request)
  return ("pair:%s:%s"):format(request.phone_number_id, tostring(request.to):gsub("[^%w]", ""))
end

---@param limits whatsapp.limits?
---@return fun(transport: any): any decorator, table settings what holds: .ordered, .window
function limiter.new(limits)
  limits = limits or {}
  local store = limits.store or limiter.store()
  local rate = limits.throughput or THROUGHPUT
  local pair = limits.pair == nil and PAIR or limits.pair
  local burst = math.max(1, math.floor(rate / AT_ONCE))

  local function decorator(transport)
    local now, sleep = decorate.carried(transport, "now"), decorate.carried(transport, "sleep")
    if not (now and sleep) then return transport end

    -- nil and a text: it is not to be sent, as whoever waits does not want it any more, or no place could be taken
    local function pass(request, key, interval, at_once)
      local wait, text = store:take(key, now(), interval, at_once)
      if not wait then return nil, "no limit could be kept: " .. tostring(text) end
      if wait <= 0 then return true end
      request.waited = (request.waited or 0) + wait
      if sleep(wait) == false then return nil, "closed while a limit held it back" end
      return true
    end

    return decorate.around(transport, function(_, request)
      local go, text = true, nil
      if pair and request.to ~= nil then go, text = pass(request, pair_key(request), pair.interval, pair.burst) end
      if go and request.phone_number_id ~= nil then
        go, text = pass(request, "number:" .. request.phone_number_id, 1 / rate, burst)
      end
      if go then return transport(request) end
      return nil, text, { kind = "transport", retryable = true, may_have_been_sent = false }
    end)
  end
  return decorator, { ordered = pair ~= false, window = limits.window or WINDOW }
end

return limiter
