-- A transport to a box (a simulated API), without sockets. Its clock is the clock of the box: a wait moves this clock, and takes
-- no real time. If a rule of chaos asks for a fault of the network, the transport returns the failure that a transport over
-- libcurl would return.
local memory = require "whatsapp.transport.memory"
local queue = require "whatsapp.util.queue"

local transport = {}

local TIMEOUT = 30 -- seconds, if the request has no time-out

-- ---- faults -------------------------------------------------------------------------------------------------------------

local IDEMPOTENT = { GET = true, HEAD = true, DELETE = true, PUT = true }

-- returns nil, the error and its details, as a transport over libcurl does
local function failed(request, reason, curl_code, status)
  local details = {
    kind = "transport", retryable = IDEMPOTENT[request.method] == true, may_have_been_sent = true, curl_code = curl_code,
    http_status = status,
  }
  return nil, ("%s (curl %d; the request may have been sent)"):format(reason, curl_code), details
end

local function timed_out(request, seconds)
  return failed(request, ("Operation timed out after %.0f milliseconds with 0 bytes received"):format(seconds * 1000), 28)
end

local function reset(request) return failed(request, "Recv failure: Connection reset by peer", 56) end

-- fault of a response -> function(request, response, fault): returns the values that the transport returns
local FAULTS = {
  hang = function(request) return timed_out(request, request.timeout or TIMEOUT) end,
  reset = reset,
  refuse = reset,
  truncated = function(request, response)
    return failed(request, "Recv failure: Connection reset by peer, the body is cut off", 56, response.status)
  end,
  slow = function(_, response) return response end,
  late = function(request, response, fault)
    local most = request.timeout or TIMEOUT
    if fault.seconds > most then return timed_out(request, most) end
    return response
  end,
}

-- returns the seconds after which the response or the failure comes
local function delay_of(request, fault)
  if not fault then return 0 end
  local most = request.timeout or TIMEOUT
  if fault.what == "hang" then return most end
  return math.min(most, fault.seconds or 0)
end

-- ---- the transport ------------------------------------------------------------------------------------------------------

-- Answers a request. Returns the seconds that the answer takes, and the values that the transport returns.
local function exchange(box, request)
  local seconds = 0
  local function handle(_, asked)
    local response = box.handle(asked)
    local fault = response.fault
    seconds = delay_of(asked, fault)
    if not fault then return response end
    return FAULTS[fault.what](asked, response, fault)
  end
  local response, err, details = memory.answer(handle, nil, request)
  return seconds, response, err, details
end

-- Moves the clock to the first of the coming answers, and returns this answer. If no answer comes within the seconds, moves the
-- clock by the seconds, and returns nothing. coming: a heap of answers, by their times.
local function wait(box, coming, seconds)
  local first, now = coming[1], box.clock:now()
  local ends = now + seconds
  if not first or first.wakes > ends then
    if seconds > 0 then box.clock.run_until(ends) end
    return
  end
  coming:pop()
  if first.wakes > now then box.clock.run_until(first.wakes) end
  return first.slot, first.response, first.err, first.details
end

---@class whatsapp.sandbox.transport: whatsapp.Transport callable; now and sleep are the box's clock

---@param box whatsapp.sandbox
---@return whatsapp.sandbox.transport
function transport.new(box)
  local coming = queue.heap()
  local self = { streams = true }
  function self.now() return box.clock:now() end
  function self.sleep(seconds) box.clock.run_until(box.clock:now() + seconds) end
  function self.start(request, slot)
    local seconds, response, err, details = exchange(box, request)
    coming:push { wakes = box.clock:now() + seconds, slot = slot, response = response, err = err, details = details }
  end
  function self.wait(seconds) return wait(box, coming, seconds) end
  return setmetatable(self, {
    __call = function(_, request)
      local seconds, response, err, details = exchange(box, request)
      if seconds > 0 then self.sleep(seconds) end
      return response, err, details
    end,
    __tostring = function() return "whatsapp.sandbox.transport" end,
  })
end

return transport
