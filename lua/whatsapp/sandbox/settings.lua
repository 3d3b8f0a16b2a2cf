-- The options of the sandbox's server. read() checks them before nginx starts, and splits them into the options of the server
-- itself and the options of the box (the simulated API). Both are plain data, because a file of JSON takes them to nginx's worker
-- process. There, apply() applies the server's options to the new box. Never starts nginx, and never writes a file.
local file = require "whatsapp.util.file"
local json = require "whatsapp.wire.json"
local options_of = require "whatsapp.util.options"
local random_id = require "whatsapp.util.random_id"
local sandbox = require "whatsapp.sandbox"
local show = require "whatsapp.util.show"

local settings = {}

local function is(kind) return function(value) return type(value) == kind end end
local function is_text(value) return type(value) == "string" and value ~= "" and not value:find "%c" end
local function is_port(value) return type(value) == "number" and value >= 0 and value <= 65535 and value % 1 == 0 end

-- option of the server -> { test, the words after "must be" }; every other option is an option of the box
local SERVER = {
  port = { is_port, "a port from 0 to 65535" }, tls = { is "boolean", "true or false" }, page = { is "boolean", "true or false" },
  output = { is "boolean", "true or false" },
  state = { is_text, "the path of a file" }, record = { is_text, "the path of a file" },
  clock = { is "number", "a time" }, chaos = { is "table", "a list of rules" },
  templates = { is "table", "a folder, or a list of definitions" },
  nginx = { is_text, "the path of a program" }, modules = { is_text, "the path of a folder" },
  cpath = { is_text, "a path such as package.cpath" },
}

-- ---- strings of the command line --------------------------------------------------------------------------------------------

local UNITS = { s = 1, sec = 1, min = 60, m = 60, h = 3600, d = 86400 }

-- returns the days since 1970 of a date, by Howard Hinnant's formula
local function days_of(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 1 - 719468
end

-- Returns the seconds since 1970 of a text such as "+24h" (from now) or "2026-11-28T12:00:00Z"; nil: the text is not a time.
local function time_of(text)
  local count, unit = text:match "^%+(%d+)%s*(%a+)$"
  if count and UNITS[unit] then return os.time() + tonumber(count) * UNITS[unit] end
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year or (rest ~= "" and not rest:find "^[T ]%d%d:%d%d") then return nil end
  local hour, minute, second = rest:match "^[T ](%d%d):(%d%d):?(%d*)Z?$"
  if rest ~= "" and not hour then return nil end
  return days_of(tonumber(year), tonumber(month), tonumber(day)) * 86400 + (tonumber(hour) or 0) * 3600
    + (tonumber(minute) or 0) * 60 + (tonumber(second) or 0)
end

local function read_clock(value)
  if type(value) ~= "string" then return value end
  local time = time_of(value)
  if time then return time end
  return nil, ("option clock: %s is neither +24h (s, min, h, d) nor a date such as 2026-11-28T12:00:00Z")
    :format(show.value(value))
end

local MATCHED = { type = true, to = true, endpoint = true } -- members of rule.match

-- Returns the rule of chaos in a text; returns a rule that is a table as it is. "answer:reset,rate=0.01,to=16505551234" is the
-- rule { on = "answer", what = "reset", rate = 0.01, match = { to = "16505551234" } }.
local function read_rule(text)
  if type(text) ~= "string" then return text end
  local on, what, rest = text:match "^(%l+):([%w_]+)(.*)$"
  if not on then return nil, ("option chaos: %s is not a rule such as answer:reset,times=1"):format(show.value(text)) end
  local rule = { on = on, what = what }
  for part in rest:gmatch "[^,]+" do
    local name, value = part:match "^([%w_]+)=(.+)$"
    if not name then return nil, ("option chaos: %s in %s is not name=value"):format(show.value(part), show.value(text)) end
    if MATCHED[name] then
      rule.match = rule.match or {}
      rule.match[name] = value
    else rule[name] = tonumber(value) or value end
  end
  return rule
end

local function read_chaos(list)
  if type(list) ~= "table" then return list end
  local rules = {}
  for i, item in ipairs(list) do
    local rule, err = read_rule(item)
    if not rule then return nil, err end
    rules[i] = rule
  end
  return rules
end

-- returns the option `statuses` of the box: "delivered:500,read:-" -> { delivered = 0.5, read = false }
local function read_statuses(value)
  if type(value) ~= "string" then return value end
  local statuses = {}
  for part in value:gmatch "[^,]+" do
    local name, milliseconds = part:match "^%s*(%l+):([%d%-]+)%s*$"
    if not name or not (milliseconds == "-" or tonumber(milliseconds)) then
      return nil, ("option statuses: %s in %s must be like delivered:500 or read:-"):format(show.value(part), show.value(value))
    end
    if milliseconds == "-" then statuses[name] = false
    else statuses[name] = tonumber(milliseconds) / 1000 end
  end
  return statuses
end

-- ---- files -----------------------------------------------------------------------------------------------------------------

-- Returns the error of the JSON reader, with the line and the column if the error names a position.
local function place_of(text, err)
  local at = tonumber(tostring(err):match "byte (%d+)" or tostring(err):match "character (%d+)" or tostring(err):match "at (%d+)")
  if not at then return tostring(err) end
  local before = text:sub(1, at - 1)
  local _, breaks = before:gsub("\n", "")
  return ("line %d, column %d: %s"):format(breaks + 1, #before:match "[^\n]*$" + 1, tostring(err))
end

-- returns the object in a file of JSON, or nil and an error; what: words for the error; most: bytes of the file
local function read_json(path, what, most)
  local text, unread = file.read(path, most)
  if not text then return nil, ("%s %s cannot be read: %s"):format(what, path, tostring(unread)) end
  local value, err = json.decode(text)
  if type(value) ~= "table" then
    return nil, ("%s %s is not a JSON object: %s"):format(what, path, err and place_of(text, err) or "it holds a " .. type(value))
  end
  return value
end

-- Loads the state file into a box, if the file exists; the server makes a missing file later. If the box cannot load the file,
-- returns nil and an error: then the server does not start, and does not overwrite the file.
local function check_state(path, box)
  if not path or not file.exists(path) then return true end
  local document, err = read_json(path, "the state file", file.SANDBOX)
  if not document then return nil, err end
  local ok, unread = box:load(document)
  if not ok then return nil, ("the state file %s cannot be used: %s"):format(path, tostring(unread)) end
  return true
end

-- Returns the absolute form of a path, because nginx's worker process runs in another folder than the caller.
local function absolute(path)
  if not path or path:find "^/" then return path end
  local pipe = assert(io.popen "pwd")
  local folder = assert(file.all(pipe)):match "^[^\n]*"
  pipe:close()
  return folder .. "/" .. path
end

-- returns a list of definitions: of all .json files in a folder, or the caller's list
local function read_templates(value)
  if type(value) ~= "string" then return value end
  local pipe = assert(io.popen(("cd '%s' 2>/dev/null && ls -d *.json 2>/dev/null"):format((value:gsub("'", "'\\''")))))
  local names = {}
  for name in assert(file.all(pipe)):gmatch "[^\n]+" do names[#names + 1] = name end
  pipe:close()
  if #names == 0 then return nil, ("the folder of templates %s has no .json file"):format(value) end
  local list = {}
  for _, name in ipairs(names) do
    local definition, err = read_json(value .. "/" .. name, "the template")
    if not definition then return nil, err end
    for _, one in ipairs(definition[1] and definition or { definition }) do list[#list + 1] = one end
  end
  return list
end

-- Returns one URL as it is, for the box. Returns other forms as a list of { number, url }, for the server: the forms are
-- { [number] = url } and { "number=url", ..., "url" }; the URL without a number is for all other numbers.
local function read_webhook(value)
  if type(value) ~= "table" then return value end
  local endpoints = {}
  for key, item in pairs(value) do
    local number, url = key, item
    if type(key) == "number" then number, url = tostring(item):match "^(%d+)=(.*)$" end
    endpoints[#endpoints + 1] = { number = number, url = url or item }
  end
  return endpoints
end

-- option -> function that reads the caller's value: returns plain data, or nil and an error
local READERS = {
  clock = read_clock, chaos = read_chaos, statuses = read_statuses, templates = read_templates, webhook = read_webhook,
}

-- ---- a new box --------------------------------------------------------------------------------------------------------------

local JSON = { ["content-type"] = "application/json", authorization = "Bearer start" }

-- Sends a request to a box, as a program does, and returns the answer, or nil and the problem. way: box.handle or box.control.
local function ask(box, way, method, url, body)
  local headers = JSON
  if box.token then headers = { ["content-type"] = JSON["content-type"], authorization = "Bearer " .. box.token } end
  local response = way { method = method, url = url, headers = headers, body = json.encode(body) }
  local value = json.decode(response.body) or {}
  if response.status == 200 then return value end
  local err = type(value.error) == "table" and value.error or {}
  return nil, value.problem or type(err.error_data) == "table" and err.error_data.details or err.error_user_msg or err.message
    or ("the box answered %d"):format(response.status)
end

local function add_template(box, definition)
  local made, err = ask(box, box.handle, "POST", ("/v26.0/%s/message_templates"):format(box.waba), {
    name = definition.name, language = definition.language, category = definition.category, components = definition.components,
    parameter_format = definition.parameter_format,
  })
  if not made then return nil, ("the template %s: %s"):format(show.value(definition.name), tostring(err)) end
  return ask(box, box.control, "POST", ("/_sandbox/templates/%s/approve"):format(made.id), {})
end

local function set_endpoint(box, endpoint)
  local set, err = ask(box, box.control, "POST", "/_sandbox/webhooks/endpoint", endpoint)
  if not set then return nil, "option webhook: " .. tostring(err) end
  return set
end

local function add_rule(box, rule)
  local id, err = box.chaos:try(rule)
  if not id then return nil, "option chaos: " .. err end
  return id
end

-- Each row: an option whose value is a list, and the function that applies one item of the list. apply() does them in this order.
local STEPS = { { "templates", add_template }, { "webhooks", set_endpoint }, { "chaos", add_rule } }

---Applies the server's options to a new box: templates, endpoints, rules of chaos, and the time.
---@param box whatsapp.sandbox
---@param server table that read() returned
---@return true? ok
---@return string? err
function settings.apply(box, server)
  for _, step in ipairs(STEPS) do
    for _, item in ipairs(server[step[1]] or {}) do
      local done, err = step[2](box, item)
      if not done then return nil, err end
    end
  end
  if not server.clock then return true end
  if server.clock >= box.clock:now() then
    box.clock:set(server.clock)
    return true
  end
  if server.state then return true end -- the state file has set the clock to a later time
  return nil, "option clock: the sandbox's clock cannot start in the past"
end

-- ---- options ----------------------------------------------------------------------------------------------------------------

local function check_server(name, value, level)
  local row = SERVER[name]
  if not row[1](value) then error(("option %s must be %s"):format(name, row[2]), level + 1) end
end

-- Raises if an option is a function: a file of JSON takes the options to another process.
local function check_plain(name, value, level)
  if type(value) == "function" then
    local words = "option %s: nginx runs in another process, which cannot get a function: pass a URL, or use whatsapp.sandbox.new"
    error(words:format(name), level + 1)
  end
end

-- returns the names of the server's options, for an error
local function server_names()
  local names = {}
  for name in pairs(SERVER) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

-- adds the server's own names to the error for an unknown option
local function with_server_names(err)
  local start, rest = err:match "^(unknown option [^ ,]+)(.*)%)$"
  if not start then return err end
  if rest:find "^ " then start = start .. options_of.hint(start:match "[^ ]+$", SERVER) end
  return ("%s%s; %s)"):format(start, rest, server_names())
end

-- Tries the options with a temporary box: makes the box, loads the state file, and applies the server's options. Raises if an
-- option is wrong; returns nil and an error if a file or a string cannot be used.
local function check(server, box_options, level)
  local ok, box = pcall(sandbox.new, box_options)
  if not ok then
    local err = tostring(box):gsub("^[^%s]+:%d+: ", "")
    error(with_server_names(err), level + 1)
  end
  local usable, err = check_state(server.state, box)
  if usable then usable, err = settings.apply(box, server) end
  return usable, err
end

---Reads and checks the options of a server. Raises if the type of an option is wrong or its name is unknown.
---@param options table? as the user passed them
---@param defaults table<string, any> values of the server's options that the user did not pass
---@param level integer error level of the caller
---@return table? server the server's options; nil: a file or a string cannot be used
---@return table|string box the options for whatsapp.sandbox.new, or the error string
function settings.read(options, defaults, level)
  if options ~= nil and type(options) ~= "table" then error("options must be a table, got a " .. type(options), level + 1) end
  local server, box = {}, {}
  for name, value in pairs(defaults) do server[name] = value end
  for name, value in pairs(options or {}) do
    check_plain(name, value, level + 1)
    local read, err = value, nil
    if READERS[name] then read, err = READERS[name](value) end
    if err then return nil, err end
    if name == "webhook" and type(read) == "table" then server.webhooks = read
    elseif SERVER[name] then
      check_server(name, read, level + 1)
      server[name] = read
    else box[name] = read end
  end
  box.app_secret = box.app_secret or random_id.new()
  server.state, server.record = absolute(server.state), absolute(server.record)
  local ok, err = check(server, box, level + 1)
  if not ok then return nil, err end
  return server, box
end

return settings
