-- Checks the tables of options that users pass: each option is a row with a test. What is wrong is the programmer's
-- mistake and raises, at the caller's position.
local options = {}

-- up to here every integer is a float of its own; with LUA_32BITS 2^24 is none, as it may have been 2^24 + 1
options.EXACT = 2 ^ 24 + 1 == 2 ^ 24 and 2 ^ 24 - 1 or 2 ^ 53

local math_type = math.type -- luacheck: ignore 143

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or (type(meta) == "table" and meta.__call ~= nil)
end

local function is_line(value) return type(value) == "string" and not value:find "%c" end
local function is_text(value) return is_line(value) and value ~= "" end
local function is_positive(value) return type(value) == "number" and value > 0 and value < math.huge end
local function is_table(value) return type(value) == "table" end

local function is_boolean(value) return type(value) == "boolean" end
local function is_amount(value) return type(value) == "number" and value >= 0 and value < math.huge end
local function is_count(value) return is_positive(value) and value % 1 == 0 and value <= options.EXACT end

local function is_id(value)
  if math_type and math_type(value) == "integer" then return value > 0 end
  if type(value) == "number" then return value % 1 == 0 and value > 0 and value <= options.EXACT end
  return is_text(value) and not value:find "[^%w_-]"
end

local function has_only(value, tests)
  for name, member in pairs(value) do
    if not (tests[name] and tests[name](member)) then return false end
  end
  return true
end

local function is_pair(value)
  if value == false then return true end
  return is_table(value) and has_only(value, { interval = is_positive, burst = is_count }) and value.interval ~= nil
    and value.burst ~= nil
end

local function is_store(value)
  return (is_table(value) or type(value) == "userdata") and is_callable(value.take)
end

-- of events: as whatsapp.webhook.memory makes them
local function is_event_store(value)
  if not (is_table(value) or type(value) == "userdata") then return false end
  return is_callable(value.begin) and is_callable(value.done) and is_callable(value.forget)
end

-- of ids of uploads: as whatsapp.media.store makes them, or an nginx shared dictionary
local function is_media_store(value)
  if value == false then return true end
  if not (is_table(value) or type(value) == "userdata") then return false end
  return is_callable(value.get) and is_callable(value.set) and is_callable(value.delete)
end

local SHOWN_AS = { image = true, video = true, audio = true, document = true, sticker = true }

-- an app secret is a key of HMAC: any bytes
local function is_secret(value) return type(value) == "string" and value ~= "" end

-- a list without holes, and nothing else in the table: os.getenv gives nil where a variable is not set
local function is_list(value, is_item)
  if not is_table(value) then return false end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  for i = 1, count do
    if not is_item(value[i]) then return false end
  end
  return count > 0
end

local function is_secrets(value)
  return is_text(value) or is_list(value, is_text)
end

local CALLBACKS = {
  message = is_callable, status = is_callable, error = is_callable, echo = is_callable, payment = is_callable,
  standby = is_callable, change = is_callable, event = is_callable,
}

local LIMITS = { throughput = is_positive, pair = is_pair, window = is_count, store = is_store }

-- kind -> { test, what stands behind "must be" }
local kinds = {
  text = { is_text, "a string that is not empty and has no control characters" },
  string = { is_line, "a string without control characters" },
  boolean = { is_boolean, "true or false" },
  count = { is_count, "a whole number over 0" },
  seconds = { function(value) return is_positive(value) and value <= 86400 end, "a number of seconds, over 0 and up to 86400" },
  bytes = { function(value) return is_positive(value) and value % 1 == 0 and value < 2 ^ 31 end, "a number of bytes" },
  callable = { is_callable, "a function or something callable" },
  func = { function(value) return type(value) == "function" end, "a function" },
  mode = { function(value) return value == "strict" or value == "lenient" end, '"strict" or "lenient"' },
  version = {
    function(value) return type(value) == "string" and value:find "^v%d+%.%d+$" ~= nil end,
    'a version such as "v25.0"',
  },
  id = { is_id, "an id: a string of letters and digits, or a whole number" },
  secret = {
    function(value) return is_callable(value) or (is_text(value) and not value:find "[%c ]") end,
    "a string without spaces, or a function that returns one",
  },
  limiter = {
    function(value)
      return value == false or (is_callable(value) or (is_table(value) and has_only(value, LIMITS)))
    end,
    "false, {throughput = a second, pair = {interval = seconds, burst = count} or false, window = count, store = with "
      .. "take()}, or a decorator",
  },
  names = {
    function(value) return is_table(value) and (next(value) == nil or is_list(value, is_text)) end,
    "a list of names without holes",
  },
  key = { is_text, "a string that is not empty" },
  resty_http = {
    function(value) return is_table(value) and is_callable(value.new) end,
    'lua-resty-http: require "resty.http"',
  },
  secrets = { is_secrets, "a string that is not empty, or a list of such without holes" },
  callbacks = {
    function(value) return is_table(value) and has_only(value, CALLBACKS) end,
    "{message, status, error, echo, payment, standby, change, event = functions}",
  },
  media_store = { is_media_store, "false, or a store with get, set and delete" },
  shown_as = {
    function(value) return SHOWN_AS[value] ~= nil end, '"image", "video", "audio", "document" or "sticker"',
  },
  words = { function(value) return type(value) == "string" end, "a string" },
  table = { is_table, "a table" },
  event_store = { is_event_store, "a store with begin, done and forget" },
  amount = { is_positive, "a number over 0" },
  fallback = {
    function(value) return is_table(value) or is_callable(value) end,
    "a message, or a function that returns one",
  },
  retry = {
    function(value)
      if value == false then return true end
      if not is_table(value) then return false end
      return has_only(value, { attempts = is_count, total = is_amount, may_send_twice = is_boolean })
    end,
    "false, or {attempts = how many in all, total = seconds, may_send_twice = true or false}",
  },
  base_url = {
    function(value)
      local rest = type(value) == "string" and value:match "^https?://[^/?#@%s%c]+(.*)$"
      return rest ~= nil and rest ~= false and rest:find "^/?[^?#@%s%c]*$" ~= nil
    end,
    "a URL that starts with https://, without a name and a password",
  },
}

options.is_id = is_id
options.is_callable = is_callable
options.is_secret = is_secret
options.is_list = is_list

---@param id string|number of the kind "id"
---@return string with every digit
function options.text_of_id(id)
  if type(id) ~= "number" then return id end
  return tostring(id):match "^%d+$" or ("%.0f"):format(id)
end

options.NONE = {} -- nobody writes into it

local function names_of(rows)
  local names = {}
  for name in pairs(rows) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

---What a table holds, in another one; not what its members hold.
---@param from table?
---@return table
function options.copy(from)
  local to = {}
  for name, value in pairs(from or options.NONE) do to[name] = value end
  return to
end

---A failure that happened before anything left.
---@param text string
---@param problems whatsapp.problem[]? of which it is said; none where it is of nothing that has a place
---@return nil, string text, whatsapp.details details
function options.refused(text, problems)
  problems = problems or {}
  return nil, text, {
    kind = "invalid", retryable = false, may_have_been_sent = false, attempts = 0, count = #problems, problems = problems,
  }
end

---@param given table? what the user passed
---@param rows table<string, string> the kind of each option
---@param level integer of the caller to blame, as error() counts from here
---@return table copy to be read only: where nothing was given it is everybody's
function options.check(given, rows, level)
  if given == nil then return options.NONE end
  local copy = {}
  if type(given) ~= "table" then error("options must be a table, got a " .. type(given), level + 1) end
  for name, value in pairs(given) do
    local kind = kinds[rows[name]]
    if not kind then error(("unknown option %s (there are %s)"):format(tostring(name), names_of(rows)), level + 1) end
    if not kind[1](value) then error(("option %s must be %s"):format(name, kind[2]), level + 1) end
    copy[name] = value
  end
  return copy
end

return options
