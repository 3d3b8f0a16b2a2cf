-- whatsapp.templates.check: every message of spec/templates/definitions gets every fault that fits its parts, and each time the
-- problem has the right path and rule. Also values that are no template at all.
local definitions = require "spec.templates.definitions"
local json = require "whatsapp.wire.json"
local whatsapp = require "whatsapp"

local templates = whatsapp.templates

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

local function problem_of(list, path, rule)
  for _, problem in ipairs(list or {}) do
    if problem.path == path and problem.rule == rule then return problem end
  end
end

local function lines_of(problems)
  local lines = {}
  for i, problem in ipairs(problems or {}) do lines[i] = problem.rule .. " " .. problem.message end
  return table.concat(lines, "\n")
end

-- checks that one problem has this path and rule
local function assert_found(row, change, path, rule)
  local definition, message = copy(row.definition), copy(row.message)
  change(message.template, definition, message)
  local ok, err, details = templates.check(definition, message)
  assert.is_nil(ok, ("%s passes: %s %s"):format(row.definition.name, rule, path))
  assert.is_truthy(problem_of(details.problems, path, rule), ("%s: no %s of %s in\n%s")
    :format(row.definition.name, rule, path, lines_of(details.problems)))
  assert.is_truthy(err:find(details.problems[1].message, 1, true))
  assert.equal("invalid", details.kind)
  return details
end

local function each_component(row, found)
  for i, component in ipairs(row.message.template.components or {}) do found(i, component) end
end

local OPTIONAL = { -- components that a message may lack
  ["button quick_reply"] = true, ["button flow"] = true, ["button CATALOG"] = true, ["button voice_call"] = true,
}

describe("a message that does not fit its template", function()
  for _, row in ipairs(definitions) do
    local name = row.definition.name

    it("has another name, language or status: " .. name, function()
      assert_found(row, function(template) template.name = "another" end, "template.name", "enum")
      assert_found(row, function(template) template.language.code = "xx" end, "template.language.code", "enum")
      for _, status in ipairs { "REJECTED", "PAUSED", "disabled", "PENDING", "IN_APPEAL", "PENDING_DELETION", "DELETED", "LIMIT_EXCEEDED",
        "ARCHIVED" } do
        assert_found(row, function(_, definition) definition.status = status end, "template.name", "forbidden")
      end
      local definition = copy(row.definition)
      definition.status = "APPROVED"
      assert.is_true((templates.check(definition, row.message)))
      definition.status = "A_NEW_ONE"
      local ok, warnings = templates.check(definition, row.message)
      assert.is_true(ok)
      assert.is_truthy(problem_of(warnings, "template.name", "forbidden"))
    end)

    it("lacks a component: " .. name, function()
      each_component(row, function(i, component)
        if OPTIONAL[component.type .. " " .. tostring(component.sub_type)] then return end
        assert_found(row, function(template) table.remove(template.components, i) end, "template.components", "required")
      end)
    end)

    it("lacks a value, has one value too many or a value of another kind: " .. name, function()
      each_component(row, function(i, component)
        local path = ("template.components[%d].parameters"):format(i)
        local values = component.parameters or {}
        for j, value in ipairs(values) do
          if not OPTIONAL[component.type .. " " .. tostring(component.sub_type)] and component.type ~= "limited_time_offer"
            and component.type ~= "order_status" then
            local last = #values == j
            local at = value.parameter_name and path or (last and component.type == "body" or component.type == "header"
              and value.type == "text") and ("%s[%d]"):format(path, j) or path
            if last then
              assert_found(row, function(template) table.remove(template.components[i].parameters, j) end, at, "required")
            end
            assert_found(row, function(template) template.components[i].parameters[j] = { type = "sticker" } end,
              ("%s[%d].type"):format(path, j), "enum")
          end
        end
        if #values > 0 and component.type ~= "limited_time_offer" and component.type ~= "order_status" and not values[1].parameter_name
          and component.sub_type ~= "quick_reply" and component.sub_type ~= "voice_call" then
          assert_found(row, function(template)
            table.insert(template.components[i].parameters, copy(values[1]))
          end, path, "max_items")
        end
      end)
    end)

    it("has a button of another kind: " .. name, function()
      each_component(row, function(i, component)
        if component.type ~= "button" then return end
        local path = ("template.components[%d]"):format(i)
        if component.index then
          assert_found(row, function(template) template.components[i].index = 9 end, path .. ".index", "range")
          assert_found(row, function(template) template.components[i].sub_type = "odd" end, path .. ".sub_type", "enum")
        else
          assert_found(row, function(template) template.components[i].sub_type = "odd" end, path .. ".sub_type", "range")
        end
      end)
    end)

    it("is no template message: " .. name, function()
      assert_found(row, function(_, _, message) message.template = nil end, "template", "required")
      assert_found(row, function(_, _, message) message.template = 5 end, "template", "type")
      assert_found(row, function(template) template.components = 5 end, "template.components", "type")
    end)
  end

  local function row_of(name)
    for _, row in ipairs(definitions) do
      if row.definition.name == name then return row end
    end
  end

  it("has values for a header, a body or a carousel that the template does not have", function()
    local row = row_of "hello"
    assert_found(row, function(template) template.components = { { type = "header", parameters = { { type = "text", text = "x" } } } } end,
      "template.components[1]", "forbidden")
    assert_found(row, function(template) template.components = { { type = "body", parameters = { { type = "text", text = "x" } } } } end,
      "template.components[1].parameters", "max_items")
    assert_found(row, function(template) template.components = { { type = "carousel", cards = {} } } end, "template.components[1]",
      "forbidden")
    assert_found(row, function(template) template.components = { { type = "limited_time_offer", parameters = { {} } } } end,
      "template.components[1]", "forbidden")
    assert_found(row, function(template) template.components = { { type = "button", index = 0, sub_type = "url" } } end,
      "template.components[1].index", "range")
  end)

  it("names variables that the template does not have", function()
    local row = row_of "table_booked"
    local path = "template.components[2].parameters"
    local details = assert_found(row, function(template) template.components[2].parameters[1].parameter_name = "tiem" end,
      path .. "[1].parameter_name", "enum")
    assert.is_truthy(problem_of(details.problems, path .. "[1].parameter_name", "enum").message:find "did you mean `time`")
    assert.equal("time", problem_of(details.problems, path, "required").limit)
    assert_found(row, function(template) template.components[2].parameters[1].parameter_name = nil end, path .. "[1].parameter_name",
      "required")
    assert_found(row, function(template) template.components[2].parameters[1].parameter_name = "day" end, path .. "[3].parameter_name",
      "unique")
    assert_found(row_of "parcel_sent", function(template) template.components[2].parameters[1].parameter_name = "x" end,
      path .. "[1].parameter_name", "forbidden")
  end)

  it("has a value for a button that takes no value", function()
    for name, index in pairs { share_number = 0, one_product = 0 } do
      assert_found(row_of(name), function(template)
        template.components = template.components or {}
        table.insert(template.components, { type = "button", sub_type = "url", index = index })
      end, name == "share_number" and "template.components[1]" or "template.components[3]", "forbidden")
    end
  end)

  it("has cards that the template does not have", function()
    local row = row_of "summer_cards"
    local path = "template.components[2].cards"
    assert_found(row, function(template) table.remove(template.components[2].cards) end, path, "min_items")
    assert_found(row, function(template) table.insert(template.components[2].cards, copy(template.components[2].cards[1])) end, path,
      "max_items")
    assert_found(row, function(template) template.components[2].cards[3].card_index = 0 end, path .. "[3].card_index", "unique")
    assert_found(row, function(template) template.components[2].cards[2].components[1] = nil end, path .. "[2].components", "required")
    assert_found(row, function(template) template.components[2].cards[2].components[2].parameters = {} end,
      path .. "[2].components[2].parameters[1]", "required")
    assert_found(row, function(template) template.components[2].cards[1].components[4].index = "0" end,
      path .. "[1].components[4].sub_type", "enum")
    assert_found(row, function(template) template.components[2].cards[1].components[1].parameters[1].type = "video" end,
      path .. "[1].components[1].parameters[1].type", "enum")
  end)

  it("has texts that are too long with their values", function()
    local row = row_of "parcel_sent"
    assert_found(row, function(template) template.components[1].parameters[1].text = ("x"):rep(60) end, "template.components[1]",
      "max_chars")
    local details = assert_found(row, function(template) template.components[2].parameters[1].text = ("\195\164"):rep(1000) end,
      "template.components[2]", "max_chars")
    local found = problem_of(details.problems, "template.components[2]", "max_chars")
    assert.equal(1024, found.limit)
    assert.equal(1000 + #("Hello , your parcel SKBUP2 left our store in Porto this morning."), found.actual)
    assert_found(row, function(template) template.components[3].parameters[1].text = ("x"):rep(2000) end, "template.components[3]",
      "max_chars")
    local alone = row_of "novidades"
    local message = copy(alone.message)
    message.template.components[1].parameters[1].text = ("x"):rep(20000)
    assert.is_true((templates.check(alone.definition, message)))
    message.template.components[1].parameters[1].text = ("x"):rep(32768)
    assert.is_nil((templates.check(alone.definition, message)))
  end)

  it("has another code in its button than in its body: a warning", function()
    local row = row_of "sign_in"
    local message = copy(row.message)
    message.template.components[2].parameters[1].text = "654321"
    local ok, warnings = templates.check(row.definition, message)
    assert.is_true(ok)
    assert.is_truthy(problem_of(warnings, "template.components[2].parameters[1].text", "enum"))
  end)

  it("gets all problems at once", function()
    local row = row_of "parcel_sent"
    local details = assert_found(row, function(template)
      template.name, template.language.code, template.components = "x", "de", {}
    end, "template.name", "enum")
    assert.equal(5, details.count)
  end)
end)

describe("templates.check and templates.render", function()
  it("read definitions in upper and lower case, from JSON, and buttons with and without an index", function()
    for _, row in ipairs(definitions) do
      local text = json.write(row.definition):gsub('"type":"([%u_]+)"', function(kind) return ('"type":"%s"'):format(kind:lower()) end)
      local definition = json.decode(text)
      assert.is_true((templates.check(definition, row.message)), row.definition.name)
      assert.equal(tostring(templates.render(row.definition, row.message)), tostring(templates.render(definition, row.message)))
    end
  end)

  it("accept an authentication template as the API lists it", function()
    local definition = { name = "sign_in", language = "en_US", category = "AUTHENTICATION", status = "APPROVED", id = "1", components = {
      { type = "BODY", text = "*{{1}}* is your verification code.", add_security_recommendation = true, example = { body_text = { { "1" } } } },
      { type = "FOOTER", text = "This code expires in 10 minutes.", code_expiration_minutes = 10 },
      { type = "BUTTONS", buttons = { { type = "URL", text = "Copy code",
        url = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}", example = { "x" } } } },
    } }
    assert.is_true((templates.check(definition, definitions[8].message)))
    assert.is_true((templates.validate(definition)))
  end)

  it("never raise, whatever the tables hold", function()
    local odd = { 5, true, "x", {}, { 5 }, { {} }, { [3] = 1 }, { type = 5 }, { type = "BODY" }, print }
    local members = { "name", "language", "category", "components", "status", "parameter_format", "template" }
    for _, row in ipairs(definitions) do
      for _, value in ipairs(odd) do
        for _, member in ipairs(members) do
          local definition, message = copy(row.definition), copy(row.message)
          definition[member], message.template[member] = value, value
          templates.check(definition, message)
          templates.render(definition, message)
          templates.validate(definition)
        end
      end
    end
  end)

  -- replaces every place of a tree by each odd value
  local function each_place(tree, found)
    for name, value in pairs(tree) do
      for _, odd in ipairs { 5, "x", false, {}, { { {} } } } do
        tree[name] = odd
        found()
      end
      tree[name] = nil
      found()
      tree[name] = value
      if type(value) == "table" then each_place(value, found) end
    end
  end

  it("never raise, whatever any place of a definition or a message holds", function()
    for _, row in ipairs(definitions) do
      local definition, message = copy(row.definition), copy(row.message)
      each_place(definition, function()
        templates.check(definition, message)
        tostring(templates.render(definition, message))
        templates.validate(definition)
      end)
      each_place(message, function()
        templates.check(definition, message)
        tostring(templates.render(definition, message))
      end)
    end
  end)

  it("change neither table", function()
    for _, row in ipairs(definitions) do
      local before, sent = json.write(row.definition), json.write(row.message)
      templates.check(row.definition, row.message)
      templates.render(row.definition, row.message)
      templates.validate(row.definition)
      assert.equal(before, json.write(row.definition))
      assert.equal(sent, json.write(row.message))
    end
  end)

  it("raise at the caller's line for a value that is no table", function()
    for _, call in ipairs {
      function() return (templates.check(5, {})) end, function() return (templates.check({}, 5)) end,
      function() return (templates.render(nil)) end, function() return (templates.render({}, "x")) end,
      function() return (templates.validate "x") end,
    } do
      local ok, err = pcall(call)
      assert.is_false(ok)
      assert.is_truthy(err:find "check_spec.lua:%d+: a %l+ is a table, got a %l+", err)
    end
  end)
end)

describe("templates.render", function()
  local function rendered(name, change)
    for _, row in ipairs(definitions) do
      if row.definition.name == name then
        local message = copy(row.message)
        if change then change(message.template) end
        return templates.render(row.definition, message)
      end
    end
  end

  it("returns the texts with their values", function()
    local made = rendered "parcel_sent"
    assert.equal("Parcel SKBUP2", made.header)
    assert.equal("Hello Jessica, your parcel SKBUP2 left our store in Porto this morning.", made.body)
    assert.equal("Reply STOP to hear no more", made.footer)
    assert.same({ type = "URL", text = "Follow it", url = "https://shop.example/parcels/SKBUP2" }, made.buttons[1])
    assert.same({ type = "PHONE_NUMBER", text = "Call us", phone_number = "+16505551234" }, made.buttons[2])
    assert.equal("thanks", made.buttons[3].payload)
    assert.equal([[Parcel SKBUP2
Hello Jessica, your parcel SKBUP2 left our store in Porto this morning.
Reply STOP to hear no more
[Follow it] https://shop.example/parcels/SKBUP2
[Call us] +16505551234
[Thanks]
[Stop] ]], tostring(made) .. " ")
  end)

  it("names files, places and products in brackets, and takes fallback values", function()
    assert.equal("[image: 2871834006348767]", rendered("table_booked").header)
    assert.equal("[document: invoice.pdf]", rendered("invoice").header)
    assert.equal("Dear Ana, here is your invoice of $35 due on 10 May at the latest.", rendered("invoice").body)
    assert.equal("[location: Store]", rendered("courier_is_here").header)
    assert.equal("[product: sku]", rendered("one_product").header)
    assert.equal("A table for 2 on Sunday at 20:00 is yours.", rendered("table_booked").body)
  end)

  it("returns codes, offers, and the cards in the template's order", function()
    local made = rendered "sign_in"
    assert.equal("J$FpnYnP is your verification code. For your security, do not share this code.", made.body)
    assert.equal("This code expires in 10 minutes.", made.footer)
    assert.equal("J$FpnYnP", made.buttons[1].code)
    assert.equal("SEA25", rendered("offer_ends").buttons[1].code)
    assert.equal("Ends soon", rendered("offer_ends").offer)
    local cards = rendered("summer_cards").cards
    assert.equal("Only $1 this week in all stores. Only $2 this week in all stores. Only $3 this week in all stores.",
      cards[1].body .. " " .. cards[2].body .. " " .. cards[3].body)
    assert.equal("https://shop.example/fern", cards[2].buttons[2].url)
  end)

  it("keeps variables without a value, and looks for no variable in a value", function()
    assert.equal("Hello {{1}}, your parcel {{2}} left our store in {{3}} this morning.",
      rendered("parcel_sent", function(template) template.components = nil end).body)
    assert.equal("Hello {{2}}, your parcel %1 left our store in {{3}} this morning.", rendered("parcel_sent", function(template)
      template.components[2].parameters = { { type = "text", text = "{{2}}" }, { type = "text", text = "%1" } }
    end).body)
    assert.equal("Welcome and congratulations.", templates.render(definitions[1].definition).body)
  end)
end)
