-- What is said of an exchange over cosockets that failed: whether anything may have left, whether to try again, and what
-- nginx's configuration may lack. Pure: texts in, texts out.
local failures = {}

failures.CLOSED = "the transport was closed while this was under way"

local TRUST = "nginx trusts the authorities of its directives lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; "
  .. "and lua_ssl_verify_depth 3;"
failures.UNRESOLVED = "resolving the host's name, or connecting to it, took too long"
failures.REFUSED = "the certificate was refused: not trusted, not of this name, or expired"

-- what nginx says, and what its configuration lacks then
local HINTS = {
  { "no resolver defined", "nginx needs its directive resolver to find a host by name, such as: resolver 127.0.0.53 ipv6=off;" },
  { "^1[89]: ", TRUST }, { "^2[012]: ", TRUST }, { "^" .. failures.REFUSED, TRUST },
  { "host mismatch", "nginx compares names, never addresses: option server_name tells it another one" },
}

-- a wrong certificate, a wrong configuration and a file that fails stay so, and so does an answer that is too long
local HOPELESS = {
  "^%d+: ", "^" .. failures.REFUSED, "host mismatch", "no resolver defined", "longer than", "^the file that is sent",
  "^the answer cannot be written",
}

local function is_any(problem, patterns)
  for _, words in ipairs(patterns) do
    if problem:find(words) then return true end
  end
  return false
end

local function hint_of(problem)
  for _, row in ipairs(HINTS) do
    if problem:find(row[1]) then return row[2] end
  end
end

---@param text string
---@param sent boolean whether it may have been
---@param retryable boolean
---@param status integer?
---@param hint string?
function failures.new(text, sent, retryable, status, hint)
  return nil, text, { kind = "transport", retryable = retryable, may_have_been_sent = sent, http_status = status, hint = hint }
end

---Nothing was sent.
---@param problem any
function failures.unsent(problem)
  problem = tostring(problem):gsub("%c", " ")
  local hint = hint_of(problem)
  local reason = problem == "timeout" and "connecting took too long"
    or problem == failures.UNRESOLVED and problem or "no connection: " .. problem
  local text = ("%s%s (nothing was sent)"):format(reason, hint and "; " .. hint or "")
  return failures.new(text, false, not is_any(problem, HOPELESS), nil, hint)
end

local WORDS = { timeout = "no complete answer came in time", closed = "the connection was closed before the answer was complete" }

---The request was begun; of what is streamed it is known whether its last bytes were handed over.
---@param plan table
---@param problem string
---@param status integer?
function failures.lost(plan, problem, status)
  local sent = not (plan.upload and plan.upload.left > 0)
  local text = ("%s (%s)"):format(WORDS[problem] or problem,
    sent and "the request may have been sent" or "not all of the request was sent")
  return failures.new(text, sent, (plan.idempotent or not sent) and not is_any(problem, HOPELESS), status)
end

---Of one that was begun and is not waited for any more.
function failures.closed() return failures.new(failures.CLOSED .. "; the request may have been sent", true, false) end

return failures
