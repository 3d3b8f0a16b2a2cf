-- Repeats a request where that helps and cannot send twice. Whether and when is one pure function; what is known of the
-- failure comes from its details. Never repeats what may have been sent, unless the request does no harm twice.
local decorate = require "whatsapp.util.decorate"
local response = require "whatsapp.wire.outcome"

local retry = {}

---@class whatsapp.retry
---@field attempts integer? in all, 3 if absent
---@field total number? seconds for all attempts and the waits between them, 30 if absent
---@field idempotent boolean? with may_send_twice, of a GET or a DELETE: what is lost is repeated where the transport says so
---@field may_send_twice boolean? what may have been sent is repeated too: for a request that does no harm twice

local PAIR_LIMIT = 131056 -- one message in 6 seconds to the same user

---@param details whatsapp.details of the failure
---@param attempt integer how many were made
---@param elapsed number seconds since the first
---@param policy whatsapp.retry
---@param random number from 0 to 1, for the jitter
---@return number? seconds to wait; nil: give up
function retry.wait(details, attempt, elapsed, policy, random)
  -- of a lost GET the transport knows whether it helps: what was too long, or could not be written, comes again
  local harmless = policy.may_send_twice and details.kind ~= "invalid" and details.may_have_been_sent
    and not (policy.idempotent and details.kind == "transport")
  if not (details.retryable or harmless) or attempt >= (policy.attempts or 3) then return nil end
  local wait = 4 ^ (attempt - 1)
  if details.code == PAIR_LIMIT then wait = math.max(6, 4 ^ attempt) end
  if details.retry_after then wait = math.max(wait, details.retry_after) end
  wait = wait * (1 + random / 4)
  if elapsed + wait > (policy.total or 30) then return nil end
  return wait
end

local UNKNOWN = { kind = "transport", retryable = false, may_have_been_sent = true } -- nobody writes into it

-- What is wrong with an answer that nobody reads here; nil: nothing. Any 2xx is good that tells of no error.
local function failure_of(answer)
  local good = answer.status >= 200 and answer.status < 300
  if good and not (type(answer.body) == "string" and answer.body:find('"error"', 1, true)) then return nil end
  local _, _, failed = response.read(answer)
  return failed
end

---One exchange, with as many attempts as the policy allows.
---@param transport any
---@param request table
---@param policy whatsapp.retry|false
---@param read (fun(answer: table): table?, string?, table?)? what makes the result of an answer; of none, it is the answer
---@param first { answer: table?, text: string?, details: table?, started: number }? an attempt that was made already
---@return table? result, string? text, table? details, integer attempts, table? answer
function retry.run(transport, request, policy, read, first)
  local carried = type(transport) == "table" and transport or {}
  local now, sleep = carried.now, carried.sleep
  local may_wait = policy and sleep and now
  local started, attempts, before = first and first.started or may_wait and now() or 0, 0, request.waited or 0
  while true do
    local answer, text, details
    if first then answer, text, details, first = first.answer, first.text, first.details, nil
    else answer, text, details = transport(request) end
    local result = answer
    if read and answer ~= nil then result, text, details = read(answer) end
    attempts = attempts + 1
    local failed
    if result == nil then failed = details or UNKNOWN
    elseif may_wait and not read then failed = failure_of(answer) end
    if not (failed and may_wait) then return result, text, details, attempts, answer end
    local elapsed = now() - started - ((request.waited or 0) - before) -- a limit's wait is not counted
    local wait = retry.wait(failed, attempts, elapsed, policy, math.random())
    if not wait or sleep(wait) == false then return result, text, details, attempts, answer end
  end
end

---@param policy whatsapp.retry?
---@return fun(transport: any): table decorator
function retry.decorator(policy)
  return function(transport)
    return decorate.around(transport, function(_, request)
      local answer, text, details = retry.run(transport, request, policy or {})
      return answer, text, details -- and nothing else
    end)
  end
end

return retry
