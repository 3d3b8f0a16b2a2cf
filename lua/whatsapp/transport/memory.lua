-- A transport without a network, for tests: a function answers, the requests are kept, and time stands still until
-- somebody sleeps or waits for an answer.
local M = {}

---@param handle (fun(request: table): table?, string?, table?)|table[] answers a request; or answers, one after the other
---@param given { delay: (number|fun(request: table): number)? }? seconds that an answer takes
---@return table transport callable; .requests, .slept (seconds), now(), sleep(seconds), begin(request, done), turn(seconds)
function M.new(handle, given)
  local delay = given and given.delay or 0
  local transport = { requests = {}, slept = 0 }
  local coming = {} -- answers: when, and to whom
  local function answer(request)
    if type(handle) == "function" then return handle(request) end
    local next_answer = handle[#transport.requests]
    if next_answer == nil then error("no answer is left for request " .. #transport.requests, 3) end
    if next_answer.status then return next_answer end
    return nil, next_answer.text, next_answer.details
  end
  local function keep(request)
    transport.requests[#transport.requests + 1] = request
    return type(delay) == "function" and delay(request) or delay
  end

  function transport.now() return transport.slept end
  function transport.sleep(seconds) transport.slept = transport.slept + seconds end

  function transport.begin(request, done)
    local at = transport.slept + keep(request)
    coming[#coming + 1] = { at = at, done = done, answer = { answer(request) } }
  end

  -- the answer that comes first, if it comes in time
  function transport.turn(seconds)
    local first
    for i, one in ipairs(coming) do
      if first == nil or one.at < coming[first].at then first = i end
    end
    local till = transport.slept + seconds
    if first == nil or coming[first].at > till then
      transport.slept = till
      return
    end
    local one = table.remove(coming, first)
    transport.slept = math.max(transport.slept, one.at)
    one.done(one.answer[1], one.answer[2], one.answer[3])
  end

  return setmetatable(transport, {
    __call = function(_, request)
      transport.slept = transport.slept + keep(request)
      return answer(request)
    end,
  })
end

return M
