-- Gives results, `info` and `details` a readable text for print() and tostring(). It only sets metatables with __tostring: for
-- pairs() and JSON writers, the tables stay plain. Never removes a secret: send/credentials does this.
local core = require "whatsapp.core"
local show = require "whatsapp.util.show"

local value_of = show.value

local shown = {}

-- ---- details --------------------------------------------------------------------------------------------------------------

local KINDS = {
  invalid = "refused here: the message or another argument is wrong",
  refused = "refused here",
  transport = "no complete answer",
  store = "the store of the outbox failed",
  api = "refused by the API",
  protocol = "an answer that is not the API's",
}

-- returns a line that says whether the request was sent, and what the program should do next
local function next_step(details)
  local is_unsure = details.may_have_been_sent
  if details.retryable then
    local seconds = details.retry_after
    local wait = type(seconds) == "number" and (" after %g seconds"):format(seconds) or ""
    if is_unsure then return "it may have been sent, but a repetition does no harm; try again" .. wait end
    return "it was not sent; try again" .. wait
  end
  if is_unsure then return "it may have been sent; do not let a program repeat it" end
  return "it was not sent; if you repeat it now, it fails again"
end

local FACTS = { -- rows: the name of a member, and the format of its value
  { "code", "code %s" }, { "http_status", "HTTP %s" }, { "refused_by", "by %s" }, { "attempts", "attempts: %s" },
  { "waited", "waited %s seconds for limits" }, { "stamp", "stamp %s" }, { "trace_id", "trace %s" },
  { "media_id", "media %s" },
}

-- returns the members that FACTS names, with their words, in one line
local function facts_of(values)
  local facts = {}
  for _, fact in ipairs(FACTS) do
    local value = values[fact[1]]
    if value ~= nil then facts[#facts + 1] = fact[2]:format(value_of(value)) end
  end
  return table.concat(facts, ", ")
end

local Details = core.details or {}

function Details.__tostring(details)
  local facts = facts_of(details)
  local kind = KINDS[details.kind] or value_of(details.kind)
  local lines = { facts == "" and kind or ("%s (%s)"):format(kind, facts) }
  for _, name in ipairs { "message", "reason", "error_user_title", "error_user_msg" } do
    if type(details[name]) == "string" then lines[#lines + 1] = "  " .. value_of(details[name]) end
  end
  lines[#lines + 1] = ("  what to do: %s"):format(value_of(details.advice or details.hint or next_step(details)))
  if details.advice or details.hint then lines[#lines + 1] = "  " .. next_step(details) end
  for _, problem in ipairs(type(details.problems) == "table" and details.problems or {}) do
    lines[#lines + 1] = "  " .. value_of(type(problem) == "table" and problem.message or problem)
  end
  return table.concat(lines, "\n")
end

-- ---- info and results -----------------------------------------------------------------------------------------------------

local Info = {}

function Info.__tostring(info)
  local lines = { facts_of(info) }
  if info.fallback then lines[1] = lines[1] .. ", the fallback was sent" end
  for _, warning in ipairs(info.warnings or {}) do lines[#lines + 1] = "  warning: " .. value_of(warning.message) end
  return table.concat(lines, "\n")
end

local Result = {}

local function first_of(list) return type(list) == "table" and type(list[1]) == "table" and list[1] or nil end

function Result.__tostring(result)
  local message, contact = first_of(result.messages), first_of(result.contacts)
  if not message then
    if result.id ~= nil then return "id " .. value_of(result.id) end
    return result.success == true and "done" or "an answer of the API"
  end
  local to = contact and (contact.wa_id or contact.input or contact.user_id)
  local status = message.message_status and (" (%s)"):format(value_of(message.message_status)) or ""
  return ("%s%s%s"):format(value_of(message.id), to and " to " .. value_of(to) or "", status)
end

---@param details whatsapp.details
---@return whatsapp.details details the same table
function shown.details(details) return setmetatable(details, Details) end

shown.INFO, shown.RESULT = Info, Result -- for code that sets the metatable itself

---@param result table
---@return table result the same table
function shown.result(result)
  if type(result) == "table" and getmetatable(result) == nil then return setmetatable(result, Result) end
  return result
end

return shown
