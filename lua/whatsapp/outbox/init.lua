-- The outbox: a store keeps messages until they are sent. put() checks a message, and stores its JSON as an entry. run() sends
-- the entries that are due. feed() reads the statuses of webhooks. If a process dies, no message is sent twice. A store in SQL or
-- Redis keeps its messages after the process has ended, and many processes and machines can share one phone number; README.md of
-- this folder tells which messages each database can lose. The outbox never stores a token. It repeats a message that may have
-- been sent only if the program calls resolve().
--
-- Words of the outbox. Lane: the entries of one recipient, which are sent in order. Lease: the time for which one sender may
-- handle an entry; no other sender claims the entry in this time. Fence: a number in each entry; each claim increases the number.
-- If a sender's lease is over and another sender claims the entry, the first sender has an old fence, and the store refuses the
-- changes of the first sender. Place: one interval of time in a limit; a message takes one place (see send/limits).
local client_of = require "whatsapp.client"
local core = require "whatsapp.core"
local observe = require "whatsapp.util.observe"
local options_of = require "whatsapp.util.options"
local outcome = require "whatsapp.wire.outcome"
local random_id = require "whatsapp.util.random_id"
local show = require "whatsapp.util.show"
local shown = require "whatsapp.wire.shown"
local values = require "whatsapp.util.values"

---@class whatsapp.outbox
local outbox = {}

---@class whatsapp.outbox.new_entry an entry that put() stores
---@field key string
---@field stamp string
---@field lane string
---@field body string the message's JSON, without the stamp
---@field fixed boolean true: the caller has set the stamp; false: the outbox has made it
---@field due number? seconds since 1970
---@field ttl number? seconds

---@class whatsapp.outbox.claimed an entry that may be sent
---@field key string
---@field stamp string
---@field lane string
---@field body string
---@field fence integer
---@field attempts integer

---@class whatsapp.outbox.kept: whatsapp.outbox.claimed an entry as get() and list() of a store return it
---@field state whatsapp.outbox.state_name
---@field id string?
---@field status string?
---@field status_time integer?
---@field error string?
---@field made number
---@field due number
---@field expires number?
---@field ended number?
---@field seq integer

---@class whatsapp.outbox.finished the outcome of an attempt
---@field key string
---@field fence integer
---@field state whatsapp.outbox.state_name
---@field id string?
---@field error string?
---@field attempts integer?
---@field delay number? for the state "queued": seconds until the next attempt

---The contract of a store. All times come from the clock of the store, so the clocks of machines may differ. If the database
---fails, a function returns nil, an error string and { retryable = }; it never raises. When a function that takes a list returns
---without an error, the store has stored the changes of the whole list.
---@class whatsapp.outbox.store: whatsapp.limiter_store
---@field put fun(self, entries: whatsapp.outbox.new_entry[]): string[]?, string[]|string, whatsapp.outbox.failure? returns
---two lists: the result for each entry, and the stamp that the store has for it. The results are: "new": stored; "same": the
---store already has this message under this key; "other": the store has another message under this key; "stamp": another entry
---has this stamp
---@field claim fun(self, n: integer, lease: number, hold_unknown: boolean?): whatsapp.outbox.claimed[]?, string?,
---whatsapp.outbox.failure? claims at most n due entries, the oldest first. Claims at most one entry of a lane, and only if each
---earlier entry of the lane has ended or is unknown; with hold_unknown, only if each earlier entry has ended
---@field start fun(self, marks: { key: string, fence: integer }[], lease: number): boolean[]?, string?,
---whatsapp.outbox.failure? for each mark: true if the entry may be sent now; its state is then "sending"
---@field finish fun(self, outcomes: whatsapp.outbox.finished[]): boolean[]?, string?, whatsapp.outbox.failure? for each outcome:
---true if the store has recorded it
---@field sweep fun(self): integer?, integer|string, whatsapp.outbox.failure? ends the leases that are over; returns how many
---entries became queued, and how many became unknown
---@field settle fun(self, stamp: string, id: string?, status: string, time: integer?, err: string?): string|false|nil, string?
---records the status of a webhook. Returns the state of the entry; or false if no entry has this stamp, or if the entry has the
---state failed
---@field get fun(self, key: string): whatsapp.outbox.kept|false|nil, string?, whatsapp.outbox.failure?
---@field list fun(self, options: { state: string?, after: integer?, limit: integer }): whatsapp.outbox.kept[]?, string?,
---whatsapp.outbox.failure?
---@field counts fun(self): table<string, integer>?, number|string|nil, whatsapp.outbox.failure? the number of entries in each
---state, and the seconds that the oldest due entry has waited
---@field resolve fun(self, key: string, word: "again"|"drop"): boolean?, string?, whatsapp.outbox.failure? false: the
---store has no unknown entry with this key
---@field purge fun(self, age: number, n: integer): integer?, string?, whatsapp.outbox.failure? deletes entries that ended more
---than `age` seconds ago
---@field take_all fun(self, asks: { key: string, interval: number, burst: integer, at_most: number? }[]): number[]?, string?,
---whatsapp.outbox.failure? takes a place in each limit; returns the seconds to wait for each place
---@field close fun(self)

---@class whatsapp.outbox.failure
---@field retryable boolean false: the store can never answer, for example because its tables have a newer version

---@class whatsapp.outbox.entry
---@field key string
---@field state whatsapp.outbox.state_name
---@field stamp string the message's biz_opaque_callback_data
---@field message whatsapp.Message
---@field lane string the letters and digits of the recipient: a phone number without + and spaces, or an id without its dot
---@field id string? the message id, after the API accepted the message
---@field status string? the last status of a webhook
---@field status_time integer? seconds since 1970
---@field error string? the error of the last attempt, or of a status "failed"; it says why the entry failed or is unknown
---@field attempts integer
---@field made number seconds since 1970, by the clock of the store
---@field due number the message is not sent before this time
---@field expires number? the message is not sent after this time
---@field ended number? the time when the entry became accepted, failed or expired
---@field seq integer the number of the entry in the store; pass it as `after` to outbox:list

---@class whatsapp.outbox_object
---@field store whatsapp.outbox.store
local Outbox = {}
Outbox.__index = Outbox
Outbox.__name = "whatsapp.outbox"

local STORE = {
  "put", "claim", "start", "finish", "sweep", "settle", "get", "list", "counts", "resolve", "purge", "take_all",
}

-- ---- failures ----------------------------------------------------------------------------------------------------------------

-- Returns nil, err, details for a failure of the store. `retryable` is false if the store can never answer, for example because
-- its tables have a newer version.
local function failure(err, details)
  local retryable = not (type(details) == "table" and details.retryable == false)
  return nil, err, shown.details { kind = "store", retryable = retryable, may_have_been_sent = false }
end

-- Calls a function of the store, and returns its results. If the function fails or raises, returns nil, err, details.
local function ask(self, name, ...)
  local ok, result, err, details = values.protected(self.store[name], self.store, ...)
  if ok and result ~= nil then return result, err end
  return failure(("the store's %s failed: %s"):format(name, show.value(ok and err or result)), details)
end

local function invalid(path, rule, problem)
  return outcome.invalid(("%s: %s"):format(path, problem), { { path = path, rule = rule, message = problem } })
end

-- ---- put ---------------------------------------------------------------------------------------------------------------------

local PUT = { key = "words", due = "time", ttl = "amount", mode = "mode" }
local LONGEST_NAME, LONGEST_BODY = 512, 256 * 1024 -- bytes

-- checks a key or a stamp; returns true, or nil, err, details
local function check_name(path, name)
  if name == "" then return invalid(path, "min_chars", "must not be empty") end
  if #name > LONGEST_NAME then return invalid(path, "max_bytes", ("has %d bytes, at most %d"):format(#name, LONGEST_NAME)) end
  if name:find "%z" then return invalid(path, "chars", "must not have a NUL") end
  if not values.is_utf8(name) then return invalid(path, "utf8", "is not UTF-8") end -- PostgreSQL takes only UTF-8
  return true
end

-- Returns the JSON of a message without its stamp, the warnings, and the stamp that the caller has set; or nil, err, details.
-- core.encode() checks the message without the stamp. So if there is a stamp, core.validate() first checks the whole message.
local function written(message, options)
  local stamp = message.biz_opaque_callback_data
  local mode = options.mode and { mode = options.mode }
  if stamp ~= nil then
    local ok, err, details = core.validate(message, mode)
    if not ok then return nil, err, details end
  end
  local plain = values.copy(message)
  plain.biz_opaque_callback_data = nil
  local body, warnings, details = core.encode(plain, mode)
  if not body then
    details.attempts = 0
    return nil, warnings, shown.details(details)
  end
  if #body > LONGEST_BODY then
    return invalid("message", "max_bytes", ("has %d bytes as JSON, at most %d"):format(#body, LONGEST_BODY))
  end
  return body, warnings, stamp ~= nil and values.text_of_id(stamp) or nil
end

-- Returns the lane of a message: the letters and digits of its recipient. So a number has the same lane with and without +.
local function lane_of(message)
  local to = values.text_of_id(message.to) or values.text_of_id(message.recipient)
  return to and (to:gsub("%W", ""))
end

-- returns the entry for the store and the warnings, or nil, err, details
local function entry_of(message, options)
  local body, warnings, stamp = written(message, options)
  if not body then return nil, warnings, stamp end
  local lane = lane_of(message)
  if message.status ~= nil or not lane then
    return invalid("message", "recipient", "has no recipient, or is a mark as read: the outbox takes only messages")
  end
  local is_fixed = stamp ~= nil
  stamp = stamp or random_id.new()
  local key = options.key or stamp
  for path, name in pairs { key = key, biz_opaque_callback_data = stamp } do
    local ok, err, details = check_name(path, name)
    if not ok then return nil, err, details end
  end
  return {
    key = key, stamp = stamp, lane = lane, body = body, fixed = is_fixed, due = options.due, ttl = options.ttl,
  }, warnings
end

-- result of a store -> the problem with the entry
local REFUSED = {
  other = { "key", "duplicate", "another message was put under this key" },
  stamp = { "biz_opaque_callback_data", "duplicate", "another message in the outbox has this stamp" },
}

local RESULTS = { stamp = "other" } -- result of a store -> its name for the observer, if the names differ

local function check_message(message, level)
  if type(message) ~= "table" then error("a message is a table, got a " .. type(message), level + 1) end
end

-- calls the observer with the result of a put
local function told(self, result)
  if not self.observe then return end
  self.observe_error = observe.tell(self.observe, { name = "put", result = RESULTS[result] or result }) or self.observe_error
end

---Checks a message and stores it. If put returns "new" or "same", run or step sends the message once. If the state of the entry
---becomes failed or expired, the message was not sent. If it becomes unknown, the message may have been sent.
---@param message whatsapp.Message has the same form as the API's JSON. The outbox puts a stamp into biz_opaque_callback_data. The
---statuses in webhooks repeat the stamp, and the outbox finds the entry by it. If you set biz_opaque_callback_data, your stamp
---must be unique
---@param options { key: string?, due: number?, ttl: number?, mode: "strict"|"lenient"? }? key: your name for the message, such
---as "order-1042-ready". If the store has this key already, put stores nothing. So with a key you may repeat a put whose answer
---was lost; without a key, each put stores another message. due: the message is not sent before this time, in seconds since 1970.
---ttl: seconds from now, or from `due`; after this time, the message is not sent
---@return "new"|"same"|nil state "same": the store already has this message under this key
---@return string? stamp or err
---@return whatsapp.details|{ key: string, warnings: whatsapp.problem[]? }|nil details after a failure: kind "invalid", or kind
---"store" (try again if .retryable); after a success: the key and the warnings
function Outbox:put(message, options)
  check_message(message, 2)
  local entry, warnings, details = entry_of(message, options_of.check(options, PUT, 2))
  if not entry then
    told(self, "invalid")
    return nil, warnings, details
  end
  local results, stamps
  results, stamps, details = ask(self, "put", { entry })
  told(self, results and results[1] or "failed")
  if not results then return nil, stamps, details end
  local refused = REFUSED[results[1]]
  if refused then return invalid(refused[1], refused[2], refused[3]) end
  return results[1], stamps[1], { key = entry.key, warnings = warnings }
end

local ITEM = values.copy(PUT)
ITEM.message = "table"

-- returns the entries of the valid items, their indexes in the list, and a result for each item
local function entries_of(self, items, level)
  local entries, indexes, results = {}, {}, {}
  for i, item in ipairs(items) do
    local checked = options_of.check(item, ITEM, level + 1)
    check_message(checked.message, level + 1)
    local entry, warnings, details = entry_of(checked.message, checked)
    if entry then
      entries[#entries + 1], indexes[#indexes + 1] = entry, i
      results[i] = { key = entry.key, warnings = warnings }
    else
      results[i] = { err = warnings, details = details }
      told(self, "invalid")
    end
  end
  return entries, indexes, results
end

---Stores a list of messages; a store in SQL stores the whole list in one commit.
---@param items { message: whatsapp.Message, key: string?, due: number?, ttl: number?, mode: "strict"|"lenient"? }[]
---@return { state: "new"|"same"|nil, stamp: string?, key: string?, err: string?, details: whatsapp.details? }[]? results one for
---each item, in the order of the items; valid messages are stored even if another message is refused; nil: the store failed
---@return string? err
---@return whatsapp.details? details
function Outbox:put_all(items)
  if type(items) ~= "table" then error("items are a list of { message =, key = }, got a " .. type(items), 2) end
  local hole = values.hole_in(items)
  if hole then error(("items are a list without holes, got nil at %d"):format(hole), 2) end
  local entries, indexes, results = entries_of(self, items, 2)
  if #entries == 0 then return results end
  local states, stamps, details = ask(self, "put", entries)
  for i in ipairs(entries) do told(self, states and states[i] or "failed") end
  if not states then return nil, stamps, details end
  for i, index in ipairs(indexes) do
    local refused, result = REFUSED[states[i]], results[index]
    if refused then
      local _, err, problem = invalid(refused[1], refused[2], refused[3])
      result.err, result.details = err, problem
    else result.state, result.stamp = states[i], stamps[i] end
  end
  return results
end

-- ---- sending -----------------------------------------------------------------------------------------------------------------

local RUN = {
  concurrency = "count", until_empty = "boolean", on_outcome = "callable", on_error = "callable", poll = "seconds",
}
local STEP = { concurrency = "count", on_outcome = "callable" }
local CONCURRENCY, POLL, TIMEOUT = 16, 1, 30

-- Returns the sender of a client, and keeps it for later calls with this client: the sender may have outcomes that the store
-- has not recorded yet.
local function sender_of(self, client, concurrency, level)
  local state, plan_of = client_of.access(client, level + 1)
  if not state.can_wait then error("the client's transport has no clock: an outbox needs now() and sleep()", level + 1) end
  if self.lease <= (state.timeout or TIMEOUT) then
    error(("option lease (%g seconds) must be longer than the client's timeout (%g)")
      :format(self.lease, state.timeout or TIMEOUT), level + 1)
  end
  local made = self.senders[client]
  if not made then
    local plan = plan_of(state, { retry = false, stamp = false })
    made = require("whatsapp.outbox.sender").new(self, state, plan, concurrency)
    self.senders[client] = made
  elseif made.start then made.concurrency = concurrency end
  return made
end

---Sends the due entries, several at once, until the client is closed or on_outcome returns false. If the store fails, asks the
---store again after 1, 2, 4 … 30 seconds. The store keeps the places of the limits (the client's option limiter), so that all
---processes with this store share the limits. An entry that must wait for a limit for more than a second waits in the store.
---@param client whatsapp.client the client's option retry has no effect: between two attempts, the entry waits in the store
---@param options { concurrency: integer?, until_empty: boolean?, on_outcome: (fun(entry: whatsapp.outbox.entry, result:
---whatsapp.Result?, err: string?, details: whatsapp.info|whatsapp.details|nil): boolean?)?, on_error: (fun(err: string,
---seconds: number))?, poll: number? }? concurrency: number of requests on the wire at once, 16; until_empty: return when the
---store has no entry that is queued, claimed or sending; on_outcome: called after each attempt, when the store has recorded the
---outcome; entry.state is the new state; if on_outcome returns false, the run stops; on_error: called when the store fails, with
---the seconds until the next try; poll: seconds between two checks of an empty queue, 1
---@return integer? count of attempts
---@return string? err the store can never answer, for example because its tables have a newer version
---@return whatsapp.details? details
function Outbox:run(client, options)
  options = options_of.check(options, RUN, 2)
  local made = sender_of(self, client, options.concurrency or CONCURRENCY, 2)
  local count, err, details = made:run {
    until_empty = options.until_empty, on_outcome = options.on_outcome, on_error = options.on_error, poll = options.poll or POLL,
  }
  if count then return count end
  return failure(err, details)
end

---Does one round, for a loop or a timer of your own: sends up to `concurrency` due entries, and returns when the store has
---recorded their outcomes.
---@param client whatsapp.client
---@param options { concurrency: integer?, on_outcome: (fun(entry: whatsapp.outbox.entry, result: whatsapp.Result?, err: string?,
---details: whatsapp.info|whatsapp.details|nil): boolean?)? }?
---@return integer? count of attempts; 0: no entry is due
---@return string? err the store failed
---@return whatsapp.details? details
function Outbox:step(client, options)
  options = options_of.check(options, STEP, 2)
  local made = sender_of(self, client, options.concurrency or CONCURRENCY, 2)
  local count, err, details = made:step { on_outcome = options.on_outcome, poll = POLL }
  if count then return count end
  return failure(err, details)
end

-- ---- afterwards --------------------------------------------------------------------------------------------------------------

---Takes an event of webhook.parse. A status event repeats the stamp of its message, and the outbox finds the entry by this
---stamp. Every status proves that the API has accepted the message. So the entry becomes accepted, even if it was unknown, and
---even if the status is "failed": then entry.status and entry.error tell the failure.
---@param event whatsapp.event
---@return whatsapp.outbox.state_name|false|nil state of the entry; false: the event belongs to no entry of this outbox, or the
---entry has failed
---@return string? err the store failed: answer the webhook with HTTP 500, so that the API sends the event again
---@return whatsapp.details? details
function Outbox:feed(event)
  if type(event) ~= "table" then error("an event is a table, got a " .. type(event), 2) end
  if event.kind ~= "status" or type(event.stamp) ~= "string" or type(event.status) ~= "string" then return false end
  if check_name("stamp", event.stamp) ~= true then return false end
  return ask(self, "settle", event.stamp, event.id, event.status, event.timestamp, event.status == "failed" and event.text or nil)
end

-- turns an entry of the store into the entry that the user gets
local function public(entry)
  entry.message, entry.body = core.decode(entry.body), nil
  entry.rank, entry.fence, entry.lease = nil, nil, nil
  return entry
end

local function check_key(key, level)
  if type(key) ~= "string" then error("a key is a string, got a " .. type(key), level + 1) end
end

---@param key string
---@return whatsapp.outbox.entry|false|nil entry false: the store has no entry with this key
---@return string? err the store failed
---@return whatsapp.details? details
function Outbox:get(key)
  check_key(key, 2)
  if check_name("key", key) ~= true then return false end
  local entry, err, details = ask(self, "get", key)
  if entry then return public(entry) end
  return entry, err, details
end

local LIST = { state = "outbox_state", after = "whole", limit = "count" }

---Returns entries in the order in which they were put.
---@param options { state: whatsapp.outbox.state_name?, after: integer?, limit: integer? }? after: the .seq of the last entry
---that you have; limit: 100 if absent
---@return whatsapp.outbox.entry[]? entries
---@return string? err
---@return whatsapp.details? details
function Outbox:list(options)
  options = options_of.check(options, LIST, 2)
  local entries, err, details = ask(self, "list", { state = options.state, after = options.after, limit = options.limit or 100 })
  if not entries then return nil, err, details end
  for _, entry in ipairs(entries) do public(entry) end
  return entries
end

---@return table<whatsapp.outbox.state_name, integer>? counts the number of entries in each state
---@return number|string|nil oldest the seconds that the oldest due entry has waited; 0 if no entry is due; or err
---@return whatsapp.details? details
function Outbox:counts() return ask(self, "counts") end

local WORDS = { again = true, drop = true }

---Decides about an unknown entry, after a person has looked at the conversation. "again": the entry becomes queued, and the
---message is sent once more. "drop": the entry becomes failed.
---@param key string
---@param word "again"|"drop"
---@return boolean? done false: the store has no unknown entry with this key
---@return string? err
---@return whatsapp.details? details
function Outbox:resolve(key, word)
  check_key(key, 2)
  if not WORDS[word] then error('the word must be "again" or "drop", got ' .. show.value(word), 2) end
  return ask(self, "resolve", key, word)
end

---Deletes entries that were accepted, failed or expired more than `keep` seconds ago. run and step also delete these
---entries, at most once a minute.
---@param options { keep: number?, limit: integer? }? keep: seconds; if absent, the option keep of the outbox. limit: number of
---entries, 1,000 if absent
---@return integer? count
---@return string? err
---@return whatsapp.details? details
function Outbox:purge(options)
  options = options_of.check(options, { keep = "since", limit = "count" }, 2)
  return ask(self, "purge", options.keep or self.keep, options.limit or 1000)
end

function Outbox:__tostring() return ("whatsapp.outbox (%s)"):format(getmetatable(self.store).__name or "store") end

-- ---- making one --------------------------------------------------------------------------------------------------------------

---@class whatsapp.outbox_options
---@field store whatsapp.outbox.store a store of whatsapp.outbox.memory, whatsapp.outbox.sql or whatsapp.outbox.redis
---@field lease number? seconds for which a sender has an entry, 60; must be longer than the client's timeout
---@field keep number? seconds for which an entry stays in the store after its end, 7 days: the API repeats webhooks for 7 days
---@field attempts integer? number of attempts after which an entry fails, 10
---@field backoff number[]? { first, most } seconds between two attempts, {4, 3600}; each wait is four times as long as the wait
---before
---@field observe (fun(event: whatsapp.observed))? an object of whatsapp.metrics.new(), or a function. put calls it with its
---result; run and step call it with the counts, at most every 15 seconds
---@field hold_unknown boolean? true: while an entry is unknown, the later entries of its recipient wait

local OPTIONS = {
  store = "outbox_store", lease = "seconds", keep = "since", attempts = "count", backoff = "backoff", hold_unknown = "boolean",
  observe = "callable",
}
local WEEK = 7 * 86400

---Makes an outbox over a store. The outbox needs no phone number and no token: the client that you pass to outbox:run has them.
---@param options whatsapp.outbox_options
---@return whatsapp.outbox_object
function outbox.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  if checked.store == nil then error("whatsapp.outbox.new needs a store, such as whatsapp.outbox.memory()", 2) end
  for _, name in ipairs(STORE) do
    if not values.callable(checked.store[name]) then error(("option store has no function %s"):format(name), 2) end
  end
  return setmetatable({
    store = checked.store, lease = checked.lease or 60, keep = checked.keep or WEEK, attempts = checked.attempts or 10,
    backoff = checked.backoff or { 4, 3600 }, hold_unknown = checked.hold_unknown or false, random = math.random,
    observe = checked.observe,
    senders = setmetatable({}, { __mode = "k" }),
  }, Outbox)
end

---@param options { now: (fun(): number)? }?
---@return whatsapp.outbox.memory store in the memory of this process
function outbox.memory(options) return require("whatsapp.outbox.memory").new(options) end

return outbox
