-- The control API of a box (a simulated API), under /_sandbox/. A test or the page uses it to play users, to move the clock, to
-- set rules of chaos and to read the box. It takes and returns JSON. Each route is a row of ROUTES. guard() refuses the requests
-- that a page of another host can send. Bad input gets 400 and a sentence.
local chats = require "whatsapp.sandbox.chats"
local deliveries = require "whatsapp.sandbox.deliveries"
local escaped = require "whatsapp.sandbox.escaped"
local flows = require "whatsapp.sandbox.flows"
local graph = require "whatsapp.sandbox.graph"
local inbound = require "whatsapp.sandbox.inbound"
local journal = require "whatsapp.sandbox.journal"
local json = require "whatsapp.wire.json"
local message_templates = require "whatsapp.templates"
local core = require "whatsapp.core"
local show = require "whatsapp.util.show"
local statuses = require "whatsapp.sandbox.statuses"
local templates = require "whatsapp.sandbox.templates"
local url = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local control = {}

local PREFIX = "/_sandbox"

-- ---- answers ------------------------------------------------------------------------------------------------------------

local HEADERS = {
  ["content-type"] = "application/json; charset=utf-8", ["x-content-type-options"] = "nosniff", ["cache-control"] = "no-store",
}

-- makes a response
local function answer(status, object)
  return { status = status, headers = HEADERS, body = object and escaped.encode(object) or "" }
end

-- makes a response with a problem, a string or a table; status: 400 if absent
local function refuse(problem, status)
  return answer(status or 400, { problem = type(problem) == "string" and show.line(problem) or problem })
end

-- makes the response from the values of another function: its result, or nil and the problem
local function answer_to(result, problem)
  if result == nil then return refuse(problem) end
  return answer(200, type(result) == "table" and result or { ok = true })
end

-- ---- views: the public members of an entry ------------------------------------------------------------------------------

local function message_view(entry)
  return {
    id = entry.id, message = entry.message, at = entry.at, from = entry.from, to = entry.to, user = entry.user,
    status = entry.status, seq = entry.seq,
  }
end

-- returns a template message as the user sees it; nil: the box does not have the template
local function rendered(box, entry)
  local definition = chats.definition(box, entry)
  return definition and message_templates.render(definition, entry.message) or nil
end

local function entry_view(box, entry)
  if entry.inbound then
    return {
      id = entry.id, from = "user", at = entry.at, inbound = entry.inbound, number = entry.number, seq = entry.seq,
      read = entry.read or false, reaction = entry.reaction,
    }
  end
  return {
    id = entry.id, from = "business", at = entry.at, message = entry.message, number = entry.from, seq = entry.seq,
    status = entry.status, statuses = entry.statuses or {}, error = entry.error, reaction = entry.reaction,
    rendered = rendered(box, entry),
  }
end

-- returns the time at which the last of the user's windows ends; nil: no window was ever open
local function window_until(user)
  local latest
  for _, ends in pairs(user.windows) do latest = math.max(latest or 0, ends) end
  return latest
end

local function user_view(box, user, unread)
  return {
    id = user.id, name = user.name, number = user.number, user_id = user.user_id, blocked = user.blocked or false,
    unread = unread, window_until = window_until(user),
    limits = box.traffic.is_enforced and box.traffic:gauges(user.number_id or box.numbers.list[1].id, user.id) or nil,
  }
end

local function delivery_view(delivery)
  return {
    id = delivery.id, at = delivery.at, number = delivery.number, what = delivery.what, about = delivery.about,
    body = delivery.body, state = delivery.state, next_at = delivery.next_at,
    attempts = core.array(values.copy(delivery.attempts)),
  }
end

-- ---- messages -----------------------------------------------------------------------------------------------------------

-- returns an address without spaces and signs
local function digits(text) return (text:gsub("[^%w.]", "")) end

local function matches(entry, query)
  if query.after and entry.seq <= query.after then return false end
  if query.type and entry.message.type ~= query.type then return false end
  if not query.to then return true end
  return entry.user == query.to or digits(tostring(entry.to)) == digits(query.to)
end

-- returns a parameter of the query as a whole number, or the default; or nil and the problem
local function whole(query, name, default)
  if query[name] == nil then return default end
  local number = graph.whole(query[name])
  if number then return number end
  return nil, name .. " must be a whole number"
end

local LIMIT, MOST = 100, 10000 -- messages in an answer: by default, and at most

local function found_messages(box, query, limit)
  local list = core.array {}
  for _, entry in ipairs(box.messages) do
    if #list >= limit then break end
    if matches(entry, query) then list[#list + 1] = message_view(entry) end
  end
  return list
end

local function get_messages(box, request)
  local query = graph.query(request)
  local limit, problem = whole(query, "limit", LIMIT)
  local after, wrong = whole(query, "after", 0)
  if problem or wrong then return refuse(problem or wrong) end
  query.after = after
  return answer(200, { messages = found_messages(box, query, math.min(limit, MOST)) })
end

local LOOK = 0.05 -- seconds between two checks of a long poll

-- A long poll: waits for the next message. Returns the response; or nil and the seconds after which the caller must call again.
-- The caller passes the same table each time, because the table keeps the end of the wait.
local function wait(box, request)
  local query = graph.query(request)
  local after, problem = whole(query, "after", 0)
  local timeout = tonumber(query.timeout or 10)
  if problem or not timeout or timeout < 0 or timeout > 600 then
    return refuse(problem or "timeout must be a number of seconds, up to 600")
  end
  query.after = after
  local list = found_messages(box, query, 1)
  if list[1] then return answer(200, { messages = list }) end
  request.waits_until = request.waits_until or box.wall() + timeout
  local left = request.waits_until - box.wall()
  if left <= 0 then return answer(204) end
  return nil, math.min(LOOK, left)
end

-- ---- users --------------------------------------------------------------------------------------------------------------

local function get_chats(box)
  local list = core.array {}
  local unread = chats.unread(box)
  for _, user in ipairs(box.users:all()) do list[#list + 1] = user_view(box, user, unread[user.id] or 0) end
  return answer(200, { users = list })
end

local function get_chat(box, _, id)
  local user = box.users:find(id)
  if not user then return refuse(("there is no user %s"):format(id), 404) end
  local list = core.array {}
  for _, entry in ipairs(chats.entries(box, user)) do list[#list + 1] = entry_view(box, entry) end
  return answer(200, { user = user_view(box, user, chats.unread(box)[user.id] or 0), entries = list })
end

local function post_user(box, _, body)
  local user, problem = box.users:user(body.number or body.user_id, { name = body.name, user_id = body.user_id })
  if not user then return refuse("users: " .. problem) end
  return answer(200, user_view(box, user, chats.unread(box)[user.id] or 0))
end

local function post_verb(box, _, body, id, verb)
  local user = box.users:find(id)
  if not user then return refuse(("there is no user %s"):format(id), 404) end
  local result, problem = inbound.perform(box, user, verb, body)
  if not result then return refuse(problem) end
  local response = result.delivery and result.delivery.response
  return answer(200, {
    id = result.id, message = result.message, delivery = result.delivery and result.delivery.id,
    webhook_status = response and response.status, read = result.read, blocked = result.blocked, status = result.status,
  })
end

-- Does a step of a user through a flow. The first call asks the endpoint of the flow. The next calls, with the same table, check
-- whether the endpoint has answered. After the last screen, sends the user's answer to the business.
local function post_step(box, request, body, id, name)
  local user = box.users:find(id)
  if not user then return refuse(("there is no user %s"):format(id), 404) end
  local step, sent, problem = request.flow_step, nil, nil
  if not step then step, problem = flows.step(box, user, name, body) end
  if not step then return refuse(problem) end
  request.flow_step = step
  if not step.is_over then return nil, LOOK end
  if step.response then
    sent, problem = inbound.perform(box, user, "flow", { message = step.message_id, response = step.response })
    if not sent then return refuse(problem) end
  end
  return answer(200, {
    screen = step.screen, data = step.data, problem = step.problem, error_msg = step.error_msg, response = step.response,
    id = sent and sent.id,
  })
end

-- returns the function that gives a message a status
local function post_status(word)
  return function(box, _, body, id)
    if body.code ~= nil and not values.integer(body.code) then return refuse "code must be a whole number" end
    local result, problem = statuses.set(box, id, word, values.integer(body.code))
    box:run_due()
    return answer_to(result, problem)
  end
end

-- ---- clock --------------------------------------------------------------------------------------------------------------

local function clock_view(box)
  return { now = box.clock:now(), offset = box.clock.offset, frozen = box.clock.frozen }
end

local MOVES = {
  advance = function(clock, value) clock:advance(value) end,
  set = function(clock, value) clock:set(value) end,
  freeze = function(clock, value)
    if type(value) ~= "boolean" then error("freeze must be true or false", 0) end
    clock:freeze(value)
  end,
}

local function post_clock(box, _, body)
  local name, value = next(body)
  if not MOVES[name] or next(body, name) ~= nil then return refuse "clock: the body must have one of advance, set and freeze" end
  local ok, problem = pcall(MOVES[name], box.clock, value)
  if not ok then return refuse((tostring(problem):gsub("^[^%s]+:%d+: ", ""))) end
  return answer(200, clock_view(box))
end

-- ---- chaos --------------------------------------------------------------------------------------------------------------

local function get_chaos(box) return answer(200, { rules = core.array(box.chaos:list()) }) end

local function post_chaos(box, _, body)
  local id, problem = box.chaos:try(body)
  return answer_to(id and { id = id }, problem and "chaos: " .. problem)
end

local function delete_chaos(box, _, _, id)
  if not id then box.chaos:clear()
  elseif not box.chaos:remove(id) then return refuse(("there is no rule %s"):format(id), 404) end
  return answer(200, { ok = true })
end

-- ---- webhooks -----------------------------------------------------------------------------------------------------------

local function get_webhooks(box, request)
  local list, kept = core.array {}, box.shelves.deliveries.list
  local limit, problem = whole(graph.query(request), "limit", #kept)
  if problem then return refuse(problem) end
  for i = #kept, math.max(1, #kept - limit + 1), -1 do list[#list + 1] = delivery_view(kept[i]) end
  return answer(200, { deliveries = list, waiting = box.waiting.count, handshake = box.handshaken })
end

local function redeliver(box, _, _, id)
  local delivery, problem = deliveries.redeliver(box, id)
  if not delivery then return refuse(problem) end
  box:run_due()
  return answer(200, delivery_view(delivery))
end

local function post_raw(box, _, body)
  if type(body.body) ~= "string" then return refuse "raw: body must be a string" end
  local number = body.number or box.numbers.list[1].id
  if not box.numbers:find(number) then return refuse(("raw: there is no number %s"):format(tostring(number))) end
  local delivery = deliveries.send(box, { number = number, what = "raw" }, body.body)
  if not delivery then return refuse "there is no endpoint: no webhook is set" end
  box:run_due()
  return answer(200, delivery_view(delivery))
end

local function post_handshake(box, _, body)
  if body.number and not box.numbers:find(body.number) then
    return refuse(("handshake: there is no number %s"):format(tostring(body.number)))
  end
  local asked, problem = deliveries.handshake(box, body.number)
  return answer_to(asked and { asked = true, handshake = box.handshaken }, problem)
end

local function post_endpoint(box, _, body)
  local to, number = body.url, body.number
  if to ~= core.null and not url.read(to) then return refuse "endpoint: url must be a URL of http or https, or null" end
  if number and not box.numbers:find(number) then return refuse(("endpoint: there is no number %s"):format(tostring(number))) end
  deliveries.set_endpoint(box, to ~= core.null and to or nil, number)
  return answer(200, { url = to, number = number })
end

-- ---- the state ------------------------------------------------------------------------------------------------------------

local function put_state(box, _, body)
  local ok, problem = box:load(body)
  return answer_to(ok and { ok = true } or nil, problem)
end

-- ---- the box ------------------------------------------------------------------------------------------------------------

local MOST_LISTED = 1000

local function get_requests(box, request)
  local limit, problem = whole(graph.query(request), "limit", MOST_LISTED)
  if problem then return refuse(problem) end
  local list, events = core.array {}, box:events()
  for i = #events, 1, -1 do
    if #list >= math.min(limit, MOST_LISTED) then break end
    if events[i].kind == "request" then list[#list + 1] = journal.shown(events[i]) end
  end
  return answer(200, { requests = list })
end

local function get_info(box)
  return answer(200, {
    base_url = box.base_url, phone_number_id = box.numbers.list[1].id, waba_id = box.waba, app_secret = box.app_secret,
    verify_token = box.verify_token, version = box.version, webhooks = box:endpoint_urls(), seq = box.journal.last,
    flow_endpoint = box.flow_endpoint ~= nil and tostring(box.flow_endpoint) or nil,
  })
end

local function get_numbers(box) return answer(200, { numbers = core.array(values.copy(box.numbers.list)) }) end

-- Each row: the method; the pattern of the path after /_sandbox; the function that returns the response. The function of a GET
-- gets (box, request, captures ...); any other function gets (box, request, body, captures ...).
local ROUTES = {
  { "GET", "^/messages$", get_messages },
  { "GET", "^/wait$", wait },
  { "GET", "^/chats$", get_chats },
  { "GET", "^/chats/([^/]+)$", get_chat },
  { "POST", "^/users$", post_user },
  { "POST", "^/users/([^/]+)/([%l]+)$", post_verb },
  { "POST", "^/users/([^/]+)/flow/(%l+)$", post_step },
  { "GET", "^/clock$", function(box) return answer(200, clock_view(box)) end },
  { "POST", "^/clock$", post_clock },
  { "GET", "^/chaos$", get_chaos },
  { "POST", "^/chaos$", post_chaos },
  { "DELETE", "^/chaos$", function(box, request, body) return delete_chaos(box, request, body) end },
  { "DELETE", "^/chaos/([^/]+)$", delete_chaos },
  { "GET", "^/webhooks$", get_webhooks },
  { "POST", "^/webhooks/([^/]+)/redeliver$", redeliver },
  { "POST", "^/webhooks/raw$", post_raw },
  { "POST", "^/webhooks/handshake$", post_handshake },
  { "POST", "^/handshake$", post_handshake },
  { "POST", "^/webhooks/endpoint$", post_endpoint },
  { "POST", "^/messages/([^/]+)/deliver$", post_status "delivered" },
  { "POST", "^/messages/([^/]+)/read$", post_status "read" },
  { "POST", "^/messages/([^/]+)/play$", post_status "played" },
  { "POST", "^/messages/([^/]+)/fail$", post_status "failed" },
  { "GET", "^/requests$", get_requests },
  { "GET", "^/numbers$", get_numbers },
  { "GET", "^/info$", get_info },
  { "GET", "^/state$", function(box) return answer(200, box:state()) end },
  { "PUT", "^/state$", put_state },
  { "POST", "^/reset$", function(box)
    box:reset()
    return answer(200, { ok = true })
  end },
}

for _, row in ipairs(templates.CONTROL) do table.insert(ROUTES, row) end

-- ---- guards -------------------------------------------------------------------------------------------------------------

-- Refuses the requests that a page of another host can send to the sandbox. Returns the refusal; nil: the request may pass. Three
-- checks: the Host must be this machine, the Origin must be the sandbox, and the content type must be JSON, which a form cannot
-- send.
local function guard(request, method)
  local host = graph.header(request, "host")
  if host then
    local read = url.read("http://" .. host)
    if not read or not read.loopback then return refuse("the Host must be this machine", 403) end
  end
  local origin = graph.header(request, "origin")
  if origin then
    local read = url.read(origin)
    if not read or not read.loopback or (host and read.authority ~= url.read(read.scheme .. "://" .. host).authority) then
      return refuse("the Origin must be the sandbox itself", 403)
    end
  end
  if method ~= "GET" and not graph.is_json(graph.header(request, "content-type")) then
    return refuse("the Content-Type must be application/json", 403)
  end
end

-- returns the object in the body, an empty one if there is no body; or nil and the problem
local function body_of(request)
  if request.body == nil or request.body == "" then return {} end
  local body, err = json.decode(request.body)
  if type(body) == "table" and body[1] == nil then return body end
  return nil, "the body is not a JSON object" .. (err and ": " .. tostring(err) or "")
end

-- Returns the row of a request and its captures. Without such a row, returns nil, and whether the path exists with another
-- method.
local function route_of(method, path)
  local is_known = false
  for _, route in ipairs(ROUTES) do
    local first, second = path:match(route[2])
    if first and route[1] == method then return route, url.unescape(first), second and url.unescape(second) end
    is_known = is_known or first ~= nil
  end
  return nil, is_known
end

---Answers a request to the control API.
---@param box whatsapp.sandbox
---@param request { method: string, url: string, headers: table?, body: string? }
---@return table? response nil: the answer is not there yet: call this function again with the same table
---@return number? seconds after which the caller must call again
function control.handle(box, request)
  local refused = guard(request, request.method)
  if refused then return refused end
  local path = request.url:gsub("^%a+://[^/]*", ""):gsub("[?#].*$", "")
  local route, first, second = route_of(request.method, path:sub(#PREFIX + 1))
  if path:sub(1, #PREFIX) ~= PREFIX or not route then
    if first == true then return refuse("this path needs another method", 405) end
    return refuse(("there is no %s %s"):format(request.method, path), 404)
  end
  if request.method == "GET" then return route[3](box, request, first, second) end
  local body, problem = body_of(request)
  if not body then return refuse(problem) end
  return route[3](box, request, body, first, second)
end

return control
