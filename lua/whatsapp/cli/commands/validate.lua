-- whatsapp validate: checks the messages in files, as a client does before it sends them. Needs no token and no network, and
-- sends nothing.
local exit = require "whatsapp.cli.exit"

local PROBLEM = { "file", "record", "warning", "path", "rule", "limit", "actual", "message" }

-- prints one problem
local function tell(context, name, record, problem, is_warning)
  local line = ("%s:%d: %s%s"):format(name, record, is_warning and "warning: " or "", problem.message)
  context.emit({ file = name, record = record, warning = is_warning or nil, path = problem.path, rule = problem.rule,
    limit = problem.limit, actual = problem.actual, message = problem.message }, line, PROBLEM)
end

-- Checks one record and prints its problems. Returns whether the record counts as wrong; strict: a warning is enough.
local function check(context, name, record, message, err, strict)
  if message == nil then
    tell(context, name, record, { path = "", rule = "json", message = err })
    return true
  end
  if type(message) ~= "table" then
    tell(context, name, record, { path = "", rule = "type", message = "a message is an object, got a " .. type(message) })
    return true
  end
  local ok, warnings, details = require("whatsapp.core").validate(message)
  if ok and not warnings then return false end
  for _, problem in ipairs(ok and warnings or details.problems) do tell(context, name, record, problem, ok) end
  return not ok or strict
end

local function check_file(context, path, counts)
  local records = require "whatsapp.cli.records"
  local file, name = records.open(path)
  local next_record, strict = records.of(file, name), context.options.strict
  local validate = require("whatsapp.core").validate
  for record, message, err in next_record do
    local ok, warnings
    if type(message) == "table" then ok, warnings = validate(message) end -- most messages are valid: check() is not called
    if not (ok and not warnings) and check(context, name, record, message, err, strict) then counts.wrong = counts.wrong + 1 end
    counts.all = counts.all + 1
  end
  if file ~= io.stdin then file:close() end
end

local function run(context)
  local counts = { all = 0, wrong = 0 }
  local files = #context.options.files > 0 and context.options.files or { "-" }
  for _, path in ipairs(files) do check_file(context, path, counts) end
  local noun = counts.all == 1 and "message" or "messages"
  if counts.wrong == 0 then
    context.terminal:note(("%d %s, all valid"):format(counts.all, noun))
    return "done"
  end
  context.terminal.flush()
  exit.stop("invalid", ("%d of %d %s would be refused"):format(counts.wrong, counts.all, noun))
end

return {
  name = "validate",
  summary = "check messages in files",
  description = "Checks messages as a client does before it sends them, and prints FILE:RECORD: path: problem. A file is JSON (a "
    .. "message or a list), JSON Lines or Lua. Without FILE, reads stdin. Needs no token and no network.",
  arguments = { { "files", "*", "files with messages; -: stdin", argname = "FILE" } },
  options = { { "--strict", nil, "warnings count as problems" } },
  examples = { "whatsapp validate orders.jsonl", "echo '{\"to\":\"1\",\"text\":{\"body\":\"\"}}' | whatsapp validate" },
  run = run,
}
