-- Checks the tables of options that users pass. Each module names the kind of each of its options. Here, a kind is a row with a
-- test and the words for the error. A wrong option is a programming mistake: so the check raises an error, at the user's line.
-- Never changes a user's table.
local show = require "whatsapp.util.show"
local urls = require "whatsapp.util.url"
local values = require "whatsapp.util.values"

local options = {}

local is_callable, is_id, is_list = values.callable, values.id, values.is_list

local function is_line(value) return type(value) == "string" and not value:find "%c" end
local function is_text(value) return is_line(value) and value ~= "" end
local function is_positive(value) return type(value) == "number" and value > 0 and value < math.huge end
local function is_table(value) return type(value) == "table" end

local function is_boolean(value) return type(value) == "boolean" end
local function is_amount(value) return type(value) == "number" and value >= 0 and value < math.huge end
local function is_count(value) return is_positive(value) and value % 1 == 0 and value <= values.EXACT end

-- returns whether each member of a table has a test and passes it
local function has_only(value, tests)
  for name, member in pairs(value) do
    if not (tests[name] and tests[name](member)) then return false end
  end
  return true
end

local PAIR = { interval = is_positive, burst = is_count }

local function is_pair(value)
  if value == false then return true end
  return is_table(value) and has_only(value, PAIR) and value.interval ~= nil and value.burst ~= nil
end

local function is_store(value)
  return (is_table(value) or type(value) == "userdata") and is_callable(value.take)
end

-- a list of definitions of templates, without holes; or a store of definitions
local function is_templates(value)
  if not (is_table(value) or type(value) == "userdata") then return false end
  if is_callable(value.definitions) then return true end
  return is_list(value, function(item)
    return is_table(item) and type(item.name) == "string" and type(item.language) == "string"
  end, true)
end

-- a store of handled events, such as whatsapp.webhook.memory_store()
local function is_event_store(value)
  if not (is_table(value) or type(value) == "userdata") then return false end
  return is_callable(value.begin) and is_callable(value.done) and is_callable(value.forget)
end

-- a store of the ids of uploads, such as whatsapp.media.store() or an nginx shared dictionary; false: no store
local function is_media_store(value)
  if value == false then return true end
  if not (is_table(value) or type(value) == "userdata") then return false end
  return is_callable(value.get) and is_callable(value.set) and is_callable(value.delete)
end

local PROXIES = { http = true, https = true, socks4 = true, socks4a = true, socks5 = true, socks5h = true }

-- a proxy without a scheme is an http proxy, as in libcurl
local function is_proxy(value)
  if value == "" then return true end
  if not is_line(value) or value:find " " then return false end
  local scheme, rest = value:match "^([%w+.-]+)://(.*)$"
  if scheme and not PROXIES[scheme:lower()] then return false end
  return (rest or value):find "^[^/:]" ~= nil
end

local function is_object(value) return is_table(value) or type(value) == "userdata" end

-- a list of two numbers of seconds: the first wait and the longest wait
local function is_backoff(value)
  return is_list(value, is_positive) and #value == 2 and value[1] <= value[2]
end

local OUTBOX_STATES = {
  queued = true, claimed = true, sending = true, unknown = true, accepted = true, failed = true, expired = true,
}

local SHOWN_AS = { image = true, video = true, audio = true, document = true, sticker = true }

-- for webhook.verify: any bytes, because the app secret is the key of an HMAC
local function is_secret(value) return type(value) == "string" and value ~= "" end

local function is_secrets(value)
  return is_text(value) or is_list(value, is_text)
end

local CALLBACKS = {
  message = is_callable, status = is_callable, error = is_callable, echo = is_callable, payment = is_callable,
  standby = is_callable, change = is_callable, event = is_callable,
}

local FLOW_CALLBACKS = { init = is_callable, data_exchange = is_callable, back = is_callable, error = is_callable }

local function is_pem(value) return is_secret(value) and value:find("-----BEGIN ", 1, true) ~= nil end

local RETRY = { attempts = is_count, total = is_amount, may_send_twice = is_boolean }

local LIMITS = { throughput = is_positive, pair = is_pair, max_wait = is_amount, window = is_count, store = is_store }

-- test of a member -> tests of the members of its value
local INNER = { [is_pair] = PAIR }

-- kind -> { test, the words after "must be", tests of the members if the value is a table with named members }
local kinds = {
  text = { is_text, "a string that is not empty and has no control characters" },
  string = { is_line, "a string without control characters" },
  boolean = { is_boolean, "true or false" },
  count = { is_count, "a whole number over 0" },
  seconds = { function(value) return is_positive(value) and value <= 86400 end, "a number of seconds, over 0 and up to 86400" },
  bytes = {
    function(value) return is_positive(value) and value % 1 == 0 and value < 2 ^ 31 end,
    "a whole number of bytes, over 0 and under 2^31",
  },
  callable = { is_callable, "a function or a callable object" },
  func = { function(value) return type(value) == "function" end, "a function" },
  mode = { function(value) return value == "strict" or value == "lenient" end, '"strict" or "lenient"' },
  version = {
    function(value) return type(value) == "string" and value:find "^v%d+%.%d+$" ~= nil end,
    'a version such as "v26.0"',
  },
  id = { is_id, "an id: a string of letters and digits, or a whole number" },
  secret = {
    function(value) return is_callable(value) or (is_text(value) and not value:find "[%c ]") end,
    "a string without spaces, or a function that returns it",
  },
  limiter = {
    function(value) return value == false or (is_table(value) and not is_callable(value) and has_only(value, LIMITS)) end,
    "false, or {throughput = messages a second, pair = {interval = seconds, burst = count} or false, max_wait = seconds, "
      .. "window = count, store = a store with take()}", LIMITS,
  },
  window = {
    function(value) return (is_table(value) or type(value) == "userdata") and is_callable(value.open) end,
    "what whatsapp.window.new() returns, or an object with open()",
  },
  names = {
    function(value) return is_list(value, is_text, true) end,
    "a list of names without holes",
  },
  proxy = {
    is_proxy, 'a URL such as "http://proxy.example:3128" (http, https, socks4, socks4a, socks5 or socks5h), or "" for no proxy',
  },
  key = { is_text, "a string that is not empty" },
  resty_http = {
    function(value) return is_table(value) and is_callable(value.new) end,
    'lua-resty-http: require "resty.http"',
  },
  secrets = { is_secrets, "a string that is not empty, or a list of such strings without holes" },
  callbacks = {
    function(value) return is_table(value) and has_only(value, CALLBACKS) end,
    "{message, status, error, echo, payment, standby, change, event = functions}", CALLBACKS,
  },
  templates = { is_templates, "a list of definitions, each with a name and a language, or a store with definitions()" },
  flow_callbacks = {
    function(value) return is_table(value) and has_only(value, FLOW_CALLBACKS) end,
    "{init, data_exchange, back, error = functions}", FLOW_CALLBACKS,
  },
  pem = {
    function(value) return is_pem(value) or is_list(value, is_pem) end,
    "a key in PEM, or a list of such keys without holes",
  },
  window_mode = {
    function(value) return value == "api" or value == "strict" or value == "late" or value == "off" end,
    '"api", "strict", "late" or "off"',
  },
  limits_mode = { function(value) return value == "api" or value == "off" end, '"api" or "off"' },
  limit_status = { function(value) return value == 400 or value == 429 end, "400 or 429" },
  endpoint = {
    function(value) return is_callable(value) or urls.read(value) ~= nil end,
    "a URL of http or https, or a handler of webhook.handler",
  },
  numbers = {
    function(value) return is_count(value) and value <= 1000 or is_list(value, is_id) end,
    "the number of phone numbers, or a list of their ids",
  },
  media_store = { is_media_store, "false, or a store with get, set and delete" },
  shown_as = {
    function(value) return SHOWN_AS[value] ~= nil end, '"image", "video", "audio", "document" or "sticker"',
  },
  method = {
    function(value) return value == "GET" or value == "POST" or value == "DELETE" end, '"GET", "POST" or "DELETE"',
  },
  path = {
    function(value) return require("whatsapp.graph.path").is_path(value) end,
    'a path below the version, such as "{waba}/message_templates", or a list of its parts without holes',
  },
  outbox_store = { is_object, "a store: of whatsapp.outbox.memory, whatsapp.outbox.sql or whatsapp.outbox.redis" },
  outbox_state = {
    function(value) return OUTBOX_STATES[value] ~= nil end,
    '"queued", "claimed", "sending", "unknown", "accepted", "failed" or "expired"',
  },
  backoff = { is_backoff, "{first, longest}: two numbers of seconds, the first wait and the longest wait" },
  queue = {
    function(value) return is_text(value) and not value:find "[{}]" end,
    "a string that is not empty, without control characters and braces",
  },
  object = { is_object, "a table or an object" },
  synchronous = { function(value) return value == "FULL" or value == "NORMAL" end, '"FULL" or "NORMAL"' },
  time = { is_amount, "seconds since 1970" },
  delay = {
    function(value) return is_amount(value) or is_callable(value) end, "a number of seconds, or a function that returns it",
  },
  since = { is_amount, "a number of seconds" },
  whole = { function(value) return is_amount(value) and value % 1 == 0 end, "a whole number" },
  words = { function(value) return type(value) == "string" end, "a string" },
  table = { is_table, "a table" },
  event_store = { is_event_store, "a store with begin, done and forget" },
  sink = {
    function(value) return (is_table(value) or type(value) == "userdata") and is_callable(value.add) end,
    "a sink with add(), such as whatsapp.metrics.memory()",
  },
  amount = { is_positive, "a number over 0" },
  fallback = {
    function(value) return is_table(value) or is_callable(value) end,
    "a message, or a function that returns a message",
  },
  retry = {
    function(value)
      if value == false then return true end
      if not is_table(value) then return false end
      return has_only(value, RETRY)
    end,
    "false, or {attempts = number of attempts, total = seconds, may_send_twice = true or false}", RETRY,
  },
  base_url = {
    function(value) return urls.read_base(value) ~= nil and not value:find "[@%s%c]" end,
    "a URL that starts with https://, without a user name, a password, a query or a fragment",
  },
}

options.is_secret = is_secret
options.is_list = is_list

---The options of a transport over libcurl. The client has these options, too, for the transport that it makes. To add an
---option, add a row here and a row in src/curl.
options.TRANSPORT = {
  timeout = "seconds", connect_timeout = "seconds", proxy = "proxy", ca_file = "text", user_agent = "text",
  allow_http = "boolean", max_body = "bytes", max_requests = "count",
}

local function sorted_names(rows)
  local names = {}
  for name in pairs(rows) do names[#names + 1] = show.value(name) end
  table.sort(names)
  return names
end

-- ---- did you mean ----------------------------------------------------------------------------------------------------------

-- Returns the number of changes that turn the word `a` into the word `b`. A change adds, removes or replaces a letter, or swaps
-- two neighbours.
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local next_row = { [0] = i }
    for j = 1, #b do
      local change = a:byte(i) == b:byte(j) and 0 or 1
      local least = math.min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + change)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        least = math.min(least, before[j - 2] + 1)
      end
      next_row[j] = least
    end
    before, row = row, next_row
  end
  return row[#b]
end

-- Returns the one known name that has all words of the name, in their order: phone_number_id for phone_id; nil if there is no
-- such name, or more than one.
local function name_with_words(name, names)
  if not name:find "^%a[%w_]*$" then return nil end
  local pattern, found = "_" .. name:lower():gsub("_+", "_.*_") .. "_", nil
  for _, known in ipairs(names) do
    if ("_%s_"):format(known:lower():gsub("_", "__")):find(pattern) then
      if found then return nil end
      found = known
    end
  end
  return found
end

local LONGEST_NAME = 40 -- a longer name cannot be a typing mistake

---Returns the known name that is most similar to an unknown name.
---@param name any
---@param names table<string, any> the known names, as keys
---@return string? near nil if no known name is similar
function options.did_you_mean(name, names)
  if type(name) ~= "string" or #name > LONGEST_NAME then return nil end
  local nearest, least, list = nil, math.max(1, math.floor(#name / 3)) + 1, sorted_names(names)
  for _, known in ipairs(list) do
    local far = distance(name:lower(), known:lower())
    if far < least then nearest, least = known, far end
  end
  return nearest or name_with_words(name, list)
end

---@param name any an unknown name
---@param names table<string, any> the known names, as keys
---@return string words ", did you mean X?"; "" if no known name is similar
function options.hint(name, names)
  local near = options.did_you_mean(name, names)
  return near and (", did you mean %s?"):format(near) or ""
end

local hint = options.hint

-- returns words about the first wrong member of a value; "" if no member is wrong, or the kind of the option has no named
-- members
local function wrong_member(value, members)
  if not members or type(value) ~= "table" then return "" end
  for _, name in ipairs(sorted_names(value)) do
    if not members[name] then return (": it has no member %s%s"):format(show.line(name, LONGEST_NAME), hint(name, members)) end
    local test = members[name]
    if not test(value[name]) then
      return (": its member %s has a wrong value%s"):format(name, wrong_member(value[name], INNER[test]))
    end
  end
  return ""
end

---Checks a user's options. Raises if an option is unknown, or if its value is not of the kind that `rows` has for it.
---@param passed table? the options as the user passed them
---@param rows table<string, string> name of an option -> kind
---@param level integer the stack level of the caller to blame, as for error()
---@return table copy a copy of the options. The caller must not write into it: if `passed` is nil, all callers get the same
---table
function options.check(passed, rows, level)
  if passed == nil then return values.NONE end
  local copy = {}
  if type(passed) ~= "table" then error("options must be a table, got a " .. type(passed), level + 1) end
  for name, value in pairs(passed) do
    local kind = kinds[rows[name]]
    if not kind then
      error(("unknown option %s%s (there are %s)"):format(show.value(name, LONGEST_NAME), hint(name, rows),
        table.concat(sorted_names(rows), ", ")), level + 1)
    end
    if not kind[1](value) then
      error(("option %s must be %s%s"):format(name, kind[2], wrong_member(value, kind[3])), level + 1)
    end
    copy[name] = value
  end
  return copy
end

return options
