-- A connection to SQLite or PostgreSQL, for outbox/sql: runs statements and transactions, and makes the tables. The values of a
-- statement are strings. Connects at the first use, and again after a connection is lost. Works over LuaDBI, or over a function
-- that runs a statement (outbox/pgmoon). Every failure is nil, err. Never raises, never leaves a statement open, and never
-- prints a password.
local dialects = require "whatsapp.outbox.dialects"
local values = require "whatsapp.util.values"

local database = {}

---@class whatsapp.outbox.database
local Database = {}
Database.__index = Database

local unpack = unpack or table.unpack -- luacheck: ignore 113 143

-- ---- LuaDBI ------------------------------------------------------------------------------------------------------------------
-- Three traps of LuaDBI 0.7. 1. It binds an integer as a float, and reads an integer with 32 bits: so all values are strings,
-- and SQL casts them. 2. With RETURNING, an error may come only from fetch. 3. A statement that is not read to its end holds a
-- lock until the garbage collector frees the statement.

local function read_rows(statement)
  local rows = {}
  local row = statement:fetch()
  while row do
    local copy = {}
    for i, value in pairs(row) do copy[i] = value end
    rows[#rows + 1] = copy
    row = statement:fetch()
  end
  return rows
end

-- runs a statement; returns all its rows, and the number of affected rows; raises if the statement fails
local function run(statement, ...)
  local done, err = statement:execute(...)
  if not done then error(err or "the statement failed", 0) end
  return read_rows(statement), statement:affected()
end

-- returns the prepared statement, which is kept for the next call; or nil, err
local function prepared(self, sql)
  local statement = self.statements[sql]
  if statement then return statement end
  local err
  statement, err = self.connection:prepare(sql)
  if not statement then return nil, err end
  self.statements[sql] = statement
  return statement
end

local function query_luadbi(self, sql, bound)
  local statement, err = prepared(self, sql)
  if not statement then return nil, err end
  local ok, rows, affected = pcall(run, statement, unpack(bound, 1, bound.n or #bound))
  if ok then return rows, affected end
  self.statements[sql] = nil
  pcall(statement.close, statement)
  return nil, (values.text_of(rows):gsub("^[^:]*%.lua:%d+: ", "")) -- without the file and line that fetch puts before its error
end

-- closes all statements, and the connection unless it is the caller's
local function disconnect(self)
  for _, statement in pairs(self.statements) do pcall(statement.close, statement) end
  self.statements = {}
  if self.connection and not self.is_callers then
    pcall(self.connection.close, self.connection)
    self.connection = nil
  end
end

local function is_alive(self)
  local ok, alive = pcall(self.connection.ping, self.connection)
  return ok and alive
end

-- ---- queries -----------------------------------------------------------------------------------------------------------------

-- opens a connection and sets its settings; returns true, or nil, err
local function connect(self)
  local ok, connection, err, is_new = pcall(self.connect)
  if not ok or not connection then return nil, values.text_of(ok and err or connection) end
  self.connection = connection
  if is_new == false then return true end -- the connection comes from a pool and has its settings already
  for _, sql in ipairs(self.settings) do
    local rows
    rows, err = self.run(self, sql, values.NONE)
    if not rows then
      disconnect(self)
      return nil, err
    end
  end
  return true
end

-- after a query failed: drops the connection if it is lost, so that the next query connects again
local function lose(self)
  if self.connection and not self.is_callers and not is_alive(self) then disconnect(self) end
end

---@param sql string has one ? for each value
---@param ... string|nil values as texts
---@return string[][]? rows
---@return integer|string|nil affected or err
function Database:query(sql, ...)
  return self:query_list(sql, { n = select("#", ...), ... })
end

---@param sql string
---@param bound { n: integer? } values as texts
---@return string[][]? rows
---@return integer|string|nil affected or err
function Database:query_list(sql, bound)
  local ready, err = self:open()
  if not ready then return nil, err end
  local rows, affected = self.run(self, sql, bound)
  if rows then return rows, affected end
  if not self.in_transaction then lose(self) end
  return nil, values.text_of(affected)
end

-- Ends a transaction after one of its statements failed. If ROLLBACK fails, too, drops the connection.
local function abandon(self)
  local ended = self.connection and self.run(self, "ROLLBACK", values.NONE)
  self.in_transaction = false
  if not ended then disconnect(self) end
end

---Runs a function in a transaction, and returns its results. Commits the transaction; or rolls it back if the function returns
---nil. With the caller's connection, only runs the function, because the caller commits.
---@param work fun(...): any, any
---@return any, any
function Database:transaction(work, ...)
  if self.is_callers then return work(...) end
  local ready, err = self:open()
  if not ready then return nil, err end
  self.in_transaction = true
  local result, done
  done, err = self:query(self.dialect.begin)
  if done then
    result, err = work(...)
    if result ~= nil then
      local committed, problem = self:query "COMMIT"
      if committed then
        self.in_transaction = false
        return result, err
      end
      err = problem
    end
  end
  abandon(self)
  return nil, err
end

-- ---- the tables --------------------------------------------------------------------------------------------------------------

-- returns the version of the tables, 0 if there are no tables; or nil, err
local function version_of(self)
  local found, err = self:query(self.dialect.find_meta)
  if not found then return nil, err end
  if #found == 0 then return 0 end
  found, err = self:query "SELECT value FROM outbox_meta WHERE name = 'version'"
  if not found then return nil, err end
  return found[1] and tonumber(found[1][1]) or 0
end

-- Brings the tables to the newest version, in a transaction. Reads the version again, because another process may have changed
-- the tables meanwhile.
local function migrate(self)
  local dialect = self.dialect
  if dialect.alone and not self:query(dialect.alone) then return nil, "the tables could not be locked" end
  local version, err = version_of(self)
  if not version then return nil, err end
  if version == 0 then
    local made
    made, err = self:query "CREATE TABLE IF NOT EXISTS outbox_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)"
    if not made then return nil, err end
  end
  for number = version + 1, #dialects.MIGRATIONS do
    for _, sql in ipairs(dialects.MIGRATIONS[number]) do
      local done
      done, err = self:query((sql:gsub("%$(%u+)", dialect.words)))
      if not done then return nil, err end
    end
  end
  return self:query("INSERT INTO outbox_meta (name, value) VALUES ('version', ?) ON CONFLICT (name) DO UPDATE "
    .. "SET value = excluded.value", ("%d"):format(#dialects.MIGRATIONS))
end

-- Checks the version of the tables: makes missing tables, and changes old tables. Refuses tables with a newer version.
local function check_tables(self)
  local version, err = version_of(self)
  if not version then return nil, err end
  local newest = #dialects.MIGRATIONS
  if version > newest then
    self.refusal = ("the tables of the outbox have version %d, this library knows version %d: update the library")
      :format(version, newest)
    return nil, self.refusal
  end
  if version == newest then return true end
  return self:transaction(migrate, self)
end

---Connects if there is no connection. At the first call, also checks the tables.
---@return true? ready
---@return string? err
function Database:open()
  if self.closed then return nil, "the store is closed" end
  if self.refusal then return nil, self.refusal end
  if not self.connection and not self.is_callers then
    local connected, err = connect(self)
    if not connected then return nil, err end
  end
  if self.is_ready or self.is_opening then return true end
  self.is_opening = true
  local ready, err = check_tables(self)
  self.is_opening, self.is_ready = false, ready and true
  if ready then return true end
  if not self.in_transaction then lose(self) end
  return nil, err
end

---Closes the connection, unless it is the caller's. May be called again.
function Database:close()
  self.closed = true
  disconnect(self)
end

---Returns a database with another connection, from nginx's pool. In nginx, each call of the store uses such a database, because
---many requests share the store.
---@return whatsapp.outbox.database
function Database:another()
  local one = database.new(self.options)
  one.is_ready, one.refusal, one.closed, one.shared = self.is_ready, self.refusal, self.closed, self
  return one
end

---Puts the connection back into nginx's pool; only for a database from another().
function Database:release()
  self.shared.is_ready, self.shared.refusal = self.is_ready or self.shared.is_ready, self.refusal
  if self.connection then self.connection:release() end
  self.connection = nil
end

---@param options { dialect: table, connect: (fun(): any, string?, boolean?)?, connection: any?, run: function?, settings:
---string[]? } connect: returns a connection; a third value false means that the connection has its settings already;
---connection: the connection of the caller; only the caller commits on it; run: a function (self, sql, bound) that runs a
---statement, in place of LuaDBI; settings: statements for each new connection
---@return whatsapp.outbox.database
function database.new(options)
  return setmetatable({
    options = options, dialect = options.dialect, connect = options.connect, connection = options.connection or nil,
    is_callers = options.connection ~= nil, run = options.run or query_luadbi, settings = options.settings or values.NONE,
    statements = {}, in_transaction = false, is_ready = false, is_opening = false, closed = false,
  }, Database)
end

return database
