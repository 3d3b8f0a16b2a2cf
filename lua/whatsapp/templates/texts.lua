-- Checks the texts of a template's definition: the names, numbers and places of their variables, and the examples of the
-- variables. Reads any table; never changes it.
local problems = require "whatsapp.wire.problems"
local values = require "whatsapp.util.values"
local variables = require "whatsapp.templates.variables"

local texts = {}

local counted, shown = problems.counted, problems.shown

---Returns a value if it is a string.
---@param value any
---@return string? text nil if the value is not a string
function texts.text(value) return type(value) == "string" and value or nil end

---Returns a value if it is a table.
---@param value any
---@return table table an empty table if the value is not a table
function texts.table(value) return type(value) == "table" and value or values.NONE end

local text_of, table_of = texts.text, texts.table

-- ---- variables --------------------------------------------------------------------------------------------------------------

---Reports braces that are not a variable: {{#1}}, {{First Name}}, {{1}
---@param report whatsapp.report
---@param path string
---@param text string
function texts.check_braces(report, path, text)
  local rest = text:gsub("{{[%w_]+}}", "")
  local odd = rest:match "{{[^{}]*}*" or rest:match "{*[^{}]*}}"
  if odd then
    report:add(path, "format", ("a variable is {{1}} or {{name}}, got %s"):format(shown(odd)), nil, odd)
  end
end

local function check_edges(report, path, text, found)
  local first, last = found[1], found[#found]
  if text:sub(1, first.from - 1):find "^%s*$" then
    report:add(path, "format", ("must not begin with a variable: {{%s}}"):format(first.name), nil, first.name)
  end
  if text:sub(last.to + 1):find "^%s*$" then
    report:add(path, "format", ("must not end with a variable: {{%s}}"):format(last.name), nil, last.name)
  end
  for i = 2, #found do
    local between = text:sub(found[i - 1].to + 1, found[i].from - 1)
    local add = between == "" and report.add or not between:find "%S" and report.warn
    if add then
      local name, after = found[i - 1].name, found[i].name
      add(report, path, "format", ("must have text between {{%s}} and {{%s}}"):format(name, after), nil, after)
    end
  end
end

local function check_numbers(report, path, names)
  local expected = 1
  local seen = {}
  for _, name in ipairs(names) do
    local number = variables.number(name)
    if number and not seen[number] then
      if number ~= expected then
        return report:add(path, "format", ("variables must be numbered 1, 2, 3 ... without a gap: got {{%s}}, expected {{%d}}")
          :format(name, expected), expected, name)
      end
      seen[number], expected = true, expected + 1
    end
  end
end

-- Reports a text that has both names and numbers, or that does not fit parameter_format. Returns whether a variable has a name.
local function check_style(report, path, state, found)
  local has_number, has_name
  for _, variable in ipairs(found) do
    if variables.number(variable.name) then has_number = has_number or variable.name
    elseif variable.name:find "^[a-z_][a-z0-9_]*$" then has_name = has_name or variable.name
    else
      local words = ("the name of a variable has small letters, digits and _ only, got {{%s}}"):format(variable.name)
      report:add(path, "format", words, nil, variable.name)
      has_name = has_name or variable.name
    end
  end
  if has_number and has_name then
    report:add(path, "format", ("{{%s}} and {{%s}}: all variables have numbers, or all have names"):format(has_number, has_name))
  elseif has_name and state.format == "POSITIONAL" then
    report:add(path, "format", ('{{%s}} has a name: parameter_format must be "NAMED"'):format(has_name), nil, has_name)
  elseif has_number and state.format == "NAMED" then
    report:add(path, "format", ('{{%s}} has no name, and parameter_format is "NAMED"'):format(has_number), nil, has_number)
  end
  return has_name ~= nil
end

-- ---- examples ---------------------------------------------------------------------------------------------------------------

-- Returns the values of an example. The example is one value, or a list of values, or (as the API has it for a body) a list that
-- contains a list of values.
local function positional_examples(example)
  if type(example) == "string" then return { example } end
  local first = table_of(example)[1]
  return type(first) == "table" and first or table_of(example)
end

local function check_positional_examples(report, path, names, example)
  local list = positional_examples(example)
  for i = 1, #names do
    local value = list[i]
    if value == nil then
      report:missing(path, ("an example for {{%s}}"):format(names[i]), names[i])
    elseif type(value) ~= "string" or value == "" then
      local words = "the example for {{%s}} must be a string that is not empty, got %s"
      report:add(path, "type", words:format(names[i], shown(value)))
    end
  end
  if #list > #names then
    report:add(path, "max_items", ("%s for %s"):format(counted(#list, "example"), counted(#names, "variable")), #names, #list)
  end
end

local function check_named_examples(report, path, names, example)
  local wanted, seen = values.set(names), {}
  for i, one in ipairs(table_of(example)) do
    local name = text_of(table_of(one).param_name)
    local at = ("%s[%d].param_name"):format(path, i)
    if name and seen[name] then report:twice(at, name)
    elseif name and not wanted[name] then
      report:add(at, "enum", problems.unknown(name, wanted, "no variable with this name in the text"), nil, name)
    end
    if name then seen[name] = true end
  end
  for _, name in ipairs(names) do
    if not seen[name] then report:missing(path, ("an example for {{%s}}"):format(name), name) end
  end
end

local EXAMPLES = { HEADER = { "header_text", "header_text_named_params" }, BODY = { "body_text", "body_text_named_params" } }

local function check_examples(report, path, kind, example, names, has_names)
  local member = EXAMPLES[kind][has_names and 2 or 1]
  local at = path .. ".example." .. member
  local check = has_names and check_named_examples or check_positional_examples
  check(report, at, names, table_of(example)[member])
end

-- ---- texts ------------------------------------------------------------------------------------------------------------------

-- A text needs WORDS words for each variable, and one more word; else the API says "too many variables for its length"
local WORDS = 2

local function check_density(report, path, text, found)
  local _, words = text:gsub("{{[%w_]+}}", ""):gsub("%S+", "")
  if words < #found * WORDS + 1 then
    report:warn(path, "range", ("%s for %s: templates with few words are often rejected"):format(counted(words, "word"),
      counted(#found, "variable")), nil, words)
  end
end

local function check_white_space(report, path, text)
  if text:find "\n\n\n" then report:add(path, "format", "must not have more than two line ends in a row") end
  if text:find "\t" or text:find "     " then
    report:warn(path, "format", "should have no tabs, and no more than 4 spaces in a row")
  end
end

---Checks the text of a header or a body: its variables, their examples and its white space.
---@param report whatsapp.report
---@param state table .format: parameter_format of the definition
---@param path string of the component
---@param kind "HEADER"|"BODY"
---@param component table
---@param most integer? the most variables
function texts.check(report, state, path, kind, component, most)
  local text = text_of(component.text)
  if not text then return end
  local at = path .. ".text"
  texts.check_braces(report, at, text)
  local found = variables.find(text)
  local names = (variables.names(text))
  if #found == 0 then return check_white_space(report, at, text) end
  local has_names = check_style(report, at, state, found)
  local order = {}
  for i, variable in ipairs(found) do order[i] = variable.name end
  check_numbers(report, at, order)
  if most and #names > most then
    report:over(at, "max_items", #names, "variable", most)
  end
  if kind == "BODY" then
    check_edges(report, at, text, found)
    check_density(report, at, text, found)
  end
  check_examples(report, path, kind, component.example, names, has_names)
  check_white_space(report, at, text)
end

---Reports a text of more than one line.
---@param report whatsapp.report
---@param path string
---@param text string?
function texts.check_one_line(report, path, text)
  if text and text:find "[\n\r]" then report:add(path, "format", "must be one line", nil, text) end
end

return texts
