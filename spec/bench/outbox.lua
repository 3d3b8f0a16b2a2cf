-- Measures the outbox: puts, the whole way of one sender against the sandbox, and a claim among many entries, on each engine.
-- Prints, and judges nothing. Usage: lua spec/bench/outbox.lua [ENGINES] [MESSAGES] [QUEUED]
-- ENGINES: a list such as "sqlite,redis,postgres"; MESSAGES: of the whole way; QUEUED: entries that wait during a claim.
local engines = require "spec.support.engines"
local open = require "spec.crash.store"
local sandbox_server = require "whatsapp.sandbox.server"
local scratch_of = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local NAMES, MESSAGES, QUEUED = arg[1] or "memory,sqlite,redis,postgres", tonumber(arg[2] or 10000), tonumber(arg[3] or 1000000)
local now = require("whatsapp.curl").now

local function show(name, what, unit, value, own)
  print(("%-14s %-58s %10.1f %s%s"):format(name, what, value, unit, own and (" (%.1f by processor time)"):format(own) or ""))
end

local function items_of(from, to)
  local items = {}
  for i = from, to do
    items[#items + 1] = {
      key = "bench " .. i, message = { to = ("4915%08d"):format(i), type = "text", text = { body = "Your order is ready, " .. i } },
    }
  end
  return items
end

-- returns the number in a second of the clock, and in a second of this process's processor time, on which other processes have no
-- effect
local function rate(count, work)
  local from, clock = now(), os.clock()
  work()
  return count / (now() - from), count / (os.clock() - clock)
end

local function puts(name, outbox)
  local single = math.min(1000, MESSAGES)
  show(name, "put, one by one", "a second", rate(single, function()
    for _, item in ipairs(items_of(1, single)) do assert(outbox:put(item.message, { key = item.key })) end
  end))
  show(name, "put in lists of 1,000", "a second", rate(MESSAGES - single, function()
    for from = single + 1, MESSAGES, 1000 do assert(outbox:put_all(items_of(from, math.min(from + 999, MESSAGES)))) end
  end))
end

local function whole_way(name, outbox, server)
  local client = whatsapp.new {
    token = "EAAbench", phone_number_id = "1065", base_url = server.base_url, ca_file = server.ca_file, proxy = "",
    limiter = { throughput = 100000 },
  }
  collectgarbage()
  local least, most = collectgarbage "count", 0
  local count = 0
  local per_second, own = rate(MESSAGES, function()
    outbox:run(client, { until_empty = true, concurrency = 32, on_outcome = function()
      count = count + 1
      if count % 1000 == 0 then
        collectgarbage()
        most = math.max(most, collectgarbage "count")
      end
    end })
  end)
  show(name, ("put to accepted, one sender, 32 in flight (%d)"):format(outbox:counts().accepted), "a second", per_second, own)
  show(name, "memory that the sender needs above what was there", "KiB", math.max(0, most - least))
  client:close()
end

-- puts many entries at once, in the fastest way for the engine
local FILL = {
  sqlite = [[WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO outbox_entries
    (queue, key, stamp, lane, body, state, fence, attempts, made, due, rank)
    SELECT 'many', 'k' || i, 's' || i, %s, '{"to":"' || i || '"}', 'queued', 0, 0, 1, 1 + i, 0 FROM n]],
  postgres = [[INSERT INTO outbox_entries (queue, key, stamp, lane, body, state, fence, attempts, made, due, rank)
    SELECT 'many', 'k' || i, 's' || i, %2$s, '{"to":"' || i || '"}', 'queued', 0, 0, 1, 1 + i, 0 FROM generate_series(1, %1$d) AS i]],
}

local function fill(kind, store, count, one_lane)
  if store.db then
    local lane = one_lane and "'x'" or "'l' || i"
    local text = FILL[kind]:gsub("%%1%$d", "%%d"):gsub("%%2%$s", "%%s")
    if kind == "postgres" then text = text:gsub("%%s", "\0"):gsub("%%d", tostring(count)):gsub("%z", function() return lane end)
    else text = text:format(count, lane) end
    assert(store.db:query(text))
    if kind == "postgres" then assert(store.db:query "ANALYZE outbox_entries") end
    return
  end
  for from = 1, count, 5000 do
    local entries = {}
    for i = from, math.min(from + 4999, count) do
      entries[#entries + 1] = {
        key = "k" .. i, stamp = "s" .. i, lane = one_lane and "x" or "l" .. i, body = ('{"to":"%d"}'):format(i), due = 1 + i,
      }
    end
    assert(store:put(entries))
  end
end

local function claims(name, what, store, n)
  local times, clocks = {}, {}
  for i = 1, 21 do
    local from, clock = now(), os.clock()
    local claimed = assert(store:claim(n, 60))
    times[i], clocks[i] = (now() - from) * 1000, (os.clock() - clock) * 1000
    local outcomes = {}
    for j, one in ipairs(claimed) do outcomes[j] = { key = one.key, fence = one.fence, state = "failed", attempts = 1 } end
    assert(store:finish(outcomes))
  end
  table.sort(times)
  table.sort(clocks)
  show(name, what .. ", median", "ms", times[11], clocks[11])
end

local function bench(kind, name, where, server)
  local outbox = whatsapp.outbox.new { store = open(where, "bench") }
  puts(name, outbox)
  whole_way(name, outbox, server)
  outbox.store:close()
  local many = open(where, "many")
  many:counts()
  fill(kind, many, QUEUED, false)
  claims(name, ("claim of 50 among %d queued"):format(QUEUED), many, 50)
  show(name, "counts of these", "ms", 1000 / rate(1, function() many:counts() end))
  many:close()
end

local function long_lane(kind, name, where)
  local lane = open(where, kind == "redis" and "lane" or "many")
  lane:counts()
  if lane.db then assert(lane.db:query "DELETE FROM outbox_entries") end
  fill(kind, lane, 20000, true)
  claims(name, "claim of 1 out of 20,000 for one recipient", lane, 50)
  lane:close()
end

local function run(name)
  local kind, scratch = name:match "^%a+", scratch_of.new()
  local engine = engines[kind] and engines[kind] { fsync = true }
  local where = name .. ":" .. (engine and engine.port or scratch.path "outbox.db")
  local server = sandbox_server.start()
  local ok, err = pcall(function()
    bench(kind, name, where, server)
    if kind ~= "memory" then long_lane(kind, name, where) end
  end)
  server.stop()
  if engine then engine.stop() end
  scratch.remove()
  if not ok then error(err, 0) end
end

for name in NAMES:gmatch "[^,]+" do run(name) end
