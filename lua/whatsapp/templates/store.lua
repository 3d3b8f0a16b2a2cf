-- Keeps the definitions of templates by name, for a limited time, and asks the API for a definition that it does not have. Its
-- size is bounded. Never sends a request itself: the client passes the function that asks the API.
local checks = require "whatsapp.util.options"
local expiring = require "whatsapp.util.expiring"

local M = {}

local TTL, FRESH, MOST = 3600, 60, 1000 -- seconds, seconds, names

---@class whatsapp.templates.store_options
---@field ttl number? seconds for which the store keeps definitions, 3600 if absent
---@field fresh number? seconds, 60 if absent: before the client refuses a message, it asks the API again for definitions that are
---older than this
---@field max integer? the most names in the store, 1000 if absent
---@field now (fun(): number)? a clock in seconds, os.time if absent

local OPTIONS = { ttl = "seconds", fresh = "seconds", max = "count", now = "callable" }

---@class whatsapp.templates.store
local Store = {}
Store.__index = Store
Store.__name = "whatsapp.templates.store"

---Returns the definitions of a name, one for each language.
---@param name string
---@param fetch fun(name: string): whatsapp.templates.Definition[]?, string?, whatsapp.details? asks the API; it may yield
---@param is_fresh boolean true: asks again for definitions that are older than `fresh` seconds
---@param account string? the WhatsApp Business Account
---@return whatsapp.templates.Definition[]? definitions
---@return string? err the API could not be asked; the store keeps the error for at most `fresh` seconds
---@return whatsapp.details? details
function Store:definitions(name, fetch, is_fresh, account)
  local key, now = (account or "") .. " " .. name, self.now()
  local kept = self.entries:get(key, now)
  local age = kept and now - kept.since
  if kept and not (is_fresh and age >= self.fresh) and age >= 0 then return kept.list, kept.err, kept.details end
  local list, err, details = fetch(name)
  -- a failure may end soon, and a template with this name may be created soon
  local ttl = list and #list > 0 and self.ttl or math.min(self.fresh, self.ttl)
  self.entries:set(key, { list = list or nil, err = err, details = details, since = now }, ttl, now)
  return list, err, details
end

---Forgets the definitions of one name, or of all names. Call it when a webhook says that a template changed.
---@param name string?
---@param account string?
function Store:forget(name, account)
  if name then return self.entries:delete((account or "") .. " " .. name) end
  self.entries = expiring.new { max = self.max, now = self.now }
end

---Makes a store.
---@param options whatsapp.templates.store_options?
---@param level integer error level of the caller
---@return whatsapp.templates.store
function M.new(options, level)
  local checked = checks.check(options, OPTIONS, level + 1)
  local now, max = checked.now or os.time, checked.max or MOST
  return setmetatable({
    ttl = checked.ttl or TTL, fresh = checked.fresh or FRESH, now = now, max = max,
    entries = expiring.new { max = max, now = now },
  }, Store)
end

return M
