-- Returns the items of a list that the API sends in pages. Requests a page when its first item is needed. Stops at a largest
-- number of items and of pages, even if the API has more pages. Never uses the API's URL of the next page, because this URL names
-- a host and contains the token.
local outcome = require "whatsapp.wire.outcome"
local shown = require "whatsapp.wire.shown"
local values = require "whatsapp.util.values"

local pages = {}

local MOST_ITEMS, MOST_PAGES = 10000, 1000

---@class whatsapp.pages
---@field count integer the number of items that the loop has got
---@field pages integer the number of pages that the loop has requested
---@operator call: any, string?, whatsapp.details?
local Pages = {}
Pages.__index = Pages

-- Ends the loop with a failure: returns false, err, details.
local function fail(self, err, details)
  self.is_over = true
  return false, err, details
end

local function odd(self, problem)
  return fail(self, problem, shown.details {
    kind = "protocol", retryable = false, may_have_been_sent = false, attempts = 1, pages = self.pages,
  })
end

local function too_many(self, count, what)
  local words = "the list has more than %d %s; the options max and max_pages set this bound"
  local _, err, details = outcome.refused("pages", words:format(count, what))
  return fail(self, err, details)
end

-- returns the list of a page; nil: the page has no list; after the first page, a page without `data` has an empty list
local function items_of(self, result)
  local data = result.data
  if type(data) == "table" and data[self.list or ""] ~= nil then data = data[self.list] end
  if data == nil and self.pages > 1 then return {} end
  return type(data) == "table" and (next(data) == nil or data[1] ~= nil) and data or nil
end

-- returns the cursor of the next page; nil: there is no next page
local function cursor_of(self, result, count)
  local paging = type(result.paging) == "table" and result.paging or values.NONE
  local cursors = type(paging.cursors) == "table" and paging.cursors or values.NONE
  local after, has_next = values.text_of_id(cursors.after), type(paging.next) == "string"
  if has_next then self.has_named_next = true end
  if not after or after == "" then return nil end
  if has_next then return after end
  -- Some endpoints name the next page on each page except the last page. Other endpoints never name it: then the loop requests
  -- pages until a page is empty, or has fewer items than `limit`.
  if self.has_named_next or count == 0 or (self.limit and count < self.limit) then return nil end
  return after
end

-- Requests a page. Returns no value after a success; returns false, err, details after a failure.
local function ask(self)
  if self.pages >= self.most_pages then return too_many(self, self.most_pages, "pages") end
  self.pages = self.pages + 1
  local result, err, details = self.call(self.after)
  if not result then
    details.pages = self.pages
    return fail(self, err, details)
  end
  local items = items_of(self, result)
  if not items then return odd(self, "the API answered JSON without a list `data`") end
  self.items, self.at = items, 0
  local after = cursor_of(self, result, #items)
  if after and self.seen[after] then return odd(self, "the API names a page that was read before") end
  if after then self.seen[after] = true end
  self.after = after
end

---Returns the next item. For plain Lua 5.1, which cannot wait in an event loop within a `for`.
---@return any item nil at the end; false, err, details if a page failed, or if the list is too long
function Pages:next()
  while not self.is_over do
    local item = self.items[self.at + 1]
    if item ~= nil then
      if self.count >= self.most then
        if not self.is_wanted then return too_many(self, self.most, "items") end
        self.is_over = true
        return nil
      end
      self.at, self.count = self.at + 1, self.count + 1
      return item
    end
    if (self.pages > 0 and not self.after) or (self.is_wanted and self.count >= self.most) then
      self.is_over = true
      return nil
    end
    local ended, err, details = ask(self)
    if ended == false then return ended, err, details end
  end
end

Pages.__call = Pages.next

---@class whatsapp.pages_options
---@field max integer? the loop ends after this number of items; if absent, a list of more than 10,000 items is a failure
---@field max_pages integer? a list of more pages is a failure; 1,000 if absent
---@field list string? the name of the list in `data`, if `data` is a table with names
---@field query { limit: integer|string|nil }? limit: the number of items in a page

---Makes the pages of a list. Requests nothing yet.
---@param call fun(after: string?): table?, string?, whatsapp.details? requests a page
---@param options whatsapp.pages_options
---@return whatsapp.pages
function pages.new(call, options)
  return setmetatable({
    call = call, most = options.max or MOST_ITEMS, is_wanted = options.max ~= nil, most_pages = options.max_pages or MOST_PAGES,
    list = options.list, limit = options.query and values.integer(options.query.limit) or nil, count = 0, pages = 0,
    seen = {}, items = {}, at = 0, after = nil, is_over = false, has_named_next = false,
  }, Pages)
end

return pages
