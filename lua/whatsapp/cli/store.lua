-- Makes the store of an outbox from its address: sqlite:FILE, redis://HOST/QUEUE or postgres://HOST/DATABASE. Refuses a password
-- in an option, because every user of the machine can read the arguments of a process. Never sends anything.
local exit = require "whatsapp.cli.exit"

local store = {}

-- returns the parts of user:password@host:port/path; a part that is empty is nil
local function read(rest)
  local authority, path = rest:match "^([^/]*)/?(.*)$"
  local user, address = authority:match "^(.*)@(.*)$"
  local host, port = (address or authority):match "^(.-):?(%d*)$"
  local name, password = (user or ""):match "^([^:]*):?(.*)$"
  local function text(value) return value ~= "" and value or nil end
  return { user = text(name), password = text(password), host = text(host), port = tonumber(port), path = text(path) }
end

local function redis(address, settings)
  return require("whatsapp.outbox.redis").new {
    host = address.host, port = address.port, user = address.user, password = address.password or settings:get "store_password",
    queue = address.path,
  }
end

local function postgres(address, settings)
  return require("whatsapp.outbox.sql").postgres {
    host = address.host, port = address.port, user = address.user, password = address.password or settings:get "store_password",
    database = address.path,
  }
end

local MAKERS = { redis = redis, postgres = postgres, postgresql = postgres }

local FORMS = "sqlite:FILE, redis://HOST/QUEUE or postgres://HOST/DATABASE"

-- makes the store at an address; is_option: the address comes from --store, so it must have no password
local function make(text, settings, is_option)
  local path = text:match "^sqlite:(.+)$"
  if path then return require("whatsapp.outbox.sql").sqlite(path) end
  local scheme, rest = text:match "^(%l+)://(.*)$"
  if not MAKERS[scheme] then exit.stop("usage", ("a store must be %s"):format(FORMS)) end
  local address = read(rest)
  if address.password then
    settings.terminal:hide(address.password)
    if is_option then exit.stop("usage", "--store takes no password: set WHATSAPP_STORE_PASSWORD") end
  end
  return MAKERS[scheme](address, settings)
end

---Makes the store that the setting `store` names. Ends the command if this fails.
---@param settings table cli/settings
---@return whatsapp.outbox.store
function store.of(settings)
  local ok, made = pcall(make, settings:need "store", settings, settings.options.store ~= nil)
  if ok then return made end
  if type(made) == "table" then error(made, 0) end -- exit.stop raised this table
  exit.stop("failed", (tostring(made):gsub("^[^:]+:%d+: ", "")))
end

---Makes a store in a file of SQLite. Ends the command if this fails.
---@param path string
---@return whatsapp.outbox.store
function store.sqlite(path)
  local ok, made = pcall(require("whatsapp.outbox.sql").sqlite, path)
  if ok then return made end
  exit.stop("failed", (tostring(made):gsub("^[^:]+:%d+: ", "")))
end

---Passes the result of an outbox on. Ends the command if the call failed.
---@param result any the values that a method of the outbox returned: the result, or nil ...
---@param err string? the error ...
---@param details table? and its details
---@return any result
function store.check(result, err, details)
  if result ~= nil then return result end
  exit.stop(details and details.kind == "invalid" and "invalid" or "try_later", err, { details = details })
end

return store
