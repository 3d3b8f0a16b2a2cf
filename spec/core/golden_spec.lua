-- The golden rows (spec/support/golden.lua), and a transcript of every field of the schema by a bare Lua. `make test-arm`,
-- `test-be` and `test-musl` compare other machines with the same rows and transcript.
local golden = require "spec.support.golden"
local lines_of = require "spec.support.lines"
local output = require "spec.support.output"
local run = require "spec.support.run"

local lua = os.getenv "LUA" or "lua5.4"

describe("to the byte, on every Lua, the core", function()
  for _, row in ipairs(golden.rows()) do
    it(row.name, function() assert.equal(row.wanted, row.make()) end)
  end
end)

describe("the transcript", function()
  it("comes from a bare Lua, and has every field", function()
    local lines = lines_of(lua .. " spec/support/transcript.lua 2>&1 && echo whole")
    assert.equal("whole", lines[#lines])
    local fields = {}
    for _, line in ipairs(lines) do
      if line:find("^%-%- ") then fields[line:match "([%w_]+) %("] = true end
    end
    for _, row in ipairs(require("whatsapp").schema()) do assert.is_true(fields[row.name], row.name) end
  end)
end)

-- returns the transcript without the schema itself, because the schema has the documentation
local function said(environment)
  local text = output(("env %s %s spec/support/transcript.lua 2>/dev/null"):format(environment, lua))
  local first = text:find("-- ", 1, true)
  assert(first, text)
  return text:sub(first)
end

describe("without the documentation (-DWA_NO_DOCS), the core", function()
  it("reports the same about every field", function()
    local build = ("build/%s/no_docs"):format(lua)
    local status, printed = run(("env -u MAKEFLAGS -u MAKELEVEL make -s LUA=%s BUILD=%s CFLAGS='-O0 -DWA_NO_DOCS' core"):format(lua, build))
    assert.equal(0, status, printed)
    local bare = said(("LUA_CPATH='%s/?.so'"):format(build))
    assert.is_nil(bare:find("(null)", 1, true))
    assert.is_truthy(bare == said "", "an error text depends on the documentation")
  end)
end)
