-- whatsapp.core.write, which writes any value as JSON: the JSON reads back as the same value, and a value that JSON cannot hold
-- is reported with its path. Needs no library.
local core = require "whatsapp.core"

describe("core.write", function()
  it("writes every kind of value, keys sorted by their bytes", function()
    local rows = {
      { "null", nil }, { "null", core.null }, { "true", true }, { "false", false }, { "1042", 1042.0 }, { "-0.5", -0.5 },
      { '"a\\"\\n\\u0000é"', 'a"\n\0é' }, { "{}", {} }, { "[]", core.array {} }, { "[1,[],{}]", { 1, core.array {}, {} } },
      { '{"B":1,"a":null,"b":{"c":[true]}}', { b = { c = { true } }, a = core.null, B = 1 } },
      { "9007199254740991", 2 ^ 53 - 1 },
    }
    for _, row in ipairs(rows) do assert.equal(row[1], (core.write(row[2]))) end
  end)

  it("writes again the values of decode, also empty lists", function()
    for _, json in ipairs { '{"a":[],"b":{},"c":[[],{"d":[]}]}', "[]", "[[1,2.5],null]", '"x"' } do
      assert.equal(json, (core.write(core.decode(json))))
    end
  end)

  it("names everything that JSON cannot hold", function()
    local loop = {}
    loop.down = { loop }
    local rows = {
      { { data = { x = print } }, "data.x: JSON cannot hold a function" },
      { { data = { 1, nil, 3 } }, "data: must be a list without holes" },
      { { a = "\255" }, "a: not UTF-8 from byte 1 on" },
      { { a = 0 / 0 }, "a: must be finite" },
      { loop, "down[1]: a table that holds itself" },
      { print, "JSON cannot hold a function" },
    }
    for _, row in ipairs(rows) do
      local json, err, details = core.write(row[1])
      assert.is_nil(json)
      assert.is_truthy(err:find(row[2], 1, true), err)
      assert.equal("invalid", details.kind)
    end
    assert.is_false(pcall(core.write))
  end)

  it("does not change the encoder", function()
    local message = { to = "1", text = { body = "hello" } }
    local json = assert(core.encode(message))
    core.write { print }
    core.write(("x"):rep(100000))
    assert.equal(json, core.encode(message))
  end)

  it("sorts names, keeps every digit, and keeps lists lists", function()
    assert.equal('{"a":[1,2],"b":"x\\"","id":106540352242922,"list":[],"map":{},"no":false,"none":null,"part":0.5}',
      core.write { b = 'x"', a = { 1, 2 }, id = 106540352242922, map = {}, list = core.array {}, no = false, none = core.null,
        part = 0.5 })
    assert.equal("[]", core.write(core.array {}))
    assert.equal('[{"a":1}]', core.write { { a = 1 } })
  end)

  it("refuses values that JSON cannot hold, with every problem and its path", function()
    local round = {}
    round.a = round
    local deep = {}
    local inner = deep
    for _ = 1, 200 do
      inner.a = {}
      inner = inner.a
    end
    for path, value in pairs { ["a.x"] = { a = { x = print } }, d = { d = { 1, nil, 3 } }, ["b[2]"] = { b = { 1, 0 / 0 } },
      c = { c = "\255" }, a = round, [""] = { 1, x = 2 } } do
      local json, err, details = core.write(value)
      assert.is_nil(json)
      assert.equal(path, details.problems[1].path, err)
    end
    assert.equal("depth", select(3, core.write(deep)).problems[1].rule)
    assert.equal(2, select(3, core.write { a = print, b = "\255" }).count)
  end)

  it("runs no metamethod", function()
    local odd = setmetatable({ a = 1 }, { __index = error, __pairs = error, __len = error, __tostring = error })
    assert.equal('{"a":1}', core.write(odd))
  end)
end)
