-- Connections to PostgreSQL through pgmoon, a client in plain Lua: over cosockets in nginx, over LuaSocket elsewhere. They have
-- the form that outbox/database needs: a value is a string or nil, and a row is a list. If the engine fails, a function returns
-- nil and the error. Never raises. Never puts a connection with an unread answer into nginx's pool.
local values = require "whatsapp.util.values"

local pgmoon = {}

local unpack = unpack or table.unpack -- luacheck: ignore 113 143

local TIMEOUT = 10000 -- milliseconds to wait for an answer
local IDLE, POOL = 60000, 16 -- milliseconds, connections

---@class whatsapp.outbox.pgmoon_connection
local Connection = {}
Connection.__index = Connection

-- Replaces the method of pgmoon that decides the form of a row: here a row is a list of strings. pgmoon itself would make a
-- table by column names, and would convert numbers.
local function numbered(one, description)
  local fields = getmetatable(one).__index.parse_row_desc(one, description)
  for i, field in ipairs(fields) do field[1], field[2] = i, "string" end
  return fields
end

-- replaces each ? by $1, $2 …
local function with_numbers(sql)
  local count = 0
  return (sql:gsub("%?", function()
    count = count + 1
    return "$" .. count
  end))
end

-- Runs a statement. Returns its rows, or nil, err. Changes two settings of the connection only for this call, because the
-- connection may be the caller's.
local function ask(self, sql, bound)
  local one = self.one
  local convert_null = one.convert_null
  one.parse_row_desc, one.convert_null = numbered, false
  local ok, result, err, details = pcall(one.query, one, sql, unpack(bound, 1, bound.n or #bound))
  one.parse_row_desc, one.convert_null = nil, convert_null
  if ok and result then return result end
  -- details is a table if PostgreSQL answered with an error; if not, its answer may still come later
  self.is_broken = not ok or type(details) ~= "table"
  return nil, values.text_of(ok and err or result)
end

---Runs a statement that has one ? for each value.
---@param sql string
---@param bound { n: integer? } strings or nil
---@return string[][]? rows
---@return integer|string|nil affected or err
function Connection:run(sql, bound)
  if self.is_broken then return nil, "the connection is lost" end
  local text = self.texts[sql]
  if not text then
    text = with_numbers(sql)
    self.texts[sql] = text
  end
  local result, err = ask(self, text, bound)
  if not result then return nil, err end
  if type(result) ~= "table" then return {}, 0 end
  return result, result.affected_rows or 0
end

---@return boolean alive
function Connection:ping() return not self.is_broken and ask(self, "SELECT 1", values.NONE) ~= nil end

---Closes the connection.
function Connection:close()
  self.is_broken = true
  self.one.busy = false
  pcall(self.one.disconnect, self.one)
end

---Puts the connection back into nginx's pool, unless it is broken.
function Connection:release()
  if self.is_broken then return end
  self.is_broken = true
  pcall(self.one.keepalive, self.one, IDLE, POOL)
end

local texts = {} -- sql -> with_numbers(sql); a store has few statements

---@param one any a connection of pgmoon
---@return whatsapp.outbox.pgmoon_connection
function pgmoon.wrap(one) return setmetatable({ one = one, texts = texts, is_broken = false }, Connection) end

---Returns whether a connection is a connection of pgmoon.
---@param one any
---@return boolean
function pgmoon.is_one(one) return type(one) == "table" and values.callable(one.extended_query) and values.callable(one.query) end

---@param options { database: string, user: string?, password: string?, host: string?, port: integer?, pool: string? } pool: name
---of the pool in nginx
---@return whatsapp.outbox.pgmoon_connection? connection
---@return string? err
---@return boolean? is_new false: the connection comes from nginx's pool
function pgmoon.connect(options)
  local config = {
    database = options.database, user = options.user, password = options.password, host = options.host or "127.0.0.1",
    port = options.port and ("%d"):format(options.port), pool_name = options.pool,
  }
  local one = require("pgmoon").new(config)
  one:settimeout(TIMEOUT)
  local ok, connected, err = pcall(one.connect, one)
  if not (ok and connected) then return nil, values.text_of(ok and err or connected) end
  -- LuaSocket sends a long statement in pieces of 8 KiB; without this, the last piece waits some 40 ms for an ACK
  if one.sock_type == "luasocket" then one.sock:setoption("tcp-nodelay", true) end
  return pgmoon.wrap(one), nil, one.sock:getreusedtimes() == 0
end

return pgmoon
