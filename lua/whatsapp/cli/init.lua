-- The program `whatsapp`. main() reads the command line, runs one command, and returns the exit code. Each file in commands/
-- returns one command as a row: name, help, options and the function `run`. parser.lua makes the parser from the rows. A command
-- ends early by exit.stop(), which raises a table; main() catches the table and prints its error.
local exit = require "whatsapp.cli.exit"
local terminals = require "whatsapp.cli.terminal"

local cli = {}

-- in the order of the help
local NAMES = {
  "send", "validate", "bulk", "outbox", "sandbox", "replay", "listen", "trigger", "media", "templates", "flows", "call", "doctor",
  "explain", "schema", "completion", "help", "version",
}

---@class whatsapp.cli.command
---@field name string
---@field summary string one line
---@field description string?
---@field arguments table[]? rows { name, count, description, argname =, choices = }; argname: the name in the help
---@field options table[]? rows { names, argument, description, choices =, number =, many = }; argument: nil for a flag; number:
---the argument must be a number; many: the option may occur more than once
---@field examples string[]
---@field commands whatsapp.cli.command[]?
---@field run fun(context: whatsapp.cli.context): string? returns the name of an exit code; nil means "done"

-- Hides the secrets in the environment from all output of a terminal; returns the terminal. main() calls this function before
-- anything can fail, because an error message may contain a secret.
local function hide_secrets(terminal)
  for _, row in ipairs(require("whatsapp.cli.settings").ROWS) do
    if row.secret then terminal:hide(os.getenv(row[2])) end
  end
  return terminal
end

---Loads all commands.
---@return whatsapp.cli.command[] commands in the order of the help
function cli.commands()
  local rows = {}
  for i, name in ipairs(NAMES) do rows[i] = require("whatsapp.cli.commands." .. name) end
  return rows
end

-- Option of other programs that takes a secret -> the setting that holds this secret here. This program refuses the option,
-- because every user of the machine can read the arguments of a process.
local SECRETS = { token = "token", ["access-token"] = "token", ["app-secret"] = "app_secret", secret = "app_secret" }

-- ends the command if an argument is an option of SECRETS
local function check_no_secret(arguments)
  for _, argument in ipairs(arguments) do
    if argument == "--" then return end
    local name = argument:match "^%-%-([%a-]+)"
    local secret = name and SECRETS[name]
    if secret then
      exit.stop("usage", ("--%s is not an option: every user can read the arguments of a process. Set WHATSAPP_%s, or %s")
        :format(name, secret:upper(), secret == "token" and "use --token-file or a profile's token_command"
          or "the app_secret_file of a profile"))
    end
  end
end

---@class whatsapp.cli.context
---@field options table the options and arguments of the command line
---@field terminal table
---@field settings fun(): table returns the settings; the first call reads them
---@field emit fun(object: table, line: string?, order: string[]?, painted: string?) prints `painted` as it is, then `line` with
---its line ends and control characters escaped; with --json, prints `object` instead, with the members of `order` first

-- returns the argument of the function `run` of a command
local function context_of(options, terminal)
  local context, read = { options = options, terminal = terminal }, nil
  function context.settings()
    read = read or require("whatsapp.cli.settings").new(options, terminal)
    return read
  end
  function context.emit(object, line, order, painted)
    if options.json then return terminal:out(require("whatsapp.cli.json_line").of(object, order)) end
    if line then terminal:out((painted or "") .. require("whatsapp.util.show").lines((line:gsub("\n", "\\n")))) end
  end
  return context
end

-- returns the command, or its subcommand, that the command line names
local function command_of(options)
  local command = require("whatsapp.cli.commands." .. options.command)
  for _, below in ipairs(command.commands or {}) do
    if below.name == options.subcommand then return below end
  end
  return command
end

-- ---- how the program ends ---------------------------------------------------------------------------------------------------

-- prints the error, the hint and the sentence of an exit code; returns the code
local function complain(terminal, name, err, hint)
  local row = exit.row(name)
  if err then terminal:complain(err) end
  if hint then terminal:complain(hint) end
  terminal:complain(row.sentence)
  return row.code
end

-- With --json, prints a failure that has details as an object on stdout, too. stderr gets the same failure as text.
local function tell_failure(context, raised)
  if not (context and context.options.json and raised.details) then return end
  local outcome = require "whatsapp.cli.outcome"
  context.emit({ state = outcome.state_of(raised.details), error = outcome.error_of(raised.err, raised.details) }, nil,
    { "state" })
end

-- At Ctrl-C, the program `lua` raises an error with this word.
local function is_interrupt(raised) return type(raised) == "string" and raised:find "interrupted!" ~= nil end

-- Reports an error that a command raised, and returns the exit code. Prints nothing if the reader of stdout has closed the pipe.
local function ended(terminal, context, raised)
  if type(raised) == "table" and raised.exit then
    tell_failure(context, raised)
    if raised.silent then return raised.exit.code end
    return complain(terminal, raised.exit.name, raised.err, raised.hint)
  end
  if is_interrupt(raised) then return complain(terminal, "interrupted") end
  if type(raised) == "table" and raised.output_error then
    if raised.is_closed_pipe then return exit.row("failed").code end
    return complain(terminal, "failed", raised.output_error)
  end
  return complain(terminal, "failed", tostring(raised))
end

-- ---- the way in -------------------------------------------------------------------------------------------------------------

-- Returns the rows of the commands for the parser. If the first argument names a command, loads only this command: the start-up
-- then takes 22 million instructions instead of 49 (valgrind --tool=callgrind; `whatsapp schema --help`, with --json before it).
local function commands_for(arguments)
  for _, name in ipairs(NAMES) do
    if arguments[1] == name then return { (require("whatsapp.cli.commands." .. name)) } end
  end
  return cli.commands()
end

-- Returns the options and arguments of the command line. Looks for --version itself, because the parser requires a command.
local function parse(arguments)
  check_no_secret(arguments)
  local parser = require("whatsapp.cli.parser").of(commands_for(arguments))
  if #arguments == 0 then
    io.stderr:write(parser:get_help(), "\n")
    exit.stop("usage", nil, { silent = true })
  end
  for _, argument in ipairs(arguments) do
    if argument == "--version" then return { command = "version" } end
    if not argument:find "^%-" then break end
  end
  local ok, result = parser:pparse(arguments)
  if ok then return result end
  exit.stop("usage", result)
end

---Runs the program.
---@param arguments string[]
---@return integer code the exit code
function cli.main(arguments)
  local terminal, context = hide_secrets(terminals.new {}), nil -- for errors before the options are known
  local ok, raised = pcall(function()
    local options = parse(arguments)
    terminal = hide_secrets(terminals.new(options))
    context = context_of(options, terminal)
    local name = command_of(options).run(context) or "done"
    terminal:clear()
    terminal.flush()
    return name
  end)
  if ok then return exit.row(raised).code end
  local ended_well, code = pcall(ended, terminal, context, raised) -- the report itself fails if stdout is full or closed
  return ended_well and code or exit.row("failed").code
end

return cli
