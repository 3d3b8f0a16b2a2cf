-- Puts the rows of a file into an outbox, and later reads the outcome of each row from the outbox. Never sends.
local outcome = require "whatsapp.cli.outcome"
local rows = require "whatsapp.cli.rows"
local store = require "whatsapp.cli.store"

local outbox_rows = {}

local AT_ONCE = 500 -- messages in one call of put_all

-- puts a list of rows, and calls visit(row, result) for each
local function put_list(outbox, list, options, visit)
  local items = {}
  for i, row in ipairs(list) do items[i] = { message = row.message, key = row.key, ttl = options.ttl } end
  local results = store.check(outbox:put_all(items))
  for i, result in ipairs(results) do
    result.key = result.key or list[i].key
    visit(list[i], result)
  end
end

---Puts the rows into an outbox, 500 in one call. Ends the command if the store fails.
---@param outbox whatsapp.outbox_object
---@param next_row fun(): whatsapp.cli.row? that rows.of returned
---@param options { ttl: number?, with_keys: boolean? } ttl: seconds after which the messages expire; with_keys: a row without a
---key gets the SHA-256 of its message as its key
---@param visit fun(row: whatsapp.cli.row, result: table) called for each row with its result of outbox:put_all; a row without a
---message gets such a result, too
function outbox_rows.put(outbox, next_row, options, visit)
  local list = {}
  for row in next_row do
    if row.message then
      if options.with_keys then row.key = rows.key_of(row) end
      list[#list + 1] = row
    else visit(row, { err = row.err, details = { kind = "invalid", problems = {}, attempts = 0 } }) end
    if #list == AT_ONCE then
      put_list(outbox, list, options, visit)
      list = {}
    end
    if row.is_broken then break end
  end
  if #list > 0 then put_list(outbox, list, options, visit) end
end

-- state of an entry -> state of an outcome. The message of an entry in state `sending` may have been sent: so it is unknown.
local STATES = {
  accepted = "accepted", failed = "failed", unknown = "unknown", sending = "unknown", queued = "not_sent", claimed = "not_sent",
  expired = "not_sent",
}

---Reads the outcome of a row from an outbox. Ends the command if the store fails.
---@param outbox whatsapp.outbox_object
---@param row whatsapp.cli.row with its key
---@return table outcome as outcome.of returns it
function outbox_rows.outcome(outbox, row)
  local err, details = rows.check(row)
  if err then return outcome.of(nil, err, { kind = "invalid", problems = details.problems, attempts = 0 }) end
  local entry = store.check(outbox:get(row.key))
  if not entry then
    return outcome.of(nil, "another message was put under this key", { kind = "invalid", problems = {}, attempts = 0 })
  end
  return {
    state = STATES[entry.state], id = entry.id, stamp = entry.stamp, attempts = entry.attempts,
    error = entry.error and entry.state ~= "accepted" and { line = entry.error } or nil,
  }
end

return outbox_rows
