-- Every field of every message, at its boundaries: the cases come from whatsapp.schema(), so that a new field is tested without a
-- new case. The cases of whole messages are in walk_spec.lua.
local core = require "whatsapp.core"
local generate = require "spec.support.generate"
local output_of = require "spec.support.output"
local read = require "spec.support.read"
local run = require "spec.support.run"
local scratch_folder = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local rows = whatsapp.schema()
local objects, _, terms = core.schema()

-- the problem (of a soft field: the warning) at the path
local function found(message, path)
  local ok, warnings, details = whatsapp.validate(message)
  for _, problem in ipairs(ok and warnings or details.problems) do
    if problem.path == path then return problem, ok and "warning" or "problem" end
  end
end

local function describe_row(row)
  local choices = {}
  for i, choice in ipairs(row.when) do choices[i] = choice.value or choice.path end
  return ("%s (%s)"):format(row.path, table.concat(choices, " "))
end

local function failure(row, what, message)
  local ok, text = whatsapp.encode(message)
  return ("%s: %s: %s"):format(describe_row(row), what, tostring(ok or text))
end

-- sets the field and expects the rule at its path
local function expect(row, value, rule, kind)
  local message = generate.message(row)
  local parent, path = generate.place(message, row)
  parent[row.name] = value
  local problem, as = found(message, path)
  local what = ("%s expected for %s"):format(rule, type(value) == "string" and value:sub(1, 20) or tostring(value))
  assert.is_truthy(problem, failure(row, what, message))
  assert.equal(rule, problem.rule, failure(row, what, message))
  assert.equal(kind or (row.class == "S" and "warning" or "problem"), as, failure(row, what, message))
  return problem
end

local function accepts(row, value)
  local message = generate.message(row)
  local parent = generate.place(message, row)
  parent[row.name] = value
  assert.is_true((whatsapp.validate(message)), failure(row, "refused " .. tostring(value):sub(1, 20), message))
  assert.is_string((whatsapp.encode(message)))
end

local function is_chosen(row)
  for _, choice in ipairs(row.when) do
    if choice.path == row.path and choice.value then return true end
  end
  return false
end

-- a member whose presence selects the shape of its object
local function is_selector(row)
  for _, choice in ipairs(row.when) do
    if choice.path == row.path and not choice.value then return true end
  end
  return false
end

local function is_asked_for(row)
  return row.required and not row.fill and row.path ~= "type" and not is_selector(row)
end

local function is_text(row)
  return (row.kind == "string" or row.kind == "id") and not row.values
end

-- returns a text of that many characters that the field's format allows
local function text(row, characters, unit)
  local start = (row.format == "web_link" or row.format == "absolute") and "https://e.com/" or ""
  return start .. (unit or "a"):rep(characters - #start)
end

local function each(wanted, check)
  local count = 0
  for _, row in ipairs(rows) do
    if wanted(row) then
      check(row)
      count = count + 1
    end
  end
  assert.is_true(count > 0, "the schema has no such field")
end

describe("every field of the schema", function()
  it("has a name, a kind, a class, a section and a line of documentation", function()
    each(function() return true end, function(row)
      assert.is_truthy(row.kind and row.class and row.section, describe_row(row))
      assert.is_true(#row.doc > 3 and row.doc:sub(-1) == ".", describe_row(row))
    end)
  end)

  it("is accepted in a message", function()
    each(function() return true end, function(row)
      local message = generate.message(row)
      local parent = generate.place(message, row)
      assert.is_not_nil(parent[row.name], describe_row(row))
      local json, why = whatsapp.encode(message)
      assert.is_string(json, describe_row(row) .. ": " .. tostring(why))
      assert.equal(json, (whatsapp.encode(message)))
    end)
  end)

  it("is reported if it is required and missing", function()
    each(is_asked_for, function(row)
      assert.is_truthy(expect(row, nil, "required", "problem").message:find "missing")
    end)
  end)

  it("counts as absent if it is JSON's null", function()
    each(is_asked_for, function(row) expect(row, whatsapp.null, "required", "problem") end)
  end)

  it("may be absent if it is not required", function()
    local function wanted(row) return not row.required and not row.required_among_many and not generate.is_ruled(row) end
    each(wanted, function(row)
      local message = generate.message(row)
      local parent, path = generate.place(message, row)
      parent[row.name] = nil
      local problem, as = found(message, path)
      assert.is_true(problem == nil or as == "warning", describe_row(row))
    end)
  end)

  it("is filled in if the envelope fills it in", function()
    each(function(row) return row.fill ~= nil end, function(row) accepts(row, nil) end)
  end)

  it("refuses a value of another type", function()
    each(function() return true end, function(row)
      local wrong = (row.kind == "boolean" and "yes") or (row.kind == "string|boolean" and 5) or true
      expect(row, wrong, "type")
      expect(row, function() end, "type", "problem")
      if row.kind == "object" or row.kind == "list" or row.kind == "map" then
        expect(row, "words", "type")
        expect(row, 5, "type")
      elseif row.kind == "boolean" or row.kind == "integer" then
        expect(row, "5", "type")
      end
      if row.kind == "string" or row.kind == "boolean" then expect(row, 5, "type") end
      if row.kind ~= "object" and row.kind ~= "list" and row.kind ~= "map" then expect(row, {}, "type") end
    end)
  end)

  it("keeps its limits of characters, counted in code points", function()
    local function wanted(row) return is_text(row) and row.format ~= "date" and not row.same and not is_chosen(row) end
    each(wanted, function(row)
      if (row.min or 0) > 0 then
        expect(row, "", "min_chars")
        accepts(row, text(row, math.max(row.min, 16)):sub(1, row.max ~= 0 and row.max or nil))
      end
      local max = row.path:find("cards[]", 1, true) and row.max_among_parts or row.max
      if max then
        accepts(row, text(row, max))
        accepts(row, text(row, max, "\195\169"))
        accepts(row, text(row, max, "\240\159\152\128"))
        local problem = expect(row, text(row, max + 1), "max_chars")
        assert.same({ max, max + 1 }, { problem.limit, problem.actual })
        expect(row, text(row, max + 1, "\195\169"), "max_chars")
      end
      if row.advised_max then
        accepts(row, text(row, row.advised_max + 1))
        expect(row, text(row, row.advised_max + 1), "max_chars", "warning")
      end
    end)
  end)

  it("must be UTF-8", function()
    each(function(row) return row.kind == "string" or row.kind == "id" end, function(row)
      if is_chosen(row) then return end
      expect(row, "a\255", "utf8", "problem")
    end)
  end)

  it("keeps its limits of items", function()
    each(function(row) return row.kind == "list" end, function(row)
      local function items(count) return generate.list({ object = row.of, values = row.values }, row.path, row, count) end
      if (row.min or 0) > 0 then
        expect(row, {}, "min_items")
        accepts(row, items(row.min))
      end
      if row.max then
        accepts(row, items(row.max))
        local problem = expect(row, items(row.max + 1), "max_items")
        assert.same({ row.max, row.max + 1 }, { problem.limit, problem.actual })
      end
      if row.advised_max then expect(row, items(row.advised_max + 1), "max_items", "warning") end
    end)
  end)

  it("keeps its range", function()
    local function wanted(row) return (row.kind == "integer" or row.kind == "integer|string") and row.max ~= nil end
    each(wanted, function(row)
      accepts(row, row.min)
      accepts(row, row.max)
      expect(row, row.min - 1, "range")
      expect(row, row.max + 1, "range")
      expect(row, row.min + 0.5, "type")
      if row.kind == "integer|string" then
        accepts(row, tostring(row.max))
        expect(row, tostring(row.max + 1), "range")
        expect(row, "x", "format")
      end
    end)
  end)

  it("accepts its values in upper and lower case, and no other value", function()
    local function wanted(row) return row.values and row.kind ~= "list" and not is_chosen(row) end
    each(wanted, function(row)
      for _, value in ipairs(row.values) do
        if row.path ~= "recipient_type" or value == "individual" then accepts(row, value) end
        accepts(row, value:upper())
      end
      expect(row, "no such value", "enum", (row.open or row.class == "S") and "warning" or "problem")
    end)
  end)

  it("keeps its format", function()
    local WRONG = {
      web_link = { "ftp://example.com/a", "example.com", "https://", "http:///a", "https:// a" },
      absolute = { "example.com/a", "https:", "1https://a" },
      date = { "31.1.1990", "1990-1-31", "1990-01-3x", "1990-01-311" },
      trimmed = { " a", "a ", "a\n" },
      no_user_id = { "us.1", "US.ENT.11815799212886844830", "\226\128\170DE.A1b2 " },
      one_line = { "a\nb", "a\tb", "a     b", "a\rb" },
      few_lines = { "a\nb\nc\nd" },
    }
    local RIGHT = { one_line = { "a    b", "a" }, few_lines = { "a\nb\nc" }, trimmed = { "a b" },
      no_user_id = { "+1 (650) 555-1234", "Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAzNjMzOTQzMjAdOTY0MTUZD",
        "US.", "USA.1", "U.1", "US.1.2" }, web_link = { "HTTP://e.com" } }
    each(function(row) return row.format ~= nil end, function(row)
      local term = terms.formats[row.format]
      expect(row, term.wrong, "format")
      accepts(row, term.right)
      for _, value in ipairs(WRONG[row.format] or {}) do expect(row, value, "format") end
      for _, value in ipairs(RIGHT[row.format] or {}) do accepts(row, value) end
    end)
  end)

  it("gets a warning if it does not have an advised format", function()
    local seen = {}
    each(function(row) return row.advised_formats ~= nil end, function(row)
      for _, name in ipairs(row.advised_formats) do
        local term = terms.formats[name]
        local message = generate.message(row)
        local parent, path = generate.place(message, row)
        local excepted = name == "has_digit" and message.recipient_type == "group"
        if not excepted then expect(row, term.wrong, "format", "warning") end
        accepts(row, term.right)
        seen[name] = true
        parent[row.name] = term.right
        local problem = found(message, path)
        assert.is_true(problem == nil or problem.rule ~= "format", failure(row, "no warning expected of " .. term.right, message))
      end
    end)
    for _, name in ipairs { "one_line", "no_space", "language", "no_phone", "visible", "no_name", "has_digit" } do
      assert.is_true(seen[name], name)
    end
  end)

  it("has its format at any length: the fast check and the slow check agree", function()
    local WORDS = { "a", "abcd", "abcdefg", "abcdefgh", "abcdefghijk", ("ab"):rep(20) }
    each(function(row) return (row.format or row.advised_formats) and row.format ~= "date" end, function(row)
      for _, word in ipairs(WORDS) do
        for at = 1, #word do
          for _, byte in ipairs { " ", "\n", "\t", "     " } do
            local value = word:sub(1, at - 1) .. byte .. word:sub(at + 1)
            local message = generate.message(row)
            local parent, path = generate.place(message, row)
            parent[row.name] = value
            local problem = found(message, path)
            parent[row.name] = "\195\164" .. value -- not plain: the other way through the encoder
            local other = found(message, path)
            if row.format ~= "trimmed" or at > 1 then
              assert.equal(other and other.rule, problem and problem.rule, describe_row(row) .. (" %q"):format(value))
            end
          end
        end
      end
    end)
  end)

  it("has no unknown field next to it", function()
    each(function() return true end, function(row)
      local message = generate.message(row)
      local parent, path = generate.place(message, row)
      parent.no_such_name = 1
      local problem = found(message, (path:gsub("[%w_]+$", "no_such_name")))
      assert.equal("unknown", problem and problem.rule, failure(row, "unknown expected", message))
    end)
  end)

  it("takes an id as a whole number and writes its digits", function()
    each(function(row) return row.kind == "id" and not (row.values or row.format or row.same) end, function(row)
      if (row.max or 99) < 6 then return end
      accepts(row, 123456)
      local message = generate.message(row)
      generate.place(message, row)[row.name] = 123456
      assert.is_truthy(whatsapp.encode(message):find('"' .. row.name .. '":"123456"', 1, true), describe_row(row))
    end)
  end)

  it("is accepted in lenient mode with any value", function()
    each(function() return true end, function(row)
      for _, value in ipairs { true, "", ("x"):rep(70), 5, {}, { 1, 2 }, { a = 1 } } do
        local message = generate.message(row)
        generate.place(message, row)[row.name] = value
        local json, why = whatsapp.encode(message, { mode = "lenient" })
        assert.is_string(json, describe_row(row) .. ": " .. tostring(why))
        assert.is_truthy(json:find('"' .. row.name .. '":', 1, true), describe_row(row))
      end
    end)
  end)
end)

-- adds each name, and fails if a name is there already
local function add_new(seen, name, what)
  assert.is_nil(seen[name], ("%s: %s stands twice"):format(what, tostring(name)))
  seen[name] = true
end

describe("the schema itself", function()
  local function each_object(check)
    local count = 0
    for name, object in pairs(objects) do
      assert.equal(name, object.name)
      check(object)
      count = count + 1
    end
    assert.is_true(count > 150)
  end

  it("has each name once: fields, values, variants", function()
    each_object(function(object)
      local fields, variants = {}, {}
      for _, field in ipairs(object.fields) do
        local values = {}
        add_new(fields, field.name, object.name)
        for _, value in ipairs(field.values or {}) do add_new(values, value:lower(), object.name .. "." .. field.name) end
      end
      for _, variant in ipairs(object.variants or {}) do add_new(variants, variant.value, object.name) end
    end)
  end)

  it("has no lower limit above the upper limit", function()
    each_object(function(object)
      for _, field in ipairs(object.fields) do
        local what, least = object.name .. "." .. field.name, field.min or 0
        assert.is_true(least <= (field.max or least), what)
        assert.is_true(least <= (field.advised_max or least), what)
        assert.is_true((field.advised_max or 0) < (field.max or math.huge), what)
        assert.is_true(field.total == nil or field.scope or field.few, what)
        assert.is_true(not field.max_among_parts or field.max_among_parts < field.max, what)
        local contradicts = field.discouraged and (field.required or field.advised) or field.required and field.advised
        assert.is_falsy(contradicts or field.unique and field.unique_advised, what)
      end
    end)
  end)

  -- an object with its base and everything that it may become
  local function has_field(object, name)
    for _, field in ipairs(object.fields) do
      if field.name == name then return true end
    end
    for _, variant in ipairs(object.variants or {}) do
      if has_field(objects[variant.object], name) then return true end
    end
    return object.base ~= nil and has_field(objects[object.base], name)
  end

  it("has rules only about fields that exist", function()
    each_object(function(object)
      for _, rule in ipairs(object.rules or {}) do
        for i, name in ipairs(rule.names) do
          local around = rule.rule == "only_under" or rule.rule == "only_without"
          local elsewhere = around and i == 2 -- in an object around this one
          assert.is_true(elsewhere or has_field(object, name), object.name .. ": " .. name)
        end
      end
      assert.is_true(object.by == nil or has_field(object, object.by), object.name)
    end)
  end)

  it("cites pages of Meta's documentation, each a path", function()
    assert.is_truthy(terms.documentation:find "^https://developers%.facebook%.com/.*/$")
    each_object(function(object) assert.is_truthy(object.section:find "^[a-z][a-z/-]*[a-z]$", object.name) end)
  end)

  it("has a name and words for each term, and each name once", function()
    for _, what in ipairs { "kinds", "formats", "rules", "codes" } do
      local names = {}
      assert.is_true(#terms[what] > 4, what)
      for _, term in ipairs(terms[what]) do
        add_new(names, term.name, what)
        assert.equal(term, terms[what][term.name])
        assert.is_true(#(term.text or term.doc) > 3, term.name)
        assert.is_truthy(term.code == nil or terms.codes[term.code], term.name)
      end
    end
  end)

  it("refuses marks that contradict each other", function()
    local scratch = scratch_folder.new()
    local broken, count = read "src/core/schema.c":gsub('(INTEGER%("offset", [^\n]*)%)', "%1, .marks = UNIQUE)", 1)
    broken = broken:gsub('"schema.h"', ('"%s/src/core/schema.h"'):format(output_of("pwd"):match "[^\n]+"))
    local source = scratch.write("schema.c", broken)
    local status, output = run(("make -s say-FLAGS | xargs -I FLAGS sh -c 'cc FLAGS -c -o /dev/null %s'"):format(source))
    scratch.remove()
    assert.equal(1, count)
    assert.are_not.equal(0, status)
    assert.is_truthy(output:find("6 arguments", 1, true), output)
  end)
end)
