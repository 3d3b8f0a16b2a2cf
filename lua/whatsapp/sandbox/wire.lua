-- Writes a response in nginx, also with a fault of the network: a connection that is reset, cut, slow or silent. Never calls the
-- box.
local wire = {}

local function head(ngx, response, length)
  ngx.status = response.status
  for name, value in pairs(response.headers or {}) do ngx.header[name] = value end
  ngx.header["content-length"] = length
end

local function whole(ngx, response)
  head(ngx, response, #(response.body or ""))
  ngx.print(response.body or "")
end

-- with `reset_timedout_connection on`, nginx resets the connection (RST); over HTTP/2, it resets only the stream
local function reset(ngx) return ngx.exit(444) end

local function hang(ngx, _, fault)
  ngx.sleep(fault.seconds or 60)
  return reset(ngx)
end

local MISSING = 400 -- bytes that a truncated response promises and does not send

local function truncated(ngx, response)
  local body = response.body or ""
  head(ngx, response, #body + MISSING)
  ngx.print(body:sub(1, math.ceil(#body / 2)))
  ngx.flush(true)
  return reset(ngx)
end

local PIECES = 20

local function slow(ngx, response, fault)
  local body = response.body or ""
  head(ngx, response, #body)
  local size = math.max(1, math.ceil(#body / PIECES))
  for first = 1, #body, size do
    ngx.print(body:sub(first, first + size - 1))
    ngx.flush(true)
    ngx.sleep(math.max(0.001, (fault.seconds or 5) / PIECES))
  end
end

local function late(ngx, response, fault)
  ngx.sleep(math.max(0.001, fault.seconds or 1))
  whole(ngx, response)
end

-- fault -> function that performs it. `reset` and `refuse` look the same to the client; with `refuse`, the box has not accepted
-- the message.
local FAULTS = { hang = hang, reset = reset, refuse = reset, truncated = truncated, slow = slow, late = late }

---@param ngx table
---@param response { status: integer, headers: table, body: string, fault: { what: string, seconds: number? }? }
function wire.send(ngx, response)
  local fault = response.fault
  if not fault then return whole(ngx, response) end
  local perform = FAULTS[fault.what] or error("the sandbox knows no fault " .. tostring(fault.what), 0)
  return perform(ngx, response, fault)
end

return wire
