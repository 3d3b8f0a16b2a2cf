-- Problems of messages that the API has refused, or accepted and never delivered, since 2026; and warnings for messages for which
-- this is not certain: addresses, templates, Direct Send. Facts from Meta's pages, not from the schema. The boundaries of single
-- fields are in schema_spec.lua.
local whatsapp = require "whatsapp"

local encode = whatsapp.encode

-- "path rule" of each problem, or of each warning with a mark
local function verdict(message)
  local json, warnings, details = encode(message)
  local lines = {}
  for i, problem in ipairs(details and details.problems or warnings or {}) do
    lines[i] = ("%s%s %s"):format(json and "warning: " or "", problem.path, problem.rule)
  end
  return lines, details and details.problems or warnings or {}
end

local function check_all(rows)
  for _, row in ipairs(rows) do
    local lines = verdict(row[2])
    assert.same({ row[3] }, lines, row[1])
  end
end

local function text(members)
  members.text = { body = "x" }
  return members
end

local function template(components, members)
  local message = { to = "1", template = { name = "n", language = { code = "en" }, components = components } }
  for name, value in pairs(members or {}) do message.template[name] = value end
  return message
end

local function component(kind, parameter, more)
  local made = { type = kind, parameters = { parameter } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function button(kind, parameter, index)
  return component("button", parameter, { sub_type = kind, index = index or 0 })
end

local function direct(interactive, members)
  local message = { to = "1", category = "utility", interactive = interactive }
  interactive.body = interactive.body or { text = "b" }
  for name, value in pairs(members or {}) do message[name] = value end
  return message
end

local function link() return { type = "cta_url", cta_url = { display_text = "Pay", url = "https://example.com/pay" } } end
local function reply(i) return { type = "reply", reply = { id = "r" .. i, title = "t" .. i } } end

-- characters that cannot be seen, and how a problem names them
local HIDDEN = {
  ["U+202A"] = "\226\128\170", ["U+200E"] = "\226\128\142", ["U+00A0"] = "\194\160", ["U+FEFF"] = "\239\187\191",
  ["U+000A"] = "\n", ["U+000D"] = "\r", ["U+0009"] = "\t", ["U+2028"] = "\226\128\168", ["U+200B"] = "\226\128\139",
  ["U+00AD"] = "\194\173", ["U+3164"] = "\227\133\164", ["U+E0001"] = "\243\160\128\129", ["U+0085"] = "\194\133",
}

describe("an address in a raw message", function()
  it("is refused if it is a business-scoped user id in `to`, also with pasted spaces or marks", function()
    local ids = { "US.13491208655302741918", "us.1", "DE.ENT.11815799212886844830", "BR.A1b2C3", " US.1 ", "US.ENT" }
    for _, hidden in pairs(HIDDEN) do ids[#ids + 1] = hidden .. "US.1" .. hidden end
    for _, id in ipairs(ids) do
      local lines, problems = verdict(text { to = id })
      assert.same({ "to format" }, lines, id)
      assert.is_truthy(problems[1].message:find("`recipient`", 1, true))
      assert.same({ "to format" }, verdict(text { to = id, recipient = "US.1" }))
      assert.same({ "to format" }, verdict(text { to = id, recipient_type = "group" }))
      assert.is_string((encode(text { to = id }, { mode = "lenient" })))
    end
  end)

  it("gets no warning if the message can be delivered", function()
    for _, to in ipairs { "16505551234", "+16505551234", "+1 650 555 1234", "1-650-555-1234", "+1 (650) 555-1234", "1", 16505551234,
      "Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAzNjMzOTQzMjAdOTY0MTUZD" } do
      assert.same({}, verdict(text { to = to }), tostring(to))
    end
    assert.same({}, verdict(text { to = "abc", recipient_type = "group" }))
    assert.same({}, verdict(text { recipient = "US.13491208655302741918" }))
    assert.same({}, verdict(text { recipient = "US.ENT.11815799212886844830" }))
  end)

  it("gets a warning if it is probably wrong", function()
    check_all {
      { "a user name", text { to = "@ana" }, "warning: to format" },
      { "a user name for a user id", text { recipient = "@ana.b1" }, "warning: recipient format" },
      { "no digit", text { to = "ana" }, "warning: to format" },
      { "a phone number in recipient", text { recipient = "16505551234" }, "warning: recipient format" },
      { "with everything", text { recipient = "+1 (650) 555-1234" }, "warning: recipient format" },
      { "as a number", text { recipient = 16505551234 }, "warning: recipient format" },
    }
  end)

  it("gets a warning that names an invisible character", function()
    for name, hidden in pairs(HIDDEN) do
      for _, field in ipairs { "to", "recipient" } do
        local id = field == "to" and "16505551234" or "US.1"
        for _, address in ipairs { hidden .. id, id .. hidden, id:sub(1, 2) .. hidden .. id:sub(3) } do
          local lines, problems = verdict(text { [field] = address })
          if field == "recipient" then
            assert.same({ "warning: recipient format" }, lines, name)
            assert.equal(name, problems[1].actual)
            assert.is_truthy(problems[1].message:find(name, 1, true))
          else
            assert.same({ "warning: to format" }, lines, name)
            assert.equal(name, problems[1].actual)
          end
        end
      end
    end
  end)

  it("is quoted so that a terminal shows every character", function()
    local _, problems = verdict(text { to = "\226\128\174US.1\194\155" })
    assert.is_truthy(problems[1].message:find("\\u{202E}US.1\\u{9B}", 1, true), problems[1].message)
  end)
end)

describe("a template", function()
  local function header(parameter) return component("header", parameter) end
  local function body(parameter) return component("body", parameter) end
  local function action(value) return { type = "action", action = value } end

  -- every text value: a function that makes a message with it, and its path
  local VALUES = {
    { "template.components[1].parameters[1].text", false, function(v) return template { header { type = "text", text = v } } end },
    { "template.components[1].parameters[1].text", false, function(v) return template { body { type = "text", text = v } } end },
    { "template.components[1].parameters[1].currency.fallback_value", false, function(v)
      return template { body { type = "currency", currency = { fallback_value = v, code = "EUR", amount_1000 = 1 } } }
    end },
    { "template.components[1].parameters[1].date_time.fallback_value", false, function(v)
      return template { body { type = "date_time", date_time = { fallback_value = v } } }
    end },
    { "template.components[1].cards[1].components[1].parameters[1].text", false, function(v)
      return template { { type = "carousel", cards = { { card_index = 0, components = { body { type = "text", text = v } } } } } }
    end },
    { "template.components[1].parameters[1].location.name", true, function(v)
      return template { header { type = "location", location = { latitude = 1, longitude = 2, name = v } } }
    end },
    { "template.components[1].parameters[1].location.address", true, function(v)
      return template { header { type = "location", location = { latitude = 1, longitude = 2, address = v } } }
    end },
    { "template.components[1].parameters[1].payload", true, function(v)
      return template { button("quick_reply", { type = "payload", payload = v }) }
    end },
    { "template.components[1].parameters[1].text", true, function(v)
      return template { button("quick_reply", { type = "text", text = v }) }
    end },
    { "template.components[1].parameters[1].text", true, function(v) return template { button("url", { type = "text", text = v }) } end },
    { "template.components[1].parameters[1].coupon_code", true, function(v)
      return template { button("copy_code", { type = "coupon_code", coupon_code = v }) }
    end },
    { "template.components[1].parameters[1].payload", true, function(v)
      return template { button("voice_call", { type = "payload", payload = v }) }
    end },
    { "template.components[1].parameters[1].action.sections[1].title", true, function(v)
      return template { button("mpm", action { thumbnail_product_retailer_id = "1",
        sections = { { title = v, product_items = { { product_retailer_id = "1" } } } } }) }
    end },
    { "template.components[1].parameters[1].tap_target_configuration[1].title", true, function(v)
      return template { component("tap_target_configuration", { type = "tap_target_configuration",
        tap_target_configuration = { { url = "https://example.com", title = v } } }) }
    end },
    { "template.components[1].parameters[1].tap_target_configuration[1].url", true, function(v)
      return template { component("tap_target_configuration", { type = "tap_target_configuration",
        tap_target_configuration = { { url = v, title = "t" } } }) }
    end },
    { "template.components[1].parameters[1].order_status.order.description", true, function(v)
      return template { component("order_status", { type = "order_status",
        order_status = { reference_id = "1", order = { status = "shipped", description = v } } }) }
    end },
  }

  it("has no line end, tab or run of spaces in any text value: refused in header and body, a warning in buttons", function()
    for _, row in ipairs(VALUES) do
      local path, soft, make = row[1], row[2], row[3]
      for _, value in ipairs { "a\nb", "12\n", "a\tb", "a\rb", "a     b", "\195\164\n" } do
        assert.same({ (soft and "warning: " or "") .. path .. " format" }, verdict(make(value)), path .. (" %q"):format(value))
      end
      assert.same({}, verdict(make "abc"), path)
    end
  end)

  it("has no space in the end of a button's URL", function()
    check_all {
      { "a space", template { button("url", { type = "text", text = "meeting 12" }) },
        "warning: template.components[1].parameters[1].text format" },
      { "a line end", whatsapp.message.template("1", "n", "en", { buttons = { { url = "meeting/12\n" } } }),
        "warning: template.components[1].parameters[1].text format" },
    }
  end)

  it("may have a body over 1,024 characters only if the body is its only part", function()
    local function long(count) return body { type = "text", text = ("x"):rep(count) } end
    local path = "template.components[%d].parameters[1].text max_chars"
    local other = { header { type = "text", text = "h" }, button("quick_reply", { type = "payload", payload = "p" }),
      { type = "carousel", cards = { { card_index = 0, components = {} } } } }
    assert.same({}, verdict(template { long(1025) }))
    assert.same({}, verdict(template { long(32768) }))
    assert.same({ path:format(1) }, verdict(template { long(32769) }))
    for _, part in ipairs(other) do
      assert.same({}, verdict(template { part, long(1024) }))
      assert.same({ path:format(2) }, verdict(template { part, long(1025) }))
      assert.same({ path:format(1) }, verdict(template { long(1025), part }))
    end
    assert.same({ "template.components[1].cards[1].components[1].parameters[1].text max_chars" },
      verdict(template { { type = "carousel", cards = { { card_index = 0, components = { long(1025) } } } } }))
    assert.same({}, verdict(template { { type = "carousel", cards = { { card_index = 0, components = { long(1024) } } } } }))
    local _, problems = verdict(template { long(1025), other[1] })
    assert.same({ 1024, 1025 }, { problems[1].limit, problems[1].actual })
  end)

  it("has a language that exists; else the problem shows the right spelling", function()
    local MEANT = { ["pt-BR"] = "pt_BR", ["PT_BR"] = "pt_BR", ["pt_br"] = "pt_BR", EN = "en", ["en-us"] = "en_US", Fil = "fil" }
    for code, meant in pairs(MEANT) do
      local lines, problems = verdict(template({}, { language = { code = code } }))
      assert.same({ "warning: template.language.code format" }, lines, code)
      assert.is_truthy(problems[1].message:find("`" .. meant .. "`", 1, true), problems[1].message)
    end
    for _, code in ipairs { "english", "e", "en_USA", "en US", "en_1A", "\195\164\195\164" } do
      assert.same({ "warning: template.language.code format" }, verdict(template({}, { language = { code = code } })), code)
    end
    for _, code in ipairs { "en", "en_US", "fil", "pt_BR", "zh_CN", "zh_HK" } do
      assert.same({}, verdict(template({}, { language = { code = code } })), code)
    end
  end)

  it("has each part once, and each position of a button once", function()
    local function place(index) return button("quick_reply", { type = "payload", payload = "p" }, index) end
    local words = body { type = "text", text = "x" }
    check_all {
      { "two bodies", template { words, body { type = "text", text = "y" } }, "warning: template.components[2].type unique" },
      { "in another case", template { words, { type = "BODY" } }, "warning: template.components[2].type unique" },
      { "two headers", template { { type = "header" }, { type = "header" } }, "warning: template.components[2].type unique" },
      { "a place twice", template { place(0), place(0) }, "warning: template.components[2].index unique" },
      { "as a string", template { place(0), place "1", place "0" }, "warning: template.components[3].index unique" },
      { "other places", template { words, place(0), place(1), place "2", { type = "header" } } },
      { "in a card", template { words, { type = "carousel", cards = {
          { card_index = 0, components = { words, place(0), place(1) } }, { card_index = 1, components = { words, place(0), place(0) } },
        } } }, "warning: template.components[2].cards[2].components[3].index unique" },
    }
  end)

  it("may ask for a payment, up to three times", function()
    local function payment(index, kind, value)
      return button("payment_request", action { payment_request = { payment_setting = { type = kind, [kind] = value } } }, index)
    end
    local all = { payment(0, "pix_dynamic_code", { code = "1" }), payment(1, "boleto", { digitable_line = "1" }),
      payment(2, "payment_link", { uri = "https://example.com" }) }
    assert.same({}, verdict(template(all)))
    all[4] = payment(3, "boleto", { digitable_line = "1" })
    assert.same({ "warning: template.components[4].sub_type max_items" }, verdict(template(all)))
    assert.same({ "warning: template.components[1].parameters[1].action.payment_request.payment_setting.type enum" },
      verdict(template { payment(0, "gold", nil) }))
  end)

  it("must have no member of the On-Premises API, and the problem says so", function()
    for _, message in ipairs { template({}, { namespace = "x" }), text { to = "1", hsm = {} }, { to = "1", type = "hsm", hsm = {} } } do
      local lines, problems = verdict(message)
      assert.equal(1, #lines)
      assert.is_truthy(problems[1].message:find("On-Premises", 1, true), problems[1].message)
      assert.is_nil((encode(message)))
    end
  end)
end)

describe("an interactive message", function()
  it("gets warnings for members that production senders send and no page documents", function()
    local function product(kind, action)
      local header = kind == "product_list" and { type = "text", text = "h" } or nil
      return { to = "1", interactive = { type = kind, header = header, body = { text = "b" }, action = action } }
    end
    local sections = { { product_items = { { product_retailer_id = "1" } } } }
    check_all {
      { "a name", product("product", { name = "product", catalog_id = "1", product_retailer_id = "2" }),
        "warning: interactive.action.name forbidden" },
      { "of a list", product("product_list", { name = "x", catalog_id = "1", sections = sections }),
        "warning: interactive.action.name forbidden" },
      { "a file name", { to = "1", video = { id = "1", filename = "v.mp4" } }, "warning: video.filename forbidden" },
    }
  end)

  it("has each id of its cards' buttons once", function()
    local function card(i, ...)
      local buttons = {}
      for n, id in ipairs { ... } do buttons[n] = { type = "quick_reply", quick_reply = { id = id, title = "t" .. n } } end
      return { card_index = i, type = "cta_url", header = { type = "image", image = { id = "1" } }, action = { buttons = buttons } }
    end
    local function carousel(...)
      return { to = "1", interactive = { type = "carousel", body = { text = "b" }, action = { cards = { ... } } } }
    end
    assert.same({}, verdict(carousel(card(0, "a", "b"), card(1, "c", "d"))))
    assert.same({ "warning: interactive.action.cards[2].action.buttons[1].quick_reply.id unique" },
      verdict(carousel(card(0, "a", "b"), card(1, "b", "d"))))
  end)
end)

describe("Direct Send", function()
  it("has its own fields", function()
    check_all {
      { "all", text { to = "1", category = "utility", ttl_seconds = 30, direct_send_config = { template_name = "order_1" } } },
      { "a service", text { to = "1", category = "service", messaging_account_id = "1" } },
      { "a new category", text { to = "1", category = "news" }, "warning: category enum" },
      { "no category", text { to = "1", ttl_seconds = 30 }, "category required" },
      { "too short", text { to = "1", category = "utility", ttl_seconds = 29 }, "warning: ttl_seconds range" },
      { "too long", text { to = "1", category = "utility", ttl_seconds = 43201 }, "warning: ttl_seconds range" },
      { "long", text { to = "1", category = "authentication", ttl_seconds = 900 } },
      { "too long for a code", text { to = "1", category = "AUTHENTICATION", ttl_seconds = 901 }, "warning: ttl_seconds range" },
      { "a name for a code", text { to = "1", category = "authentication", direct_send_config = { template_name = "a" } },
        "warning: direct_send_config forbidden" },
      { "a name alone", text { to = "1", direct_send_config = { template_name = "a" } }, "warning: category required" },
      { "an odd name", text { to = "1", category = "utility", direct_send_config = { template_name = "Order 1" } },
        "warning: direct_send_config.template_name format" },
      { "the old name", text { to = "1", paid_messaging_account_id = "1" }, "warning: paid_messaging_account_id forbidden" },
      { "a bid", text { to = "1", bid_spec = { per_message_bid_multiplier = 1.5 } } },
    }
  end)

  it("checks the documented shapes, and warns about other shapes", function()
    local function image(media) return { type = "image", image = media } end
    local pair = { id = "1", link = "https://example.com/a.png" }
    check_all {
      { "a long text", { to = "1", category = "utility", text = { body = ("x"):rep(1025) } }, "warning: text.body max_chars" },
      { "a preview", { to = "1", category = "utility", text = { body = "x", preview_url = true } }, "warning: text.preview_url forbidden" },
      { "mixed buttons", direct { type = "button", header = image(pair), action = { buttons = { link(), link(), reply(1), reply(2) } } } },
      { "a header of nothing", direct { type = "button", header = image {}, action = { buttons = { reply(1) } } },
        "interactive.header.image.id required" },
      { "a reply first", direct { type = "button", action = { buttons = { reply(1), link() } } },
        "warning: interactive.action.buttons[2].cta_url forbidden" },
      { "three links", direct { type = "button", action = { buttons = { link(), link(), link(), reply(1) } } },
        "warning: interactive.action.buttons[3].cta_url max_items" },
      { "eleven buttons", direct { type = "button", action = { buttons = (function()
          local list = {}
          for i = 1, 11 do list[i] = reply(i) end
          return list
        end)() } }, "warning: interactive.action.buttons max_items" },
      { "no buttons", direct { type = "button", action = {} }, "interactive.action.buttons required" },
      { "a link", direct { type = "cta_url", action = { name = "cta_url", parameters = { display_text = ("x"):rep(21), url = "https://e.com" } } },
        "warning: interactive.action.parameters.display_text max_chars" },
      { "a call", direct { type = "voice_call", action = { name = "voice_call" } } },
      { "an address", direct { type = "address_message", action = { name = "address_message" } }, "warning: interactive.type enum" },
      { "an audio", { to = "1", category = "utility", audio = { id = "1" } }, "warning: audio forbidden" },
      { "a sticker", { to = "1", category = "utility", sticker = { id = "1" } }, "warning: sticker forbidden" },
      { "a place", { to = "1", category = "utility", location = { latitude = 1, longitude = 2 } }, "warning: location forbidden" },
      { "a card", { to = "1", category = "utility", contacts = { { name = { formatted_name = "n" } } } }, "warning: contacts forbidden" },
      { "a reaction", { to = "1", category = "utility", reaction = { message_id = "w", emoji = "" } }, "warning: reaction forbidden" },
      { "an image", { to = "1", category = "utility", image = { id = "1" } } },
    }
  end)
end)
