-- whatsapp completion: prints the completion script of a shell. The parser makes it from the rows of the commands.
local METHODS = { bash = "get_bash_complete", zsh = "get_zsh_complete", fish = "get_fish_complete" }

local function run(context)
  local parser = require("whatsapp.cli.parser").of(require("whatsapp.cli").commands())
  context.terminal:raw(parser[METHODS[context.options.shell]](parser))
end

return {
  name = "completion",
  summary = "print the completion script of a shell",
  arguments = { { "shell", "1", "bash, zsh or fish", argname = "SHELL", choices = { "bash", "zsh", "fish" } } },
  examples = { "whatsapp completion bash >/etc/bash_completion.d/whatsapp", "eval \"$(whatsapp completion bash)\"" },
  run = run,
}
