-- One word for one thing, and plain English: reads the comments and string literals of lua/, the names and comments of specs,
-- and the identifiers of lua/ for words that are archaic here or that have another meaning. Also counts the lines of
-- functions. Never runs what it reads.
local lines_of = require "spec.support.lines"
local read = require "spec.support.read"
local words = require "spec.support.words"

local GENERATED = { ["lua/whatsapp/types.lua"] = true } -- its words are those of src/core/schema.c
local MOST_LINES = 40 -- the longest function

local FILES, SPECS = {}, lines_of "find spec -name '*.lua' | sort"
for _, path in ipairs(lines_of "find lua -name '*.lua' | sort") do
  if not GENERATED[path] then FILES[#FILES + 1] = path end
end

-- words of prose, in lower case with single spaces; `unless` lists the words after it that make it plain
local FORBIDDEN = {
  { "till" }, { "whoever" }, { "whomever" }, { "nobody" }, { "beside" }, { "stands" }, { "for want of" }, { "of what" },
  { "of nothing" }, { "by who" }, { "for who" }, { "to who" }, { "is to be" }, { "are to be" }, { "so many" }, { "thereby" },
  { "lest" }, { "none", unless = { " of ", " matches" } },
}

-- words that no sentence of a comment and no name of a test begins with
local OPENINGS = { "of", "what", "where", "whatever" }

-- names of variables; what follows a dot is a member, which may have them
local NAMES = { "own", "given", "parts", "till" }

-- code that calls an error a text: a failure is nil, err, details
local ERRORS_AS_TEXT = { "return nil, text%f[^%w_]", "return false, text%f[^%w_]", "%f[%w_]text, details%f[^%w_]" }

-- places that may keep such a word: file -> word -> reason
local EXCEPTIONS = {
  ["lua/whatsapp/cli/webhooks.lua"] = { ["none"] = "NONE is a value of the API" },
  ["lua/whatsapp/sandbox/templates.lua"] = { ["none"] = "NONE is a value of the API" },
  ["lua/whatsapp/sandbox/nginx.lua"] = { ["none"] = "a value of the header Content-Security-Policy" },
  ["lua/whatsapp/sandbox/server.lua"] = { ["none"] = "a value of the header Content-Security-Policy" },
  ["lua/whatsapp/media/client.lua"] = { ["the name own"] = "the public option of media:get and media:download" },
}

local function plain(text)
  return (" " .. text:lower():gsub("%s+", " ") .. " ")
end

local function is_legitimate(path, word)
  return EXCEPTIONS[path] ~= nil and EXCEPTIONS[path][word] ~= nil
end

-- calls `found(word)` for each forbidden word
local function each_word(text, found)
  for _, row in ipairs(FORBIDDEN) do
    for stop in text:gmatch("%f[%w_-]" .. row[1] .. "%f[^%w_-]()") do
      local is_plain = false
      for _, more in ipairs(row.unless or {}) do is_plain = is_plain or text:sub(stop, stop + #more - 1) == more end
      if not is_plain then found(row[1]) end
    end
  end
end

local function each_opening(text, found)
  for sentence in ("." .. text):gmatch "[.!]%s+(%l+)" do
    for _, word in ipairs(OPENINGS) do
      if sentence == word then found("a sentence that begins with " .. word) end
    end
  end
end

-- the problems of one file, a line each
local function problems_of(path, kinds)
  local problems = {}
  local function add(line, word, text)
    if is_legitimate(path, word) then return end
    problems[#problems + 1] = ("%s:%d: %s: %s"):format(path, line, word, (text:gsub("%s+", " "):sub(1, 160)))
  end
  for _, piece in ipairs(words.read(read(path))) do
    local found = function(word) add(piece.line, word, piece.text) end
    if piece.kind == "code" then
      if kinds.code then kinds.code(piece.text, found) end
    elseif kinds[piece.kind] or piece.name then
      each_word(plain(piece.text), found)
      if piece.kind == "comment" or piece.name then each_opening(plain(piece.text), found) end
    end
  end
  return problems
end

local function check_code(text, found)
  for _, name in ipairs(NAMES) do
    for _ in (" " .. text):gmatch("[^%w_.]" .. name .. "%f[^%w_]") do found("the name " .. name) end
  end
  for _, pattern in ipairs(ERRORS_AS_TEXT) do
    for _ in text:gmatch(pattern) do found "an error that is called text" end
  end
end

local function check(path, kinds)
  assert.equal("", table.concat(problems_of(path, kinds), "\n"))
end

describe("the words", function()
  it("are plain in the comments, literals and names of each file of lua/", function()
    for _, path in ipairs(FILES) do check(path, { comment = true, string = true, code = check_code }) end
  end)

  it("are plain in the names and comments of each spec", function()
    for _, path in ipairs(SPECS) do check(path, { comment = true }) end
  end)

  it("are found by this spec", function()
    local found = {}
    local function note(word) found[#found + 1] = word end
    each_word(plain "waits till nobody is left, none of them", note)
    each_opening(plain "Of it nothing is known. What is left. Nothing of it.", note)
    check_code("local own = state.own; return nil, text, details", note)
    assert.same({
      "till", "nobody", "a sentence that begins with of", "a sentence that begins with what", "the name own",
      "an error that is called text", "an error that is called text",
    }, found)
  end)
end)

describe("the functions of lua/", function()
  it("have no more lines than fit a screen", function()
    local long = {}
    for _, path in ipairs(FILES) do
      for _, one in ipairs(words.functions(read(path))) do
        if one.count > MOST_LINES then long[#long + 1] = ("%s:%d: %d lines"):format(path, one.line, one.count) end
      end
    end
    assert.same({}, long)
  end)

  it("are measured by this spec", function()
    local source = "local function f()\n  for i = 1, 2 do\n    if i then g(function() end) end\n  end\n  repeat until x\nend\n"
    local found = words.functions(source)
    assert.same({ { line = 3, count = 1 }, { line = 1, count = 6 } }, found)
  end)
end)
