-- A sandbox that answers like the API: the logic, without sockets. handle(request) -> response has the form of a
-- transport, so that a test can use a sandbox as one; nginx.lua serves it over HTTPS. It checks messages with the core that the
-- client checks with. Each endpoint is a row of `routes`. Never delivers anything, and keeps no more than its bounds.
local core = require "whatsapp.core"
local graph = require "whatsapp.sandbox.graph"
local media = require "whatsapp.sandbox.media"
local objects = require "whatsapp.sandbox.objects"
local options_of = require "whatsapp.util.options"
local recipient = require "whatsapp.send.recipient"
local shelf = require "whatsapp.sandbox.shelf"
local templates = require "whatsapp.sandbox.templates"
local values = require "whatsapp.util.values"

local answer, fail, refuse = graph.answer, graph.fail, graph.refuse

local sandbox = {}

local function unsupported(request, id)
  return fail(400, {
    message = ("Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to missing permissions, "
      .. "or does not support this operation"):format(request.method:lower(), id),
    type = "GraphMethodException", code = 100, error_subcode = 33,
  })
end

-- ---- messages ---------------------------------------------------------------------------------------------------------

-- rule of a problem -> the API's code and title; every other rule: the value is not valid
local CODES = {
  required = { 131008, "Required parameter is missing" },
  min_chars = { 131008, "Required parameter is missing" },
  type = { 100, "Invalid parameter" },
  unknown = { 100, "Invalid parameter" },
  forbidden = { 100, "Invalid parameter" },
}
local NOT_VALID = { 131009, "Parameter value is not valid" }

local function refuse_message(details)
  local code = CODES[details.problems[1].rule] or NOT_VALID
  local lines = {}
  for i, problem in ipairs(details.problems) do lines[i] = problem.message end
  return refuse(code[2], code[1], table.concat(lines, "\n"))
end

local function is_template(message)
  return type(message.type) == "string" and message.type:lower() == "template" or message.template ~= nil
end

-- The API answers an id to a user id in `to`, cuts the letters before its last dot, and delivers nothing.
local function is_misaddressed(message)
  return recipient.is_user_id(message.to)
end

local function contact_of(message)
  local to = message.to
  if to == nil then return { input = message.recipient, user_id = message.recipient } end
  if is_misaddressed(message) then return { input = to, wa_id = to:match "%w+$" } end
  return { input = to, wa_id = message.recipient_type ~= "group" and to:gsub("[^%w]", "") or nil }
end

-- with a `to` that can be delivered to: whether the core refuses a user id there is not the API's answer
local function check(message)
  local checked = values.copy(message)
  if is_misaddressed(message) then checked.to = message.to:match "%w+$" end
  local ok, _, details = core.validate(checked)
  return not ok and refuse_message(details) or nil
end

local function accept(box, message, bytes)
  if message.status ~= nil then return answer(200, { success = true }) end
  local kept = box.shelves[is_misaddressed(message) and "undelivered" or "messages"]
  if not kept:fits(bytes) then
    return refuse("Invalid parameter", 100, ("The body has %d bytes, the sandbox keeps at most %d"):format(bytes, kept.max_bytes))
  end
  box.count = box.count + 1
  local id = box.new_id(box.count)
  kept:put({ id = id, message = message }, bytes)
  return answer(200, {
    messaging_product = "whatsapp",
    contacts = { contact_of(message) },
    messages = { { id = id, message_status = is_template(message) and "accepted" or nil } },
  })
end

-- the API does not fill in messaging_product
local function post_message(box, message, bytes)
  if message.messaging_product == nil then return refuse("The parameter messaging_product is required.", 100) end
  local refused = check(message) or templates.refuse(box, message)
  if refused then return refused end
  if message.to ~= nil then message.to = values.text_of_id(message.to) end
  return accept(box, message, bytes)
end

local function post_marketing_message(box, message, bytes)
  if not is_template(message) then return refuse("Method not allowed", 131055) end
  return post_message(box, message, bytes)
end

-- list of a box -> what became of its messages
local DELIVERY_STATUS = { messages = "SENT", undelivered = "ACCEPTED" }

local function find(box, id)
  if not id then return nil end
  for name, delivery_status in pairs(DELIVERY_STATUS) do
    if box.shelves[name].by_id[id] then return delivery_status end
  end
end

local function get_history(box, request)
  local id = graph.query(request).message_id
  local delivery_status = find(box, id)
  if not delivery_status then return refuse("Invalid parameter", 100) end
  local event = { delivery_status = delivery_status, webhook_update_state = "PENDING", timestamp = os.time() }
  return answer(200, { data = { { id = "history." .. id, message_id = id, events = { data = { event } } } } })
end

-- ---- routes -----------------------------------------------------------------------------------------------------------

-- method, pattern of the path, function of (box, request, the pattern's captures ...) that returns the response, or nil where
-- there is no such object
local routes = {
  { "POST", "^/v%d+%.%d+/([%w_-]+)/messages$", graph.reads_json(post_message) },
  { "GET", "^/v%d+%.%d+/([%w_-]+)/message_history$", get_history },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/marketing_messages$", graph.reads_json(post_marketing_message) },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/media$", media.post },
  { "GET", "^/v%d+%.%d+/(%d+)$", media.get },
  { "DELETE", "^/v%d+%.%d+/(%d+)$", media.delete },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/uploads$", media.begin },
  { "POST", "^/v%d+%.%d+/(upload:[^/]+)$", media.continue },
  { "GET", "^/v%d+%.%d+/(upload:[^/]+)$", media.progress_of },
}
for _, rows in ipairs { templates.ROUTES, objects.ROUTES } do
  for _, row in ipairs(rows) do routes[#routes + 1] = row end
end

local function check_token(box, request)
  local scheme, token = (graph.header(request, "authorization") or ""):match "^(%a+) +(%S+)$"
  if scheme ~= "Bearer" and scheme ~= "OAuth" then token = nil end
  if not token then
    return fail(401, { message = "An access token is required to request this resource.", code = 104 })
  end
  if box.token and token ~= box.token then
    return fail(401, { message = "Invalid OAuth access token - Cannot parse access token", code = 190 })
  end
end

local function handle(box, request)
  local path = request.url:gsub("^%a+://[^/]*", ""):gsub("[?#].*$", "")
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

-- ids that look like the API's and do not repeat
local function new_ids()
  local start = ("%08X"):format(os.time() % 2 ^ 32)
  return function(count) return ("wamid.SANDBOX%s%08X"):format(start, count) end
end

---@class whatsapp.sandbox
---@field handle fun(request: table): table answers a request; has the form of a transport
---@field messages { id: string, message: table }[] the messages that were accepted and reach somebody, the newest last
---@field undelivered { id: string, message: table }[] the messages that the API accepts and never delivers (a business-scoped
---user id in `to`), the newest last; in a list of their own, so that a test that looks into `messages` sees that nothing came
---@field media table the files that were uploaded: { id, data, type, filename, number }, the newest last; and by their ids
---@field sessions table<string, table> the uploads of samples, by their ids: { id, data, length, type, filename }
---@field templates whatsapp.sandbox.templates the templates of the account: add, approve, reject, pause, disable
---@field objects whatsapp.sandbox.objects profiles, settings, groups, flows and the like
---@field forgotten integer entries that it has forgotten because a list was full
---@field forget_error any what on_forget raised last

local OPTIONS = {
  token = "text", new_id = "callable", kept = "count", kept_media = "count", kept_uploads = "count", kept_bytes = "bytes",
  url_life = "amount", now = "callable", on_forget = "callable",
}

-- makes what counts an entry of the list `name` as forgotten, and tells it
local function forgetter(box, name, on_forget)
  return function(entry)
    box.forgotten = box.forgotten + 1
    if not on_forget then return end
    local ok, err = pcall(on_forget, entry.id, entry, name)
    if not ok then box.forget_error = err end
  end
end

-- list of a box -> the option that bounds it, and the bound without that option
local BOUNDS = {
  messages = { "kept", 1000 }, undelivered = { "kept", 1000 }, media = { "kept_media", 100 }, uploads = { "kept_uploads", 100 },
}
local KEPT_BYTES = 256 * 1024 * 1024

---@class whatsapp.sandbox_options
---@field token string? the only one that is good; any is, if absent
---@field new_id (fun(count: integer): string)? makes the id of a message
---@field kept integer? messages that each of `messages` and `undelivered` keeps, 1000
---@field kept_media integer? files that are kept, 100
---@field kept_uploads integer? uploads of samples that are kept, 100
---@field kept_bytes integer? bytes that each of these lists keeps, 256 MiB; what has more bytes than that is refused
---@field on_forget (fun(id: string, entry: table, list: "messages"|"undelivered"|"media"|"uploads"))? hears of each entry that is
---forgotten because its list is full
---@field url_life number? seconds that the URL of a file is good, 300
---@field now (fun(): number)? the clock in seconds, os.time

---@param options whatsapp.sandbox_options?
---@return whatsapp.sandbox
function sandbox.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local box = {
    token = checked.token, new_id = checked.new_id or new_ids(), now = checked.now or os.time,
    url_life = checked.url_life or media.URL_LIFE, count = 0, forgotten = 0, shelves = {},
    messages = {}, undelivered = {}, media = media.none(), sessions = {},
  }
  local by_id = { media = box.media, uploads = box.sessions }
  for name, bound in pairs(BOUNDS) do
    box.shelves[name] = shelf.new(checked[bound[1]] or bound[2], checked.kept_bytes or KEPT_BYTES,
      forgetter(box, name, checked.on_forget), box[name] or {}, by_id[name])
  end
  templates.attach(box)
  objects.attach(box)
  box.handle = function(request) return handle(box, request) end
  return box
end

return sandbox
