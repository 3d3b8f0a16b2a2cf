-- What a person wrote or chose in a message of each type: where the words, the id of a button and a file stand. Data,
-- and the few lines that read it. Never raises, whatever stands where.
local core = require "whatsapp.core"
local values = require "whatsapp.util.values"

local words = {}

-- type of a message -> in the object of that name: which member is the text, which the id that a bot branches on, and
-- whether the object is a file that can be fetched
local CAPTION = { text = "caption", media = true }
local ROWS = {
  text = { text = "body" },
  image = CAPTION, video = CAPTION, document = CAPTION,
  audio = { media = true }, sticker = { media = true },
  button = { text = "text", reply_id = "payload" },
  order = { text = "text" },
  system = { text = "body" },
}

-- the same for what was chosen in an interactive message
local REPLIES = {
  button_reply = { text = "title", reply_id = "id" },
  list_reply = { text = "title", reply_id = "id" },
  nfm_reply = { text = "body", response = "response_json" },
}

-- the name that other files still use; it lives in util/values
words.string = values.text_of_id

local function fill(event, row, object)
  local text = object[row.text]
  if type(text) == "string" then event.text = text end
  if row.reply_id then event.reply_id = words.string(object[row.reply_id]) end
  if row.media and object.id ~= nil then event.media = object end
  local response = row.response and object[row.response]
  if type(response) == "string" then
    local decoded = core.decode(response)
    if type(decoded) == "table" then event.response = decoded end
  end
end

---@param event table gets text, reply_id, response and media, as far as they are there
---@param kind string? the type of the message
---@param message table as received
function words.fill(event, kind, message)
  local object = kind and message[kind]
  if type(object) ~= "table" then return end
  local row = ROWS[kind]
  if row then return fill(event, row, object) end
  if kind == "interactive" then
    for name, reply in pairs(REPLIES) do
      if type(object[name]) == "table" then fill(event, reply, object[name]) end
    end
  elseif kind == "edit" and type(object.message) == "table" then -- the whole message, as it now is
    local edited = object.message.type
    if type(edited) == "string" and edited ~= "edit" then words.fill(event, edited, object.message) end
  end
end

return words
