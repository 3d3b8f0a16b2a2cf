-- Addresses: every form of a recipient goes into the member that the API uses, and an event that must not be answered is refused.
local memory = require "whatsapp.transport.memory"
local recipient = require "whatsapp.send.recipient"
local whatsapp = require "whatsapp"

local m = whatsapp.message
local USER, PORTFOLIO = "US.13491208655302741918", "US.ENT.11815799212886844830"
local GROUP = "Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD"

local ADDRESSES = {
  { "a phone number", "16505551234", { to = "16505551234" } },
  { "a phone number as it is shown", "+1 (650) 555-1234", { to = "+1 (650) 555-1234" } },
  { "a whole number", 16505551234, { to = 16505551234 } },
  { "a user id", USER, { recipient = USER } },
  { "a user id of a portfolio", PORTFOLIO, { recipient = PORTFOLIO } },
  { "a user id with letters", "BR.a1B2c3", { recipient = "BR.a1B2c3" } },
  { "a group", GROUP, { recipient_type = "group", to = GROUP } },
  { "{ to = }", { to = "1" }, { to = "1" } },
  { "{ to = a user id }", { to = USER }, { recipient = USER } },
  { "{ recipient = }", { recipient = USER }, { recipient = USER } },
  { "{ to =, recipient_type = }", { to = "120363", recipient_type = "group" }, { to = "120363", recipient_type = "group" } },
  { "a message", { kind = "message", from = "1", from_user_id = USER, id = "w" }, { to = "1" } },
  { "a message whose sender is a user id", { kind = "message", from = USER, id = "w" }, { recipient = USER } },
  { "a message of a user id alone", { kind = "message", from_user_id = USER, id = "w" }, { recipient = USER } },
  { "a message in a group", { kind = "message", from = "1", group_id = GROUP, id = "w" }, { recipient_type = "group", to = GROUP } },
  { "a status", { kind = "status", recipient_id = "1", id = "w" }, { to = "1" } },
  { "a status of a user id", { kind = "status", recipient_user_id = USER, id = "w" }, { recipient = USER } },
  { "a status of a group", { kind = "status", recipient_id = GROUP, id = "w" }, { recipient_type = "group", to = GROUP } },
  { "an echo", { kind = "echo", from = "106", to = "1", id = "w" }, { to = "1" } },
  { "an echo to a user id", { kind = "echo", from = "106", to = USER, id = "w" }, { recipient = USER } },
}

-- constructor -> function that calls it with an address
local CONSTRUCTORS = {
  text = function(to) return m.text(to, "x") end, image = function(to) return m.image(to, "2") end,
  video = function(to) return m.video(to, "2") end, document = function(to) return m.document(to, "2") end,
  audio = function(to) return m.audio(to, "2") end, voice = function(to) return m.voice(to, "2") end,
  sticker = function(to) return m.sticker(to, "2") end, location = function(to) return m.location(to, 1, 2) end,
  contacts = function(to) return m.contacts(to, { { name = { formatted_name = "A", first_name = "A" } } }) end,
  contact = function(to) return m.contact(to, "A", "1") end, reaction = function(to) return m.reaction(to, "w", "x") end,
  unreact = function(to) return m.unreact(to, "w") end, buttons = function(to) return m.buttons(to, "b", { { "a", "A" } }) end,
  list = function(to) return m.list(to, "b", "c", { { id = "1", title = "A" } }) end,
  url_button = function(to) return m.url_button(to, "b", "Go", "https://e.com") end,
  location_request = function(to) return m.location_request(to, "b") end,
  flow = function(to) return m.flow(to, "b", { flow_id = "9", flow_cta = "Go" }) end,
  catalog = function(to) return m.catalog(to, "b", { thumbnail = "p" }) end,
  product = function(to) return m.product(to, "c", "p") end,
  products = function(to) return m.products(to, "h", "b", "c", { { title = "S", "p" } }) end,
  carousel = function(to)
    return m.carousel(to, "b", { { product_retailer_id = "p", catalog_id = "c" }, { product_retailer_id = "q", catalog_id = "c" } })
  end,
  template = function(to) return m.template(to, "n", "en") end,
}

local function address_in(message)
  return { to = message.to, recipient = message.recipient, recipient_type = message.recipient_type }
end

describe("an address", function()
  it("is a phone number, a group, a user id, a table or an event, and goes into the right member", function()
    for _, case in ipairs(ADDRESSES) do
      assert.same(case[3], recipient.of(case[2]), case[1])
      assert.same(case[3], address_in(recipient.address({ type = "text" }, assert(recipient.of(case[2])))), case[1])
    end
  end)

  it("is accepted by every constructor", function()
    for name in pairs(m) do
      if name ~= "split" and name ~= "reply_to" and name ~= "to_group" then assert.is_function(CONSTRUCTORS[name], name) end
    end
    for name, make in pairs(CONSTRUCTORS) do
      for _, case in ipairs(ADDRESSES) do
        local message = make(case[2])
        assert.same(case[3], address_in(message), name .. " to " .. case[1])
        assert.is_string(assert(whatsapp.encode(message)), name)
      end
    end
  end)

  it("is refused by the check of the message, or by the function that takes it, if it is no address", function()
    local standby = { kind = "standby", from = "1", id = "w" }
    for _, wrong in ipairs { false, true, 1.5, 1 / 0, 0 / 0, print, { kind = "message", id = "w" }, { kind = "error" }, standby } do
      local members, err, is_data = recipient.of(wrong)
      assert.is_nil(members)
      assert.is_string(err)
      assert.equal(type(wrong) == "table", is_data or false)
      for name, make in pairs(CONSTRUCTORS) do assert.is_nil((whatsapp.validate(make(wrong))), name) end
    end
    for _, wrong in ipairs { {}, { too = "1" }, { to = "1", foo = 2 }, { to = {} } } do
      for name, make in pairs(CONSTRUCTORS) do assert.is_nil((whatsapp.validate(make(wrong))), name) end
    end
    assert.is_nil((recipient.of(nil)))
  end)

  it("is refused by every method of a client if it is an event that must not be answered", function()
    local client = whatsapp.new { token = "a-token-of-a-test", phone_number_id = "1", transport = memory.new {} }
    local text = { text = { body = "x" } }
    for name, use in pairs {
      reply = function(event) return client:reply(event, text) end, react = function(event) return client:react(event, "x") end,
      sequence = function(event) return client:sequence(event, { text }) end,
      send_file = function(event) return client:send_file(event, { data = "x", filename = "a.txt" }) end,
    } do
      for _, event in ipairs { { kind = "message", id = "w" }, { kind = "standby", from = "1", id = "w" } } do
        local result, err, details = use(event)
        assert.is_nil(result)
        assert.same({ "string", "refused", "event" }, { type(err), details.kind, details.refused_by }, name)
      end
    end
  end)

  it("stays in the caller's table", function()
    local address = { to = USER }
    m.text(address, "x")
    assert.same({ to = USER }, address)
    assert.are_not.equal(address, (recipient.of(address)))
  end)

  it("is kept if the message has one, unless the caller asks to replace it", function()
    local group = { to = GROUP, recipient_type = "group", type = "text" }
    assert.same(group, recipient.address(group, { to = "1" }))
    assert.same({ recipient = USER, recipient_type = "group", type = "text" }, recipient.address(group, { recipient = USER }, true))
    assert.same({ to = "2", type = "text" }, recipient.address({ to = "1", recipient = USER, type = "text" }, { to = "2" }, true))
  end)
end)

describe("an answer", function()
  it("goes to the sender of the event, and quotes the message", function()
    local event = { kind = "message", from = USER, id = "wamid.1" }
    assert.same({ recipient = USER, context = { message_id = "wamid.1" }, text = { body = "x" } },
      recipient.reply(event, { text = { body = "x" } }))
    assert.same({ recipient = USER, type = "reaction", reaction = { message_id = "wamid.1", emoji = "x" } }, recipient.reaction(event, "x"))
  end)

  it("is refused for a standby event, and if the event has no sender or no id", function()
    for _, event in ipairs { { kind = "standby", from = "1", id = "w" }, { kind = "standby", group_id = GROUP, id = "w" },
      { kind = "message", id = "w" }, { kind = "message", from = "1" } } do
      for _, answer in ipairs { function() return recipient.reply(event, { text = { body = "x" } }) end,
        function() return recipient.reaction(event, "x") end } do
        local made, err = answer()
        assert.is_nil(made)
        assert.is_string(err)
        assert.equal(event.kind == "standby", err:find("must not be answered", 1, true) ~= nil)
      end
    end
  end)
end)
