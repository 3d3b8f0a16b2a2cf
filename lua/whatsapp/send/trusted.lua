-- Decides which hosts get the token: the API's own, over https, and the one that the client was made for. Judges the bytes of
-- a URL and what util/url reads there. Pure; never looks a name up.
local url_reader = require "whatsapp.util.url"

local trusted = {}

-- each with whether it is the Graph API, which is told the proof of the app's secret too
local HOSTS = { ["graph.facebook.com"] = true, ["lookaside.fbsbx.com"] = false }

local LONGEST = 8192

trusted.is_loopback = url_reader.is_loopback

local function origin(url)
  return url:match "^https?://[^/?#]*"
end

-- a host as an error may show it: odd bytes are not repeated
local function shown(authority)
  local host = authority:match "([^@]*)$":gsub("[^0-9A-Za-z.:%[%]-]", "?")
  return host ~= "" and host:sub(1, 80) or "nowhere"
end

-- returns an error for a URL with bytes that a URL which gets the token never has
local function oddity(url)
  if type(url) ~= "string" then return "a URL is a string, got a " .. type(url) end
  if #url > LONGEST then return ("a URL of %d bytes is too long"):format(#url) end
  if url:find "[%c%s\\\127-\255]" then
    return "a URL has no spaces, control characters, backslashes or letters beyond ASCII"
  end
  if url:find("#", 1, true) then return "a URL to be fetched has no fragment" end
end

---@param url any
---@param base_url string of the client
---@return boolean? graph whether it is the Graph API; nil: it is not told the token
---@return string? err
function trusted.is_graph(url, base_url)
  local err = oddity(url)
  if err then return nil, err end
  local base = origin(base_url)
  if url == base or url:sub(1, #base + 1) == base .. "/" then return true end
  local authority, rest = url:match "^https://([^/?]*)(.*)$"
  if not authority then return nil, "a URL that is sent the token begins with https://" end
  if authority:find("@", 1, true) then return nil, "a URL that is sent the token has no name and password before its host" end
  local read = url_reader.read(url)
  local host = read and read.port == 443 and read.host or ""
  local graph = HOSTS[host]
  -- the host is written in one way only, so that no other reader of the URL can mean another one
  if graph == nil or (authority ~= host and authority ~= host .. ":443") then
    return nil, ("the token goes to graph.facebook.com and lookaside.fbsbx.com only, not to %s"):format(shown(authority))
  end
  if rest:sub(1, 1) ~= "/" then return nil, "a URL has a path" end
  return graph
end

return trusted
