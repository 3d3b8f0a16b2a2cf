-- Shows the progress of many messages as one line: a bar, counts, the rate and the remaining time. On a terminal, the line
-- replaces itself, at most ten times a second. Elsewhere, -v prints a line every ten seconds; without -v, nothing is printed.
local progress = {}
progress.__index = progress

local WIDTH = 10 -- characters of the bar
local EACH, EACH_WORDS = 0.1, 10 -- seconds between two lines: on a terminal, elsewhere

---@param number integer
---@return string with commas between thousands
function progress.number(number)
  local digits = ("%d"):format(number)
  local found
  repeat digits, found = digits:gsub("^(%d+)(%d%d%d)", "%1,%2") until found == 0
  return digits
end

-- returns seconds as "1:02" or "1:02:03"
local function clock(seconds)
  if seconds >= 3600 then return ("%d:%02d:%02d"):format(math.floor(seconds / 3600), math.floor(seconds / 60) % 60,
    math.floor(seconds) % 60) end
  return ("%d:%02d"):format(math.floor(seconds / 60), math.floor(seconds) % 60)
end

---@param counts { done: integer, failed: integer, unknown: integer }
---@param total integer? nil: the total is not known, so the line has no bar and no remaining time
---@param elapsed number seconds
---@return string line
function progress.line(counts, total, elapsed)
  local number, rate = progress.number, elapsed > 0 and counts.done / elapsed or 0
  local pieces = {}
  if total and total > 0 then
    local filled = math.floor(WIDTH * counts.done / total)
    pieces[1] = ("[%s%s] %s/%s  %d%%"):format(("#"):rep(filled), ("-"):rep(WIDTH - filled), number(counts.done), number(total),
      math.floor(100 * counts.done / total))
  else pieces[1] = number(counts.done) end
  pieces[#pieces + 1] = ("%.1f/s"):format(rate)
  if counts.failed > 0 then pieces[#pieces + 1] = "failed " .. number(counts.failed) end
  if counts.unknown > 0 then pieces[#pieces + 1] = "unknown " .. number(counts.unknown) end
  if total and rate > 0 then pieces[#pieces + 1] = "eta " .. clock((total - counts.done) / rate) end
  return table.concat(pieces, "  ")
end

---@param terminal table cli/terminal
---@param total integer?
---@param now fun(): number a clock in seconds
---@return table progress
function progress.new(terminal, total, now)
  local shows = not terminal.quiet and terminal:is_terminal(2)
  local every = shows and EACH or (terminal.verbose and EACH_WORDS) or math.huge
  return setmetatable({ terminal = terminal, total = total, now = now, started = now(), shown = now(), every = every,
    shows = shows }, progress)
end

---Prints the line, if the last one is old enough.
---@param counts { done: integer, failed: integer, unknown: integer }
function progress:update(counts)
  local now = self.now()
  if now - self.shown < self.every then return end
  self.shown = now
  local line = progress.line(counts, self.total, now - self.started)
  if self.shows then self.terminal:progress(line) else self.terminal:say(line) end
end

return progress
