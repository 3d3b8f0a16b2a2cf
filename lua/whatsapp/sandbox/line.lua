-- Makes the line that a terminal shows for an event of a box (a simulated API). Pure. A line never shows a secret, and never
-- contains a line end.
local show = require "whatsapp.util.show"

local line = {}

local MOST = 60 -- bytes of a message's text in a line

---@param message table
---@return string words the text, caption, name or emoji of a message; "": the message has no such member
function line.words_of(message)
  local object = message[message.type or "text"]
  if type(object) ~= "table" then return "" end
  local words = object.body or object.caption or object.name or object.emoji
  if type(words) == "table" then words = words.text end
  return type(words) == "string" and words or ""
end

-- returns the beginning of a message's words, in quotes
local function quoted(message)
  local words = line.words_of(message)
  return words ~= "" and (' "%s"'):format(show.line(words, MOST)) or ""
end

local function seconds(number)
  if number < 60 then return ("%.0f s"):format(number) end
  if number < 3600 then return ("%.0f min"):format(number / 60) end
  return ("%.0f h"):format(number / 3600)
end

local function delivery(event)
  local said = event.status and ("%d in %d ms"):format(event.status, event.ms or 0) or event.err or ""
  if event.next_at then return ("   webhook %s, again in %s"):format(said, seconds(math.max(0, event.next_at - event.at))) end
  return ("   webhook %s%s"):format(said, event.state == "dropped" and ", dropped" or "")
end

local function request(event)
  if not event.message then return ("   %s %s %d"):format(event.method, event.path, event.status) end
  return ("-> %s %s%s %s"):format(event.to, event.message.type, quoted(event.message), event.id)
end

local function inbound(event)
  return ("<- %s %s%s"):format(event.name, event.message.type, quoted(event.message))
end

-- kind of an event -> function that returns its line without the time
local LINES = {
  request = request,
  inbound = inbound,
  delivery = delivery,
  status = function(event) return ("   %s %s%s"):format(event.status, event.id, event.code and ", code " .. event.code or "") end,
  clock = function(event)
    local time = os.date("!%Y-%m-%d %H:%M:%S", math.floor(event.now))
    return ("   the clock is at %s%s"):format(time, event.frozen and ", frozen" or "")
  end,
  chaos = function(event) return ("   rule %s: %s"):format(event.rule, event.what) end,
  template = function(event) return ("   template %s is %s"):format(tostring(event.name), tostring(event.status)) end,
  media = function(event) return ("   file %s of %d bytes, %s"):format(event.id, event.bytes, event.mime_type) end,
  flow = function(event)
    local to = event.screen and " -> " .. event.screen or event.problem and ": " .. event.problem or ""
    return ("   flow %s%s"):format(event.step, to)
  end,
  handshake = function(event) return "   webhook: " .. (event.ok and "the handshake is done" or tostring(event.problem)) end,
}

---@param event whatsapp.sandbox.event
---@return string line
function line.of(event)
  local make = LINES[event.kind]
  return os.date("!%H:%M:%S ", math.floor(event.at)) .. show.line(make and make(event) or "   " .. event.kind)
end

return line
