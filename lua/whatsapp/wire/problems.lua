-- Collects the problems that Lua code finds in a table. A problem has the same members as a problem of the core (C): path,
-- rule, limit, actual, message. A report has a list of problems and a list of warnings. It keeps the first 100 of each, and
-- counts all problems. This file never checks a value itself.
local options = require "whatsapp.util.options"
local outcome = require "whatsapp.wire.outcome"
local show = require "whatsapp.util.show"

local problems = {}

-- KEPT: the most problems in a list. NAMED: the most problems in the line `err`. LONGEST: the most bytes of a value in a text.
local KEPT, NAMED, LONGEST = 100, 3, 60

---@class whatsapp.report
---@field problems whatsapp.problem[]
---@field warnings whatsapp.problem[]
---@field count integer number of all problems; .problems has only the first 100
local Report = {}
Report.__index = Report

---@param subject string? the name of the checked table, "message" if absent; a problem of the whole table begins with it
---@return whatsapp.report
function problems.new(subject)
  return setmetatable({ problems = {}, warnings = {}, count = 0, subject = subject or "message" }, Report)
end

-- ---- words ------------------------------------------------------------------------------------------------------------------

---@param value any
---@return string shown a string in quotes; a number unchanged; the type of any other value
function problems.shown(value)
  if type(value) == "string" then return '"' .. show.line(value, LONGEST) .. '"' end
  if type(value) == "number" then return tostring(value) end
  return type(value)
end

---@param list string[]
---@return string words "a", "b" or "c"
function problems.either(list)
  local quoted = {}
  for i, value in ipairs(list) do quoted[i] = ('"%s"'):format(show.line(value, LONGEST)) end
  if #quoted < 2 then return quoted[1] or "nothing" end
  return table.concat(quoted, ", ", 1, #quoted - 1) .. " or " .. quoted[#quoted]
end

---@param count integer
---@param unit string in the singular
---@return string "1 item", "2 items"
function problems.counted(count, unit) return ("%d %s%s"):format(count, unit, count == 1 and "" or "s") end

---Returns words for an unknown name. They end with a similar known name; or, if no name is similar, with at most 30 known
---names.
---@param name any
---@param names table<string, any> the known names, as keys
---@param what string the first words, such as "no such field"
---@return string
function problems.unknown(name, names, what)
  local near = options.did_you_mean(name, names)
  if near then return ("%s, did you mean `%s`?"):format(what, near) end
  local list = {}
  for known in pairs(names) do list[#list + 1] = show.line(tostring(known), LONGEST) end
  table.sort(list)
  return ("%s (there are %s)"):format(what, #list > 0 and table.concat(list, ", ", 1, math.min(#list, 30)) or "no names")
end

-- ---- the line -------------------------------------------------------------------------------------------------------------

-- adds messages of problems to the names; is_near: only those of unknown names with a similar known name, or only the others
local function add_messages(names, list, is_near)
  for _, problem in ipairs(list) do
    local has_near = problem.rule == "unknown" and problem.message:find(", did you mean `", 1, true) ~= nil
    if has_near == is_near and #names < NAMED then names[#names + 1] = problem.message end
  end
end

---@param list whatsapp.problem[]
---@param count integer number of all problems
---@return string line names up to three problems, and the number of the others; an unknown name with a similar known name comes
---first, as in the line of the core
function problems.line(list, count)
  local names = {}
  add_messages(names, list, true)
  add_messages(names, list, false)
  local line, rest = table.concat(names, "; "), count - #names
  return rest > 0 and ("%s (and %s)"):format(line, problems.counted(rest, "more problem")) or line
end

-- ---- paths ------------------------------------------------------------------------------------------------------------------

---@param path string "" for the table itself
---@param name any a name, or the position in a list
---@return string path in Lua's notation: a.b[2]["c d"]
function problems.path(path, name)
  if type(name) == "number" then return ("%s[%s]"):format(path, tostring(name)) end
  if type(name) ~= "string" then return ("%s[%s]"):format(path, show.value(name, LONGEST)) end
  if #name <= LONGEST and name:find "^[%a_][%w_]*$" then return path == "" and name or path .. "." .. name end
  return ('%s["%s"]'):format(path, show.line(name, LONGEST))
end

-- ---- the report -------------------------------------------------------------------------------------------------------------

local function scalar(value)
  if type(value) == "string" then return show.line(value, LONGEST) end
  return type(value) == "number" and value or nil
end

local function record(self, path, rule, sentence, limit, actual)
  if type(limit) == "string" then limit = show.line(limit) end
  return {
    path = path, rule = rule, limit = limit, actual = scalar(actual),
    message = ("%s: %s"):format(path == "" and self.subject or path, sentence),
  }
end

---Adds a problem.
---@param path string
---@param rule string a name of schema.terms().codes
---@param sentence string what is wrong, without the path
---@param limit (number|string)?
---@param actual any
function Report:add(path, rule, sentence, limit, actual)
  self.count = self.count + 1
  if #self.problems < KEPT then table.insert(self.problems, record(self, path, rule, sentence, limit, actual)) end
end

---Adds a warning.
---@param path string
---@param rule string
---@param sentence string
---@param limit (number|string)?
---@param actual any
function Report:warn(path, rule, sentence, limit, actual)
  if #self.warnings < KEPT then table.insert(self.warnings, record(self, path, rule, sentence, limit, actual)) end
end

---Reports a text that is too long, or a list that has too many items.
---@param path string
---@param rule "max_chars"|"max_items"
---@param size integer
---@param unit string in the singular
---@param most integer the largest allowed size
---@param where string? words for the end of the sentence
function Report:over(path, rule, size, unit, most, where)
  self:add(path, rule, ("%s, at most %d%s"):format(problems.counted(size, unit), most, where or ""), most, size)
end

---Reports a value that is missing.
---@param path string
---@param words string describe the missing value
---@param limit (number|string)?
function Report:missing(path, words, limit) self:add(path, "required", "missing: " .. words, limit) end

---Reports a value that must be absent.
---@param path string
---@param words string say why
function Report:forbid(path, words) self:add(path, "forbidden", words) end

---Reports a value that occurs twice in a list.
---@param path string of the second item with this value
---@param value any
function Report:twice(path, value)
  self:add(path, "unique", ("%s occurs twice, must be unique"):format(problems.shown(value)), nil, value)
end

---Adds the problems that another check found in the same table. If this report already has a problem with the same path, leaves
---the other problem out.
---@param list whatsapp.problem[]
---@param count integer number of all problems that the other check found
function Report:join(list, count)
  local known = {}
  for _, problem in ipairs(self.problems) do known[problem.path] = true end
  for _, problem in ipairs(list) do
    if known[problem.path] then count = count - 1
    elseif #self.problems < KEPT then table.insert(self.problems, problem) end
  end
  self.count = self.count + count
end

---Moves all problems to the warnings, for the mode "lenient".
function Report:soften()
  for _, problem in ipairs(self.problems) do
    if #self.warnings < KEPT then table.insert(self.warnings, problem) end
  end
  self.problems, self.count = {}, 0
end

---@return string line as problems.line returns it
function Report:line() return problems.line(self.problems, self.count) end

---Returns the outcome of a check: without problems, true and the warnings; else nil, err, details.
---@return true? ok
---@return whatsapp.problem[]|string warnings after a failure: a line that names up to three problems
---@return whatsapp.details? details of a failure: .problems has the first 100 problems
function Report:finish()
  if self.count == 0 then return true, self.warnings end
  local _, err, details = outcome.invalid(self:line(), self.problems)
  details.count = self.count
  return nil, err, details
end

return problems
