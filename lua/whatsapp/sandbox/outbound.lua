-- Makes the bodies of the webhooks of a box (a simulated API), and gives them to deliveries.lua. A change is one event in the
-- body of a webhook, such as a message or a status. change() and account() send one change. A rule of chaos may send the change
-- twice, late, in another order or with others in one body. Without a rule of the kind `lose`, no change is lost.
local deliveries = require "whatsapp.sandbox.deliveries"
local escaped = require "whatsapp.sandbox.escaped"
local values = require "whatsapp.util.values"

local outbound = {}

local MOST_IN_ONE = 1000 -- the most changes in one body, as in the API
local HELD = 5 -- seconds for which the rules `late`, `reverse` and `batch` hold a change, if the rule names no seconds

---@class whatsapp.sandbox.change
---@field number string phone_number_id
---@field entry table the item of `entry` in the body
---@field what string the type of the message, or the status
---@field about string? the id of the message

-- ---- bodies -------------------------------------------------------------------------------------------------------------

local function body_of(entries)
  return escaped.encode { object = "whatsapp_business_account", entry = entries }
end

-- sends one change as one webhook
local function send(box, change, how)
  return deliveries.send(box, change, body_of { change.entry }, how)
end

---Returns the changes that rules hold back, for the state of the box.
---@param box whatsapp.sandbox
---@return table[] deliveries in the form of waiting deliveries
function outbound.held(box)
  local list = {}
  for _, rule in ipairs(box.chaos.rules) do
    for _, change in ipairs(rule.held or values.NONE) do
      list[#list + 1] = {
        id = "held" .. #list + 1, at = box.clock:now(), number = change.number, what = change.what, about = change.about,
        body = body_of { change.entry }, tried = 0,
      }
    end
  end
  return list
end

-- ---- rules that hold changes back -----------------------------------------------------------------------------------------

-- sends the held changes, the newest first
local function flush_reversed(box, rule)
  local held = rule.held
  rule.held = nil
  for i = #held, 1, -1 do send(box, held[i]) end
end

-- Sends the held changes: the changes of each number in one body, with at most 1,000 changes in a body.
local function flush_batch(box, rule)
  local entries, firsts, numbers = {}, {}, {}
  local function leave(number)
    deliveries.send(box, { number = number, what = "batch", about = firsts[number].about }, body_of(entries[number]))
    entries[number] = nil
  end
  for _, change in ipairs(rule.held) do
    local number = change.number
    if not firsts[number] then numbers[#numbers + 1] = number end
    firsts[number], entries[number] = firsts[number] or change, entries[number] or {}
    entries[number][#entries[number] + 1] = change.entry
    if #entries[number] == MOST_IN_ONE then leave(number) end
  end
  rule.held = nil
  for _, number in ipairs(numbers) do
    if entries[number] then leave(number) end
  end
end

-- The clock calls this function when the held changes are due. Does nothing if they were sent before.
local function flush_when_due(subject)
  local box, rule, held, flush = subject[1], subject[2], subject[3], subject[4]
  if rule.held == held then flush(box, rule) end
end

-- holds a change; the first held change also puts flush(box, rule) on the clock
local function hold(box, rule, change, flush)
  if not rule.held then
    rule.held = {}
    box.clock:at(box.clock:now() + (rule.seconds or HELD), flush_when_due, { box, rule, rule.held, flush })
  end
  rule.held[#rule.held + 1] = change
end

-- ---- kinds of rules -----------------------------------------------------------------------------------------------------

-- Returns a change as the API sends it if "include values" is off in the App Dashboard: only with the names of the fields.
local function without_values(change)
  local fields = {}
  for i, one in ipairs(change.entry.changes) do fields[i] = one.field end
  local copy = values.copy(change)
  copy.entry = { id = change.entry.id, changed_fields = fields }
  return copy
end

-- kind of a rule -> function(box, change, rule): returns the delivery; nil: the change is lost, or is sent later
local KINDS = {
  twice = function(box, change, rule)
    local first = send(box, change)
    for _ = 2, rule.copies or 2 do send(box, change) end
    return first
  end,
  late = function(box, change, rule) return send(box, change, { delay = rule.seconds or HELD }) end,
  drop = function(box, change) return send(box, change, { drop = true }) end,
  garble = function(box, change) return send(box, change, { garble = true }) end,
  lose = function() return nil end,
  empty_values = function(box, change) return send(box, without_values(change)) end,
  reverse = function(box, change, rule)
    hold(box, rule, change, flush_reversed)
    if #rule.held == (rule.hold or 2) then flush_reversed(box, rule) end
  end,
  batch = function(box, change, rule) hold(box, rule, change, flush_batch) end,
}

-- ---- changes ------------------------------------------------------------------------------------------------------------

local WEBHOOK, STATUS = { webhook = true }, { webhook = true, status = true }

---Sends a change to the endpoint of a number. Without an endpoint, does nothing.
---@param box whatsapp.sandbox
---@param subject { number: string, field: string?, what: string, about: string?, to: string?, is_status: boolean? } field: the
---field of the webhook, "messages" if absent; to: the user, for rules of chaos
---@param value table the value of the change; this function fills in messaging_product and metadata
---@return whatsapp.sandbox.delivery? delivery nil: there is no endpoint, or a rule holds or loses the change
function outbound.change(box, subject, value)
  local number = subject.number
  if not deliveries.has_endpoint(box, number) then return nil end
  value.messaging_product = "whatsapp"
  value.metadata = { display_phone_number = box.numbers:find(number).display_phone_number, phone_number_id = number }
  local change = {
    number = number, what = subject.what, about = subject.about,
    entry = { id = box.waba, changes = { { value = value, field = subject.field or "messages" } } },
  }
  local rule = box.chaos:fire(subject.is_status and STATUS or WEBHOOK, { type = subject.what, to = subject.to })
  if rule then return KINDS[rule.what](box, change, rule) end
  return send(box, change)
end

---Sends a change of the account, such as the status of a template, to the endpoint of the first number. Rules of chaos do not
---apply.
---@param box whatsapp.sandbox
---@param field string of the webhook
---@param value table
---@param what string words for the log of deliveries
---@return whatsapp.sandbox.delivery? delivery nil: there is no endpoint
function outbound.account(box, field, value, what)
  local number = box.numbers.list[1].id
  if not deliveries.has_endpoint(box, number) then return nil end
  local entry = { id = box.waba, time = math.floor(box.clock:now()), changes = { { value = value, field = field } } }
  return send(box, { number = number, what = what, entry = entry })
end

return outbound
