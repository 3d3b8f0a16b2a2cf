-- whatsapp.templates.validate: each rule about a definition is broken once, in a definition without other faults. The fields
-- themselves are looped over in spec/graph/tables_spec.
local whatsapp = require "whatsapp"

local validate = whatsapp.templates.validate

local function body(text, ...)
  local example = select("#", ...) > 0 and { body_text = { { ... } } } or nil
  return { type = "BODY", text = text, example = example }
end

local function named(text, ...)
  local list = {}
  for i, name in ipairs { ... } do list[i] = { param_name = name, example = "x" } end
  return { type = "BODY", text = text, example = { body_text_named_params = list } }
end

local function buttons(...) return { type = "BUTTONS", buttons = { ... } } end
local function reply(text) return { type = "QUICK_REPLY", text = text or "Yes" } end
local function link(url, example) return { type = "URL", text = "Open", url = url or "https://shop.example/", example = example } end
local function image() return { type = "HEADER", format = "IMAGE", example = { header_handle = { "4::x" } } } end
local function header(text, ...) return { type = "HEADER", format = "TEXT", text = text, example = { header_text = { ... } } } end
local function code() return buttons { type = "OTP", otp_type = "COPY_CODE" } end
local function card(...) return { components = { image(), body "A fine thing.", buttons(...) } } end
local function cards(...) return { type = "CAROUSEL", cards = { ... } } end

local PLAIN = body "A text that is long enough."

local function definition(components, more)
  local made = { name = "order_1", language = "en_US", category = "MARKETING", components = components }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local AUTHENTICATION, UTILITY, NAMED = { category = "AUTHENTICATION" }, { category = "UTILITY" }, { parameter_format = "NAMED" }
local function app() return { package_name = "com.example.app", signature_hash = "K8a/AINcGX7" } end

-- the components, other members, the path and the rule of the problem; or, with `warns`, of the warning
local CASES = {
  -- variables
  { { body("{{1}} is your order number at our store.", "1") }, nil, "components[1].text", "format" },
  { { body("Your order number at our store is {{1}}", "1") }, nil, "components[1].text", "format" },
  { { body("Your order number at our store is {{1}} \n", "1") }, nil, "components[1].text", "format" },
  { { body("Hello {{1}}{{2}}, we are glad that you are here again.", "a", "b") }, nil, "components[1].text", "format" },
  { { body("Hello {{1}} {{2}}, we are glad that you are here again.", "a", "b") }, nil, "components[1].text", "format", warns = true },
  { { body("Hello {{1}}, your order {{3}} is here at last.", "a", "b", "c") }, nil, "components[1].text", "format" },
  { { body("Hello {{2}}, your order {{1}} is here at last.", "a", "b") }, nil, "components[1].text", "format" },
  { { body("Hello {{0}}, your order is here at last.", "a") }, nil, "components[1].text", "format" },
  { { body("Hello {{#1}}, your order is here at last.") }, nil, "components[1].text", "format" },
  { { body("Hello {{first name}}, your order is here.") }, nil, "components[1].text", "format" },
  { { body("Hello {{1, your order is here.") }, nil, "components[1].text", "format" },
  { { body("Hello 1}}, your order is here.") }, nil, "components[1].text", "format" },
  { { body("Hello {{ 1 }}, your order is here at last.", "a") }, nil, "components[1].text", "format" },
  { { named("Hello {{Name}}, your order is here at last.", "Name") }, NAMED, "components[1].text", "format" },
  { { named("Hello {{name}}, your order {{1}} is here at last.", "name") }, NAMED, "components[1].text", "format" },
  { { named("Hello {{name}}, your order is here at last.", "name") }, { parameter_format = "POSITIONAL" }, "components[1].text", "format" },
  { { body("Hello {{1}}, your order is here at last.", "a") }, NAMED, "components[1].text", "format" },
  { { header("{{1}} and {{2}}", "a", "b"), PLAIN }, nil, "components[1].text", "max_items" },
  { { PLAIN, { type = "FOOTER", text = "Only {{1}}" } }, nil, "components[2].text", "format" },
  { { PLAIN, buttons { type = "QUICK_REPLY", text = "Yes {{1}}" } }, nil, "components[2].buttons[1].text", "format" },
  { { body("Hi {{1}} so {{2}} on.", "a", "b") }, nil, "components[1].text", "range", warns = true },
  -- examples
  { { body("Hello {{1}}, your order is here at last.") }, nil, "components[1].example.body_text", "required" },
  { { body("Hello {{1}}, your order {{2}} is here at last.", "a") }, nil, "components[1].example.body_text", "required" },
  { { body("Hello {{1}}, your order is here at last.", "a", "b") }, nil, "components[1].example.body_text", "max_items" },
  { { body("Hello {{1}}, your order is here at last.", 5) }, nil, "components[1].example.body_text", "type" },
  { { body("Hello {{1}}, your order is here at last.", "") }, nil, "components[1].example.body_text", "type" },
  { { named("Hello {{name}}, your order is here at last.") }, NAMED, "components[1].example.body_text_named_params", "required" },
  { { named("Hello {{name}}, your order is here at last.", "nmae") }, NAMED,
    "components[1].example.body_text_named_params[1].param_name", "enum" },
  { { named("Hello {{name}}, your order is here at last.", "name", "name") }, NAMED,
    "components[1].example.body_text_named_params[2].param_name", "unique" },
  { { header("Order {{1}}"), PLAIN }, nil, "components[1].example.header_text", "required" },
  { { { type = "HEADER", format = "IMAGE" }, PLAIN }, nil, "components[1].example.header_handle", "required" },
  { { { type = "HEADER", format = "DOCUMENT", example = { header_handle = {} } }, PLAIN }, nil,
    "components[1].example.header_handle", "required" },
  -- texts
  { { body "One.\n\n\nTwo lines are empty." }, nil, "components[1].text", "format" },
  { { body "A tab \t is not advised." }, nil, "components[1].text", "format", warns = true },
  { { header "Two\nlines", PLAIN }, nil, "components[1].text", "format" },
  { { PLAIN, { type = "FOOTER", text = "Two\nlines" } }, nil, "components[2].text", "format" },
  { { { type = "HEADER", format = "TEXT" }, PLAIN }, nil, "components[1].text", "required" },
  { { { type = "HEADER", format = "LOCATION", text = "x" }, PLAIN }, nil, "components[1].text", "forbidden" },
  { { { type = "BODY" } }, nil, "components[1].text", "required" },
  { { PLAIN, { type = "FOOTER" } }, nil, "components[2].text", "required" },
  { { body(("x"):rep(1025)) }, nil, "components[1].text", "max_chars" },
  { { { type = "HEADER", format = "PRODUCT" }, body(("x"):rep(161)) }, nil, "components[2].text", "max_chars" },
  { { image(), { type = "LIMITED_TIME_OFFER", limited_time_offer = { text = "Soon" } }, body(("x"):rep(601)) }, nil,
    "components[3].text", "max_chars" },
  { { { type = "BODY", text = PLAIN.text, add_security_recommendation = true } }, nil,
    "components[1].add_security_recommendation", "forbidden" },
  { { PLAIN, { type = "FOOTER", text = "x", code_expiration_minutes = 5 } }, nil, "components[2].code_expiration_minutes", "forbidden" },
  -- the whole definition
  { { image() }, nil, "components", "required" },
  { { PLAIN, PLAIN }, nil, "components[2].type", "unique" },
  { { PLAIN }, { message_send_ttl_seconds = 60 }, "message_send_ttl_seconds", "range" },
  { { PLAIN }, { message_send_ttl_seconds = 50000, category = "UTILITY" }, "message_send_ttl_seconds", "range" },
  { { PLAIN }, { status = "APPROVED" }, "status", "forbidden", warns = true },
  { { PLAIN, { type = "A_NEW_ONE" } }, nil, "components[2].type", "enum", warns = true },
  -- buttons
  { { PLAIN, buttons(reply "a", link(), reply "b") }, nil, "components[2].buttons", "format" },
  { { PLAIN, buttons(link(), link(), link()) }, nil, "components[2].buttons", "max_items" },
  { { PLAIN, buttons({ type = "PHONE_NUMBER", text = "a", phone_number = "1" }, { type = "PHONE_NUMBER", text = "b", phone_number = "1" }) },
    nil, "components[2].buttons", "max_items" },
  { { PLAIN, buttons({ type = "COPY_CODE", example = "a" }, { type = "COPY_CODE", example = "b" }) }, nil, "components[2].buttons",
    "max_items" },
  { { PLAIN, buttons(reply "a", reply "a") }, nil, "components[2].buttons[2].text", "unique", warns = true },
  { { PLAIN, buttons(link("https://shop.example/{{1}}/x", { "a" })) }, nil, "components[2].buttons[1].url", "format" },
  { { PLAIN, buttons(link("https://shop.example/{{1}}{{2}}", { "a" })) }, nil, "components[2].buttons[1].url", "max_items" },
  { { PLAIN, buttons(link("https://shop.example/{{#}}", { "a" })) }, nil, "components[2].buttons[1].url", "format" },
  { { PLAIN, buttons(link("https://shop.example/{{1}}")) }, nil, "components[2].buttons[1].example", "required" },
  { { PLAIN, buttons(link("https://shop.example/", { "a" })) }, nil, "components[2].buttons[1].example", "forbidden", warns = true },
  { { PLAIN, buttons { type = "COPY_CODE", example = ("x"):rep(21) } }, nil, "components[2].buttons[1].example", "max_chars" },
  { { PLAIN, buttons { type = "COPY_CODE", example = {} } }, nil, "components[2].buttons[1].example", "type" },
  { { PLAIN, buttons { type = "COPY_CODE", example = 5 } }, nil, "components[2].buttons[1].example", "type" },
  { { PLAIN, buttons { type = "FLOW", text = "a", flow_id = "1", flow_action = "navigate" } }, nil,
    "components[2].buttons[1].navigate_screen", "required" },
  { { PLAIN, buttons { type = "FLOW", text = "a", flow_id = "1", flow_name = "b" } }, nil, "components[2].buttons[1]", "one_of" },
  { { PLAIN, buttons { type = "REQUEST_CONTACT_INFO", text = "Call me" } }, UTILITY, "components[2].buttons[1].text", "enum" },
  { { PLAIN, code() }, nil, "components[2].buttons[1]", "forbidden" },
  { { PLAIN, buttons { type = "A_NEW_ONE" } }, nil, "components[2].buttons[1].type", "enum", warns = true },
  -- authentication
  { { { type = "BODY", text = "x" }, code() }, AUTHENTICATION, "components[1].text", "forbidden" },
  { { { type = "BODY" }, { type = "FOOTER", text = "x" }, code() }, AUTHENTICATION, "components[2].text", "forbidden" },
  { { { type = "BODY" } }, AUTHENTICATION, "components", "required" },
  { { { type = "BODY" }, buttons(reply()) }, AUTHENTICATION, "components[2].buttons[1]", "forbidden" },
  { { header "x", { type = "BODY" }, code() }, AUTHENTICATION, "components[1]", "forbidden" },
  { { { type = "BODY" }, buttons { type = "OTP", otp_type = "ONE_TAP" } }, AUTHENTICATION, "components[2].buttons[1].supported_apps",
    "required" },
  { { { type = "BODY" }, buttons { type = "OTP", otp_type = "ZERO_TAP", supported_apps = { app() } } }, AUTHENTICATION,
    "components[2].buttons[1].zero_tap_terms_accepted", "enum" },
  { { { type = "BODY" }, code() }, { category = "AUTHENTICATION", message_send_ttl_seconds = 901 }, "message_send_ttl_seconds", "range" },
  -- parts that do not go together
  { { PLAIN, cards(card(reply()), card(reply())) }, UTILITY, "components", "forbidden" },
  { { PLAIN, cards(card(reply()), card(reply())), { type = "FOOTER", text = "x" } }, nil, "components", "forbidden" },
  { { PLAIN, { type = "LIMITED_TIME_OFFER", limited_time_offer = { text = "Soon" } }, { type = "FOOTER", text = "x" } }, nil, "components",
    "forbidden" },
  { { PLAIN, { type = "LIMITED_TIME_OFFER", limited_time_offer = { text = "Soon" } } }, UTILITY, "components", "forbidden" },
  { { header "x", PLAIN, { type = "LIMITED_TIME_OFFER", limited_time_offer = { text = "Soon" } } }, nil, "components", "forbidden" },
  { { PLAIN, { type = "CALL_PERMISSION_REQUEST" }, buttons(reply()) }, nil, "components", "forbidden" },
  -- cards
  { { PLAIN, cards(card(reply()), card(link())) }, nil, "components[2].cards[2].components", "enum" },
  { { PLAIN, cards(card(reply()), { components = { image(), body "No button here." } }) }, nil, "components[2].cards[2].components", "enum" },
  { { PLAIN, cards(card(reply "a", reply "b", reply "c"), card(reply "a", reply "b", reply "c")) }, nil,
    "components[2].cards[1].components[3].buttons", "max_items" },
  { { PLAIN, cards({ components = { body "a", buttons(reply()) } }, { components = { body "a", buttons(reply()) } }) }, nil,
    "components[2].cards[1].components", "required" },
  { { PLAIN, cards(card { type = "FLOW", text = "a", flow_id = "1" }, card { type = "FLOW", text = "a", flow_id = "1" }) }, nil,
    "components[2].cards[1].components[3].buttons[1]", "forbidden" },
  { { PLAIN, cards({ components = { image(), body(("x"):rep(161)) } }, { components = { image(), body(("x"):rep(161)) } }) }, nil,
    "components[2].cards[1].components[2].text", "max_chars" },
  { { PLAIN, cards({ components = { image(), { type = "FOOTER", text = "x" } } }, { components = { image(), { type = "FOOTER", text = "x" } } }) },
    nil, "components[2].cards[1].components[2]", "forbidden" },
  { { PLAIN, cards({ components = { header "x" } }, { components = { header "x" } }) }, nil,
    "components[2].cards[1].components[1].format", "enum" },
  { { PLAIN, cards({ components = { image(), body("Only {{1}} this week.") } }, { components = { image(), body("Only {{1}} this week.") } }) },
    nil, "components[2].cards[1].components[2].example.body_text", "required" },
  { { PLAIN, cards(card(reply())) }, nil, "components[2].cards", "min_items" },
}

local function problem_of(list, path, rule)
  for _, problem in ipairs(list or {}) do
    if problem.path == path and problem.rule == rule then return problem end
  end
end

describe("a definition that is refused", function()
  for number, row in ipairs(CASES) do
    it(("%d: %s of %s"):format(number, row[4], row[3]), function()
      local ok, err, details = validate(definition(row[1], row[2]))
      local list = row.warns and err or details and details.problems
      if row.warns then assert.is_true(ok, err) else assert.is_nil(ok) end
      local lines = {}
      for i, problem in ipairs(type(list) == "table" and list or {}) do lines[i] = problem.rule .. " " .. problem.message end
      assert.is_truthy(problem_of(list, row[3], row[4]), table.concat(lines, "\n"))
      if not row.warns then assert.is_true(details.count <= 2, table.concat(lines, "\n")) end
    end)
  end

  it("has every problem in the details, and three of them in the line", function()
    local ok, err, details = validate { name = "Order 1", language = "en-US", category = "x", foo = 1, components = { PLAIN, PLAIN } }
    assert.is_nil(ok)
    assert.equal(5, details.count)
    assert.equal(5, #details.problems)
    assert.is_truthy(err:find "%(and 2 more problems%)$", err)
    assert.is_truthy(tostring(details):find "en%-US")
  end)

  it("has a limited number of problems, for any size", function()
    local many = {}
    for i = 1, 5000 do many[i] = { type = "BODY", text = ("{{1}}{{1}}"):rep(100) } end
    local _, _, details = validate(definition(many))
    assert.is_true(#details.problems <= 100)
    local text = ("{{1}} {{"):rep(20000)
    _, _, details = validate(definition { body(text) })
    assert.is_true(#details.problems <= 100)
    assert.is_true(#tostring(details) < 50000)
  end)
end)
