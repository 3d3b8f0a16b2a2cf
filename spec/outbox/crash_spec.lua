-- A short crash test of the outbox; `make crash RUNS=1000` is the long test. Processes are killed and frozen, and Redis is
-- killed,
-- while messages are put and sent: each acknowledged message arrives once, in the order of its recipient, or is reported.
local run = require "spec.support.run"

local function crash(arguments)
  local status, printed = run(("%s spec/crash/run.lua %s 120"):format(os.getenv "LUA" or "lua5.4", arguments))
  assert.equal(0, status, printed)
  assert.matches("| 200 |", printed)
end

describe("messages survive the death of", function()
  it("senders and putters over SQLite", function() crash "sqlite 200 12 0 0 go" end)
  it("senders, putters and the engine over Redis, with a frozen sender and clocks that differ", function()
    crash "redis 200 12 1 1 hold"
  end)
end)
