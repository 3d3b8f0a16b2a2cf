-- Sends thousands of numbered messages, and returns the client's outcome of each. For spec/transport/faults_spec.lua, and for the programs
-- that this spec runs in other processes. Has no assertions of busted; raises if an outcome is impossible.
local many = {}

local CONCURRENCY = 50

local function source_of(count)
  local number = 0
  return function()
    if number == count then return nil end
    number = number + 1
    return { to = "1", text = { body = ("id %d"):format(number) } }
  end
end

local function number_of(message) return tonumber(message.text.body:match "%d+") end

-- Puts the outcome of a message into `outcomes`: number -> a word. Raises if the message has an outcome already.
local function keep(outcomes, message, response, text, details)
  local number = number_of(message)
  if outcomes[number] then error(("message %d has two outcomes"):format(number), 0) end
  if not response then
    outcomes[number] = details.may_have_been_sent and "unknown" or "unsent"
    if type(text) ~= "string" then error(("message %d has failed without a text"):format(number), 0) end
  else
    outcomes[number] = response.messages[1].id == "wamid." .. number and "accepted" or "another's answer"
  end
end

local function each(client, count, in_flight)
  return client:each(source_of(count), {
    concurrency = CONCURRENCY, retry = { attempts = 2, total = 5 },
    on_progress = function(progress) in_flight.now, in_flight.done = progress.in_flight, progress.done end,
  })
end

---Sends the messages, and reads the outcomes with `for`.
---@param client whatsapp.client
---@param count integer
---@param in_flight table gets the members now and done: how many messages are on the wire, and how many are done
---@return string[] outcomes "accepted", "unknown", "unsent" or "another's answer"
function many.send(client, count, in_flight)
  local outcomes = {}
  for message, response, text, details in each(client, count, in_flight) do
    keep(outcomes, message, response, text, details)
  end
  return outcomes
end

---Does the same as send(), but calls batch:next() for each outcome: in Lua 5.1, the iterator of a `for` cannot yield to an event loop.
---@param client whatsapp.client
---@param count integer
---@param in_flight table
---@return string[] outcomes
function many.send_inside(client, count, in_flight)
  local outcomes, batch = {}, each(client, count, in_flight)
  local message, response, text, details = batch:next()
  while message do
    keep(outcomes, message, response, text, details)
    message, response, text, details = batch:next()
  end
  return outcomes
end

return many
