-- Reads a message of any type: its text, the id of the button or row that the user chose, and its file. Mostly data. Never
-- raises, whatever the message contains.
local core = require "whatsapp.core"
local values = require "whatsapp.util.values"

local content = {}

local text_of_id = values.text_of_id

-- ---- texts that are made from several members ------------------------------------------------------------------------

-- returns the strings of a list, joined, without the empty ones; nil if all are empty
local function joined(strings, count)
  local words = {}
  for i = 1, count do
    if type(strings[i]) == "string" and strings[i] ~= "" then words[#words + 1] = strings[i] end
  end
  return words[1] and table.concat(words, ", ")
end

local function place(location)
  return joined({ location.name, location.address }, 2)
end

local function names(contacts)
  local list, count = {}, #contacts
  for i = 1, count do
    local name = type(contacts[i]) == "table" and contacts[i].name
    if type(name) == "table" then list[i] = name.formatted_name or name.first_name end
  end
  return joined(list, count)
end

-- a removed reaction has no emoji, or an empty emoji
local function emoji(reaction)
  return joined({ reaction.emoji }, 1)
end

-- ---- types -------------------------------------------------------------------------------------------------------------

-- Type of a message -> how to read the object that has the name of the type:
--   text          the member with the text, or a function that returns the text
--   reply_id      the member with the id that a bot reads to choose its answer
--   response      the member with the user's answers, as JSON
--   media         true: the object is a file
--   payment       true: the message is about a payment
--   changes_user  true: the message says that the user's id has changed
local CAPTION = { text = "caption", media = true }
local FILE = { media = true }
local ROWS = {
  text = { text = "body" },
  image = CAPTION, video = CAPTION, document = CAPTION,
  audio = FILE, voice = FILE, sticker = FILE,
  button = { text = "text", reply_id = "payload" },
  order = { text = "text" },
  system = { text = "body", changes_user = true },
  location = { text = place }, contacts = { text = names }, reaction = { text = emoji },
}

-- the same for the objects in an interactive message; each object is an answer of the user
local REPLIES = {
  button_reply = { text = "title", reply_id = "id" },
  list_reply = { text = "title", reply_id = "id" },
  nfm_reply = { text = "body", response = "response_json" },
  payment_method = { text = "payment_method", reply_id = "reference_id", payment = true },
  payment_notification = { text = "payment_status", reply_id = "reference_id", payment = true },
  product = { reply_id = "product_retailer_id" },
}

local function text_of(row, object)
  if type(row.text) == "function" then return row.text(object) end
  local text = object[row.text]
  return type(text) == "string" and text or nil
end

-- sets previous_user_id to the user's earlier id, and from_user_id to the new id
local function fill_change_of_user(event, object)
  event.previous_user_id = text_of_id(object.previous_user_id)
  if event.previous_user_id then event.from_user_id = text_of_id(object.user_id) or event.from_user_id end
end

local function fill(event, row, object)
  event.text = row.text and text_of(row, object) or event.text
  if row.reply_id then event.reply_id = text_of_id(object[row.reply_id]) end
  if row.media and object.id ~= nil then event.media = object end
  if row.payment then event.payment = object end
  if row.changes_user then fill_change_of_user(event, object) end
  local response = row.response and object[row.response]
  if type(response) == "string" then
    local decoded = core.decode(response)
    if type(decoded) == "table" then event.response = decoded end
  end
end

---Reads the content of a message into its event.
---@param event table gets text, reply_id, response, media, payment, previous_user_id and from_user_id, if the message has them
---@param kind string? the type of the message
---@param message table the message as it was received
function content.fill(event, kind, message)
  local object = kind and message[kind]
  if type(object) ~= "table" then return end
  local row = ROWS[kind]
  if row then return fill(event, row, object) end
  if kind == "interactive" then
    for name, reply in pairs(REPLIES) do
      if type(object[name]) == "table" then fill(event, reply, object[name]) end
    end
  elseif kind == "edit" and type(object.message) == "table" then -- the edited message, complete
    local edited = object.message.type
    if type(edited) == "string" and edited ~= "edit" then content.fill(event, edited, object.message) end
  end
end

return content
