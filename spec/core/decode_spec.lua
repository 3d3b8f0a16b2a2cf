-- whatsapp.core.decode, which reads the JSON of webhooks: every kind of value, limits, and texts that are not JSON.
local cjson = require "cjson"
local core = require "whatsapp.core"
local whatsapp = require "whatsapp"

local INTEGERS = math.type ~= nil -- luacheck: ignore 143

describe("core.decode", function()
  it("reads every kind of value", function()
    local value = assert(core.decode ' { "a" : [ 1 , -2.5e1 , true , false , null , "x" , { } , [ ] ] , "" : 0 }\r\n\t')
    assert.same({ a = { 1, -25, true, false, whatsapp.null, "x", {}, {} }, [""] = 0 }, value)
    for text, expected in pairs { ["0"] = 0, ["-0"] = 0, ["1e2"] = 100, ["1E+2"] = 100, ["0.5"] = 0.5, ["25e-1"] = 2.5, ['""'] = "",
      ["true"] = true, ["1e400"] = math.huge, ["-7"] = -7 } do
      assert.equal(expected, core.decode(text))
    end
    assert.is_false(core.decode "false")
    assert.equal(whatsapp.null, core.decode "null")
  end)

  it("keeps every digit of an integer", function()
    for _, digits in ipairs { "1", "999999999999999", "9007199254740991", "9007199254740993", "999999999999999999", "1000000000000000000",
      "9223372036854775807", "9223372036854775808", "18446744073709551616", ("9"):rep(300) } do
      for _, sign in ipairs { "", "-" } do
        local value = core.decode(sign .. digits)
        assert.equal(sign .. digits, type(value) == "number" and ("%.0f"):format(value) == sign .. digits and sign .. digits or tostring(value))
        local largest = sign == "" and "9223372036854775807" or "9223372036854775808"
        local fits = #digits < #largest or (#digits == #largest and digits <= largest)
        if INTEGERS then assert.equal(fits, type(value) == "number") end
        if INTEGERS and type(value) == "number" then assert.equal("integer", math.type(value)) end -- luacheck: ignore 143
      end
    end
  end)

  it("reads strings with every escape", function()
    local rows = {
      ['"\\"\\\\\\/\\b\\f\\n\\r\\t"'] = "\"\\/\b\f\n\r\t",
      ['"\\u0000\\u007f\\u0080\\u07ff\\u0800\\uffff"'] = "\0\127\194\128\223\191\224\160\128\239\191\191",
      ['"\\ud83d\\uDE00"'] = "😀", ['"\\uDBFF\\udfff"'] = "\244\143\191\191", ['"\\ud800"'] = "\239\191\189", ['"\\udc00x"'] = "\239\191\189x",
      ['"\\ud800\\ud800\\udc00"'] = "\239\191\189\240\144\128\128", ['"\\ud800\\n"'] = "\239\191\189\n", ['"\\ud800\\u0041"'] = "\239\191\189A",
      ['"\255\0\1"'] = "\255\0\1", ['"é€😀"'] = "é€😀",
    }
    for text, expected in pairs(rows) do assert.equal(expected, core.decode(text)) end
    local long = ("x"):rep(100000)
    assert.equal(long .. "\n" .. long, core.decode('"' .. long .. "\\n" .. long .. '"'))
  end)

  it("reads lists and objects of any length", function()
    for count = 0, 70 do
      local list, members, expected, named = {}, {}, {}, {}
      for i = 1, count do
        list[i], members[i] = tostring(i), ('"k%d":[%d]'):format(i, i)
        expected[i], named["k" .. i] = i, { i }
      end
      assert.same(expected, core.decode("[" .. table.concat(list, ",") .. "]"))
      assert.same(named, core.decode("{" .. table.concat(members, ",") .. "}"))
    end
    local many = core.decode("[" .. ("0,"):rep(99999) .. "0]")
    assert.equal(100000, #many)
  end)

  it("limits the depth", function()
    assert.is_table(core.decode(("["):rep(100) .. ("]"):rep(100)))
    for _, text in ipairs { ("["):rep(101) .. ("]"):rep(101), ("["):rep(1000000), ('{"a":'):rep(1000000), ("[[],"):rep(101) } do
      local value, problem = core.decode(text)
      assert.is_nil(value)
      assert.is_truthy(problem:find("too deep", 1, true))
    end
    local wide = ('[{"a":1},'):rep(90) .. "0" .. ("]"):rep(90) -- closed arrays do not count
    assert.is_table(core.decode(wide))
  end)

  it("takes the last of equal names, however many members there are", function()
    for count = 0, 40 do
      for at = 0, count do
        local members = {}
        for i = 1, count do members[i] = ('"k%d":%d'):format(i, i) end
        table.insert(members, at + 1, '"x":"first"')
        members[#members + 1] = '"x":"last"'
        local value = core.decode("{" .. table.concat(members, ",") .. "}")
        assert.equal("last", value.x)
        for i = 1, count do assert.equal(i, value["k" .. i]) end
      end
    end
    assert.equal(5, core.decode('{"error":null,"a":1,"error":{},"error":5}').error)
  end)

  it("has room on the stack for the pieces of a long string after many members (make apicheck)", function()
    local members = {}
    for i = 1, 15 do members[i] = ('"k%d":0'):format(i) end
    for _, pieces in ipairs { 1, 255, 511, 1023 } do
      members[16] = '"long":"' .. (("x"):rep(8190) .. "\\n"):rep(pieces) .. '"'
      assert.equal(8191 * pieces, #core.decode("{" .. table.concat(members, ",") .. "}").long)
    end
  end)

  it("limits the number of values, and so the memory", function()
    assert.is_table(core.decode("[" .. ("[],"):rep(499998) .. "1]"))
    for _, text in ipairs { "[" .. ("[],"):rep(500000) .. "1]", '{"a":[' .. ('{"b":0},'):rep(250001) .. "1]}", "[" .. ("0,"):rep(5000000) .. "0]" } do
      collectgarbage()
      local before = collectgarbage "count"
      local value, problem = core.decode(text)
      assert.is_nil(value)
      assert.is_truthy(problem:find("^more than 500000 values at byte %d+$"), problem)
      assert.is_true(collectgarbage "count" - before < 80 * 1024)
    end
  end)

  it("refuses a text that is not JSON, and names the position", function()
    for _, text in ipairs { "", " ", "{", "[", "]", "}",
      "[1", "[1,", "[1,]", "[,1]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', '{"a" 1}', "{a:1}", "{1:1}",
      '"', '"a', '"\\', '"\\"', '"\\x"',
      '"\\u12"', '"\\u123g"', '"\\ud800\\u12"', "01", "-", "-a", "1.", ".5", "1e", "1e+", "+1", "0x10", "1 2", "1,2", "tru",
      "nul", "nan", "inf", "Infinity", "'a'", "[1}", '{"a":1]', "\0", "true\0", "// x", "\239\187\1911" } do
      local value, problem = core.decode(text)
      assert.is_nil(value, text)
      assert.is_truthy(problem:find " at byte %d+$", text)
      for cut = 1, #text do core.decode(text:sub(1, cut)) end
    end
    assert.has_error(function() core.decode() end)
    assert.has_error(function() core.decode {} end)
  end)

  it("reads what lua-cjson writes", function()
    math.randomseed(3)
    local function value(depth)
      local way = math.random(depth > 4 and 5 or 7)
      if way == 1 then return math.random(-1000, 1000) / 8 end
      if way == 2 then return math.random() < 0.5 end
      if way == 3 then return cjson.null end
      if way < 6 then
        local bytes = {}
        for i = 1, math.random(0, 20) do bytes[i] = string.char(math.random(0, 127)) end
        return table.concat(bytes)
      end
      local made = {}
      for i = 1, math.random(1, 20) do made[way == 6 and i or "k" .. math.random(1000)] = value(depth + 1) end
      return made
    end
    for _ = 1, 500 do
      local one = { value(0) }
      assert.same(one, core.decode(cjson.encode(one)))
    end
  end)
end)
