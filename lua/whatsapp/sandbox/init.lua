-- The sandbox simulates the API on your machine. new() makes a box: it answers like the API, has users who write messages and
-- press buttons, sends signed webhooks, and has a clock that a test moves. A box is logic only: it opens no socket and never
-- sleeps. A test uses box.transport; nginx.lua serves a box over HTTP.
--
-- How the parts work together:
--   a request    handle() -> a row of `routes` -> messages, media, templates, objects or flows -> response -> chaos.lua (faults)
--   a message    messages.lua checks and keeps the message -> statuses.lua -> outbound.lua makes a webhook of each status
--   an action    users.lua -> inbound.lua -> verbs.lua makes the message of the user -> outbound.lua makes the webhook
--   a webhook    deliveries.lua signs the webhook, posts it, and repeats it until the endpoint answers 200
--   time         clock.lua keeps the work that is due later; run() does the due work
-- Every list has a largest size. If a list is full, the box forgets the oldest entries of this list.
local caller = require "whatsapp.send.caller"
local chaos = require "whatsapp.sandbox.chaos"
local clock = require "whatsapp.sandbox.clock"
local control = require "whatsapp.sandbox.control"
local conversation = require "whatsapp.sandbox.conversation"
local deliveries = require "whatsapp.sandbox.deliveries"
local expiring = require "whatsapp.util.expiring"
local flows = require "whatsapp.sandbox.flows"
local graph = require "whatsapp.sandbox.graph"
local journal = require "whatsapp.sandbox.journal"
local json = require "whatsapp.wire.json"
local line = require "whatsapp.sandbox.line"
local media = require "whatsapp.sandbox.media"
local messages = require "whatsapp.sandbox.messages"
local numbers = require "whatsapp.sandbox.numbers"
local objects = require "whatsapp.sandbox.objects"
local observe = require "whatsapp.util.observe"
local options_of = require "whatsapp.util.options"
local random = require "whatsapp.sandbox.random"
local random_id = require "whatsapp.util.random_id"
local shelf = require "whatsapp.sandbox.shelf"
local show = require "whatsapp.util.show"
local state = require "whatsapp.sandbox.state"
local statuses = require "whatsapp.sandbox.statuses"
local templates = require "whatsapp.sandbox.templates"
local traffic = require "whatsapp.sandbox.traffic"
local transport = require "whatsapp.sandbox.transport"
local users = require "whatsapp.sandbox.users"

local fail = graph.fail

local sandbox = {}

-- ---- routes -----------------------------------------------------------------------------------------------------------

-- Each row: the method, the pattern of the path, a function(box, request, captures of the pattern ...). The function returns the
-- response; or nil if the box has no such object: then answer_to() tries the next row.
local routes = {
  { "POST", "^/v%d+%.%d+/([%w_-]+)/messages$", messages.post },
  { "GET", "^/v%d+%.%d+/([%w_-]+)/message_history$", messages.get_history },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/marketing_messages$", messages.post_marketing },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/media$", media.post },
  { "GET", "^/v%d+%.%d+/(%d+)$", media.get },
  { "DELETE", "^/v%d+%.%d+/(%d+)$", media.delete },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/whatsapp_business_encryption$", flows.post_key },
  { "GET", "^/v%d+%.%d+/([%w_-]+)/whatsapp_business_encryption$", flows.get_key },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/uploads$", media.begin },
  { "POST", "^/v%d+%.%d+/(upload:[^/]+)$", media.continue },
  { "GET", "^/v%d+%.%d+/(upload:[^/]+)$", media.progress_of },
}
for _, rows in ipairs { templates.ROUTES, objects.ROUTES } do
  for _, row in ipairs(rows) do routes[#routes + 1] = row end
end

-- returns the API's answer for an object or an operation that does not exist
local function unsupported(request, id)
  return fail(400, {
    message = ("Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to missing permissions, "
      .. "or does not support this operation"):format(request.method:lower(), id),
    type = "GraphMethodException", code = 100, error_subcode = 33,
  })
end

local MOST_TOKENS = 1000
local YEARS = 2 ^ 32 -- seconds: so long that the box forgets a token only if it has more than MOST_TOKENS

-- Returns whether a token has expired. The life of a token begins with the first request that has the token.
local function is_expired(box, token)
  if not box.token_life then return false end
  local now = box.clock:now()
  local began = box.tokens:get(token, now)
  if began then return now >= began + box.token_life end
  box.tokens:set(token, now, YEARS, now)
  return false
end

-- returns the response that refuses the token of a request; nil: the token is valid
local function check_token(box, request)
  local scheme, token = (graph.header(request, "authorization") or ""):match "^(%a+) +(%S+)$"
  if scheme ~= "Bearer" and scheme ~= "OAuth" then token = nil end
  if not token then
    return fail(401, { message = "An access token is required to request this resource.", code = 104 })
  end
  if box.token and token ~= box.token then
    return fail(401, { message = "Invalid OAuth access token - Cannot parse access token", code = 190 })
  end
  if is_expired(box, token) then return chaos.expired() end
end

-- returns the response of a box without chaos
local function answer_to(box, request, path)
  local refused = check_token(box, request)
  if refused then return refused end
  if media.is_download(path) then return media.download(box, request) end
  for _, route in ipairs(routes) do
    local first, second = path:match(route[2])
    local response = first and request.method == route[1] and route[3](box, request, first, second)
    if response then return response end
  end
  return unsupported(request, path:match "^/v%d+%.%d+/([^/]+)" or path)
end

local MOST_TOLD = 64 * 1024 -- an event has at most this number of bytes of a body

-- returns the beginning of a body, for an event; nil if there is no body
local function told(body) return type(body) == "string" and body:sub(1, MOST_TOLD) or nil end

-- Returns the properties of a request that a rule of chaos can match. Reads the message only if a rule needs it.
local function subject_of(box, request, path)
  local subject = { endpoint = media.is_download(path) and "download" or path:match "^/v[%d.]+/[^/]+/([%l_]+)$" }
  if not box.chaos:has_answers(true) then return subject end
  local message = json.decode(request.body or "")
  if type(message) == "table" then subject.type, subject.to = message.type, message.to or message.recipient end
  return subject
end

local ANSWER = { answer = true }

-- returns the response, and the rule of chaos that changed it, if any
local function with_chaos(box, request, path)
  local rule = box.chaos:has_answers() and box.chaos:fire(ANSWER, subject_of(box, request, path))
  if not rule then return answer_to(box, request, path) end
  local kind = chaos.KINDS.answer[rule.what]
  if kind.instead then return kind.instead(rule), rule end
  local response = answer_to(box, request, path)
  local faulty = kind.answer(rule, response)
  faulty.entry, faulty.problems = response.entry, response.problems
  return faulty, rule
end

-- Answers a request, and records it as an event. The routes put `entry` and `problems` into the response only for this event: so
-- they are removed from the response.
local function handle(box, request)
  local path = request.url:gsub("^%a+://[^/]*", ""):gsub("[?#].*$", "")
  local response, rule = with_chaos(box, request, path)
  local entry = response.entry
  box.traffic:told(response)
  box:tell {
    kind = "request", method = request.method, path = path, status = response.status, request = told(request.body),
    response = told(response.body), problems = response.problems,
    rule = rule and rule.id, fault = response.fault and response.fault.what, id = entry and entry.id,
    to = entry and entry.to, message = entry and entry.message, blanks = request.blanks,
  }
  response.entry, response.problems = nil, nil
  return response
end

-- ---- the public face ----------------------------------------------------------------------------------------------------

---@class whatsapp.sandbox.file an uploaded file
---@field id string
---@field data string
---@field type string
---@field filename string
---@field number string? the phone_number_id
---@field length integer? of a template sample: the number of bytes of the whole file, which the upload has announced

---@class whatsapp.sandbox
---@field handle fun(request: whatsapp.request): whatsapp.response answers a request to the Graph API; the request has the form
---that a transport takes. If the response has the member `fault`, box.transport and nginx.lua simulate this fault of the network
---@field control fun(request: whatsapp.request): whatsapp.response?, number? answers a request under /_sandbox/. If the function
---returns nil and seconds, the answer is not there yet: call the function again with the same table after these seconds
---@field transport whatsapp.sandbox.transport sends requests to the box; when it waits, it moves the box's clock, and does not
---sleep
---@field clock whatsapp.sandbox.clock
---@field chaos whatsapp.sandbox.chaos the rules of faults
---@field messages { id: string, message: whatsapp.Message }[] the accepted messages, except those in `undelivered`, the newest
---last
---@field undelivered { id: string, message: whatsapp.Message }[] the messages with a business-scoped user id in `to`, the newest
---last: the API accepts such a message, and never delivers it. This is a separate list, so that a test finds in `messages` only
---messages that can arrive
---@field inbound { id: string, inbound: whatsapp.json_object }[] the messages of users, the newest last
---@field media table<integer|string, whatsapp.sandbox.file> the files of the business and of users, the newest last; media[id] is
---the file with this id
---@field sessions table<string, whatsapp.sandbox.file> the uploads of template samples, by id
---@field templates whatsapp.sandbox.templates the templates of the account: add, find, approve, reject, pause, disable
---@field objects whatsapp.sandbox.objects profiles, settings, groups, flows and other objects of the Graph API
---@field forgotten integer number of entries that the box has forgotten because a list was full
---@field forget_error any the last error that on_forget raised
---@field observe_error any the last error that the option observe raised
---@field on_event (fun(event: whatsapp.sandbox.event))? called with each event; the program that uses the box may set it
---@field app_secret string signs the webhooks

---@class whatsapp.sandbox.effect a request that the driver must send; the driver is the code that calls run()
---@field post { method: string, url: string, headers: table<string, string>, body: string?, timeout: number }
---@field done fun(response: { status: integer, body: string }?, err: string?) call it with the answer, or with nil and the error

local Box = {}
Box.__index = Box

---Returns the user with an address. If the box has no such user, adds the user. Sets the name and the user id that `options` has.
---@param address string|integer|nil a phone number; or the user id of a user whose number the business does not know
---@param options { name: string?, user_id: string? }?
---@return whatsapp.sandbox.user user
function Box:user(address, options)
  local user, problem = self.users:user(address, options)
  if not user then error(show.line(problem), 2) end
  return user
end

---@return number? seconds until run() has work to do; nil: no work waits
function Box:due()
  if self.effects[1] then return 0 end
  return self.clock:due()
end

---Does the due work. If an endpoint is a function, the box calls the function. If an endpoint is a URL, the box returns the
---requests: the driver must send each request, and call its `done` with the answer.
---@return whatsapp.sandbox.effect[] effects
function Box:run()
  self:run_due()
  local effects = self.effects
  self.effects = {}
  return effects
end

---Does the due work, as run() does, but keeps the requests for the next call of run().
function Box:run_due() self.clock.run_until(self.clock:now()) end

---@param after integer? the number of the last event that the reader has; 0 if absent
---@param limit integer? the largest number of events; all if absent
---@return whatsapp.sandbox.event[] events after this number, the oldest first
---@return boolean gap true: the box has forgotten some events after this number
function Box:events(after, limit) return self.journal:after(after, limit) end

---@param event whatsapp.sandbox.event
---@return string line for a terminal
function Box.line(_, event) return line.of(event) end

---@return whatsapp.json_object document the state as plain data, for a file of JSON; load() takes it
function Box:state() return state.of(self) end

---Replaces the state of the box. The endpoints and the options stay.
---@param document whatsapp.json_object as state() returned it
---@return true? ok
---@return string? err why the document cannot be loaded; the box has not changed
function Box:load(document) return state.load(self, document) end

---Plays a conversation. The user and the business take turns; the user begins. On the user's turn, a string is the text that the
---user writes. On the business's turn, a string is the text of the message that the business must send. { "buttons", "yes" }
---expects a message with a button `yes` from the business; the user then presses this button. If the business sends another
---message than expected, raises an error that shows the messages of both sides.
---@param script (string|whatsapp.sandbox.step)[] its member `user` is the user who plays; the first user of the box if absent
function Box:conversation(script)
  local ok, problem = conversation.play(self, script)
  if not ok then error(problem, 2) end
end

-- kind of an event of the box -> function that returns the event for the option observe, or nil
local OBSERVED = {
  request = function(event)
    return { name = "sandbox_request", endpoint = observe.endpoint(event.path), http_status = event.status }
  end,
  delivery = function(event) return event.ms and { name = "sandbox_delivery", http_status = event.status } or nil end,
}

---Records an event, and passes it to the option observe and to on_event.
---@private
---@param event whatsapp.sandbox.event
function Box:tell(event)
  self.journal:add(event)
  local observer, observed = self.options.observe, OBSERVED[event.kind]
  observed = observer and observed and observed(event)
  if observed then self.observe_error = observe.tell(observer, observed) or self.observe_error end
  if self.on_event then self.on_event(event) end
end

---@private
---@return string id of a new message
function Box:new_message_id()
  self.count = self.count + 1
  return self.new_id(self.count)
end

---@private
---@return integer seq the number for a new entry: each entry has a larger number than the entries before it
function Box:next_seq()
  self.seq = self.seq + 1
  return self.seq
end

---@return table<string, string> urls phone_number_id -> the URL of its endpoint; "" -> the URL for all other numbers
function Box:endpoint_urls()
  local urls = {}
  for number, endpoint in pairs(self.endpoints) do urls[number] = endpoint.url end
  return urls
end

---Forgets messages, users, files, templates, other objects, rules and waiting work. The clock, the endpoints, the phone numbers
---with their keys of flows, and the events stay. The counts of messages and webhooks also stay, so that their ids do not repeat.
function Box:reset()
  self.clock:clear()
  self.chaos:clear()
  self:begin()
  self:tell { kind = "reset" }
end

-- ---- time ---------------------------------------------------------------------------------------------------------------

-- Does all work that is due until `time`, in the order of its times, and moves the clock to the time of each piece of work. This
-- function calls handlers of webhooks. If such a handler moves the clock, it calls this function again: the inner call only moves
-- the clock, and the outer call does the work. A handler may yield, and its coroutine may die before it
-- continues: then the next call of this function does the rest of the work.
local function run_until(box, time)
  if box.runner and caller.is_alive(box.runner) then return box.clock:move(time) end
  local runner = caller.new()
  caller.set(runner)
  box.runner = runner
  local ok, err = pcall(function()
    local work, subject, at = box.clock:next(time)
    while work do
      box.clock:move(at)
      work(subject, at)
      work, subject, at = box.clock:next(math.max(time, box.clock:now()))
    end
  end)
  if box.runner == runner then box.runner = nil end
  box.clock:move(time)
  if not ok then error(err, 0) end
end

-- ---- options ------------------------------------------------------------------------------------------------------------

local OPTIONS = {
  token = "text", new_id = "callable", kept = "count", kept_media = "count", kept_uploads = "count", kept_bytes = "bytes",
  url_life = "amount", token_life = "amount", now = "callable", on_forget = "callable", observe = "callable",
  app_secret = "key", verify_token = "key", webhook = "endpoint",
  numbers = "numbers", seed = "count", webhook_timeout = "seconds", window = "window_mode", limits = "limits_mode",
  limit_status = "limit_status", statuses = "table", base_url = "text",
  flow_endpoint = "endpoint",
}

-- Returns a function that a shelf calls with each entry that the list `name` forgets. This function counts the entry, and calls
-- on_forget.
local function forgetter(box, name, on_forget)
  return function(entry)
    box.forgotten = box.forgotten + 1
    if not on_forget then return end
    local ok, err = pcall(on_forget, entry.id, entry, name)
    if not ok then box.forget_error = err end
  end
end

-- list of a box -> the option with its largest number of entries, and this number if the option is absent
local BOUNDS = {
  messages = { "kept", 10000 }, undelivered = { "kept", 10000 }, inbound = { "kept", 10000 },
  media = { "kept_media", 100 }, uploads = { "kept_uploads", 100 },
}
local KEPT_BYTES = 256 * 1024 * 1024
local USERS = { -- each new box has these users
  { "16505551234", { name = "Ana" } },
  { "5511912345678", { name = "Bruno", user_id = "BR.1A2B3C4D5E6F7G8H9I0J" } },
}
local MOST_USERS, MOST_EVENTS, EVENT_BYTES, MOST_DELIVERIES = 10000, 10000, 16 * 1024 * 1024, 1000

---@class whatsapp.sandbox_options
---@field token string? the only valid token; if absent, every token is valid
---@field app_secret string? signs the webhooks; random if absent
---@field verify_token string? the verify token of the handshake; "sandbox" if absent
---@field webhook string|(fun(request: whatsapp.webhook_request): whatsapp.webhook_response)|nil the endpoint of webhooks: a URL,
---or a function that webhook.handler returned
---@field flow_endpoint string|(fun(request: whatsapp.webhook_request): whatsapp.webhook_response)|nil the endpoint of
---flows: a URL, or a function that flows.endpoint returned
---@field webhook_timeout number? seconds that an endpoint may take for an answer, 10
---@field numbers integer|string[]|nil how many phone numbers the box has, or a list of their ids; if absent, the box has one
---number, and adds a number for each other id that a request uses
---@field window "api"|"strict"|"late"|"off"|nil The window is open for 24 hours after a user wrote or called; after it, only
---templates are accepted. "api", the default: a user who never wrote or called gets every message. "strict": such a user gets
---only templates. "late": a message outside the window is accepted, and fails later. "off": there is no window
---@field limits "api"|"off"|nil "api", as the API: 80 messages a second; and to each user 45 messages at once, then one in 6
---seconds. "off", the default: no limits
---@field limit_status 400|429|nil the HTTP status of the answer to a message over a limit, 400
---@field statuses { sent: number|false?, delivered: number|false?, read: number|false? }? the seconds after which a message gets
---each status; false: the message gets this status only if a test or a user sets it. If absent: sent 0, delivered 0.5, read
---false
---@field base_url string? the URL that /_sandbox/info shows
---@field seed integer? the seed of ids and of random decisions, 1
---@field new_id (fun(count: integer): string)? returns the id of a new message; count: the number of messages, with the new one
---@field kept integer? the largest number of messages in each of the lists `messages`, `undelivered` and `inbound`, 10,000. For
---speed, a list removes entries in groups: so each list of the box may have up to an eighth more entries than its largest number
---@field kept_media integer? the largest number of files, 100
---@field kept_uploads integer? the largest number of uploads of template samples, 100
---@field kept_bytes integer? the largest number of bytes in each of the lists that on_forget names, 256 MiB; the box refuses an
---entry that has more bytes
---@field on_forget (fun(id: string, entry: whatsapp.json_object, list: string))? called with each entry that the box forgets
---because a list is full; list: "messages", "undelivered", "inbound", "media" or "uploads"
---@field observe (fun(event: whatsapp.observed))? whatsapp.metrics or a function: called with each request that the box has
---answered, and with each attempt to post a webhook; box.observe_error is the last error that this function raised
---@field url_life number? seconds for which the URL of a file is valid, 300
---@field token_life number? seconds for which a token is valid, from the first request with the token; after them, each request
---with the token gets an error with code 190 and subcode 463. A temporary token of the App Dashboard is valid for 24 hours. If
---absent, tokens do not expire
---@field now (fun(): number)? a real clock in seconds since 1970; if absent, only the test and box.transport move the time

-- new_ids() returns a function that makes ids. An id depends on the seed, and ends with the count of messages: so no id repeats.
--
-- The ids have many lengths and differ in many bytes, and so do the answers and webhooks that contain them. The reason: LuaJIT
-- hashes a string by its length and 16 of its bytes. Strings that differ only in other bytes have the same hash, and LuaJIT
-- compares each new string with all of them.
local PRIME = 2 ^ 31 - 1
local LENGTHS = 61 -- an id has 0 to 60 characters of the filling
local function new_ids(seed)
  local shift = seed % 65536 * 7919
  local filling = ("%08X"):format((shift * 16807 + 1) % PRIME):rep(8)
  return function(count)
    local low = count % 2 ^ 22
    return ("wamid.SANDBOX%08X%08X%08X%08X%s%08X"):format((low * 1103515245 + shift) % PRIME, (low * 1664525257 + shift) % PRIME,
      (low * 1566083941 + shift) % PRIME, (low * 1812433253 + shift) % PRIME, filling:sub(1, count % LENGTHS), count)
  end
end

-- gives the box its bounded lists (see shelf.lua)
local function add_shelves(box)
  local checked = box.options
  local by_id = { media = box.media, uploads = box.sessions }
  for name, bound in pairs(BOUNDS) do
    box.shelves[name] = shelf.new(checked[bound[1]] or bound[2], checked.kept_bytes or KEPT_BYTES,
      forgetter(box, name, checked.on_forget), box[name] or {}, by_id[name])
  end
  box.shelves.deliveries = shelf.new(MOST_DELIVERIES, EVENT_BYTES, function() end, {})
end

-- Makes all lists of the box empty, and adds the users of USERS.
---@private
function Box:begin()
  self.forgotten, self.shelves = 0, {}
  self.messages, self.undelivered, self.inbound, self.media, self.sessions = {}, {}, {}, media.none(), {}
  self.effects, self.blocked_users = {}, {}
  self.tokens = expiring.new { max = MOST_TOKENS, now = function() return self.clock:now() end }
  deliveries.reset(self)
  self.users = users.new(self, MOST_USERS)
  for _, user in ipairs(USERS) do self.users:user(user[1], user[2]) end
  templates.attach(self)
  objects.attach(self)
  add_shelves(self)
end

---Makes a box.
---@param options whatsapp.sandbox_options?
---@return whatsapp.sandbox box
function sandbox.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local seed = checked.seed or 1
  local draw = random.new(seed + 1)
  local box = setmetatable({
    options = checked, token = checked.token, new_id = checked.new_id or new_ids(seed),
    url_life = checked.url_life or media.URL_LIFE, token_life = checked.token_life,
    app_secret = checked.app_secret or random_id.new(), verify_token = checked.verify_token or "sandbox", waba = numbers.WABA,
    webhook_timeout = checked.webhook_timeout or 10, window = checked.window or "api", base_url = checked.base_url,
    ladder = statuses.ladder(checked.statuses), endpoints = {}, flow_keys = {}, flow_endpoint = checked.flow_endpoint,
    count = 0, seq = 0, delivery_count = 0,
    numbers = numbers.new(checked.numbers), clock = clock.new(checked.now), wall = checked.now or os.time,
  }, Box)
  box.draw = random.new(seed)
  box.chaos = chaos.new(draw, function(event) box:tell(event) end)
  box.traffic = traffic.new(box.clock, numbers.BUSINESS, checked.limits == "api", checked.limit_status)
  box.journal = journal.new(function() return box.clock:now() end, MOST_EVENTS, EVENT_BYTES)
  box.clock.on_move = function()
    box:tell { kind = "clock", now = box.clock:now(), offset = box.clock.offset, frozen = box.clock.frozen }
  end
  box.clock.run_until = function(time) run_until(box, time) end
  box:begin()
  deliveries.set_endpoint(box, checked.webhook)
  box.handle = function(request) return handle(box, request) end
  box.control = function(request) return control.handle(box, request) end
  box.transport = transport.new(box)
  return box
end

return sandbox
