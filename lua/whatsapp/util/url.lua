-- Reads URLs. The transports, the check of the hosts that get the token (send/credentials) and the checks of options use this
-- one reader: so all of them see the same host in a URL. Also writes and reads queries. Pure: never raises for a string, and
-- never looks up a name.
local url = {}

local LONGEST = 8 * 1024 -- bytes
local PORTS = { http = 80, https = 443 }

-- ---- hosts ----------------------------------------------------------------------------------------------------------------

-- These patterns list every allowed character: the meaning of %w depends on the locale of the program.
local NAME, ADDRESS = "^([0-9A-Za-z._-]+)(.*)$", "^%[([0-9A-Fa-f:.]+)%](.*)$"

local function is_octet(digits) return #digits <= 3 and tonumber(digits) <= 255 and (digits == "0" or not digits:find "^0") end

---Returns whether a host is this machine. Looks up no name: so every name except localhost gives false.
---@param host string in lower case; an address of IPv6 with or without brackets
---@return boolean
function url.is_loopback(host)
  if host == "localhost" or host == "::1" or host == "[::1]" then return true end
  local a, b, c = host:match "^127%.(%d+)%.(%d+)%.(%d+)$"
  return a ~= nil and is_octet(a) and is_octet(b) and is_octet(c)
end

-- returns the host as a URL has it, the port, and whether the host is a name; nil if the text is wrong
local function read_authority(authority, scheme)
  local address, rest = authority:match(ADDRESS)
  local name
  if not address then name, rest = authority:match(NAME) end
  if not rest or (address and not address:find ":.*:") then return nil end
  local digits = rest:match "^:(%d*)$"
  if rest ~= "" and not digits then return nil end
  local port = (digits or "") == "" and PORTS[scheme] or tonumber(digits)
  if port < 1 or port > 65535 then return nil end
  local host = (name or "[" .. address .. "]"):lower()
  return host, port, name ~= nil and not host:find "^[%d.]+$"
end

-- ---- URLs -----------------------------------------------------------------------------------------------------------------

---@class whatsapp.url
---@field scheme "http"|"https"
---@field host string in lower case; an IPv6 address in brackets
---@field port integer
---@field authority string the value for the header Host
---@field path string the path and the query; at least "/"
---@field named boolean true: the host is a name, not an address
---@field loopback boolean true: the host is this machine
---@field secure boolean true if no other machine can read the request: the scheme is https, or the host is this machine

---Reads a URL of http or https.
---@param text any
---@return whatsapp.url? read
---@return string? err never quotes the URL, which may have a secret
function url.read(text)
  if type(text) ~= "string" then return nil, "the URL must be a string" end
  if text:find("\0", 1, true) then return nil, "the URL contains a NUL" end
  if #text >= LONGEST then return nil, "the URL is longer than 8 KiB" end
  local scheme, authority, path = text:match "^([A-Za-z][0-9A-Za-z+.-]*)://([^/?#]*)([^#]*)"
  if not scheme or text:find "[%c ]" then return nil, "the URL cannot be read" end
  scheme = scheme:lower()
  if not PORTS[scheme] then return nil, "the URL must start with https://" end
  if authority:find("@", 1, true) then return nil, "the URL must not have a user name or a password" end
  local host, port, named = read_authority(authority, scheme)
  if not host then return nil, "the URL cannot be read" end
  local loopback = url.is_loopback(host)
  return {
    scheme = scheme, host = host, port = port, path = path:find "^/" and path or "/" .. path,
    authority = port == PORTS[scheme] and host or ("%s:%d"):format(host, port),
    named = named, loopback = loopback, secure = scheme == "https" or loopback,
  }
end

---Reads a base URL: programs add paths to its end, so it must have no query and no fragment.
---@param text any
---@return whatsapp.url? read
---@return string? err
function url.read_base(text)
  local read, err = url.read(text)
  if read and text:find "[?#]" then return nil, "the URL must have no query and no fragment" end
  return read, err
end

-- ---- queries --------------------------------------------------------------------------------------------------------------

---@param text string
---@return string escaped each byte as %XX, except letters, digits and -._~
function url.escape(text)
  return (text:gsub("[^0-9A-Za-z._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

---@param text string
---@return string unescaped a byte for each %XX
function url.unescape(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function word_of(text) return url.unescape((text:gsub("+", " "))) end

---@param query string the part after the question mark
---@return table<string, string> parameters by name; if a name occurs twice, the last value
function url.parameters(query)
  local parameters = {}
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    parameters[word_of(name)] = word_of(value)
  end
  return parameters
end

return url
