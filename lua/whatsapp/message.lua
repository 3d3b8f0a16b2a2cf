-- Constructors: thin functions that return plain tables which mirror the API's JSON. They fill in the constants that the
-- API wants and nothing else; what is wrong with their arguments is found where every message is checked, but for options
-- that are no table: nothing could be made of those.
---@class whatsapp.message
local message = {}

local function merged(base, more)
  for name, value in pairs(more or {}) do base[name] = value end
  return base
end

-- A list of tables, each made another one. What is no list, no table in it, or stands behind a hole, is left as it is for
-- where the message is checked.
local function mapped(list, change)
  if type(list) ~= "table" then return list end
  local made = {}
  for i, member in pairs(list) do
    made[i] = type(i) == "number" and type(member) == "table" and change(member, i) or member
  end
  return made
end

-- text for an object with a member `text`; a table is taken as it is
local function texted(text)
  if type(text) == "string" then return { text = text } end
  return text
end

-- ---- plain ----------------------------------------------------------------------------------------------------------

---@param to string|integer
---@param body string up to 4,096 characters
---@param options { preview_url: boolean? }?
---@return whatsapp.TextMessage
function message.text(to, body, options)
  return { to = to, type = "text", text = merged({ body = body }, options) }
end

-- a link is what starts with http:// or https://; everything else is the id of an uploaded file
local function media(kind, to, file, options)
  local is_link = type(file) == "string" and file:lower():find "^https?://" ~= nil
  return { to = to, type = kind, [kind] = merged({ [is_link and "link" or "id"] = file }, options) }
end

---@param to string|integer
---@param file string an id, or a link
---@param options { caption: string? }?
---@return whatsapp.ImageMessage
function message.image(to, file, options) return media("image", to, file, options) end

---@param to string|integer
---@param file string an id, or a link
---@param options { caption: string? }?
---@return whatsapp.VideoMessage
function message.video(to, file, options) return media("video", to, file, options) end

---@param to string|integer
---@param file string an id, or a link
---@param options { filename: string?, caption: string? }?
---@return whatsapp.DocumentMessage
function message.document(to, file, options) return media("document", to, file, options) end

---@param to string|integer
---@param file string an id, or a link
---@return whatsapp.AudioMessage
function message.audio(to, file) return media("audio", to, file) end

---A voice message: an OGG with the OPUS codec.
---@param to string|integer
---@param file string an id, or a link
---@return whatsapp.AudioMessage
function message.voice(to, file) return media("audio", to, file, { voice = true }) end

---@param to string|integer
---@param file string an id, or a link
---@return whatsapp.StickerMessage
function message.sticker(to, file) return media("sticker", to, file) end

---@param to string|integer
---@param latitude number|string degrees
---@param longitude number|string degrees
---@param options { name: string?, address: string? }?
---@return whatsapp.LocationMessage
function message.location(to, latitude, longitude, options)
  return { to = to, type = "location", location = merged({ latitude = latitude, longitude = longitude }, options) }
end

---@param to string|integer
---@param cards whatsapp.Contact[]
---@return whatsapp.ContactsMessage
function message.contacts(to, cards) return { to = to, type = "contacts", contacts = cards } end

---@param to string|integer
---@param name string|whatsapp.ContactName the whole name, or its parts
---@param phone string|integer? the number as it is shown
---@param more table? the other members of the card
---@return whatsapp.ContactsMessage
function message.contact(to, name, phone, more)
  local card = { name = type(name) == "string" and { formatted_name = name, first_name = name } or name }
  if phone then card.phones = { { phone = phone } } end
  return message.contacts(to, { merged(card, more) })
end

---@param to string|integer
---@param message_id string
---@param emoji string
---@return whatsapp.ReactionMessage
function message.reaction(to, message_id, emoji)
  return { to = to, type = "reaction", reaction = { message_id = message_id, emoji = emoji } }
end

---Takes a reaction back.
---@param to string|integer
---@param message_id string
---@return whatsapp.ReactionMessage
function message.unreact(to, message_id) return message.reaction(to, message_id, "") end

-- ---- interactive ----------------------------------------------------------------------------------------------------

---@class whatsapp.interactive_options
---@field header string|table? words, or a header object such as { type = "image", image = { id = "1" } }
---@field footer string|table?

local function header_of(header)
  if type(header) == "string" then return { type = "text", text = header } end
  return header
end

local function interactive(kind, to, body, action, options)
  options = options or {}
  return {
    to = to, type = "interactive",
    interactive = {
      type = kind, header = header_of(options.header), body = texted(body), footer = texted(options.footer), action = action,
    },
  }
end

---@param to string|integer
---@param body string
---@param buttons { id: string, title: string }[] up to three; or { id, title } pairs
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.buttons(to, body, buttons, options)
  local list = mapped(buttons, function(button)
    return { type = "reply", reply = { id = button.id or button[1], title = button.title or button[2] } }
  end)
  return interactive("button", to, body, { buttons = list }, options)
end

---@param to string|integer
---@param body string
---@param button string what stands on the button that opens the list
---@param sections whatsapp.Section[] or rows alone, which then stand in one section
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.list(to, body, button, sections, options)
  local first = type(sections) == "table" and sections[1]
  if type(first) == "table" and first.rows == nil then sections = { { rows = sections } } end
  return interactive("list", to, body, { button = button, sections = sections }, options)
end

---@param to string|integer
---@param body string
---@param display_text string what stands on the button
---@param url string
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.url_button(to, body, display_text, url, options)
  return interactive("cta_url", to, body, { name = "cta_url", parameters = { display_text = display_text, url = url } }, options)
end

---@param to string|integer
---@param body string
---@return whatsapp.InteractiveMessage
function message.location_request(to, body)
  return interactive("location_request_message", to, body, { name = "send_location" })
end

---@param to string|integer
---@param body string
---@param parameters whatsapp.FlowParameters flow_id or flow_name, flow_cta, ...; the version is filled in
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.flow(to, body, parameters, options)
  if parameters == nil or type(parameters) == "table" then parameters = merged({ flow_message_version = "3" }, parameters) end
  local action = { name = "flow", parameters = parameters }
  return interactive("flow", to, body, action, options)
end

---@param to string|integer
---@param body string
---@param options { thumbnail: string?, footer: string|table? }? thumbnail: the product whose image is shown
---@return whatsapp.InteractiveMessage
function message.catalog(to, body, options)
  local thumbnail = options and options.thumbnail
  local parameters = thumbnail and { thumbnail_product_retailer_id = thumbnail } or nil
  return interactive("catalog_message", to, body, { name = "catalog_message", parameters = parameters }, options)
end

---@param to string|integer
---@param catalog_id string
---@param product_retailer_id string
---@param options { body: string|table?, footer: string|table? }?
---@return whatsapp.InteractiveMessage
function message.product(to, catalog_id, product_retailer_id, options)
  local action = { catalog_id = catalog_id, product_retailer_id = product_retailer_id }
  return interactive("product", to, options and options.body, action, options)
end

-- { title =, "id", "id" } -> a section of the API; a section of the API is taken as it is
local function product_section(section)
  if section.product_items then return section end
  local items = {}
  for i, id in pairs(section) do
    if type(i) == "number" then items[i] = { product_retailer_id = id } end
  end
  return { title = section.title, product_items = items }
end

---@param to string|integer
---@param header string
---@param body string
---@param catalog_id string
---@param sections table[] { title =, "product", "product" }, or sections of the API
---@param options whatsapp.interactive_options?
---@return whatsapp.InteractiveMessage
function message.products(to, header, body, catalog_id, sections, options)
  local action = { catalog_id = catalog_id, sections = mapped(sections, product_section) }
  return interactive("product_list", to, body, action, merged({ header = header }, options))
end

-- a card of the API is taken as it is, but for its place
local function card_of(card, place)
  local copy = merged({ card_index = place - 1, type = card.product_retailer_id and "product" or "cta_url" }, card)
  if card.product_retailer_id then
    copy.action = { product_retailer_id = card.product_retailer_id, catalog_id = card.catalog_id }
    copy.product_retailer_id, copy.catalog_id = nil, nil
    return copy
  end
  copy.header, copy.body = header_of(card.header), texted(card.body)
  if card.url then
    copy.action = { name = "cta_url", parameters = { display_text = card.display_text, url = card.url } }
    copy.url, copy.display_text = nil, nil
  elseif card.buttons then
    local list = mapped(card.buttons, function(button)
      return { type = "quick_reply", quick_reply = { id = button.id or button[1], title = button.title or button[2] } }
    end)
    copy.action, copy.buttons = { buttons = list }, nil
  end
  return copy
end

---@param to string|integer
---@param body string
---@param cards table[] each { header =, body =, display_text =, url = }, { header =, body =, buttons = { { id, title } } }
---or { product_retailer_id =, catalog_id = }; or cards of the API
---@return whatsapp.InteractiveMessage
function message.carousel(to, body, cards)
  return interactive("carousel", to, body, { cards = mapped(cards, card_of) })
end

-- ---- templates ------------------------------------------------------------------------------------------------------

local function parameter(value, name)
  if type(value) == "table" then return name and merged({ parameter_name = name }, value) or value end
  return { type = "text", text = tostring(value), parameter_name = name }
end

-- values by position, or by name in the order of the names, so that the same message is the same bytes
local function parameters_of(values)
  if type(values) ~= "table" then return values end
  local list, last, names = {}, 0, {}
  for place, value in pairs(values) do
    if type(place) == "number" then list[place], last = parameter(value), math.max(last, place)
    else names[#names + 1] = place end
  end
  table.sort(names, function(one, other) return tostring(one) < tostring(other) end)
  for i, name in ipairs(names) do list[last + i] = parameter(values[name], name) end
  return list
end

local KINDS = { "image", "video", "document", "gif", "location", "product" }

-- words; a parameter of the API; or { image = { id = } } and the like
local function header_parameter(header)
  if type(header) ~= "table" or header.type then return parameter(header) end
  for _, kind in ipairs(KINDS) do
    if header[kind] ~= nil then return { type = kind, [kind] = header[kind] } end
  end
  return header
end

-- member of a button -> its sub_type, the type of its parameter and the parameter's member
local BUTTONS = {
  { "payload", "quick_reply", "payload", "payload" },
  { "url", "url", "text", "text" },
  { "coupon_code", "copy_code", "coupon_code", "coupon_code" },
  { "flow", "flow", "action", "action" },
  { "catalog", "catalog", "action", "action" },
  { "products", "mpm", "action", "action" },
}

local function button_component(index, button)
  if type(button) ~= "table" then return { type = "button", index = tostring(index), parameters = button } end
  for _, row in ipairs(BUTTONS) do
    local value = button[row[1]]
    if value ~= nil then
      return {
        type = "button", sub_type = row[2], index = tostring(index),
        parameters = { { type = row[3], [row[4]] = value } },
      }
    end
  end
  return merged({ type = "button", index = tostring(index) }, button)
end

-- an index may be a number or its digits
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

local function components_of(values)
  local components = {}
  if values.header ~= nil then
    components[1] = { type = "header", parameters = { header_parameter(values.header) } }
  end
  if values.body then components[#components + 1] = { type = "body", parameters = parameters_of(values.body) } end
  if type(values.components) == "table" then
    for _, component in ipairs(values.components) do components[#components + 1] = component end
  else
    components[#components + 1] = values.components
  end
  if values.buttons then add_buttons(components, values.buttons) end
  return components
end

---@param to string|integer
---@param name string
---@param language string|table a code such as "en_US", or a language object
---@param values { header: string|table?, body: table?, buttons: table<integer, table>?, components: table[]? }? header: words or
---{ image = { id = } } ...; body: values in their order or by name; buttons: by index from 0, each { payload = }, { url = },
---{ coupon_code = }, { flow = }, { catalog = } or { products = }; components: more of the API's
---@return whatsapp.TemplateMessage
function message.template(to, name, language, values)
  return {
    to = to, type = "template",
    template = {
      name = name,
      language = type(language) == "string" and { code = language } or language,
      components = values and components_of(values) or nil,
    },
  }
end

-- ---- whom it is for ---------------------------------------------------------------------------------------------------

local function changed(given, changes)
  if type(given) ~= "table" then error("a message is a table, got a " .. type(given), 3) end
  return merged(merged({}, given), changes)
end

---A copy that quotes a message.
---@generic T: table
---@param given T
---@param message_id string
---@return T
function message.reply_to(given, message_id)
  local reply = changed(given, { context = { message_id = message_id } })
  return reply
end

---A copy that goes to a group.
---@generic T: table
---@param given T
---@param group_id string?  the group, where it is not in `to` already
---@return T
function message.to_group(given, group_id)
  local addressed = changed(given, { recipient_type = "group" })
  if group_id ~= nil then addressed.to = group_id end
  return addressed
end

-- ---- long texts ---------------------------------------------------------------------------------------------------------

local LONGEST = 4096

-- bytes of the first `count` characters from `at` on; all that is left if there are fewer. A byte that starts no
-- character counts as one, so that a text that is not UTF-8 is split too (and refused where it is checked).
local function bytes_of(text, at, count)
  local stop = at
  for _ = 1, count do
    if stop > #text then break end
    stop = text:match("^[^\128-\191][\128-\191]*()", stop) or stop + 1
  end
  return stop - at
end

-- where to break: behind the last space or line end, or, if there is none, in the middle of a word
local function break_at(chunk)
  return chunk:match "^.*[%s]()" or #chunk + 1
end

---Splits a long text at spaces into texts that fit into one message each. Spaces at the breaks are dropped.
---@param text string
---@param longest integer? characters, 4,096 if absent
---@return string[]
function message.split(text, longest)
  local parts, at = {}, 1
  longest = longest or LONGEST
  if type(text) ~= "string" then error("a text that is split is a string, got a " .. type(text), 2) end
  if type(longest) ~= "number" or longest < 1 then error("a part must be at least 1 character long", 2) end
  while at <= #text do
    local size = bytes_of(text, at, longest)
    local chunk = text:sub(at, at + size - 1)
    local next_is_space = text:find("^%s", at + size)
    local stop = (at + size > #text or next_is_space) and #chunk + 1 or break_at(chunk)
    local part = chunk:sub(1, stop - 1):gsub("%s+$", "")
    if part ~= "" then parts[#parts + 1] = part end
    at = at + stop - 1
    at = text:match("^%s*()", at)
  end
  return parts
end

-- ---- options ------------------------------------------------------------------------------------------------------------

-- constructor -> the place of its options, which may be absent
local OPTIONS = {
  text = 3, image = 3, video = 3, document = 3, location = 4, contact = 4, buttons = 4, list = 5, url_button = 5, flow = 4,
  catalog = 3, product = 4, products = 6, template = 4,
}

for name, place in pairs(OPTIONS) do
  local make = message[name]
  message[name] = function(...)
    local given = select(place, ...)
    if given ~= nil and type(given) ~= "table" then
      error(("message.%s: argument %d is a table of options, got a %s"):format(name, place, type(given)), 2)
    end
    return make(...)
  end
end

return message
