-- Each block of Lua in the sandbox's README.md runs as it is.
local read = require "spec.support.read"

local compile = loadstring or load

describe("the README of the sandbox", function()
  local count = 0
  for block in read "lua/whatsapp/sandbox/README.md":gmatch "\n```lua\n(.-)\n```" do
    count = count + 1
    it(("has block %d that runs"):format(count), function() assert(compile(block))() end)
  end

  it("has blocks", function() assert.is_true(count >= 3) end)
end)
