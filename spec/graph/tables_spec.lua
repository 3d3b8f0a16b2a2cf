-- client.templates, client.groups and the other tables: loops over all rows of graph/endpoints and all fields of graph/objects,
-- so that a new row is tested without a new line here.
local endpoints = require "whatsapp.graph.endpoints"
local fields = require "whatsapp.graph.fields"
local generate = require "spec.graph.generate"
local memory = require "whatsapp.transport.memory"
local problems = require "whatsapp.wire.problems"
local schema = require "whatsapp.schema"
local whatsapp = require "whatsapp"

local unpacked = rawget(table, "unpack") or rawget(_G, "unpack")
local WABA, PHONE = "102290129340398", "106540352242922"

local function client_with(answer, more)
  local transport = memory.new(answer or function() return { status = 200, headers = {}, body = '{"success":true,"data":[]}' } end)
  local options = { token = "EAAtokenTOKENtoken1234567890", phone_number_id = PHONE, waba_id = WABA, transport = transport }
  for name, value in pairs(more or {}) do options[name] = value end
  return whatsapp.new(options), transport
end

-- calls a row's method with an id for each name in its path
local function call(client, one, row, asked, options)
  local arguments = {}
  for _, part in ipairs(row.path) do
    local name = part:match "^{(.*)}$"
    if name and name ~= "waba" and name ~= "phone" then arguments[#arguments + 1] = "42" end
  end
  local count = #arguments
  if row.query or row.body then
    arguments[count + 1] = asked
    count = count + 1
  end
  arguments[count + 1] = options
  local made = client[one.name]
  return made[row.name](made, unpacked(arguments, 1, count + 1))
end

local function url_of(row)
  local segments = {}
  for i, part in ipairs(row.path) do
    segments[i] = part == "{waba}" and WABA or part == "{phone}" and PHONE or part:find "^{" and "42" or part
  end
  return "https://graph.facebook.com/v26.0/" .. table.concat(segments, "/")
end

local function problem_of(details, path, rule)
  for _, problem in ipairs(details and details.problems or {}) do
    if problem.path == path and problem.rule == rule then return problem end
  end
end

describe("the tables of endpoints", function()
  for _, one in ipairs(endpoints.TABLES) do
    for _, row in ipairs(one.rows) do
      local name = ("client.%s:%s"):format(one.name, row.name)

      it("send a good request: " .. name, function()
        local client, transport = client_with()
        local object = row.body or row.query
        local good = object and not row.check and generate.object(object)
        if row.check then good = require("spec.templates.definitions")[2].definition end
        if row.check == "edit" then good = { category = "MARKETING", components = good.components } end
        if row.each then
          assert.is_nil(call(client, one, row, good)())
        else
          local result, err = call(client, one, row, good)
          assert.is_truthy(result, err)
        end
        local request = transport.requests[1]
        assert.equal(row.method, request.method)
        assert.equal(url_of(row), request.url:match "^[^?]*")
        assert.equal(row.body ~= nil and not row.form, request.body ~= nil and request.form == nil and not row.form)
      end)

      it("refuse one argument too many: " .. name, function()
        local client = client_with()
        local made = client[one.name]
        assert.is_false(pcall(made[row.name], made, "1", {}, {}, {}, {}))
        assert.is_false(pcall(made[row.name], {}))
      end)

      it("have documentation, and name objects that exist: " .. name, function()
        assert.is_truthy(row.doc:find "%.$" or row.doc:find "`%.$")
        assert.is_truthy(row.section)
        for _, object in ipairs { row.query, row.body } do assert.is_truthy(fields.objects()[object], object) end
      end)
    end
  end

  it("are methods of a client, each table made once", function()
    local client = client_with()
    for _, one in ipairs(endpoints.TABLES) do
      assert.equal(client[one.name], client[one.name])
      assert.equal(("whatsapp.%s (%s)"):format(one.name, PHONE), tostring(client[one.name]))
    end
    assert.is_nil(client.nonsense)
    client:close()
    for _, one in ipairs(endpoints.TABLES) do
      local made = client[one.name]
      assert.is_false(pcall(made[one.rows[1].name], made))
    end
  end)

  it("keep ids from the caller in one part of the path", function()
    local client, transport = client_with()
    for _, id in ipairs { "1/2", "..", "", "{waba}", "%2f", "1?x", "1#", "a\r\nb", "\\" } do
      local result, err, details = client.templates:get(id)
      assert.is_nil(result)
      assert.equal("path", details.problems[1].path, err)
    end
    for _, id in ipairs { {}, true, 0 / 0, 1.5e300 } do assert.is_false(pcall(client.templates.get, client.templates, id)) end
    assert.is_false(pcall(client.templates.get, client.templates))
    assert.is_nil(transport.requests[1])
  end)

  it("raise without the client's waba_id", function()
    local client = whatsapp.new { token = "EAAtoken", phone_number_id = PHONE, transport = memory.new {} }
    local ok, err = pcall(function() return (client.templates:list()) end)
    assert.is_false(ok)
    assert.is_truthy(err:find "tables_spec.lua:%d+: client.templates needs the client's option waba_id", err)
    assert.is_false(pcall(function() return client.flows:each() end))
  end)

  it("report problems as warnings in lenient mode", function()
    for _, more in ipairs { { mode = "lenient" }, {} } do
      local client, transport = client_with(nil, more)
      local _, err, info = client.groups:create({ subject = ("x"):rep(200), new_field = { 1 } }, not more.mode and { mode = "lenient" } or nil)
      assert.is_nil(err)
      assert.equal(2, #info.warnings)
      assert.is_truthy(transport.requests[1].body:find '"new_field":%[1%]')
    end
  end)

  it("return the failure of a query in the only turn of a loop", function()
    local client = client_with()
    local turns = {}
    for item, err, details in client.templates:each { limit = 0, foo = 1 } do turns[#turns + 1] = { item, err, details } end
    assert.equal(1, #turns)
    assert.is_false(turns[1][1])
    assert.equal(2, turns[1][3].count)
  end)

  it("refuse an edit that changes nothing", function()
    local client, transport = client_with()
    local _, err, details = client.templates:edit("1", {})
    assert.is_truthy(problem_of(details, "", "required"), err)
    assert.is_nil(transport.requests[1])
  end)

  it("show no PIN in any text", function()
    local client = client_with()
    for _, pin in ipairs { "98765432109", 9876543 } do
      for _, call_pin in ipairs { function() return client.phone:set_pin { pin = pin } end,
        function() return client.phone:register { pin = pin } end } do
        local _, err, details = call_pin()
        assert.is_nil((err .. tostring(details) .. tostring(details.problems[1].actual)):find "9876543")
      end
    end
  end)

  it("report all problems of a body at once, also of free-form data", function()
    local client = client_with()
    local _, err, details = client.phone:set { calling = { 0 / 0 }, payload_encryption = { x = print }, storage_configuration = {}, odd = 1 }
    assert.equal(2, details.count, err)
    _, err, details = client.phone:set { calling = { a = 0 / 0 }, payload_encryption = { x = print } }
    assert.equal(2, details.count, err)
    assert.is_truthy(problem_of(details, "calling.a", "range") or problem_of(details, "body.calling.a", "range"), err)
  end)
end)

describe("the fields of bodies and queries", function()
  local names = {}
  for name in pairs(fields.objects()) do names[#names + 1] = name end
  table.sort(names)

  for _, name in ipairs(names) do
    it("are checked, each: " .. name, function()
      local good, shape = generate.object(name)
      local report = problems.new()
      fields.check(name, good, report)
      assert.equal(0, report.count, report:line())
      generate.each_spoilt(name, function(rule, field, value)
        local spoilt = generate.object(name, field.name)
        spoilt[field.name] = value
        local found = problems.new()
        fields.check(name, spoilt, found)
        local list = field.class == "S" and rule ~= "utf8" and found.warnings or found.problems
        assert.is_truthy(problem_of({ problems = list }, field.name, rule),
          ("%s.%s: %s is not found: %s"):format(name, field.name, rule, found:line()))
      end)
      local unknown = generate.object(name)
      unknown.no_such_field = 1
      report = problems.new()
      fields.check(name, unknown, report)
      if shape then assert.is_truthy(problem_of(report, "no_such_field", "unknown")) end
    end)

    it("obey the rules of their object: " .. name, function()
      local _, shape = generate.object(name)
      for _, rule in ipairs(shape.rules or {}) do
        local report = problems.new()
        fields.check(name, {}, report)
        assert.is_truthy(problem_of(report, "", rule.rule == "exactly_one" and "one_of" or "required"), report:line())
        if rule.rule == "exactly_one" then
          local both = generate.object(name, rule.names[1])
          both[rule.names[2]] = generate.object(name, rule.names[2])[rule.names[2]]
          report = problems.new()
          fields.check(name, both, report)
          assert.is_truthy(problem_of(report, "", "one_of"), report:line())
        end
      end
    end)
  end

  it("have formats that accept good values and refuse wrong values, with the same texts as the schema", function()
    local terms = schema.terms()
    for name, format in pairs(fields.FORMATS) do
      assert.is_true(format[2](format[3]), name)
      assert.is_false(format[2](format[4]), name)
      local term = terms.formats[name]
      if term then
        assert.equal(term.text, format[1])
        assert.is_true(format[2](term.right))
        assert.is_false(format[2](term.wrong))
      end
    end
  end)

  it("have kinds, objects and documentation that exist", function()
    for name, object in pairs(fields.objects()) do
      assert.is_truthy(object.doc and object.section, name)
      for _, field in ipairs(object.fields) do
        assert.is_truthy(fields.KINDS[field.kind] and field.doc:find "%.$", name .. "." .. field.name)
        if field.object then assert.is_truthy(fields.objects()[field.object], field.object) end
        if field.kind == "list" then assert.is_truthy(field.object or field.item) end
      end
      for _, variant in ipairs(object.variants or {}) do assert.is_truthy(fields.objects()[variant.object], variant.object) end
    end
  end)

  it("end: no object holds itself, so that a table that holds itself is not followed for ever", function()
    local function visit(name, above)
      assert.is_nil(above[name], name)
      local here = setmetatable({ [name] = true }, { __index = above })
      for _, field in ipairs(fields.objects()[name].fields) do
        for _, inner in ipairs { field.object, field.item and field.item.object } do visit(inner, here) end
      end
      for _, variant in ipairs(fields.objects()[name].variants or {}) do visit(variant.object, here) end
    end
    for _, name in ipairs(names) do visit(name, {}) end
    local round = { type = "CAROUSEL" }
    round.cards = {}
    for i = 1, 10 do round.cards[i] = { components = { round, round, round } } end
    local ok, _, details = whatsapp.templates.validate { name = "a", language = "en", category = "MARKETING", components = { round } }
    assert.is_nil(ok)
    assert.is_true(details.count > 0)
    whatsapp.templates.check({ components = { round } }, { template = { components = { round } } })
    tostring(whatsapp.templates.render({ components = { round } }))
    local client = client_with()
    local result, err = client.templates:create({ name = "a", components = { round } }, { mode = "lenient" })
    assert.is_nil(result)
    assert.is_truthy(err:find "holds itself", err)
  end)

  it("name an unknown field with a similar name first, as the check of a message does", function()
    local _, err, details = client_with().templates:create { nam = "x", langage = "en" }
    assert.equal(1, err:find("nam: no such field, did you mean `name`?; langage: no such field, did you mean `language`?; ", 1, true)
      or err:find("langage: no such field, did you mean `language`?; nam: no such field, did you mean `name`?; ", 1, true), err)
    assert.truthy(err:find("(and " .. details.count - 3 .. " more problems)", 1, true), err)
    assert.equal(1, select(2, whatsapp.templates.validate { nam = "x" }):find("nam: no such field, did you mean `name`?", 1, true))
  end)

  it("survive any value", function()
    local odd = { 1, true, "x", "", {}, { 1, nil, 3 }, { [1.5] = 1 }, { [true] = 1 }, print, 0 / 0, setmetatable({}, { __index = error }) }
    for _, name in ipairs(names) do
      for i = 1, 11 do
        fields.check(name, odd[i], problems.new())
        for _, field in ipairs(fields.objects()[name].fields) do fields.check(name, { [field.name] = odd[i] }, problems.new()) end
      end
    end
  end)
end)
