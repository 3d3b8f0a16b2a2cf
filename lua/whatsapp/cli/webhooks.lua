-- Makes the webhooks of `whatsapp trigger`. Each kind of webhook is a row: to add a kind, add a row. object() returns the part of
-- a webhook that the user may change; body() puts this part into a whole webhook. Never sends anything.
local webhooks = {}

local BUSINESS = { waba_id = "102290129340398", number = "106540352242922", display = "15550783881" }
local USER = { number = "16505551234", name = "Ana" }

local function error_of(code, title, details)
  return { code = code, title = title, message = title, error_data = { details = details } }
end

local MEDIA = { id = "1037543291543636", mime_type = "image/jpeg", sha256 = ("0"):rep(43) .. "=" }

-- Each row: the name of the kind; a description; the list in `value` that holds the object (false: the object is `value` itself);
-- the object; the field of the webhook ("messages" if absent).
local ROWS = {
  { "message.text", "a text", "messages", { type = "text", text = { body = "Hello" } } },
  { "message.button", "a button of a template was pressed", "messages", { type = "button", button = { payload = "yes",
    text = "Yes" } } },
  { "message.reply", "a reply button was pressed", "messages",
    { type = "interactive", interactive = { type = "button_reply", button_reply = { id = "yes", title = "Yes" } } } },
  { "message.list", "a row of a list was chosen", "messages",
    { type = "interactive", interactive = { type = "list_reply", list_reply = { id = "row1", title = "Row 1",
      description = "" } } } },
  { "message.flow", "a flow was filled in", "messages",
    { type = "interactive", interactive = { type = "nfm_reply", nfm_reply = { name = "flow", body = "Sent",
      response_json = '{"flow_token":"token"}' } } } },
  { "message.image", "an image", "messages", { type = "image", image = MEDIA } },
  { "message.document", "a document", "messages",
    { type = "document", document = { id = MEDIA.id, mime_type = "application/pdf", sha256 = MEDIA.sha256,
      filename = "order.pdf" } } },
  { "message.audio", "a voice message", "messages",
    { type = "audio", audio = { id = MEDIA.id, mime_type = "audio/ogg; codecs=opus", sha256 = MEDIA.sha256, voice = true } } },
  { "message.location", "a location", "messages", { type = "location", location = { latitude = 52.52, longitude = 13.405,
    name = "Berlin" } } },
  { "message.contacts", "a contact", "messages", { type = "contacts", contacts = { { name = { formatted_name = "Bruno",
    first_name = "Bruno" },
    phones = { { phone = "+55 11 91234-5678", wa_id = "5511912345678" } } } } } },
  { "message.reaction", "a reaction", "messages", { type = "reaction", reaction = { message_id = "wamid.ORIGINAL",
    emoji = "👍" } } },
  { "message.order", "an order from the catalog", "messages", { type = "order", order = { catalog_id = "1", text = "",
    product_items = { { product_retailer_id = "p1", quantity = 1, item_price = 10, currency = "EUR" } } } } },
  { "message.unsupported", "a message of a kind that the API does not pass on", "messages",
    { type = "unsupported", errors = { error_of(131051, "Message type unknown", "Message type is currently not supported.") } } },
  { "status.sent", "a message was sent", "statuses", { status = "sent" } },
  { "status.delivered", "a message was delivered", "statuses", { status = "delivered" } },
  { "status.read", "a message was read", "statuses", { status = "read" } },
  { "status.failed", "a message was not delivered", "statuses", { status = "failed", errors = {
    error_of(131047, "Re-engagement message",
      "More than 24 hours have passed since the customer last replied to this number.") } } },
  { "error", "an error of the account", "errors", error_of(130429, "Rate limit hit", "Too many messages.") },
  { "account_update", "the account was restricted", false, { event = "ACCOUNT_RESTRICTION" }, "account_update" },
  { "phone_number_quality_update", "the number's quality changed", false,
    { display_phone_number = BUSINESS.display, event = "DOWNGRADE", current_limit = "TIER_1K" }, "phone_number_quality_update" },
  { "message_template_status_update", "a template was approved", false, { event = "APPROVED", message_template_id = 12345678,
    message_template_name = "order_ready", message_template_language = "en_US", reason = "NONE" },
      "message_template_status_update" },
}

local by_name = {}
for _, row in ipairs(ROWS) do by_name[row[1]] = row end

---@return { name: string, doc: string }[] kinds
function webhooks.kinds()
  local kinds = {}
  for i, row in ipairs(ROWS) do kinds[i] = { name = row[1], doc = row[2] } end
  return kinds
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for name, member in pairs(value) do made[name] = copy(member) end
  return made
end

-- list in `value` -> function that returns the members of every object in this list
local COMMON = {
  messages = function(id, now) return { from = USER.number, id = id, timestamp = now } end,
  statuses = function(id, now) return { id = id, timestamp = now, recipient_id = USER.number } end,
  errors = function() return {} end,
}

---Makes the object that the items of the command line change: a message, a status, an error, or the whole `value`.
---@param kind string
---@param id string of the message
---@param now integer seconds since 1970
---@return table? object nil: there is no such kind
function webhooks.object(kind, id, now)
  local row = by_name[kind]
  if not row then return nil end
  local object = copy(row[4])
  if row[3] then
    for name, value in pairs(COMMON[row[3]](id, ("%d"):format(now))) do object[name] = value end
  end
  return object
end

---Makes the body of a webhook.
---@param kind string
---@param object table that object() returned
---@param business { waba_id: string?, phone_number_id: string? } ids of the account and the number; example ids if absent
---@param now integer seconds since 1970
---@return string body JSON in ASCII, with the same bytes as the API would send
function webhooks.body(kind, object, business, now)
  local row, value = by_name[kind], object
  local waba_id = business.waba_id or BUSINESS.waba_id
  if row[3] then
    value = {
      messaging_product = "whatsapp", [row[3]] = { object },
      metadata = { display_phone_number = BUSINESS.display, phone_number_id = business.phone_number_id or BUSINESS.number },
    }
    if row[3] == "messages" then value.contacts = { { profile = { name = USER.name }, wa_id = object.from } } end
  end
  return require("whatsapp.sandbox.escaped").encode {
    object = "whatsapp_business_account",
    entry = { { id = waba_id, time = not row[3] and now or nil, changes = { { field = row[5] or "messages", value = value } } } },
  }
end

return webhooks
