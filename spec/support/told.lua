-- For spec/transport/verdict_spec.lua: sends a message for each status and each kind of answer, and returns the client's verdict on each
-- answer. The text of a message says which answer the fault server must give. Runs in the process of the spec and in nginx's worker
-- process, so it has no assertions of busted.
local verdicts = require "spec.support.verdicts"

local told = { STATUSES = 1000 }

local KINDS = verdicts.KINDS

---Returns the case with a number.
---@param number integer from 1
---@return integer status 0 to 999
---@return string kind of verdicts.KINDS
function told.case(number)
  return (number - 1) % told.STATUSES, KINDS[math.floor((number - 1) / told.STATUSES) + 1]
end

function told.count() return told.STATUSES * #KINDS end

local function source()
  local number = 0
  return function()
    number = number + 1
    if number > told.count() then return nil end
    return { to = "1", text = { body = ("id %d say %03d %s"):format(number, told.case(number)) } }
  end
end

-- returns the client's verdict; an outcome that no rule allows is a sentence that begins with "wrong"
local function word_of(number, result, err, details)
  local verdict = verdicts.of(result, details)
  if verdict == "success" then
    return result.messages[1].id == "wamid." .. number and verdict or "wrong: another message's answer"
  end
  if type(err) ~= "string" or err:find "%c" then return "wrong: no line for an error" end
  if verdict == "unsure" and details.retryable then return "wrong: may have been sent, and is to be repeated" end
  return verdict
end

---@param client whatsapp.client
---@param concurrency integer
---@return string[] verdicts number of the case -> verdict
function told.send(client, concurrency)
  local words, batch = {}, client:each(source(), { concurrency = concurrency, retry = { attempts = 2, total = 0.5 } })
  local message, result, err, details = batch:next()
  while message do
    local number = tonumber(message.text.body:match "%d+")
    words[number] = words[number] and "wrong: two outcomes" or word_of(number, result, err, details)
    message, result, err, details = batch:next()
  end
  return words
end

return told
