-- The golden rows (spec/support/golden.lua), and that a bare Lua makes the same of every field of the schema: what
-- `make test-arm`, `test-be` and `test-musl` hold other machines to.
local golden = require "spec.support.golden"
local lines_of = require "spec.support.lines"

describe("to the byte, on every Lua, the core", function()
  for _, row in ipairs(golden.rows()) do
    it(row.name, function() assert.equal(row.wanted, row.make()) end)
  end
end)

describe("the transcript", function()
  it("comes from a bare Lua, and speaks of every field", function()
    local lines = lines_of((os.getenv "LUA" or "lua") .. " spec/support/transcript.lua 2>&1 && echo whole")
    assert.equal("whole", lines[#lines])
    local fields = {}
    for _, line in ipairs(lines) do
      if line:find("^%-%- ") then fields[line:match "([%w_]+) %("] = true end
    end
    for _, row in ipairs(require("whatsapp").schema()) do assert.is_true(fields[row.name], row.name) end
  end)
end)
