-- One exchange through lua-resty-http (0.16 and later), for who passes it to whatsapp.transport.resty. Connects and sends
-- in two steps, so that it is known whether anything may have left. Never repeats, and never reads more than it may.
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

-- names in lower case, repeated ones joined
local function plain(headers)
  local said = {}
  for name, value in pairs(headers) do
    said[name:lower()] = type(value) == "table" and table.concat(value, ", ") or tostring(value)
  end
  return said
end

local function proxies(settings)
  if not settings.proxy or settings.proxy == "" then return nil end
  return { http_proxy = settings.proxy, https_proxy = settings.proxy }
end

local function read_body(answer, limit)
  local parts, size = {}, 0
  local reader = answer.has_body and answer.body_reader or function() end
  while true do
    local piece, problem = reader(PIECE)
    if problem then return nil, problem end
    if not piece then return table.concat(parts) end
    parts[#parts + 1], size = piece, size + #piece
    if size > limit then return nil, ("the answer is longer than %.0f bytes"):format(limit) end
  end
end

---@param settings table of whatsapp.transport.resty
---@param plan whatsapp.checked_request
---@param progress { begun: boolean? } is told when the request may begin to leave
---@return { status: integer, headers: table<string, string>, body: string }? answer
---@return string? problem
---@return integer? status where the head came
function M.exchange(settings, plan, progress)
  local client, problem = settings.http.new()
  if not client then return nil, problem end
  local most = math.ceil(plan.timeout * 1000)
  client:set_timeouts(math.ceil(settings.connect_timeout * 1000), most, most)
  local ok
  ok, problem = client:connect {
    scheme = plan.url.scheme, host = plan.url.host, port = plan.url.port, pool_size = settings.pool_size,
    ssl_verify = true, ssl_server_name = settings.server_name or plan.url.host, proxy_opts = proxies(settings),
  }
  if not ok then return nil, problem end
  progress.begun = true
  local answer
  answer, problem = client:request {
    method = plan.method, path = plan.url.path, headers = headers_of(plan, settings.user_agent),
    body = plan.body or plan.method == "POST" and "" or nil,
  }
  local body
  if answer then body, problem = read_body(answer, settings.max_body) end
  if not body then
    client:close()
    return nil, problem, answer and answer.status
  end
  client:set_keepalive(math.ceil(settings.idle_timeout * 1000), settings.pool_size)
  return { status = answer.status, headers = plain(answer.headers), body = body }
end

return M
