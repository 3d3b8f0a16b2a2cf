-- The cookbook, examples/README.md: its spec passes as it is printed, its links lead to files, and its commands are those that
-- there are. Touches no network.
local read = require "spec.support.read"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"

local text = read "examples/README.md"

describe("the cookbook", function()
  local scratch = scratch_folder.new()
  teardown(function() scratch.remove() end)

  it("holds specs that pass", function()
    local count = 0
    for block in text:gmatch "```lua\n(.-)```" do
      count = count + 1
      local status, output = run(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA" or "lua5.4", scratch.write("bot_spec.lua", block)))
      assert.equal(0, status, output)
      assert.is_truthy(output:find "ok 3 ", output)
    end
    assert.equal(1, count)
  end)

  it("links to files that there are", function()
    for link in text:gmatch "%]%(([^)%s]+)%)" do
      if not link:find "^https?://" then assert.is_truthy(io.open("examples/" .. link), link) end
    end
  end)

  it("names targets of make, and files, that there are", function()
    local makefile = read "Makefile"
    for target in text:gmatch "\nmake ([%w-]+)" do assert.is_truthy(makefile:find("\n" .. target .. ":", 1, true), target) end
    for file in text:gmatch "%$LUA (%S+)" do assert.is_truthy(io.open(file), file) end
  end)
end)
