-- Constructors: functions that return plain tables in the form of the API's JSON. They put an address into the right member,
-- fill in the constants of the API, and write numbers as texts where the API wants texts. They drop nothing: an unknown name
-- goes into the table; the check of the message then refuses the name, and its error tells the path.
local recipient = require "whatsapp.send.recipient"
local values = require "whatsapp.util.values"

---@class whatsapp.message
local message = {}

local copy = values.copy

-- Raises for wrong use of a constructor: the wrapper at the end of this file raises the error again at the caller's line.
local function wrong(err)
  error({ wrong = err }, 0)
end

-- adds the members of `more` to `base`; raises if `base` already has another value for one of these members
local function merged(base, more)
  for name, value in pairs(more or {}) do
    if base[name] ~= nil and base[name] ~= value then wrong(("%s has two values"):format(tostring(name))) end
    base[name] = value
  end
  return base
end

local function with_defaults(defaults, chosen)
  local made = copy(defaults)
  for name, value in pairs(chosen or {}) do made[name] = value end
  return made
end

-- removes a member from a table and returns its value
local function taken(from, name)
  local value = from[name]
  from[name] = nil
  return value
end

-- Returns a copy of a list in which `change` has changed each table. Items that are not tables, holes, and members with string
-- keys stay, so that the check of the message refuses them. If `list` is not a table, returns it unchanged.
local function mapped(list, change)
  if type(list) ~= "table" then return list end
  local made = {}
  for place, item in pairs(list) do
    made[place] = type(place) == "number" and type(item) == "table" and change(item, place) or item
  end
  return made
end

-- a number counts as a text, because message_to() makes a text of it
local function is_text(value)
  return type(value) == "string" or type(value) == "number"
end

-- returns { text = } for a text; other values stay as they are
local function texted(text)
  return is_text(text) and { text = text } or text
end

-- ---- numbers that become texts ------------------------------------------------------------------------------------------

local DEEPEST = 16

-- name of a member -> set of the kinds of field that have this name in the schema
local kinds_of_name

local function read_schema()
  kinds_of_name = {}
  for _, object in pairs((require("whatsapp.core").schema())) do
    for _, field in ipairs(object.fields) do
      kinds_of_name[field.name] = kinds_of_name[field.name] or {}
      kinds_of_name[field.name][field.kind] = true
    end
  end
  return kinds_of_name
end

-- reads the schema at the first call, because only numbers need it
local function kinds_of(name)
  return (kinds_of_name or read_schema())[name] or {}
end

-- kinds of field for which the API takes a number; a member stays a number if any field of the schema with the same name has
-- such a kind
local NUMERIC = { "integer", "number|string", "integer|string" }

local function wants_text(name)
  local kinds = kinds_of(name)
  for _, kind in ipairs(NUMERIC) do
    if kinds[kind] then return false end
  end
  return kinds.string == true
end

-- returns whether a member holds the caller's free-form data, such as the data of a flow
local function is_any_value(name)
  local kinds = kinds_of(name)
  return kinds.map == true and next(kinds, next(kinds)) == nil
end

local function copy_with(value, name, member)
  local made = copy(value)
  made[name] = member
  local meta = getmetatable(value)
  return type(meta) == "table" and setmetatable(made, meta) or made
end

-- Returns a copy in which numbers are texts where the API wants texts; returns the same table if it has no such number. NaN, the
-- infinities, and numbers that a float may not hold exactly stay, so that the check refuses them. Reads each table once.
local function with_texts(value, depth, seen)
  if seen[value] then return seen[value] end
  seen[value] = value
  local made = value
  for name, member in next, value do
    local changed = member
    if type(member) == "number" then
      if wants_text(name) then changed = values.text(member) or member end
    elseif type(member) == "table" and depth < DEEPEST then
      changed = with_texts(member, depth + 1, seen)
      if not rawequal(changed, member) and is_any_value(name) then changed = member end
    end
    if not rawequal(changed, member) then
      if made == value then made = copy_with(value, name, changed) else made[name] = changed end
    end
  end
  seen[value] = made
  return made
end

-- returns the message: an address, a type, and the content under the name of the type
local function message_to(address, kind, content)
  local made = recipient.of(address) or { to = address }
  if type(content) == "table" then content = with_texts(content, 1, {}) end
  return merged(made, { type = kind, [kind] = content })
end

-- ---- plain --------------------------------------------------------------------------------------------------------------

---Makes a text message.
---@param to whatsapp.Address
---@param body string|number up to 4,096 characters
---@param options { preview_url: boolean? }?
---@return whatsapp.TextMessage
function message.text(to, body, options)
  return message_to(to, "text", merged({ body = body }, options))
end

-- a link begins with http:// or https://; every other string is the id of an uploaded file
local function media(kind, to, file, options)
  local is_link = type(file) == "string" and file:lower():find "^https?://" ~= nil
  return message_to(to, kind, merged({ [is_link and "link" or "id"] = file }, options))
end

---Makes a message with an image: a JPEG or PNG of up to 5 MB.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options { caption: string|number|nil }?
---@return whatsapp.ImageMessage
function message.image(to, file, options) return media("image", to, file, options) end

---Makes a message with a video: an MP4 or 3GP of up to 16 MB.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options { caption: string|number|nil }?
---@return whatsapp.VideoMessage
function message.video(to, file, options) return media("video", to, file, options) end

---Makes a message with a document: a file of up to 100 MB.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options { filename: string|number|nil, caption: string|number|nil }?
---@return whatsapp.DocumentMessage
function message.document(to, file, options) return media("document", to, file, options) end

---Makes a message with a sound of up to 16 MB: AAC, AMR, MP3, M4A, or Ogg with Opus.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options { voice: boolean? }?
---@return whatsapp.AudioMessage
function message.audio(to, file, options) return media("audio", to, file, options) end

---Makes a voice message: Ogg with Opus, one channel.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options whatsapp.Audio?
---@return whatsapp.AudioMessage
function message.voice(to, file, options) return media("audio", to, file, merged({ voice = true }, options)) end

---Makes a message with a sticker: a WebP of 512 by 512 pixels, up to 100 KB; up to 500 KB if it is animated.
---@param to whatsapp.Address
---@param file string|integer an id, or a link
---@param options whatsapp.Sticker?
---@return whatsapp.StickerMessage
function message.sticker(to, file, options) return media("sticker", to, file, options) end

---Makes a message with a place.
---@param to whatsapp.Address
---@param latitude number|string degrees
---@param longitude number|string degrees
---@param options { name: string|number|nil, address: string|number|nil }?
---@return whatsapp.LocationMessage
function message.location(to, latitude, longitude, options)
  return message_to(to, "location", merged({ latitude = latitude, longitude = longitude }, options))
end

---Makes a message with contact cards.
---@param to whatsapp.Address
---@param cards whatsapp.Contact[] each card needs a name; more than 257 cards give a warning
---@return whatsapp.ContactsMessage
function message.contacts(to, cards) return message_to(to, "contacts", cards) end

---Makes a message with one contact card.
---@param to whatsapp.Address
---@param name string|number|whatsapp.ContactName the whole name as a text, or the API's table for a name
---@param phone string|integer? the number as the user sees it
---@param more whatsapp.Contact? the other members of the card
---@return whatsapp.ContactsMessage
function message.contact(to, name, phone, more)
  local card = { name = is_text(name) and { formatted_name = name, first_name = name } or name }
  if phone ~= nil then card.phones = { { phone = phone } } end
  return message.contacts(to, { merged(card, more) })
end

---Makes a reaction to a message.
---@param to whatsapp.Address
---@param message_id string the id of the message, which must not be older than 30 days
---@param emoji string one emoji; "" removes an earlier reaction
---@param options whatsapp.Reaction?
---@return whatsapp.ReactionMessage
function message.reaction(to, message_id, emoji, options)
  return message_to(to, "reaction", merged({ message_id = message_id, emoji = emoji }, options))
end

---Makes a message that removes an earlier reaction.
---@param to whatsapp.Address
---@param message_id string
---@param options whatsapp.Reaction?
---@return whatsapp.ReactionMessage
function message.unreact(to, message_id, options) return message.reaction(to, message_id, "", options) end

-- ---- interactive --------------------------------------------------------------------------------------------------------

---@alias whatsapp.Text string|number|{ text: string }

---@class whatsapp.interactive_options
---@field header string|number|whatsapp.Header|nil a text, or a header such as { type = "image", image = { id = "1" } }
---@field footer whatsapp.Text?

local function header_of(header)
  return is_text(header) and { type = "text", text = header } or header
end

-- member of an interactive message -> function that turns its short form into the API's form
local PARTS = { header = header_of, body = texted, footer = texted }

local function interactive(kind, to, action, arguments, options)
  local object = merged(merged({ type = kind, action = action }, arguments), options)
  for name, make in pairs(PARTS) do object[name] = make(object[name]) end
  return message_to(to, "interactive", object)
end

-- Returns a function that turns { id, title } or { id =, title = } into a button of the API. A button of the API stays as it
-- is.
local function button_maker(kind)
  return function(button)
    if button[kind] ~= nil then return button end
    local reply = copy(button)
    for place, name in ipairs { "id", "title" } do
      if reply[name] == nil then reply[name] = taken(reply, place) end
    end
    return { type = kind, [kind] = reply }
  end
end
local reply_button, quick_reply_button = button_maker "reply", button_maker "quick_reply"

---Makes a message with one to three reply buttons.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param buttons { id: string|integer, title: string|number }[] a title has up to 20 characters; { id, title } without names is
---also allowed
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.buttons(to, body, buttons, options)
  return interactive("button", to, { buttons = mapped(buttons, reply_button) }, { body = body }, options)
end

---Makes a message with a list: the user chooses one of up to ten rows.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param button string|number the text on the button that opens the list
---@param sections whatsapp.Section[]|whatsapp.Row[] a list of rows becomes one section
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.list(to, body, button, sections, options)
  local first = type(sections) == "table" and sections[1]
  if type(first) == "table" and first.rows == nil then sections = { { rows = sections } } end
  return interactive("list", to, { button = button, sections = sections }, { body = body }, options)
end

---Makes a message with a button that opens a link.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param display_text string|number the text on the button, up to 20 characters
---@param url string
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.url_button(to, body, display_text, url, options)
  local action = { name = "cta_url", parameters = { display_text = display_text, url = url } }
  return interactive("cta_url", to, action, { body = body }, options)
end

---Makes a message with a button that asks the user for a location.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param options whatsapp.Interactive?
---@return whatsapp.InteractiveMessage
function message.location_request(to, body, options)
  return interactive("location_request_message", to, { name = "send_location" }, { body = body }, options)
end

---Makes a message with a button that opens a flow.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param parameters whatsapp.FlowParameters flow_id or flow_name, flow_cta, ...; flow_message_version is "3" if absent
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.flow(to, body, parameters, options)
  if parameters == nil or type(parameters) == "table" then
    parameters = with_defaults({ flow_message_version = "3" }, parameters)
  end
  return interactive("flow", to, { name = "flow", parameters = parameters }, { body = body }, options)
end

---Makes a message with a button that opens the business's catalog.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param options { thumbnail: string|integer|nil, footer: whatsapp.Text? }? thumbnail: the id of the product whose image is
---shown
---@return whatsapp.InteractiveMessage
function message.catalog(to, body, options)
  local rest = copy(options)
  local thumbnail = taken(rest, "thumbnail")
  local parameters = thumbnail ~= nil and { thumbnail_product_retailer_id = thumbnail } or nil
  return interactive("catalog_message", to, { name = "catalog_message", parameters = parameters }, { body = body }, rest)
end

---Makes a message with one product of a catalog.
---@param to whatsapp.Address
---@param catalog_id string|integer
---@param product_retailer_id string|integer the product's id in the catalog
---@param options { body: whatsapp.Text?, footer: whatsapp.Text? }?
---@return whatsapp.InteractiveMessage
function message.product(to, catalog_id, product_retailer_id, options)
  return interactive("product", to, { catalog_id = catalog_id, product_retailer_id = product_retailer_id }, nil, options)
end

-- turns { title =, "id", "id" } into a section of the API; a section of the API stays as it is
local function product_section(section)
  if section.product_items ~= nil then return section end
  local made = { product_items = {} }
  for name, value in pairs(section) do
    if type(name) == "number" then made.product_items[name] = { product_retailer_id = value } else made[name] = value end
  end
  return made
end

---Makes a message with several products of a catalog: up to 30, in up to ten sections.
---@param to whatsapp.Address
---@param header string|number|whatsapp.Header
---@param body whatsapp.Text
---@param catalog_id string|integer
---@param sections whatsapp.ProductSection[]|{ title: string|number|nil, [integer]: string|integer }[] a title and ids of
---products, as in { title = "Hats", "1", "2" }; or sections of the API
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.products(to, header, body, catalog_id, sections, options)
  local action = { catalog_id = catalog_id, sections = mapped(sections, product_section) }
  return interactive("product_list", to, action, { header = header, body = body }, options)
end

-- Each row has a member of a short card, the type of the card, and the function that makes the card's action. card_of() uses the
-- first row whose member is in the short card.
local ACTIONS = {
  { "product_retailer_id", "product", function(card)
    return { product_retailer_id = taken(card, "product_retailer_id"), catalog_id = taken(card, "catalog_id") }
  end },
  { "url", "cta_url", function(card)
    return { name = "cta_url", parameters = { display_text = taken(card, "display_text"), url = taken(card, "url") } }
  end },
  { "buttons", "cta_url", function(card)
    return { buttons = mapped(taken(card, "buttons"), quick_reply_button) }
  end },
}

-- Turns a short card into a card of the API. Fills in the index and the type if they are absent, also in a card of the API.
local function card_of(short, place)
  local card, kind = copy(short), "cta_url"
  for _, row in ipairs(ACTIONS) do
    if card[row[1]] ~= nil and card.action == nil then
      kind, card.action = row[2], row[3](card)
      break
    end
  end
  card.header, card.body = header_of(card.header), texted(card.body)
  return with_defaults({ card_index = place - 1, type = kind }, card)
end

---@class whatsapp.short_card a card that has a link and the text on it, or buttons, or a product
---@field header string|number|whatsapp.CardHeader|nil
---@field body whatsapp.Text?
---@field display_text string|number|nil the text on the link
---@field url string?
---@field buttons ({ id: string|integer, title: string|number })[]? { id, title } without names is also allowed
---@field product_retailer_id string|integer|nil
---@field catalog_id string|integer|nil

---Makes a message with two to ten cards that the user swipes through.
---@param to whatsapp.Address
---@param body whatsapp.Text
---@param cards (whatsapp.short_card|whatsapp.Card)[] short cards, or cards in the form of the API
---@param options whatsapp.Interactive?
---@return whatsapp.InteractiveMessage
function message.carousel(to, body, cards, options)
  return interactive("carousel", to, { cards = mapped(cards, card_of) }, { body = body }, options)
end

-- ---- templates ----------------------------------------------------------------------------------------------------------

-- Makes a parameter of the API. A table is a parameter already. Every other value becomes the text of a parameter; the check of
-- the message refuses a text that is neither a string nor a number.
local function parameter(value, name)
  local made = type(value) == "table" and value or { type = "text", text = value }
  return name == nil and made or merged({ parameter_name = name }, made)
end

-- Makes parameters from values by position or by name. Sorts the names, so that the same message always gives the same bytes.
local function parameters_of(source)
  if type(source) ~= "table" then return source end
  local list, last, names = {}, 0, {}
  for place, value in pairs(source) do
    if type(place) == "number" then list[place], last = parameter(value), math.max(last, place)
    else names[#names + 1] = place end
  end
  table.sort(names, function(one, other) return tostring(one) < tostring(other) end)
  for i, name in ipairs(names) do list[last + i] = parameter(source[name], name) end
  return list
end

-- Names of members that make the content of a header, such as { image = { id = } }. true: a member with this name is always
-- content. false: it is content only if it is a table; a text is the value of a variable with this name.
local CONTENTS = { image = true, video = true, document = true, gif = true, location = false, product = false }

-- returns the type of a header's content: "image" for { image = { id = } }; nil if the header has no content
local function content_of(header)
  for name, always in pairs(CONTENTS) do
    if header[name] ~= nil and (always or type(header[name]) == "table") then return name end
  end
end

-- Returns the parameters of a header. The header is a text, or a parameter of the API, or content such as { image = { id = } },
-- or (as in the body) values by position or by name.
local function header_parameters(header)
  if type(header) ~= "table" or header.type ~= nil then return { parameter(header) } end
  local content = content_of(header)
  if content then return { merged({ type = content }, header) } end
  return parameters_of(header)
end

-- Each row: a member of a button; and for the component: its sub_type, the type of its parameter, and the member of the parameter
-- that gets the value.
local BUTTONS = {
  { "payload", "quick_reply", "payload", "payload" },
  { "url", "url", "text", "text" },
  { "coupon_code", "copy_code", "coupon_code", "coupon_code" },
  { "flow", "flow", "action", "action" },
  { "catalog", "catalog", "action", "action" },
  { "products", "mpm", "action", "action" },
}

local function button_component(index, button)
  local component = { type = "button", index = values.text(index) or tostring(index) }
  if type(button) ~= "table" then return merged(component, { parameters = button }) end
  local rest = copy(button)
  for _, row in ipairs(BUTTONS) do
    if rest[row[1]] ~= nil and rest.parameters == nil then
      merged(component, { sub_type = row[2], parameters = { { type = row[3], [row[4]] = taken(rest, row[1]) } } })
      break
    end
  end
  if values.text_of_id(rest.index) == component.index then rest.index = nil end
  return merged(component, rest)
end

-- returns whether the button with index `one` comes before the other; an index is a number, or a string of digits
local function comes_before(one, other)
  local number, other_number = tonumber(one), tonumber(other)
  if number and other_number then return number < other_number end
  return tostring(one) < tostring(other)
end

local function add_buttons(components, buttons)
  if type(buttons) ~= "table" then
    components[#components + 1] = buttons
    return
  end
  local indices = {}
  for index in pairs(buttons) do indices[#indices + 1] = index end
  table.sort(indices, comes_before)
  for _, index in ipairs(indices) do components[#components + 1] = button_component(index, buttons[index]) end
end

-- adds components of the API; holes and members with string keys stay, so that the check of the message refuses them
local function add_components(components, more)
  if type(more) ~= "table" then
    components[#components + 1] = more
    return
  end
  local count = #components
  for place, component in pairs(more) do
    components[type(place) == "number" and count + place or place] = component
  end
end

-- makes the components from members of `rest`, and removes these members from `rest`
local function components_of(rest)
  local components = {}
  local header, body = taken(rest, "header"), taken(rest, "body")
  if header ~= nil then components[1] = { type = "header", parameters = header_parameters(header) } end
  if body ~= nil then components[#components + 1] = { type = "body", parameters = parameters_of(body) } end
  local buttons, more = taken(rest, "buttons"), taken(rest, "components")
  if buttons ~= nil then add_buttons(components, buttons) end
  if more ~= nil then add_components(components, more) end
  return components
end

---@class whatsapp.template_header the content of a header: exactly one of these members
---@field image whatsapp.Media?
---@field video whatsapp.Media?
---@field gif whatsapp.Media?
---@field document whatsapp.MediaDocument?
---@field location whatsapp.TemplateLocation?
---@field product whatsapp.ProductReference?

---@class whatsapp.template_button the value of a button: exactly one of these members
---@field payload string|number|nil
---@field url string|number|nil the text for the variable at the end of the button's URL
---@field coupon_code string|number|nil
---@field flow whatsapp.FlowButtonAction?
---@field catalog whatsapp.ThumbnailAction?
---@field products whatsapp.ProductsAction?

---@class whatsapp.template_values
---@field header string|number|whatsapp.HeaderParameter|whatsapp.template_header|table<string|integer,
---string|number|whatsapp.HeaderParameter>|nil a text; content such as { image = { id = } }; or values as in the body
---@field body table<string|integer, string|number|whatsapp.BodyParameter>? values by position or by name; each is a text, a
---number, or a parameter of the API
---@field buttons table<integer|string, whatsapp.template_button>? index from 0 -> { payload = }, { url = }, { coupon_code = },
---{ flow = }, { catalog = } or { products = }
---@field components whatsapp.Component[]? more components, in the form of the API

---Makes a template message: names a template that the API has approved, and gives the values of its variables.
---@param to whatsapp.Address
---@param name string
---@param language string|whatsapp.Language a code such as "en_US", or a language object
---@param options whatsapp.template_values?
---@return whatsapp.TemplateMessage
function message.template(to, name, language, options)
  local template = { name = name, language = is_text(language) and { code = language } or language }
  local rest = copy(options)
  if options then template.components = components_of(rest) end
  return message_to(to, "template", merged(template, rest))
end

-- ---- the recipient -----------------------------------------------------------------------------------------------------

local function check_message(original)
  if type(original) ~= "table" then error("a message is a table, got a " .. type(original), 3) end
end

---Returns a copy of a message; the copy quotes another message.
---@generic T: whatsapp.Message
---@param original T
---@param message_id string the id of the quoted message
---@return T copy
function message.reply_to(original, message_id)
  check_message(original)
  return with_defaults(original, { context = { message_id = message_id } })
end

---Returns a copy of a message; the copy goes to a group.
---@generic T: whatsapp.Message
---@param original T
---@param group_id string? the group's id; may be absent if the member `to` of the message is the group's id
---@return T copy
function message.to_group(original, group_id)
  check_message(original)
  if group_id == nil then return with_defaults(original, { recipient_type = "group" }) end
  return recipient.address(original, { recipient_type = "group", to = group_id }, true)
end

-- ---- long texts ---------------------------------------------------------------------------------------------------------

local LONGEST = 4096

-- A cluster is a character as a reader sees it: one or more code points. Returns the position after the cluster at `at`, and the
-- number of its code points, as clusters.next does. Reads plain ASCII itself: so a plain text needs no util/clusters.
local function next_cluster(text, at, most)
  local following = text:byte(at + 1)
  if not following or following < 0x80 and following >= 0x20 and text:byte(at) < 0x80 then return at + 1, 1 end
  return require("whatsapp.util.clusters").next(text, at, most)
end

-- Returns whether a cluster counts as a space. A space with a combining mark is visible, so it does not count. CR LF is one
-- cluster of two code points, and counts.
local function is_space(text, at, size)
  return text:find("^%s", at) ~= nil and (size == 1 or text:find("^\r\n", at) ~= nil)
end

-- returns the position of the first cluster that is not a space
local function after_spaces(text, at)
  while at <= #text do
    local stop, size = next_cluster(text, at, 2)
    if not is_space(text, at, size) then break end
    at = stop
  end
  return at
end

-- Returns one part of a text, and the position of the next part. The part ends after the last whole word that fits. If no whole
-- word fits, the part ends after the last cluster that fits. A cluster that is longer than a part is cut between code points.
local function part_of(text, at, longest)
  -- last: the end of the last cluster that is not a space; cut: the value of `last` at the last space
  local first, count, last, cut = at, 0, at, nil
  while at <= #text do
    local stop, size = next_cluster(text, at, longest)
    local space = is_space(text, at, size)
    if count + size > longest then
      if space then cut = last
      elseif not cut then cut = count == 0 and stop or at end
      break
    end
    if space then cut = last else last = stop end
    at, count = stop, count + size
  end
  if at > #text then cut = last end
  return text:sub(first, cut - 1), after_spaces(text, cut)
end

---Splits a long text at spaces into parts; each part fits into one message. Drops the spaces at the breaks. If one word is longer
---than a part, breaks the word between two characters. A character is everything that a reader sees as one sign: so an emoji
---family, a flag, a keycap, an emoji with a skin tone, a letter with its marks and a conjunct stay whole; util/clusters has the
---rules and their limits. If one character is longer than a part, cuts it between two code points. The time is linear in the
---length of the text.
---@param text string
---@param longest integer? code points, as the API counts them; 4,096 if absent
---@return string[]
function message.split(text, longest)
  longest = longest or LONGEST
  if type(text) ~= "string" then error("message.split takes a string, got a " .. type(text), 2) end
  if type(longest) ~= "number" or longest < 1 or longest ~= longest then error("a part must be at least 1 character long", 2) end
  longest = math.floor(longest)
  local list, at = {}, after_spaces(text, 1)
  while at <= #text do list[#list + 1], at = part_of(text, at, longest) end
  return list
end

-- ---- arguments ----------------------------------------------------------------------------------------------------------

-- constructor -> the number of its arguments; the last argument is a table of options, except in contacts
local COUNTS = {
  text = 3, image = 3, video = 3, document = 3, audio = 3, voice = 3, sticker = 3, location = 4, contacts = 2, contact = 4,
  reaction = 4, unreact = 3, buttons = 4, list = 5, url_button = 5, location_request = 3, flow = 4, catalog = 3, product = 4,
  products = 6, carousel = 4, template = 4,
}

local function argument_error(name, count, ...)
  local options = select(count, ...)
  if options ~= nil and type(options) ~= "table" and name ~= "contacts" then
    return ("argument %d is a table of options, got a %s"):format(count, type(options))
  end
  for place = count + 1, select("#", ...) do
    if select(place, ...) ~= nil then return ("takes %d arguments, got %d"):format(count, place) end
  end
end

for name, count in pairs(COUNTS) do
  local make = message[name]
  message[name] = function(...)
    local err = argument_error(name, count, ...)
    local ok, made = true, nil
    if not err then ok, made = pcall(make, ...) end
    if not ok and not (type(made) == "table" and made.wrong) then error(made, 0) end
    if err or not ok then error(("message.%s: %s"):format(name, err or made.wrong), 2) end
    return made
  end
end

return message
