-- The API of the crash tests, in nginx: takes messages, writes each arrival into a file, and makes the faults of a bad network
-- and of a busy API, each with the probability FAULTS. Never loses an arrival: it writes the line before it answers.
-- luacheck: std min+ngx_lua
local core = require "whatsapp.core"

local M = {}

local count = 0
math.randomseed(ngx.time() + ngx.worker.pid())

local function answer(status, body, headers)
  ngx.status = status
  for name, value in pairs(headers or {}) do ngx.header[name] = value end
  ngx.header["Content-Type"] = "application/json"
  ngx.print(body)
end

local function refuse(status, code, headers)
  answer(status, ('{"error":{"message":"(#%d) refused","type":"OAuthException","code":%d}}'):format(code, code), headers)
end

local function accepted() return ('{"messaging_product":"whatsapp","messages":[{"id":"wamid.%d.%d"}]}'):format(ngx.worker.pid(), count) end

-- faults before the message is accepted: it does not arrive
local REFUSALS = {
  function() ngx.exit(444) end, -- the connection is closed without an answer
  function() refuse(400, 131056) end,
  function() refuse(400, 130429, { ["Retry-After"] = "1" }) end,
  function() refuse(429, 4, { ["Retry-After"] = "1" }) end,
  function() refuse(500, 131000) end,
  function() answer(503, "<html>busy</html>") end,
}

-- faults after the message was accepted: it has arrived
local TROUBLES = {
  function() ngx.exit(444) end,
  function() ngx.sleep(4) ngx.print(accepted()) end, -- longer than the client waits
  function() answer(200, '{"messaging_product":"wha') end,
  function() answer(200, "{}") end,
  function() refuse(500, 131000) end,
  function()
    ngx.header["Content-Length"] = 500
    ngx.print "{" -- the answer ends in the middle
    ngx.flush(true)
    ngx.exit(444)
  end,
}

-- returns a random fault of the list, or nil
local function dice(list, chance)
  local at = math.floor(math.random() / chance) + 1
  return list[at]
end

---@param path string of the file
---@param chance number the probability of each fault
function M.content(path, chance)
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local message = body and core.decode(body)
  if not message then return refuse(400, 100) end
  local refusal = chance > 0 and dice(REFUSALS, chance)
  if refusal then return refusal() end
  count = count + 1
  local file = assert(io.open(path, "ab"))
  assert(file:write(("%s %s %s\n"):format(message.biz_opaque_callback_data, message.to, message.text.body)))
  file:close()
  local trouble = chance > 0 and dice(TROUBLES, chance)
  if trouble then return trouble() end
  answer(200, accepted())
end

return M
