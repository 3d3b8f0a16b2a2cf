-- whatsapp bulk: sends many messages from a file, and writes one outcome for each row. Checks all rows before it sends the first
-- one. The rows of a pipe are checked one by one, because a pipe cannot be read twice. Never sends a row twice in one run.
--
-- Without --state, the client sends the rows in one batch; after Ctrl-C, only the rows that were read have an outcome. With
-- --state, the rows go through an outbox in a file of SQLite, so that another run continues the work.
local exit = require "whatsapp.cli.exit"
local number = require("whatsapp.cli.progress").number

-- ---- the file ---------------------------------------------------------------------------------------------------------------

-- Returns the message for the rows of CSV. A message that cannot be written as JSON is refused: a table that holds itself, or a
-- million tables in each other, would be filled in without end.
local function message_in(path)
  local message = require("whatsapp.cli.records").one(path)
  local json, err = require("whatsapp.wire.json").write(message)
  return json and message or exit.stop("usage", ("%s: %s"):format(path, err))
end

-- Returns the source of the rows. Each call of source.rows() returns an iterator over all rows, from the beginning of the file. A
-- pipe can be read only once.
local function open(context)
  local options = context.options
  local file, name = require("whatsapp.cli.records").open(options.file)
  local message = options.message and message_in(options.message)
  if options.empty and options.empty ~= "ok" then exit.stop("usage", "--empty takes ok") end
  local source = { file = file, name = name, can_rewind = require("whatsapp.cli.lines").can_rewind(file) }
  function source.rows()
    if source.is_read and source.can_rewind then file:seek "set" end
    source.is_read = true
    return require("whatsapp.cli.rows").of(file, name, { message = message, may_be_empty = options.empty ~= nil })
  end
  return source
end

local MOST_TOLD = 50 -- wrong rows whose problems are printed

-- Checks all rows, prints the problems, and calls visit(row) for each valid row. Returns the number of rows, and the number of
-- wrong rows.
local function check_all(context, source, visit)
  local rows = require "whatsapp.cli.rows"
  local count, wrong = 0, 0
  for row in source.rows() do
    count = count + 1
    local err, details = rows.check(row)
    if err then
      wrong = wrong + 1
      if wrong <= MOST_TOLD then
        for _, problem in ipairs(details.problems) do
          context.terminal:complain(("%s:%d: %s"):format(source.name, row.line, problem.message))
        end
      end
    elseif visit then visit(row) end
    if row.is_broken then break end
  end
  if wrong > MOST_TOLD then context.terminal:complain(("and %s more rows"):format(number(wrong - MOST_TOLD))) end
  return count, wrong
end

-- ---- outcomes ---------------------------------------------------------------------------------------------------------------

-- Returns a function that writes the line of an outcome, and a function that flushes. A run without --state writes the outcomes
-- of the rows that it sends, so it appends to the file of --out. A run with --state writes the outcomes of all rows, so it
-- replaces the file.
local function writer_of(context)
  local path = context.options.out
  if not path or path == "-" then
    local write = function(line) context.terminal:out(line) end
    return write, function() context.terminal.flush() end
  end
  local file, err = io.open(path, context.options.state and "wb" or "ab")
  if not file then exit.stop("usage", err) end
  return function(line)
    local ok, problem = file:write(context.terminal:scrubbed(line), "\n")
    if not ok then error({ output_error = ("%s: %s"):format(path, tostring(problem)) }, 0) end
  end, function() file:flush() end
end

-- Returns a ledger: it writes and counts the outcomes. ledger.open has the rows that were read and have no outcome yet: message
-- -> row. tell() writes the outcome of a row, settle() the outcome of a message that the client sent.
local function ledger_of(context)
  local outcome, json_line = require "whatsapp.cli.outcome", require "whatsapp.cli.json_line"
  local write, flush = writer_of(context)
  local ledger = { open = {}, counts = { done = 0, failed = 0, unknown = 0, accepted = 0 } }

  function ledger.tell(row, made)
    local counts, message = ledger.counts, row.message or {}
    made.line, made.key, made.to = row.line, row.key, message.to or message.recipient
    counts.done = counts.done + 1
    local name = made.state == "accepted" and "accepted" or made.state == "unknown" and "unknown" or "failed"
    counts[name] = counts[name] + 1
    if row.message then ledger.open[row.message] = nil end
    write(json_line.of(made, outcome.ORDER))
  end

  function ledger.settle(message, result, err, about)
    local row = ledger.open[message]
    if row then ledger.tell(row, outcome.of(result, err, about)) end
  end

  -- Writes an outcome for each row that is still open: batch:close() raises if no answer comes, and then returns no outcomes.
  function ledger.close()
    local left = {}
    for _, row in pairs(ledger.open) do left[#left + 1] = row end
    table.sort(left, function(a, b) return a.line < b.line end)
    for _, row in ipairs(left) do
      ledger.tell(row, { state = "unknown", error = { line = "interrupted while this message was sent",
        may_have_been_sent = true } })
    end
    flush()
  end
  ledger.flush = flush
  return ledger
end

-- ---- sending ----------------------------------------------------------------------------------------------------------------

-- Returns a function that returns the next valid message. Writes the outcome of a wrong row at once.
local function feed_of(source, ledger)
  local rows, next_row = require "whatsapp.cli.rows", source.rows()
  return function()
    while true do
      local row = next_row()
      if row == nil then return nil end
      local err, details = rows.check(row)
      if not err then
        row.key = row.key or rows.key_of(row)
        ledger.open[row.message] = row
        return row.message
      end
      ledger.tell(row, require("whatsapp.cli.outcome").of(nil, err, { kind = "invalid", problems = details.problems,
        attempts = 0 }))
      if row.is_broken then return nil end
    end
  end
end

local function client_of(context, transport)
  local options = context.options
  return context.settings():client {
    transport = transport, stamp = true, limiter = options.rate and { throughput = options.rate } or nil,
  }
end

local function transport_of(context)
  local ok, made = pcall(require("whatsapp.transport.curl").new, context.settings():transport_options())
  if not ok then exit.stop("usage", tostring(made)) end
  return require("whatsapp.cli.interruptible").transport(made)
end

-- Sends the rows in one batch. Returns the counts of the outcomes, and whether Ctrl-C was pressed. After Ctrl-C or an error,
-- waits for the answers to the messages on the wire.
local function send_all(context, source, total)
  local interruptible = require "whatsapp.cli.interruptible"
  local transport = transport_of(context)
  local client, ledger = client_of(context, transport), ledger_of(context)
  local bar = require("whatsapp.cli.progress").new(context.terminal, total, transport.now)
  local batch = client:each(feed_of(source, ledger), { concurrency = context.options.concurrency })
  local is_interrupted, problem = interruptible.run(function()
    local message, result, err, about = batch:next()
    while message do
      ledger.settle(message, result, err, about)
      bar:update(ledger.counts)
      coroutine.yield()
      message, result, err, about = batch:next()
    end
  end)
  if is_interrupted or problem then
    context.terminal:note "waiting for the messages on the wire; press Ctrl-C again to end at once"
    transport.expect_end()
    local ok, outcomes = pcall(batch.close, batch)
    for _, ended in ipairs(ok and outcomes or {}) do ledger.settle(ended.message, ended.result, ended.err, ended.details) end
  end
  ledger.close()
  context.terminal:clear()
  if problem then error(problem, 0) end
  return ledger.counts, is_interrupted
end

-- ---- with a state file ------------------------------------------------------------------------------------------------------

-- Opens the state file: an outbox that keeps the outcome of each row. So another run does not send the row again.
local function open_state(context)
  local options = context.options
  local is_there = io.open(options.state, "rb")
  if is_there then is_there:close() end
  if options.resume and not is_there then exit.stop("usage", ("--resume: there is no state file %s"):format(options.state)) end
  local made = require("whatsapp.cli.outbox_run").options(context)
  made.store = require("whatsapp.cli.store").sqlite(options.state)
  return require("whatsapp.outbox").new(made)
end

-- Reads the outcome of every row from the state file, and writes it. Returns the counts of the outcomes.
local function tell_all(context, source, outbox)
  local rows, outbox_rows, ledger = require "whatsapp.cli.rows", require "whatsapp.cli.outbox_rows", ledger_of(context)
  for row in source.rows() do
    if row.message then row.key = rows.key_of(row) end
    ledger.tell(row, outbox_rows.outcome(outbox, row))
    if row.is_broken then break end
  end
  ledger.close()
  return ledger.counts
end

-- state of an entry of the outbox -> the count that it increases; other states are not at their end
local OF_STATE = { accepted = "accepted", unknown = "unknown", failed = "failed", expired = "failed" }

-- Puts the rows into the state file, and sends all entries of the file. Returns the same values as send_all().
local function send_from_state(context, source, total)
  if not source.can_rewind then exit.stop("usage", "--state needs a file that can be read twice, not a pipe") end
  local outbox = open_state(context)
  local before = require("whatsapp.cli.store").check(outbox:counts())
  local counts = { done = 0, failed = 0, unknown = 0, accepted = 0 }
  require("whatsapp.cli.outbox_rows").put(outbox, source.rows(), { with_keys = true }, function(_, result)
    if result.state == "same" then counts.done = counts.done + 1 end
  end)
  local unfinished = before.queued + before.claimed + before.sending
  if counts.done > 0 then
    context.terminal:note(("%s rows are in %s already"):format(number(counts.done), context.options.state))
  elseif unfinished > 0 then
    context.terminal:note(("%s holds %s unsent messages of another file: they are sent too"):format(context.options.state,
      number(unfinished)))
  end
  counts.done = 0
  local bar = require("whatsapp.cli.progress").new(context.terminal, total, require("whatsapp.curl").now)
  local is_interrupted = require("whatsapp.cli.outbox_run").run(context, outbox, true, function(entry)
    local name = OF_STATE[entry.state]
    if not name then return end
    counts.done, counts[name] = counts.done + 1, counts[name] + 1
    bar:update(counts)
  end)
  context.terminal:clear()
  return tell_all(context, source, outbox), is_interrupted
end

-- ---- the command ------------------------------------------------------------------------------------------------------------

-- Asks the user before the first message is sent; count: nil for a pipe. --yes answers the question. But with a live profile,
-- --yes answers it only if there is no terminal: a person at a terminal is always asked.
local function agree(context, count)
  local options, settings = context.options, context.settings()
  local from = settings:need "phone_number_id"
  local is_live = settings:get "live" == true
  if is_live then context.terminal:note("sends from " .. from) end
  if options.yes and not is_live then return end
  if options.yes and not context.terminal:is_terminal(0) then return end
  if options.file == "-" or not context.terminal:is_terminal(0) then
    exit.stop("usage", "there is no terminal to ask before sending: --yes sends without a question")
  end
  local what = count and number(count) .. (count == 1 and " message" or " messages") or "the messages"
  if not context.terminal:ask(("Send %s from %s?"):format(what, from)) then exit.stop("failed", "nothing was sent") end
end

-- checks all rows, and prints the JSON of the valid rows
local function dry_run(context, source)
  local core = require "whatsapp.core"
  local count, wrong = check_all(context, source, function(row) context.terminal:out((core.encode(row.message))) end)
  if wrong > 0 then exit.stop("invalid", ("%s of %s rows would be refused"):format(number(wrong), number(count))) end
  context.terminal:note(("%s would be sent"):format(number(count)))
end

-- ends the command if an option is wrong
local function check_options(options)
  if options.resume and not options.state then exit.stop("usage", "--resume needs --state FILE.db") end
  if options.concurrency and (options.concurrency < 1 or options.concurrency % 1 ~= 0) then
    exit.stop("usage", "--concurrency takes a whole number over 0")
  end
  if options.rate == 0 then exit.stop("usage", "--rate takes a number over 0") end
end

-- returns a sentence such as "50 read: 48 accepted, 2 unknown"
local function summary(counts)
  local words = { ("%s accepted"):format(number(counts.accepted)) }
  if counts.failed > 0 then words[#words + 1] = ("%s not accepted"):format(number(counts.failed)) end
  if counts.unknown > 0 then words[#words + 1] = ("%s unknown"):format(number(counts.unknown)) end
  return ("%s read: %s"):format(number(counts.done), table.concat(words, ", "))
end

-- The order matters: all rows are checked before the command needs a token, asks the user, and sends.
local function run(context)
  local options = context.options
  check_options(options)
  local source, count = open(context), nil
  if options.dry_run then return dry_run(context, source) end
  if source.can_rewind then
    local wrong
    count, wrong = check_all(context, source)
    if wrong > 0 and not options.skip_invalid then
      exit.stop("invalid", ("%s of %s rows would be refused; --skip-invalid sends the others"):format(number(wrong),
        number(count)))
    end
  end
  context.settings():need_secret "token"
  agree(context, count)
  local send = options.state and send_from_state or send_all
  local counts, is_interrupted = send(context, source, count)
  context.terminal:note(summary(counts))
  if is_interrupted then exit.stop "interrupted" end
  if counts.accepted < counts.done then exit.stop "some" end
end

return {
  name = "bulk",
  summary = "send many messages from a file",
  description = "FILE is JSON Lines, one message a line; or CSV with -m FILE, a message that has {{column}} in its "
    .. "strings. Checks all rows before it sends the first row, unless FILE is a pipe. Prints one line of JSON for each row. "
    .. "After Ctrl-C without --state, only the rows that were read have a line. The state in a line is accepted, invalid, "
    .. "failed, not_sent or unknown.",
  arguments = { { "file", "1", "the rows; -: stdin", argname = "FILE" } },
  options = {
    { "-m --message", "FILE", "the message for each row of CSV, with {{column}} in its strings" },
    { "--out", "FILE", "append the outcomes to FILE (with --state: replace FILE); without --out, print them" },
    { "--rate", "N", "messages a second (80)", number = true },
    { "--concurrency", "N", "requests at once (32)", number = true },
    { "--empty", "ok", "a column of CSV may be empty" },
    { "--skip-invalid", nil, "send the valid rows even if others are wrong" },
    { "--state", "FILE.db", "keep the outcomes in FILE.db: the next run sends only the rows without an outcome" },
    { "--resume", nil, "with --state: fail if FILE.db does not exist" },
    { "--timeout", "S", "with --state: seconds for one attempt (30)", number = true },
    { "--dry-run", nil, "check the rows and print their JSON; needs no token" },
    { "-y --yes", nil, "send without a question" },
  },
  examples = { "whatsapp bulk orders.jsonl --yes --out outcomes.jsonl",
    "whatsapp bulk customers.csv -m order_ready.json --rate 20" },
  run = run,
}
