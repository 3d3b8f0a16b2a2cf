-- Who may be told the token: the API's own hosts, over https, and the one that the client was made for. Judges the bytes of a
-- URL, so that no two readers of it can mean different hosts. Pure; never looks a name up.
local trusted = {}

-- each with whether it is the Graph API, which is told the proof of the app's secret too
local HOSTS = { ["graph.facebook.com"] = true, ["lookaside.fbsbx.com"] = false }

local LONGEST = 8192

local function origin(url)
  return url:match "^https?://[^/?#]*"
end

-- a host as it may stand in a text: what is odd in it is not repeated
local function shown(authority)
  local host = authority:match "([^@]*)$":gsub("[^%w.:%[%]-]", "?")
  return host ~= "" and host:sub(1, 80) or "nowhere"
end

---Whether a host is this machine, which may be reached by plain http.
---@param host string in lower case, an address without brackets
---@return boolean
function trusted.is_loopback(host)
  return host == "localhost" or host == "::1" or host:find "^127%.[%d.]+$" ~= nil
end

---@param url any
---@param base_url string of the client
---@return boolean? graph whether it is the Graph API; nil: not to be told the token
---@return string? text
function trusted.is_graph(url, base_url)
  if type(url) ~= "string" then return nil, "a URL is a string, got a " .. type(url) end
  if #url > LONGEST then return nil, ("a URL of %d bytes is too long"):format(#url) end
  if url:find "[%c%s\\\127-\255]" then
    return nil, "a URL has no spaces, control characters, backslashes or letters beyond ASCII"
  end
  if url:find("#", 1, true) then return nil, "a URL to be fetched has no fragment" end
  local base = origin(base_url)
  if url == base or url:sub(1, #base + 1) == base .. "/" then return true end
  local authority, rest = url:match "^https://([^/?]*)(.*)$"
  if not authority then return nil, "a URL that is sent the token begins with https://" end
  if authority:find("@", 1, true) then return nil, "a URL that is sent the token has no name and password before its host" end
  local graph = HOSTS[authority:match "^(.-):443$" or authority]
  if graph == nil then
    return nil, ("the token goes to graph.facebook.com and lookaside.fbsbx.com only, not to %s"):format(shown(authority))
  end
  if rest:sub(1, 1) ~= "/" then return nil, "a URL has a path" end
  return graph
end

return trusted
