-- Remembers which ids belong to one user: a phone number, the same number as the API writes it, and the user's old and new
-- business-scoped ids. The number of ids and their life are bounded. Never waits, never reads an event.
local expiring = require "whatsapp.util.expiring"

local user_ids = {}

---@class whatsapp.user_ids
local UserIds = {}
UserIds.__index = UserIds

local MOST = 8 -- largest number of ids of one user; the oldest id is removed first
local YEAR = 365 * 86400

-- returns the list of a user's ids; all ids of the user share one list
local function list_of(self, id)
  return self.lists:get(id) or { id }
end

---Remembers that two ids belong to one user. Does nothing if an id is nil.
---@param first string?
---@param second string?
function UserIds:learn(first, second)
  if not (first and second) or first == second then return end
  local list, other = list_of(self, first), list_of(self, second)
  if list == other then return end
  for _, id in ipairs(other) do list[#list + 1] = id end
  while #list > MOST do self.lists:delete(table.remove(list, 1)) end
  for _, id in ipairs(list) do self.lists:set(id, list, YEAR) end
end

---Returns the ids of a user.
---@param id string
---@return string[] ids all known ids of this user, including `id`
function UserIds:all(id)
  return list_of(self, id)
end

---Makes an empty memory of ids.
---@param max integer the most ids of all users together
---@param now (fun(): number)? a clock in seconds, os.time if absent
---@return whatsapp.user_ids
function user_ids.new(max, now)
  return setmetatable({ lists = expiring.new { max = max, now = now } }, UserIds)
end

return user_ids
