-- The client's right verdict on each answer to a message: success, refused, or unsure (the message may have been sent). expected() follows
-- the rules of the documentation, not the code of the client. spec/wire/verdict_spec.lua checks the reader of answers with these verdicts;
-- spec/transport/verdict_spec.lua gets the answers from the fault server over sockets. Pure.
local verdicts = {}

-- class -> an error code of this class in whatsapp.wire.error_codes. unheard: a code that this file does not have; false: an answer
-- without an error.
verdicts.CODES = { safe = 130429, unknown = 131000, wait = 131048, never = 131026, unheard = 999999, none = false }

-- The kinds of bodies: a class of CODES, with or without ("+id") the id of a message; text: a body that is not JSON.
verdicts.KINDS = { "text", "none", "none+id", "safe", "safe+id", "unknown", "unknown+id", "wait", "wait+id", "never", "never+id",
  "unheard", "unheard+id" }

-- returns the class of a kind, and whether the body has the id of a message
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
---@return "success"|"refused"|"unsure" verdict refused: the message was certainly not sent; unsure: it may have been sent
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

---Returns whether a verdict is right for an answer over HTTP. A status under 200 is not a final answer, so two verdicts are right: the
---client may read it like any other status; or the transport reports no answer, and then the message may have been sent.
---@param verdict string
---@param status integer
---@param kind string of KINDS
---@return boolean is_right
function verdicts.is_right_over_http(verdict, status, kind)
  if status < 200 and verdict == "unsure" then return true end
  return verdict == verdicts.expected(status, BODILESS[status] and "none" or kind)
end

---Returns the client's verdict in an outcome.
---@param result table? the result of the client
---@param details whatsapp.details?
---@return "success"|"refused"|"unsure" verdict
function verdicts.of(result, details)
  if result then return "success" end
  return details.may_have_been_sent and "unsure" or "refused"
end

return verdicts
