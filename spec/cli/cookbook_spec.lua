-- Runs the shell commands of the cookbook as a reader would: all blocks in one folder, in their order, against the sandbox.
local programs = require "spec.support.program"
local read = require "spec.support.read"
local server = require "whatsapp.sandbox.server"

describe("the cookbook's section From the shell", function()
  local program, box
  setup(function()
    box = server.start { tls = false, page = false }
    program = programs.new {
      WHATSAPP_BASE_URL = box.base_url, WHATSAPP_TOKEN = "any-token-0123", WHATSAPP_PHONE_NUMBER_ID = "106540352242922",
    }
  end)
  teardown(function()
    box.stop()
    program.remove()
  end)

  local section = read("examples/README.md"):match "\n## From the shell\n(.-)\n## "

  it("works block by block", function()
    local blocks = 0
    for block in (section:match "^(.-)\n## " or section):gmatch "\n```sh\n(.-)\n```\n" do
      blocks = blocks + 1
      local ended = program.run(nil, { command = "set -e\n" .. block })
      assert.equal(0, ended.status, block .. "\n" .. ended.out .. ended.err)
      assert.is_nil(ended.err:find("wrong use", 1, true), block .. ended.err)
    end
    assert.is_true(blocks >= 7, blocks)
    assert.equal("2\n", program.run(nil, { command = "grep -c accepted outcomes.jsonl" }).out)
  end)

  it("names only commands that the program has", function()
    for name in section:gmatch "\n    whatsapp ([%l-]+)" do
      if name ~= "--json" then assert.equal(0, program.run(name .. " --help").status, name) end
    end
  end)
end)
