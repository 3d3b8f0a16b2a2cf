-- Messages in Lua: code that takes time or memory without a bound ends with one line, in every command that reads such a file.
-- Code that only makes a message is not limited.
local lua_file = require "whatsapp.cli.lua_file"
local programs = require "spec.support.program"

local function repeated(text, count) return text:rep(count) end

local GROWING = "local s = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' for i = 1, 14 do s = s .. s end "

-- the code of a file, the words of its error on some Lua
local HOSTILE = {
  -- methods of strings
  { "return text('1', ('x'):rep(1e9))", "cannot use the method rep" }, { "return ('x').rep", "cannot use the method rep" },
  { "return ('a'):find(('a*'):sub(1))", "the method find" }, { "return ('a'):match 'a'", "the method match" },
  { "return ('a'):gsub('.', 'b')", "the method gsub" }, { "return ('a'):gmatch '.'", "the method gmatch" },
  { "return ('a'):dump()", "the method dump" }, { "return ('a')[1]", "the method 1" }, { "return ('a')[{}]", "the method table" },
  -- time
  { "while true do end", "longer than 3 seconds" }, { "while true do text('1', 'x') end", "longer than|more than" },
  { "local function f() return f() end return f()", "longer than 3 seconds" },
  -- memory
  { "local s = 'x' while true do s = s .. s end", "more than 128 MiB" }, { "local t = {} while true do t[#t + 1] = {} end", "more than 128 MiB" },
  { GROWING .. "return " .. repeated("s .. ", 150) .. "s", "more than 128 MiB" },
  { GROWING .. "return ('" .. repeated("%s", 200) .. "'):format(" .. repeated("s, ", 199) .. "s)", "more than 128 MiB" },
  { "return " .. repeated("{", 100000), "syntax levels|C levels|overflow" },
  { "return " .. repeated("(", 100000), "syntax levels|C levels|overflow" },
  { "local function f() return 1 + f() end return f()", "overflow|more than 128 MiB" },
  { "local function f(...) return (f(1, ...)) end return f()", "overflow|more than 128 MiB" },
  { "local t = {} for i = 1, 1e9 do t[i] = i end return t", "more than 128 MiB" },
  -- functions that it cannot reach
  { "os.exit()", "os" }, { "return require 'io'", "require" }, { "return load 'x'", "load" }, { "coroutine.yield()", "coroutine" },
  { "return setmetatable({}, {})", "setmetatable" }, { "return collectgarbage 'restart'", "collectgarbage" }, { "\27Lua", "byte code" },
  -- errors of any length
  { "return '" .. repeated("x", 300000) .. "\n5", "unfinished string" }, { "return {{{", "line 1: unexpected symbol" },
}

local function has_one_of(err, words)
  for word in words:gmatch "[^|]+" do
    if err:find(word, 1, true) then return true end
  end
end

describe("a message file in Lua", function()
  for _, row in ipairs(HOSTILE) do
    it("ends with one line: " .. row[1]:sub(1, 60):gsub("[%c]", "?"), function()
      local hook, strings = debug.gethook(), getmetatable("").__index
      local before, began = collectgarbage "count", os.clock()
      local value, err = lua_file.run(row[1])
      assert.is_true(collectgarbage "count" - before < 600 * 1024)
      assert.is_true(os.clock() - began < 10)
      assert.is_true(value == nil)
      assert.is_truthy(has_one_of(err, row[2]), err)
      assert.is_true(#err < 320 and not err:find "[%c]" and not err:find "%.lua", err)
      assert.equal(hook, (debug.gethook()))
      assert.equal(strings, getmetatable("").__index)
    end)
  end

  it("leaves nothing behind: code that runs later has no bound", function()
    assert(lua_file.run "return text('1', 'x')")
    local began, garbage = os.clock(), nil
    while os.clock() - began < 3.2 do garbage = ("x"):rep(1000000) .. began end
    assert.is_string(garbage)
    assert.is_true(collectgarbage "count" < 600 * 1024)
  end)

  it("may use safe methods of strings, functions, loops and each constructor", function()
    local message = lua_file.run [[
      local name = ("ana"):sub(1, 1):upper() .. ("ana"):sub(2)
      return buttons("1", ("%s, choose (%d)"):format(name, #name), { { "yes", "Yes" } })]]
    assert.equal("Ana, choose (3)", message.interactive.body.text)
    assert.equal(2, #lua_file.run "return split(('x'):format() .. ' ' .. ('y'):lower(), 1)")
    for name, constructor in pairs(require "whatsapp.message") do
      if type(constructor) == "function" then assert.equal(constructor, lua_file.run("return " .. name)) end
    end
  end)

  it("may have twenty thousand messages", function()
    local list = assert(lua_file.run "local list = {} for i = 1, 20000 do list[i] = text(i, 'Hello ' .. i) end return list")
    assert.equal("Hello 20000", list[20000].text.body)
  end)
end)

-- a file, the exit code of a command that reads it as CSV's message, and the words of the error
local SHAPES = {
  { "local t = { to = '1' } t.text = t return t", "holds itself" },
  { "local t = {} for i = 1, 60 do t = { t, t } end return { to = '1', text = { body = t } }", "text.body" },
  { "local t = {} for i = 1, 1e5 do t = { t } end return { to = '1', text = { body = t } }", "text.body" },
  { "return { to = '1', text = text }", "text" }, { "return 5", "no message" },
}

local COMMANDS = {
  "send 1 -m m.lua --dry-run", "bulk rows.csv -m m.lua --dry-run", "call POST x --body m.lua", "templates create m.lua",
  "templates preview x --definition m.lua", "validate m.lua", "templates check m.lua",
}

describe("a command that reads a message file in Lua", function()
  local program
  setup(function()
    program = programs.new { WHATSAPP_TOKEN = "tokentoken", WHATSAPP_PHONE_NUMBER_ID = "1", WHATSAPP_WABA_ID = "2" }
    program.scratch.write("rows.csv", "to\n1\n")
  end)
  teardown(function() program.remove() end)

  for _, row in ipairs(SHAPES) do
    it("refuses in one line: " .. row[1], function()
      program.scratch.write("m.lua", row[1])
      for _, command in ipairs(COMMANDS) do
        local ran = program.run(nil, { command = "timeout -s KILL 60 whatsapp " .. command })
        local shown = command .. "\n" .. ran.out .. ran.err
        assert.is_true(ran.status == 2 or ran.status == 3, shown)
        assert.is_nil(shown:find "stack overflow", shown)
        if command:find "bulk" then assert.is_truthy(ran.err:find(row[2], 1, true), shown) end
      end
    end)
  end
end)
