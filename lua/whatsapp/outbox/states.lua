-- Shared by all stores of the outbox: the states of an entry, sets of states as data, and the arithmetic of limits. Pure: reads
-- no clock, and calls no store.
local status = require "whatsapp.status"

local states = {}

---Usually queued -> claimed -> sending -> accepted. `queued` and `claimed` may become expired. `claimed` and `sending` may
---become queued again, or failed. `sending` may become unknown. `unknown` may become accepted, failed or queued. The status of
---a webhook makes any entry accepted, except a failed one.
---@alias whatsapp.outbox.state_name "queued"|"claimed"|"sending"|"unknown"|"accepted"|"failed"|"expired"
states.ALL = { "queued", "claimed", "sending", "unknown", "accepted", "failed", "expired" }

local set = require("whatsapp.util.values").set

-- Each set is also a list, for SQL and for the scripts of Redis.
states.LISTS = {
  KNOWN = states.ALL,
  UNFINISHED = { "queued", "claimed", "sending" }, -- later entries of the same lane (recipient) wait for entries in these states
  LEASED = { "claimed", "sending" }, -- a sender has the entry
  FINISHABLE = { "claimed", "sending", "unknown" }, -- finish may change the entry
  FINISHED = { "accepted", "failed", "expired" }, -- purge may delete the entry
}
for name, list in pairs(states.LISTS) do states[name] = set(list) end

---Returns the rank of a webhook's status: a later status has a higher rank.
---@param name string
---@return integer rank 0 if the status is unknown
function states.rank(name) return status.RANK[name] or 0 end

---Takes one place of a limit (the algorithm is GCRA). A place is one interval of time, which one message takes. Up to `burst`
---messages may leave at once; then one message may leave in each interval.
---@param ends number? the time that the last call for this key returned
---@param now number the time of the store
---@param ask { interval: number, burst: integer, at_most: number? } seconds
---@return number wait seconds; it can be below 0 only if at_most is below 0
---@return number? ends the time to pass to the next call for this key; nil: no place was taken, because the wait is longer than
---at_most
function states.place(ends, now, ask)
  if not ends or ends < now then ends = now end
  local wait = ends - (ask.burst - 1) * ask.interval - now
  if ask.at_most and wait > ask.at_most then return wait, nil end
  return math.max(0, wait), ends + ask.interval
end

return states
