-- How the program ends: the exit codes, a sentence for each code, and the code for each failure of the library. A command calls
-- stop() to end early: stop() raises a table, and cli.main() catches the table. Never calls os.exit().
local exit = {}

---@class whatsapp.cli.exit_code
---@field code integer
---@field name string
---@field sentence string printed on stderr after the error
---@field meaning string for `whatsapp help exit-codes` and the man page

---@type whatsapp.cli.exit_code[]
exit.CODES = {
  { code = 0, name = "done", sentence = "done", meaning = "done: everything was accepted, everything is valid" },
  { code = 1, name = "failed", sentence = "the command failed", meaning = "anything else went wrong" },
  { code = 2, name = "usage", sentence = "wrong use: see whatsapp help COMMAND",
    meaning = "wrong use of the command, or a setting is missing" },
  { code = 3, name = "invalid", sentence = "refused before sending: correct the input, nothing was sent",
    meaning = "refused before sending: the input is wrong, nothing was sent" },
  { code = 4, name = "refused", sentence = "refused by the API: the same request would fail again",
    meaning = "refused by the API (with code 190: whatsapp doctor)" },
  { code = 5, name = "try_later", sentence = "not sent: try again later",
    meaning = "not sent, try again later: no connection, or throttled" },
  { code = 6, name = "unknown", sentence = "the message may have been sent: check before you send it again",
    meaning = "the message may have been sent: check first" },
  { code = 7, name = "some", sentence = "not everything was accepted",
    meaning = "not everything was accepted; or a replay differs" },
  { code = 130, name = "interrupted", sentence = "interrupted by Ctrl-C",
    meaning = "interrupted by Ctrl-C; with bulk, each row that was read has an outcome" },
}

local by_name = {}
for _, row in ipairs(exit.CODES) do by_name[row.name] = row end

---@param name string the name of a row of exit.CODES
---@return whatsapp.cli.exit_code
function exit.row(name) return by_name[name] end

---Ends the running command: raises a table { exit, err, hint, details, silent }. cli.main() catches the table, prints the error
---and the hint, and returns the exit code.
---@param name string the name of a row of exit.CODES
---@param err string? one or more lines
---@param more { hint: string?, details: table?, silent: boolean? }? hint: printed after the error; details: of a failure of the
---library, printed with --json; silent: true prints nothing
function exit.stop(name, err, more)
  local stopped = { exit = assert(by_name[name], name), err = err }
  for key, value in pairs(more or {}) do stopped[key] = value end
  error(stopped, 0)
end

-- kind of the details -> name of the exit code, if nothing was sent and a repetition does not help
local OF_KIND = { invalid = "invalid", refused = "failed", api = "refused", protocol = "refused" }

---@param details whatsapp.details of a failure
---@param is_harmless boolean? true: to send the request twice does no harm, so "unknown" becomes "try_later"
---@return string name the name of a row of exit.CODES
function exit.name_of(details, is_harmless)
  if details.retryable then return "try_later" end
  if details.may_have_been_sent then return is_harmless and "try_later" or "unknown" end
  return OF_KIND[details.kind] or "failed"
end

local EXPIRED = 190 -- code of the API: the token is not valid

---Ends the running command, as stop() does, because the library returned a failure.
---@param err string
---@param details whatsapp.details
---@param is_harmless boolean? as in name_of()
function exit.for_failure(err, details, is_harmless)
  details = details or {}
  local hint = details.advice or details.hint
  if details.code == EXPIRED then hint = (hint and hint .. " " or "") .. "See: whatsapp doctor" end
  exit.stop(exit.name_of(details, is_harmless), err, { hint = hint, details = details })
end

return exit
