-- Runs the program `whatsapp` as a user does: in a shell, with its own environment and home folder. remove() removes the folder.
--   local program = require("spec.support.program").new()
--   local run = program.run("send 16505551234 Hello", { env = { NAME = "value" }, stdin = "bytes", terminal = true })
--   run.status, run.out, run.err       with terminal = true, run.out has both outputs
--   program.run(nil, { command = "whatsapp schema | head -1" })      runs a whole command of the shell
local output = require "spec.support.output"
local read = require "spec.support.read"
local scratch_folder = require "spec.support.scratch"

local M = {}

local function quoted(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end
M.quoted = quoted

-- unsets the variables of the person who runs the specs
local UNSET = [[for name in $(env | grep -o '^WHATSAPP_[A-Z_]*'); do unset "$name"; done; unset NO_COLOR CLICOLOR_FORCE COLUMNS XDG_CONFIG_HOME]]

function M.new(defaults)
  local scratch = scratch_folder.new()
  local program = { scratch = scratch, env = defaults or {} }

  -- Writes the environment into a file for the shell. It is not in the arguments of a process, because every user can read these.
  local function environment(more)
    local words = { UNSET, "export HOME=" .. quoted(scratch.folder), "export TERM=xterm" }
    for _, from in ipairs { program.env, more or {} } do
      for name, value in pairs(from) do words[#words + 1] = ("export %s=%s"):format(name, quoted(value)) end
    end
    return scratch.write("environment", table.concat(words, "\n") .. "\n")
  end

  -- returns a command of the shell that runs `line` in the folder and the environment of the program
  function program.command(line, more)
    environment(more)
    return ("cd %s; . ./environment; %s"):format(scratch.folder, line)
  end

  function program.run(arguments, options)
    options = options or {}
    local line = options.command or "whatsapp " .. arguments
    local stdin = options.stdin and scratch.write("stdin", options.stdin) or "/dev/null"
    if options.terminal then
      scratch.write("line", line .. "\necho $? >status\n")
      output(program.command(("{ %s; } | script -qec 'sh ./line' out >/dev/null 2>&1"):format(
        options.typed and "sleep 0.3; " .. options.typed or "sleep 0"), options.env))
    else
      output(program.command(("{ %s\n} <%s >out 2>err; echo $? >status"):format(line, stdin), options.env))
    end
    local out, err = read(scratch.path "out", ""), options.terminal and "" or read(scratch.path "err", "")
    if options.terminal then out = out:gsub("^Script started[^\n]*\n", ""):gsub("\nScript done[^\n]*\n$", "") end -- lines that script(1) adds
    return { status = tonumber((read(scratch.path "status", ""):match "%d+")), out = out, err = err }
  end

  function program.remove() scratch.remove() end
  return program
end

return M
