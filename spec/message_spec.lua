-- The constructors: they build the messages of the API's documentation, and split long texts into texts that fit.
local whatsapp = require "whatsapp"

local m = whatsapp.message

-- returns the JSON of a message without the members with which every message starts
local function content(message)
  local json, text = whatsapp.encode(message)
  assert.is_string(json, text)
  local prefix = '{"messaging_product":"whatsapp","recipient_type":"individual","to":"1",'
  assert.equal(prefix, json:sub(1, #prefix))
  return "{" .. json:sub(#prefix + 1)
end

describe("whatsapp.message", function()
  local cases = {
    { "text", m.text("1", "Hi", { preview_url = true }), '{"type":"text","text":{"body":"Hi","preview_url":true}}' },
    { "image by link", m.image("1", "https://e.com/a.png", { caption = "A" }),
      '{"type":"image","image":{"link":"https://e.com/a.png","caption":"A"}}' },
    { "image by id", m.image("1", "123"), '{"type":"image","image":{"id":"123"}}' },
    { "image by a number", m.image("1", 123), '{"type":"image","image":{"id":"123"}}' },
    { "video", m.video("1", "9"), '{"type":"video","video":{"id":"9"}}' },
    { "audio", m.audio("1", "9"), '{"type":"audio","audio":{"id":"9"}}' },
    { "voice", m.voice("1", "9"), '{"type":"audio","audio":{"id":"9","voice":true}}' },
    { "document", m.document("1", "9", { filename = "a.pdf" }), '{"type":"document","document":{"id":"9","filename":"a.pdf"}}' },
    { "sticker", m.sticker("1", "9"), '{"type":"sticker","sticker":{"id":"9"}}' },
    { "location", m.location("1", 1.5, "-2", { name = "N" }), '{"type":"location","location":{"latitude":1.5,"longitude":"-2","name":"N"}}' },
    { "contact", m.contact("1", "Ana Lua", "+1 650", { birthday = "1990-01-02" }),
      '{"type":"contacts","contacts":[{"name":{"formatted_name":"Ana Lua","first_name":"Ana Lua"},"birthday":"1990-01-02",'
        .. '"phones":[{"phone":"+1 650"}]}]}' },
    { "contacts", m.contacts("1", { { name = { formatted_name = "A" } } }), '{"type":"contacts","contacts":[{"name":{"formatted_name":"A"}}]}' },
    { "reaction", m.reaction("1", "w", "x"), '{"type":"reaction","reaction":{"message_id":"w","emoji":"x"}}' },
    { "unreact", m.unreact("1", "w"), '{"type":"reaction","reaction":{"message_id":"w","emoji":""}}' },
    { "buttons", m.buttons("1", "b", { { "y", "Yes" }, { id = "n", title = "No" } }, { header = "h", footer = "f" }),
      '{"type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"h"},"body":{"text":"b"},'
        .. '"footer":{"text":"f"},"action":{"buttons":[{"type":"reply","reply":{"id":"y","title":"Yes"}},'
        .. '{"type":"reply","reply":{"id":"n","title":"No"}}]}}}' },
    { "list of rows", m.list("1", "b", "Menu", { { id = "1", title = "A" } }),
      '{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"Menu",'
        .. '"sections":[{"rows":[{"id":"1","title":"A"}]}]}}}' },
    { "list of sections", m.list("1", "b", "Menu", { { title = "S", rows = { { id = "1", title = "A" } } } }),
      '{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"Menu",'
        .. '"sections":[{"title":"S","rows":[{"id":"1","title":"A"}]}]}}}' },
    { "url_button", m.url_button("1", "b", "Go", "https://e.com", { header = { type = "image", image = { id = "1" } } }),
      '{"type":"interactive","interactive":{"type":"cta_url","header":{"type":"image","image":{"id":"1"}},"body":{"text":"b"},'
        .. '"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://e.com"}}}}' },
    { "location_request", m.location_request("1", "b"),
      '{"type":"interactive","interactive":{"type":"location_request_message","body":{"text":"b"},"action":{"name":"send_location"}}}' },
    { "flow", m.flow("1", "b", { flow_id = "9", flow_cta = "Go" }),
      '{"type":"interactive","interactive":{"type":"flow","body":{"text":"b"},"action":{"name":"flow","parameters":'
        .. '{"flow_message_version":"3","flow_id":"9","flow_cta":"Go"}}}}' },
    { "catalog", m.catalog("1", "b", { thumbnail = "p" }),
      '{"type":"interactive","interactive":{"type":"catalog_message","body":{"text":"b"},"action":{"name":"catalog_message",'
        .. '"parameters":{"thumbnail_product_retailer_id":"p"}}}}' },
    { "product", m.product("1", "c", "p"),
      '{"type":"interactive","interactive":{"type":"product","action":{"catalog_id":"c","product_retailer_id":"p"}}}' },
    { "products", m.products("1", "h", "b", "c", { { title = "S", "p1", "p2" } }),
      '{"type":"interactive","interactive":{"type":"product_list","header":{"type":"text","text":"h"},"body":{"text":"b"},'
        .. '"action":{"catalog_id":"c","sections":[{"title":"S","product_items":[{"product_retailer_id":"p1"},'
        .. '{"product_retailer_id":"p2"}]}]}}}' },
    { "carousel with links", m.carousel("1", "b", {
        { header = { type = "image", image = { link = "https://e.com/a" } }, body = "x", display_text = "Go", url = "https://e.com" },
        { header = { type = "image", image = { link = "https://e.com/b" } }, display_text = "Go", url = "https://e.com" } }),
      '{"type":"interactive","interactive":{"type":"carousel","body":{"text":"b"},"action":{"cards":['
        .. '{"card_index":0,"type":"cta_url","header":{"type":"image","image":{"link":"https://e.com/a"}},"body":{"text":"x"},'
        .. '"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://e.com"}}},'
        .. '{"card_index":1,"type":"cta_url","header":{"type":"image","image":{"link":"https://e.com/b"}},'
        .. '"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://e.com"}}}]}}}' },
    { "carousel of products", m.carousel("1", "b", {
        { product_retailer_id = "p", catalog_id = "c" }, { product_retailer_id = "q", catalog_id = "c" } }),
      '{"type":"interactive","interactive":{"type":"carousel","body":{"text":"b"},"action":{"cards":['
        .. '{"card_index":0,"type":"product","action":{"product_retailer_id":"p","catalog_id":"c"}},'
        .. '{"card_index":1,"type":"product","action":{"product_retailer_id":"q","catalog_id":"c"}}]}}}' },
    { "template without values", m.template("1", "hello", "en_US"),
      '{"type":"template","template":{"name":"hello","language":{"code":"en_US"}}}' },
    { "template by position", m.template("1", "n", "en", { header = { image = { id = "9" } }, body = { "Ana", 42 },
        buttons = { [0] = { payload = "yes" }, [1] = { url = "1042" }, [2] = { coupon_code = "X" } } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"image","image":{"id":"9"}}]},'
        .. '{"type":"body","parameters":[{"type":"text","text":"Ana"},{"type":"text","text":"42"}]},'
        .. '{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes"}]},'
        .. '{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"1042"}]},'
        .. '{"type":"button","sub_type":"copy_code","index":"2","parameters":[{"type":"coupon_code","coupon_code":"X"}]}]}}' },
    { "template by name", m.template("1", "n", "en", { header = "H", body = { last = "B", first = "A" } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"text","text":"H"}]},'
        .. '{"type":"body","parameters":[{"type":"text","parameter_name":"first","text":"A"},'
        .. '{"type":"text","parameter_name":"last","text":"B"}]}]}}' },
    { "template with a header by name", m.template("1", "n", "en", { header = { name = "Ana", at = { type = "text", text = "x" } } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"text","parameter_name":"at","text":"x"},'
        .. '{"type":"text","parameter_name":"name","text":"Ana"}]}]}}' },
    { "template with a header by position", m.template("1", "n", "en", { header = { 5 } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"text","text":"5"}]}]}}' },
    { "template with a place in its header", m.template("1", "n", "en", { header = { location = {
        latitude = 1, longitude = 2, name = "N", address = "A" } } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"location","location":{"latitude":1,"longitude":2,"name":"N","address":"A"}}]}]}}' },
    { "template with a variable called location", m.template("1", "n", "en", { header = { location = "Berlin" } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"header","parameters":[{"type":"text","parameter_name":"location","text":"Berlin"}]}]}}' },
    { "template with a flow", m.template("1", "n", "en", { buttons = { [0] = { flow = { flow_token = "t" } } } }),
      '{"type":"template","template":{"name":"n","language":{"code":"en"},"components":['
        .. '{"type":"button","sub_type":"flow","index":"0","parameters":[{"type":"action","action":{"flow_token":"t"}}]}]}}' },
  }
  for _, case in ipairs(cases) do
    it("builds: " .. case[1], function()
      assert.equal(case[3], content(case[2]))
      assert.is_nil(getmetatable(case[2]))
    end)
  end

  it("passes wrong values to the check of every message", function()
    local _, err = whatsapp.encode(m.text("1", true))
    assert.is_truthy(err:find("text.body: must be a string", 1, true))
    assert.is_nil((whatsapp.encode(m.buttons("1", "b", { {} }))))
    assert.is_nil((whatsapp.encode(m.template("1"))))
  end)

  -- an item that is no table, a value that is no list, an item after a hole: each is a problem, not an error, and is not lost
  local LEFT = {
    { "interactive.action.buttons", m.buttons("1", "b", { { "a", "A" }, nil, { "c", "C" } }) },
    { "interactive.action.buttons[1]", m.buttons("1", "b", { 5 }) },
    { "interactive.action.buttons", m.buttons("1", "b") },
    { "interactive.action.buttons", m.buttons("1", "b", "Yes") },
    { "interactive.action.sections", m.list("1", "b", "see", 5) },
    { "interactive.action.sections", m.list("1", "b", "see") },
    { "interactive.action.sections[1]", m.products("1", "h", "b", "c", { "sku" }) },
    { "interactive.action.sections[1].product_items", m.products("1", "h", "b", "c", { { title = "T", "a", nil, "c" } }) },
    { "interactive.action.sections", m.products("1", "h", "b", "c") },
    { "interactive.action.cards[1]", m.carousel("1", "b", { 5, 6 }) },
    { "interactive.action.cards", m.carousel("1", "b") },
    { "interactive.action.parameters", m.flow("1", "b", "book") },
    { "template.components[1].parameters", m.template("1", "n", "en", { body = { "Ana", nil, "42.50" } }) },
    { "template.components[1].parameters", m.template("1", "n", "en", { body = "Ana" }) },
    { "template.components[1]", m.template("1", "n", "en", { buttons = 5 }) },
    { "template.components[1]", m.template("1", "n", "en", { buttons = { [0] = "x" } }) },
    { "template.components[1]", m.template("1", "n", "en", { components = 5 }) },
  }
  for i, case in ipairs(LEFT) do
    it("passes values that it cannot use to the check, " .. i, function()
      local ok, text, details = whatsapp.validate(case[2])
      assert.is_nil(ok)
      local found = false
      for _, problem in ipairs(details.problems) do found = found or problem.path:find(case[1], 1, true) == 1 end
      assert.is_true(found, text)
    end)
  end

  -- constructor -> function that calls it with options, or with a table that may have an unknown name
  local UNKNOWN = {
    { "text", function(o) return m.text("1", "x", o) end }, { "image", function(o) return m.image("1", "2", o) end },
    { "video", function(o) return m.video("1", "2", o) end }, { "document", function(o) return m.document("1", "2", o) end },
    { "audio", function(o) return m.audio("1", "2", o) end }, { "voice", function(o) return m.voice("1", "2", o) end },
    { "sticker", function(o) return m.sticker("1", "2", o) end },
    { "location", function(o) return m.location("1", 1, 2, o) end },
    { "contacts", function(o) return m.contacts("1", { { name = { formatted_name = "A" }, foter = o.foter } }) end },
    { "contact", function(o) return m.contact("1", "Ana", "+1", o) end },
    { "reaction", function(o) return m.reaction("1", "w", "x", o) end }, { "unreact", function(o) return m.unreact("1", "w", o) end },
    { "buttons", function(o) return m.buttons("1", "b", { { "a", "A" } }, o) end },
    { "a button", function(o) return m.buttons("1", "b", { { "a", "A", foter = o.foter } }) end },
    { "list", function(o) return m.list("1", "b", "see", { { id = "1", title = "A" } }, o) end },
    { "url_button", function(o) return m.url_button("1", "b", "Go", "https://e.com", o) end },
    { "location_request", function(o) return m.location_request("1", "b", o) end },
    { "flow", function(o) return m.flow("1", "b", { flow_id = "9", flow_cta = "Go" }, o) end },
    { "a flow's parameters", function(o) return m.flow("1", "b", { flow_id = "9", flow_cta = "Go", foter = o.foter }) end },
    { "catalog", function(o) return m.catalog("1", "b", o) end }, { "product", function(o) return m.product("1", "c", "p", o) end },
    { "products", function(o) return m.products("1", "h", "b", "c", { { "p" } }, o) end },
    { "a section of products", function(o) return m.products("1", "h", "b", "c", { { "p", foter = o.foter } }) end },
    { "carousel", function(o) return m.carousel("1", "b", { { product_retailer_id = "p" }, { product_retailer_id = "q" } }, o) end },
    { "a card", function(o) return m.carousel("1", "b", { { product_retailer_id = "p", foter = o.foter } }) end },
    { "a card with a link", function(o) return m.carousel("1", "b", { { url = "https://e.com", foter = o.foter } }) end },
    { "a card with buttons", function(o) return m.carousel("1", "b", { { buttons = { { "a", "A", foter = o.foter } } } }) end },
    { "template", function(o) return m.template("1", "n", "en", o) end },
    { "a template's header", function(o) return m.template("1", "n", "en", { header = { image = { id = "1" }, foter = o.foter } }) end },
    { "a template's button", function(o) return m.template("1", "n", "en", { buttons = { [0] = { payload = "x", foter = o.foter } } }) end },
    { "a template's component", function(o) return m.template("1", "n", "en", { components = { { type = "body", foter = o.foter } } }) end },
    { "an address", function(o) return m.text({ to = "1", foter = o.foter }, "x") end },
  }

  -- returns the problem whose path holds a name
  local function problem_about(built, name)
    local ok, err, details = whatsapp.validate(built)
    assert.is_nil(ok)
    for _, problem in ipairs(details.problems) do
      if problem.path:find(name, 1, true) then return problem end
    end
    error("no problem about " .. name .. ": " .. err)
  end

  it("keeps names that it does not know", function()
    local met = {}
    for _, case in ipairs(UNKNOWN) do
      met[case[1]] = true
      assert.is_string(problem_about(case[2] { foter = "f" }, "foter").rule, case[1])
    end
    for name in pairs(m) do
      if name ~= "split" and name ~= "reply_to" and name ~= "to_group" then assert.is_true(met[name], name) end
    end
  end)

  -- values that must not be lost, and the path at which they are refused
  local KEPT = {
    { "template", m.template("1", "n", "en", { "Ana" }) }, { "template.bdy", m.template("1", "n", "en", { bdy = { "Ana" } }) },
    { "reply", m.buttons("1", "b", { { "a", "A", "extra" } }) }, { "reply", m.buttons("1", "b", { { id = "a", "b", title = "A" } }) },
    { "cards[1]", m.carousel("1", "b", { { url = "https://e.com", buttons = { { "a", "A" } } } }) },
    { "payload", m.template("1", "n", "en", { buttons = { [0] = { payload = "x", url = "y" } } }) },
    { "components", m.template("1", "n", "en", { components = { nil, { type = "body" } } }) },
    { "components", m.template("1", "n", "en", { components = { foter = "f" } }) },
    { "parameters", m.template("1", "n", "en", { body = false }) }, { "text", m.template("1", "n", "en", { header = false }) },
    { "text", m.template("1", "n", "en", { body = { true } }) }, { "text", m.template("1", "n", "en", { body = { print } }) },
    { "components[1]", m.template("1", "n", "en", { buttons = false }) },
    { "header", m.product("1", "c", "p", { header = "h" }) }, { "phone", m.contact("1", "Ana", false) },
  }
  for i, case in ipairs(KEPT) do
    it("loses no member, " .. i, function()
      local ok, err = whatsapp.validate(case[2])
      assert.is_nil(ok)
      assert.is_truthy(err)
    end)
  end

  it("accepts buttons, sections, cards and components in the form of the API", function()
    local button = { type = "reply", reply = { id = "a", title = "A" } }
    assert.equal(button, m.buttons("1", "b", { button }).interactive.action.buttons[1])
    local section = { title = "S", product_items = { { product_retailer_id = "p" } } }
    assert.equal(section, m.products("1", "h", "b", "c", { section }).interactive.action.sections[1])
    local components = m.template("1", "n", "en", { body = { "x" }, components = { { type = "limited_time_offer" } } }).template.components
    assert.same({ "body", "limited_time_offer" }, { components[1].type, components[2].type })
  end)

  -- the constructors that take a number for a text: a call, and the path of the text
  local TEXTS = {
    { "text", function(n) return m.text("1", n) end, "text.body" },
    { "image", function(n) return m.image("1", "2", { caption = n }) end, "image.caption" },
    { "video", function(n) return m.video("1", "2", { caption = n }) end, "video.caption" },
    { "document", function(n) return m.document("1", "2", { filename = n }) end, "document.filename" },
    { "location", function(n) return m.location("1", 1, 2, { name = n }) end, "location.name" },
    { "contact", function(n) return m.contact("1", n, "1") end, "contacts.1.name.formatted_name" },
    { "contact, more", function(n) return m.contact("1", "A", "1", { org = { company = n } }) end, "contacts.1.org.company" },
    { "contacts", function(n) return m.contacts("1", { { name = { formatted_name = n, last_name = "x" } } }) end, "contacts.1.name.formatted_name" },
    { "reaction", function(n) return m.reaction("1", "w", n) end, "reaction.emoji" },
    { "buttons, body", function(n) return m.buttons("1", n, { { "a", "A" } }) end, "interactive.body.text" },
    { "buttons, title", function(n) return m.buttons("1", "b", { { "a", n } }) end, "interactive.action.buttons.1.reply.title" },
    { "buttons, header", function(n) return m.buttons("1", "b", { { "a", "A" } }, { header = n }) end, "interactive.header.text" },
    { "buttons, footer", function(n) return m.buttons("1", "b", { { "a", "A" } }, { footer = n }) end, "interactive.footer.text" },
    { "list", function(n) return m.list("1", "b", n, { { id = "1", title = "A" } }) end, "interactive.action.button" },
    { "list, row", function(n) return m.list("1", "b", "c", { { id = "1", title = n } }) end, "interactive.action.sections.1.rows.1.title" },
    { "url_button", function(n) return m.url_button("1", "b", n, "https://e.com") end, "interactive.action.parameters.display_text" },
    { "location_request", function(n) return m.location_request("1", n) end, "interactive.body.text" },
    { "flow", function(n) return m.flow("1", "b", { flow_id = "9", flow_cta = n }) end, "interactive.action.parameters.flow_cta" },
    { "catalog", function(n) return m.catalog("1", n) end, "interactive.body.text" },
    { "product", function(n) return m.product("1", "c", "p", { body = n }) end, "interactive.body.text" },
    { "products", function(n) return m.products("1", n, "b", "c", { { "p" } }) end, "interactive.header.text" },
    { "carousel", function(n) return m.carousel("1", n, {}) end, "interactive.body.text" },
    { "card", function(n) return m.carousel("1", "b", { { body = n, display_text = "x", url = "https://e.com" } }) end,
      "interactive.action.cards.1.body.text" },
    { "template, body", function(n) return m.template("1", "n", "en", { body = { n } }) end, "template.components.1.parameters.1.text" },
    { "template, by name", function(n) return m.template("1", "n", "en", { body = { a = n } }) end, "template.components.1.parameters.1.text" },
    { "template, header", function(n) return m.template("1", "n", "en", { header = n }) end, "template.components.1.parameters.1.text" },
    { "template, parameter", function(n) return m.template("1", "n", "en", { body = { { type = "text", text = n } } }) end,
      "template.components.1.parameters.1.text" },
    { "template, payload", function(n) return m.template("1", "n", "en", { buttons = { [0] = { payload = n } } }) end,
      "template.components.1.parameters.1.payload" },
    { "template, url", function(n) return m.template("1", "n", "en", { buttons = { [0] = { url = n } } }) end,
      "template.components.1.parameters.1.text" },
  }

  local function at_path(value, path)
    for name in path:gmatch "[^.]+" do value = value[tonumber(name) or name] end
    return value
  end

  it("writes a number as a text with all its digits if the API wants a text", function()
    local wanted = { [1042.0] = "1042", [123456789012345.0] = "123456789012345", [42.5] = "42.5", [7] = "7", [-0.5] = "-0.5",
      [1 / 3] = "0.3333333333333333" }
    for number, text in pairs(wanted) do
      for _, case in ipairs(TEXTS) do assert.equal(text, at_path(case[2](number), case[3]), case[1]) end
    end
  end)

  it("makes no message of NaN and the infinities", function()
    for _, number in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
      for _, case in ipairs(TEXTS) do assert.is_nil((whatsapp.validate(case[2](number))), case[1]) end
    end
  end)

  it("keeps numbers that the API wants as numbers, and the data of a flow; and does not change its arguments", function()
    local data = { text = 5, title = 1.5 }
    local parameters = { flow_id = "9", flow_cta = 5, flow_action_payload = { screen = "S", data = data } }
    local made = m.flow("1", "b", parameters).interactive.action.parameters
    assert.same({ "5", 5, data }, { made.flow_cta, parameters.flow_cta, made.flow_action_payload.data })
    assert.equal(data, made.flow_action_payload.data)
    assert.equal(1.5, m.location("1", 1.5, 2).location.latitude)
    local cyclic = { id = "1", title = 5 }
    cyclic.cyclic = cyclic
    assert.is_nil((whatsapp.validate(m.list("1", "b", "c", { cyclic }))))
    local wide = { title = 5 }
    for _ = 1, 60 do wide = { wide, wide, wide } end
    assert.is_nil((whatsapp.validate(m.list("1", "b", "c", { { id = "1", title = wide } }))))
    local marked = setmetatable({ { id = "1", title = 5 } }, { __jsontype = "array" })
    local rows = m.list("1", "b", "c", marked).interactive.action.sections[1].rows
    assert.same({ "5", getmetatable(marked) }, { rows[1].title, getmetatable(rows) })
  end)

  it("accepts a template's buttons by number and by the digits of the number", function()
    local components = m.template("1", "n", "en", { buttons = { ["10"] = { url = "b" }, [2] = { url = "a" } } }).template.components
    assert.same({ "2", "10" }, { components[1].index, components[2].index })
  end)

  it("raises for a member that is given twice and for one argument too many, at the caller's line", function()
    local wrong = {
      function() m.text("1", "x", { body = "y" }) end, function() m.image("1", "2", { id = "3" }) end,
      function() m.voice("1", "2", { voice = false }) end, function() m.buttons("1", "b", {}, { body = "c" }) end,
      function() m.products("1", "h", "b", "c", {}, { header = "i" }) end,
      function() m.template("1", "n", "en", { name = "o" }) end, function() m.contact("1", "Ana", "+1", { name = {} }) end,
      function() m.template("1", "n", "en", { body = { a = { type = "text", text = "x", parameter_name = "b" } } }) end,
      function() m.template("1", "n", "en", { buttons = { [0] = { index = "1", sub_type = "url" } } }) end,
      function() m.text({ to = "1", type = "image" }, "x") end,
      function() m.text("1", "x", nil, "y") end, function() m.contacts("1", {}, {}) end,
    }
    for i, call in ipairs(wrong) do
      local ok, err = pcall(call)
      assert.is_false(ok, i)
      assert.is_truthy(err:find("message_spec.lua:%d+: message%.%w+: "), i .. ": " .. tostring(err))
    end
    assert.equal("y", m.text("1", nil, { body = "y" }).text.body)
  end)

  it("raises for options that are no table, at the caller's line", function()
    local wrong = {
      function() m.text("1", "x", true) end, function() m.image("1", "2", "caption") end, function() m.video("1", "2", 5) end,
      function() m.document("1", "2", "x.pdf") end, function() m.location("1", 1, 2, "here") end,
      function() m.contact("1", "Ana", "+1", "work") end, function() m.buttons("1", "b", {}, "header") end,
      function() m.list("1", "b", "see", {}, "header") end, function() m.url_button("1", "b", "go", "https://e.com", "header") end,
      function() m.flow("1", "b", {}, "header") end, function() m.catalog("1", "b", "footer") end,
      function() m.product("1", "c", "p", "body") end, function() m.products("1", "h", "b", "c", {}, "footer") end,
      function() m.template("1", "n", "en", "Ana") end,
      function() m.reply_to("x", "wamid") end, function() m.to_group(nil, "g") end, function() m.split() end,
      function() m.split("x", "y") end,
    }
    for i, call in ipairs(wrong) do
      local ok, problem = pcall(call)
      assert.is_false(ok, i)
      assert.is_truthy(problem:find("message_spec.lua:", 1, true), i .. ": " .. problem)
    end
    for name in pairs(m) do assert.is_function(m[name]) end
  end)

  it("makes copies for replies and groups", function()
    local first = m.text("1", "x")
    assert.same({ message_id = "w" }, m.reply_to(first, "w").context)
    assert.is_nil(first.context)
    local group = m.to_group(first, "g")
    assert.same({ "group", "g", "1" }, { group.recipient_type, group.to, first.to })
    assert.equal("1", m.to_group(first).to)
  end)
end)

describe("message.split", function()
  it("breaks at spaces and drops those at the breaks", function()
    assert.same({ "one two", "three", "four" }, m.split("one two three four", 7))
    assert.same({ "one two", "three" }, m.split("one two   three", 7))
    assert.same({ "one", "two" }, m.split("one\ntwo", 4))
    assert.same({ "a  b" }, m.split("a  b", 4))
  end)

  it("breaks a word that is too long", function()
    assert.same({ "abcd", "efgh", "ij" }, m.split("abcdefghij", 4))
    assert.same({ "x", "abcd", "efg", "y" }, m.split("x abcdefg y", 4))
  end)

  it("counts characters and never breaks one", function()
    local text = ("\195\169"):rep(10)
    assert.same({ ("\195\169"):rep(4), ("\195\169"):rep(4), ("\195\169"):rep(2) }, m.split(text, 4))
    assert.same({ "\240\159\152\128\240\159\152\128", "\240\159\152\128" }, m.split(("\240\159\152\128"):rep(3), 2))
  end)

  it("returns no part for an empty text, and one part for a text that fits", function()
    assert.same({}, m.split "")
    assert.same({}, m.split "   ")
    assert.same({ "x" }, m.split "x")
    assert.same({ ("x"):rep(4096) }, m.split(("x"):rep(4096)))
  end)

  it("makes parts that the API accepts and that lose no word", function()
    local words = {}
    for i = 1, 4000 do words[i] = ("w\195\182rt%d"):format(i) end
    local text = table.concat(words, " ")
    local parts = m.split(text)
    assert.equal(text, table.concat(parts, " "))
    for _, part in ipairs(parts) do assert.is_string((whatsapp.encode(m.text("1", part)))) end
  end)

  it("ends for bytes that are not UTF-8", function()
    assert.equal(3, #m.split(("\128"):rep(10), 4))
    assert.equal("\255\254", table.concat(m.split("\255\254", 1)))
    assert.is_false(pcall(m.split, "x", 0))
  end)
end)

describe("client:send_marketing", function()
  local sandbox = require "whatsapp.sandbox"
  local seen = {}
  local box = sandbox.new()
  local client = whatsapp.new { token = "token", phone_number_id = "1", transport = function(request)
    seen[#seen + 1] = request.url
    return box.handle(request)
  end }

  it("sends a template to its own endpoint", function()
    local message = m.template("1", "n", "en")
    message.product_policy = "STRICT"
    assert.equal("accepted", assert(client:send_marketing(message)).messages[1].message_status)
    assert.is_truthy(seen[#seen]:find "/1/marketing_messages$")
  end)

  it("refuses groups, and messages that are not a template", function()
    local before = #seen
    for path, message in pairs { type = m.text("1", "x"), recipient_type = m.to_group(m.template("1", "n", "en")) } do
      local result, text, details = client:send_marketing(message)
      assert.is_nil(result)
      assert.is_truthy(text:find("/marketing_messages", 1, true))
      assert.same({ "invalid", path, "enum" }, { details.kind, details.problems[1].path, details.problems[1].rule })
    end
    assert.equal(before, #seen)
    local _, _, details = client:send_marketing(m.text("1", "x"), { mode = "lenient" })
    assert.equal(131055, details.code)
  end)
end)
