-- The phone numbers of the business in a box (a simulated API). Without the option `numbers`, a box adds a number for each new id
-- that a request uses.
local numbers = {}

numbers.WABA = "102290129340398" -- the id of the account
numbers.BUSINESS = "1602290129340398" -- the id of the business portfolio, for the headers about usage
local FIRST = { id = "106540352242922", display_phone_number = "15550783881" }

---@class whatsapp.sandbox.number
---@field id string the phone_number_id
---@field display_phone_number string digits
---@field verified_name string
---@field quality_rating "GREEN"|"YELLOW"|"RED"
---@field status "CONNECTED"

local function new_number(id, display_phone_number)
  return {
    id = id, display_phone_number = display_phone_number, verified_name = "Sandbox", quality_rating = "GREEN",
    status = "CONNECTED", throughput = { level = "STANDARD" }, messaging_product = "whatsapp",
  }
end

local Numbers = {}
Numbers.__index = Numbers

---Adds a number.
---@param id string
---@return whatsapp.sandbox.number number
function Numbers:add(id)
  local display = #self.list == 0 and FIRST.display_phone_number or ("1555078%04d"):format(3881 + #self.list)
  local number = new_number(id, display)
  self.list[#self.list + 1], self.by_id[id] = number, number
  return number
end

local MOST = 1000 -- the largest number of phone numbers in a box without the option `numbers`

---Returns the number with an id. Without the option `numbers`, adds a number for a new id, up to 1,000 numbers.
---@param id any
---@return whatsapp.sandbox.number? number nil: there is no such number
function Numbers:find(id)
  if type(id) ~= "string" or not id:find "^[%w_-]+$" then return nil end
  local number = self.by_id[id]
  if number or not self.learns or id == numbers.WABA or #self.list >= MOST then return number end
  return self:add(id)
end

---@param wanted integer|string[]|nil the option `numbers`: how many numbers, or their ids; if absent, one number, and find() adds
---others
---@return table numbers { list, by_id }, with the functions add() and find()
function numbers.new(wanted)
  local self = setmetatable({ list = {}, by_id = {}, learns = wanted == nil }, Numbers)
  if type(wanted) == "table" then
    for _, id in ipairs(wanted) do self:add(id) end
    return self
  end
  for i = 1, wanted or 1 do self:add(i == 1 and FIRST.id or ("10654035224%04d"):format(2921 + i)) end
  return self
end

return numbers
