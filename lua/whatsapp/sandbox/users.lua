-- The users of a box (a simulated API). User has the functions with which a test plays a user; Book has all users of a box. The
-- number of users is bounded: a full box forgets the user that was not used for the longest time. inbound.lua does the actions.
local chats = require "whatsapp.sandbox.chats"
local values = require "whatsapp.util.values"
local expiring = require "whatsapp.util.expiring"
local inbound = require "whatsapp.sandbox.inbound"
local options_of = require "whatsapp.util.options"
local recipient = require "whatsapp.send.recipient"
local show = require "whatsapp.util.show"

local users = {}

---@class whatsapp.sandbox.user
---@field id string the number; or the user id if the business does not know the number
---@field name string the name in the profile
---@field number string? digits; nil: the business does not know the number
---@field user_id string? the business-scoped user id
---@field blocked boolean? true: the user has blocked the business
local User = {}
User.__index = User

-- Performs a verb; returns the response of the webhook's handler, and the message. Raises a problem at the line of the test:
-- level 3 is the caller of the function of User.
local function perform(self, verb, body)
  local result, problem = inbound.perform(self.box, self, verb, body)
  if problem then error(show.line(problem), 3) end
  return result.delivery and result.delivery.response, result.message
end

-- copies the options of a function into the body of a verb
local function with(body, options)
  for name, value in pairs(options or {}) do
    if body[name] ~= nil then error(("%s has two values"):format(tostring(name)), 3) end
    body[name] = value
  end
  return body
end

-- A function whose action is a message returns two values: the response of the webhook's handler, if the handler is a function;
-- and the message that the business got. An action that is not possible raises an error at the line of the test.

---The user writes a text.
---@param text string
---@param options { reply_to: string?, forwarded: boolean?, referral: whatsapp.json_object?, number: string? }? reply_to: the id
---of a message; referral: the ad that led to the message; number: the phone_number_id to which the user writes
---@return whatsapp.webhook_response? response of the webhook's handler, if the handler is a function
---@return whatsapp.json_object? message that the business got
function User:writes(text, options)
  local response, message = perform(self, "write", with({ text = text }, options))
  return response, message
end

---The user presses a button of a message. If the message has no such button, raises an error that names its buttons.
---@param button string the id or the title of a button
---@param options { message: string? }? message: the id of a message; if absent, the newest message with buttons
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:presses(button, options)
  local response, message = perform(self, "press", with({ button = button }, options))
  return response, message
end

---The user chooses a row of a list.
---@param row string the id or the title of a row
---@param options { message: string? }?
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:chooses(row, options)
  local response, message = perform(self, "choose", with({ row = row }, options))
  return response, message
end

---The user reacts to a message of the business.
---@param emoji string "" removes the reaction
---@param options { message: string? }? message: the id of a message; if absent, the newest message
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:reacts(emoji, options)
  local response, message = perform(self, "react", with({ emoji = emoji }, options))
  return response, message
end

---The user sends a file.
---@param file string|{ name: string, data: string, mime_type: string? } the path of a file, or its name and its bytes
---@param options { caption: string?, voice: boolean?, mime_type: string? }?
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:sends_file(file, options)
  local body = type(file) == "table" and with({}, file) or { path = file }
  local response, message = perform(self, "file", with(body, options))
  return response, message
end

---The user sends a location.
---@param latitude number
---@param longitude number
---@param options { name: string?, address: string? }?
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:sends_location(latitude, longitude, options)
  local response, message = perform(self, "location", with({ latitude = latitude, longitude = longitude }, options))
  return response, message
end

---The user sends contacts.
---@param contacts whatsapp.Contact[]|{ name: string, phone: string } contacts in the form of the API; or the name and phone of
---one contact
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:sends_contact(contacts)
  local body = contacts[1] and { contacts = contacts } or with({}, contacts)
  local response, message = perform(self, "contact", body)
  return response, message
end

---The user answers a flow.
---@param response whatsapp.json_object the answers
---@param options { message: string?, name: string?, text: string? }?
---@return whatsapp.webhook_response? answer
---@return whatsapp.json_object? message
function User:answers_flow(response, options)
  local answer, message = perform(self, "flow", with({ response = response }, options))
  return answer, message
end

---The user orders products.
---@param items { product_retailer_id: string, quantity: integer?, item_price: number?, currency: string? }[]
---@param options { message: string?, catalog_id: string?, text: string? }?
---@return whatsapp.webhook_response? response
---@return whatsapp.json_object? message
function User:orders(items, options)
  local response, message = perform(self, "order", with({ items = items }, options))
  return response, message
end

---The user reads one message of the business, or all unread messages.
---@param message string? the id of a message
function User:reads(message) perform(self, "read", { message = message }) end

---The user plays a voice message.
---@param message string? the id of a message; if absent, the newest voice message
function User:plays(message) perform(self, "play", { message = message }) end

---The user blocks the business: the API accepts the business's messages, but never delivers them to this user.
function User:blocks() perform(self, "block", {}) end
---The user unblocks the business.
function User:unblocks() perform(self, "unblock", {}) end

---The user calls the business. A call opens the window for 24 hours.
---@param options { number: string? }?
---@return whatsapp.webhook_response? response
function User:calls(options)
  local response = perform(self, "call", with({}, options))
  return response
end

---@return whatsapp.Message? message the newest message of the business to this user
function User:last()
  local entry = chats.last(self.box, self)
  return entry and entry.message
end

---@return whatsapp.Message[] messages of the business to this user, the newest last
function User:messages()
  local list = {}
  for _, entry in ipairs(chats.sent_to(self.box, self)) do list[#list + 1] = entry.message end
  return list
end

-- ---- all users of a box ---------------------------------------------------------------------------------------------------

local Book = {}
Book.__index = Book

local YEARS = 2 ^ 32 -- seconds: a box forgets a user only if it has too many

-- returns the digits of a phone number; "": there are no digits
local function digits_of(number)
  local text = type(number) == "number" and ("%.0f"):format(number) or number
  return type(text) == "string" and text:gsub("[^0-9]", "") or ""
end

---Finds a user, and notes that the user was used.
---@param address string|number|nil a phone number or a user id
---@return whatsapp.sandbox.user? user nil: the box has no such user
function Book:find(address)
  local user = address ~= nil and self.by_id[address] or self.by_id[digits_of(address)]
  if user then self.seen:set(user, user, YEARS, self.tick()) end
  return user
end

local MEMBERS = { name = true, user_id = true }

local function is_name(name) return type(name) == "string" and name ~= "" and values.is_utf8(name) end

---Returns the user with an address. If the box has no such user, adds the user. Sets the members that `options` names.
---@param address string|number|nil a phone number or a user id
---@param options { name: string?, user_id: string? }?
---@return whatsapp.sandbox.user? user
---@return string? problem
function Book:user(address, options)
  options = options or {}
  for name in pairs(options) do
    if not MEMBERS[name] then
      return nil, ("a user has no option %s%s"):format(show.value(name), options_of.hint(name, MEMBERS))
    end
  end
  local user_id = options.user_id or (recipient.is_user_id(address) and address or nil)
  if user_id and not recipient.is_user_id(user_id) then return nil, "user_id must be a user id, such as BR.1A2b3C" end
  local number = not recipient.is_user_id(address) and digits_of(address) or ""
  if number == "" and not user_id then return nil, "a user must have a number or a user_id" end
  if #number > 15 then return nil, "a number has at most 15 digits" end
  if options.name ~= nil and not is_name(options.name) then return nil, "name must be a string of UTF-8" end
  local user = number ~= "" and self:find(number) or user_id and self:find(user_id)
  if not user then user = self:add(number ~= "" and number or nil, user_id) end
  user.name = options.name or user.name
  if user_id then
    user.user_id = user_id
    self.by_id[user_id] = user
  end
  return user
end

---Adds a user.
---@param number string?
---@param user_id string?
---@return whatsapp.sandbox.user user
function Book:add(number, user_id)
  local id = number or user_id
  local user = setmetatable({ id = id, number = number, user_id = user_id, name = id, windows = {}, box = self.box }, User)
  self.by_id[id] = user
  self.seen:set(user, user, YEARS, self.tick())
  return user
end

---@return whatsapp.sandbox.user[] users sorted by id
function Book:all()
  local list = {}
  for id, user in pairs(self.by_id) do
    if id == user.id then list[#list + 1] = user end
  end
  table.sort(list, function(a, b) return a.id < b.id end)
  return list
end

---@param box whatsapp.sandbox
---@param max integer the largest number of users
---@return table book the users of the box; self.tick counts the uses, and is the clock of the bounded memory
function users.new(box, max)
  local count = 0
  local self = setmetatable({ by_id = {}, box = box }, Book)
  function self.tick()
    count = count + 1
    return count
  end
  self.seen = expiring.new {
    max = max, now = function() return 0 end,
    on_drop = function(user)
      for _, id in ipairs { user.id, user.user_id } do
        if self.by_id[id] == user then self.by_id[id] = nil end
      end
    end,
  }
  return self
end

return users
