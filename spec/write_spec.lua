-- The writer of free-form data: the core's, for the bodies of calls. The same bytes each time, every digit, no guess.
local core = require "whatsapp.core"

describe("core.write", function()
  it("sorts names, keeps every digit, and keeps lists lists", function()
    assert.equal('{"a":[1,2],"b":"x\\"","id":106540352242922,"list":[],"map":{},"no":false,"none":null,"part":0.5}',
      core.write { b = 'x"', a = { 1, 2 }, id = 106540352242922, map = {}, list = core.array {}, no = false, none = core.null,
        part = 0.5 })
    assert.equal("[]", core.write(core.array {}))
    assert.equal('[{"a":1}]', core.write { { a = 1 } })
  end)

  it("writes again what the core has read", function()
    for _, text in ipairs { '{"a":[],"b":{},"c":[[],{"d":null}],"e":9007199254740991}', "[1,true,\"x\"]" } do
      assert.equal(text, core.write(core.decode(text)))
    end
  end)

  it("refuses with every problem and its path what JSON cannot hold", function()
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

  it("raises for what is no table", function()
    for _, value in ipairs { 1, "x", true } do assert.is_false(pcall(core.write, value)) end
  end)

  it("runs no metamethod", function()
    local odd = setmetatable({ a = 1 }, { __index = error, __pairs = error, __len = error, __tostring = error })
    assert.equal('{"a":1}', core.write(odd))
  end)
end)
