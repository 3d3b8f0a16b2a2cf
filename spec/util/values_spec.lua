-- util/values: a number becomes the same text on every Lua of this machine, and in a locale with a comma.
local output_of = require "spec.support.output"
local scratch_folder = require "spec.support.scratch"
local values = require "whatsapp.util.values"

-- number, as Lua reads it -> its text
local NUMBERS = {
  { "1042.0", "1042" }, { "1042", "1042" }, { "-7", "-7" }, { "0", "0" }, { "-0.0", "0" },
  { "123456789012345.0", "123456789012345" }, { "123456789012345", "123456789012345" }, { "2^53", "9007199254740992" },
  { "42.5", "42.5" }, { "-42.25", "-42.25" }, { "0.1", "0.1" }, { "1e-7", "0.0000001" },
  { "1.5e-10", "0.00000000015" }, { "1/3", "0.3333333333333333" }, { "-2/3", "-0.6666666666666666" },
  { "1e15 + 0.5", "1000000000000000.5" }, { "123.456", "123.456" }, { "100.10", "100.1" },
}
local NO_TEXT = { "0/0", "1e22", "2^53 * 2", "-2^60 * 2.0", "1/0", "-1/0", "'1'", "nil", "{}" }

local function number_of(source) return (loadstring or load)("return " .. source)() end

local LUAS = {}
for _, name in ipairs { "lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit" } do
  if output_of(("command -v %s"):format(name)) ~= "" then LUAS[#LUAS + 1] = name end
end

-- prints the text of each number
local function script()
  local lines = { ('package.path = "%s/lua/?.lua"'):format(output_of("pwd"):gsub("%s+$", "")) }
  lines[2] = 'local text = require("whatsapp.util.values").text'
  for _, case in ipairs(NUMBERS) do lines[#lines + 1] = ("print(text(%s))"):format(case[1]) end
  for _, source in ipairs(NO_TEXT) do lines[#lines + 1] = ("print(text(%s))"):format(source) end
  return table.concat(lines, "\n")
end

local function expected()
  local lines = {}
  for _, case in ipairs(NUMBERS) do lines[#lines + 1] = case[2] end
  for _ in ipairs(NO_TEXT) do lines[#lines + 1] = "nil" end
  return table.concat(lines, "\n") .. "\n"
end

describe("the text of a number", function()
  it("has all its digits, and reads back as the same number", function()
    for _, case in ipairs(NUMBERS) do
      local number = number_of(case[1])
      assert.equal(case[2], values.text(number), case[1])
      assert.equal(number, tonumber(values.text(number)))
    end
    math.randomseed(7)
    for _ = 1, 20000 do
      local number = (math.random() - 0.5) * 10 ^ math.random(-30, 15)
      local text = values.text(number)
      assert.equal(number, tonumber(text))
      assert.is_truthy(text:find "^%-?%d+%.?%d*$", text)
    end
    for _, number in ipairs { 5e-324, 2.2250738585072014e-308, 2.0 ^ 53 } do
      assert.equal(number, tonumber(values.text(number)))
    end
  end)

  it("is nil for NaN, for the infinities, for a float that may have lost digits, and for a value that is no number", function()
    for _, source in ipairs(NO_TEXT) do assert.is_nil(values.text(number_of(source)), source) end
  end)

  it("is the same on every Lua", function()
    local scratch = scratch_folder.new()
    local path = scratch.write("numbers.lua", script())
    for _, lua in ipairs(LUAS) do assert.equal(expected(), output_of(("%s %s 2>&1"):format(lua, path)), lua) end
    scratch.remove()
    assert.is_true(#LUAS > 0)
  end)

  it("is the same in a locale with a comma", function()
    local scratch = scratch_folder.new()
    scratch.write("comma.src", 'LC_NUMERIC\ndecimal_point ","\nthousands_sep "."\ngrouping 3;3\nEND LC_NUMERIC\n')
    scratch.run "localedef -c -i comma.src ./comma 2>&1"
    local path = scratch.write("numbers.lua", 'assert(os.setlocale("comma", "numeric"))\n' .. script())
    for _, lua in ipairs(LUAS) do
      assert.equal(expected(), output_of(("LOCPATH=%s %s %s 2>&1"):format(scratch.folder, lua, path)), lua)
    end
    scratch.remove()
  end)
end)

describe("ids and integers", function()
  it("are whole numbers that are held exactly, or their digits", function()
    for _, case in ipairs { { "12", 12 }, { 12.0, 12 }, { -3, -3 }, { 1.5 }, { "x" }, { 2 ^ 60 * 2.0 ^ 10 }, { 0 / 0 }, { 1 / 0 }, {} } do
      assert.equal(case[2], values.integer(case[1]))
    end
    for _, id in ipairs { "12", "a_b-C", 12, 12.0 } do assert.is_true(values.id(id)) end
    for _, other in ipairs { "", "a b", "a/b", "../x", "a\n", 1.5, -1, 0, 2 ^ 80, 1 / 0, true, {} } do assert.is_false(values.id(other)) end
    assert.same({ "12", "12", "x" }, { values.text_of_id(12), values.text_of_id "12", values.text_of_id "x" })
    assert.is_nil(values.text_of_id {})
    assert.is_nil(values.text_of_id(0 / 0))
  end)

  it("know UTF-8: the first and last characters of each length, and wrong bytes", function()
    for _, text in ipairs { "", "a\0b", "\194\128\223\191", "\224\160\128\237\159\191\238\128\128", "\240\144\128\128\244\143\191\191" } do
      assert.is_true(values.is_utf8(text))
    end
    for _, text in ipairs {
      "\128", "\192\128", "\193\191", "\194", "\224\159\191", "\237\160\128", "\240\143\191\191", "\244\144\128\128", "\245\128\128\128",
      "\255", "\195\164\191", "\195\195\164\164",
    } do assert.is_false(values.is_utf8(text)) end
  end)

  it("know which values can be called", function()
    assert.is_true(values.callable(print))
    assert.is_true(values.callable(setmetatable({}, { __call = print })))
    for _, other in ipairs { 1, "x", {}, setmetatable({}, { __metatable = false }) } do assert.is_false(values.callable(other)) end
  end)
end)
