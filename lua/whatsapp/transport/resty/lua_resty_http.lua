-- Sends one request through lua-resty-http (0.16 and later), which a program may pass to whatsapp.transport.resty. Connects
-- before it sends: if the connection fails, nothing was sent. Never repeats a request, and never keeps an answer that is longer
-- than the limit.
local failures = require "whatsapp.transport.failure"
local http1 = require "whatsapp.transport.http1"
local show = require "whatsapp.util.show"

local M = {}

local PIECE = 64 * 1024

local function headers_of(plan, user_agent)
  local headers = { ["User-Agent"] = user_agent }
  for _, line in ipairs(plan.lines) do
    local name, value = line:match "^([^:]+): ?(.*)$"
    if name:lower() == "user-agent" then headers["User-Agent"] = nil end
    headers[name] = value
  end
  return headers
end

-- returns the headers with names in lower case; joins repeated headers
local function plain(headers)
  local said = {}
  for name, value in pairs(headers) do
    said[name:lower()] = type(value) == "table" and table.concat(value, ", ") or tostring(value)
  end
  return said
end

-- Returns the options of the proxy, or nil. A request over plain http to this machine never goes through a proxy, because the
-- proxy could read the token in it.
local function proxies(settings, url)
  if not settings.proxy or settings.proxy == "" or (url.scheme == "http" and url.loopback) then return nil end
  return { http_proxy = settings.proxy, https_proxy = settings.proxy }
end

local function read_body(answer, limit)
  local pieces, size = {}, 0
  local reader = answer.has_body and answer.body_reader or function() end
  while true do
    local piece, err = reader(PIECE)
    if err then return nil, err end
    if not piece then return table.concat(pieces) end
    pieces[#pieces + 1], size = piece, size + #piece
    if size > limit then return nil, ("the answer is longer than %.0f bytes"):format(limit) end
  end
end

-- Connects, and then sends. Sets progress.begun before it sends: from then on, the request may have been sent.
local function talk(settings, plan, progress)
  local client, err = settings.http.new()
  if not client then return nil, err end
  local most = math.ceil(plan.timeout * 1000)
  client:set_timeouts(math.ceil(settings.connect_timeout * 1000), most, most)
  local ok
  ok, err = client:connect {
    scheme = plan.url.scheme, host = plan.url.host, port = plan.url.port, pool_size = settings.pool_size,
    ssl_verify = true, ssl_server_name = settings.server_name or plan.url.host, proxy_opts = proxies(settings, plan.url),
  }
  if not ok then return nil, err end
  progress.begun = true
  local answer
  answer, err = client:request {
    method = plan.method, path = plan.url.path, headers = headers_of(plan, settings.user_agent),
    body = plan.body or plan.method == "POST" and "" or nil,
  }
  local body
  if answer then body, err = read_body(answer, settings.max_body) end
  if not body then
    client:close()
    return nil, err, answer and answer.status
  end
  client:set_keepalive(math.ceil(settings.idle_timeout * 1000), settings.pool_size)
  return { status = answer.status, headers = plain(answer.headers), body = body }
end

---Does the same as exchange() of resty/exchange. lua-resty-http has one time-out for each step; this function limits the sum of
---all steps.
function M.exchange(state, _, plan, worker)
  local progress = {}
  local ok, answer, err, status = worker:within(plan.timeout, function()
    return pcall(talk, state.settings, plan, progress)
  end, function() return state.closed end)
  -- an assertion of lua-resty-core failed, because nginx refused the certificate: see whatsapp.transport.resty.exchange
  if not ok then
    answer, err = nil, tostring(answer):find "socket.lua:%d+: assertion failed" and failures.REFUSED or answer
  end
  if answer then
    answer.headers = http1.wanted_of(answer.headers, state.wanted)
    return answer
  end
  err = show.value(err)
  if not progress.begun then return failures.unsent(err) end
  return failures.lost(plan, err, status)
end

return M
