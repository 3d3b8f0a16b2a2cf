-- A transport without a network, for tests: a function answers, the requests are kept, and time stands still until
-- somebody sleeps.
local M = {}

---@param handle (fun(request: table): table?, string?, table?)|table[] answers a request; or answers, one after the other
---@return table transport callable; .requests, .slept (seconds), now(), sleep(seconds)
function M.new(handle)
  local transport = { requests = {}, slept = 0 }
  local function answer(request)
    if type(handle) == "function" then return handle(request) end
    local next_answer = handle[#transport.requests]
    if next_answer == nil then error("no answer is left for request " .. #transport.requests, 3) end
    if next_answer.status then return next_answer end
    return nil, next_answer.text, next_answer.details
  end
  function transport.now() return transport.slept end
  function transport.sleep(seconds) transport.slept = transport.slept + seconds end
  return setmetatable(transport, {
    __call = function(_, request)
      transport.requests[#transport.requests + 1] = request
      return answer(request)
    end,
  })
end

return M
