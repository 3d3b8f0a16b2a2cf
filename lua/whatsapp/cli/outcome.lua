-- Makes the outcome of a message for the program's JSON: the state, the ids, and an error with members that other programs can
-- test. Pure.
local outcome = {}

-- kind of the details -> state; for a failure in which nothing was sent and a repetition does not help
local OF_KIND = { invalid = "invalid", api = "failed", protocol = "failed" }

---@param details whatsapp.details
---@return "invalid"|"failed"|"not_sent"|"unknown" state invalid: the check refused the message; failed: the API refused it;
---not_sent: nothing was sent for another reason; unknown: the message may have been sent
function outcome.state_of(details)
  if details.may_have_been_sent then return "unknown" end
  if details.retryable then return "not_sent" end
  return OF_KIND[details.kind] or "not_sent"
end

local MEMBERS = { -- the members of the details that the error has
  "kind", "code", "subcode", "http_status", "message", "reason", "advice", "retryable", "retry_after", "may_have_been_sent",
  "trace_id", "problems",
}

---@param err string
---@param details whatsapp.details
---@return table error plain data: `line` is the error string; the other members come from the details
function outcome.error_of(err, details)
  local made = { line = err }
  for _, name in ipairs(MEMBERS) do made[name] = details[name] end
  return made
end

local function first(list) return type(list) == "table" and list[1] or {} end

---@param result table? as client:send returns it
---@param err string?
---@param about whatsapp.info|whatsapp.details|nil the third value of client:send
---@return table outcome { state, id, wa_id, stamp, attempts, error }; wa_id may be a user id; error: only without a result
function outcome.of(result, err, about)
  about = about or {}
  local made = { stamp = about.stamp, attempts = about.attempts }
  if result then
    local contact = first(result.contacts)
    made.state, made.id = "accepted", first(result.messages).id
    made.wa_id = contact.wa_id or contact.user_id
  else
    made.state, made.error = outcome.state_of(about), outcome.error_of(err, about)
  end
  return made
end

---The order of the members in a line of JSON. Commands add the members `line`, `key` and `to`.
outcome.ORDER = { "line", "key", "to", "state", "id", "wa_id", "stamp", "attempts", "error" }

return outcome
