-- Decides the next state of an entry from the result of its attempt. Never queues a message again that may have been sent.
-- Pure: never calls the store.
local show = require "whatsapp.util.show"

local decide = {}

-- Error codes that concern the phone number, its account or its token, and not one message. After such an error, the whole
-- queue is held: it waits, and the attempt does not count.
local HOLDS = {
  [4] = true, [17] = true, [613] = true, [80007] = true, [130429] = true, [131048] = true, -- called too often
  [0] = true, [3] = true, [10] = true, [104] = true, [190] = true, [131005] = true, -- the token
  [368] = true, [131031] = true, -- the account
}
local HELD_BY = { token = true, credentials = true } -- values of refused_by that also hold the queue

local PAIR_LIMIT, PAIR_SECONDS = 131056, 6
local LONGEST_HOLD = 3600 -- seconds
local LONGEST_ERROR = 1000 -- bytes of an error that the store keeps

local function is_hold(details)
  local code = details.code
  if code then return HOLDS[code] or (code >= 200 and code <= 299) end
  return details.kind == "refused" and HELD_BY[details.refused_by]
end

---Returns the seconds until the next attempt: base, 4 * base, 16 * base …, at most `most`; and at random up to a quarter more.
---@param attempts integer number of failed attempts
---@param backoff number[] { base, most } seconds
---@param random number from 0 to 1
---@return number seconds
function decide.backoff(attempts, backoff, random)
  return math.min(backoff[2], backoff[1] * 4 ^ (attempts - 1)) * (1 + random / 4)
end

-- returns the seconds for which the queue is held: Retry-After, or 4, 16, 64 … if holds follow each other; at most an hour
local function hold_of(details, holds)
  return math.min(LONGEST_HOLD, details.retry_after or 4 ^ (holds + 1))
end

-- queues the entry again after a delay, or fails it after the last attempt
local function again(outcome, err, details, rules)
  outcome.attempts = outcome.attempts + 1
  if outcome.attempts >= rules.attempts then
    outcome.state, outcome.error = "failed", ("given up after %d attempts: %s"):format(outcome.attempts, err)
    return outcome
  end
  local delay = decide.backoff(outcome.attempts, rules.backoff, rules.random())
  if details.code == PAIR_LIMIT then delay = math.max(delay, PAIR_SECONDS) end
  outcome.state, outcome.delay = "queued", math.max(delay, details.retry_after or 0)
  return outcome
end

---Decides the outcome of an attempt.
---@param entry { key: string, fence: integer, attempts: integer }
---@param result table? as client:send returns it
---@param err string?
---@param details table?
---@param rules { attempts: integer, backoff: number[], random: fun(): number }
---@param holds integer how many times in a row the queue was held
---@return { key: string, fence: integer, state: string, attempts: integer, id: string?, error: string?, delay: number? } outcome
---@return number? seconds for which the queue is held; nil: it is not held
function decide.outcome(entry, result, err, details, rules, holds)
  local outcome = { key = entry.key, fence = entry.fence, attempts = entry.attempts }
  if result ~= nil then
    local first = type(result.messages) == "table" and result.messages[1]
    outcome.state, outcome.attempts, outcome.id = "accepted", entry.attempts + 1, type(first) == "table" and first.id or nil
    return outcome
  end
  outcome.error = show.value(err, LONGEST_ERROR)
  if details.may_have_been_sent then
    outcome.state, outcome.attempts = "unknown", entry.attempts + 1
    return outcome
  end
  if is_hold(details) then
    local seconds = hold_of(details, holds)
    outcome.state, outcome.delay = "queued", 0
    return outcome, seconds
  end
  if details.retryable then return again(outcome, outcome.error, details, rules) end
  outcome.state, outcome.attempts = "failed", entry.attempts + 1
  return outcome
end

return decide
