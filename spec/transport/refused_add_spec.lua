-- If libcurl has no memory to begin a request, the caller gets an error, and no coroutine waits for an answer: each message has
-- one outcome, on each way to send. Only on Linux, where LD_PRELOAD can replace a function of libcurl; elsewhere there are no
-- cases. Never sends to another host.
local preloaded = require "spec.support.preloaded"

-- separate programs, which print the outcomes
local PRELUDE = [[
local whatsapp = require "whatsapp"
local url = ...
local list = {}
for i = 1, 4 do list[i] = { to = "1", text = { body = "id " .. i } } end
local function open(more)
  local options = { token = "tokentoken", phone_number_id = "1", base_url = url, proxy = "", limiter = false, retry = false }
  for name, value in pairs(more) do options[name] = value end
  return whatsapp.new(options)
end
local function all(batch)
  local told, raised = {}, 0
  for _ = 1, 10 do
    local ok, message, response, text = pcall(batch.next, batch)
    if ok and message == nil then break end
    if ok then told[#told + 1] = message.text.body .. (response and " sent" or ": " .. text)
    else raised = raised + 1 end
  end
  table.sort(told)
  io.write(table.concat(told, "\n"), "\n", raised, " raised, ", batch.alive, " alive, ", batch.in_flight, " in flight")
end
]]

local PROGRAMS = {
  { "in a batch", "3", [[all(open {}:each(list, { concurrency = 2 }))]],
    "id 1 sent\nid 2 sent\nid 3: not enough memory\nid 4 sent\n0 raised, 0 alive, 0 in flight", 3 },
  { "in a batch whose warnings are told", "3", [[all(open { on_warning = function() end }:each(list, { concurrency = 2 }))]],
    "id 1 sent\nid 2 sent\nid 3: not enough memory\nid 4 sent\n0 raised, 0 alive, 0 in flight", 3 },
  { "by start", "1", [[
    local transport = require("whatsapp.transport.curl").new { proxy = "" }
    transport.start({ method = "POST", url = url .. "/", body = "x" }, "one")
    local slot, _, err, details = transport.wait(1)
    io.write(slot, ": ", err, ", ", tostring(details.may_have_been_sent), ", ", select("#", transport.wait(0)))]],
    "one: not enough memory, false, 0", 0 },
  { "by a call", "1", [[
    local transport = require("whatsapp.transport.curl").new { proxy = "" }
    local response, text, details = transport { method = "POST", url = url .. "/", body = "x" }
    io.write(tostring(response), ", ", text, ", ", details.kind)]],
    "nil, not enough memory, transport", 0 },
}

describe("a request that libcurl has no memory for", function()
  if not preloaded.possible() then return end
  local place = preloaded.new "transport/refused_add.c"
  setup(place.start)
  teardown(place.stop)

  for _, program in ipairs(PROGRAMS) do
    it("has one outcome, " .. program[1], function()
      place.fault.play_times(5, "accept")
      local said = place.said("REFUSED=" .. program[2], PRELUDE .. program[3], place.fault.url("plain", ""))
      assert.equal(program[4], (said:gsub("[^ \n]+%.lua:%d+: ", "")))
      assert.equal(program[5], place.fault.arrivals(program[5]))
    end)
  end
end)
