-- The hosts that a client names to fetch files from without the token (option media_hosts). Judges the bytes of a URL strictly,
-- so that no other reader of it can find another host in it. Pure; never looks a name up.
local hosts = {}

local LONGEST = 8192

-- the only form of a URL that is fetched: https, a host name in lower case, no port or port 443, a path
local function host_of(url)
  if type(url) ~= "string" or #url > LONGEST or url:find "[%c%s\\#\127-\255]" then return nil end
  local authority = url:match "^https://([^/]+)/"
  local host = authority and (authority:match "^(.*):443$" or authority)
  return host and host:find "^[%l%d][%l%d.-]*%.%l[%l%d-]*$" and not host:find("..", 1, true) and host or nil
end

---@param url any
---@param list string[]? names of hosts; one that begins with a dot means every host below it
---@return boolean named true if the URL is of a host in the list
function hosts.has(url, list)
  local host = host_of(url)
  for _, name in ipairs(host and list or {}) do
    if name:sub(1, 1) == "." then
      if host:sub(-#name) == name then return true end
    elseif host == name then return true end
  end
  return false
end

return hosts
