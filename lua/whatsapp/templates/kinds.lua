-- The kinds of headers and buttons of a template, as rows: each row says which values a message must have for this kind. Also the
-- states of a template, and its limits. Data only: to add a kind, add a row. Never checks anything.
local kinds = {}

---@class whatsapp.templates.header_kind
---@field parameter string? the type of its only parameter; nil: the header is a text, and its parameters are values of variables
---@field media boolean? true: the header is a file; the definition names a sample file

---@type table<string, whatsapp.templates.header_kind>
kinds.HEADERS = {
  TEXT = {},
  IMAGE = { parameter = "image", media = true }, VIDEO = { parameter = "video", media = true },
  GIF = { parameter = "gif", media = true }, DOCUMENT = { parameter = "document", media = true },
  LOCATION = { parameter = "location" }, PRODUCT = { parameter = "product" },
}

---@class whatsapp.templates.button_kind
---@field sub_type string? sub_type of the component with its value; nil: the button has no component in a message
---@field needs "value"|"variable"|"nothing" value: a message must give the button a value; variable: only if the button's URL has
---a variable; nothing: a message need not give a value
---@field types string[] the types of the parameters that it may have
---@field most integer the most buttons of this kind in a template
---@field card boolean? true: a card of a carousel may have it

---@type table<string, whatsapp.templates.button_kind>
kinds.BUTTONS = {
  QUICK_REPLY = { sub_type = "quick_reply", needs = "nothing", types = { "payload", "text" }, most = 10, card = true },
  URL = { sub_type = "url", needs = "variable", types = { "text" }, most = 2, card = true },
  PHONE_NUMBER = { sub_type = "phone_number", needs = "nothing", types = {}, most = 1, card = true },
  COPY_CODE = { sub_type = "copy_code", needs = "value", types = { "coupon_code" }, most = 1 },
  OTP = { sub_type = "url", needs = "value", types = { "text" }, most = 1 },
  FLOW = { sub_type = "flow", needs = "nothing", types = { "action" }, most = 1 },
  CATALOG = { sub_type = "catalog", needs = "nothing", types = { "action" }, most = 1 },
  MPM = { sub_type = "mpm", needs = "value", types = { "action" }, most = 1 },
  SPM = { needs = "nothing", types = {}, most = 1, card = true },
  VOICE_CALL = { sub_type = "voice_call", needs = "nothing", types = { "payload", "ttl_minutes" }, most = 1 },
  ORDER_DETAILS = { sub_type = "order_details", needs = "value", types = { "action" }, most = 1 },
  PAYMENT_REQUEST = { sub_type = "payment_request", needs = "value", types = { "action" }, most = 3 },
  REQUEST_CONTACT_INFO = { needs = "nothing", types = {}, most = 1 },
  APP = { needs = "nothing", types = {}, most = 1 },
}

---The known states of a template: true if the API sends the template.
---@type table<string, boolean>
kinds.STATUSES = {
  APPROVED = true,
  PENDING = false, REJECTED = false, PAUSED = false, DISABLED = false, IN_APPEAL = false, PENDING_DELETION = false,
  DELETED = false, LIMIT_EXCEEDED = false, ARCHIVED = false,
}

kinds.MOST_BUTTONS = 10
-- The most characters of each text. BODY: a body among other components; BODY_ALONE: a body that is the only component.
kinds.HEADER, kinds.BODY, kinds.BODY_ALONE, kinds.CARD_BODY, kinds.URL = 60, 1024, 32768, 160, 2000

return kinds
