-- Reading webhooks: the challenge, the signature, and one flat list of events that loses nothing, for any bytes.
local crypto = require "whatsapp.crypto"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local webhook = whatsapp.webhook
local SECRET, TOKEN = webhooks.SECRET, webhooks.TOKEN

local function parse(value, field)
  return assert(webhook.parse(webhooks.body(value, field)))
end

local function kinds(events)
  local list = {}
  for i, event in ipairs(events) do list[i] = event.kind end
  return table.concat(list, " ")
end

local function is_integer(value)
  return type(value) == "number" and value % 1 == 0 and (not math.type or math.type(value) == "integer") -- luacheck: ignore 143
end

describe("webhook.challenge", function()
  local function query(changes)
    local given = { ["hub.mode"] = "subscribe", ["hub.verify_token"] = TOKEN, ["hub.challenge"] = "0123" }
    for name, value in pairs(changes or {}) do given[name] = value or nil end
    return given
  end

  it("is returned byte for byte, from a raw query or a decoded one", function()
    assert.equal("0123", webhook.challenge("hub.mode=subscribe&hub.challenge=0123&hub.verify_token=" .. TOKEN, TOKEN))
    assert.equal("a b+c/é", webhook.challenge("?x=1&hub%2Emode=subscribe&hub.challenge=a+b%2bc/%C3%a9&hub.verify_token=t%26", "t&"))
    assert.equal("0123", webhook.challenge(query(), TOKEN))
    assert.equal("2", webhook.challenge("hub.mode=x&hub.challenge=1&hub.mode=subscribe&hub.challenge=2&hub.verify_token=" .. TOKEN, TOKEN))
    assert.equal("2", webhook.challenge(query { ["hub.challenge"] = { "1", "2" }, ["hub.mode"] = { "x", "subscribe" } }, TOKEN))
  end)

  it("is refused if a parameter is missing or wrong", function()
    for _, changes in ipairs { { ["hub.mode"] = "unsubscribe" }, { ["hub.verify_token"] = "x" }, { ["hub.verify_token"] = "" },
      { ["hub.verify_token"] = {} }, { ["hub.challenge"] = "" }, { ["hub.challenge"] = true } } do
      local challenge, text = webhook.challenge(query(changes), TOKEN)
      assert.is_nil(challenge)
      assert.is_string(text)
    end
    for _, given in ipairs { "", "x=1", {}, 5, "hub.mode=subscribe&hub.challenge=1", "&&==&=&%", "%zz" } do
      assert.is_nil((webhook.challenge(given, TOKEN)))
    end
    assert.is_nil((webhook.challenge(nil, TOKEN)))
  end)

  it("raises without a token to compare with", function()
    for _, token in ipairs { "", 5, {} } do assert.has_error(function() webhook.challenge("", token) end) end
    local ok, err = pcall(function() return (webhook.challenge("", nil)) end)
    assert.is_false(ok)
    assert.is_truthy(err:find("webhook_spec.lua:", 1, true), err)
  end)
end)

describe("webhook.verify", function()
  it("accepts every body that was signed, and no other", function()
    for _, body in ipairs { "", "x", "{}", "\0\255\n", ("y"):rep(100000) } do
      local header = webhooks.sign(body)
      assert.is_true(webhook.verify(body, header, SECRET))
      assert.is_true(webhook.verify(body, "sha256=" .. header:sub(8), SECRET))
      assert.is_false((webhook.verify(body .. " ", header, SECRET)))
      assert.is_false((webhook.verify(body, header, SECRET .. "x")))
    end
    -- RFC 4231, case 2
    assert.is_true(webhook.verify("what do ya want for nothing?",
      "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "Jefe"))
  end)

  it("refuses a header that is not exactly sha256= and 64 digits", function()
    local digits = crypto.hmac_sha256(SECRET, "x")
    for _, header in ipairs { digits, "sha1=" .. digits, "SHA256=" .. digits, "sha256=" .. digits:sub(2), "sha256=" .. digits .. "0",
      " sha256=" .. digits, "sha256=" .. digits .. "\n", "sha256 " .. digits, "", "sha256=", "sha256=" .. ("\0"):rep(64), 5, {} } do
      local ok, text = webhook.verify("x", header, SECRET)
      assert.is_false(ok)
      assert.is_string(text)
    end
    assert.is_false((webhook.verify("x", nil, SECRET)))
    assert.is_false((webhook.verify(nil, "sha256=" .. digits, SECRET)))
  end)

  it("accepts a signature by any of several secrets", function()
    local header = webhooks.sign("x", "old")
    assert.is_true(webhook.verify("x", header, { "new", "old" }))
    assert.is_false((webhook.verify("x", header, { "new", "newer" })))
  end)

  it("raises without a secret, at the caller's line", function()
    for _, secret in ipairs { "", {}, { "" }, { "good", "" }, { "good", 5 }, 5, false } do
      local ok, err = pcall(function()
        local verified = webhook.verify("x", "sha256=", secret)
        return verified
      end)
      assert.is_false(ok)
      assert.is_truthy(err:find("webhook_spec.lua:", 1, true), err)
    end
  end)

  it("accepts \\u escapes that a proxy wrote as UTF-8 only if asked to", function()
    local header = webhooks.sign '{"a":"\\u00e9 \\u20ac \\ud83d\\ude00 \\u007f"}'
    local body = '{"a":"é € 😀 \127"}'
    assert.is_false((webhook.verify(body, header, SECRET)))
    assert.is_true(webhook.verify(body, header, SECRET, { reencoded = true }))
    for _, bad in ipairs { "\255", "\194", "\240\159", ("\244"):rep(50), "\194" .. ("\128"):rep(50) } do
      assert.is_false((webhook.verify(bad, header, SECRET, { reencoded = true })))
    end
  end)
end)

describe("webhook.parse", function()
  it("returns the messages of every entry and change, with the ids of account and number", function()
    local change = '{"field":"messages","value":{"metadata":{"phone_number_id":%d},"messages":[%s]}}'
    local function message(id) return ('{"id":"%s","from":"1","timestamp":"5","type":"text","text":{"body":"%s"}}'):format(id, id) end
    local body = ('{"object":"whatsapp_business_account","entry":[{"id":"A","changes":[%s,%s]},{"id":7,"time":9,"changes":[%s]}]}')
      :format(change:format(1, message "a" .. "," .. message "b"), change:format(2, message "c"), change:format(3, message "d"))
    local seen = {}
    for i, event in ipairs(assert(webhook.parse(body))) do
      seen[i] = { event.kind, event.field, event.waba_id, event.phone_number_id, event.id, event.text, event.timestamp, event.time }
      assert.equal(event.id, event.raw.id)
      assert.is_table(event.value.metadata)
    end
    assert.same({
      { "message", "messages", "A", "1", "a", "a", 5 }, { "message", "messages", "A", "1", "b", "b", 5 },
      { "message", "messages", "A", "2", "c", "c", 5 }, { "message", "messages", "7", "3", "d", "d", 5, 9 },
    }, seen)
  end)

  it("finds contacts by id, never by position", function()
    local events = parse {
      contacts = { { wa_id = "2", profile = { name = "Two" } }, { user_id = "US.1", profile = { name = "One" } }, { wa_id = 3 }, 5 },
      messages = {
        { id = "a", from_user_id = "US.1" }, { id = "b", from = "2", from_user_id = "US.9" }, { id = "c", from = 3 }, { id = "d", from = "4" },
      },
      statuses = { { id = "e", status = "READ", recipient_user_id = "US.1" }, { id = "f", status = "sent", recipient_id = "2" } },
    }
    local names = {}
    for i, event in ipairs(events) do names[i] = event.name or (event.contact and "nameless") or "-" end
    assert.equal("One Two nameless - One Two", table.concat(names, " "))
    assert.same({ nil, "US.1" }, { events[1].from, events[1].from_user_id })
    assert.equal("3", events[3].from)
    assert.equal("read", events[5].status)
    -- each change has its own contacts
    local change = '{"field":"messages","value":{"contacts":[{},{"wa_id":"1","profile":{"name":"%s"}}],"messages":[{"from":"1"}]}}'
    events = assert(webhook.parse(('{"entry":[{"changes":[%s,%s]}]}'):format(change:format "A", change:format "B")))
    assert.same({ "A", "B" }, { events[1].name, events[2].name })
  end)

  it("returns the text and the chosen id of every type", function()
    local rows = {
      { { type = "text", text = { body = "hi" } }, "hi" },
      { { type = "image", image = { id = "1", caption = "c" } }, "c", media = "1" },
      { { type = "video", video = { id = "2" } }, nil, media = "2" },
      { { type = "document", document = { id = "3", caption = "d", filename = "f" } }, "d", media = "3" },
      { { type = "audio", audio = { id = "4", voice = true } }, nil, media = "4" },
      { { type = "sticker", sticker = { id = "5" } }, nil, media = "5" },
      { { type = "button", button = { text = "Yes", payload = "p" } }, "Yes", "p" },
      { { type = "interactive", interactive = { type = "button_reply", button_reply = { id = "i", title = "T" } } }, "T", "i" },
      { { type = "interactive", interactive = { type = "list_reply", list_reply = { id = 7, title = "L" } } }, "L", "7" },
      { { type = "interactive", interactive = { nfm_reply = { body = "Sent", response_json = '{"a":[1]}' } } }, "Sent", response = true },
      { { type = "interactive", interactive = { nfm_reply = { body = "Sent", response_json = "no json" } } }, "Sent" },
      { { type = "interactive" } },
      { { type = "order", order = { text = "quick", product_items = {} } }, "quick" },
      { { type = "system", system = { body = "changed", type = "user_changed_number" } }, "changed" },
      { { type = "edit", edit = { original_message_id = "o", message = { type = "text", text = { body = "new" } } } }, "new" },
      { { type = "location", location = { latitude = 1, longitude = 2 } } },
      { { type = "location", location = { latitude = 1, longitude = 2, name = "Tower", address = "Road 1" } }, "Tower, Road 1" },
      { { type = "location", location = { name = 5, address = "Road 1" } }, "Road 1" },
      { { type = "contacts", contacts = { { name = { formatted_name = "Ana Lima" } }, { name = 5 }, 7, { name = { first_name = "Bo" } } } },
        "Ana Lima, Bo" },
      { { type = "contacts", contacts = {} } },
      { { type = "reaction", reaction = { message_id = "m", emoji = "👍" } }, "👍" },
      { { type = "reaction", reaction = { message_id = "m", emoji = "" } } },
      { { type = "reaction", reaction = { message_id = "m" } } },
      { { type = "edit", edit = { message = { type = "location", location = { name = "New" } } } }, "New" },
      { { type = "voice", voice = { id = "6", mime_type = "audio/ogg" } }, nil, media = "6" },
      { { type = "interactive", interactive = { type = "payment_method", payment_method = { payment_method = "pix",
        reference_id = "order-1", last_four_digits = "1234" } } }, "pix", "order-1", payment = "1234" },
      { { type = "interactive", interactive = { type = "payment_notification", payment_notification = { reference_id = "order-2",
        payment_status = "paid", last_four_digits = "5" } } }, "paid", "order-2", payment = "5" },
      { { type = "interactive", interactive = { type = "product", product = { product_retailer_id = "sku-1" } } }, nil, "sku-1" },
      { { type = "something_new", something_new = { body = "?" } } },
      { { text = { body = "without a type" } } },
      { { type = "text", text = "no table" } },
      { { type = 5, ["5"] = { body = 6 } } },
    }
    for i, row in ipairs(rows) do
      row[1].id = "m" .. i
      local events = parse { messages = { row[1] } }
      local event = events[1]
      assert.equal("message", kinds(events))
      assert.same({ row[2], row[3] }, { event.text, event.reply_id })
      assert.equal(row.media, event.media and event.media.id)
      assert.equal(row.payment, event.payment and event.payment.last_four_digits)
      assert.equal(row.response, event.response and event.response.a[1] == 1 or nil)
      assert.equal("m" .. i, event.raw.id)
    end
  end)

  it("returns a failed status with the same details as a failed send", function()
    local failed = webhooks.status("x", "failed", {
      biz_opaque_callback_data = "stamp-1", timestamp = 1749416384,
      errors = { { code = 131047, title = "Re-engagement message", message = "Re-engagement message",
        error_data = { details = "More than 24 hours" } } },
    })
    local group = webhooks.status("y", "read", { recipient_type = "group", recipient_participant_id = "1" })
    local other = webhooks.status("y", "read", { participant_recipient_id = 2 })
    local events = parse { statuses = { failed, group, other, webhooks.status("z", "failed", { errors = { { code = 130429, details = "old" } } }) } }
    assert.equal("status status status status", kinds(events))
    local event = events[1]
    assert.same({ "x", "failed", "stamp-1", 1749416384, "16505551234" },
      { event.id, event.status, event.stamp, event.timestamp, event.recipient_id })
    assert.is_true(is_integer(event.timestamp) and is_integer(events[2].timestamp))
    local details = event.details
    assert.same({ "More than 24 hours", "Re-engagement message" }, { details.raw.error_data.details, details.raw.title })
    assert.is_string(details.advice)
    details.raw, details.advice = nil, nil
    assert.same({ kind = "api", code = 131047, message = "Re-engagement message", reason = "More than 24 hours", retryable = false,
      may_have_been_sent = false, error_data = { details = "More than 24 hours" } }, details)
    assert.equal("Re-engagement message: More than 24 hours (code 131047)", event.text)
    assert.same({ "1", "2" }, { events[2].participant, events[3].participant })
    assert.same({ true, "old" }, { events[4].details.retryable, events[4].details.reason })
  end)

  it("returns errors, echoes and changes of every other field", function()
    local events = parse { errors = { { code = 130429, title = "Rate limit hit" } }, messages = {
      { id = "u", type = "unsupported", errors = { { code = 131051, title = "Unsupported" } } } } }
    assert.equal("message error", kinds(events))
    assert.same({ 131051, 130429 }, { events[1].details.code, events[2].details.code })
    events = parse({ message_echoes = { { id = "e", from = "106", to = "1", type = "text", text = { body = "x" } } } }, "smb_message_echoes")
    assert.equal("echo", kinds(events))
    assert.same({ "1", "x" }, { events[1].to, events[1].text })
    assert.equal("echo", kinds(parse({ message_echoes = { { id = "e" } } }, "message_echoes")))
    assert.equal("message echo", kinds(parse { messages = { { id = "a" } }, message_echoes = { { id = "e" } } }))
    events = parse({ event = "APPROVED", timestamp = "7", message_template_name = "n" }, "message_template_status_update")
    assert.equal("change", kinds(events))
    assert.same({ 7, "APPROVED", "message_template_status_update" }, { events[1].timestamp, events[1].value.event, events[1].raw.field })
    -- messages and statuses of other fields stay in their change
    assert.equal("change", kinds(parse({ messages = { { id = "a" } }, statuses = { { id = "b" } } }, "history")))
  end)

  it("treats only a status of a message as a status", function()
    local paid = webhooks.status("wamid.1", "captured", { type = "payment", payment = { reference_id = "o", transaction = { status = "failed" } } })
    local events = parse { statuses = { webhooks.status("wamid.1", "read"), webhooks.status("wamid.1", "sent", { type = "message" }), paid,
      webhooks.status("wacid.1", "RINGING", { type = "call" }), webhooks.status("wamid.1", "failed", { type = "of_tomorrow" }),
      webhooks.status("wamid.1", "failed", { type = { 5 } }) } }
    assert.equal("status status payment change change change", kinds(events))
    assert.same({ "wamid.1", "captured", "payment", "o" },
      { events[3].id, events[3].status, events[3].type, events[3].payment.reference_id })
    assert.equal("status", kinds(assert(webhook.parse
      '{"entry":[{"changes":[{"field":"messages","value":{"statuses":[{"id":"a","status":"read","type":null}]}}]}]}')))
  end)

  it("distinguishes a voicemail from a sound", function()
    local events = parse { messages = { { id = "wacid.1", type = "audio", audio = { id = "m" } },
      { id = "wamid.1", type = "audio", audio = { id = "m" } },
      { id = "wacid.2", type = "text", text = { body = "x" } } } }
    assert.same({ true, nil, nil }, { events[1].voicemail, events[2].voicemail, events[3].voicemail })
    assert.equal("m", events[1].media.id)
  end)

  it("returns the earlier id of a user", function()
    for _, kind in ipairs { "user_changed_user_id", "user_changed_number" } do
      local event = parse { messages = { { id = "s", from = "1", from_user_id = "US.old", type = "system",
        system = { type = kind, body = "changed", user_id = "US.new", previous_user_id = "US.old" } } } }[1]
      assert.same({ "message", "system", "US.old", "US.new" }, { event.kind, event.type, event.previous_user_id, event.from_user_id })
    end
    local event = parse { messages = { { id = "s", from = "1", from_user_id = "US.1", type = "system",
      system = { body = "x", user_id = "US.2" } } } }[1]
    assert.same({ nil, "US.1" }, { event.previous_user_id, event.from_user_id })
  end)

  it("returns the events of another app's conversation as standby, each with its text", function()
    local text = webhooks.text("m", "help")
    local events = parse({ standby = { contacts = { { wa_id = text.from, profile = { name = "Ana" } } }, messages = { text },
      message_echoes = { { id = "e", to = "1", timestamp = 5 } }, statuses = { webhooks.status("s", "failed") } } }, "standby")
    assert.equal("standby standby standby", kinds(events))
    assert.same({ "m", "help", text.from, "Ana", "106" },
      { events[1].id, events[1].text, events[1].from, events[1].name, events[1].phone_number_id })
    assert.same({ "s", "failed", "e", "1" }, { events[2].id, events[2].status, events[3].id, events[3].to })
    events = parse({ sender = { phone_number = "1", user_id = "US.1" }, recipient = { phone_number_id = "107" }, timestamp = "9",
      type = "control_passed", control_passed = { metadata = "x" } }, "messaging_handovers")
    assert.equal("standby", kinds(events))
    assert.same({ "1", "US.1", "107", 9, "control_passed", "x" }, { events[1].from, events[1].from_user_id, events[1].phone_number_id,
      events[1].timestamp, events[1].type, events[1].value.control_passed.metadata })
    for _, value in ipairs { { standby = 5 }, { standby = {} }, {}, { standby = { messages = 5 } }, { standby = { contacts = {} }, new = 1 } } do
      assert.equal("standby", kinds(parse(value, "standby")))
      assert.equal("standby", kinds(parse(value, "messaging_handovers")))
    end
    assert.equal("standby standby", kinds(parse({ standby = { messages = { { id = "a" } } }, new = 1 }, "standby")))
    assert.equal("message", kinds(parse { messages = { { id = "a" } } })) -- and those of other fields stay in their change
  end)

  it("returns every unknown field, value and item as a change", function()
    assert.equal("message change", kinds(parse { messages = { { id = "a" } }, something = { new = 1 } }))
    assert.equal("change", kinds(parse { contacts = { { wa_id = "1" } } }))
    assert.equal("change", kinds(parse { messages = { object = "no list" } }))
    assert.equal("change change message", kinds(parse { messages = { 5, "x", { id = "a" } } }))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":5}')))
    assert.equal("change", kinds(assert(webhook.parse '{"object":"page","entry":[{"changes":[5]}]}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[{"id":"1","changed_fields":["messages"]}]}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[{"id":"1","changes":[],"messaging":[{}]}]}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[null]}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[],"more":1}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[{"changes":[{"field":"messages"}]}]}')))
    assert.equal("change", kinds(assert(webhook.parse '{"entry":[{"changes":[{"field":null,"value":null}]}]}')))
    assert.equal("message change",
      kinds(assert(webhook.parse '{"entry":[{"changes":[{"field":"messages","value":{"messages":[{}]},"x":1}]}]}')))
    assert.equal("", kinds(assert(webhook.parse '{"object":"whatsapp_business_account","entry":[]}')))
  end)

  it("accepts a null in every place", function()
    local text = '{"id":null,"from":null,"type":null,"timestamp":null,"context":null,"errors":null,"text":null,"group_id":null}'
    local events = assert(webhook.parse(('{"entry":[{"id":null,"time":null,"changes":[{"field":"messages","value":{"metadata":null,'
      .. '"contacts":[null],"messages":[%s],"statuses":[{"id":null,"status":null,"errors":[null]}],"errors":[{"code":null}]}}]}]}'):format(text)))
    assert.equal("message status error", kinds(events))
    assert.same({}, { events[1].id, events[1].type, events[1].timestamp, events[1].context, events[1].group_id })
  end)

  it("keeps every digit of integers that no double holds", function()
    local body = '{"entry":[{"id":12345678901234567,"changes":[{"field":"x","value":{"a":9007199254740993,"b":-9223372036854775807,'
      .. '"c":"1234567890123456","d": 1234567890123456789012,"e":"x:1234567890123456 \\" ,1234567890123456","f":1234567890123456,'
      .. '"g":[1234567890123456789],"h":1234567890123456.5,"i":12345678901234567890e2,"1234567890123456":true}}]}]}'
    local event = assert(webhook.parse(body))[1]
    local value = event.value
    assert.equal("12345678901234567", event.waba_id)
    assert.equal("9007199254740993", tostring(value.a))
    assert.equal("-9223372036854775807", tostring(value.b))
    assert.equal(math.type and "number" or "string", type(value.a)) -- luacheck: ignore 143
    assert.same({ "1234567890123456", "1234567890123456789012", 'x:1234567890123456 " ,1234567890123456' }, { value.c, value.d, value.e })
    assert.is_true(value.f == 1234567890123456)
    assert.equal("1234567890123456789", tostring(value.g[1]))
    assert.is_true(value.h == 1234567890123456.5 and value.i == 12345678901234567890e2 and value["1234567890123456"])
  end)

  it("reads half a surrogate pair as one character", function()
    local function text_of(escaped)
      return assert(webhook.parse(('{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"type":"text","text":{"body":"%s"}}]}}]}]}')
        :format(escaped)))[1].text
    end
    assert.equal("a\239\191\189b", text_of "a\\ud800b")
    assert.equal("\239\191\189\239\191\189", text_of "\\udc00\\uD83d")
    assert.equal("😀\239\191\189😀", text_of "\\ud83d\\ude00\\ud83d\\ud83d\\ude00")
    assert.equal("\\ud800 \239\191\189", text_of "\\\\ud800 \\ud800")
    assert.equal("a\0b", text_of "a\\u0000b")
  end)

  it("refuses a body that is no JSON object or too long, and never raises", function()
    for _, body in ipairs { "", "{", "[]", "null", "5", '"x"', "[{}]", " ", "\0", "{}x", '{"a":}', ("["):rep(100000), ('{"a":'):rep(100000),
      "\239\187\191{}", '{"entry":[\\ud800]}', ('{"a":"%s'):format(("\\ud800"):rep(1000)), ('{"a":%s'):format(("9"):rep(1000)) } do
      local events, text = webhook.parse(body)
      assert.is_nil(events)
      assert.is_string(text)
    end
    for _, body in ipairs { 5, {}, true } do assert.is_nil((webhook.parse(body))) end
    assert.is_nil((webhook.parse(nil)))
    local long = '{"entry":[],"x":"' .. ("x"):rep(4 * 1024 * 1024) .. '"}'
    assert.is_nil((webhook.parse(long)))
    assert.is_table((webhook.parse(long, #long)))
  end)

  it("never raises for any mutation of a body", function()
    local body = webhooks.body { messages = { webhooks.text("a", "x") }, statuses = { webhooks.status("b", "failed", { errors = { { code = 5 } } }) },
      contacts = { { wa_id = "1" } } }
    local words = { "null", "{}", "[]", '"x"', "5", "true", "1e300", "-1e400", "12345678901234567890", '{"a":[null]}' }
    math.randomseed(7)
    for at in body:gmatch "()[%[{\"]" do
      for _, word in ipairs(words) do
        local first = body:sub(at, at)
        local from, to = body:find(first == '"' and '^"[^"]*"' or "^%b" .. first .. (first == "{" and "}" or "]"), at)
        local events, text = webhook.parse(from and body:sub(1, from - 1) .. word .. body:sub(to + 1) or "")
        assert.is_true(type(events) == "table" or type(text) == "string")
        for _, event in ipairs(events or {}) do
          assert.is_string(event.kind)
          assert.is_table(event.raw)
          assert.is_true(event.timestamp == nil or is_integer(event.timestamp))
          assert.is_true(event.id == nil or type(event.id) == "string")
        end
      end
    end
  end)
end)

describe("print(event)", function()
  it("shows one useful line for each kind", function()
    local contact = { { wa_id = "16505551234", profile = { name = "Ana" } } }
    local rows = {
      { { contacts = contact, messages = { webhooks.text("m1", "Hello") } }, "message m1 Hello (text from 16505551234 Ana)" },
      { { messages = { { id = "m2", from_user_id = "US.1", type = "image", image = { id = "9" } } } }, "message m2 (image from US.1)" },
      { { statuses = { webhooks.status("m3", "read") } }, "status m3 read (to 16505551234)" },
      { { statuses = { webhooks.status("m4", "failed", { errors = { { code = 131047, title = "Re-engagement message" } } }) } },
        "status m4 failed (to 16505551234): Re-engagement message (code 131047)" },
      { { statuses = { webhooks.status("m5", "captured", { type = "payment", payment = {} }) } }, "payment m5 captured (to 16505551234)" },
      { { errors = { { code = 130429, title = "Rate limit hit" } } }, "error Rate limit hit (code 130429)" },
      { { message_echoes = { { id = "m6", to = "1", type = "text", text = { body = "Hi" } } } }, "echo m6 Hi (text to 1)", "message_echoes" },
      { { standby = { messages = { webhooks.text("m7", "help") } } }, "standby m7 help (text from 16505551234)", "standby" },
      { { type = "control_passed", sender = { phone_number = "1" } }, "standby (control_passed from 1)", "messaging_handovers" },
      { { event = "APPROVED" }, "change message_template_status_update APPROVED", "message_template_status_update" },
      { { messages = { webhooks.text("m8", ("x"):rep(300)) } }, "message m8 " .. ("x"):rep(200) .. "... (text from 16505551234)" },
    }
    for _, row in ipairs(rows) do assert.equal(row[2], tostring(parse(row[1], row[3])[1])) end
    assert.equal("change", tostring(assert(webhook.parse '{"entry":5}')[1]))
  end)

  it("does not change the result of pairs() or of a JSON writer", function()
    local event = parse { messages = { webhooks.text("m", "x") } }[1]
    local copy = {}
    for name, value in pairs(event) do copy[name] = value end
    assert.same(copy, event)
    assert.is_nil(copy.__tostring)
    local json = require "whatsapp.wire.json"
    assert.same(json.decode(json.encode(copy)), json.decode(json.encode(event)))
  end)

  it("never raises, also for an event that a callback has changed", function()
    for _, odd in ipairs { 5, {}, true, print, setmetatable({}, { __tostring = error }) } do
      local event = parse { statuses = { webhooks.status("m", "failed") } }[1]
      for _, name in ipairs { "kind", "id", "status", "text", "type", "from", "to", "name", "field", "value", "participant" } do
        event[name] = odd
        assert.is_string(tostring(event))
      end
    end
  end)
end)
