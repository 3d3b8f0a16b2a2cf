-- The crash test of the outbox: senders and a putter that are killed with SIGKILL or frozen past their lease, an engine that is
-- killed, an API with faults, and machines whose clocks differ. Counts the arrivals at the API: each acknowledged message must
-- arrive once, or be reported. Needs lua-luv. Every process is a child of this process, and is killed by its id.
--   lua5.4 spec/crash/run.lua ENGINE MESSAGES KILLS FREEZES ENGINE_KILLS MODE [SECONDS]
-- ENGINE: sqlite, redis, postgres; MODE: hold (an unknown entry holds its lane) or go; SECONDS: the longest run
local uv = require "luv"
local engines = require "spec.support.engines"
local nginx_of = require "spec.support.nginx"
local open = require "spec.crash.store"
local read = require "spec.support.read"
local scratch_of = require "spec.support.scratch"
local whatsapp = require "whatsapp"

local engine_name, messages, kills, freezes, engine_kills, mode = arg[1], tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]),
  tonumber(arg[5]), arg[6] or "hold"
local most_seconds = tonumber(arg[7] or 900)
local LANES, SENDERS, LEASE, TIMEOUT, FAULTS, FREEZE = 200, 3, 3, 2, 0.01, 4
local SKEW = { "+0", "+600", "-600" } -- seconds of the senders' clocks; not for SQLite, which uses the machine's clock
local OLD = 10 -- seconds after which a frozen sender has surely ended, so that a person may decide

math.randomseed(os.time())
local scratch = scratch_of.new()
local arrivals_path, acknowledged_path, errors_path = scratch.path "arrivals", scratch.path "acknowledged", scratch.path "errors"
scratch.write("arrivals", "")
scratch.write("acknowledged", "")
scratch.write("errors", "")
scratch.run "chmod 777 . && chmod 666 *"

local engine, store_name
if engine_name == "sqlite" then store_name = "sqlite:" .. scratch.path "outbox.db"
else
  -- not everysec: during a long fsync, Redis confirms writes that it has not given to the system, and loses these writes if it is
  -- killed
  engine = engines[engine_name] { fsync = true, always = true }
  store_name = engine_name .. ":" .. engine.port
end
local nginx = nginx_of.start {
  level = "error",
  server = ([[location / { content_by_lua_block { require("spec.crash.server").content("%s", %g) } }]]):format(arrivals_path, FAULTS),
}

-- ---- the processes -------------------------------------------------------------------------------------------------------------

local errors = assert(uv.fs_open(errors_path, "a", 438))
local children = {} -- name -> { handle, pid, done }

-- faketime's library: the program faketime would be another process between this one and its child
local FAKETIME = scratch.run "echo /usr/lib/*/faketime/libfaketime.so.1":match "%S+"

local function environment(skew)
  local list = {}
  for line in scratch.run("env"):gmatch "[^\n]+" do list[#list + 1] = line end
  list[#list + 1], list[#list + 2] = "LD_PRELOAD=" .. FAKETIME, ("FAKETIME=%ss"):format(skew)
  return list
end

local function spawn(name, arguments, skew)
  local list = { "spec/crash/process.lua" }
  for _, argument in ipairs(arguments) do list[#list + 1] = tostring(argument) end
  local child = { name = name, arguments = arguments, skew = skew }
  local handle, pid = uv.spawn(arg[-1] or "lua5.4", {
    args = list, stdio = { nil, errors, errors }, env = skew and skew ~= "+0" and environment(skew) or nil,
  }, function(code, signal)
    child.ended, child.code, child.signal = true, code, signal
    child.handle:close()
    for _, left in ipairs { "faketime_shm_", "sem.faketime_sem_" } do os.remove("/dev/shm/" .. left .. child.pid) end
  end)
  child.handle, child.pid = assert(handle, pid), pid
  children[name] = child
end

local function kill(child, signal)
  if not child.ended then uv.kill(child.pid, signal) end
end

local function sleep(seconds)
  local timer, over = uv.new_timer(), false
  timer:start(math.floor(seconds * 1000), 0, function()
    over = true
    timer:close()
  end)
  while not over do uv.run "once" end
end

local function start_sender(i)
  spawn("sender " .. i, { "send", store_name, nginx.url "", LEASE, TIMEOUT, mode }, engine and SKEW[i])
end

local function acknowledged()
  local numbers, last = {}, 0
  for n in read(acknowledged_path):gmatch "(%d+)\n" do
    numbers[tonumber(n)] = true
    last = math.max(last, tonumber(n))
  end
  return numbers, last
end

local function start_putter()
  local _, last = acknowledged()
  if last < messages then spawn("putter", { "put", store_name, acknowledged_path, last + 1, messages, LANES }) end
end

-- ---- what webhooks and a person do ----------------------------------------------------------------------------------------------

-- a frozen sender may hold the lock of SQLite: this process thaws the sender, so it must not wait for the lock
local store = open(store_name, nil, 0.05)
local outbox = whatsapp.outbox.new { store = store }
local unknown_since, was_unknown, settled, dropped = {}, {}, 0, 0

local function arrived()
  local seen = {}
  for stamp in read(arrivals_path):gmatch "(%S+) %S+ %S+\n" do seen[stamp] = (seen[stamp] or 0) + 1 end
  return seen
end

local function tend()
  local unknown = outbox:list { state = "unknown", limit = 1000 }
  if not unknown or #unknown == 0 then return end
  local seen = arrived()
  local is_away = false
  for _, entry in ipairs(unknown) do
    if is_away then return end
    was_unknown[entry.key] = true
    unknown_since[entry.key] = unknown_since[entry.key] or uv.now()
    if seen[entry.stamp] then
      local state = outbox:feed { kind = "status", status = "sent", stamp = entry.stamp, id = "w", timestamp = os.time() }
      if state then settled = settled + 1 end
      is_away = state == nil
    elseif uv.now() - unknown_since[entry.key] > OLD * 1000 then
      local done = outbox:resolve(entry.key, "drop")
      if done then dropped = dropped + 1 end
      is_away = done == nil
    end
  end
end

-- ---- the run ----------------------------------------------------------------------------------------------------------------------

local started, killed, frozen, engine_killed = os.time(), 0, 0, 0
local thawing = {} -- { at, child }

local function thaw(all)
  for i = #thawing, 1, -1 do
    if all or uv.now() >= thawing[i].at then
      kill(thawing[i].child, "sigcont")
      thawing[i].child.frozen = false
      table.remove(thawing, i)
    end
  end
end

local function strike()
  local names = {}
  for name, child in pairs(children) do
    if not child.frozen and not child.ended then names[#names + 1] = name end
  end
  if #names == 0 then return end
  table.sort(names)
  local child = children[names[math.random(#names)]]
  local left = (kills - killed) + (freezes - frozen)
  if child.name ~= "putter" and math.random() * left < freezes - frozen then
    frozen = frozen + 1
    child.frozen = true
    kill(child, "sigstop")
    thawing[#thawing + 1] = { at = uv.now() + FREEZE * 1000, child = child }
  elseif killed < kills then
    killed = killed + 1
    kill(child, "sigkill")
  end
end

local function restart()
  for name, child in pairs(children) do
    if child.ended then
      children[name] = nil
      if name == "putter" then start_putter()
      else start_sender(tonumber(name:match "%d+")) end
    end
  end
end

local function progress() return (select(2, acknowledged())) / messages end

for i = 1, SENDERS do start_sender(i) end
start_putter()
local turns, counts = 0, nil
repeat
  sleep(0.1 + math.random() * 0.4)
  uv.update_time()
  turns = turns + 1
  thaw(false)
  if killed + frozen < kills + freezes then strike() end
  restart()
  if engine and engine_killed < engine_kills and (killed + frozen) / (kills + freezes) > (engine_killed + 0.5) / engine_kills then
    engine_killed = engine_killed + 1
    engine.kill()
    engine.start()
  end
  if turns % 5 == 0 then
    tend()
    counts = outbox:counts()
  end
  if turns % 30 == 0 then
    io.stderr:write(("%4d s: %d kills, %d freezes, %d engine kills, %3.0f %% put, %s\n"):format(os.time() - started, killed, frozen,
      engine_killed, progress() * 100, counts and ("%d accepted, %d queued, %d unknown"):format(counts.accepted, counts.queued,
        counts.unknown) or "the store is away"))
  end
  local is_over = counts and progress() == 1 and counts.queued + counts.claimed + counts.sending == 0 and #thawing == 0
    and (mode ~= "hold" or counts.unknown == 0)
until is_over or os.time() - started > most_seconds
thaw(true)
sleep(LEASE + 1)
tend()
for _, child in pairs(children) do kill(child, "sigkill") end
for _ = 1, 3 do
  sleep(0.5)
  outbox.store:sweep()
  tend()
end

-- ---- the table ------------------------------------------------------------------------------------------------------------------

local seen, twice, disorder, excused, last_of = {}, 0, 0, 0, {}
for stamp, to, n in read(arrivals_path):gmatch "(%S+) (%S+) (%d+)\n" do
  seen[stamp] = (seen[stamp] or 0) + 1
  if seen[stamp] == 2 then twice = twice + 1 end
  n = tonumber(n)
  if n < (last_of[to] or 0) then
    if was_unknown["message " .. n] then excused = excused + 1
    else disorder = disorder + 1 end
  end
  last_of[to] = math.max(n, last_of[to] or 0)
end
local total, states, lost, phantom, arrived_unknown = 0, {}, 0, 0, 0
for n in pairs((acknowledged())) do
  total = total + 1
  local entry = outbox:get("message " .. n)
  if not entry then lost = lost + 1
  else
    states[entry.state] = (states[entry.state] or 0) + 1
    if entry.state == "accepted" and not seen[entry.stamp] then lost = lost + 1 end
    if entry.state ~= "accepted" and seen[entry.stamp] then
      if entry.state == "unknown" then arrived_unknown = arrived_unknown + 1
      else
        phantom = phantom + 1
        io.stderr:write(("%s %s %s arrived\n"):format(entry.key, entry.state, tostring(entry.error)))
      end
    end
    if entry.state == "queued" or entry.state == "claimed" or entry.state == "sending" or entry.state == "expired" then lost = lost + 1 end
  end
end
local distinct = 0
for _ in pairs(seen) do distinct = distinct + 1 end
print(("| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d (%d after unknown) | %d settled, %d dropped, %d left | %d | %d s |"):format(
  engine_name, mode, messages, killed, frozen, engine_killed, distinct, twice, lost, disorder, excused, settled, dropped,
  states.unknown or 0, states.failed or 0, os.time() - started))
io.stderr:write(("acknowledged %d, accepted %d, failed %d, unknown %d; arrived but not accepted %d\n"):format(total, states.accepted or 0,
  states.failed or 0, states.unknown or 0, phantom))
local log = read(errors_path)
io.stderr:write(("--- the last words of the processes (%d bytes)\n%s\n"):format(#log, log:sub(-600)))
nginx.stop()
if engine then
  store:close()
  engine.stop()
end
scratch.remove()
os.exit(twice + lost + phantom + disorder == 0 and total == messages and 0 or 1)
