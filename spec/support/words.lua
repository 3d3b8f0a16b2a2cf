-- Reads the text of a Lua file for specs. read() returns its comments, string literals, names of test cases, and code; functions() returns
-- the length of its functions. Never runs the file.
local words = {}

-- Reads a long bracket, [[ ]] or [=[ ]=], at a position. Returns its content and the position after it; nil: there is no long bracket.
local function read_long(source, at)
  local equals = source:match("^%[(=*)%[", at)
  if not equals then return nil end
  local from = at + #equals + 2
  local to, stop = source:find("]" .. equals .. "]", from, true)
  return source:sub(from, (to or #source + 1) - 1), (stop or #source) + 1
end

local function read_quoted(source, at)
  local quote, i = source:sub(at, at), at + 1
  while i <= #source and source:sub(i, i) ~= quote do
    i = i + (source:sub(i, i) == "\\" and 2 or 1)
  end
  return source:sub(at + 1, i - 1), i + 1
end

local function read_comment(source, at)
  local text, stop = read_long(source, at + 2)
  if text then return text, stop end
  local line = source:match("^[^\n]*", at)
  return (line:gsub("^%-+%s?", "")), at + #line
end

-- Reads the literal or comment at a position. Returns its kind, its text and the position after it; nil: there is code.
local function read_token(source, at)
  local char = source:sub(at, at)
  if char == "-" and source:sub(at + 1, at + 1) == "-" then return "comment", read_comment(source, at) end
  if char == '"' or char == "'" then return "string", read_quoted(source, at) end
  if char == "[" then
    local text, stop = read_long(source, at)
    if text then return "string", text, stop end
  end
end

local function tokens_of(source)
  local tokens, at, code_from = {}, 1, 1
  local function add_code(stop)
    if stop > code_from then tokens[#tokens + 1] = { kind = "code", text = source:sub(code_from, stop - 1), at = code_from } end
  end
  while true do
    at = source:find("[%-\"'%[]", at)
    if not at then break end
    local kind, text, stop = read_token(source, at)
    if kind then
      add_code(at)
      tokens[#tokens + 1] = { kind = kind, text = text, at = at }
      code_from = stop
    end
    at = stop or at + 1
  end
  add_code(#source + 1)
  return tokens
end

-- returns a function that returns the line of a position; positions must grow from call to call
local function line_counter(source)
  local at, line = 1, 1
  return function(position)
    line = line + select(2, source:sub(at, position - 1):gsub("\n", ""))
    at = position
    return line
  end
end

-- Returns whether a comment continues the comment before it: only a line end and blanks are between them, and the comment is no annotation.
local function goes_on(tokens, i)
  local between, before = tokens[i - 1], tokens[i - 2]
  return tokens[i].kind == "comment" and before ~= nil and before.kind == "comment" and between.kind == "code"
    and between.text:find "^\n[ \t]*$" ~= nil and not tokens[i].text:find "^@" and not before.text:find "%-%-%-%-$"
end

-- returns whether the code before a literal calls `it` or `describe`
local function is_name(before)
  if not before or before.kind ~= "code" then return false end
  local called = before.text:match "([%w_]+)%s*%(?%s*$"
  return called == "it" or called == "describe"
end

---@param source string the text of a Lua file
---@return { kind: "comment"|"string"|"code", text: string, line: integer, name: boolean }[] pieces comments on consecutive lines are one
---piece; name: true for the name of a test case or of a group of test cases
function words.read(source)
  local pieces, tokens, line_of = {}, tokens_of(source), line_counter(source)
  local comment
  for i, token in ipairs(tokens) do
    local line = line_of(token.at)
    if goes_on(tokens, i) then
      comment.text = comment.text .. "\n" .. token.text
    else
      local piece = { kind = token.kind, text = token.text, line = line, name = false }
      if token.kind == "string" then piece.name = is_name(tokens[i - 1]) end
      if token.kind == "comment" then comment = piece end
      pieces[#pieces + 1] = piece
    end
  end
  return pieces
end

local OPENS = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local CLOSES = { ["end"] = true, ["until"] = true }

---@param source string the text of a Lua file
---@return { line: integer, count: integer }[] functions the first line and the number of lines of each; inner functions come first
function words.functions(source)
  local found, open, line_of = {}, {}, line_counter(source)
  for _, token in ipairs(tokens_of(source)) do
    for at, word in (token.kind == "code" and token.text or ""):gmatch "()%f[%w_]([%a_][%w_]*)" do
      if OPENS[word] then open[#open + 1] = { word = word, line = line_of(token.at + at - 1) } end
      if CLOSES[word] then
        local block = table.remove(open)
        if block.word == "function" then
          found[#found + 1] = { line = block.line, count = line_of(token.at + at - 1) - block.line + 1 }
        end
      end
    end
  end
  return found
end

return words
