-- whatsapp.templates over definitions of every kind: valid definitions pass, and render as a user sees them.
local definitions = require "spec.templates.definitions"
local whatsapp = require "whatsapp"

local templates = whatsapp.templates

local function lines_of(problems)
  local lines = {}
  for i, problem in ipairs(problems) do lines[i] = problem.message end
  return table.concat(lines, "\n")
end

describe("a template of each kind", function()
  for _, row in ipairs(definitions) do
    local name = row.definition.name
    it("is a good definition: " .. name, function()
      local ok, warnings, details = templates.validate(row.definition)
      assert.is_true(ok, details and lines_of(details.problems))
      assert.equal("", lines_of(warnings))
    end)

    it("fits its message: " .. name, function()
      local ok, warnings, details = templates.check(row.definition, row.message)
      assert.is_true(ok, details and lines_of(details.problems))
      assert.equal("", lines_of(warnings))
      local valid, problem = whatsapp.validate(row.message)
      assert.is_true(valid, problem)
    end)

    it("renders without any remaining variable: " .. name, function()
      assert.is_nil(tostring(templates.render(row.definition, row.message)):find "{{")
    end)
  end
end)
