-- Says whether a URL's host is on a list: the option media_hosts, or the hosts of flows. Files are downloaded from these hosts
-- without the token. Checks the bytes of a URL strictly, so that no other reader of the URL can find a different host. Pure;
-- never looks up a name.
local hosts = {}

local LONGEST = 8192

-- Returns the host of a URL. Returns nil if the URL has another form than this: https, a host name in lower case, no port or port
-- 443, a path.
local function host_of(url)
  if type(url) ~= "string" or #url > LONGEST or url:find "[%c%s\\#\127-\255]" then return nil end
  local authority = url:match "^https://([^/]+)/"
  local host = authority and (authority:match "^(.*):443$" or authority)
  return host and host:find "^[%l%d][%l%d.-]*%.%l[%l%d-]*$" and not host:find("..", 1, true) and host or nil
end

---@param url any
---@param list string[]? names of hosts; a name that begins with a dot means every host below it
---@return boolean named true if the URL's host is in the list
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
