-- A sandbox that answers like the API: the logic, without sockets. handle(request) -> response has the form of a
-- transport, so a sandbox can stand in for one in a test; nginx.lua serves it over HTTPS. Refuses with the same core
-- that the client checks with. Each endpoint is a row of `routes`.
local core = require "whatsapp.core"
local exchange = require "whatsapp.sandbox.graph"
local json = require "whatsapp.wire.json"
local media = require "whatsapp.sandbox.media"

local answer, fail, refuse = exchange.answer, exchange.fail, exchange.refuse

local sandbox = {}

local function unsupported(request, id)
  return fail(400, {
    message = ("Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to missing permissions, "
      .. "or does not support this operation"):format(request.method:lower(), id),
    type = "GraphMethodException", code = 100, error_subcode = 33,
  })
end

-- ---- messages ---------------------------------------------------------------------------------------------------------

-- rule of a problem -> the API's code and title; all others are a value that is not valid
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

-- ids of users are not phone numbers: they come back as user_id
local function contact_of(message)
  if type(message.to) == "string" then
    return { input = message.to, wa_id = message.recipient_type ~= "group" and message.to:gsub("[^%w]", "") or nil }
  end
  return { input = message.recipient, user_id = message.recipient }
end

local function accept(box, message)
  if message.status ~= nil then return answer(200, { success = true }) end
  box.count = box.count + 1
  local id = box.new_id(box.count)
  box.messages[#box.messages + 1] = { id = id, message = message }
  if #box.messages > box.kept then table.remove(box.messages, 1) end
  return answer(200, {
    messaging_product = "whatsapp",
    contacts = { contact_of(message) },
    messages = { { id = id, message_status = is_template(message) and "accepted" or nil } },
  })
end

-- the API does not fill in what it needs to know whom it serves
local function post_message(box, request)
  local message, problem = json.decode(request.body or "")
  if type(message) ~= "table" then
    return refuse("Invalid parameter", 100, "The body is no JSON object: " .. tostring(problem or ""))
  end
  if message.messaging_product == nil then return refuse("The parameter messaging_product is required.", 100) end
  if type(message.to) == "number" then message.to = ("%.0f"):format(message.to) end
  local ok, _, details = core.validate(message)
  if not ok then return refuse_message(details) end
  return accept(box, message)
end

local function post_marketing_message(box, request)
  local message = json.decode(request.body or "")
  if type(message) == "table" and not is_template(message) then
    return refuse("Method not allowed", 131055)
  end
  return post_message(box, request)
end

-- what became of a message that was accepted: it was sent
local function get_history(box, request)
  local id = exchange.query(request).message_id
  for _, entry in ipairs(box.messages) do
    if entry.id == id then
      local event = { delivery_status = "SENT", webhook_update_state = "PENDING", timestamp = os.time() }
      return answer(200, { data = { { id = "history." .. id, message_id = id, events = { data = { event } } } } })
    end
  end
  return refuse("Invalid parameter", 100)
end

-- ---- routes -----------------------------------------------------------------------------------------------------------

-- method, pattern of the path, what answers with (box, request, the pattern's captures ...); nothing: no such object
local routes = {
  { "POST", "^/v%d+%.%d+/([%w_-]+)/messages$", post_message },
  { "GET", "^/v%d+%.%d+/([%w_-]+)/message_history$", get_history },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/marketing_messages$", post_marketing_message },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/media$", media.post },
  { "GET", "^/v%d+%.%d+/(%d+)$", media.get },
  { "DELETE", "^/v%d+%.%d+/(%d+)$", media.delete },
  { "POST", "^/v%d+%.%d+/([%w_-]+)/uploads$", media.begin },
  { "POST", "^/v%d+%.%d+/(upload:[^/]+)$", media.continue },
  { "GET", "^/v%d+%.%d+/(upload:[^/]+)$", media.progress_of },
}

local function check_token(box, request)
  local scheme, token = (exchange.header(request, "authorization") or ""):match "^(%a+) +(%S+)$"
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
---@field messages { id: string, message: table }[] the messages that were accepted, the newest last
---@field media table the files that were uploaded: { id, data, type, filename, number }, the newest last; and by their ids

---@param options { token: string?, new_id: (fun(count: integer): string)?, kept: integer?, kept_media: integer?,
---kept_bytes: integer?, url_life: number?, now: (fun(): number)? }? token: the only one that is good (any is, if absent);
---kept: how many messages are kept, 1,000 if absent; kept_media and kept_bytes: how many files, 100, and bytes of them,
---256 MiB; url_life: seconds that the URL of a file is good, 300; now: the clock, os.time
---@return whatsapp.sandbox
function sandbox.new(options)
  options = options or {}
  local box = {
    token = options.token, new_id = options.new_id or new_ids(), kept = options.kept or 1000,
    count = 0, messages = {},
  }
  media.prepare(box, options)
  box.handle = function(request) return handle(box, request) end
  return box
end

return sandbox
