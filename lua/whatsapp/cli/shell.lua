-- Runs commands of the shell, and quotes words for them. Never passes a secret as an argument.
local files = require "whatsapp.util.file"

local shell = {}

local MOST = 1024 * 1024 -- bytes that a command may print

---@param text string
---@return string quoted one word for sh
function shell.quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- os.execute returns a number in Lua 5.1 and LuaJIT
---@param command string
---@return boolean ok
function shell.ok(command)
  local result = os.execute(command)
  return result == true or result == 0
end

---@param command string
---@return boolean ok false also if the command prints more than 1 MiB
---@return string printed the output on stdout
function shell.run(command)
  local pipe = io.popen(("{ %s\n}; printf '\\n%%s' $?"):format(command))
  if not pipe then return false, "" end
  local output = files.all(pipe, MOST) or ""
  pipe:close()
  local printed, status = output:match "^(.*)\n(%d+)$"
  return status == "0", printed or ""
end

---@param path string
---@return string? mode such as "-rw-------"; nil: there is no such file
function shell.mode_of(path)
  local _, printed = shell.run(("ls -ldL %s 2>/dev/null"):format(shell.quoted(path:find "^%-" and "./" .. path or path)))
  return printed:match "^(%S%S%S%S%S%S%S%S%S%S)"
end

---@param path string
---@return boolean is_readable true: the group or other users may read the file
function shell.is_readable_by_others(path)
  local mode = shell.mode_of(path)
  return mode ~= nil and (mode:sub(5, 5) == "r" or mode:sub(8, 8) == "r")
end

local TIMED = [[if timeout --foreground 10 true 2>/dev/null; then exec timeout --foreground %d sh -c %s; else exec sh -c %s; fi]]

---Returns the first line that a command prints. If the system has timeout(1), the command ends after `seconds`.
---@param command string
---@param seconds integer
---@return string? line nil: the command failed, or it printed nothing
function shell.first_line(command, seconds)
  local word = shell.quoted(command)
  local ok, printed = shell.run("(" .. TIMED:format(seconds, word, word) .. ")")
  local line = printed:match "^[^\r\n]+"
  return ok and line or nil
end

return shell
