-- The page of examples/ about flows: its Lua blocks are whole programs and run.
local read = require "spec.support.read"

describe("the page about flows", function()
  it("has blocks that run", function()
    local section = read("examples/README.md"):match "\n## Serve a flow\n(.-)\n## " or read("examples/README.md"):match "\n## Serve a flow\n(.*)$"
    local count = 0
    for block in section:gmatch "```lua\n(.-)```" do
      local printed = {}
      local environment = setmetatable({ print = function(value) printed[#printed + 1] = value end }, { __index = _G })
      local chunk = setfenv and setfenv(assert(loadstring(block)), environment) or assert(load(block, "block", "t", environment))
      chunk()
      assert.same({ 432 }, printed)
      count = count + 1
    end
    assert.equal(1, count)
    for name in section:gmatch "%]%(([%w_.]+)%)" do assert.is_truthy(read("examples/" .. name), name) end
  end)
end)
