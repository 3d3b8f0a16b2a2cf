-- The states of an entry of the outbox, and which may follow which, as data for every store. Pure: no clock, no store.
local status = require "whatsapp.status"

local states = {}

---queued -> claimed -> sending -> accepted; from `sending` also failed, unknown, or back to queued.
---@alias whatsapp.outbox.state_name "queued"|"claimed"|"sending"|"unknown"|"accepted"|"failed"|"expired"
states.ALL = { "queued", "claimed", "sending", "unknown", "accepted", "failed", "expired" }

local set = require("whatsapp.util.values").set

-- Each set is also a list, for SQL and for the scripts of Redis.
states.LISTS = {
  KNOWN = states.ALL,
  UNFINISHED = { "queued", "claimed", "sending" }, -- they hold the later entries of their lane
  LEASED = { "claimed", "sending" }, -- a sender has them
  FINISHABLE = { "claimed", "sending", "unknown" }, -- finish may change them
  FINISHED = { "accepted", "failed", "expired" }, -- purge deletes them
}
for name, list in pairs(states.LISTS) do states[name] = set(list) end

---How far a status of a webhook is: a later one has a higher rank.
---@param name string
---@return integer rank 0 for a status that is not known
function states.rank(name) return status.RANK[name] or 0 end

---One place of a limit (GCRA): one comes every `interval` seconds, `burst` of them may be taken at once.
---@param ends number? the time that was kept for the key
---@param now number the time of the store
---@param ask { interval: number, burst: integer, at_most: number? } seconds
---@return number wait seconds; below 0 only where at_most is below it, too
---@return number? ends to keep now; nil: nothing was taken, as the wait is longer than at_most
function states.place(ends, now, ask)
  if not ends or ends < now then ends = now end
  local wait = ends - (ask.burst - 1) * ask.interval - now
  if ask.at_most and wait > ask.at_most then return wait, nil end
  return math.max(0, wait), ends + ask.interval
end

return states
