-- Decides whether a failed request is repeated, and after how many seconds. Pure: no clock, no network. A request is repeated
-- in two cases. Case 1: details.retryable is true, because a repetition does no harm. Case 2: the request may have been sent,
-- and the caller allows the client to send it twice.
local retry = {}

---@class whatsapp.retry
---@field attempts integer? number of all attempts, 3 if absent
---@field total number? the largest number of seconds between the first attempt and the start of another attempt, 30 if absent;
---the waits for limits do not count
---@field may_send_twice boolean? also repeat a request that may have been sent; for messages that may arrive twice
---@field idempotent boolean? with may_send_twice, for a GET or a DELETE: after a transport failure, only details.retryable
---decides

retry.ATTEMPTS, retry.TOTAL = 3, 30

local PAIR_LIMIT = 131056 -- error code: too many messages to one user; the API allows one message in 6 seconds

---@param details whatsapp.details of the failure
---@param attempt integer the attempt number, from 1
---@param elapsed number seconds since the first attempt began, without the waits for limits
---@param policy whatsapp.retry
---@param random number a random number from 0 to 1, for the jitter
---@return number? seconds until the next attempt; nil: give up
function retry.wait(details, attempt, elapsed, policy, random)
  -- After a transport failure of a GET or a DELETE, only details.retryable decides: for example, if an answer is too long, the
  -- next answer is too long, too.
  local harmless = policy.may_send_twice and details.may_have_been_sent
    and not (policy.idempotent and details.kind == "transport")
  if not (details.retryable or harmless) or attempt >= (policy.attempts or retry.ATTEMPTS) then return nil end
  local wait = 4 ^ (attempt - 1)
  if details.code == PAIR_LIMIT then wait = math.max(6, 4 ^ attempt) end
  if details.retry_after then wait = math.max(wait, details.retry_after) end
  wait = wait * (1 + random / 4)
  if elapsed + wait > (policy.total or retry.TOTAL) then return nil end
  return wait
end

return retry
