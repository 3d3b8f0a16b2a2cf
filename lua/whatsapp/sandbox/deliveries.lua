-- Delivers the webhooks of a box (a simulated API). A delivery is one webhook with the log of its attempts. The life of a
-- delivery:
--   1. send()               makes the delivery, and puts its first attempt on the clock
--   2. attempt_when_due()   called by the clock; if 16 requests to the endpoint are under way, the delivery waits in a queue
--   3. start()              signs the bytes; calls an endpoint that is a function, or asks the driver to post to a URL
--   4. settle()             records the answer; ends the delivery after the status 200, else puts the next attempt on the clock
-- After 7 days without the status 200, settle() drops the delivery. The driver is the caller of box:run(): it sends the requests
-- that run() returns.
local crypto = require "whatsapp.crypto"
local escaped = require "whatsapp.sandbox.escaped"
local queue = require "whatsapp.util.queue"
local show = require "whatsapp.util.show"
local url = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local deliveries = {}

local MINUTE, HOUR, DAY = 60, 3600, 86400

-- The seconds from the first attempt to each attempt. The documentation of the API gives no seconds: it says that the API repeats
-- a webhook at once, and then less and less often, for 7 days. The sandbox has chosen these seconds.
deliveries.STEPS = { 0, 5, 30, 5 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY }

local MOST_UNDER_WAY = 16 -- requests to one endpoint at the same time
local MOST_WAITING = 10000 -- deliveries; if one more comes, make_room() drops the oldest
local MOST_ANSWER = 4096 -- bytes of an answer that the log keeps
local OK = 200 -- the only status that is a success
local USER_AGENT = "facebookexternalua"

---@class whatsapp.sandbox.delivery
---@field id string
---@field at number the time at which the delivery was made
---@field number string phone_number_id
---@field what string the type of the message, or the status
---@field about string? the id of the message
---@field body string the bytes of the webhook
---@field state "waiting"|"done"|"dropped" done: the endpoint answered 200; dropped: the box makes no more attempts
---@field attempts table[] each { at, status, answer, err, ms, signature, reserialised, hint }
---@field next_at number? the time of the next attempt

local attempt_when_due

-- ---- endpoints ----------------------------------------------------------------------------------------------------------

-- returns the endpoint of a number, or the endpoint of all other numbers
local function endpoint_of(box, number)
  return box.endpoints[number] or box.endpoints[""]
end

---Sets the endpoint of webhooks. Deliveries that wait for the old endpoint go to the new one.
---@param box whatsapp.sandbox
---@param to string|function|nil a URL, or a handler from whatsapp.webhook.handler; nil: removes the endpoint
---@param number string? phone_number_id; if absent, the endpoint is for every number that has no other endpoint
function deliveries.set_endpoint(box, to, number)
  local is_url, old = type(to) == "string", box.endpoints[number or ""]
  box.endpoints[number or ""] = to and {
    url = is_url and to or nil, handle = not is_url and to or nil, running = 0, ready = queue.fifo(),
  } or nil
  local delivery = old and old.ready:pop()
  while delivery do
    box.clock:at(box.clock:now(), attempt_when_due, { box, delivery, #delivery.attempts })
    delivery = old.ready:pop()
  end
end

---Forgets every delivery, but keeps the endpoints. An answer to a forgotten delivery has no effect.
---@param box whatsapp.sandbox
function deliveries.reset(box)
  box.waiting = { count = 0 }
  for number, endpoint in pairs(box.endpoints) do
    endpoint.ready = queue.fifo()
    box.endpoints[number] = { url = endpoint.url, handle = endpoint.handle, running = 0, ready = queue.fifo() }
  end
end

---@param box whatsapp.sandbox
---@param number string phone_number_id
---@return boolean has_endpoint whether webhooks of this number have an endpoint
function deliveries.has_endpoint(box, number) return endpoint_of(box, number) ~= nil end

local function headers_of(signature)
  return { ["content-type"] = "application/json", ["user-agent"] = USER_AGENT, ["x-hub-signature-256"] = signature }
end

-- ---- waiting deliveries ---------------------------------------------------------------------------------------------------
-- The waiting deliveries are a linked list: make_room() finds the oldest delivery, and unlink() removes any delivery, in constant
-- time.

local function link(box, delivery)
  local list = box.waiting
  delivery.list, delivery.before, list.last = list, list.last, delivery
  if delivery.before then delivery.before.after = delivery else list.first = delivery end
  list.count = list.count + 1
end

local function unlink(delivery)
  local list, before, after = delivery.list, delivery.before, delivery.after
  if before then before.after = after else list.first = after end
  if after then after.before = before else list.last = before end
  delivery.before, delivery.after = nil, nil
  list.count = list.count - 1
end

-- ends a waiting delivery
local function finish(delivery, state)
  if delivery.state ~= "waiting" then return end
  delivery.state, delivery.next_at = state, nil
  unlink(delivery)
end

-- ---- attempts -----------------------------------------------------------------------------------------------------------

-- Records an event about a delivery. Only the event of the first attempt has the bytes of the webhook.
local function tell(box, delivery, attempt)
  box:tell {
    kind = "delivery", delivery = delivery.id, what = delivery.what, id = delivery.about, number = delivery.number,
    attempt = #delivery.attempts, status = attempt and attempt.status, err = attempt and attempt.err, ms = attempt and attempt.ms,
    state = delivery.state, next_at = delivery.next_at, body = #delivery.attempts == 1 and delivery.body or nil,
  }
end

-- puts the next attempt on the clock; after the last attempt, drops the delivery
local function schedule_next(box, delivery)
  local step = deliveries.STEPS[#delivery.attempts + 1]
  if not step then return finish(delivery, "dropped") end
  delivery.next_at = math.max(box.clock:now(), delivery.first_at + step)
  box.clock:at(delivery.next_at, attempt_when_due, { box, delivery, #delivery.attempts })
end

local REFUSED = { [401] = true, [403] = true }

-- Adds a hint to an attempt that the endpoint refused. Two causes are common. First: the endpoint has another app secret. Second:
-- the endpoint's framework has decoded the JSON and encoded it again, so that the endpoint verifies other bytes than the box
-- signed. `reserialised` is the signature of those other bytes. Adds no hint if the second cause is impossible, because the JSON
-- encoded again would be the same bytes.
local function explain(box, delivery, attempt)
  local plain = escaped.plain(delivery.body)
  if plain == delivery.body then return end
  attempt.reserialised = "sha256=" .. crypto.hmac_sha256(box.app_secret, plain)
  attempt.hint = "if your endpoint computes the signature `reserialised`, it verifies a body that was decoded and encoded again; "
    .. "it must verify the bytes that it received"
end

local function members_of(response) return tonumber(response.status), response.body end

-- Returns the status and the body of a response. Returns nothing if the value is not a response. Never raises, even if a handler
-- returns a table whose metatable raises.
local function parts_of(response)
  local ok, status, body = pcall(members_of, response)
  status = ok and values.integer(status) or nil
  if status then return status, values.text_of(body or "") end
end

-- Records the answer of an endpoint, or the error if there is no answer. Then ends the delivery, or puts its next attempt on the
-- clock.
local function settle(box, delivery, attempt, response, err)
  if delivery.list ~= box.waiting then return end -- reset() has forgotten the delivery
  local status, body = parts_of(response)
  attempt.status = status
  attempt.answer = body and body:sub(1, MOST_ANSWER)
  attempt.err = not status and show.value(err or "no answer") or nil
  attempt.ms = math.max(0, math.floor((box.wall() - delivery.began) * 1000 + 0.5)) -- real time, not the box's clock
  delivery.response = status and response or nil
  if REFUSED[status] then explain(box, delivery, attempt) end
  if status == OK then finish(delivery, "done")
  elseif delivery.state == "waiting" then schedule_next(box, delivery) end
  tell(box, delivery, attempt)
end

local start

-- Removes ended deliveries from the head of an endpoint's queue, and returns the queue. This function is called before every push
-- and pop: so dropped deliveries, which are the oldest, cannot fill the queue.
local function ready_of(endpoint)
  local ready = endpoint.ready
  while ready:size() > 0 and ready[ready.head].state ~= "waiting" do ready:pop() end
  return ready
end

-- makes an attempt of the first delivery in the endpoint's queue
local function start_next(box, endpoint)
  local delivery = ready_of(endpoint):pop()
  if delivery then start(box, endpoint, delivery) end
end

-- Asks the driver to post the webhook: adds an effect to box.effects. The driver calls `done` with the answer.
local function post(box, endpoint, delivery, attempt)
  local is_over = false
  endpoint.running = endpoint.running + 1
  box.effects[#box.effects + 1] = {
    post = {
      method = "POST", url = endpoint.url, headers = headers_of(attempt.signature), body = delivery.body,
      timeout = box.webhook_timeout,
    },
    done = function(response, err)
      if is_over then return end
      is_over = true
      endpoint.running = endpoint.running - 1
      settle(box, delivery, attempt, response, err)
      start_next(box, endpoint)
    end,
  }
end

-- calls an endpoint that is a function
local function call(box, endpoint, delivery, attempt)
  local ok, response = pcall(endpoint.handle, {
    method = "POST", headers = headers_of(attempt.signature), body = delivery.body,
  })
  if ok then settle(box, delivery, attempt, response, "the handler returned no response")
  else settle(box, delivery, attempt, nil, "the handler raised: " .. show.value(response)) end
end

-- makes an attempt of a delivery
function start(box, endpoint, delivery)
  local is_first = #delivery.attempts == 0
  local signed = delivery.garble and is_first and delivery.body .. " " or delivery.body
  local attempt = { at = box.clock:now(), signature = "sha256=" .. crypto.hmac_sha256(box.app_secret, signed) }
  delivery.first_at, delivery.began = delivery.first_at or attempt.at, box.wall()
  delivery.attempts[#delivery.attempts + 1], delivery.next_at = attempt, nil
  if delivery.drop and is_first then return settle(box, delivery, attempt, nil, "a rule dropped this attempt") end
  if endpoint.handle then call(box, endpoint, delivery, attempt)
  else post(box, endpoint, delivery, attempt) end
end

-- The clock calls this function when an attempt is due. subject: { box, delivery, count }; `count` is the number of the
-- delivery's attempts when the attempt was put on the clock. Does nothing if another attempt was made since, or if the delivery
-- has ended.
function attempt_when_due(subject)
  local box, delivery, count = subject[1], subject[2], subject[3]
  if delivery.state ~= "waiting" or #delivery.attempts ~= count then return end
  local endpoint = endpoint_of(box, delivery.number)
  if not endpoint then
    finish(delivery, "dropped")
    return tell(box, delivery)
  end
  if endpoint.running >= MOST_UNDER_WAY then return ready_of(endpoint):push(delivery) end
  start(box, endpoint, delivery)
end

-- ---- sending ----------------------------------------------------------------------------------------------------------------

-- drops the oldest waiting deliveries, so that one more may wait
local function make_room(box)
  while box.waiting.count >= MOST_WAITING do
    local oldest = box.waiting.first
    finish(oldest, "dropped")
    tell(box, oldest)
  end
end

---Sends bytes to the endpoint of a number. The first attempt is due at once, or after `how.delay`.
---@param box whatsapp.sandbox
---@param about { number: string, what: string, about: string? }
---@param body string
---@param how { delay: number?, drop: boolean?, garble: boolean? }? delay: seconds until the first attempt; drop: the first
---attempt does not arrive; garble: the signature of the first attempt is wrong
---@return whatsapp.sandbox.delivery? delivery nil: there is no endpoint
function deliveries.send(box, about, body, how)
  if not endpoint_of(box, about.number) then return nil end
  how = how or values.NONE
  make_room(box)
  box.delivery_count = box.delivery_count + 1
  local delivery = {
    id = ("d%d"):format(box.delivery_count), at = box.clock:now(), number = about.number, what = about.what, about = about.about,
    body = body, state = "waiting", attempts = {}, drop = how.drop, garble = how.garble,
  }
  link(box, delivery)
  box.shelves.deliveries:put(delivery, #body)
  box.clock:at(box.clock:now() + (how.delay or 0), attempt_when_due, { box, delivery, 0 })
  return delivery
end

---Continues a waiting delivery from a state that box:load() reads. The state has only the number of its attempts: so each earlier
---attempt gets the error "before a restart".
---@param box whatsapp.sandbox
---@param kept table an item of `waiting` in the state
function deliveries.resume(box, kept)
  local delivery = values.copy(kept)
  delivery.state, delivery.attempts, delivery.tried = "waiting", {}, nil
  for i = 1, kept.tried do delivery.attempts[i] = { at = kept.first_at or kept.at, err = "before a restart" } end
  link(box, delivery)
  box.shelves.deliveries:put(delivery, #delivery.body)
  box.clock:at(kept.next_at or box.clock:now(), attempt_when_due, { box, delivery, kept.tried })
end

---Sends the bytes of a delivery again, as a new delivery.
---@param box whatsapp.sandbox
---@param id string
---@return whatsapp.sandbox.delivery? delivery the new delivery
---@return string? problem
function deliveries.redeliver(box, id)
  local old = box.shelves.deliveries.by_id[id]
  if not old then return nil, ("there is no delivery %s"):format(tostring(id)) end
  local new = deliveries.send(box, { number = old.number, what = old.what, about = old.about }, old.body)
  if not new then return nil, "there is no endpoint: no webhook is set" end
  return new
end

-- ---- the handshake ------------------------------------------------------------------------------------------------------

-- keeps the result of a handshake in box.handshaken, and records an event
local function conclude(box, number, challenge, response, err)
  local status, answer = parts_of(response)
  local ok = status == OK and answer == challenge
  local problem = not ok and (status and ("the endpoint answered %d %s, not the challenge"):format(status,
    show.value(answer:sub(1, 200))) or show.value(err or "no answer")) or nil
  box.handshaken = { ok = ok, problem = problem, at = box.clock:now(), number = number }
  box:tell { kind = "handshake", ok = ok, problem = problem, number = number }
end

---Sends a challenge to the endpoint, as the API does when a webhook is set up. The endpoint must answer with the challenge. An
---event of the kind "handshake" has the result.
---@param box whatsapp.sandbox
---@param number string? phone_number_id
---@return boolean? asked true: the box has called the endpoint (a function), or the driver will send the challenge (a URL)
---@return string? problem
function deliveries.handshake(box, number)
  local endpoint = endpoint_of(box, number)
  if not endpoint then return nil, "there is no endpoint: no webhook is set" end
  local challenge = ("%d"):format(math.floor(box.draw() * 2 ^ 31))
  local query = ("hub.mode=subscribe&hub.challenge=%s&hub.verify_token=%s"):format(challenge, url.escape(box.verify_token))
  if endpoint.handle then
    local ok, response = pcall(endpoint.handle, { method = "GET", query = query, headers = {} })
    conclude(box, number, challenge, ok and response or nil, not ok and response or nil)
    return true
  end
  local separator = endpoint.url:find("?", 1, true) and "&" or "?"
  box.effects[#box.effects + 1] = {
    post = {
      method = "GET", url = endpoint.url .. separator .. query, headers = { ["user-agent"] = USER_AGENT },
      timeout = box.webhook_timeout,
    },
    done = function(response, err) conclude(box, number, challenge, response, err) end,
  }
  return true
end

return deliveries
