-- The tests that every store of the outbox must pass, one row each: a name, and a function of the world. They need no busted, so
-- that they also run inside nginx. Each test gets an empty store, and never depends on another test.
--   world.open() -> a store, another one over the same entries      world.pass(seconds) -> that much later, for the store
-- LEASE is the shortest time that a slow machine surely works within.
local LEASE = 2

local function show(value)
  if type(value) ~= "table" then return tostring(value) end
  local shown = {}
  for i, item in ipairs(value) do shown[i] = show(item) end
  return "{" .. table.concat(shown, ", ") .. "}"
end

local function same(wanted, got, about)
  if show(wanted) ~= show(got) then error(("%s: wanted %s, got %s"):format(about or "?", show(wanted), show(got)), 2) end
end

local function entry(key, lane, more)
  local made = { key = key, stamp = "stamp-" .. key, lane = lane or key, body = ('{"to":"%s","n":"%s"}'):format(lane or key, key) }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function put(store, ...)
  local entries = {}
  for i, key in ipairs { ... } do entries[i] = entry(key, key:match "^%a") end
  local results = assert(store:put(entries))
  for i, result in ipairs(results) do same("new", result, "put of " .. entries[i].key) end
end

local function keys(entries)
  local found = {}
  for i, one in ipairs(entries) do found[i] = one.key end
  table.sort(found)
  return found
end

local function mark(one) return { key = one.key, fence = one.fence } end

local function claim_one(store, lease)
  local claimed = assert(store:claim(1, lease or 60))
  same(1, #claimed, "claimed")
  return claimed[1]
end

-- claims an entry and starts it
local function sending(store, lease)
  local one = claim_one(store, lease)
  same({ true }, assert(store:start({ mark(one) }, lease or 60)), "start")
  return one
end

local function finish(store, one, state, more)
  local outcome = { key = one.key, fence = one.fence, state = state, attempts = 1 }
  for name, value in pairs(more or {}) do outcome[name] = value end
  return assert(store:finish { outcome })[1]
end

local function state_of(store, key) return assert(store:get(key)).state end

local rows = {}
local function question(name, ask) rows[#rows + 1] = { name = name, ask = ask } end

-- ---- put ---------------------------------------------------------------------------------------------------------------------

question("a put entry is there with all its members", function(world)
  local store = world.open()
  local body = '{"text":"\195\164 \'quoted\' \\\\ %s ? $1 {x} \240\159\152\128"}'
  same({ "new" }, assert(store:put { entry("k 1 ' ? $1", "4915", { body = body, ttl = 100 }) }))
  local got = store:get "k 1 ' ? $1"
  same({ "queued", body, "stamp-k 1 ' ? $1", "4915", 0, true },
    { got.state, got.body, got.stamp, got.lane, got.attempts, got.expires ~= nil and math.abs(got.expires - got.made - 100) < 1 })
  same(false, store:get "another")
end)

question("the same key and message twice is one entry; another message is refused", function(world)
  local store = world.open()
  put(store, "a1")
  local results, stamps = store:put { entry("a1", "a", { stamp = "later" }), entry("a1", "a", { stamp = "fixed", fixed = true }),
    entry("a1", "a", { body = "{}", stamp = "third" }) }
  same({ "same", "other", "other" }, results)
  same("stamp-a1", stamps[1])
  same(1, assert(store:counts()).queued)
end)

question("a list may have a key twice, and many entries", function(world)
  local store, entries = world.open(), {}
  for i = 1, 700 do entries[i] = entry("k" .. i) end
  entries[701] = entry("k7", "k7", { stamp = "other" })
  local results = assert(store:put(entries))
  same({ "new", "new", "same" }, { results[1], results[700], results[701] })
  same(700, assert(store:counts()).queued)
end)

question("a stamp is of one entry", function(world)
  local store = world.open()
  put(store, "a1")
  same({ "stamp" }, assert(store:put { entry("b1", "b", { stamp = "stamp-a1" }) }))
  same(false, store:get "b1")
end)

-- ---- claim -------------------------------------------------------------------------------------------------------------------

question("claim gives one entry of a lane, in the order of the puts", function(world)
  local store = world.open()
  put(store, "a1", "a2", "b1", "a3", "b2", "c1")
  same({ "a1", "b1", "c1" }, keys(assert(store:claim(10, 60))))
  same({}, assert(store:claim(10, 60)), "while these are under way")
  same({ 0, 3, 3 }, { store:counts().sending, store:counts().claimed, store:counts().queued })
end)

question("claim gives the next of a lane once the one before has ended", function(world)
  local store = world.open()
  put(store, "a1", "a2", "a3")
  for _, state in ipairs { "accepted", "failed", "accepted" } do
    local one = sending(store)
    same({}, store:claim(10, 60))
    same(true, finish(store, one, state, { id = "wamid." .. one.key }))
  end
  same({ 2, 1 }, { store:counts().accepted, store:counts().failed })
  same("wamid.a1", store:get("a1").id)
end)

question("claim gives no more than asked, the oldest due first", function(world)
  local store = world.open()
  local now = assert(store:put { entry "x" }) and store:get("x").made
  assert(store:put { entry("late", "l", { due = now - 1 }), entry("early", "e", { due = now - 100 }), entry("mid", "m", { due = now - 50 }) })
  same({ "early", "mid" }, keys(assert(store:claim(2, 60))))
  same({ "late" }, keys(assert(store:claim(1, 60))))
end)

question("an entry is not claimed before it is due, nor those behind it in its lane", function(world)
  local store = world.open()
  put(store, "b1")
  local now = store:get("b1").made
  assert(store:put { entry("a1", "a", { due = now + 1 }), entry("a2", "a") })
  same({ "b1" }, keys(assert(store:claim(10, 60))))
  world.pass(1.2)
  same({ "a1" }, keys(assert(store:claim(10, 60))))
end)

question("two senders never claim the same entry", function(world)
  local one, other, seen = world.open(), world.open(), {}
  local entries = {}
  for i = 1, 60 do entries[i] = entry("k" .. i) end
  assert(one:put(entries))
  for i = 1, 12 do
    for _, claimed in ipairs(assert((i % 2 == 0 and one or other):claim(7, 60))) do
      same(nil, seen[claimed.key], claimed.key)
      seen[claimed.key] = true
    end
  end
  same(60, assert(one:counts()).claimed)
end)

-- ---- fences and leases -------------------------------------------------------------------------------------------------------

question("start is true again for the same fence, and false for another", function(world)
  local store = world.open()
  put(store, "a1")
  local one = claim_one(store)
  same({ false, false }, assert(store:start({ { key = "a1", fence = one.fence + 1 }, { key = "none", fence = 1 } }, 60)))
  same({ true }, assert(store:start({ mark(one) }, 60)))
  same({ true }, assert(store:start({ mark(one) }, 60)))
  same("sending", state_of(store, "a1"))
end)

question("a lease that is over: claimed goes back, and the sender that slept cannot start", function(world)
  local slept, awake = world.open(), world.open()
  put(slept, "a1")
  local old = claim_one(slept, 0.2)
  world.pass(0.4)
  same({ 1, 0 }, { awake:sweep() })
  same({ false }, assert(slept:start({ mark(old) }, 60)))
  local new = claim_one(awake)
  same(true, new.fence > old.fence)
  same({ false }, assert(slept:start({ mark(old) }, 60)))
  same(false, finish(slept, old, "accepted", { id = "x" }))
  same({ true }, assert(awake:start({ mark(new) }, 60)))
end)

question("a lease that is over: sending is unknown, and never sent again by itself", function(world)
  local store = world.open()
  put(store, "a1", "a2")
  local old = sending(store, 0.2)
  world.pass(0.4)
  same({ 0, 1 }, { store:sweep() })
  same("unknown", state_of(store, "a1"))
  same({ "a2" }, keys(assert(store:claim(10, 60))), "the lane goes on")
  same({ false }, assert(store:start({ mark(old) }, 60)))
  same(true, finish(store, old, "accepted", { id = "late" }), "its late answer")
  same({ "accepted", "late" }, { state_of(store, "a1"), store:get("a1").id })
end)

question("start makes the lease longer", function(world)
  local store = world.open()
  put(store, "a1")
  local one = claim_one(store, 0.2)
  assert(store:start({ mark(one) }, 60))
  world.pass(0.4)
  same({ 0, 0 }, { store:sweep() })
end)

question("an unknown entry holds its lane if that is wished", function(world)
  local store = world.open()
  put(store, "a1", "a2", "b1")
  finish(store, sending(store), "unknown", { error = "reset" })
  same({ "b1" }, keys(assert(store:claim(10, 60, true))))
  same(true, store:resolve("a1", "drop"))
  same({ "a2" }, keys(assert(store:claim(10, 60, true))))
end)

-- ---- finish ------------------------------------------------------------------------------------------------------------------

question("the same outcome again is true, another one is not taken", function(world)
  local store = world.open()
  put(store, "a1")
  local one = sending(store)
  same(true, finish(store, one, "accepted", { id = "x" }))
  same(true, finish(store, one, "accepted", { id = "x" }))
  same(false, finish(store, one, "failed"))
  same(false, finish(store, { key = "none", fence = 1 }, "accepted"))
  same("accepted", state_of(store, "a1"))
end)

question("an entry goes back with a delay and its attempts, and holds its lane", function(world)
  local store = world.open()
  put(store, "a1", "a2")
  local one = sending(store)
  same(true, finish(store, one, "queued", { delay = 0.5, attempts = 3, error = "try later" }))
  same(true, finish(store, one, "queued", { delay = 0.5, attempts = 3 }))
  same({}, assert(store:claim(10, 60)))
  same({ 3, "try later" }, { store:get("a1").attempts, store:get("a1").error })
  world.pass(0.8)
  local again = claim_one(store)
  same({ "a1", 3, true }, { again.key, again.attempts, again.fence > one.fence })
  same({ true, false }, assert(store:finish {
    { key = "a1", fence = again.fence, state = "queued", attempts = 3 }, { key = "a2", fence = 0, state = "accepted", attempts = 1 },
  }), "what was claimed may go back; what was not claimed cannot end")
end)

question("a list of outcomes is taken as a whole", function(world)
  local store, entries, outcomes = world.open(), {}, {}
  for i = 1, 120 do entries[i] = entry("k" .. i) end
  assert(store:put(entries))
  local claimed = assert(store:claim(120, 60))
  local marks = {}
  for i, one in ipairs(claimed) do marks[i] = mark(one) end
  marks[121] = { key = "k1", fence = 99 }
  local started = assert(store:start(marks, 60))
  same({ 121, true, false }, { #started, started[120], started[121] })
  local states = { "accepted", "failed", "unknown", "queued" }
  for i, one in ipairs(claimed) do
    outcomes[i] = { key = one.key, fence = one.fence, state = states[i % 4 + 1], attempts = 1, id = i % 4 == 0 and "id" .. i or nil }
  end
  for _, ok in ipairs(assert(store:finish(outcomes))) do same(true, ok) end
  local counts = store:counts()
  same({ 30, 30, 30, 30 }, { counts.accepted, counts.failed, counts.unknown, counts.queued })
end)

-- ---- time to live ------------------------------------------------------------------------------------------------------------

question("what is too old is not sent", function(world)
  local store = world.open()
  assert(store:put { entry("a1", "a", { ttl = 0.2 }), entry("a2", "a"), entry("b1", "b", { ttl = LEASE }) })
  world.pass(0.5)
  local claimed = assert(store:claim(10, 60))
  if #claimed < 2 then assert(store:claim(10, 60)) end -- after the expired entry, the next entry of its lane is free
  same("expired", state_of(store, "a1"))
  same("claimed", state_of(store, "a2"))
end)

question("what gets too old after it was claimed is not started", function(world)
  local store = world.open()
  assert(store:put { entry("b1", "b", { ttl = 0.3 }) })
  local one = claim_one(store)
  world.pass(0.6)
  same({ false }, assert(store:start({ mark(one) }, 60)))
  same("expired", state_of(store, "b1"))
end)

-- ---- webhooks and people -----------------------------------------------------------------------------------------------------

question("a status settles an unknown entry, and statuses only move forward", function(world)
  local store = world.open()
  put(store, "a1")
  finish(store, sending(store), "unknown", { error = "reset" })
  same("accepted", store:settle("stamp-a1", "wamid.1", "delivered", 1700000000))
  local got = store:get "a1"
  same({ "accepted", "wamid.1", "delivered", 1700000000 }, { got.state, got.id, got.status, got.status_time })
  same("accepted", store:settle("stamp-a1", "wamid.1", "sent", 1600000000))
  same({ "delivered", 1700000000 }, { store:get("a1").status, store:get("a1").status_time })
  same("accepted", store:settle("stamp-a1", "wamid.1", "read", 3000000000))
  same({ "read", 3000000000 }, { store:get("a1").status, store:get("a1").status_time })
  same(false, store:settle("no such stamp", "x", "sent", 1))
end)

question("a status settles an entry in any state but failed", function(world)
  local store = world.open()
  put(store, "a1", "b1", "c1", "d1")
  same("accepted", store:settle("stamp-a1", "id", "sent", 1), "queued")
  local b = claim_one(store)
  same("accepted", store:settle("stamp-" .. b.key, "id", "sent", 1), "claimed")
  same({ false }, assert(store:start({ mark(b) }, 60)))
  local c = sending(store)
  same("accepted", store:settle("stamp-" .. c.key, "id", "sent", 1), "sending")
  same(true, finish(store, c, "accepted", { id = "id" }))
  local d = sending(store)
  finish(store, d, "failed")
  same(false, store:settle("stamp-" .. d.key, "id", "sent", 1))
  same("failed", state_of(store, d.key))
  same({}, assert(store:claim(10, 60)))
  same({ 3, 1 }, { store:counts().accepted, store:counts().failed })
end)

question("a failed status keeps its reason", function(world)
  local store = world.open()
  put(store, "a1")
  finish(store, sending(store), "accepted", { id = "x" })
  same("accepted", store:settle("stamp-a1", "x", "failed", 1, "not on WhatsApp"))
  same({ "failed", "not on WhatsApp" }, { store:get("a1").status, store:get("a1").error })
end)

question("a person resolves an unknown entry", function(world)
  local store = world.open()
  put(store, "a1", "a2", "b1")
  same(false, store:resolve("a1", "again"), "it is queued")
  same(false, store:resolve("none", "drop"))
  local a = sending(store)
  local b = sending(store)
  finish(store, a, "unknown", {})
  finish(store, b, "unknown", {})
  same(true, store:resolve(a.key, "again"))
  same(true, store:resolve(b.key, "drop"))
  same({ "queued", "failed" }, { state_of(store, a.key), state_of(store, b.key) })
  same(false, store:resolve(b.key, "again"))
  same({ "a1" }, keys(assert(store:claim(10, 60))), "before the later ones of its lane")
end)

question("an entry that is sent again waits for the one of its lane that is under way", function(world)
  local store = world.open()
  put(store, "a1", "a2")
  finish(store, sending(store), "unknown", {})
  local second = sending(store)
  same({ "a2", true }, { second.key, store:resolve("a1", "again") })
  same({}, assert(store:claim(10, 60)))
  finish(store, second, "accepted", { id = "x" })
  same({ "a1" }, keys(assert(store:claim(10, 60))))
end)

-- ---- looking and purging -----------------------------------------------------------------------------------------------------

question("list goes through all entries, or those of a state", function(world)
  local store, entries = world.open(), {}
  for i = 1, 25 do entries[i] = entry(("k%02d"):format(i)) end
  assert(store:put(entries))
  local found, after = {}, nil
  repeat
    local some = assert(store:list { after = after, limit = 10 })
    for _, one in ipairs(some) do found[#found + 1], after = one.key, one.seq end
  until #some < 10
  same({ 25, "k01", "k25" }, { #found, found[1], found[25] })
  same({}, assert(store:list { state = "unknown", limit = 10 }))
  finish(store, sending(store), "failed", { error = "why" })
  same({ "failed", "why" }, { store:list({ state = "failed", limit = 10 })[1].state, store:list({ state = "failed", limit = 10 })[1].error })
  same(24, #store:list { state = "queued", limit = 100 })
end)

question("purge deletes what has ended, in portions, and frees its key", function(world)
  local store = world.open()
  put(store, "a1", "b1", "c1", "d1", "e1")
  for i, state in ipairs { "accepted", "failed", "unknown", "accepted" } do
    same(true, finish(store, sending(store), state, { id = "x" .. i }))
  end
  same(0, store:purge(60, 10))
  same(2, store:purge(-1, 2))
  same(1, store:purge(-1, 10))
  same({ 0, 0, 1, 1 }, { store:counts().accepted, store:counts().failed, store:counts().unknown, store:counts().queued })
  same(2, #store:list { limit = 10 })
end)

-- ---- limits ------------------------------------------------------------------------------------------------------------------

question("places of a limit: a burst, then one in each interval, for all who share the store", function(world)
  local one, other = world.open(), world.open()
  same(0, one:take("k", 0, 10, 3))
  same({ 0, 0 }, assert(other:take_all { { key = "k", interval = 10, burst = 3 }, { key = "k", interval = 10, burst = 3 } }))
  local wait = one:take("k", 0, 10, 3, 1)
  same(true, wait > 8 and wait <= 10, "tells " .. tostring(wait))
  same(true, one:take("k", 0, 10, 3, -1) <= wait, "and had taken nothing")
  local taken = other:take("k", 0, 10, 3)
  same(true, taken > 8 and taken <= 10)
  same(true, one:take("k", 0, 10, 3, 1) > 18 - LEASE)
  same(0, one:take("another", 0, 10, 1))
end)

question("at_most below 0 only looks", function(world)
  local store = world.open()
  for _ = 1, 3 do same(true, store:take("k", 0, 10, 1, -1) <= 0) end
  same(0, store:take("k", 0, 10, 1, 0))
  same(true, store:take("k", 0, 10, 1, -1) > 5)
end)

question("counts tells for how long the oldest due entry has waited", function(world)
  local store = world.open()
  same(0, (select(2, store:counts())))
  put(store, "a1")
  local now = store:get("a1").made
  assert(store:put { entry("b1", "b", { due = now - 100 }), entry("c1", "c", { due = now + 100 }) })
  local _, oldest = store:counts()
  same(true, oldest >= 100 and oldest < 130, tostring(oldest))
end)

-- ---- memory ------------------------------------------------------------------------------------------------------------------

question("nothing is left of many entries once they are purged", function(world)
  local store = world.open()
  for round = 1, 5 do
    local entries = {}
    for i = 1, 20 do entries[i] = entry(("r%d-%d"):format(round, i), "l" .. i % 5) end
    assert(store:put(entries))
    local claimed = assert(store:claim(20, 60))
    while #claimed > 0 do
      local marks, outcomes = {}, {}
      for i, one in ipairs(claimed) do
        marks[i], outcomes[i] = mark(one), { key = one.key, fence = one.fence, state = "accepted", attempts = 1 }
      end
      assert(store:start(marks, 60))
      assert(store:finish(outcomes))
      claimed = assert(store:claim(20, 60))
    end
    same(20, store:purge(-1, 1000))
    same({}, store:list { limit = 10 })
  end
  if world.left then same({}, world.left()) end
end)

return rows
