-- The short way of a message: where nobody but libcurl sees a request and nothing has to wait before it leaves, all
-- messages are one prepared request with bodies of their own, and there is no table of a request or of an answer. Whatever
-- does not succeed at once goes the long way, as an attempt that was made already. Never repeats.
local json = require "whatsapp.wire.json"
local options = require "whatsapp.util.options"
local pipeline = require "whatsapp.send.pipeline"
local response = require "whatsapp.wire.outcome"

local direct = {}

---@param parts table of a client
---@return boolean whether its messages can go this way
function direct.is_possible(parts)
  local transport = parts.shared.transport
  return parts.own_requests and not parts.shared.limiter and type(parts.token) == "string"
    and type(transport) == "table" and transport.post ~= nil
end

---@param parts table of a client
---@param headers table<string, string> of its messages
---@param timeout number? seconds
---@return any? prepared nil: its messages go the long way
function direct.prepared(parts, headers, timeout)
  if not parts.is_direct then return nil end
  if parts.prepared and parts.prepared_timeout == timeout then return parts.prepared end
  json.prepare()
  local request = { method = "POST", url = parts.messages_url, headers = options.copy(headers), timeout = timeout }
  parts.prepared, parts.prepared_timeout = pipeline.prepare(parts, request), timeout
  return parts.prepared
end

-- What most answers say: result and info; nil: the answer says something else. status: of the answer; body and headers are its,
-- or the text and the details where there is none.
local function succeeded(parts, warnings, stamp, status, body, headers)
  local result = status == 200 and response.accepted(body)
  if not result then return nil end
  local info = { attempts = 1, http_status = 200 }
  if stamp ~= nil then info.stamp = stamp end
  if warnings then info.warnings = warnings end
  if headers ~= parts.plain_headers then -- the same headers come as the same table
    pipeline.tell(parts, info, headers)
    if info.trace_id == nil and info.usage == nil then parts.plain_headers = headers end
  end
  return result, info
end

-- what is known of an attempt that was made, for who goes on with it
local function attempt(started, status, body, headers)
  if status == nil then return { started = started, text = body, details = headers } end
  return { started = started, answer = { status = status, body = body, headers = headers } }
end

---Sends one message, and waits for its answer.
---@param parts table of a client
---@param prepared any
---@param body string
---@param warnings whatsapp.problem[]?
---@param stamp string?
---@return table? result nil: it did not succeed at once
---@return whatsapp.info|table info or, for who goes on with it, the attempt that was made
function direct.send(parts, prepared, body, warnings, stamp)
  local transport = parts.shared.transport
  local started = transport.now()
  local status, answer, headers = transport.post(prepared, body)
  local result, info = succeeded(parts, warnings, stamp, status, answer, headers)
  if result then return result, info end
  return nil, attempt(started, status, answer, headers)
end

---How a batch sends this way, without a task, which is needed only for what comes after a first attempt that failed.
---@param parts table of a client
---@param prepared any
---@param body_of fun(message: any): string?, table|string|nil, any the JSON, warnings and stamp; or nil, text, details
---@return table
function direct.flights(parts, prepared, body_of)
  local transport = parts.shared.transport
  local now, begin, is_begun = transport.now, transport.begin_post, transport.is_begun
  return {
    begin = function(flight, message)
      local body, warnings, stamp = body_of(message)
      if not body then return nil, warnings, stamp end
      flight.body, flight.warnings, flight.stamp, flight.started = body, warnings, stamp, now()
      begin(prepared, body, flight.done)
      return true
    end,
    is_begun = function(flight) return is_begun(flight.done) end,
    conclude = function(flight, status, body, headers)
      return succeeded(parts, flight.warnings, flight.stamp, status, body, headers)
    end,
    first = function(flight, status, body, headers)
      local first = attempt(flight.started, status, body, headers)
      first.body, first.warnings, first.stamp = flight.body, flight.warnings, flight.stamp
      return first
    end,
  }
end

return direct
