-- What the transports over libcurl for event loops share: one client of whatsapp.curl, whose one descriptor the loop
-- watches, and whoever waits for an answer suspended meanwhile. Never blocks the loop; knows none of them.
local options = require "whatsapp.options"

local loop = {}

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", proxy = "string", ca_file = "text", user_agent = "text",
  allow_http = "boolean", max_body = "bytes",
}

local function drained(done, ...)
  if done == nil then return false end
  done(...)
  return true
end

---@param name string of the module
---@param given whatsapp.curl_options?
---@param level integer of the caller to blame, as error() counts from here
---@return table state .client(), .begin(request, done), .drain(), .fd(), .close()
function loop.new(name, given, level)
  local kept = options.check(given, NEW, level + 1)
  local client, descriptor, closed
  local state = {}

  ---the client, which is made when it is first needed
  function state.client()
    if closed then error("attempt to use a closed transport", 4) end
    if client then return client end
    client = require("whatsapp.curl").new(kept)
    descriptor = client:pollfd()
    if descriptor == nil then error(name .. ": this system has no descriptor to watch", 4) end
    return client
  end

  ---the descriptor, which is another one in a forked child; nil before the first request
  function state.fd()
    descriptor = client and not closed and client:pollfd() or nil
    return descriptor
  end

  function state.begin(request, done)
    if type(request) ~= "table" then error("the request must be a table, not a " .. type(request), 3) end
    local added, text, details = state.client():add(request, done)
    if not added then done(nil, text, details) end
  end

  ---does what can be done without waiting, and hands over what has ended
  function state.drain()
    client:step()
    while not closed and drained(client:next()) do end -- luacheck: ignore 542
  end

  function state.close()
    closed = true
    if client then client:close() end
  end
  return state
end

---@return number seconds of a clock that never goes back
function loop.now() return require("whatsapp.curl").now() end

return loop
