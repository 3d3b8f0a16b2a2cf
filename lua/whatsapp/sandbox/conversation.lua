-- Plays a conversation of a test in a box (a simulated API). The script lists the user's actions and the expected answers of the
-- business, in turn. After each step, the box does its due work; if the business has not answered then, the answer is missing.
local buttons = require "whatsapp.sandbox.buttons"
local chats = require "whatsapp.sandbox.chats"
local words_of = require("whatsapp.sandbox.line").words_of
local show = require "whatsapp.util.show"
local values = require "whatsapp.util.values"

local conversation = {}

---@class whatsapp.sandbox.step
---@field user string? the user writes this text
---@field bot string? the business must send this text
---@field [1] string? on the user's turn, a function of a user such as "presses"; on the business's turn, a kind of message such
---as "buttons", "list", "template" or "image"
---@field [2] any? on the user's turn, the argument of the function; on the business's turn, the button or row that the user
---presses
---@field [3] any? on the user's turn, the second argument of the function

-- ---- messages as words --------------------------------------------------------------------------------------------------

local NAMES = { button = "buttons" } -- type of an interactive message -> its kind here; other types keep the API's name

-- returns the kind of a message, as a script names it
local function kind_of(message)
  local interactive = message.interactive
  if type(interactive) ~= "table" then return message.type or "text" end
  return NAMES[interactive.type] or interactive.type
end

-- returns a message as a line, such as "[buttons: yes, no] Coffee?"
local function line_of(message, definition)
  local kind, words = kind_of(message), words_of(message)
  if kind == "text" then return words end
  local found = buttons.of(message, definition)
  return ("[%s%s]%s"):format(kind, found[1] and ": " .. buttons.names(found) or "", words ~= "" and " " .. words or "")
end

-- ---- the state of a run ---------------------------------------------------------------------------------------------------

-- returns the oldest message of the business that was not compared yet
local function next_entry(self)
  for _, entry in ipairs(self.box.messages) do
    if entry.user == self.user.id and entry.seq > self.after then return entry end
  end
end

local function add(self, side, words) self.lines[#self.lines + 1] = ("  %-5s %s"):format(side, words) end

-- raises the error with the lines of both sides
local function differ(self, wanted, got)
  self.lines[#self.lines + 1] = "- bot   " .. wanted
  self.lines[#self.lines + 1] = "+ bot   " .. got
  error(("the conversation differs at step %d (- wanted, + got):\n%s"):format(self.step, table.concat(self.lines, "\n")), 0)
end

-- raises an error if the business has sent a message that the script does not expect
local function no_more(self)
  local entry = next_entry(self)
  if entry then differ(self, "(no message)", line_of(entry.message, chats.definition(self.box, entry))) end
end

-- ---- steps --------------------------------------------------------------------------------------------------------------

-- does one action of the user: calls the function `name` of the user
local function act(self, name, ...)
  local does = type(name) == "string" and self.user[name]
  if type(does) ~= "function" then error(("step %d: a user has no function %s"):format(self.step, show.value(name)), 0) end
  local words = name == "writes" and tostring((...)) or ("(%s %s)"):format(name, select("#", ...) > 0 and show.value((...)) or "")
  add(self, "user", words)
  does(self.user, ...)
  self.turn = "bot"
end

-- Compares the next message of the business: fits(message) returns whether it is the expected one; wanted: words for the error.
-- Returns the entry of the message.
local function expect(self, fits, wanted)
  local entry = next_entry(self)
  if not entry then return differ(self, wanted, "(no message)") end
  local words = line_of(entry.message, chats.definition(self.box, entry))
  if not fits(entry.message) then return differ(self, wanted, words) end
  self.after = entry.seq
  add(self, "bot", words)
  self.turn = "user"
  return entry
end

local function expect_text(self, text)
  return expect(self, function(message) return kind_of(message) == "text" and words_of(message) == text end, text)
end

-- expects a kind of message, with the button or row `choice`, which the user then presses
local function expect_kind(self, kind, choice)
  local wanted = ("[%s%s]"):format(kind, choice and (" with %s"):format(choice) or "")
  local entry = expect(self, function(message)
    if kind_of(message) ~= kind then return false end
    return choice == nil or buttons.find(buttons.of(message, chats.definition(self.box, { message = message })), choice) ~= nil
  end, wanted)
  if choice == nil then return end
  no_more(self)
  act(self, "presses", choice, { message = entry.id })
end

-- plays one step: a string belongs to the side whose turn it is
local function play(self, step)
  local is_bot = self.turn == "bot"
  if type(step) == "string" then step = is_bot and { bot = step } or { user = step } end
  if type(step) ~= "table" then error(("step %d must be a string or a table"):format(self.step), 0) end
  if step.bot ~= nil then return expect_text(self, step.bot) end
  if step.user ~= nil or not is_bot then
    no_more(self)
    if step.user ~= nil then return act(self, "writes", step.user) end
    return act(self, step[1], step[2], step[3])
  end
  return expect_kind(self, step[1], step[2])
end

---Plays a conversation.
---@param box whatsapp.sandbox
---@param script (string|whatsapp.sandbox.step)[] its member `user` is the user who plays; the first user of the box if absent
---@return boolean ok false: the business has sent something else, or a step is wrong
---@return string? problem the error, with the lines of both sides
function conversation.play(box, script)
  local hole = values.hole_in(script)
  if hole then return false, ("step %d is missing: the script is a list without holes"):format(hole) end
  local user = script.user or box.users:all()[1]
  local self = { box = box, user = user, lines = {}, turn = "user", step = 0, after = box.seq }
  return pcall(function()
    for i, step in ipairs(script) do
      self.step = i
      play(self, step)
      box:run_due()
    end
    no_more(self)
  end)
end

return conversation
