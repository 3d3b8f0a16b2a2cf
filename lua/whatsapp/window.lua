-- To whom a message that is no template may be sent: a user's message opens a window of 24 hours. A book of what came, that
-- advises and never forbids: the API has the last word. No network.
local expiring = require "whatsapp.util.expiring"
local options_of = require "whatsapp.util.options"

local window = {}

local DAY = 24 * 3600
local FROM_AD = 72 * 3600 -- who came from an ad
local KEEP = 30 * DAY -- a window that has closed is known to be closed for so long

---@class whatsapp.window_book
local book = {}
book.__index = book

-- digits of a phone number, however it is written; a business-scoped id as it is
local function plain(to)
  if type(to) == "number" then return ("%.0f"):format(to) end
  if type(to) ~= "string" then return nil end
  return to:find "%a" and to or (to:gsub("%D", ""))
end

-- a user's windows, by your number that the user wrote to; the last of them by the empty name
local function keep(self, to, phone_number_id, until_when)
  local now = self.now()
  local windows = self.users:get(to, now) or { [""] = until_when }
  windows[""] = math.max(windows[""], until_when)
  if phone_number_id then windows[phone_number_id] = math.max(windows[phone_number_id] or 0, until_when) end
  self.users:set(to, windows, windows[""] - now + KEEP, now)
end

---An event of webhook.parse; what no user wrote to the business alone opens nothing.
---@param event whatsapp.event
function book:feed(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  if event.kind ~= "message" or event.type == "system" or event.group_id then return end
  local from_ad = type(event.raw) == "table" and type(event.raw.referral) == "table"
  local until_when = (event.timestamp or self.now()) + (from_ad and FROM_AD or DAY)
  for _, from in ipairs { event.from or false, event.from_user_id or false } do
    local to = plain(from)
    if to then keep(self, to, event.phone_number_id, until_when) end
  end
end

---@param to string|integer phone number or business-scoped id
---@param phone_number_id string? of the business's number, if there are several
---@return boolean? open nil: nothing came from there, so nothing is known
---@return number? seconds that are left, or less than 0
function book:open(to, phone_number_id)
  local windows = self.users:get(plain(to) or error("a recipient is a string", 2))
  local until_when = windows and windows[phone_number_id or ""]
  if not until_when then return nil end
  local left = until_when - self.now()
  return left > 0, left
end

---@class whatsapp.window_options
---@field now (fun(): number)? seconds since 1970, os.time if absent
---@field max integer? ids of users that are remembered, 100,000 if absent
---@field on_forget (fun(id: string))? hears of each id that is forgotten before its time

local OPTIONS = { now = "callable", max = "count", on_forget = "callable" }

---@param options whatsapp.window_options?
---@return whatsapp.window_book
function window.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local now = checked.now or os.time
  return setmetatable({
    now = now, users = expiring.new { max = checked.max or 100000, now = now, on_forget = checked.on_forget },
  }, book)
end

return window
