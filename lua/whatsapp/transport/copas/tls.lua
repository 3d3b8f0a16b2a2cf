-- TLS with LuaSec: the options of a connection, and the check that a certificate is for the host. By default, LuaSec verifies
-- nothing. This file always verifies the chain of certificates and the host's name. No option makes this check weaker.
local tls = {}

-- files with trusted authorities on common systems
local AUTHORITIES = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/usr/local/share/certs/ca-root-nss.crt",
  "/opt/homebrew/etc/ca-certificates/cert.pem", "/usr/local/etc/openssl/cert.pem",
}

local is_readable = require("whatsapp.util.file").exists

-- returns the path of a readable file of certificates; nil if there is no such file
local function authorities(ca_file)
  if ca_file then return is_readable(ca_file) and ca_file or nil end
  local set = os.getenv "SSL_CERT_FILE"
  if set and is_readable(set) then return set end
  for _, path in ipairs(AUTHORITIES) do
    if is_readable(path) then return path end
  end
end

tls.NO_AUTHORITIES = "the authorities' certificates cannot be read: name a file in the option ca_file"

---@param ca_file string?
---@return userdata? context a context of LuaSec
---@return string? err
function tls.context(ca_file)
  local ok, ssl = pcall(require, "ssl")
  if not ok then return nil, "LuaSec is not installed; https needs it (Debian: lua-sec, LuaRocks: luasec)" end
  local path = authorities(ca_file)
  if not path then return nil, tls.NO_AUTHORITIES end
  return ssl.newcontext {
    mode = "client", protocol = "any", verify = "peer", cafile = path,
    options = { "all", "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1" },
  }
end

-- ---- names ----------------------------------------------------------------------------------------------------------------

-- returns an IPv6 address in one spelling, so that two addresses can be compared; nil for other texts
local function ipv6(text)
  local head, tail = text:lower():match "^(.-)::(.*)$"
  if not head then head, tail = text:lower(), nil end
  local function groups(part)
    local list = {}
    for group in part:gmatch "[^:]+" do list[#list + 1] = tonumber(group, 16) or -1 end
    return list
  end
  local first, last = groups(head), groups(tail or "")
  while tail and #first + #last < 8 do first[#first + 1] = 0 end
  for _, group in ipairs(last) do first[#first + 1] = group end
  return #first == 8 and table.concat(first, ":") or nil
end

local function is_same_address(name, host)
  if host:find(":", 1, true) then return ipv6(name) ~= nil and ipv6(name) == ipv6(host) end
  return name == host
end

-- Returns whether a name of a certificate is for the host. A star may replace only the whole first label, and at least two
-- labels must follow the star.
local function is_same_name(name, host)
  name = name:lower():gsub("%.$", "")
  if name == host then return true end
  local rest = name:match "^%*(%.[^*]+%.[^*]+)$"
  return rest ~= nil and host:match "^[^.]+(%..*)$" == rest
end

---Returns whether a certificate is for the host.
---@param extensions table the extensions of a certificate, as LuaSec returns them
---@param host string in lower case, without brackets
---@param named boolean true: the host is a name, not an address
---@return boolean
function tls.is_for(extensions, host, named)
  local alternatives = extensions["2.5.29.17"] or {}
  local names, is_same = alternatives.dNSName, is_same_name
  if not named then names, is_same = alternatives.iPAddress, is_same_address end
  if type(names) == "string" then names = { names } end
  for _, name in ipairs(names or {}) do
    if type(name) == "string" and is_same(name, host) then return true end
  end
  return false
end

tls.OTHER_NAME = "the certificate was refused: it is for another host"

---Checks that the certificate of a connection is for the host.
---@param connection userdata a connection of LuaSec, after its handshake
---@param host string
---@param named boolean
---@return true? ok, string? err
function tls.check_name(connection, host, named)
  local certificate = connection:getpeercertificate()
  if certificate and tls.is_for(certificate:extensions(), host:lower(), named) then return true end
  return nil, tls.OTHER_NAME
end

return tls
