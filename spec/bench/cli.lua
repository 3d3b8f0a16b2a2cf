-- The cost of the program: its help in milliseconds, messages a second that `validate` checks, and the memory of `bulk` over CSV
-- of a
-- million rows. Prints only: it never fails because of a number. Run by `make bench-cli`.
--   lua spec/bench/cli.lua [MESSAGES] [ROWS]
local output = require "spec.support.output"
local scratch = require("spec.support.scratch").new()

local messages, rows = tonumber(arg[1]) or 100000, tonumber(arg[2]) or 1000000

-- seconds of processor time, because other programs may use the machine, too
local function seconds(command)
  local user, system = output(("{ %s\n} >/dev/null; times"):format(command)):match "\n0m([%d.]+)s 0m([%d.]+)s\n$"
  return tonumber(user) + tonumber(system)
end

local function write(name, count, line_of, header)
  local file = assert(io.open(scratch.path(name), "wb"))
  if header then file:write(header, "\n") end
  for i = 1, count do file:write(line_of(i), "\n") end
  file:close()
end

local function median(count, measure)
  local list = {}
  for i = 1, count do list[i] = measure() end
  table.sort(list)
  return list[math.floor((count + 1) / 2)]
end

local function help()
  local many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do %s; done"
  local bare, all = seconds(many:format "$LUA -e ''") / 20, seconds(many:format "whatsapp --help") / 20
  print(("whatsapp --help               %7.1f ms, of which %.1f are those of a process with Lua"):format(all * 1000, bare * 1000))
end

local KINDS = {
  { "texts", function(i) return ('{"to":"1650%07d","type":"text","text":{"body":"Order %d is ready"}}'):format(i, i) end },
  { "buttons", function(i)
    return ('{"to":"1650%07d","type":"interactive","interactive":{"type":"button","body":{"text":"Order %d"},"action":{"buttons":['
      .. '{"type":"reply","reply":{"id":"yes","title":"Yes"}},{"type":"reply","reply":{"id":"no","title":"No"}}]}}}'):format(i, i)
  end },
  { "templates", function(i)
    return ('{"to":"1650%07d","type":"template","template":{"name":"order_ready","language":{"code":"en_US"},"components":[{"type":"body",'
      .. '"parameters":[{"type":"text","text":"Ana"},{"type":"text","text":"%d"}]}]}}'):format(i, i)
  end },
}

local function validate()
  for _, kind in ipairs(KINDS) do
    write("messages.jsonl", messages, kind[2])
    local took = median(3, function() return seconds("whatsapp -q validate " .. scratch.path "messages.jsonl") end)
    print(("whatsapp validate, %-10s %7d messages in %5.2f s: %8.0f a second"):format(kind[1], messages, took, messages / took))
  end
end

-- returns the largest resident set of a command, in KiB; looks ten times a second
local function peak(command)
  return tonumber((output(([[%s & pid=$!; most=0
    while kill -0 $pid 2>/dev/null; do
      seen=$(awk '/^VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null); [ "${seen:-0}" -gt $most ] && most=$seen; sleep 0.1
    done; echo $most]]):format(command)):match "%d+"))
end

local function csv()
  write("message.json", 1, function() return '{"to":"{{phone}}","text":{"body":"Hello {{name}}, {{note}}"}}' end)
  for _, count in ipairs { math.floor(rows / 10), rows } do
    write("rows.csv", count, function(i) return ('1650%07d,"Ana ""%d""","a note, with a comma"'):format(i, i) end, "phone,name,note")
    local command = ("whatsapp -q bulk %s -m %s --dry-run >/dev/null"):format(scratch.path "rows.csv", scratch.path "message.json")
    local memory, took = peak("exec " .. command), seconds(command)
    print(("whatsapp bulk --dry-run, CSV  %7d rows in %5.2f s: %8.0f a second, %.1f MiB at most"):format(count, took, count / took,
      memory / 1024))
  end
end

help()
validate()
csv()
scratch.remove()
