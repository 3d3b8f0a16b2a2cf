-- To whom a message that is no template may be sent: a user's message opens a window of 24 hours. A book of what came, that
-- advises and never forbids: the API has the last word. No network.
local window = {}

local DAY = 24 * 3600
local FROM_AD = 72 * 3600 -- who came from an ad

---@class whatsapp.window_book
local book = {}
book.__index = book

-- digits of a phone number, however it is written; a business-scoped id as it is
local function plain(to)
  if type(to) == "number" then return ("%.0f"):format(to) end
  if type(to) ~= "string" then return nil end
  return to:find "%a" and to or (to:gsub("%D", ""))
end

local function name_of(to, phone_number_id)
  return phone_number_id and to .. "\n" .. phone_number_id or to
end

-- the oldest half goes when there are too many
local function make_room(self)
  local ends = {}
  for _, till in pairs(self.till) do ends[#ends + 1] = till end
  table.sort(ends)
  local limit = math.max(ends[math.ceil(#ends / 2)], self.now())
  self.count = 0
  for name, till in pairs(self.till) do
    if till <= limit then self.till[name] = nil else self.count = self.count + 1 end
  end
end

local function keep(self, to, phone_number_id, till)
  if not to then return end
  local name = name_of(plain(to), phone_number_id)
  local known = self.till[name]
  if known and known >= till then return end
  if not known then
    if self.count >= self.max then make_room(self) end
    self.count = self.count + 1
  end
  self.till[name] = till
end

---An event of webhook.parse; what no user wrote to the business alone opens nothing.
---@param event whatsapp.event
function book:feed(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  if event.kind ~= "message" or event.type == "system" or event.group_id then return end
  local from_ad = type(event.raw) == "table" and type(event.raw.referral) == "table"
  local till = (event.timestamp or self.now()) + (from_ad and FROM_AD or DAY)
  for _, to in ipairs { event.from or false, event.from_user_id or false } do
    keep(self, to, nil, till)
    keep(self, to, event.phone_number_id, till)
  end
end

---@param to string|integer phone number or business-scoped id
---@param phone_number_id string? of the business's number, if there are several
---@return boolean? open nil: nothing came from there, so nothing is known
---@return number? seconds that are left, or less than 0
function book:open(to, phone_number_id)
  local till = self.till[name_of(plain(to) or error("a recipient is a string", 2), phone_number_id)]
  if not till then return nil end
  local left = till - self.now()
  return left > 0, left
end

---@param options { now: (fun(): number)?, max: integer? }? now: seconds since 1970, os.time if absent; max: how many
---recipients are remembered, 100,000 if absent
---@return whatsapp.window_book
function window.new(options)
  options = options or {}
  return setmetatable({ now = options.now or os.time, max = options.max or 100000, till = {}, count = 0 }, book)
end

return window
