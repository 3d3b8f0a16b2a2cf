-- Makes the man page, in roff, from the rows of the commands, the exit codes and the settings. Each add_...() appends lines to
-- the list `out`. Pure: the same rows make the same bytes.
local exit = require "whatsapp.cli.exit"
local parser = require "whatsapp.cli.parser"
local settings = require "whatsapp.cli.settings"

local man = {}

-- returns a text in which roff sees no command: a backslash, a hyphen, and a dot or quote at the start of a line are escaped
local function escaped(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
  return (text:gsub("^([.'])", "\\&%1"))
end

local function add(out, line) out[#out + 1] = line end

local function add_options(out, rows)
  for _, row in ipairs(rows or {}) do
    local names = row[1]:gsub(" ", ", ")
    add(out, ".TP")
    add(out, (".B %s%s"):format(escaped(names), row[2] and " " .. escaped(row[2]) or ""))
    add(out, escaped(row[3]))
  end
end

-- returns an argument with its count: NAME, [NAME], [NAME ...] or NAME ...
local function argument_of(row)
  local name = row.argname or row[1]:upper()
  if row[2] == "?" then return "[" .. name .. "]" end
  if row[2] == "*" then return "[" .. name .. " ...]" end
  return row[2] == "+" and name .. " ..." or name
end

-- adds a command and its subcommands; prefix: the names before the command, such as "media "
local function add_command(out, command, prefix)
  local words = { prefix .. command.name }
  if command.options then words[#words + 1] = "[options]" end
  for _, row in ipairs(command.arguments or {}) do words[#words + 1] = argument_of(row) end
  if command.commands then words[#words + 1] = "COMMAND" end
  add(out, ".SS " .. escaped(table.concat(words, " ")))
  add(out, escaped(command.description or command.summary))
  add_options(out, command.options)
  if not command.commands then
    add(out, ".PP")
    for _, example in ipairs(command.examples) do
      add(out, ".RS 4")
      add(out, ".nf")
      add(out, escaped(example))
      add(out, ".fi")
      add(out, ".RE")
    end
  end
  for _, below in ipairs(command.commands or {}) do add_command(out, below, prefix .. command.name .. " ") end
end

local function add_exit_codes(out)
  add(out, ".SH EXIT STATUS")
  for _, row in ipairs(exit.CODES) do
    add(out, ".TP")
    add(out, (".B %d"):format(row.code))
    add(out, escaped(row.meaning))
  end
end

local function add_settings(out)
  add(out, ".SH SETTINGS")
  add(out, escaped("The program uses an option first, then a variable of the environment, then a profile of the "
    .. "configuration file. "
    .. "No option takes a secret, because every user of a machine can read the arguments of a process."))
  for _, row in ipairs(settings.ROWS) do
    add(out, ".TP")
    add(out, (".B %s%s"):format(escaped(row[1]), row[2] and escaped(" (" .. row[2] .. ")") or ""))
    add(out, escaped(row.help))
  end
  add(out, ".SH FILES")
  add(out, ".TP")
  add(out, ".I ${XDG_CONFIG_HOME:\\-~/.config}/whatsapp/config.json")
  add(out, escaped('{ "default": "test", "profiles": { "test": { "phone_number_id": "106540352242922", '
    .. '"token_command": "pass show whatsapp" } } }'))
end

---@return string page
function man.page()
  local cli = require "whatsapp.cli"
  local out = {}
  add(out, ('.TH WHATSAPP 1 "" "lua-whatsapp %s" "User Commands"'):format(require("whatsapp")._VERSION))
  add(out, ".SH NAME")
  add(out, "whatsapp \\- the WhatsApp Cloud API from the shell")
  add(out, ".SH SYNOPSIS")
  add(out, ".B whatsapp")
  add(out, "[options] COMMAND ...")
  add(out, ".SH DESCRIPTION")
  add(out, escaped("Checks and sends messages, tests webhooks, and finds faults. Data goes to stdout, messages for the user go "
    .. "to stderr. A pipe gets the same data as a terminal."))
  add(out, ".SH OPTIONS")
  add_options(out, parser.GLOBAL)
  add(out, ".SH COMMANDS")
  for _, command in ipairs(cli.commands()) do add_command(out, command, "") end
  add_exit_codes(out)
  add_settings(out)
  return table.concat(out, "\n") .. "\n"
end

return man
