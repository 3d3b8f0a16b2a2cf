-- Writes a response in nginx. If the response has a fault of the network, simulates the fault: a connection that is reset, cut
-- off, slow or silent. Never calls the box.
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

-- Resets the connection. This needs `reset_timedout_connection on`; without it, nginx only closes the connection. Over HTTP/2,
-- nginx resets only the stream.
local function reset(ngx) return ngx.exit(444) end

local function hang(ngx, _, fault)
  ngx.sleep(fault.seconds or 60)
  return reset(ngx)
end

local MISSING = 400 -- bytes by which the Content-Length of a truncated response is larger than the body

-- sends half of the body, then resets the connection
local function truncated(ngx, response)
  local body = response.body or ""
  head(ngx, response, #body + MISSING)
  ngx.print(body:sub(1, math.ceil(#body / 2)))
  ngx.flush(true)
  return reset(ngx)
end

local PIECES = 20 -- in which a slow body is sent

-- sends the body in PIECES, with a pause after each piece
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

-- fault -> function that performs the fault. `reset` and `refuse` look the same to the client. The difference is in the box: with
-- `refuse`, the box has not seen the request.
local FAULTS = { hang = hang, reset = reset, refuse = reset, truncated = truncated, slow = slow, late = late }

---Writes a response.
---@param ngx table
---@param response { status: integer, headers: table, body: string, fault: { what: string, seconds: number? }? }
function wire.send(ngx, response)
  local fault = response.fault
  if not fault then return whole(ngx, response) end
  local perform = FAULTS[fault.what] or error("the sandbox knows no fault " .. tostring(fault.what), 0)
  return perform(ngx, response, fault)
end

return wire
