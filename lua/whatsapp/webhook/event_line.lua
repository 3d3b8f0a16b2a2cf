-- Shows an event as one line, for print(event) and tostring(event). Escapes text from outside, and cuts long text. Never raises,
-- and never adds a member to an event.
local show = require "whatsapp.util.show"

local event_line = {}

local MOST = 200 -- bytes of each text

local function add(words, value)
  if type(value) == "string" and value ~= "" then words[#words + 1] = show.line(value, MOST) end
end

-- returns the type, the sender, the recipient, the participant of a group and the name, as far as the event has them
local function facts_of(event)
  local facts, ends = {}, {}
  if event.status == nil then add(facts, event.type) end
  add(ends, event.from or event.from_user_id)
  if ends[1] then facts[#facts + 1] = "from " .. ends[1] end
  ends = {}
  add(ends, event.to or event.recipient_id or event.recipient_user_id)
  if ends[1] then facts[#facts + 1] = "to " .. ends[1] end
  add(facts, event.participant)
  add(facts, event.name)
  return table.concat(facts, " ")
end

---Returns an event as one line.
---@param event whatsapp.event
---@return string
function event_line.of(event)
  local words = {}
  add(words, event.kind)
  add(words, event.id)
  add(words, event.status)
  if event.kind == "change" then
    add(words, event.field)
    add(words, type(event.value) == "table" and event.value.event)
  end
  if not event.status then add(words, event.text) end
  local facts = facts_of(event)
  if facts ~= "" then words[#words + 1] = "(" .. facts .. ")" end
  local line = table.concat(words, " ")
  if not (event.status and event.text) then return line end
  return line .. ": " .. show.value(event.text, MOST)
end

-- the metatable of every event
event_line.metatable = { __tostring = event_line.of }

return event_line
