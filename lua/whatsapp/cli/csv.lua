-- Reads CSV as RFC 4180 describes it: commas separate fields, a field in quotes may contain line ends and doubled quotes, a row
-- ends with CRLF or LF. Reads one row at a time, in constant memory. Never guesses: a quote in a wrong place is an error with its
-- line number.
local csv = {}

local find, sub, gsub = string.find, string.sub, string.gsub
local MOST = 1024 * 1024 -- bytes of one row

-- returns the fields of a line that has no quotes
local function plain_fields(line)
  local fields, count, at = {}, 0, 1
  while true do
    local comma = find(line, ",", at, true)
    count = count + 1
    if not comma then
      fields[count] = sub(line, at)
      return fields
    end
    fields[count] = sub(line, at, comma - 1)
    at = comma + 1
  end
end

local function without_cr(line) return (gsub(line, "\r$", "")) end

-- Reads the field in quotes that begins at the position `at`. Returns its value and the position after its closing quote; nil:
-- the field has no closing quote.
local function quoted_field(text, at)
  local from = at + 1
  while true do
    local quote = find(text, '"', from, true)
    if not quote then return nil end
    if sub(text, quote + 1, quote + 1) ~= '"' then return (gsub(sub(text, at + 1, quote - 1), '""', '"')), quote + 1 end
    from = quote + 2
  end
end

-- Returns the fields of a text with quotes; or nil if a quote is still open at the end of the text; or false and an error.
local function quoted_fields(text)
  local fields, at = {}, 1
  while true do
    local value, stop
    if sub(text, at, at) == '"' then
      value, stop = quoted_field(text, at)
      if not value then return nil end
    else
      stop = find(text, ",", at, true) or #text + 1
      value = sub(text, at, stop - 1)
      if stop > #text then value = without_cr(value) end
      if find(value, '"', 1, true) then return false, "a quote inside a field that does not begin with a quote" end
    end
    fields[#fields + 1] = value
    if stop > #text or (stop == #text and sub(text, stop) == "\r") then return fields end
    if sub(text, stop, stop) ~= "," then return false, "something follows a closing quote" end
    at = stop + 1
  end
end

local function quotes_in(line) return select(2, gsub(line, '"', "")) end

-- Returns false, an error and the line number for a row whose last quote is never closed. If the first line of the row has a
-- quote in a wrong place, the error is about this quote.
local function not_closed(line, first)
  local _, err = quoted_fields(line)
  return false, err or "a quote is not closed", first
end

-- Reads a row that has quotes; line: its first line. Such a row may have several lines: it ends with the first line after which
-- the number of quotes in the row is even. Takes linear time. Returns the values that next_row of csv.rows returns.
local function quoted_row(state, line)
  local first, pieces, count, size = state.line, { line }, quotes_in(line), #line
  while count % 2 == 1 do
    if size > MOST then return false, ("a row of more than %d bytes: is a quote not closed?"):format(MOST), first end
    local more, err = state.next_line()
    if more == nil then return not_closed(line, first) end
    if more == false then return false, err, first end
    state.line = state.line + 1
    pieces[#pieces + 1], count, size = more, count + quotes_in(more), size + #more + 1
  end
  local fields, err = quoted_fields(table.concat(pieces, "\n"))
  if fields then return fields, first end
  return false, err or "a quote is not closed", first
end

---@param next_line fun(): string|false|nil, string? as lines.of returns it
---@return fun(): string[]|false|nil, integer|string, integer? next_row returns the fields and the number of the first line of the
---row, from 1; nil at the end; false, an error and the line number if the row is wrong or cannot be read
function csv.rows(next_line)
  local state = { next_line = next_line, line = 0 }
  return function()
    while true do
      local line, err = next_line()
      if line == nil then return nil, state.line end
      state.line = state.line + 1
      if line == false then return false, err, state.line end
      if find(line, '"', 1, true) then return quoted_row(state, line) end
      line = without_cr(line)
      if line ~= "" then return plain_fields(line), state.line end -- an empty line is no row
    end
  end
end

return csv
