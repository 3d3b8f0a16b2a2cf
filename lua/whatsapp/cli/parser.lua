-- Makes the parser of the command line, an object of the library argparse, from the rows of the commands. Help and completion
-- come from this parser; man.lua makes the man page from the same rows. Never prints, and never ends the program.
local parser = {}

-- The options of every command: rows { names, argument, description }, as in whatsapp.cli.command.
parser.GLOBAL = {
  { "-p --profile", "PROFILE", "a profile of the configuration file" },
  { "--config", "FILE", "the configuration file" },
  { "--phone-number-id", "ID", "the id of the number that sends" },
  { "--waba-id", "ID", "the WhatsApp Business Account" },
  { "--base-url", "URL", "another address of the API, such as the sandbox's" },
  { "--token-file", "FILE", "the access token is the first line of FILE (-: of stdin)" },
  { "--json", nil, "print data as JSON, one object a line" },
  { "-q --quiet", nil, "print data and errors only" },
  { "-v --verbose", nil, "print more messages" },
  { "--color", "WHEN", "auto, always or never", choices = { "auto", "always", "never" } },
}

local WIDTH = 80 -- columns of the help

-- returns the name under which the value of an option is in the result: "--token-file" -> token_file
local function target_of(names) return (names:match "%-%-(%S+)":gsub("-", "_")) end

local function add_option(to, row)
  local names, argument = row[1], row[2]
  local made
  if argument then
    made = to:option(names):argname(argument)
    if row.many then made:count "*" else made:count "0-1" end
    if row.choices then made:choices(row.choices) end
    if row.number then
      made:convert(function(text)
        local number = tonumber(text)
        if number and number >= 0 and number < math.huge then return number end
        return nil, ("%s takes a number"):format(names:match "%-%-%S+")
      end)
    end
  else made = to:flag(names) end
  made:description(row[3]):target(target_of(names))
end

local function add_argument(to, row)
  local made = to:argument(row.argname or row[1]:upper()):target(row[1]):description(row[3]):args(row[2])
  if row.choices then made:choices(row.choices) end
end

local function epilog_of(command)
  local lines = { #command.examples > 1 and "Examples:" or "Example:" }
  for _, example in ipairs(command.examples) do lines[#lines + 1] = "   " .. example end
  return table.concat(lines, "\n")
end

-- target: the member of the result that gets the name of a subcommand
local function add_command(to, command, target)
  local made = to:command(command.name):summary(command.summary):description(command.description or command.summary)
  made:help_max_width(WIDTH):usage_max_width(WIDTH - 1)
  for _, row in ipairs(command.arguments or {}) do add_argument(made, row) end
  for _, row in ipairs(command.options or {}) do add_option(made, row) end
  if command.examples then made:epilog(epilog_of(command)) end
  if command.commands then
    made:command_target(target)
    for _, below in ipairs(command.commands) do add_command(made, below, nil) end
  end
end

---@param commands whatsapp.cli.command[]
---@return table parser an object of argparse
function parser.of(commands)
  local argparse = require("whatsapp.util.needed").module "argparse"
  local made = argparse("whatsapp", "The WhatsApp Cloud API from the shell: checks, sends, tests and repairs.")
  made:command_target "command":help_max_width(WIDTH):usage_max_width(WIDTH - 1):help_description_margin(22)
  for _, row in ipairs(parser.GLOBAL) do add_option(made, row) end
  made:flag "--version":description "the version":target "version"
  for _, command in ipairs(commands) do add_command(made, command, "subcommand") end
  made:epilog "Settings come from options, WHATSAPP_* variables, or a profile: whatsapp help settings\n"
  return made
end

return parser
