-- Saves the state of a box (a simulated API) as one document, so that the box can continue after a restart: messages, users,
-- files, waiting webhooks, rules of chaos, templates and other objects. state.of() makes the document. load() checks a whole
-- document before it changes the box. The document is plain data that every JSON library can write: messages are strings of JSON,
-- files are base64.
local crypto = require "whatsapp.crypto"
local is_time = require("whatsapp.sandbox.clock").is_time
local deliveries = require "whatsapp.sandbox.deliveries"
local escaped = require "whatsapp.sandbox.escaped"
local json = require "whatsapp.wire.json"
local objects = require "whatsapp.sandbox.objects"
local outbound = require "whatsapp.sandbox.outbound"
local statuses = require "whatsapp.sandbox.statuses"
local templates = require "whatsapp.sandbox.templates"
local values = require "whatsapp.util.values"

local state = {}

state.VERSION = 1 -- the version of a document; a change of its form raises the version

-- ---- the content of a document --------------------------------------------------------------------------------------------
-- LISTS: list of the document -> the members of its items: name -> type; a ? after the type: the member may be absent.

local ENTRY = {
  id = "string", json = "string", at = "number", seq = "number", user = "string?", from = "string?", to = "string?",
  status = "string?", statuses = "table?", err = "number?", reaction = "string?", read = "boolean?", number = "string?",
  trace = "table?",
}
local LISTS = {
  numbers = { id = "string", endpoint = "string?" },
  users = {
    id = "string", name = "string", number = "string?", user_id = "string?", blocked = "boolean?", windows = "table?",
    number_id = "string?", business_blocks = "boolean?",
  },
  messages = ENTRY, undelivered = ENTRY, inbound = ENTRY,
  media = {
    id = "string", base64 = "string", type = "string", filename = "string?", from = "string?", number = "string?",
    expires = "number", secret = "string",
  },
  uploads = { id = "string", base64 = "string", length = "number", type = "string", filename = "string?" },
  waiting = {
    id = "string", at = "number", number = "string", what = "string", about = "string?", body = "string", tried = "number",
    first_at = "number?", next_at = "number?", drop = "boolean?", garble = "boolean?",
  },
  rules = { on = "string", what = "string", seen = "number", fired = "number" },
}
local COUNTS = { "count", "seq", "delivery_count", "media_count" }

-- ---- writing ------------------------------------------------------------------------------------------------------------

-- returns a table with only the members of `from` that `members` names
local function picked(from, members)
  local to = {}
  for name in pairs(members) do to[name] = from[name] end
  return to
end

local function list_of(from, make)
  local list = {}
  for i, item in ipairs(from) do list[i] = make(item) end
  return list
end

local TRACE = { "to", "recipient", "is_group", "opaque", "category", "seq", "fails", "at", "status" }

-- returns a message in the form of the document
local function entry_of(entry)
  local kept = picked(entry, ENTRY)
  kept.json, kept.err = escaped.encode(entry.message or entry.inbound), entry.error
  if entry.trace then
    kept.trace = {}
    for _, name in ipairs(TRACE) do kept.trace[name] = entry.trace[name] end
    kept.statuses = entry.trace.statuses
  end
  return kept
end

local function file_of(members)
  return function(file)
    local kept = picked(file, members)
    kept.base64 = crypto.base64(file.data)
    return kept
  end
end

local function user_of(box)
  return function(user)
    local kept = picked(user, LISTS.users)
    kept.business_blocks = box.blocked_users[user.id]
    return kept
  end
end

-- Adds the waiting deliveries to a list, the oldest first. Returns the list.
local function waiting_of(box, list)
  local delivery = box.waiting.first
  while delivery do
    local kept = picked(delivery, LISTS.waiting)
    kept.tried = #delivery.attempts
    list[#list + 1] = kept
    delivery = delivery.after
  end
  return list
end

---Makes the document with the state of a box.
---@param box whatsapp.sandbox
---@return table document
function state.of(box)
  return {
    version = state.VERSION, clock = { now = box.clock:now(), offset = box.clock.offset, frozen = box.clock.frozen },
    counts = {
      count = box.count, seq = box.seq, delivery_count = box.delivery_count, media_count = box.media.count,
    },
    numbers = list_of(box.numbers.list, function(number) return { id = number.id } end),
    users = list_of(box.users:all(), user_of(box)),
    messages = list_of(box.messages, entry_of), undelivered = list_of(box.undelivered, entry_of),
    inbound = list_of(box.inbound, entry_of),
    media = list_of(box.media, file_of(LISTS.media)), uploads = list_of(box.shelves.uploads.list, file_of(LISTS.uploads)),
    waiting = waiting_of(box, outbound.held(box)), rules = list_of(box.chaos.rules, function(rule)
      local kept = values.copy(rule)
      kept.held = nil
      return kept
    end),
    templates = box.templates:state(), objects = objects.state(box),
  }
end

-- ---- checking -----------------------------------------------------------------------------------------------------------

-- Each check returns a problem; nil: the value is right.

local function check_item(where, item, members)
  if type(item) ~= "table" then return where .. " must be an object" end
  for name, wanted in pairs(members) do
    local value, optional = item[name], wanted:find "%?$"
    if not (optional and value == nil) and type(value) ~= wanted:gsub("%?", "") then
      return ("%s.%s must be a %s"):format(where, name, (wanted:gsub("%?", "")))
    end
  end
end

local function has_numbers(object)
  for _, value in pairs(object or values.NONE) do
    if type(value) ~= "number" then return false end
  end
  return true
end

local function is_trace(trace)
  return trace == nil or type(trace.at) == "number" and type(trace.seq) == "number" and statuses.is_status(trace.status)
end

local function is_entry(item)
  return type(json.decode(item.json)) == "table" and has_numbers(item.statuses) and is_trace(item.trace)
end

local function is_file(item) return crypto.from_base64(item.base64) ~= nil end

-- list of the document -> one more check of each item; it returns whether the item is right
local ALSO = {
  messages = is_entry, undelivered = is_entry, inbound = is_entry, media = is_file, uploads = is_file,
  users = function(item) return has_numbers(item.windows) end,
}

local function check_list(document, name, members)
  local list = document[name]
  if type(list) ~= "table" then return name .. " must be a list" end
  for i, item in ipairs(list) do
    local where = ("%s[%d]"):format(name, i)
    local problem = check_item(where, item, members)
    if problem then return problem end
    if ALSO[name] and not ALSO[name](item) then return where .. " cannot be read" end
  end
end

-- checks a whole document
local function check(document)
  if type(document) ~= "table" or type(document.version) ~= "number" then return "it is not the state of a sandbox" end
  if document.version > state.VERSION then
    return ("it has version %s, this sandbox reads versions up to %d"):format(tostring(document.version), state.VERSION)
  end
  local clock, counts = document.clock, document.counts
  if type(clock) ~= "table" or not (is_time(clock.now) and is_time(clock.offset)) then return "clock must have now and offset" end
  for _, name in ipairs(COUNTS) do
    if type(counts) ~= "table" or type(counts[name]) ~= "number" then return ("counts.%s must be a number"):format(name) end
  end
  for name, members in pairs(LISTS) do
    local problem = check_list(document, name, members)
    if problem then return problem end
  end
  if document.objects ~= nil and type(document.objects) ~= "table" then return "objects must be an object" end
  return document.templates ~= nil and templates.problem_of(document.templates) or nil
end

-- ---- reading ------------------------------------------------------------------------------------------------------------

-- puts messages into a list of the box, and continues their statuses; member: "message" or "inbound"
local function put_entries(box, name, list, member)
  for _, kept in ipairs(list) do
    local entry = picked(kept, ENTRY)
    entry.json, entry.err, entry.error = nil, nil, kept.err
    entry[member] = json.decode(kept.json)
    if kept.trace then
      entry.trace = values.copy(kept.trace)
      entry.trace.id, entry.trace.number, entry.trace.user = kept.id, kept.from, kept.user
      entry.trace.statuses = kept.statuses
    end
    box.shelves[name]:put(entry, #kept.json)
    if entry.trace then statuses.resume(box, entry.trace) end
  end
end

local function put_files(box, name, list, members)
  for _, kept in ipairs(list) do
    local file = picked(kept, members)
    file.base64, file.data = nil, crypto.from_base64(kept.base64)
    box.shelves[name]:put(file, #file.data)
  end
end

local function put_users(box, list)
  for _, kept in ipairs(list) do
    local user = box.users:user(kept.number or kept.user_id, { name = kept.name, user_id = kept.user_id })
    if user then
      user.windows, user.blocked, user.number_id = kept.windows or {}, kept.blocked, kept.number_id
      box.blocked_users[user.id] = kept.business_blocks
    end
  end
end

-- adds the rules of chaos, with their counts of matches
local function put_rules(box, list)
  for _, kept in ipairs(list) do
    local rule = values.copy(kept)
    rule.id, rule.seen, rule.fired, rule.active = nil, nil, nil, nil
    if box.chaos:try(rule) then
      local added = box.chaos.rules[#box.chaos.rules]
      added.seen, added.fired = kept.seen, kept.fired
    end
  end
end

-- Continues the clock at the time of the document, or at the real time if the real time is later.
local function put_clock(box, kept)
  box.clock:freeze(false)
  box.clock.offset = math.max(box.clock.offset, kept.offset)
  box.clock:move(kept.now)
  box.clock:freeze(kept.frozen == true)
end

---Replaces the state of a box by the state in a document. The endpoints and the options of the box stay.
---@param box whatsapp.sandbox
---@param document any that of() made
---@return true? ok
---@return string? err why the document cannot be loaded; the box has not changed
function state.load(box, document)
  local problem = check(document)
  if problem then return nil, "the state cannot be read: " .. problem end
  box:reset()
  put_clock(box, document.clock)
  for _, number in ipairs(document.numbers) do
    if not box.numbers.by_id[number.id] then box.numbers:add(number.id) end
  end
  put_users(box, document.users)
  put_entries(box, "messages", document.messages, "message")
  put_entries(box, "undelivered", document.undelivered, "message")
  put_entries(box, "inbound", document.inbound, "inbound")
  put_files(box, "media", document.media, LISTS.media)
  put_files(box, "uploads", document.uploads, LISTS.uploads)
  put_rules(box, document.rules)
  if document.templates then box.templates:load(document.templates) end
  if document.objects then objects.load(box, document.objects) end
  for _, kept in ipairs(document.waiting) do deliveries.resume(box, kept) end
  local counts = document.counts
  box.count, box.seq = math.max(box.count, counts.count), math.max(box.seq, counts.seq)
  box.delivery_count, box.media.count = math.max(box.delivery_count, counts.delivery_count), counts.media_count
  return true
end

return state
