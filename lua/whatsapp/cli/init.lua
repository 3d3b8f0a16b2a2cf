-- The program `whatsapp`: reads the command line, runs one command, and turns an error of the command into an exit code and a
-- sentence. Every command is a file in commands/ that returns a row: name, help, options, function. Never does a command's work.
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
---@field arguments table[]? { name, count, description }
---@field options table[]? { names, argument, description, choices =, number =, many = }
---@field examples string[]
---@field commands whatsapp.cli.command[]?
---@field run fun(context: whatsapp.cli.context): string? name of an exit code, "done" if absent

-- hides the secrets of the environment from all output, before anything can fail
local function hide_secrets(terminal)
  for _, row in ipairs(require("whatsapp.cli.settings").ROWS) do
    if row.secret then terminal:hide(os.getenv(row[2])) end
  end
  return terminal
end

---@return whatsapp.cli.command[]
function cli.commands()
  local rows = {}
  for i, name in ipairs(NAMES) do rows[i] = require("whatsapp.cli.commands." .. name) end
  return rows
end

-- Other programs take a secret in these options. This program refuses them: every user can read the arguments of a process.
local SECRETS = { token = "token", ["access-token"] = "token", ["app-secret"] = "app_secret", secret = "app_secret" }

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
---@field settings fun(): table reads the settings at the first call
---@field emit fun(object: table, line: string?, order: string[]?, painted: string?) prints one line of data after the painted
---text, and escapes what could forge another line; with --json, prints the object instead

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

local function command_of(options)
  local command = require("whatsapp.cli.commands." .. options.command)
  for _, below in ipairs(command.commands or {}) do
    if below.name == options.subcommand then return below end
  end
  return command
end

-- ---- how the program ends ---------------------------------------------------------------------------------------------------

local function complain(terminal, name, err, hint)
  local row = exit.row(name)
  if err then terminal:complain(err) end
  if hint then terminal:complain(hint) end
  terminal:complain(row.sentence)
  return row.code
end

-- with --json, prints a failure also as an object on stdout
local function tell_failure(context, raised)
  if not (context and context.options.json and raised.details) then return end
  local outcome = require "whatsapp.cli.outcome"
  context.emit({ state = outcome.state_of(raised.details), error = outcome.error_of(raised.err, raised.details) }, nil,
    { "state" })
end

local function is_interrupt(raised) return type(raised) == "string" and raised:find "interrupted!" ~= nil end

-- reports an error that a command raised, and returns the exit code
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
  local err = require("whatsapp.util.values").text_of(raised)
  return complain(terminal, "failed", terminal.verbose and err or (err:gsub("^%S*%.lua:%d+: ", "")))
end

-- ---- the way in -------------------------------------------------------------------------------------------------------------

-- If the first argument is a command, loads only this command: this saves two thirds of the start-up time.
local function commands_for(arguments)
  for _, name in ipairs(NAMES) do
    if arguments[1] == name then return { (require("whatsapp.cli.commands." .. name)) } end
  end
  return cli.commands()
end

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
  local went, ok, result = pcall(parser.pparse, parser, arguments)
  if parser.asked_help then return { command = "help", text = parser.asked_help } end
  if not went then error(ok, 0) end
  if ok then return result end
  exit.stop("usage", result)
end

local BAD_DESCRIPTOR = 9 -- errno

-- If the caller closed stdin, stdout or stderr, the next file or connection gets its descriptor, and the program would write its
-- output into a connection. So this function opens files first: each read of stdin, or write of stdout, is then an error.
local function hold_streams()
  local _, _, code = io.stdin:seek "cur"
  local first = io.open("/dev/null", code == BAD_DESCRIPTOR and "wb" or "rb")
  cli.held = { first, io.open("/dev/null", "rb"), io.open("/dev/null", "rb") }
end

---@param arguments string[]
---@return integer code
function cli.main(arguments)
  hold_streams()
  local terminal, context = hide_secrets(terminals.new {}), nil
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
  local ended_well, code = pcall(ended, terminal, context, raised)
  return ended_well and code or exit.row("failed").code
end

return cli
