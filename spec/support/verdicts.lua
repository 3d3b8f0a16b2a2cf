-- The table of verdicts: the client's right verdict on each answer to a message, written from the rules and not from the code.
-- spec/wire/verdict_spec.lua reads answers with the table, spec/transport/verdict_spec.lua gets the answers over sockets, and the
-- fault server makes them. Pure: requires nothing, sends nothing.
local verdicts = {}

-- An error code of each class in whatsapp.wire.error_codes. One code is not in that file, and false is an answer without an
-- error.
verdicts.CODES = { safe = 130429, unknown = 131000, wait = 131048, never = 131026, unheard = 999999, none = false }

-- the kinds of a body: a class of code, with or without the id of a message; or a body that is not JSON
verdicts.KINDS = { "text", "none", "none+id", "safe", "safe+id", "unknown", "unknown+id", "wait", "wait+id", "never", "never+id",
  "unheard", "unheard+id" }

local function read(kind)
  local class, id = kind:match "^(%a+)(%+?i?d?)$"
  return class, id == "+id"
end

---@param kind string of KINDS
---@param id string? the id of a message in the answer
---@return string body of an answer
function verdicts.body(kind, id)
  local class, has_id = read(kind)
  if class == "text" then return "<html>" end
  local members, code = {}, verdicts.CODES[class]
  if has_id then members[1] = ('"messages":[{"id":"%s"}]'):format(id or "wamid.1") end
  if code then members[#members + 1] = ('"error":{"code":%d,"message":"m"}'):format(code) end
  return "{" .. table.concat(members, ",") .. "}"
end

---@param status integer
---@param kind string of KINDS
---@return "success"|"refused"|"unsure" verdict refused: certainly not sent; unsure: may have been sent
function verdicts.expected(status, kind)
  local class, has_id = read(kind)
  if status >= 200 and status <= 299 and has_id then return "success" end
  if has_id then return "unsure" end
  if class == "safe" then return "refused" end
  if status >= 400 and status <= 499 and status ~= 408 and class ~= "unknown" then return "refused" end
  return "unsure"
end

-- these statuses have no body, whatever the headers say (RFC 9110)
local BODILESS = { [204] = true, [304] = true }

---Whether a verdict is right for an answer over HTTP. A status under 200 is not a final answer: either the client reads it like
---any other status, or the transport reports no answer, and then the message may have been sent.
---@param verdict string
---@param status integer
---@param kind string of KINDS
---@return boolean
function verdicts.is_right_over_http(verdict, status, kind)
  if status < 200 and verdict == "unsure" then return true end
  return verdict == verdicts.expected(status, BODILESS[status] and "none" or kind)
end

---@param result table? that the client returned
---@param details whatsapp.details?
---@return "success"|"refused"|"unsure"
function verdicts.of(result, details)
  if result then return "success" end
  return details.may_have_been_sent and "unsure" or "refused"
end

return verdicts
