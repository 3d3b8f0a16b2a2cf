-- Makes the store of an outbox from its address: sqlite:FILE, redis://HOST/QUEUE, postgres://HOST/DATABASE. Refuses a password in
-- an option, because every user can read the arguments of a process. Never sends anything.
local exit = require "whatsapp.cli.exit"

local store = {}

-- returns user, password, host, port and path of redis://user:password@host:port/path
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

---@param settings table
---@return whatsapp.outbox.store
function store.of(settings)
  local ok, made = pcall(make, settings:need "store", settings, settings.options.store ~= nil)
  if ok then return made end
  if type(made) == "table" then error(made, 0) end
  exit.stop("failed", (tostring(made):gsub("^[^:]+:%d+: ", "")))
end

---@param path string
---@return whatsapp.outbox.store
function store.sqlite(path)
  local ok, made = pcall(require("whatsapp.outbox.sql").sqlite, path)
  if ok then return made end
  exit.stop("failed", (tostring(made):gsub("^[^:]+:%d+: ", "")))
end

---Returns the result of a store. Ends the command if the store failed.
---@param result any
---@param err string?
---@param details table?
---@return any result
function store.check(result, err, details)
  if result ~= nil then return result end
  exit.stop(details and details.kind == "invalid" and "invalid" or "try_later", err, { details = details })
end

return store
