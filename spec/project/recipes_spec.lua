-- The diffs in CONTRIBUTING.md: each line that a diff keeps or removes is in the file that the diff names. Changes no file, and
-- builds nothing.
local read = require "spec.support.read"

-- returns rows of { path, the lines that must be there one after another }
local function hunks_of(diff)
  local hunks, path = {}, nil
  for line in diff:gmatch "[^\n]+" do
    local named = line:match "^%-%-%- (.+)$"
    if named then path = named end
    if named or line == "..." then
      hunks[#hunks + 1] = { path = path, lines = "\n" }
    elseif not line:find "^%+" then
      assert(hunks[1], "a diff must begin with the name of its file")
      hunks[#hunks].lines = hunks[#hunks].lines .. line:sub(2) .. "\n"
    end
  end
  return hunks
end

describe("CONTRIBUTING.md", function()
  local diffs = {}
  for diff in read(".github/CONTRIBUTING.md"):gmatch "\n```diff\n(.-)```" do diffs[#diffs + 1] = diff end

  it("has a diff for each of: a field, a message type, a rule, an option of the transport, a header", function()
    assert.equal(5, #diffs)
  end)

  it("shows in its diffs the lines that the files have", function()
    for _, diff in ipairs(diffs) do
      for _, hunk in ipairs(hunks_of(diff)) do
        assert.truthy(("\n" .. read(hunk.path)):find(hunk.lines, 1, true), hunk.path .. " lacks:" .. hunk.lines)
      end
    end
  end)
end)
