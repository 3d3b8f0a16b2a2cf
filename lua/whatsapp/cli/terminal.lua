-- Writes data to stdout and messages for the user to stderr, and asks the user questions. A pipe gets the same text as a
-- terminal. By default, only a terminal gets colours. Replaces each secret that hide() received by ***. Callers decide what to
-- print; they call progress() and ask() only for a terminal.
local shell = require "whatsapp.cli.shell"
local show = require "whatsapp.util.show"

local terminal = {}
terminal.__index = terminal

local COLOURS = { red = "31", green = "32", yellow = "33", bold = "1" }
local MOST = 65536 -- bytes of an answer of the user
local SHORTEST = 4 -- bytes: a shorter secret is not hidden, because many words would contain the same bytes

---@param options { color: string?, quiet: boolean?, verbose: boolean? }
function terminal.new(options)
  return setmetatable({ color = options.color or "auto", quiet = options.quiet, verbose = options.verbose, secrets = {},
    is = {} },
    terminal)
end

-- ---- the streams ----------------------------------------------------------------------------------------------------------

---@param stream 0|1|2 stdin, stdout or stderr
---@return boolean is_terminal whether the stream is a terminal; the program `test` runs once for each stream
function terminal:is_terminal(stream)
  if self.is[stream] == nil then self.is[stream] = shell.ok(("test -t %d"):format(stream)) end
  return self.is[stream]
end

local function is_set(name)
  local value = os.getenv(name)
  return value ~= nil and value ~= ""
end

-- The order of the rules: --color, NO_COLOR, CLICOLOR_FORCE, then whether the stream is a terminal with colours.
local function has_colour(self, stream)
  if self.color ~= "auto" then return self.color == "always" end
  if is_set "NO_COLOR" then return false end
  if is_set "CLICOLOR_FORCE" and os.getenv "CLICOLOR_FORCE" ~= "0" then return true end
  return os.getenv "TERM" ~= "dumb" and self:is_terminal(stream)
end

---@param name string of a colour
---@param text string
---@param stream 1|2 the stream to which the caller will write the text
---@return string painted the text in the colour, or the text as it is if the stream gets no colours
function terminal:paint(name, text, stream)
  if not has_colour(self, stream) then return text end
  return ("\27[%sm%s\27[0m"):format(COLOURS[name], text)
end

---@return integer columns of the terminal; 80 if they are not known, or are fewer than 20
function terminal:width()
  if not self.columns then
    local _, printed = shell.run "stty size </dev/tty 2>/dev/null"
    self.columns = tonumber(os.getenv "COLUMNS" or "") or tonumber(printed:match "^%d+ (%d+)") or 80
    if self.columns < 20 then self.columns = 80 end
  end
  return self.columns
end

-- ---- secrets --------------------------------------------------------------------------------------------------------------

---Hides a secret in all later output.
---@param secret string? nil, or a string of less than 4 bytes: this call does nothing
function terminal:hide(secret)
  if type(secret) == "string" and #secret >= SHORTEST then self.secrets[#self.secrets + 1] = secret end
end

---@param text string
---@return string text with *** instead of each secret
function terminal:scrubbed(text)
  for _, secret in ipairs(self.secrets) do
    local from, to = text:find(secret, 1, true)
    while from do
      text = text:sub(1, from - 1) .. "***" .. text:sub(to + 1)
      from, to = text:find(secret, from + 3, true)
    end
  end
  return text
end

-- ---- writing --------------------------------------------------------------------------------------------------------------

-- Raises a table if a write to stdout failed. cli.main() ends silently if the reader has closed the pipe, and reports any other
-- error, such as a full disk.
local function check_written(written, err)
  if written then return end
  local is_closed = tostring(err):find "[Bb]roken pipe" ~= nil
  error({ is_closed_pipe = is_closed, output_error = "stdout: " .. tostring(err) }, 0)
end

---Prints a line of data. Raises if the write fails.
function terminal:out(line) check_written(io.stdout:write(self:scrubbed(line), "\n")) end

---Prints data as it is, without a line end. Raises if the write fails.
function terminal:raw(text) check_written(io.stdout:write(self:scrubbed(text))) end

function terminal.flush() check_written(io.stdout:flush()) end

-- removes the line of progress from the terminal
local function clear(self)
  if not self.has_progress then return end
  io.stderr:write("\r\27[K")
  self.has_progress = false
end

---Prints a message for the user, of one or more lines. Control characters in `text` are escaped.
---@param text string
---@param painted string? printed before `text` as it is: it may have colours
function terminal:say(text, painted)
  clear(self)
  io.stderr:write(painted or "", show.lines(self:scrubbed(text)), "\n")
end

---Prints a message, unless -q is set.
function terminal:note(text)
  if not self.quiet then self:say(text) end
end

---Prints a message only if -v is set.
function terminal:tell(text)
  if self.verbose then self:say(text) end
end

---Prints an error, of one or more lines. Each line begins with the name of the program.
function terminal:complain(text)
  local name = self:paint("red", "whatsapp:", 2) .. " "
  for line in (text .. "\n"):gmatch "(.-)\n" do self:say(line, name) end
end

---Prints a line that the next output on stderr replaces. Call this function only if stderr is a terminal.
function terminal:progress(line)
  io.stderr:write("\r", line:sub(1, self:width() - 1), "\27[K")
  io.stderr:flush()
  self.has_progress = true
end

terminal.clear = clear

---Asks a question on stderr, and reads the answer from stdin.
---@param question string
---@return boolean yes true: the answer begins with y or Y
function terminal:ask(question)
  clear(self)
  io.stderr:write(question, " [y/N] ")
  io.stderr:flush()
  local answer = require("whatsapp.util.file").line(io.stdin, MOST)
  return answer ~= nil and answer:lower():find "^%s*y" ~= nil
end

return terminal
