-- make bench-send: what sending a message costs in instructions, which is the same on every machine: raw libcurl with ready bytes
-- and the default client, in user mode, counted by valgrind's callgrind. The cost is a run of many sends less a run of few sends,
-- so that the start does not count. Prints only: it never fails because of a number, never sends to the API, and leaves nothing
-- behind.
local M = {}

-- Sends. One turn of Lua's collector takes about 500; one connection takes 900.
local FEW, MANY = 100, 700
local IN_FLIGHT = 100

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function counted(clean, command)
  local text = output(("%s valgrind --tool=callgrind --callgrind-out-file=/dev/null %s 2>&1"):format(clean, command))
  local instructions = text:match "Collected : (%d+)"
  if not instructions then error(("%s: %s"):format(command, text), 0) end
  return tonumber(instructions)
end

---@param command fun(count: integer): string the command that sends `count` messages
---@return number instructions a message
local function per_message(clean, command)
  return (counted(clean, command(MANY)) - counted(clean, command(FEW))) / (MANY - FEW)
end

-- a client of spec/bench/send/whatsapp.lua, what it is
local CLIENTS = {
  { "unlimited", "without limits" },
  { "default", "the default client, limits never hold" },
  { "observed", "that, with whatsapp.metrics" },
  { "hooked", "that, with a hook and a log that do nothing" },
}

---@param place { raw: string, lua: string, url: string, ca: string, body: string, clean: string }
function M.run(place)
  if output "valgrind --version 2>/dev/null" == "" then
    print "\ninstructions: valgrind is not installed"
    return
  end
  print(("\ninstructions a message, HTTP/2 (%d sends less %d)   one at a time  x raw   %d in flight  x raw")
    :format(MANY, FEW, IN_FLIGHT))
  local base = {}
  local function row(name, command)
    local text = ("  %-44s"):format(name)
    for i, mode in ipairs { "blocking", "many" } do
      local instructions = per_message(place.clean, function(count) return command(mode, count) end)
      base[i] = base[i] or instructions
      text = text .. ("  %12.0f  %5.2f"):format(instructions, instructions / base[i])
    end
    print(text)
  end
  row("raw libcurl", function(mode, count)
    return ("%s %s %s/v26.0/106540352242922/messages %s %d 1 %d 1 %s untimed"):format(place.raw, mode, place.url, place.ca,
      count, IN_FLIGHT, place.body)
  end)
  for _, client in ipairs(CLIENTS) do
    row(client[2], function(mode, count)
      return ("%s spec/bench/send/whatsapp.lua %s %s %s %d 1 %d %s"):format(place.lua, mode, place.url, place.ca,
        count, IN_FLIGHT, client[1])
    end)
  end
end

return M
