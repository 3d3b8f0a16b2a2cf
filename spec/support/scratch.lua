-- Makes a temporary folder for the files of a spec. remove() removes the folder.
--   local scratch = require("spec.support.scratch").new()
--   scratch.write("name", bytes) -> path      scratch.path "name"      scratch.list() -> names      scratch.empty()
--   scratch.run "command" -> output           scratch.remove()
local lines = require "spec.support.lines"
local output = require "spec.support.output"
local write = require "spec.support.write"

local M = {}

function M.new()
  local folder = output("mktemp -d"):match "^[^\n]+"
  local scratch = { folder = folder }

  function scratch.path(name) return folder .. "/" .. name end

  function scratch.write(name, bytes) return write(scratch.path(name), bytes) end

  -- returns the names of all files, sorted
  function scratch.list() return lines("ls -A " .. folder) end

  -- runs a command in the folder, and returns its output
  function scratch.run(command) return output(("cd %s && %s"):format(folder, command)) end

  function scratch.empty() output(("find %s -mindepth 1 -delete"):format(folder)) end

  function scratch.remove() output("rm -rf " .. folder) end
  return scratch
end

return M
