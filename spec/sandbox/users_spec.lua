-- The users of a box: each verb makes the same webhook as the API, member by member, and reports wrong use. In this process.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

local NUMBER, SECRET = "106540352242922", "s"

-- returns a box, a client that sends through the box, and the list of the bodies of its webhooks
local function new_box(options)
  local bodies = {}
  options = options or {}
  options.app_secret = SECRET
  options.webhook = function(request)
    bodies[#bodies + 1] = request.body
    return { status = 200, headers = {}, body = "" }
  end
  local box = sandbox.new(options)
  local client = whatsapp.new { token = "t", phone_number_id = NUMBER, transport = box.transport }
  return box, client, bodies
end

-- returns the value of the last webhook that has a member such as "messages" or "statuses"
local function last_value(bodies, member)
  for i = #bodies, 1, -1 do
    local value = assert(json.decode(bodies[i])).entry[1].changes[1].value
    if value[member] then return value end
  end
end

local function keys_of(object)
  local keys = {}
  for name in pairs(object) do keys[#keys + 1] = name end
  table.sort(keys)
  return table.concat(keys, " ")
end

local BUTTONS = { to = "16505551234", interactive = {
  type = "button", body = { text = "Which?" }, action = { buttons = {
    { type = "reply", reply = { id = "yes", title = "Yes, please" } }, { type = "reply", reply = { id = "no", title = "No" } } } },
} }
local LIST = { to = "16505551234", interactive = {
  type = "list", body = { text = "Which?" }, action = { button = "Open", sections = { { title = "One", rows = {
    { id = "r1", title = "Row 1", description = "the first" }, { id = "r2", title = "Row 2" } } } } },
} }
local FLOW = { to = "16505551234", interactive = {
  type = "flow", body = { text = "Fill in" }, action = { name = "flow", parameters = {
    flow_message_version = "3", flow_id = "1", flow_cta = "Go", flow_token = "token-1" } },
} }
local PERMISSION = { to = "16505551234", interactive = {
  type = "call_permission_request", body = { text = "May we call?" }, action = { name = "call_permission_request" } } }
local TEMPLATE = { to = "16505551234", template = { name = "n", language = { code = "en" }, components = {
  { type = "button", sub_type = "quick_reply", index = "0", parameters = { { type = "payload", payload = "stop" } } } } } }
local TEXT = { to = "16505551234", text = { body = "x" } }
local VOICE = { to = "16505551234", audio = { id = "1", voice = true } }

-- each row: does, the action of a user; before, a message of the business; wanted, the message in the webhook without id, from and
-- timestamp. "ID" is the id of the business's message.
local CONTEXT = { from = "15550783881", id = "ID" }
local VERBS = {
  { does = function(ana) ana:writes "Grüße 👋 / @" end, wanted = { type = "text", text = { body = "Grüße 👋 / @" } } },
  { does = function(ana) ana:writes("y", { forwarded = true }) end,
    wanted = { type = "text", text = { body = "y" }, context = { forwarded = true } } },
  { does = function(ana) ana:writes("ad", { referral = { source_type = "ad", source_id = "1" } }) end,
    wanted = { type = "text", text = { body = "ad" }, referral = { source_type = "ad", source_id = "1" } } },
  { before = BUTTONS, does = function(ana) ana:presses "yes" end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "button_reply", button_reply = { id = "yes", title = "Yes, please" } } } },
  { before = BUTTONS, does = function(ana) ana:presses "No" end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "button_reply", button_reply = { id = "no", title = "No" } } } },
  { before = LIST, does = function(ana) ana:chooses "r1" end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "list_reply", list_reply = { id = "r1", title = "Row 1", description = "the first" } } } },
  { before = LIST, does = function(ana) ana:chooses "Row 2" end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "list_reply", list_reply = { id = "r2", title = "Row 2" } } } },
  { before = TEMPLATE, does = function(ana) ana:presses "stop" end,
    wanted = { type = "button", context = CONTEXT, button = { payload = "stop", text = "stop" } } },
  { before = PERMISSION, does = function(ana) ana:presses "accept" end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "call_permission_reply", call_permission_reply = { response = "accept", response_source = "user_action" } } } },
  { before = FLOW, does = function(ana) ana:answers_flow { city = "Bonn" } end, wanted = { type = "interactive", context = CONTEXT,
    interactive = { type = "nfm_reply", nfm_reply = {
      name = "flow", body = "Sent", response_json = [[{"city":"Bonn","flow_token":"token-1"}]] } } } },
  { before = TEXT, does = function(ana) ana:reacts "👍" end,
    wanted = { type = "reaction", reaction = { message_id = "ID", emoji = "👍" } } },
  { before = TEXT, does = function(ana) ana:reacts "" end, wanted = { type = "reaction", reaction = { message_id = "ID" } } },
  { does = function(ana) ana:sends_location(52.5, -13.25, { name = "Berlin" }) end,
    wanted = { type = "location", location = { latitude = 52.5, longitude = -13.25, name = "Berlin" } } },
  { does = function(ana) ana:sends_contact { name = "Lu", phone = "+1 650 555 0000" } end,
    wanted = { type = "contacts", contacts = { { name = { formatted_name = "Lu", first_name = "Lu" },
      phones = { { phone = "+1 650 555 0000", wa_id = "16505550000", type = "CELL" } } } } } },
  { does = function(ana) ana:orders { { product_retailer_id = "p", quantity = 2, item_price = 7.5, currency = "EUR" } } end,
    wanted = { type = "order", order = { catalog_id = "194836987003835", text = "", product_items = {
      { product_retailer_id = "p", quantity = 2, item_price = 7.5, currency = "EUR" } } } } },
}

-- returns the bytes of a file that the business downloads
local function fetched(client, id)
  local pieces = {}
  local got, err = client.media:download(id, function(piece)
    pieces[#pieces + 1] = piece
    return true
  end)
  return got and table.concat(pieces), err
end

describe("a user of the sandbox", function()
  it("makes the webhook of each verb, member by member", function()
    for i, row in ipairs(VERBS) do
      local box, client, bodies = new_box()
      local id = row.before and assert(client:send(row.before)).messages[1].id
      row.does(box:user "16505551234")
      local value = last_value(bodies, "messages")
      assert.equal("contacts messages messaging_product metadata", keys_of(value))
      assert.same({ display_phone_number = "15550783881", phone_number_id = NUMBER }, value.metadata)
      assert.same({ { profile = { name = "Ana" }, wa_id = "16505551234" } }, value.contacts)
      local message = value.messages[1]
      assert.is_truthy(message.id:find "^wamid%.")
      assert.is_truthy(message.timestamp:find "^%d+$")
      assert.equal("16505551234", message.from)
      message.id, message.timestamp, message.from = nil, nil, nil
      local wanted = json.decode((require("whatsapp.sandbox.escaped").encode(row.wanted):gsub('"ID"', ('"%s"'):format(id or ""))))
      assert.same(wanted, message, i)
    end
  end)

  it("quotes a message of the business, and a message of the user", function()
    local box, client, bodies = new_box()
    local ana = box:user "16505551234"
    local id = assert(client:send(TEXT)).messages[1].id
    local _, first = ana:writes("one", { reply_to = id })
    assert.same({ from = "15550783881", id = id }, last_value(bodies, "messages").messages[1].context)
    ana:writes("two", { reply_to = first.id })
    assert.same({ from = "16505551234", id = first.id }, last_value(bodies, "messages").messages[1].context)
    assert.has_error(function() ana:writes("three", { reply_to = "wamid.X" }) end)
  end)

  it("sends a file that the business can download for 7 days", function()
    local box, client, bodies = new_box()
    local ana = box:user "16505551234"
    local cases = {
      { { name = "a.jpg", data = "jpeg" }, { caption = "here" }, "image" }, { { name = "a.pdf", data = "pdf" }, {}, "document" },
      { { name = "a.ogg", data = "ogg" }, { voice = true }, "audio" }, { { name = "a.webp", data = "webp" }, {}, "sticker" },
      { { name = "a.mp4", data = "mp4" }, {}, "video" }, { { name = "a.xyz", data = "?" }, {}, "document" },
    }
    for _, case in ipairs(cases) do
      ana:sends_file(case[1], case[2])
      local message = last_value(bodies, "messages").messages[1]
      assert.equal(case[3], message.type)
      local object = message[case[3]]
      assert.is_truthy(object.sha256:find "^[%w+/]+=$")
      assert.equal(case[2].caption, object.caption)
      assert.equal(case[2].voice, case[3] == "audio" and object.voice or nil)
      assert.equal(case[1].data, fetched(client, object.id))
    end
    local id = last_value(bodies, "messages").messages[1].document.id
    box.clock:advance(7 * 86400)
    assert.is_nil((fetched(client, id)))
  end)

  it("reads a file from its path, and reports a missing file", function()
    local box, _, bodies = new_box()
    local path = os.tmpname()
    local file = io.open(path, "wb")
    file:write "bytes"
    file:close()
    box:user("16505551234"):sends_file(path, { mime_type = "text/plain" })
    os.remove(path)
    assert.equal("text/plain", last_value(bodies, "messages").messages[1].document.mime_type)
    local ok, err = pcall(function() box:user("16505551234"):sends_file(path) end)
    assert.is_false(ok)
    assert.is_truthy(err:find("file: ", 1, true))
  end)

  it("reads, plays and calls", function()
    local box, client, bodies = new_box()
    local ana = box:user "16505551234"
    local first, second = assert(client:send(TEXT)).messages[1].id, assert(client:send(VOICE)).messages[1].id
    ana:reads()
    ana:plays()
    local words = {}
    for _, body in ipairs(bodies) do
      local status = json.decode(body).entry[1].changes[1].value.statuses[1]
      words[#words + 1] = (status.id == first and 1 or 2) .. " " .. status.status
      assert.equal("conversation id pricing recipient_id status timestamp", keys_of(status))
    end
    assert.same({ "1 sent", "2 sent", "1 delivered", "1 read", "2 delivered", "2 read", "2 played" }, words)
    assert.equal("played", box.messages[2].status)
    box.clock:advance(60) -- the scheduled status `delivered` does not come again
    assert.equal(7, #bodies)
    ana:calls()
    local value = last_value(bodies, "calls")
    assert.same({ "terminate", "USER_INITIATED" }, { value.calls[1].event, value.calls[1].direction })
    assert.is_truthy(second)
  end)

  it("that blocks the business gets no message; the business gets no message of a user that it blocks", function()
    local box, client, bodies = new_box()
    local ana = box:user "16505551234"
    ana:blocks()
    local id = assert(client:send(TEXT)).messages[1].id
    box.clock:advance(3600)
    assert.equal("sent", box.messages[1].status)
    ana:unblocks()
    assert(client:send(TEXT))
    box.clock:advance(3600)
    assert.equal("delivered", box.messages[2].status)
    assert.is_truthy(id)
    box.blocked_users[ana.id] = true
    local count = #bodies
    ana:writes "hello"
    assert.equal(count, #bodies)
    assert.equal(1, #box.inbound)
    local _, _, details = client:send(TEXT)
    assert.equal(130403, details.code)
  end)

  it("without a number gets only messages to the user id", function()
    local box, client, bodies = new_box()
    local user = box:user(nil, { name = "Hidden", user_id = "DE.1A2B3C" })
    user:writes "hi"
    local value = last_value(bodies, "messages")
    assert.same({ { profile = { name = "Hidden" }, user_id = "DE.1A2B3C" } }, value.contacts)
    assert.same({ nil, "DE.1A2B3C" }, { value.messages[1].from, value.messages[1].from_user_id })
    assert(client:send { recipient = "DE.1A2B3C", text = { body = "hello" } })
    box:run()
    assert.equal("hello", user:last().text.body)
    local status = last_value(bodies, "statuses").statuses[1]
    assert.same({ nil, "DE.1A2B3C" }, { status.recipient_id, status.recipient_user_id })
    assert(client:send({ to = "DE.1A2B3C", text = { body = "lost" } }, { mode = "lenient" }))
    assert.same({ 1, 1 }, { #user:messages(), #box.undelivered })
  end)

  it("with a number and a user id gets messages to both", function()
    local box, client, bodies = new_box()
    local bruno = box:user "5511912345678"
    assert(client:send { to = "5511912345678", text = { body = "one" } })
    assert(client:send { recipient = bruno.user_id, text = { body = "two" } })
    assert.same({ 2, "two" }, { #bruno:messages(), bruno:last().text.body })
    bruno:writes "x"
    local value = last_value(bodies, "messages")
    assert.same({ "5511912345678", bruno.user_id }, { value.messages[1].from, value.messages[1].from_user_id })
    assert.same({ "5511912345678", bruno.user_id }, { value.contacts[1].wa_id, value.contacts[1].user_id })
  end)

  it("writes to the number of the conversation, or to a named number", function()
    local box, _, bodies = new_box { numbers = { "1", "2" } }
    local ana = box:user "16505551234"
    local second = whatsapp.new { token = "t", phone_number_id = "2", transport = box.transport }
    ana:writes "a"
    assert.equal("1", last_value(bodies, "messages").metadata.phone_number_id)
    assert(second:send(TEXT))
    ana:writes "b"
    assert.equal("2", last_value(bodies, "messages").metadata.phone_number_id)
    ana:writes("c", { number = "1" })
    assert.equal("1", last_value(bodies, "messages").metadata.phone_number_id)
    assert.has_error(function() ana:writes("d", { number = "3" }) end, nil)
    local third = whatsapp.new { token = "t", phone_number_id = "3", transport = box.transport }
    local _, _, details = third:send(TEXT)
    assert.same({ 100, 33 }, { details.code, details.subcode })
  end)

  it("raises for wrong use at the line of the test, and loses nothing", function()
    local box, client = new_box()
    local ana = box:user "16505551234"
    local id = assert(client:send(BUTTONS)).messages[1].id
    local cyclic = {}
    cyclic.a = cyclic
    local cases = {
      { function() ana:presses "maybe" end, ("press: no button `maybe` in %s; it has: yes, no"):format(id) },
      { function() ana:chooses "r1" end, "choose: there is no such message to Ana" },
      { function() ana:writes "" end, "write: text must be a string of UTF-8" },
      { function() ana:writes "\255" end, "write: text must be a string of UTF-8" },
      { function() ana:writes(nil) end, "write: text is missing" },
      { function() ana:writes("x", { odd = 1 }) end, "write: odd is not known" },
      { function() ana:writes("x", { reply_too = "wamid.X" }) end, "write: reply_too is not known, did you mean reply_to?" },
      { function() ana:presses("yes", { mesage = id }) end, "press: mesage is not known, did you mean message?" },
      { function() ana:writes("x", { text = "y" }) end, "text has two values" },
      { function() ana:sends_contact { name = "Lu", phone = "1", odd = 1 } end, "contact: odd is not known" },
      { function() box:user("1", { odd = 1 }) end, "a user has no option odd" },
      { function() ana:reacts("👍", { message = "wamid.X" }) end, "react: Ana has no message wamid.X" },
      { function() ana:sends_location(500, 0) end, "location: latitude must be" },
      { function() ana:sends_contact { { phones = {} } } end, "contacts[1].name.formatted_name is missing" },
      { function() ana:sends_file { name = "x.jpg", data = "" } end, "file: the file has 0 bytes" },
      { function() ana:answers_flow { a = 1 } end, "flow: there is no such message to Ana" },
      { function() ana:orders { {} } end, "items[1].product_retailer_id is missing" },
      { function() ana:plays() end, "play: there is no such message to Ana" },
      { function() ana:reads "wamid.X" end, "read: Ana has no message wamid.X" },
      { function() ana:writes("x", { referral = { a = "\255" } }) end, "write: referral must be an object that JSON can hold" },
      { function() ana:writes("x", { referral = cyclic }) end, "write: referral must be an object that JSON can hold" },
      { function() ana:writes("x", { number = {} }) end, "write: there is no number" },
      { function() box:user("1", { name = {} }) end, "name must be a string" },
      { function() box:user "abc" end, "a user must have a number" },
      { function() box:user("1", { user_id = "odd" }) end, "user_id must be a user id" },
    }
    for _, case in ipairs(cases) do
      local ok, err = pcall(case[1])
      assert.is_false(ok, case[2])
      assert.is_truthy(err:find(case[2], 1, true), err)
      assert.is_truthy(err:find("users_spec.lua", 1, true), err)
    end
    assert.same({ 1, 0 }, { #box.messages, #box.inbound })
  end)

  it("cannot press a button that sends nothing: a link and a flow", function()
    local box, client = new_box()
    assert(client:send { to = "16505551234", interactive = { type = "cta_url", body = { text = "x" }, action = {
      name = "cta_url", parameters = { display_text = "Open", url = "https://example.com" } } } })
    local ok, err = pcall(function() box:user("16505551234"):presses "Open" end)
    assert.is_false(ok)
    assert.is_truthy(err:find("opens a link", 1, true), err)
  end)

  it("finds the kind of a file by its name, the same in every run; prefers a kind that the API accepts", function()
    local kinds = require "whatsapp.media.kinds"
    local box = new_box()
    local wanted = {}
    for _, row in pairs(kinds.ROWS) do
      for _, extension in ipairs(row.extensions) do
        if row.as or not wanted[extension] then wanted[extension] = { row.as or "document", row.type } end
      end
    end
    wanted.opus, wanted.oga, wanted["3gpp"] = wanted.ogg, wanted.ogg, wanted["3gp"]
    assert.same({ "audio", "audio/ogg; codecs=opus" }, wanted.ogg)
    for extension, case in pairs(wanted) do
      box:user("16505551234"):sends_file { name = "a." .. extension, data = "x" }
      local message = box.inbound[#box.inbound].inbound
      assert.same(case, { message.type, message[message.type].mime_type }, extension)
    end
  end)
end)
