-- For the transports written in Lua: makes the failure of a request. Each function returns nil, err, details, and the transport
-- returns these three values. The details say whether the request may have been sent, whether a repetition may help, and which
-- directive or option is missing. Pure; never repeats a request.
local show = require "whatsapp.util.show"

local failures = {}

failures.CLOSED = "the transport was closed before the answer came"

local TRUST = "nginx trusts the authorities of its directives lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; "
  .. "and lua_ssl_verify_depth 3;"
failures.UNRESOLVED = "resolving the host's name, or connecting to it, took too long"
failures.REFUSED = "the certificate was refused: not trusted, not of this name, or expired"

-- errors of nginx and of LuaSec, and the hint for each
local HINTS = {
  { "through a proxy: 407", "the proxy asks for a name and a password: set them in the option proxy" },
  { "no resolver defined", "nginx needs its directive resolver to find a host by name, such as: resolver 127.0.0.53 ipv6=off;" },
  { "^1[89]: ", TRUST }, { "^2[012]: ", TRUST }, { "^" .. failures.REFUSED, TRUST },
  { "host mismatch", "nginx compares only names: set the option server_name to the name in the certificate" },
  { "certificate verify failed", "the option ca_file can name other authorities than the system's" },
}

-- A repetition does not help after these errors: a wrong certificate, a wrong configuration, a broken file, an answer that is
-- too long.
local HOPELESS = {
  "certificate verify failed", "^the authorities'", "^LuaSec is not",
  "^%d+: ", "^the certificate was refused", "host mismatch", "no resolver defined", "longer than", "^the file that is sent",
  "^the answer cannot be written",
}

-- Statuses with which a proxy refuses a tunnel now, but perhaps not later. After another 4xx, a repetition does not help.
local PROXY_BUSY = { ["408"] = true, ["425"] = true, ["429"] = true }

local function is_any(err, patterns)
  for _, words in ipairs(patterns) do
    if err:find(words) then return true end
  end
  return false
end

local function is_hopeless(err)
  local refused = err:match "through a proxy: (4%d%d)"
  return is_any(err, HOPELESS) or (refused ~= nil and not PROXY_BUSY[refused])
end

local function hint_of(err)
  for _, row in ipairs(HINTS) do
    if err:find(row[1]) then return row[2] end
  end
end

---@param err string
---@param sent boolean true: the request may have been sent
---@param retryable boolean
---@param status integer?
---@param hint string?
function failures.new(err, sent, retryable, status, hint)
  return nil, err, { kind = "transport", retryable = retryable, may_have_been_sent = sent, http_status = status, hint = hint }
end

---The failure of a request that was not sent at all.
---@param err any
function failures.unsent(err)
  err = show.value(err)
  local hint = hint_of(err)
  local reason = err == "timeout" and "connecting took too long"
    or err == failures.UNRESOLVED and err or "no connection: " .. err
  local line = ("%s%s (nothing was sent)"):format(reason, hint and "; " .. hint or "")
  return failures.new(line, false, not is_hopeless(err), nil, hint)
end

local WORDS = { timeout = "no complete answer came in time", closed = "the connection was closed before the answer was complete" }

---@class whatsapp.sent_plan
---@field idempotent boolean?
---@field upload { left: integer }? number of bytes of files and forms that were not sent yet

---The failure of a request that was begun. A request with a file or a form was sent only if `plan.upload` has no bytes left. A
---repetition is safe if the request is idempotent, or if the request was not sent completely.
---@param plan whatsapp.sent_plan
---@param err string
---@param status integer?
function failures.lost(plan, err, status)
  local sent = not (plan.upload and plan.upload.left > 0)
  local line = ("%s (%s)"):format(WORDS[err] or show.value(err),
    sent and "the request may have been sent" or "not all of the request was sent")
  return failures.new(line, sent, (plan.idempotent or not sent) and not is_hopeless(err), status)
end

---The failure of a request that was under way when the transport was closed.
function failures.closed() return failures.new(failures.CLOSED .. "; the request may have been sent", true, false) end

return failures
