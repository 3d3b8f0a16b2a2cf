-- SQLite and PostgreSQL as data: the statements that make the tables of an outbox, and the parts of SQL that differ between the
-- two engines. Has no connection.
local states = require "whatsapp.outbox.states"

local dialects = {}

-- returns a list of names as SQL: 'a', 'b'
local function list(names) return "'" .. table.concat(names, "', '") .. "'" end

---The lists of states as SQL.
dialects.STATES = {}
for name, names in pairs(states.LISTS) do dialects.STATES[name] = list(names) end
local IN = dialects.STATES

---The statements that make the tables: one list for each version. To change the tables, append a list.
local MIGRATIONS = {
  { -- 1
    [[CREATE TABLE outbox_entries (seq $SERIAL, queue TEXT NOT NULL, key TEXT NOT NULL, stamp TEXT NOT NULL, lane TEXT NOT NULL,
      body TEXT NOT NULL, state TEXT NOT NULL, fence BIGINT NOT NULL, attempts INTEGER NOT NULL, made $REAL NOT NULL,
      due $REAL NOT NULL, expires $REAL, lease $REAL, ended $REAL, id TEXT, status TEXT, status_time BIGINT,
      rank INTEGER NOT NULL, error TEXT)]],
    "CREATE UNIQUE INDEX outbox_key ON outbox_entries (queue, key)",
    "CREATE UNIQUE INDEX outbox_stamp ON outbox_entries (queue, stamp)",
    "CREATE INDEX outbox_due ON outbox_entries (queue, due, seq) WHERE state = 'queued'",
    "CREATE INDEX outbox_expires ON outbox_entries (queue, expires) WHERE state = 'queued' AND expires IS NOT NULL",
    "CREATE INDEX outbox_lane ON outbox_entries (queue, lane, seq) WHERE state IN (" .. IN.UNFINISHED .. ")",
    "CREATE INDEX outbox_busy ON outbox_entries (queue, lane) WHERE state IN (" .. IN.LEASED .. ")",
    "CREATE INDEX outbox_lease ON outbox_entries (queue, lease) WHERE state IN (" .. IN.LEASED .. ")",
    "CREATE INDEX outbox_unknown ON outbox_entries (queue, lane, seq) WHERE state = 'unknown'",
    "CREATE INDEX outbox_ended ON outbox_entries (queue, ended) WHERE ended IS NOT NULL",
    "CREATE INDEX outbox_state ON outbox_entries (queue, state, seq)",
    "CREATE $FORGETFUL TABLE outbox_limits (key TEXT NOT NULL PRIMARY KEY, ends $REAL NOT NULL)",
  },
}
dialects.MIGRATIONS = MIGRATIONS

---@class whatsapp.outbox.dialect
---@field name string
---@field driver string name of LuaDBI's driver
---@field package string package of Debian that has the driver
---@field now string an expression: seconds since 1970, by the clock of the engine
---@field greatest string SQL function that returns the greater of two numbers
---@field real string SQL type of a floating-point number
---@field any string SQL between a column and a SELECT of its values; the SELECT returns few rows
---@field any_end string SQL after this SELECT
---@field skip string SQL after a SELECT whose rows the statement then changes: leaves out rows that another transaction is
---changing
---@field lock string SQL after a SELECT: until this transaction ends, no other transaction may change the rows
---@field begin string statement that begins a transaction
---@field words table<string, string> values of the marks in MIGRATIONS
---@field find_meta string statement that returns a row only if the table outbox_meta exists
---@field alone string? statement that makes other processes wait, so that only one process makes the tables
---@field rows integer the most rows in one statement

dialects.sqlite = {
  name = "sqlite", driver = "SQLite3", package = "lua-dbi-sqlite3",
  now = "((julianday('now') - 2440587.5) * 86400.0)", greatest = "max", real = "REAL", skip = "", lock = "",
  any = "IN (", any_end = ")",
  begin = "BEGIN IMMEDIATE", words = { SERIAL = "INTEGER PRIMARY KEY AUTOINCREMENT", REAL = "REAL", FORGETFUL = "" },
  find_meta = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'outbox_meta'", rows = 50,
}

dialects.postgres = {
  name = "postgres", driver = "PostgreSQL", package = "lua-dbi-postgresql",
  now = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)", greatest = "greatest", real = "double precision",
  skip = " FOR UPDATE SKIP LOCKED", lock = " FOR UPDATE",
  any = "= ANY (ARRAY(", any_end = "))", -- with IN, PostgreSQL's planner reads the whole table
  begin = "BEGIN", words = { SERIAL = "BIGSERIAL PRIMARY KEY", REAL = "double precision", FORGETFUL = "UNLOGGED" },
  find_meta = "SELECT 1 WHERE to_regclass('outbox_meta') IS NOT NULL",
  alone = "SELECT CAST(pg_advisory_xact_lock(1465209967) AS TEXT)", rows = 50,
}

return dialects
