-- A name server on loopback for nginx and for specs. localhost is 127.0.0.1. A name that begins with "late" is also 127.0.0.1, but the
-- answer takes half a second. A name that begins with "slow" gets no answer. No other name exists. The server ends after two minutes,
-- or when the program that reads its output has ended.
--   lua dns_server.lua [ADDRESS [PORT]]      prints its port
local uv = require "luv"

local MAX_AGE = 120 -- seconds

-- Returns the name in a question, and the bytes of the question section. Each label of the name begins with its length.
local function name_of(question)
  local labels, at = {}, 13
  while question:byte(at) and question:byte(at) > 0 do
    labels[#labels + 1] = question:sub(at + 1, at + question:byte(at))
    at = at + question:byte(at) + 1
  end
  return table.concat(labels, "."), question:sub(13, at + 4)
end

-- returns the bytes of the answer, and the milliseconds until the answer; nil: no answer
local function answer_to(question)
  local name, asked = name_of(question)
  if name:find "^slow" then return nil end
  if name ~= "localhost" and not name:find "^late" then return question:sub(1, 2) .. string.pack(">I2I2I2I2I2", 0x8183, 1, 0, 0, 0) .. asked end
  return question:sub(1, 2) .. string.pack(">I2I2I2I2I2", 0x8180, 1, 1, 0, 0) .. asked
    .. string.pack(">I2I2I2I4I2BBBB", 0xC00C, 1, 1, 60, 4, 127, 0, 0, 1), name:find "^late" and 500 or 0
end

local server = uv.new_udp()
assert(server:bind(arg[1] or "127.0.0.1", tonumber(arg[2] or 0)))
server:recv_start(function(problem, question, from)
  if problem or not question or #question <= 12 then return end
  local answer, delay = answer_to(question)
  if not answer then return end
  local timer = uv.new_timer()
  timer:start(delay, 0, function()
    timer:close()
    server:send(answer, from.ip, from.port)
  end)
end)
io.stdout:setvbuf "no"
io.write("port ", server:getsockname().port, "\n")

local watch, age = uv.new_timer(), 0
watch:start(500, 500, function()
  age = age + 0.5
  if age > MAX_AGE or not io.write ".\n" then os.exit(0) end
end)
uv.run()
