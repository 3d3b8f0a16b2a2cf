-- Runs the program `whatsapp` as a user does: in a shell, with an environment and a home of its own. Leaves nothing behind once it is
-- removed.
--   local program = require("spec.support.program").new()
--   local run = program.run("send 16505551234 Hello", { env = { NAME = "value" }, stdin = "bytes", terminal = true })
--   run.status, run.out, run.err       of a terminal: run.out has both
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"

local M = {}

local function quoted(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end
M.quoted = quoted

-- nothing of the person who runs the specs
local UNSET = [[for name in $(env | grep -o '^WHATSAPP_[A-Z_]*'); do unset "$name"; done; unset NO_COLOR CLICOLOR_FORCE COLUMNS XDG_CONFIG_HOME]]

function M.new(defaults)
  local scratch = scratch_folder.new()
  local program = { scratch = scratch, env = defaults or {} }

  local function variables(more)
    local words = { "HOME=" .. quoted(scratch.folder), "TERM=xterm" }
    for _, from in ipairs { program.env, more or {} } do
      for name, value in pairs(from) do words[#words + 1] = name .. "=" .. quoted(value) end
    end
    return "export " .. table.concat(words, " ")
  end

  -- a command of the shell that runs it; a program that is started by it gets the signals of the terminal
  function program.command(arguments, more)
    return ("cd %s; %s; %s; %s"):format(scratch.folder, UNSET, variables(more), arguments and "whatsapp " .. arguments or ":")
  end

  function program.run(arguments, options)
    options = options or {}
    local line = options.command or "whatsapp " .. arguments
    local command = program.command(nil, options.env)
    local stdin = options.stdin and scratch.write("stdin", options.stdin) or "/dev/null"
    if options.terminal then
      scratch.write("line", line .. "\necho $? >status\n")
      output(("%s; { %s; } | script -qec 'sh ./line' out >/dev/null 2>&1"):format(command,
        options.typed and "sleep 0.3; " .. options.typed or "sleep 0"))
    else
      output(("%s; { %s\n} <%s >out 2>err; echo $? >status"):format(command, line, stdin))
    end
    local err = options.terminal and "" or read(scratch.path "err", "")
    return { status = tonumber((read(scratch.path "status", ""):match "%d+")), out = read(scratch.path "out", ""), err = err }
  end

  function program.remove() scratch.remove() end
  return program
end

return M
