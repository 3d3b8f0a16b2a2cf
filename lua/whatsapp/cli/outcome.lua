-- The outcome of a message in the program's JSON: a state, and an error with members that other programs can test. Pure.
local outcome = {}

-- kind of the details -> state, if nothing was sent
local OF_KIND = { invalid = "invalid", api = "failed", protocol = "failed" }

---@param details whatsapp.details
---@return "invalid"|"failed"|"not_sent"|"unknown" state
function outcome.state_of(details)
  if details.may_have_been_sent then return "unknown" end
  if details.retryable then return "not_sent" end
  return OF_KIND[details.kind] or "not_sent"
end

local MEMBERS = {
  "kind", "code", "subcode", "http_status", "message", "reason", "advice", "retryable", "retry_after", "may_have_been_sent",
  "trace_id", "problems",
}

---@param err string
---@param details whatsapp.details
---@return table error plain data
function outcome.error_of(err, details)
  local made = { line = err }
  for _, name in ipairs(MEMBERS) do made[name] = details[name] end
  return made
end

local function first(list) return type(list) == "table" and list[1] or {} end

---@param result table? as client:send returns it
---@param err string?
---@param about whatsapp.info|whatsapp.details
---@return table outcome { state, id, to, stamp, attempts, error }
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

---The order of the members in a line.
outcome.ORDER = { "line", "key", "to", "state", "id", "wa_id", "stamp", "attempts", "error" }

return outcome
