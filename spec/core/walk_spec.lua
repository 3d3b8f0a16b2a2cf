-- The walker with whole messages: the bytes that it writes, and the problems that it reports. The
-- boundaries of single fields are in schema_spec.lua.
local whatsapp = require "whatsapp"

local encode, validate = whatsapp.encode, whatsapp.validate

local function problems_of(message, options)
  local json, text, details = encode(message, options)
  assert.is_nil(json)
  assert.is_string(text)
  assert.equal("invalid", details.kind)
  assert.is_false(details.retryable)
  assert.is_false(details.may_have_been_sent)
  assert.equal(text:match "^[^\n]*", text)
  return details.problems, text, details
end

local function brief(problems)
  local lines = {}
  for i, problem in ipairs(problems) do lines[i] = problem.path .. " " .. problem.rule end
  return lines
end

local function interactive(kind, action, more)
  local message = { to = "1", interactive = { type = kind, body = { text = "b" }, action = action } }
  for name, value in pairs(more or {}) do message.interactive[name] = value end
  return message
end

local function button(id, title)
  return { type = "reply", reply = { id = id, title = title } }
end

local function template(...)
  return { to = "1", template = { name = "n", language = { code = "en" }, components = { ... } } }
end

local function body_text(text, name)
  return { type = "text", text = text, parameter_name = name }
end

describe("whatsapp.encode", function()
  describe("writes", function()
    local cases = {
      { "a text, with what the envelope fills in",
        { to = "1", text = { body = "x" } },
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"text","text":{"body":"x"}}' },
      { "what was given instead of what it would fill in",
        { type = "TEXT", recipient_type = "GROUP", messaging_product = "WhatsApp", to = "g", text = { body = "x" } },
        '{"messaging_product":"WhatsApp","recipient_type":"GROUP","to":"g","type":"TEXT","text":{"body":"x"}}' },
      { "fields in the schema's order, false and the empty string too",
        { text = { preview_url = false, body = "x" }, to = "1", biz_opaque_callback_data = "" },
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","biz_opaque_callback_data":"",'
          .. '"type":"text","text":{"body":"x","preview_url":false}}' },
      { "a mark as read", { status = "read", message_id = "wamid.X" },
        '{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}' },
      { "a typing indicator", { status = "read", message_id = "wamid.X", typing_indicator = { type = "text" } },
        '{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X","typing_indicator":{"type":"text"}}' },
      { "an empty list as a list", template(),
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"template","template":'
          .. '{"name":"n","language":{"code":"en"},"components":[]}}' },
      { "an empty object as an object", interactive("voice_call", { name = "voice_call", parameters = {} }),
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"interactive","interactive":'
          .. '{"type":"voice_call","body":{"text":"b"},"action":{"name":"voice_call","parameters":{}}}}' },
      { "an index of 0 as it was given", template({ type = "button", sub_type = "catalog", index = 0 },
          { type = "button", sub_type = "catalog", index = "1" }),
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"template","template":'
          .. '{"name":"n","language":{"code":"en"},"components":[{"type":"button","sub_type":"catalog","index":0},'
          .. '{"type":"button","sub_type":"catalog","index":"1"}]}}' },
      { "nothing for JSON's null", { to = "1", context = whatsapp.null, text = { body = "x", preview_url = whatsapp.null } },
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"text","text":{"body":"x"}}' },
      { "a user id beside a number", { to = "1", recipient = "US.1", text = { body = "x" } },
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","recipient":"US.1","type":"text","text":{"body":"x"}}' },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        assert.equal(case[3], (encode(case[2])))
        assert.is_true((validate(case[2])))
      end)
    end

    it("strings with everything escaped that JSON wants escaped, and nothing else", function()
      local body = "\"\\/\b\f\n\r\t\0\1\31\127 \195\169 \226\130\172 \240\159\152\128 </script>"
      assert.is_truthy(encode({ to = "1", text = { body = body } }):find(
        [["body":"\"\\/\b\f\n\r\t\u0000\u0001\u001f]] .. "\127 \195\169 \226\130\172 \240\159\152\128 </script>\"", 1, true))
    end)

    it("strings of every length around its stride, with an escape at every place", function()
      for length = 0, 40 do
        for at = 1, length do
          local body = ("a"):rep(at - 1) .. "\n" .. ("b"):rep(length - at)
          local wanted = '"body":"' .. ("a"):rep(at - 1) .. "\\n" .. ("b"):rep(length - at) .. '"'
          assert.is_truthy(encode({ to = "1", text = { body = body } }):find(wanted, 1, true))
        end
      end
    end)

    it("a phone number or an id as a string of its digits", function()
      local json = encode { to = 106540352242922, context = { message_id = 5.0 }, text = { body = "x" } }
      assert.is_truthy(json:find('"to":"106540352242922"', 1, true))
      assert.is_truthy(json:find('"message_id":"5"', 1, true))
    end)

    it("whole numbers exactly", function()
      local function amount(n)
        return template { type = "body", parameters = {
          { type = "currency", currency = { fallback_value = "x", code = "EUR", amount_1000 = n } } } }
      end
      for _, n in ipairs { 0, 1, -1, 2147483648, 4294967296, 1e15, -9007199254740992 } do
        assert.is_truthy(encode(amount(n)):find(('"amount_1000":%.0f}'):format(n), 1, true))
      end
      if math.maxinteger then
        assert.is_truthy(encode(amount(math.maxinteger)):find('"amount_1000":9223372036854775807}', 1, true))
        assert.is_truthy(encode(amount(math.mininteger)):find('"amount_1000":-9223372036854775808}', 1, true))
      end
    end)

    it("other numbers without an exponent, so that they read back as the same number", function()
      local function latitude(n) return encode { to = "1", location = { latitude = n, longitude = "-0.5" } } end
      local written_as = { [0.1] = "0.1", [-12.5] = "-12.5", [1e-7] = "0.0000001", [1e21] = "1000000000000000000000",
        [1 / 3] = "0.3333333333333333", [123456.789] = "123456.789", [2 ^ 60 + 0.0] = "1152921504606846976",
        [5e-324] = "0." .. ("0"):rep(323) .. "5" }
      for number, text in pairs(written_as) do
        local written = latitude(number):match '"latitude":([^,]*),'
        assert.equal(number, tonumber(written))
        if number ~= 2 ^ 60 and number ~= 5e-324 then assert.equal(text, written) end
        assert.is_nil(written:find "e")
      end
      assert.is_truthy(latitude(1.5):find('"longitude":"-0.5"', 1, true))
    end)

    it("free data with its own names, sorted by their bytes, lists and nulls kept", function()
      local data = { b = 1, a = { 1, 2.5, "x", true, whatsapp.null, {} }, ["\195\164"] = false, A = whatsapp.array {}, ["a b"] = "y" }
      local json = encode(interactive("flow", { name = "flow", parameters = { flow_message_version = "3", flow_id = "1",
        flow_cta = "x", flow_action_payload = { screen = "S", data = data } } }))
      assert.is_truthy(json:find('"data":{"A":[],"a":[1,2.5,"x",true,null,{}],"a b":"y","b":1,"\195\164":false}', 1, true))
    end)

    it("a list in its order, for any order in which its table was filled", function()
      local function listed(fill)
        local contacts = {}
        fill(contacts)
        return (encode { to = "1", contacts = contacts })
      end
      local function card(i) return { name = { formatted_name = "n" .. i } } end
      local upwards = listed(function(t) for i = 1, 9 do t[i] = card(i) end end)
      assert.is_truthy(upwards:find('"n1".*"n2".*"n9"'))
      assert.equal(upwards, listed(function(t) for i = 9, 1, -1 do t[i] = card(i) end end))
      assert.equal(upwards, listed(function(t)
        for _, i in ipairs { 5, 2, 9, 1, 7, 3, 8, 6, 4 } do t[i] = card(i) end
      end))
      assert.equal(upwards, listed(function(t)
        t.x = 1
        for i = 1, 9 do t[i + 0.0] = card(i) end
        t.x = nil
      end))
    end)

    it("the same bytes for tables that were filled in another order", function()
      local first, second = { to = "1" }, { text = { body = "x" } }
      first.type, first.text = "text", { body = "x" }
      second.type, second.to = "text", "1"
      assert.equal((encode(first)), (encode(second)))
    end)
  end)

  describe("finds", function()
    local long = ("x"):rep(21)
    local rows = {}
    for i = 1, 6 do rows[i] = { id = "r" .. i, title = "t" } end
    local cases = {
      { "no recipient", { text = { body = "x" } }, { "to required" } },
      { "no type and no content", { to = "1" }, { "type required" } },
      { "two contents and no type", { to = "1", text = { body = "x" }, image = { id = "1" } }, { " one_of" } },
      { "an unknown type", { to = "1", type = "txt", text = { body = "" } }, { "type enum" } },
      { "the content of another type", { to = "1", type = "image", text = { body = "x" } }, { "image required" } },
      { "two contents", { to = "1", type = "text", text = { body = "x" }, image = { id = "1" } }, { "image forbidden" } },
      { "neither id nor link", { to = "1", image = {} }, { "image one_of" } },
      { "a name that belongs elsewhere", { to = "1", sticker = { id = "1", caption = "c" } }, { "sticker.caption forbidden" } },
      { "a misspelt name", { to = "1", text = { body = "x", bdy = "y" } }, { "text.bdy unknown" } },
      { "unknown names after the others, by name", { to = "1", text = { body = "", z9 = 1, a9 = 1 } },
        { "text.body min_chars", "text.a9 unknown", "text.z9 unknown" } },
      { "a reply to go with a reaction", { to = "1", context = { message_id = "w" }, reaction = { message_id = "w", emoji = "" } },
        { "context forbidden" } },
      { "a pin to a user", { to = "1", recipient_type = "individual", pin = { type = "unpin", message_id = "w" } },
        { "recipient_type enum" } },
      { "a pin without a recipient type", { to = "1", pin = { type = "unpin", message_id = "w" } }, { "recipient_type required" } },
      { "days of an unpin", { to = "1", recipient_type = "group", pin = { type = "unpin", message_id = "w", expiration_days = 3 } },
        { "pin.expiration_days forbidden" } },
      { "a recipient of a mark as read", { status = "read", message_id = "w", to = "1" }, { "to forbidden" } },
      { "ids and titles that stand twice", interactive("button", { buttons = { button("a", "A"), button("a", "A") } }),
        { "interactive.action.buttons[2].reply.id unique", "interactive.action.buttons[2].reply.title unique" } },
      { "too many rows in two sections", interactive("list", { button = "m", sections = {
          { title = "a", rows = rows }, { title = "b", rows = rows } } }), { "interactive.action.sections max_items" } },
      { "no title where there are two sections", interactive("list", { button = "m", sections = {
          { title = "a", rows = { rows[1] } }, { rows = { rows[2] } } } }), { "interactive.action.sections[2].title required" } },
      { "an image over a list", interactive("list", { button = "m", sections = { { rows = { rows[1] } } } },
          { header = { type = "image", image = { id = "1" } } }), { "interactive.header.type enum" } },
      { "a header without what it says", interactive("button", { buttons = { button("a", "A") } },
          { header = { type = "video", text = "x" } }), { "interactive.header.video required" } },
      { "a header over a product", interactive("product", { catalog_id = "1", product_retailer_id = "2" },
          { header = { type = "text", text = "x" } }), { "interactive.header forbidden" } },
      { "a flow by id and by name", interactive("flow", { name = "flow", parameters = { flow_message_version = "3",
          flow_id = "1", flow_name = "n", flow_cta = "x" } }), { "interactive.action.parameters one_of" } },
      { "named and positional values", template { type = "body", parameters = { body_text("a"), body_text("b", "n"), body_text("c") } },
        { "template.components[1].parameters[1].parameter_name required",
          "template.components[1].parameters[3].parameter_name required" } },
      { "a position among many named values", template { type = "body", parameters = (function()
          local list = {}
          for i = 1, 300 do list[i] = body_text("x", i ~= 290 and "n" .. i or nil) end
          return list
        end)() }, { "template.components[1].parameters[290].parameter_name required" } },
      { "another kind of value than the button takes", template { type = "button", sub_type = "copy_code", index = 0,
          parameters = { { type = "payload", payload = "x" } } }, { "template.components[1].parameters[1].type enum" } },
      { "a list where an object belongs", { to = "1", text = { "x" } }, { "text type" } },
      { "an object where a list belongs", { to = "1", contacts = { name = { formatted_name = "x" } } }, { "contacts type" } },
      { "a list with a hole", { to = "1", contacts = { [2] = { name = { formatted_name = "x" } } } }, { "contacts type" } },
      { "a list with a hole in the middle", { to = "1", contacts = { { name = { formatted_name = "x" } }, nil,
          { name = { formatted_name = "x" } } } }, { "contacts type" } },
      { "a list with a name", { to = "1", contacts = { { name = { formatted_name = "x" } }, more = 1 } }, { "contacts type" } },
      { "a list from 0", { to = "1", contacts = { [0] = {}, { name = { formatted_name = "x" } } } }, { "contacts type" } },
      { "a list by fractions", { to = "1", contacts = { [1.5] = { name = { formatted_name = "x" } } } }, { "contacts type" } },
      { "keys that are no names", { to = "1", text = { body = "x", [true] = 1, [print] = 2, [1.5] = 3 } },
        { "text.boolean unknown", "text.function unknown", "text.number unknown" } },
      { "booleans and userdata where lists hold objects", { to = "1", contacts = { true, print, io.stdout } },
        { "contacts[1] type", "contacts[2] type", "contacts[3] type" } },
      { "a null in a list", { to = "1", contacts = { whatsapp.null } }, { "contacts[1] type" } },
      { "a position among names", { to = "1", text = { body = "x", "y" } }, { "text[1] unknown" } },
      { "a message that is a list", { 1, 2 }, { " type" } },
      { "two cards of different kinds", { to = "1", interactive = { type = "carousel", body = { text = "b" }, action = { cards = {
          { card_index = 0, type = "product", action = { product_retailer_id = "1", catalog_id = "1" } },
          { card_index = 0, type = "product", action = { product_retailer_id = "1", catalog_id = "2" } } } } } },
        { "interactive.action.cards[2].card_index unique", "interactive.action.cards[2].action.catalog_id enum" } },
      { "an id that stands twice, as a number and as a string", interactive("button", { buttons = { button(1, "A"), button("1", "B") } }),
        { "interactive.action.buttons[2].reply.id unique" } },
      { "cards of two types", { to = "1", interactive = { type = "carousel", body = { text = "b" }, action = { cards = {
          { card_index = 0, type = "product", action = { product_retailer_id = "1", catalog_id = "1" } },
          { card_index = 1, type = "cta_url", header = { type = "image", image = { id = "1" } }, action = { name = "cta_url",
            parameters = { display_text = "d", url = "https://e.com" } } } } } } },
        { "interactive.action.cards[2].type enum" } },
      { "an empty title where there are two sections", interactive("list", { button = "m", sections = {
          { title = "a", rows = { rows[1] } }, { title = "", rows = { rows[2] } } } }), { "interactive.action.sections[2].title min_chars" } },
      { "a latitude that is empty", { to = "1", location = { latitude = "", longitude = 1 } }, { "location.latitude min_chars" } },
      { "a negative id", { to = -5, text = { body = "x" } }, { "to range" } },
      { "all that is wrong, in the schema's order", { type = "interactive", interactive = { type = "button",
          footer = { text = ("x"):rep(61) }, action = { buttons = { button("a", long) } }, odd = 1 } },
        { "interactive.body required", "interactive.footer.text max_chars",
          "interactive.action.buttons[1].reply.title max_chars", "interactive.odd unknown", "to required" } },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        local found = brief((problems_of(case[2])))
        if case[1] == "keys that are no names" then table.sort(found) end -- the order of pairs()
        assert.same(case[3], found)
        assert.is_nil((validate(case[2])))
      end)
    end
  end)

  describe("says", function()
    local cases = {
      { "how long it is and may be", interactive("button", { buttons = { button("a", ("x"):rep(27)) } }),
        "interactive.action.buttons[1].reply.title: 27 characters, at most 20" },
      { "which type was meant", { to = "1", txt = { body = "x" } }, "txt: no such field, did you mean `text`?" },
      { "where a name belongs that has no type", { to = "1", body = "x" }, "body: does not belong here, it belongs into `text`" },
      { "which number it got", { to = 1e300, text = { body = "x" } }, "to: must be a string or a whole number, got 1" },
      { "that a number may have been another one", { to = 2 ^ 53 + 2, text = { body = "x" } },
        "got 9007199254740994, too large to be exact: write it as a string" },
      { "which name was meant", { to = "1", text = { body = "x", preview_ulr = true } },
        "text.preview_ulr: no such field, did you mean `preview_url`?" },
      { "where a name belongs", { to = "1", type = "text", text = {}, body = "x" }, "body: does not belong here, it belongs into `text`" },
      { "what lets a new type through", { to = "1", type = "gif", gif = {} }, 'got "gif" (mode = "lenient" lets a new one through)' },
      { "what is needed", { to = "1", text = {} }, "text.body: missing: a string of 1 to 4096 characters" },
      { "what it got", { to = "1", text = { body = true } }, "text.body: must be a string, got boolean" },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        local problems = problems_of(case[2])
        local texts = {}
        for i, problem in ipairs(problems) do texts[i] = problem.message end
        assert.is_truthy(table.concat(texts, "\n"):find(case[3], 1, true), table.concat(texts, "\n"))
      end)
    end

    it("the number of all problems, and keeps a hundred", function()
      local contacts = {}
      for i = 1, 150 do contacts[i] = {} end
      local problems, text, details = problems_of { to = "1", contacts = contacts }
      assert.equal(100, #problems)
      assert.equal(150, details.count)
      assert.is_truthy(text:find("contacts[1].name: missing", 1, true))
      assert.is_truthy(text:find("(and 147 more problems)", 1, true))
    end)

    it("up to three problems in its line, an unknown name whose meaning is known first", function()
      local function line(message) return (select(2, encode(message))) end
      assert.equal("to: missing: `to` or `recipient` is needed", line { text = { body = "x" } })
      assert.equal("to: 0 characters, at least 1; text.body: missing: a string of 1 to 4096 characters", line { to = "", text = {} })
      assert.equal("text.bdy: no such field, did you mean `body`?; to: 0 characters, at least 1; text.body: missing: "
        .. "a string of 1 to 4096 characters", line { to = "", text = { bdy = "x" } })
      assert.equal("text.bdy: no such field, did you mean `body`?; text.previw_url: no such field, did you mean `preview_url`?; "
        .. "to: 0 characters, at least 1 (and 1 more problem)", line { to = "", text = { bdy = "x", previw_url = true } })
      assert.equal("text.body: missing: a string of 1 to 4096 characters; text.zzzzzz: no such field (there are body, preview_url)",
        line { to = "1", text = { zzzzzz = "x" } })
      local _, _, details = encode { to = "", text = { bdy = "x" } }
      assert.same({ "to min_chars", "text.body required", "text.bdy unknown" }, brief(details.problems)) -- in the schema's order
    end)

    it("with a metatable that every details has, the same one for a whole Lua state", function()
      local core = require "whatsapp.core"
      assert.equal(core.details, getmetatable((select(3, encode {}))))
      assert.equal(core.details, getmetatable((select(3, validate {}))))
      package.loaded["whatsapp.core"] = nil
      local again = require "whatsapp.core"
      package.loaded["whatsapp.core"] = core
      assert.equal(core.details, again.details)
      local lines = tostring((select(3, encode { text = { body = "x" } })))
      assert.is_truthy(lines:find("to: missing: `to` or `recipient` is needed", 1, true), lines)
    end)

    it("limit and actual of each", function()
      local problem = problems_of({ to = "1", text = { body = ("\195\169"):rep(4097) } })[1]
      assert.same({ path = "text.body", rule = "max_chars", limit = 4096, actual = 4097,
        message = "text.body: 4097 characters, at most 4096" }, problem)
    end)

    it("names that are no words in quotes, shortened and escaped", function()
      local message = { to = "1", text = { body = "x", ["a b"] = 1, ["\255\n\"\\"] = 1, [("k"):rep(500)] = 1 } }
      local paths = brief((problems_of(message)))
      assert.same({ 'text["a b"] unknown', 'text["' .. ("k"):rep(60) .. '..."] unknown', 'text["\\255\\010\\"\\\\"] unknown' }, paths)
    end)
  end)

  describe("warns of rules that only some sources state", function()
    local cases = {
      { "a list's body over 1024", interactive("list", { button = "m", sections = { { rows = { { id = "1", title = "t" } } } } },
          { body = { text = ("x"):rep(1025) } }), "interactive.body.text max_chars" },
      { "a sound's caption", { to = "1", audio = { id = "1", caption = "x" } }, "audio.caption forbidden" },
      { "rows with one id", interactive("list", { button = "m", sections = { { rows = {
          { id = "1", title = "t" }, { id = "1", title = "u" } } } } }), "interactive.action.sections[1].rows[2].id unique" },
      { "buttons in a group", { to = "g", recipient_type = "group", interactive = { type = "button", body = { text = "b" },
          action = { buttons = { button("a", "A") } } } }, "interactive forbidden" },
      { "a payload with data_exchange", interactive("flow", { name = "flow", parameters = { flow_message_version = "3",
          flow_id = "1", flow_cta = "x", flow_action = "data_exchange", flow_action_payload = { screen = "s" } } }),
        "interactive.action.parameters.flow_action_payload forbidden" },
    }
    cases[#cases + 1] = { "a place in a group", { to = "g", recipient_type = "group", location = { latitude = 1, longitude = 2 } },
      "location forbidden" }
    cases[#cases + 1] = { "a kind of button that is new", template { type = "button", sub_type = "hologram", index = 0,
      parameters = { { type = "beam", beam = { 1 } } } }, "template.components[1].sub_type enum" }
    cases[#cases + 1] = { "a preview of a payment link under a header", interactive("cta_url", { name = "cta_url",
      parameters = { display_text = "Pay", url = "https://example.com/pay", payment_link_preview = true } },
      { header = { type = "text", text = "h" } }), "interactive.action.parameters.payment_link_preview forbidden" }
    local function to_group(message)
      message.to, message.recipient_type = "g", "group"
      return message
    end
    cases[#cases + 1] = { "a catalog's button in a group", to_group(template { type = "button", sub_type = "catalog", index = 0 }),
      "template.components[1].sub_type forbidden" }
    it("a button of a template that is not for groups, and a catalog button that is not for one person", function()
      assert.is_nil((select(2, encode(to_group(template { type = "button", sub_type = "quick_reply", index = 0,
        parameters = { { type = "payload", payload = "p" } } })))))
      assert.is_nil((select(2, encode(template { type = "button", sub_type = "catalog", index = 0 }))))
      assert.is_nil((select(2, encode(interactive("cta_url", { name = "cta_url",
        parameters = { display_text = "Pay", url = "https://example.com/pay", payment_link_preview = true } })))))
    end)
    local function order_of(total) -- 1000 + 100 + 50 - 200
      local function amount(value) return { value = value, offset = 100 } end
      return interactive("order_details", { name = "review_and_pay", parameters = { reference_id = "r", type = "digital-goods",
        currency = "INR", total_amount = amount(total), order = { status = "pending", items = {
          { name = "i", amount = amount(7), sale_amount = amount(3), quantity = 1 } }, subtotal = amount(1000), tax = amount(100),
          shipping = amount(50), discount = amount(200) } } })
    end
    it("an order's total that is not the sum", function()
      assert.is_nil((select(2, encode(order_of(950)))))
      local _, warnings = encode(order_of(951))
      assert.same({ "interactive.action.parameters.total_amount range" }, brief(warnings))
      assert.is_nil((select(2, encode(order_of(950)))))
    end)
    cases[#cases + 1] = { "an empty payload of a flow", interactive("flow", { name = "flow", parameters = { flow_message_version = "3",
      flow_id = "1", flow_cta = "x", flow_action_payload = { data = {} } } }),
      "interactive.action.parameters.flow_action_payload.data min_items" }
    for _, case in ipairs(cases) do
      it(case[1], function()
        local json, warnings = encode(case[2])
        assert.is_string(json)
        assert.same({ case[3] }, brief(warnings))
        local ok, again = validate(case[2])
        assert.is_true(ok)
        assert.same(warnings, again)
      end)
    end

    it("and keeps unknown values as they are", function()
      local json = encode(template { type = "button", sub_type = "hologram", index = 0, parameters = { { type = "beam", beam = { 1 } } } })
      assert.is_truthy(json:find('{"type":"button","sub_type":"hologram","index":0,"parameters":[{"beam":[1],"type":"beam"}]}', 1, true))
    end)

    it("and returns an empty list if there is no warning", function()
      local _, warnings = validate { to = "1", text = { body = "x" } }
      assert.same({}, warnings)
      assert.is_nil((select(2, encode { to = "1", text = { body = "x" } })))
    end)
  end)

  describe("in lenient mode", function()
    local lenient = { mode = "lenient" }

    it("writes unknown types, names and values, sorted after the known names", function()
      local json, warnings = encode({ to = "1", type = "hologram", hologram = { z = 1, a = {} }, ["new"] = true }, lenient)
      assert.equal('{"messaging_product":"whatsapp","recipient_type":"individual","to":"1","type":"hologram",'
        .. '"hologram":{"a":{},"z":1},"new":true}', json)
      assert.same({ "type enum" }, brief(warnings))
    end)

    it("turns problems into warnings", function()
      local json, warnings = encode({ to = "1", text = { body = "", odd = 1 } }, lenient)
      assert.is_truthy(json:find('"text":{"body":"","odd":1}', 1, true))
      assert.same({ "text.body min_chars", "text.odd unknown" }, brief(warnings))
    end)

    it("refuses an id that is a number too large to be exact: it may be another person's id", function()
      assert.same({ "to type" }, brief((problems_of({ to = 2 ^ 53 + 2, text = { body = "x" } }, lenient))))
    end)

    it("still refuses values that JSON cannot hold", function()
      for _, value in ipairs { 0 / 0, 1 / 0, print, io.stdout, "\255", coroutine.create(function() end) } do
        local problems = problems_of({ to = "1", text = { body = "x", odd = { value } } }, lenient)
        assert.equal("text.odd[1]", problems[1].path)
      end
    end)
  end)

  describe("given nonsense", function()
    it("raises at the caller's line for a value that is no message, and for unknown options", function()
      for _, wrong in ipairs { 1, "x", true, print } do
        local ok, err = pcall(encode, wrong)
        assert.is_false(ok)
        assert.is_truthy(err:find "table expected")
      end
      assert.is_false(pcall(encode))
      assert.is_false(pcall(encode, {}, { mode = "loose" }))
      assert.is_false(pcall(encode, {}, { mod = "strict" }))
      assert.is_false(pcall(encode, {}, { ["mode\0x"] = "strict" }))
      assert.is_false(pcall(encode, {}, { mode = "lenient\0x" }))
      assert.is_false(pcall(encode, {}, "strict"))
      local function caller() encode(5) end
      local _, err = pcall(caller)
      assert.is_truthy(err:find("walk_spec.lua:", 1, true), err)
    end)

    local function flow(data)
      return interactive("flow", { name = "flow", parameters = { flow_message_version = "3", flow_id = "1", flow_cta = "x",
        flow_action_payload = { data = data } } })
    end

    it("refuses a table that holds itself", function()
      local data = { list = { {} } }
      data.list[1].again = data.list
      local path = "interactive.action.parameters.flow_action_payload.data"
      assert.same({ path .. ".list[1].again depth" }, brief((problems_of(flow(data)))))
      local again = { x = {} }
      again.x.y = again
      assert.same({ path .. ".x.y depth" }, brief((problems_of(flow(again)))))
    end)

    it("refuses 10,000 levels", function()
      local data = {}
      for _ = 1, 10000 do data = { d = data } end
      assert.equal("depth", problems_of(flow(data))[1].rule)
      assert.equal("depth", problems_of({ to = "1", x = data }, { mode = "lenient" })[1].rule)
    end)

    it("stops at a million values", function()
      local data = { 1 }
      for _ = 1, 60 do data = { data, data } end
      assert.equal("max_items", problems_of(flow { d = data })[1].rule)
      local contact = { name = { formatted_name = "x" }, phones = {} }
      for i = 1, 3000 do contact.phones[i] = { phone = "1" } end
      local contacts = {}
      for i = 1, 3000 do contacts[i] = contact end
      assert.equal("max_items", problems_of({ to = "1", contacts = contacts })[1].rule)
    end)

    it("runs no metamethod", function()
      local trap = function() error "a metamethod ran" end
      local meta = { __index = trap, __pairs = trap, __len = trap, __tostring = trap, __eq = trap, __metatable = false }
      local body = setmetatable({ body = "x" }, meta)
      assert.is_string((encode(setmetatable({ to = "1", text = body }, meta))))
      assert.is_string((encode({ to = "1", x = setmetatable({ 1, 2 }, meta), text = body }, { mode = "lenient" })))
      assert.same({ "text type" }, brief((problems_of { to = "1", text = setmetatable({ 5 }, meta) })))
    end)

    it("accepts 10 MB", function()
      local big = ("x"):rep(10 * 1024 * 1024)
      local problem = problems_of({ to = "1", text = { body = big } })[1]
      assert.same({ "max_chars", 4096, #big }, { problem.rule, problem.limit, problem.actual })
      assert.is_truthy(#encode({ to = "1", text = { body = big } }, { mode = "lenient" }) > #big)
      assert.equal(1, #problems_of { to = "1", text = { body = "x", [big] = 1 } })
    end)

    it("refuses more than 64 MiB", function()
      local problem = problems_of({ to = "1", text = { body = ("x"):rep(65 * 1024 * 1024) } }, { mode = "lenient" })[1]
      assert.same({ "", "max_chars", 64 * 1024 * 1024 }, { problem.path, problem.rule, problem.limit })
      assert.is_string((encode { to = "1", text = { body = "x" } }))
    end)

    it("accepts tens of thousands of names, or reports that this Lua cannot", function()
      local data = {}
      for i = 1, 50000 do data["k" .. i] = i end
      local json, _, details = encode({ to = "1", data = data, text = { body = "x" } }, { mode = "lenient" })
      assert.is_true(json ~= nil or details.problems[1].rule == "depth")
      assert.equal(100, #problems_of({ to = "1", text = data }))
    end)

    it("compares names also after a NUL", function()
      assert.same({ 'text["body\\000"] unknown' }, brief((problems_of { to = "1", text = { body = "x", ["body\0"] = "y" } })))
      assert.same({ 'text["preview_url\\000\\000"] unknown' },
        brief((problems_of { to = "1", text = { body = "x", ["preview_url\0\0"] = true } })))
    end)

    it("visits a table that is in many places a bounded number of times", function()
      local names = {}
      for i = 1, 1000 do names["k" .. i] = i end
      local contact = { name = { formatted_name = "x" }, org = names }
      local contacts = {}
      for i = 1, 100000 do contacts[i] = contact end
      assert.is_true(#problems_of { to = "1", contacts = contacts } <= 100)
      local big, list = ("x"):rep(1000000), {}
      for i = 1, 10000 do list[i] = big end
      assert.equal("max_chars", problems_of({ to = "1", list = list }, { mode = "lenient" })[1].rule)
      assert.is_nil((validate({ to = "1", list = list, text = { body = "x" } }, { mode = "lenient" })))
    end)

    it("refuses data that is neither a list nor a table with names", function()
      for _, data in ipairs { { 1, nil, 3 }, { 1, x = 2 }, { [true] = 1 }, { x = 1, [2] = 2 } } do
        assert.same({ "x type" }, brief((problems_of({ to = "1", x = data }, { mode = "lenient" }))))
      end
      assert.same({ "contacts type" }, brief((problems_of({ to = "1", contacts = { { name = 1 }, nil, {} } }, { mode = "lenient" }))))
      local _, err = encode { to = "1", contacts = { { name = { formatted_name = "A" } }, footer = "f" } }
      assert.equal("contacts: must be a list, but this table has names besides its items", err)
      _, err = encode { to = "1", contacts = { name = { formatted_name = "A" } } }
      assert.equal("contacts: must be a list, got a table with names: put braces around it", err)
    end)

    it("refuses text that is not UTF-8 and says from which byte on", function()
      local wrong = { "\128", "a\255", "\192\175", "\224\128\175", "\237\160\128", "\244\144\128\128", "\240\130\130\172",
        "\195", "a\226\130", "\240\159\152", "12345678\200" }
      for _, text in ipairs(wrong) do
        local problem = problems_of({ to = "1", text = { body = text } })[1]
        assert.same({ "text.body", "utf8" }, { problem.path, problem.rule })
        assert.equal(#text:match "^[%z\1-\127]*" + 1, problem.actual)
      end
      for _, text in ipairs { "\195\128", "\239\191\191", "\244\143\191\191", "\237\159\191", "\238\128\128" } do
        assert.is_string((encode { to = "1", text = { body = text } }))
      end
    end)

    -- a test runner may have stopped the collector
    local function collecting(call)
      local stopped = pcall(collectgarbage, "isrunning") and not collectgarbage "isrunning"
      local pause, speed = collectgarbage("setpause", 0), collectgarbage("setstepmul", 10000)
      collectgarbage "restart"
      call()
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", speed)
      if stopped then collectgarbage "stop" end
    end

    local function finalize(call)
      if newproxy then
        getmetatable(newproxy(true)).__gc = call
      else
        setmetatable({}, { __gc = call })
      end
    end

    it("returns only the JSON if there are no warnings, so that a call can pass it on", function()
      assert.equal(1, select("#", encode { to = "1", text = { body = "x" } }))
      assert.equal(2, select("#", encode { to = "1", audio = { id = "1", caption = "x" } }))
    end)

    it("works inside a finalizer that runs during a call", function()
      local inner, runs = nil, 0
      local function send()
        inner, runs = encode { to = "2", text = { body = "inner" } }, runs + 1
      end
      collecting(function()
        for i = 1, 50000 do
          if i <= 200 then finalize(send) end
          local json = encode { to = "1", text = { body = ("outer"):rep(100) } }
          if not json:find("outerouter", 1, true) then error "other bytes" end
          if i >= 200 and runs > 20 then break end
        end
      end)
      assert.is_truthy(inner:find("inner", 1, true))
      assert.is_true(runs > 20)
    end)

    it("compiles the types of a message while finalizers send other messages", function()
      local outer = interactive("list", { button = "m", sections = { { rows = { { id = "1", title = "t" } } } } })
      local inner = template { type = "header", parameters = { { type = "image", image = { id = "1" } } } }
      local wanted, other, own, runs = encode(outer), encode(inner), package.loaded["whatsapp.core"], 0
      local core
      local function again()
        runs = runs + 1
        if core then assert(core.encode(inner) == other) end
      end
      local rounds, right, during = 0, 0, 0
      collecting(function()
        while rounds < 50 or (during <= 20 and rounds < 5000) do
          rounds = rounds + 1
          package.loaded["whatsapp.core"], core = nil, nil
          core = require "whatsapp.core" -- a new core, which has compiled no type
          for _ = 1, 20 do finalize(again) end
          local before = runs
          if core.encode(outer) == wanted then right = right + 1 end
          during = during + runs - before
        end
      end)
      package.loaded["whatsapp.core"] = own
      assert.equal(rounds, right)
      assert.is_true(during > 20)
    end)
  end)
end)

describe("whatsapp", function()
  it("has the same null as lua-cjson", function()
    assert.equal(require("cjson").null, whatsapp.null)
  end)

  it("marks a list and gives it back", function()
    local list = { 1 }
    assert.equal(list, whatsapp.array(list))
    assert.is_false(pcall(whatsapp.array, 5))
  end)

  it("sets no global", function()
    local before = {}
    for name in pairs(_G) do before[name] = true end
    for name in pairs(package.loaded) do
      if name:find "^whatsapp" then package.loaded[name] = nil end
    end
    require "whatsapp"
    for name in pairs(_G) do assert.is_true(before[name], tostring(name)) end
  end)
end)
