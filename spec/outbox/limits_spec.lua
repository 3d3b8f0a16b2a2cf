-- Many processes share a number's limit over a store: the store gives each place once, by its own clock. The interval is so long
-- that no place comes while this spec runs: nothing waits, and the order of places shows the places of each process.
local engines = require "spec.support.engines"
local open = require "spec.crash.store"
local run = require "spec.support.run"
local scratch_of = require "spec.support.scratch"

local PROCESSES, COUNT, INTERVAL = 4, 40, 1e5 -- seconds: much longer than this spec runs, and than the clocks differ
local CLOCKS = { "+0s", "+600s", "-600s", "+60s" }
local FAKETIME = "LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) FAKETIME="

local function take(scratch, name, with_clocks)
  local commands = {}
  for i = 1, PROCESSES do
    local clock = with_clocks and CLOCKS[i] ~= "+0s" and FAKETIME .. CLOCKS[i] or ""
    commands[i] = ("%s %s spec/outbox/take.lua %s %d %d >'%s' 2>&1 &"):format(clock, os.getenv "LUA" or "lua5.4", name, COUNT,
      INTERVAL, scratch.path("waits" .. i))
  end
  commands[#commands + 1] = "wait; cat '" .. scratch.path "waits" .. "'*"
  local status, printed = run(table.concat(commands, "\n"))
  assert.equal(0, status, printed)
  return printed
end

describe("a limit that processes share", function()
  local scratch, engine, store
  before_each(function() scratch = scratch_of.new() end)
  after_each(function()
    store:close()
    if engine then engine.stop() end
    scratch.remove()
  end)

  for _, name in ipairs { "sqlite", "redis", "postgres" } do
    it("gives each place once, even if their clocks differ:  " .. name, function()
      engine = engines[name] and engines[name]()
      local where = ("%s:%s"):format(name, engine and engine.port or scratch.path "limits.db")
      store = open(where)
      assert(store:counts())
      local printed, places = take(scratch, where, name ~= "sqlite"), {} -- SQLite's clock is the machine's
      for wait in printed:gmatch "[^\n]+" do
        local place = math.floor(assert(tonumber(wait), printed) / INTERVAL + 0.5)
        assert.is_nil(places[place], printed)
        places[place] = true
      end
      for place = 0, PROCESSES * COUNT - 1 do assert.is_true(places[place], place) end
      local left = store:take("number:1065", 0, INTERVAL, 1, -1)
      assert.equal(PROCESSES * COUNT, math.floor(left / INTERVAL + 0.5))
    end)
  end
end)
