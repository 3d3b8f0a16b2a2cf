-- Runs commands with sh, and quotes words for sh. A caller must not put a secret into a command: every user of the machine can
-- read the arguments of a process.
local files = require "whatsapp.util.file"

local shell = {}

local MOST = 1024 * 1024 -- bytes that a command may print

---@param text string
---@return string quoted one word for sh
function shell.quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

---Runs a command.
---@param command string
---@return boolean ok true: the exit status is 0
function shell.ok(command)
  local result = os.execute(command)
  return result == true or result == 0 -- os.execute returns the status in Lua 5.1 and LuaJIT, else true or nil
end

---Runs a command and reads its output. The shell prints the exit status after the output, because pipe:close() does not return
---the status in Lua 5.1.
---@param command string
---@return boolean ok true: the exit status is 0, and the command printed at most 1 MiB
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
---@return string? mode such as "-rw-------", as `ls -l` prints it; nil: there is no such file
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

-- Runs a command with timeout(1), if the system has this program with the option --foreground.
local TIMED = [[if timeout --foreground 10 true 2>/dev/null; then exec timeout --foreground %d sh -c %s; else exec sh -c %s; fi]]

---Returns the first line that a command prints. If the system has timeout(1), stops the command after some seconds.
---@param command string
---@param seconds integer
---@return string? line nil: the command failed, printed nothing, or was stopped
function shell.first_line(command, seconds)
  local word = shell.quoted(command)
  local ok, printed = shell.run("(" .. TIMED:format(seconds, word, word) .. ")")
  local line = printed:match "^[^\r\n]+"
  return ok and line or nil
end

return shell
