-- A folder of its own for the files of a spec. Leaves nothing behind, once it is removed.
--   local scratch = require("spec.support.scratch").new()
--   scratch.write("name", bytes) -> path      scratch.path "name"      scratch.list() -> names      scratch.empty()
local M = {}

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

function M.new()
  local folder = output("mktemp -d"):match "^[^\n]+"
  local scratch = { folder = folder }

  function scratch.path(name) return folder .. "/" .. name end

  function scratch.write(name, bytes)
    local file = assert(io.open(scratch.path(name), "wb"))
    assert(file:write(bytes))
    file:close()
    return scratch.path(name)
  end

  -- names of all files, sorted
  function scratch.list()
    local names = {}
    for name in output("ls -A " .. folder):gmatch "[^\n]+" do names[#names + 1] = name end
    return names
  end

  -- what a command says that is run in the folder
  function scratch.run(command) return output(("cd %s && %s"):format(folder, command)) end

  function scratch.empty() output(("find %s -mindepth 1 -delete"):format(folder)) end

  function scratch.remove() output("rm -rf " .. folder) end
  return scratch
end

return M
