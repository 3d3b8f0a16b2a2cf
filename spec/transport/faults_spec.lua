-- Thousands of messages over each transport through faults that are drawn at random: each has one outcome, no message
-- arrives twice, and the outcome agrees with the server's record. Never sends to another host.
local fault_server = require "spec.support.fault"
local many = require "spec.support.many"
local resty = require "spec.support.resty"
local rows = require "spec.transport.rows"
local whatsapp = require "whatsapp"

local SEED = tonumber(os.getenv "FAULT_SEED") or 20240229
local SLOW = (os.getenv "LD_PRELOAD" or ""):find "vgpreload" ~= nil -- under valgrind a tenth is enough

-- number of messages, transport; inside: in the transport's event loop; elsewhere: the client runs there, too
local RUNS = {
  { "whatsapp.transport.curl", "h2", 10000 }, { "whatsapp.transport.curl", "h1", 2000 },
  { "whatsapp.transport.cqueues", "h2", 2000, inside = true }, { "whatsapp.transport.cqueues", "h1", 2000 },
  { "whatsapp.transport.luv", "h2", 2000, inside = true }, { "whatsapp.transport.luv", "h1", 2000 },
  { "whatsapp.transport.copas", "h1", 1000 }, { "whatsapp.transport.callback", "h2", 1000, inside = true },
  { "whatsapp.transport.resty", "h1", 2000, elsewhere = true }, { "whatsapp.transport.resty", "plain", 2000, elsewhere = true },
}

local REFUSALS = { ["error 429 130429"] = true } -- statuses of answers to a message that arrived and was refused

local function row_of(module)
  for _, row in ipairs(rows.rows) do
    if row.module == module then return row end
  end
end

local function in_a_loop(module, client, count, in_flight)
  local loop, outcomes = row_of(module).loop(), nil
  loop.spawn(function() outcomes = many.send_inside(client, count, in_flight) end)
  loop.run(300)
  return outcomes
end

-- in a handler of an nginx worker
local IN_NGINX = [[
local args = ...
local transport = require("whatsapp.transport.resty").new { server_name = "localhost", timeout = 0.3, connect_timeout = 5 }
local client = require("whatsapp").new {
  token = "tokentoken", phone_number_id = "1", base_url = args.base_url, transport = transport, limiter = false,
}
local in_flight = {}
local outcomes = require("spec.support.many").send(client, args.count, in_flight)
transport.close()
return { outcomes = outcomes, in_flight = in_flight }
]]

local function in_nginx(fault, port, count)
  local home = resty.start { ca_file = fault.ca_file }
  local ok, got = pcall(home.run, IN_NGINX, { base_url = fault.url(port, ""), count = count })
  home.stop()
  assert(ok, got)
  return got.outcomes, got.in_flight
end

-- number -> how often the server accepted the message; it is refused if the server refused it each time
local function taken_of(messages)
  local taken = {}
  for number, faults in pairs(messages) do
    taken[number] = 0
    for _, what in ipairs(faults) do
      if not REFUSALS[what] then taken[number] = taken[number] + 1 end
    end
  end
  return taken
end

-- "outcome, taken N times" -> number of messages: a count is easier to read than thousands of lines
local function tally(outcomes, taken, count)
  local counts = {}
  for number = 1, count do
    local what = ("%s, taken %d times"):format(outcomes[number] or "no outcome", taken[number] or 0)
    counts[what] = (counts[what] or 0) + 1
  end
  return counts
end

-- the possible outcomes, each with the number of times that the server accepted the message
local POSSIBLE = { "accepted, taken 1 times", "unknown, taken 0 times", "unknown, taken 1 times", "unsent, taken 0 times" }

local function faults_in(messages)
  local kinds = {}
  for _, faults in pairs(messages) do
    for _, what in ipairs(faults) do kinds[what] = true end
  end
  return kinds
end

describe("many messages through faults at random", function()
  local fault, transport

  before_each(function() fault = fault_server.start() end)
  after_each(function()
    if transport then transport.close() end
    fault.stop()
  end)

  local function run(module, port, count, row)
    local in_flight = {}
    fault.play("random " .. SEED)
    if row.elsewhere then return in_nginx(fault, port, count) end
    local new = row_of(module).new or require(module).new
    transport = new { ca_file = fault.ca_file, proxy = "", timeout = 0.3, connect_timeout = 5 }
    local client = whatsapp.new {
      token = "tokentoken", phone_number_id = "1", base_url = fault.url(port, ""), transport = transport, limiter = false,
    }
    local outcomes = row.inside and in_a_loop(module, client, count, in_flight) or many.send(client, count, in_flight)
    return outcomes, in_flight
  end

  for _, row in ipairs(RUNS) do
    local module, port, count = row[1], row[2], SLOW and row[3] / 10 or row[3]
    it(("%d over %s, %s: one outcome each, and the server agrees"):format(count, module, port), function()
      local outcomes, in_flight = run(module, port, count, row)
      local messages = fault.messages()
      local counts = tally(outcomes, taken_of(messages), count)
      local possible = {}
      for _, what in ipairs(POSSIBLE) do possible[what] = counts[what] end
      assert.same(possible, counts)
      assert.same({ done = count, now = 0 }, in_flight)
      local kinds = faults_in(messages)
      for _, what in ipairs(SLOW and {} or { "html 502", "silence", "error 429 130429" }) do assert.is_true(kinds[what]) end
    end)
  end
end)
