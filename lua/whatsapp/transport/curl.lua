-- The transport over libcurl: whatsapp.curl with its clock. libcurl is loaded at the first request, so that who only
-- builds, checks or verifies never pays for it. Blocks while it waits, for one answer or for the first of many; not for
-- nginx workers, and in an event loop only through whatsapp.transport.cqueues or .luv.
local options = require "whatsapp.options"

local M = {}

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", proxy = "string", ca_file = "text", user_agent = "text",
  allow_http = "boolean", max_body = "bytes", headers = "names",
}

-- a signal may end a sleep early, so that Lua can act on it
local function sleep(seconds)
  local curl = require "whatsapp.curl"
  local till = curl.now() + seconds
  repeat
    local left = till - curl.now()
    curl.sleep(left)
  until left <= 0
end

---@class whatsapp.curl_options
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds, 10 if absent
---@field proxy string? URL; "" for none, whatever the environment says
---@field ca_file string? certificates to trust instead of the system's
---@field user_agent string?
---@field allow_http boolean? plain http to others than loopback
---@field max_body integer? bytes of an answer, 16 MiB if absent
---@field headers string[]? names in lower case: the only ones that a response has; all if absent

---@param given whatsapp.curl_options?
---@return table transport callable, with now(), sleep(seconds) and close()
function M.new(given)
  local kept = options.check(given, NEW, 2)
  local client, closed

  local function check(request, level)
    if closed then error("attempt to use a closed transport", level + 1) end
    if type(request) ~= "table" then error("the request must be a table, not a " .. type(request), level + 1) end
    client = client or require("whatsapp.curl").new(kept)
  end

  local function call(_, request)
    check(request, 2)
    return client:perform(request)
  end

  local clock
  local transport = {
    now = function()
      clock = clock or require("whatsapp.curl").now
      return clock()
    end,
    sleep = sleep,
  }

  -- the answer comes through done(response | nil, text, details), from within turn() or at once
  function transport.begin(request, done)
    check(request, 2)
    local added, text, details = client:add(request, done)
    if not added then done(nil, text, details) end
  end

  local function finish(done, ...)
    if done == nil then return false end
    done(...)
    return true
  end

  -- waits until an answer has come or so many seconds are over
  function transport.turn(seconds)
    if closed then error("attempt to use a closed transport", 2) end
    client:wait(seconds)
    while finish(client:next()) do end -- luacheck: ignore 542
  end

  function transport.close()
    closed = true
    if client then client:close() end
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.curl" end })
end

return M
