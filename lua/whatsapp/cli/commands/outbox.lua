-- whatsapp outbox: keeps messages in a store until they are sent. An entry is a message in the store. The subcommands put, send,
-- list, show, resolve, count and delete entries. Never sends a message again that may have been sent, unless the user asks for it
-- with `resolve KEY again`.
local exit = require "whatsapp.cli.exit"
local store = require "whatsapp.cli.store"

local ORDER = { "key", "state", "to", "id", "status", "attempts", "error", "stamp", "made", "due" }

local function outbox_of(context)
  local options = require("whatsapp.cli.outbox_run").options(context)
  options.store = store.of(context.settings())
  return require("whatsapp.outbox").new(options)
end

-- returns the line of an entry: state, key, recipient, id, and the error or the status
local function line_of(entry)
  return ("%s\t%s\t%s\t%s\t%s"):format(entry.state, entry.key, tostring(entry.lane), entry.id or "-", entry.error
    or entry.status or "")
end

local SHOWN = { "key", "state", "lane", "id", "status", "attempts", "error", "stamp", "made", "due", "expires", "ended",
  "message" }

-- returns the public members of an entry; the recipient (`lane`) gets the name `to`
local function plain(entry)
  local made = {}
  for _, name in ipairs(SHOWN) do made[name] = entry[name] end
  made.to, made.lane = made.lane, nil
  return made
end

local function tell(context, entry) context.emit(plain(entry), line_of(entry), ORDER) end

-- ---- put ----------------------------------------------------------------------------------------------------------------------

local function put(context)
  local outbox = outbox_of(context)
  local file, name = require("whatsapp.cli.records").open(context.options.file or "-")
  local counts = { new = 0, same = 0, refused = 0 }
  require("whatsapp.cli.outbox_rows").put(outbox, require("whatsapp.cli.rows").of(file, name, {}), { ttl = context.options.ttl },
    function(row, result)
      local state = result.state or "refused"
      counts[state] = counts[state] + 1
      if result.err then context.terminal:complain(("%s:%d: %s"):format(name, row.line, result.err)) end
      context.emit({ line = row.line, key = result.key, state = result.state or "invalid", stamp = result.stamp,
        err = result.err },
        result.key and ("%s\t%s"):format(result.state or "invalid", result.key) or nil, { "line", "key", "state" })
    end)
  context.terminal:note(("%d new, %d there before, %d refused"):format(counts.new, counts.same, counts.refused))
  if counts.refused > 0 then exit.stop(counts.new + counts.same == 0 and "invalid" or "some") end
end

-- ---- send ---------------------------------------------------------------------------------------------------------------------

local function run(context)
  local outbox, failed = outbox_of(context), 0
  context.settings():need_secret "token"
  local is_interrupted = require("whatsapp.cli.outbox_run").run(context, outbox, context.options.once or false, function(entry)
    if entry.state ~= "accepted" and entry.state ~= "queued" then failed = failed + 1 end
    tell(context, entry)
    context.terminal.flush()
  end)
  if is_interrupted then exit.stop "interrupted" end
  if failed > 0 then
    exit.stop("some", ("%d were not accepted: see whatsapp outbox ls --state unknown (or failed)"):format(failed))
  end
end

-- ---- list, show, resolve, count, delete
-- ----------------------------------------------------------------------------------------

local STATES = { "queued", "claimed", "sending", "unknown", "accepted", "failed", "expired" }

local function ls(context)
  local outbox, after = outbox_of(context), nil
  while true do
    local list = store.check(outbox:list { state = context.options.state, after = after, limit = 500 })
    for _, entry in ipairs(list) do
      tell(context, entry)
      after = entry.seq
    end
    if #list < 500 then return end
  end
end

local function show(context)
  local entry = store.check(outbox_of(context):get(context.options.key))
  if not entry then exit.stop("failed", "there is no entry with this key") end
  context.terminal:out(require("whatsapp.cli.json_line").of(plain(entry), ORDER))
end

local function resolve(context)
  local options = context.options
  if store.check(outbox_of(context):resolve(options.key, options.word)) then return end
  exit.stop("failed", "there is no entry with this key in the state unknown")
end

local function stats(context)
  local counts = store.check(outbox_of(context):counts())
  if context.options.json then return context.emit(counts, nil, STATES) end
  for _, state in ipairs(STATES) do context.terminal:out(("%s\t%d"):format(state, counts[state] or 0)) end
end

-- Deletes entries. The store deletes a limited number in one call, so this function calls it until nothing is left to delete.
local function purge(context)
  local outbox, total = outbox_of(context), 0
  repeat
    local count = store.check(outbox:purge { keep = context.options.days and context.options.days * 86400 or nil })
    total = total + count
  until count == 0
  context.emit({ purged = total }, ("%d"):format(total))
end

local STORE = { "--store", "STORE", "sqlite:FILE, redis://HOST/QUEUE, postgres://HOST/DATABASE" }
local KEY = { "key", "1", "the key of an entry", argname = "KEY" }

-- Returns the row of a subcommand: every subcommand has the option --store, and `more` has its other members; extra: more
-- options.
local function command(name, summary, more)
  local row = { name = name, summary = summary, options = { STORE } }
  for key, value in pairs(more) do row[key] = value end
  for _, option in ipairs(more.extra or {}) do row.options[#row.options + 1] = option end
  return row
end

return {
  name = "outbox",
  summary = "keep messages in a store until they are sent",
  examples = { "whatsapp outbox put orders.jsonl --store sqlite:outbox.db", "whatsapp outbox run --store sqlite:outbox.db" },
  commands = {
    command("put", "check messages and store them", {
      arguments = { { "file", "?", "JSON Lines; the member key of a message is its key", argname = "FILE" } },
      extra = { { "--ttl", "S", "seconds after which a message expires", number = true } },
      examples = { "whatsapp outbox put orders.jsonl --store sqlite:outbox.db" }, run = put }),
    command("run", "send the due entries, until Ctrl-C", {
      extra = { { "--once", nil, "end when the outbox is empty" }, { "--rate", "N", "messages a second (80)", number = true },
        { "--concurrency", "N", "requests at once (16)", number = true }, { "--timeout", "S", "seconds for one attempt (30)",
        number = true } },
      examples = { "whatsapp outbox run --once --store sqlite:outbox.db" }, run = run }),
    command("ls", "list the entries: state, key, recipient, id", {
      extra = { { "--state", "STATE", "only entries in this state", choices = STATES } },
      examples = { "whatsapp outbox ls --state unknown --store sqlite:outbox.db" }, run = ls }),
    command("show", "print an entry with its message", { arguments = { KEY },
      examples = { "whatsapp outbox show order-1042 --store sqlite:outbox.db" }, run = show }),
    command("resolve", "decide about an unknown entry", {
      arguments = { KEY, { "word", "1", "again: send it once more; drop: give it up", argname = "WORD", choices = { "again",
        "drop" } } },
      examples = { "whatsapp outbox resolve order-1042 drop --store sqlite:outbox.db" }, run = resolve }),
    command("stats", "count the entries in each state", { examples = { "whatsapp outbox stats --store sqlite:outbox.db" },
      run = stats }),
    command("purge", "delete entries that ended", { extra = { { "--days", "N", "at least N days ago (7)", number = true } },
      examples = { "whatsapp outbox purge --days 30 --store sqlite:outbox.db" }, run = purge }),
  },
}
