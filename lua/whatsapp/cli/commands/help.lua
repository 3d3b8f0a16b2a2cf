-- whatsapp help: prints the help of the program, of a command or of a topic. Never runs a command.
local exit = require "whatsapp.cli.exit"

local function exit_codes()
  local lines = { "How the program ends:", "" }
  for _, row in ipairs(exit.CODES) do lines[#lines + 1] = ("%5d  %s"):format(row.code, row.meaning) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Repeat the same command only after the exit code 5:"
  lines[#lines + 1] = "   until whatsapp send 16505551234 Hello; [ $? -ne 5 ]; do sleep 30; done"
  return lines
end

local function settings()
  local lines = {
    "The program uses an option first, then a variable, then a profile of the file",
      "${XDG_CONFIG_HOME:-~/.config}/whatsapp/config.json:", "",
    '   { "default": "test", "profiles": { "test": { "phone_number_id": "106540352242922",',
      '     "token_command": "pass show whatsapp" } } }',
    "", "No option takes a secret: every user of a machine can read the arguments of a",
      "process. A configuration file with a secret must be readable by its owner only.", "",
  }
  for _, row in ipairs(require("whatsapp.cli.settings").ROWS) do
    lines[#lines + 1] = ("  %-16s %-26s %s"):format(row[1], row[2] or "-", row.help)
  end
  return lines
end

-- topic -> function that returns its lines
local TOPICS = { ["exit-codes"] = exit_codes, settings = settings }

local function run(context)
  local topic = context.options.topic
  if TOPICS[topic] then
    for _, line in ipairs(TOPICS[topic]()) do context.terminal:out(line) end
    return
  end
  local cli = require "whatsapp.cli"
  local parser = require("whatsapp.cli.parser").of(cli.commands())
  if not topic then return context.terminal:out(parser:get_help()) end
  for _, command in ipairs(parser._commands) do
    if command._name == topic then return context.terminal:out(command:get_help()) end
  end
  local names = { ["exit-codes"] = true, settings = true }
  for _, command in ipairs(cli.commands()) do names[command.name] = true end
  local near = require("whatsapp.util.options").did_you_mean(topic, names)
  exit.stop("usage", ("there is no command %s%s"):format(topic, near and (", did you mean %s?"):format(near) or ""))
end

return {
  name = "help",
  summary = "print the help of a command or a topic: exit-codes, settings",
  arguments = { { "topic", "?", "a command, exit-codes or settings", argname = "COMMAND|TOPIC" } },
  examples = { "whatsapp help send", "whatsapp help exit-codes" },
  run = run,
}
