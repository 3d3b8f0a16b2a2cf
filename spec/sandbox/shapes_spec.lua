-- Compares the webhooks of a box with the API's contract, name by name: each object has all members that it must have, and no
-- member that the API does not have. The names were copied by hand from the API's documentation. In this process.
local json = require "whatsapp.wire.json"
local sandbox = require "whatsapp.sandbox"
local whatsapp = require "whatsapp"

-- kind of object -> "the members that it must have | the members that it may have". "name:kind": the member is an object of this kind,
-- or a list of such objects.
local SHAPES = {
  body = "object entry:entry",
  entry = "id changes:change | time",
  change = "value field",
  messages = "messaging_product metadata:metadata | contacts:user messages:message statuses:status errors:error",
  calls = "messaging_product metadata:metadata | contacts:user calls:call errors:error",
  metadata = "display_phone_number phone_number_id",
  user = "profile:profile | wa_id user_id parent_user_id",
  profile = "name | username",
  message = "id timestamp type | from from_user_id group_id context:context referral:referral errors:error",
  context = " | from id forwarded frequently_forwarded referred_product:referred_product",
  referred_product = "catalog_id product_retailer_id",
  referral = " | source_url source_type source_id headline body media_type image_url video_url thumbnail_url ctwa_clid welcome_message",
  error = "code title | message error_data:error_data href",
  error_data = "details",
  text = "body",
  image = "id mime_type sha256 | caption url", video = "id mime_type sha256 | caption url",
  document = "id mime_type sha256 | caption url filename", audio = "id mime_type sha256 voice | url",
  sticker = "id mime_type sha256 animated | url",
  location = "latitude longitude | name address url",
  contacts = "name:name | phones:phone emails addresses urls org birthday vcard origin",
  name = "formatted_name | first_name last_name middle_name prefix suffix", phone = "phone | wa_id user_id type",
  reaction = "message_id | emoji",
  button = "payload text",
  interactive = "type | button_reply:button_reply list_reply:list_reply nfm_reply:nfm_reply call_permission_reply:permission",
  button_reply = "id title", list_reply = "id title | description", nfm_reply = "response_json | name body",
  permission = "response | is_permanent expiration_timestamp response_source",
  order = "catalog_id product_items:item | text", item = "product_retailer_id quantity | item_price currency",
  unsupported = " | type",
  status = "id status timestamp | recipient_id recipient_type recipient_user_id biz_opaque_callback_data conversation:conversation"
    .. " pricing:pricing errors:error",
  conversation = "id | origin:origin expiration_timestamp", origin = "type",
  pricing = "pricing_model category | billable type",
  call = "id event timestamp | from from_user_id to direction status session:session start_time end_time duration",
  session = "sdp_type sdp",
}

local function words_of(text)
  local words = {}
  for word in text:gmatch "%S+" do
    local name, kind = word:match "^([^:]+):?(.*)$"
    words[name] = kind
  end
  return words
end

local check

local function check_member(value, kind, path, wrong)
  if value[1] ~= nil then
    for i, item in ipairs(value) do check(item, kind, ("%s[%d]"):format(path, i), wrong) end
  else check(value, kind, path, wrong) end
end

-- adds the missing and the unknown members of an object to `wrong`
function check(object, kind, path, wrong)
  local needed, more = SHAPES[kind]:match "^([^|]*)|?(.*)$"
  needed, more = words_of(needed), words_of(more)
  for name in pairs(needed) do
    if object[name] == nil then wrong[#wrong + 1] = path .. "." .. name .. " is missing" end
  end
  for name, value in pairs(object) do
    local other = needed[name] or more[name]
    if kind == "message" and name == object.type then other = name end
    if not other then wrong[#wrong + 1] = path .. "." .. name .. " is not known"
    elseif other ~= "" then check_member(value, other, path .. "." .. name, wrong) end
  end
  if kind == "change" then check_member(object.value, object.field, path .. ".value", wrong) end
  if kind == "message" and object.type and object[object.type] == nil then wrong[#wrong + 1] = path .. "." .. object.type .. " is missing" end
end

local function button(id) return { type = "reply", reply = { id = id, title = "Title " .. id } } end
local function interactive(object)
  object.body = object.body or { text = "Which?" }
  return { to = "16505551234", interactive = object }
end

local FLOW = { flow_message_version = "3", flow_id = "1", flow_cta = "Go", flow_token = "t" }
local CARD = { card_index = 0, type = "cta_url", header = { type = "image", image = { link = "https://e.example/a.jpg" } }, body = { text = "b" },
  action = { buttons = { { type = "quick_reply", quick_reply = { id = "c0", title = "Card" } } } } }
local CARDS = { CARD, {} }
for name, value in pairs(CARD) do CARDS[2][name] = value end
CARDS[2].card_index, CARDS[2].action = 1, { buttons = { { type = "quick_reply", quick_reply = { id = "c1", title = "Card" } } } }

-- each row: a name, the action of a user, and the message of the business before the action. Each button of the page and each verb has
-- a row.
local ROWS = {
  { "write", function(ana) ana:writes "a/b @ 😀 مرحبا" end },
  { "forward", function(ana) ana:writes("x", { forwarded = true }) end },
  { "an ad", function(ana)
    ana:writes("x", { referral = { source_url = "https://fb.me/x", source_id = "1", source_type = "ad", headline = "h", body = "b",
      media_type = "image", ctwa_clid = "c" } })
  end },
  { "press", function(ana) ana:presses "yes" end, interactive { type = "button", action = { buttons = { button "yes", button "no" } } } },
  { "choose", function(ana) ana:chooses "r" end,
    interactive { type = "list", action = { button = "Open", sections = { { title = "s", rows = {
      { id = "r", title = "Row", description = "d" } } } } } } },
  { "a card", function(ana) ana:presses "c1" end, interactive { type = "carousel", action = { cards = CARDS } } },
  { "a template", function(ana) ana:presses "stop" end, { to = "16505551234", template = { name = "n", language = { code = "en" },
    components = { { type = "button", sub_type = "quick_reply", index = "0", parameters = { { type = "payload", payload = "stop" } } } } } } },
  { "permission", function(ana) ana:presses "accept" end,
    interactive { type = "call_permission_request", action = { name = "call_permission_request" } } },
  { "flow", function(ana) ana:answers_flow { city = "Bonn" } end, interactive { type = "flow", action = { name = "flow", parameters = FLOW } } },
  { "address", function(ana) ana:answers_flow { values = { city = "Bonn" } } end,
    interactive { type = "address_message", action = { name = "address_message", parameters = { country = "IN" } } } },
  { "react", function(ana) ana:reacts "👍" end, { to = "16505551234", text = { body = "x" } } },
  { "react no more", function(ana) ana:reacts "" end, { to = "16505551234", text = { body = "x" } } },
  { "location", function(ana) ana:sends_location(1, 2, { name = "n", address = "a" }) end,
    interactive { type = "location_request_message", action = { name = "send_location" } } },
  { "contact", function(ana) ana:sends_contact { name = "Lu", phone = "+1 650 555 0000" } end },
  { "order", function(ana) ana:orders { { product_retailer_id = "p" } } end },
  { "image", function(ana) ana:sends_file { name = "a.jpg", data = "x" } end },
  { "video", function(ana) ana:sends_file({ name = "a.mp4", data = "x" }, { caption = "c" }) end },
  { "voice", function(ana) ana:sends_file({ name = "a.ogg", data = "x" }, { voice = true }) end },
  { "sticker", function(ana) ana:sends_file { name = "a.webp", data = "x" } end },
  { "document", function(ana) ana:sends_file { name = "a.pdf", data = "x" } end },
  { "call", function(ana) ana:calls() end },
}

-- Returns a box, a client, and a table: wrong, the problems of all webhooks of the box; bodies, the number of webhooks.
local function new_box()
  local seen = { wrong = {}, bodies = 0 }
  local box
  box = sandbox.new { app_secret = "s", statuses = { read = 1 }, webhook = function(request)
    seen.bodies = seen.bodies + 1
    assert(whatsapp.webhook.verify(request.body, request.headers["x-hub-signature-256"], "s"))
    assert(not request.body:find "[\128-\255]" and not request.body:find "[^\\]/" and not request.body:find "@", "it is not escaped")
    check(json.decode(request.body), "body", "body", seen.wrong)
    return { status = 200, headers = {}, body = "" }
  end }
  return box, whatsapp.new { token = "t", phone_number_id = "106540352242922", transport = box.transport }, seen
end

describe("a webhook of the sandbox", function()
  for _, user in ipairs { { "16505551234", {} }, { "16505551234", { user_id = "US.1A2B" } } } do
    it("has the members of the API's webhook, and no others, for each action of a user,  " .. (user[2].user_id or ""), function()
      for _, row in ipairs(ROWS) do
        local box, client, seen = new_box()
        local ana = box:user(user[1], user[2])
        if row[3] then assert(client:send(row[3])) end
        local before = seen.bodies
        row[2](ana)
        assert.is_true(seen.bodies > before, row[1])
        box.clock:advance(5)
        assert.same({}, seen.wrong, row[1])
      end
    end)
  end

  it("has these members for each status, and for a message that fails", function()
    local box, client, seen = new_box()
    box:user "16505551234"
    assert(client:send { to = "16505551234", text = { body = "x" }, biz_opaque_callback_data = "o" })
    assert(client:send { to = "16505551234", template = { name = "n", language = { code = "en" } } })
    assert(client:send { to = "16505551234", audio = { id = "1", voice = true } })
    box.clock:advance(5)
    box:user("16505551234"):plays()
    box.chaos:add { on = "status", what = "fail", times = 1, code = 131049 }
    assert(client:send { to = "16505551234", text = { body = "x" } })
    box.clock:advance(5)
    assert.same({}, seen.wrong)
    assert.equal("failed", box.messages[4].status)
    assert.is_true(seen.bodies >= 3 * 3 + 1 + 2, seen.bodies)
  end)

  it("is compared fully: an extra member and a missing member are found", function()
    local wrong = {}
    check({ object = "x", entry = { { id = "1", changes = { { field = "messages", value = {
      messaging_product = "whatsapp", metadata = { phone_number_id = "1", display_phone_number = "1" },
      messages = { { id = "i", type = "text", text = { body = "x", more = 1 }, new = 1 } } } } } } } }, "body", "body", wrong)
    table.sort(wrong)
    local path = "body.entry[1].changes[1].value.messages[1]"
    assert.same({ path .. ".new is not known", path .. ".text.more is not known", path .. ".timestamp is missing" }, wrong)
  end)
end)
