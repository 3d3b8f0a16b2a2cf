-- A tape is a recorded run of a box (a simulated API): the actions of the users, and the answers of the business. line() writes
-- an event of a box as a line of a record. read() makes a tape from the lines. perform() does an action of the tape again in a
-- new box; compare() compares two tapes, without ids and times. The caller reads and writes the files.
local crypto = require "whatsapp.crypto"
local escaped = require "whatsapp.sandbox.escaped"
local inbound = require "whatsapp.sandbox.inbound"
local journal = require "whatsapp.sandbox.journal"
local json = require "whatsapp.wire.json"
local media = require "whatsapp.sandbox.media"
local values = require "whatsapp.util.values"

local tape = {}

---@class whatsapp.sandbox.tape
---@field steps { at: number, user: string, name: string?, user_id: string?, number: string?, message: table, answers: table[],
---ids: string[] }[] each an action of a user; answers: the messages of the business until the next action; ids: their ids
---@field before table[] the messages of the business before the first action
---@field bodies string[] the bodies of the webhooks, each once
---@field files table<string, table> id -> the file of a user: { data, type, filename }
local Tape = {}
Tape.__index = Tape

-- ---- reading ------------------------------------------------------------------------------------------------------------

local MOST_BYTES = 16 * 1024 * 1024 -- the largest file whose bytes are in a record

---Returns an event in the form of a record. The event of a file that a user sent gets the bytes of the file, up to 16 MiB, so
---that the bot can download the file when the record is played again.
---@param event whatsapp.sandbox.event
---@param box whatsapp.sandbox
---@return table event the same table, or a copy
function tape.recorded(event, box)
  local file = event.kind == "media" and event.user and box.media[event.id]
  if not file or #file.data > MOST_BYTES then return journal.shown(event) end
  local copy = values.copy(event)
  copy.base64, copy.filename = crypto.base64(file.data), file.filename
  return copy
end

---@param event whatsapp.sandbox.event
---@param box whatsapp.sandbox
---@return string line of a record, without a line end
function tape.line(event, box) return escaped.encode(tape.recorded(event, box)) end

-- kind of an event -> function that adds the event to the tape, and returns a problem or nil
local READERS = {
  inbound = function(self, event)
    if type(event.message) ~= "table" or type(event.user) ~= "string" then
      return "an inbound event must have a user and a message"
    end
    self.steps[#self.steps + 1] = {
      at = event.at, user = event.user, name = event.name, user_id = event.message.from_user_id, number = event.number,
      message = event.message, answers = {}, ids = {},
    }
  end,
  request = function(self, event)
    if type(event.message) ~= "table" or event.status ~= 200 then return end
    local last = self.steps[#self.steps]
    local answers = last and last.answers or self.before
    answers[#answers + 1] = event.message
    if last then last.ids[#answers] = event.id end
  end,
  media = function(self, event)
    local data = type(event.base64) == "string" and crypto.from_base64(event.base64)
    if event.base64 ~= nil and not data then return "the bytes of a file must be base64" end
    if data then self.files[event.id] = { data = data, type = event.mime_type, filename = event.filename } end
  end,
  delivery = function(self, event)
    if type(event.body) == "string" then self.bodies[#self.bodies + 1] = event.body end
  end,
}

---Reads a record.
---@param text string the lines of the record
---@return whatsapp.sandbox.tape? tape
---@return string? err with the number of the wrong line
function tape.read(text)
  local self = setmetatable({ steps = {}, before = {}, bodies = {}, files = {} }, Tape)
  local number = 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    if line:find "%S" then
      local event, err = json.decode(line)
      if type(event) ~= "table" or type(event.kind) ~= "string" or type(event.at) ~= "number" then
        return nil, ("line %d is not an event of a record%s"):format(number, err and ": " .. tostring(err) or "")
      end
      local problem = READERS[event.kind] and READERS[event.kind](self, event)
      if problem then return nil, ("line %d: %s"):format(number, problem) end
    end
  end
  return self
end

-- ---- playing ------------------------------------------------------------------------------------------------------------

-- returns a copy of a value with the ids of this run instead of the recorded ids
local function renamed(value, ids)
  if type(value) == "string" then return ids[value] or value end
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do copy[name] = renamed(member, ids) end
  return copy
end

-- puts the file of a recorded message into the box, and adds its new id to `ids`
local function keep_file(self, box, user, message, ids)
  local object = message[message.type]
  local file = type(object) == "table" and self.files[object.id]
  if not file then return end
  local kept = media.keep_inbound(box, { data = file.data, type = file.type, filename = file.filename, from = user.id })
  if kept then ids[object.id] = kept.id end
end

---Does a recorded action of a user again.
---@param box whatsapp.sandbox
---@param step table an item of `steps`
---@param ids table<string, string> recorded id -> id of this run; this function adds the new ids
---@return table result { id, message, delivery }
function Tape:perform(box, step, ids)
  local address = step.message.from or step.user_id or step.user
  local user = assert(box.users:user(address, { name = step.name, user_id = step.user_id }))
  keep_file(self, box, user, step.message, ids)
  local result = inbound.replay(box, user, renamed(step.message, ids), step.number)
  ids[step.message.id] = result.id
  return result
end

---Pairs the ids of the recorded messages of the business with the ids of this run, so that an action can name these messages.
---@param recorded string[] ids in the order of the record
---@param played string[] ids in the order of this run
---@param ids table<string, string> recorded id -> id of this run; this function adds the pairs
function Tape.pair(_, recorded, played, ids)
  for i, id in ipairs(recorded) do ids[id] = played[i] or ids[id] end
end

-- ---- comparing ----------------------------------------------------------------------------------------------------------

-- members that differ from run to run: ids of messages and files, times, tokens
local LEFT_OUT = { message_id = true, id = true, timestamp = true, flow_token = true, biz_opaque_callback_data = true }
-- members whose object has an id of a message or of a file
local HAVE_IDS = { context = true, image = true, video = true, audio = true, document = true, sticker = true }

-- Returns a copy of a value without the members that differ from run to run. has_id: the member `id` of this object is one of
-- them; the business has chosen every other id.
local function normal(value, has_id)
  if type(value) ~= "table" then return value end
  local copy = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do
    local is_left_out = LEFT_OUT[name] and (has_id or name ~= "id")
    if not is_left_out then copy[name] = normal(member, HAVE_IDS[name] or false) end
  end
  return copy
end

---@param message table
---@return string json the message without the members that differ from run to run
function tape.normal(message) return escaped.plain(escaped.encode(normal(message, true))) end

-- returns a run as lines: one for each message of a user or of the business
local function lines_of(steps, before)
  local lines = {}
  local function add_all(list)
    for _, message in ipairs(list) do lines[#lines + 1] = "bot  " .. tape.normal(message) end
  end
  add_all(before)
  for _, step in ipairs(steps) do
    local message = values.copy(step.message)
    message.from, message.from_user_id = nil, nil
    lines[#lines + 1] = ("user %s %s"):format(step.user, tape.normal(message))
    add_all(step.answers)
  end
  return lines
end

-- Returns a table. Its member [i][j] is the length of the longest common subsequence of two lists: of `a` from position i on, and
-- of `b` from position j on.
local function common(a, b)
  local table_of = {}
  for i = #a + 1, 1, -1 do
    table_of[i] = {}
    for j = #b + 1, 1, -1 do
      if i > #a or j > #b then table_of[i][j] = 0
      elseif a[i] == b[j] then table_of[i][j] = table_of[i + 1][j + 1] + 1
      else table_of[i][j] = math.max(table_of[i + 1][j], table_of[i][j + 1]) end
    end
  end
  return table_of
end

local MOST_COMPARED = 2000 -- lines of each side; longer sides are shown whole, because common() takes n * m steps

-- Removes the equal lines at the beginning and at the end of two lists. Returns the rest of both lists, and the position at which
-- the rest begins.
local function middle(a, b)
  local first, last = 1, 0
  while first <= #a and first <= #b and a[first] == b[first] do first = first + 1 end
  while last < #a - first + 1 and last < #b - first + 1 and a[#a - last] == b[#b - last] do last = last + 1 end
  local cut_a, cut_b = {}, {}
  for i = first, #a - last do cut_a[#cut_a + 1] = a[i] end
  for i = first, #b - last do cut_b[#cut_b + 1] = b[i] end
  return cut_a, cut_b, first
end

-- appends the lines of a unified diff
local function add_changes(out, a, b)
  if #a > MOST_COMPARED or #b > MOST_COMPARED then
    for _, line in ipairs(a) do out[#out + 1] = "-" .. line end
    for _, line in ipairs(b) do out[#out + 1] = "+" .. line end
    return
  end
  local length, i, j = common(a, b), 1, 1
  while i <= #a or j <= #b do
    if i <= #a and j <= #b and a[i] == b[j] then
      out[#out + 1], i, j = " " .. a[i], i + 1, j + 1
    elseif j > #b or i <= #a and length[i + 1][j] >= length[i][j + 1] then
      out[#out + 1], i = "-" .. a[i], i + 1
    else out[#out + 1], j = "+" .. b[j], j + 1 end
  end
end

---Compares this tape, the recorded run, with the tape of another run.
---@param other { steps: table[], before: table[] } the tape of the other run
---@return string? diff a unified diff: - recorded, + played; nil: both runs are the same
function Tape:compare(other)
  local a, b, first = middle(lines_of(self.steps, self.before), lines_of(other.steps, other.before))
  if #a == 0 and #b == 0 then return nil end
  local out = { "--- recorded", "+++ played", ("@@ -%d,%d +%d,%d @@"):format(first, #a, first, #b) }
  add_changes(out, a, b)
  return table.concat(out, "\n") .. "\n"
end

return tape
