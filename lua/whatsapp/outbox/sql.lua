-- Stores of the outbox in SQLite and PostgreSQL, through LuaDBI or, for PostgreSQL, also through pgmoon. Each function of the
-- store runs one or a few statements; the changes of one list are one commit. All times come from the engine's clock. The
-- functions follow the contract of a store (README.md of this folder). If the engine fails, a function returns nil and the
-- error; it never raises.
local database = require "whatsapp.outbox.database"
local dialects = require "whatsapp.outbox.dialects"
local options_of = require "whatsapp.util.options"
local states = require "whatsapp.outbox.states"
local values = require "whatsapp.util.values"

local sql = {}

---@class whatsapp.outbox.sql: whatsapp.outbox.store
local Store = {}
Store.__index = Store
Store.__name = "whatsapp.outbox.sql"

local IN, number = dialects.STATES, values.text

-- ---- statements; statements_of() replaces marks such as $NOW ---------------------------------------------------------------

local STATEMENTS = {
  put = [[INSERT INTO outbox_entries (queue, key, stamp, lane, body, state, fence, attempts, made, due, expires, rank)
    SELECT column2, column3, column4, column5, column6, 'queued', 0, 0, n.now, COALESCE(CAST(column7 AS $REAL), n.now),
      $GREATEST(COALESCE(CAST(column7 AS $REAL), n.now), n.now) + CAST(column8 AS $REAL), 0
    FROM (VALUES $ROWS) AS v, (SELECT $NOW AS now) AS n WHERE true ORDER BY CAST(column1 AS INTEGER)
    ON CONFLICT DO NOTHING RETURNING key]],
  same = "SELECT body, stamp FROM outbox_entries WHERE queue = ? AND key = ?",
  expire = [[UPDATE outbox_entries SET state = 'expired', ended = $NOW WHERE queue = ? AND state = 'queued' AND expires <= $NOW]],
  claim = [[UPDATE outbox_entries SET state = 'claimed', fence = fence + 1, lease = $NOW + CAST(? AS $REAL) WHERE seq $ANY
      SELECT e.seq FROM outbox_entries AS e WHERE e.queue = ? AND e.state = 'queued' AND e.due <= $NOW
      AND (SELECT b.seq FROM outbox_entries AS b WHERE b.queue = e.queue AND b.lane = e.lane AND b.seq < e.seq
        AND b.state IN ($UNFINISHED) LIMIT 1) IS NULL
      AND (SELECT b.seq FROM outbox_entries AS b WHERE b.queue = e.queue AND b.lane = e.lane AND b.state IN ($LEASED)
        LIMIT 1) IS NULL
      $HELD ORDER BY e.due, e.seq LIMIT CAST(? AS INTEGER)$SKIP$END
    RETURNING key, lane, stamp, body, CAST(fence AS TEXT), CAST(attempts AS TEXT), CAST(seq AS TEXT)]],
  held = [[AND (SELECT b.seq FROM outbox_entries AS b WHERE b.queue = e.queue AND b.lane = e.lane AND b.seq < e.seq
    AND b.state = 'unknown' LIMIT 1) IS NULL]],
  start = [[UPDATE outbox_entries SET state = 'sending', lease = $NOW + CAST(? AS $REAL) FROM (VALUES $ROWS) AS v
    WHERE queue = ? AND key = v.column1 AND fence = CAST(v.column2 AS BIGINT) AND (state = 'sending'
      OR state = 'claimed' AND (expires IS NULL OR expires > $NOW)) RETURNING key, CAST(fence AS TEXT)]],
  too_old = [[UPDATE outbox_entries SET state = 'expired', ended = $NOW FROM (VALUES $ROWS) AS v
    WHERE queue = ? AND key = v.column1 AND fence = CAST(v.column2 AS BIGINT) AND state = 'claimed' AND expires <= $NOW]],
  finish = [[UPDATE outbox_entries SET state = v.column3, id = COALESCE(v.column4, id), error = v.column5,
      attempts = COALESCE(CAST(v.column6 AS INTEGER), attempts),
      due = CASE v.column3 WHEN 'queued' THEN $NOW + CAST(v.column7 AS $REAL) ELSE due END,
      ended = CASE WHEN v.column3 IN ($FINISHED) THEN $NOW END
    FROM (VALUES $ROWS) AS v WHERE queue = ? AND key = v.column1 AND fence = CAST(v.column2 AS BIGINT)
      AND state IN ($FINISHABLE) RETURNING key, CAST(fence AS TEXT)]],
  state_of = "SELECT state, CAST(fence AS TEXT) FROM outbox_entries WHERE queue = ? AND key = ?",
  requeue = "UPDATE outbox_entries SET state = 'queued' WHERE queue = ? AND state = 'claimed' AND lease <= $NOW",
  doubt = [[UPDATE outbox_entries SET state = 'unknown', error = 'the sender did not finish: the message may have been sent'
    WHERE queue = ? AND state = 'sending' AND lease <= $NOW]],
  forget_limits = "DELETE FROM outbox_limits WHERE ends <= $NOW",
  settle = [[UPDATE outbox_entries SET state = 'accepted', id = COALESCE(?, id),
      error = COALESCE(?, CASE state WHEN 'accepted' THEN error END), ended = COALESCE(ended, $NOW),
      status = CASE WHEN rank < CAST(? AS INTEGER) THEN ? ELSE status END,
      status_time = CASE WHEN rank < CAST(? AS INTEGER) THEN CAST(? AS BIGINT) ELSE status_time END,
      rank = $GREATEST(rank, CAST(? AS INTEGER))
    WHERE queue = ? AND stamp = ? AND state <> 'failed' RETURNING state]],
  counts = "SELECT state, CAST(count(*) AS TEXT) FROM outbox_entries WHERE queue = ? GROUP BY state",
  oldest = "SELECT CAST($NOW - min(due) AS TEXT) FROM outbox_entries WHERE queue = ? AND state = 'queued'",
  again = [[UPDATE outbox_entries SET state = 'queued', due = $NOW, error = NULL WHERE queue = ? AND key = ? AND state = 'unknown'
    RETURNING state]],
  drop = [[UPDATE outbox_entries SET state = 'failed', ended = $NOW, error = 'dropped' WHERE queue = ? AND key = ?
    AND state = 'unknown' RETURNING state]],
  purge = [[DELETE FROM outbox_entries WHERE seq $ANY SELECT seq FROM outbox_entries WHERE queue = ? AND ended IS NOT NULL
    AND ended <= $NOW - CAST(? AS $REAL) ORDER BY ended LIMIT CAST(? AS INTEGER)$SKIP$END RETURNING CAST(seq AS TEXT)]],
  make_limits = [[INSERT INTO outbox_limits (key, ends) SELECT column1, CAST(column2 AS $REAL) FROM (VALUES $ROWS) AS v
    WHERE true ON CONFLICT DO NOTHING]],
  limits = "SELECT key, CAST(ends AS TEXT), CAST($NOW AS TEXT) FROM outbox_limits WHERE key IN ($LIST) ORDER BY key",
  now = "SELECT CAST($NOW AS TEXT)",
  keep_limits = [[INSERT INTO outbox_limits (key, ends) SELECT column1, CAST(column2 AS $REAL) FROM (VALUES $ROWS) AS v
    WHERE true ON CONFLICT (key) DO UPDATE SET ends = excluded.ends]],
}

-- the columns that a query for entries reads, in their order; true: the value is a number
local COLUMNS = {
  { "key" }, { "stamp" }, { "lane" }, { "body" }, { "state" }, { "id" }, { "status" }, { "error" },
  { "seq", true }, { "fence", true }, { "attempts", true }, { "made", true }, { "due", true }, { "expires", true },
  { "ended", true }, { "status_time", true },
}

local function select_list()
  local list = {}
  for i, column in ipairs(COLUMNS) do list[i] = column[2] and ("CAST(%s AS TEXT)"):format(column[1]) or column[1] end
  return "SELECT " .. table.concat(list, ", ") .. " FROM outbox_entries WHERE queue = ? "
end
STATEMENTS.get = select_list() .. "AND key = ?"
STATEMENTS.list = select_list() .. "AND seq > CAST(? AS BIGINT) ORDER BY seq LIMIT CAST(? AS INTEGER)"
STATEMENTS.list_state = select_list() .. "AND state = ? AND seq > CAST(? AS BIGINT) ORDER BY seq LIMIT CAST(? AS INTEGER)"

-- Returns the statements for a dialect. The marks $ROWS and $LIST stay: each call replaces them, because the number of values
-- differs.
local function statements_of(dialect)
  local words = {
    NOW = dialect.now, REAL = dialect.real, GREATEST = dialect.greatest, SKIP = dialect.skip,
    ANY = dialect.any, END = dialect.any_end,
  }
  for name, list in pairs(IN) do words[name] = list end
  local made = {}
  for name, text in pairs(STATEMENTS) do
    made[name] = text:gsub("%$(%u+)", function(word) return words[word] end):gsub("%s+", " ")
  end
  made.claim_held = made.claim:gsub("%$HELD", function() return made.held end)
  made.claim = made.claim:gsub("%$HELD", "")
  return made
end

-- ---- lists ----------------------------------------------------------------------------------------------------------------

-- Runs a statement over a portion of rows; the statement takes the values `before`, the values of the rows, and the values
-- `after`. Keeps the SQL for each number of rows: there are few such numbers, because only the last portion of a list is not
-- full.
local function query_rows(self, name, width, portion, before, after)
  local marks = self.marks[width]
  if not marks then
    marks = "(" .. ("?, "):rep(width - 1) .. "?)"
    self.marks[width] = marks
  end
  local id = name .. #portion
  local text = self.by_count[id]
  if not text then
    text = self.sql[name]:gsub("%$ROWS", (marks .. ", "):rep(#portion - 1) .. marks)
    self.by_count[id] = text
  end
  local bound, count = {}, 0
  local function add(value)
    count = count + 1
    bound[count] = value
  end
  for _, value in ipairs(before) do add(value) end
  for _, row in ipairs(portion) do
    for i = 1, width do add(row[i]) end
  end
  for _, value in ipairs(after) do add(value) end
  bound.n = count
  return self.db:query_list(text, bound)
end

-- Runs the rows in portions, and returns all result rows. If there are several portions, they are one transaction.
local function in_portions(self, rows, run_portion)
  local size = self.db.dialect.rows
  if #rows <= size then return run_portion(rows) end
  return self.db:transaction(function()
    local all = {}
    for from = 1, #rows, size do
      local portion = {}
      for i = from, math.min(from + size - 1, #rows) do portion[#portion + 1] = rows[i] end
      local found, err = run_portion(portion)
      if not found then return nil, err end
      for _, row in ipairs(found) do all[#all + 1] = row end
    end
    return all
  end)
end

-- returns nil, err, and `retryable`: false if the store can never answer
local function failed(self, err)
  return nil, err, { retryable = self.db.refusal == nil }
end

-- ---- the contract ---------------------------------------------------------------------------------------------------------

local function rows_of_put(self, entries)
  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = {
      ("%d"):format(i), self.queue, entry.key, entry.stamp, entry.lane, entry.body, entry.due and number(entry.due),
      entry.ttl and number(entry.ttl),
    }
  end
  return rows
end

-- For an entry that was not stored: compares it with the entry that the store has under its key. Returns "same", "other" or
-- "stamp", and the stamp in the store; nil, err after a failure.
local function compare(self, entry)
  local found, err = self.db:query(self.sql.same, self.queue, entry.key)
  if not found then return nil, err end
  if not found[1] then return "stamp", entry.stamp end
  local body, stamp = found[1][1], found[1][2]
  return body == entry.body and (not entry.fixed or stamp == entry.stamp) and "same" or "other", stamp
end

function Store:put(entries)
  local made, err = in_portions(self, rows_of_put(self, entries), function(portion)
    return query_rows(self, "put", 8, portion, values.NONE, values.NONE)
  end)
  if not made then return failed(self, err) end
  local is_new, results, stamps = {}, {}, {}
  for _, row in ipairs(made) do is_new[row[1]] = true end
  for i, entry in ipairs(entries) do
    if is_new[entry.key] then
      is_new[entry.key] = nil -- a second entry with this key in the list is compared
      results[i], stamps[i] = "new", entry.stamp
    else
      results[i], stamps[i] = compare(self, entry)
      if not results[i] then return failed(self, stamps[i]) end
    end
  end
  return results, stamps
end

local JOINED = "a store over your own connection takes puts only: to run the outbox, make a store that opens its own connection"

function Store:claim(n, lease, hold_unknown)
  if self.db.is_callers then return nil, JOINED, { retryable = false } end
  local expired, err = self.db:query(self.sql.expire, self.queue)
  if not expired then return failed(self, err) end
  local name = hold_unknown and "claim_held" or "claim"
  local rows
  rows, err = self.db:query(self.sql[name], number(lease), self.queue, ("%d"):format(n))
  if not rows then return failed(self, err) end
  table.sort(rows, function(one, other) return tonumber(one[7]) < tonumber(other[7]) end) -- RETURNING has no order
  local claimed = {}
  for i, row in ipairs(rows) do
    claimed[i] = {
      key = row[1], lane = row[2], stamp = row[3], body = row[4], fence = tonumber(row[5]), attempts = tonumber(row[6]),
    }
  end
  return claimed
end

-- Returns a list with a boolean for each row: whether `found` has the row's key and fence. Also returns the indexes of the rows
-- that are missing in `found`.
local function booleans(rows, found)
  local there, result, missing = {}, {}, {}
  for _, row in ipairs(found) do there[row[1] .. "\0" .. row[2]] = true end
  for i, row in ipairs(rows) do
    result[i] = there[row[1] .. "\0" .. row[2]] or false
    if not result[i] then missing[#missing + 1] = i end
  end
  return result, missing
end

function Store:start(marks, lease)
  if self.db.is_callers then return nil, JOINED, { retryable = false } end
  local rows, after = {}, { self.queue }
  for i, mark in ipairs(marks) do rows[i] = { mark.key, number(mark.fence) } end
  local before = { number(lease) }
  local found, err = in_portions(self, rows, function(portion) return query_rows(self, "start", 2, portion, before, after) end)
  if not found then return failed(self, err) end
  local started, missing = booleans(rows, found)
  for _, i in ipairs(missing) do -- an entry is missing because it has expired, or because another sender has it
    found, err = query_rows(self, "too_old", 2, { rows[i] }, values.NONE, after)
    if not found then return failed(self, err) end
  end
  return started
end

function Store:finish(outcomes)
  local rows, after = {}, { self.queue }
  for i, outcome in ipairs(outcomes) do
    rows[i] = {
      outcome.key, number(outcome.fence), outcome.state, outcome.id, outcome.error, outcome.attempts and number(outcome.attempts),
      number(outcome.delay or 0),
    }
  end
  local found, err = in_portions(self, rows, function(portion)
    return query_rows(self, "finish", 7, portion, values.NONE, after)
  end)
  if not found then return failed(self, err) end
  local finished, missing = booleans(rows, found)
  for _, i in ipairs(missing) do -- an outcome that is already recorded counts as true
    found, err = self.db:query(self.sql.state_of, self.queue, rows[i][1])
    if not found then return failed(self, err) end
    local there = found[1]
    finished[i] = there ~= nil and there[1] == rows[i][3] and there[2] == rows[i][2]
  end
  return finished
end

function Store:sweep()
  local counts = {}
  for i, name in ipairs { "requeue", "doubt" } do
    local rows, affected = self.db:query(self.sql[name], self.queue)
    if not rows then return failed(self, affected) end
    counts[i] = affected
  end
  local rows, err = self.db:query(self.sql.forget_limits)
  if not rows then return failed(self, err) end
  return counts[1], counts[2]
end

function Store:settle(stamp, id, status, time, err)
  local rank = number(states.rank(status))
  local at = time and number(time)
  local rows, problem = self.db:query(self.sql.settle, id, err, rank, status, rank, at, rank, self.queue, stamp)
  if not rows then return failed(self, problem) end
  return rows[1] and rows[1][1] or false
end

-- returns an entry from a row with the values of COLUMNS
local function entry_of(row)
  local entry = {}
  for i, column in ipairs(COLUMNS) do
    local value = row[i]
    if column[2] then value = tonumber(value) end
    entry[column[1]] = value
  end
  return entry
end

function Store:get(key)
  local rows, err = self.db:query(self.sql.get, self.queue, key)
  if not rows then return failed(self, err) end
  return rows[1] and entry_of(rows[1]) or false
end

function Store:list(options)
  local after, limit = number(options.after or 0), number(options.limit)
  local rows, err
  if options.state then rows, err = self.db:query(self.sql.list_state, self.queue, options.state, after, limit)
  else rows, err = self.db:query(self.sql.list, self.queue, after, limit) end
  if not rows then return failed(self, err) end
  for i, row in ipairs(rows) do rows[i] = entry_of(row) end
  return rows
end

function Store:counts()
  local rows, err = self.db:query(self.sql.counts, self.queue)
  if not rows then return failed(self, err) end
  local counts = {}
  for _, state in ipairs(states.ALL) do counts[state] = 0 end
  for _, row in ipairs(rows) do counts[row[1]] = tonumber(row[2]) end
  rows, err = self.db:query(self.sql.oldest, self.queue)
  if not rows then return failed(self, err) end
  return counts, math.max(0, tonumber(rows[1][1]) or 0)
end

function Store:resolve(key, word)
  local rows, err = self.db:query(self.sql[word], self.queue, key)
  if not rows then return failed(self, err) end
  return #rows > 0
end

function Store:purge(age, n)
  local rows, err = self.db:query(self.sql.purge, self.queue, number(age), number(n))
  if not rows then return failed(self, err) end
  return #rows
end

-- ---- limits ---------------------------------------------------------------------------------------------------------------

-- Takes a place for each item of `asks`. Returns the waits, and a row { key, ends } for each limit that changed.
local function places(asks, ends, now)
  local waits, changed, rows = {}, {}, {}
  for i, ask in ipairs(asks) do
    local wait, later = states.place(ends[ask.key], now, ask)
    waits[i] = wait
    if later then ends[ask.key], changed[ask.key] = later, true end
  end
  for key in pairs(changed) do rows[#rows + 1] = { key, number(ends[key]) } end
  return waits, rows
end

-- Returns the distinct keys, sorted. Reason: transactions that lock rows in the same order cannot block each other for ever.
local function keys_of(asks)
  local seen, keys = {}, {}
  for _, ask in ipairs(asks) do
    if not seen[ask.key] then seen[ask.key], keys[#keys + 1] = true, ask.key end
  end
  table.sort(keys)
  return keys
end

-- returns a table key -> the time at which its last place ends, and the present time; or nil, err
local function read_limits(self, keys, lock)
  local text = self.sql.limits:gsub("%$LIST", ("?, "):rep(#keys - 1) .. "?") .. lock
  keys.n = #keys
  local rows, err = self.db:query_list(text, keys)
  if not rows then return nil, err end
  local ends = {}
  for _, row in ipairs(rows) do ends[row[1]] = tonumber(row[2]) end
  if rows[1] then return ends, tonumber(rows[1][3]) end
  rows, err = self.db:query(self.sql.now)
  if not rows then return nil, err end
  return ends, tonumber(rows[1][1])
end

-- Takes the places in a transaction: reads the limits, and writes the limits that changed. Returns the waits, or nil, err.
local function take(self, asks, keys)
  local lock = self.db.dialect.lock
  if lock ~= "" then -- a row must exist before it can be locked
    local rows = {}
    for i, key in ipairs(keys) do rows[i] = { key, "0" } end
    local made, err = query_rows(self, "make_limits", 2, rows, values.NONE, values.NONE)
    if not made then return nil, err end
  end
  local ends, now = read_limits(self, keys, lock)
  if not ends then return nil, now end
  local waits, rows = places(asks, ends, now)
  if #rows == 0 then return waits end
  local kept, err = query_rows(self, "keep_limits", 2, rows, values.NONE, values.NONE)
  if not kept then return nil, err end
  return waits
end

-- returns whether no place is asked for, because each at_most is below 0: then no transaction is needed
local function only_looks(asks)
  for _, ask in ipairs(asks) do
    if not (ask.at_most and ask.at_most < 0) then return false end
  end
  return true
end

function Store:take_all(asks)
  local keys = keys_of(asks)
  if only_looks(asks) then
    local ends, now = read_limits(self, keys, "")
    if not ends then return failed(self, now) end
    return (places(asks, ends, now))
  end
  local waits, err = self.db:transaction(take, self, asks, keys)
  if not waits then return failed(self, err) end
  return waits
end

function Store:take(key, _, interval, burst, at_most)
  local waits, err, details = self:take_all { { key = key, interval = interval, burst = burst, at_most = at_most } }
  if not waits then return nil, err, details end
  return waits[1]
end

---Closes the connection. May be called again.
function Store:close() self.db:close() end
Store.__close = Store.close

-- ---- making one -----------------------------------------------------------------------------------------------------------

-- A store in nginx. Many requests of nginx use the store at once, but a cosocket belongs to one request: so each call of the
-- store takes a connection from nginx's pool, and gives it back.
local Pooled = { __name = Store.__name }
Pooled.__index = Pooled

-- gives the connection back, and returns the results of the call
local function released(one, ...)
  one.db:release()
  return ...
end

for name, method in pairs(Store) do
  if not name:find "^__" then
    Pooled[name] = function(self, ...)
      local one = values.copy(self)
      one.db = self.db:another()
      return released(setmetatable(one, Store), method(one, ...))
    end
  end
end

---Closes the store: all further calls fail. May be called again.
function Pooled:close() self.db.closed = true end
Pooled.__close = Pooled.close

local function new(dialect, options, queue, class)
  options.dialect = dialect
  return setmetatable({
    db = database.new(options), sql = statements_of(dialect), queue = queue or "default", by_count = {}, marks = {},
  }, class or Store)
end

-- returns whether LuaDBI and its driver are installed
local function has_luadbi(dialect)
  return pcall(require, "DBI") and pcall(require, "dbd." .. dialect.driver:lower())
end

-- returns LuaDBI; raises if it is not installed
local function luadbi(dialect, level)
  if has_luadbi(dialect) then return require "DBI" end
  error(("this store needs LuaDBI with its driver %s: on Debian, apt install %s")
    :format(dialect.driver, dialect.package), level + 1)
end

local SQLITE = { path = "words", queue = "text", synchronous = "synchronous", busy_timeout = "seconds", connection = "object" }

---Makes a store in a file of SQLite. The file is opened at the first use. The store uses a write-ahead log. By default, each
---commit is on the disk before a function returns.
---@param options string|{ path: string?, queue: string?, synchronous: "FULL"|"NORMAL"?, busy_timeout: number?, connection: any? }
---the path of the file, or a table. queue: the name of the queue, "default"; one file can have several queues; synchronous:
---NORMAL is faster, but a power cut may lose the last commits; busy_timeout: seconds to wait while another process writes, 10;
---connection: your connection of LuaDBI: put stores in your transaction, and you commit
---@return whatsapp.outbox.sql store
function sql.sqlite(options)
  if type(options) == "string" then options = { path = options } end
  local checked = options_of.check(options, SQLITE, 2)
  if not (checked.path or checked.connection) then error("sql.sqlite needs the path of a file, or a connection", 2) end
  local dbi = luadbi(dialects.sqlite, 2)
  local path = checked.path
  return new(dialects.sqlite, {
    connection = checked.connection,
    settings = {
      ("PRAGMA busy_timeout = %d"):format((checked.busy_timeout or 10) * 1000), "PRAGMA journal_mode = WAL",
      "PRAGMA synchronous = " .. (checked.synchronous or "FULL"),
    },
    connect = function()
      local connection, err = dbi.Connect(dialects.sqlite.driver, path)
      if connection then connection:autocommit(true) end
      return connection, err
    end,
  }, checked.queue)
end

local POSTGRES = {
  database = "text", user = "text", password = "words", host = "text", port = "count", queue = "text", connection = "object",
}
local SETTINGS = { "SET jit = off" } -- PostgreSQL's JIT compiler takes longer than these statements run

local function run_pgmoon(self, text, bound) return self.connection:run(text, bound) end

local function in_nginx()
  local ngx = rawget(_G, "ngx")
  return type(ngx) == "table" and ngx.socket ~= nil
end

-- returns the options for database.new() over pgmoon; nil if pgmoon is not installed
local function pgmoon_options(options)
  if not pcall(require, "pgmoon") then return nil end
  local pgmoon, settings = require "whatsapp.outbox.pgmoon", values.copy(options)
  settings.pool = ("whatsapp.outbox:%s:%s:%s:%s")
    :format(options.host or "", options.port or "", options.database, options.user or "")
  return { settings = SETTINGS, run = run_pgmoon, connect = function() return pgmoon.connect(settings) end }
end

-- returns the options for database.new() over LuaDBI
local function luadbi_options(options, level)
  local dbi = luadbi(dialects.postgres, level + 1)
  return { settings = SETTINGS, connect = function()
    local made, err = dbi.Connect(dialects.postgres.driver, options.database, options.user, options.password, options.host,
      options.port and ("%d"):format(options.port))
    if made then made:autocommit(true) end
    return made, err
  end }
end

-- returns the options for database.new() over the caller's connection
local function callers_options(connection)
  local pgmoon = require "whatsapp.outbox.pgmoon"
  if not pgmoon.is_one(connection) then return { connection = connection } end
  return { connection = pgmoon.wrap(connection), run = run_pgmoon }
end

---Makes a store in a database of PostgreSQL. The store connects at the first use, and again after the connection is lost. In
---nginx, the store works over cosockets through pgmoon; if pgmoon is not installed, it works through LuaDBI, which blocks the
---worker process. Elsewhere, the store works through LuaDBI; if LuaDBI is not installed, it works through pgmoon and LuaSocket.
---@param options { database: string?, user: string?, password: string?, host: string?, port: integer?, queue: string?,
---connection: any? } queue: the name of the queue, "default"; one database can have several queues; connection: your connection
---of LuaDBI or pgmoon: put stores in your transaction, and you commit
---@return whatsapp.outbox.sql store
function sql.postgres(options)
  local checked = options_of.check(options, POSTGRES, 2)
  if not (checked.database or checked.connection) then error("sql.postgres needs a database, or a connection", 2) end
  local queue = checked.queue
  if checked.connection then return new(dialects.postgres, callers_options(checked.connection), queue) end
  local is_nginx = in_nginx()
  if is_nginx or not has_luadbi(dialects.postgres) then
    local found = pgmoon_options(checked)
    if found then return new(dialects.postgres, found, queue, is_nginx and Pooled) end
  end
  return new(dialects.postgres, luadbi_options(checked, 2), queue)
end

return sql
