-- The scripts that Redis runs for the outbox, as strings: one for each function of a store. Each script begins with BEGINNING.
-- All times come from the clock of Redis. Plain data: this file never runs a script. Each key begins with KEYS[1], which is
-- "wa:{queue}:": so all keys of a queue are in one slot of a Redis cluster. The keys:
--   e:KEY       hash: an entry without its body             b:KEY    the body, a JSON text
--   l:LANE      sorted set, by seq: the unfinished and unknown entries of a recipient
--   busy        hash: lane -> the entry that a sender has    stamps   hash: stamp -> key
--   due         sorted set, by time: the next queued entry of each lane; claim checks it again
--   lease, expires, ended    sorted sets, by time            s:STATE  sorted set, by seq: the entries in this state
--   limit:NAME  the time when the last place of a limit ends seq      the number of the newest entry
local BEGINNING = [[
local P, call = KEYS[1], redis.call
local time = call('TIME')
local NOW = tonumber(time[1]) + tonumber(time[2]) / 1e6
local LEASED = { claimed = true, sending = true }
local FINISHED = { accepted = true, failed = true, expired = true }
local function num(n) return string.format('%.17g', n) end
local function read(key)
  local v = call('HMGET', P .. 'e:' .. key, 'state', 'fence', 'lane', 'seq', 'due', 'expires')
  if not v[1] then return nil end
  return { key = key, state = v[1], fence = tonumber(v[2]), lane = v[3], seq = v[4], due = v[5], expires = v[6] }
end
local function head(lane, hold)
  local at = 0
  while true do
    local key = call('ZRANGE', P .. 'l:' .. lane, at, at)[1]
    if not key then return nil end
    local state = call('HGET', P .. 'e:' .. key, 'state')
    if state == 'queued' then return key end
    if hold or LEASED[state] then return nil end
    at = at + 1
  end
end
local function offer(lane)
  if call('HEXISTS', P .. 'busy', lane) == 1 then return end
  local key = head(lane, false)
  if key then call('ZADD', P .. 'due', call('HGET', P .. 'e:' .. key, 'due'), key) end
end
local function move(e, state)
  local key = e.key
  call('ZREM', P .. 's:' .. e.state, key)
  call('ZADD', P .. 's:' .. state, e.seq, key)
  call('HSET', P .. 'e:' .. key, 'state', state)
  if e.state == 'queued' then
    call('ZREM', P .. 'due', key)
    if e.expires then call('ZREM', P .. 'expires', key) end
  elseif LEASED[e.state] and not LEASED[state] then
    call('ZREM', P .. 'lease', key)
    call('HDEL', P .. 'busy', e.lane)
  end
  if state == 'queued' and e.expires then call('ZADD', P .. 'expires', e.expires, key) end
  if FINISHED[state] then
    call('ZREM', P .. 'l:' .. e.lane, key)
    call('ZADD', P .. 'ended', num(NOW), key)
    call('HSET', P .. 'e:' .. key, 'ended', num(NOW))
  end
  e.state = state
  if not LEASED[state] then offer(e.lane) end
end
local function lease(e, seconds)
  call('ZADD', P .. 'lease', num(NOW + seconds), e.key)
  call('HSET', P .. 'busy', e.lane, e.key)
end
local function is_over(e) return e.expires and tonumber(e.expires) <= NOW end
]]

local scripts = {}

-- ARGV: for each entry key, stamp, lane, body, "1" if the stamp is fixed, due or "", ttl or ""
scripts.put = [[
local out = {}
for i = 1, #ARGV, 7 do
  local key, stamp, lane, body, fixed, due, ttl = unpack(ARGV, i, i + 6)
  local there = call('GET', P .. 'b:' .. key)
  if there then
    local old = call('HGET', P .. 'e:' .. key, 'stamp')
    out[#out + 1] = (there == body and (fixed == '' or old == stamp)) and 'same' or 'other'
    out[#out + 1] = old
  elseif call('HEXISTS', P .. 'stamps', stamp) == 1 then
    out[#out + 1] = 'stamp'
    out[#out + 1] = stamp
  else
    local seq = call('INCR', P .. 'seq')
    due = tonumber(due) or NOW
    call('SET', P .. 'b:' .. key, body)
    call('HSET', P .. 'e:' .. key, 'state', 'queued', 'fence', '0', 'lane', lane, 'seq', seq, 'stamp', stamp, 'made', num(NOW),
      'due', num(due))
    if ttl ~= '' then
      local expires = num(math.max(due, NOW) + tonumber(ttl))
      call('HSET', P .. 'e:' .. key, 'expires', expires)
      call('ZADD', P .. 'expires', expires, key)
    end
    call('HSET', P .. 'stamps', stamp, key)
    call('ZADD', P .. 's:queued', seq, key)
    call('ZADD', P .. 'l:' .. lane, seq, key)
    if call('ZCARD', P .. 'l:' .. lane) == 1 then call('ZADD', P .. 'due', num(due), key)
    elseif head(lane, false) == key then offer(lane) end
    out[#out + 1] = 'new'
    out[#out + 1] = stamp
  end
end
return out
]]

-- ARGV: n, lease, "1" if an unknown entry holds its lane
scripts.claim = [[
local n, seconds, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
for _, key in ipairs(call('ZRANGEBYSCORE', P .. 'expires', '-inf', num(NOW), 'LIMIT', 0, 100)) do move(read(key), 'expired') end
local out, count = {}, 0
while count < n do
  local keys = call('ZRANGEBYSCORE', P .. 'due', '-inf', num(NOW), 'LIMIT', 0, n - count)
  if #keys == 0 then break end
  for _, key in ipairs(keys) do
    local e = read(key)
    call('ZREM', P .. 'due', key)
    if e and e.state == 'queued' and tonumber(e.due) <= NOW and call('HEXISTS', P .. 'busy', e.lane) == 0
        and head(e.lane, hold) == key then
      if is_over(e) then move(e, 'expired')
      else
        local fence = call('HINCRBY', P .. 'e:' .. key, 'fence', 1)
        move(e, 'claimed')
        lease(e, seconds)
        local v = call('HMGET', P .. 'e:' .. key, 'stamp', 'attempts')
        for _, value in ipairs { key, e.lane, v[1], call('GET', P .. 'b:' .. key), tostring(fence), v[2] or '0' } do
          out[#out + 1] = value
        end
        count = count + 1
      end
    end
  end
end
return out
]]

-- ARGV: lease, then key and fence of each entry
scripts.start = [[
local out = {}
for i = 2, #ARGV, 2 do
  local e, ok = read(ARGV[i]), 0
  if e and e.fence == tonumber(ARGV[i + 1]) then
    if e.state == 'claimed' and is_over(e) then move(e, 'expired')
    elseif LEASED[e.state] then
      if e.state ~= 'sending' then move(e, 'sending') end
      lease(e, tonumber(ARGV[1]))
      ok = 1
    end
  end
  out[#out + 1] = ok
end
return out
]]

-- ARGV: for each outcome key, fence, state, id, error, attempts, delay
scripts.finish = [[
local FINISHABLE = { claimed = true, sending = true, unknown = true }
local out = {}
for i = 1, #ARGV, 7 do
  local key, fence, state, id, err, attempts, delay = unpack(ARGV, i, i + 6)
  local e, ok = read(key), 0
  if e and e.fence == tonumber(fence) then
    if e.state == state then ok = 1
    elseif FINISHABLE[e.state] then
      local h = P .. 'e:' .. key
      if id ~= '' then call('HSET', h, 'id', id) end
      if err ~= '' then call('HSET', h, 'error', err) else call('HDEL', h, 'error') end
      if attempts ~= '' then call('HSET', h, 'attempts', attempts) end
      if state == 'queued' then call('HSET', h, 'due', num(NOW + tonumber(delay))) end
      move(e, state)
      ok = 1
    end
  end
  out[#out + 1] = ok
end
return out
]]

-- returns how many entries became queued, how many became unknown, and 1 if more leases may be over
scripts.sweep = [[
local keys, requeued, unknown = call('ZRANGEBYSCORE', P .. 'lease', '-inf', num(NOW), 'LIMIT', 0, 500), 0, 0
for _, key in ipairs(keys) do
  local e = read(key)
  if not e then call('ZREM', P .. 'lease', key)
  elseif e.state == 'claimed' then
    move(e, 'queued')
    requeued = requeued + 1
  else
    call('HSET', P .. 'e:' .. key, 'error', 'the sender did not finish: the message may have been sent')
    move(e, 'unknown')
    unknown = unknown + 1
  end
end
return { requeued, unknown, #keys == 500 and 1 or 0 }
]]

-- ARGV: stamp, id, status, rank, time, err
scripts.settle = [[
local key = call('HGET', P .. 'stamps', ARGV[1])
local e = key and read(key)
if not e or e.state == 'failed' then return '' end
local h = P .. 'e:' .. key
if tonumber(ARGV[4]) > tonumber(call('HGET', h, 'rank') or 0) then
  call('HSET', h, 'rank', ARGV[4], 'status', ARGV[3])
  if ARGV[5] ~= '' then call('HSET', h, 'status_time', ARGV[5]) else call('HDEL', h, 'status_time') end
end
if ARGV[2] ~= '' then call('HSET', h, 'id', ARGV[2]) end
if e.state ~= 'accepted' then
  call('HDEL', h, 'error')
  move(e, 'accepted')
end
if ARGV[6] ~= '' then call('HSET', h, 'error', ARGV[6]) end
return e.state
]]

-- ARGV: key
scripts.get = [[
local all = call('HGETALL', P .. 'e:' .. ARGV[1])
if #all == 0 then return all end
all[#all + 1] = 'body'
all[#all + 1] = call('GET', P .. 'b:' .. ARGV[1])
return all
]]

-- ARGV: after, limit, states
scripts.list = [[
local found = {}
for i = 3, #ARGV do
  local some = call('ZRANGEBYSCORE', P .. 's:' .. ARGV[i], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
  for j = 1, #some, 2 do found[#found + 1] = { some[j], tonumber(some[j + 1]) } end
end
table.sort(found, function(a, b) return a[2] < b[2] end)
local out = {}
for i = 1, math.min(#found, tonumber(ARGV[2])) do
  local key = found[i][1]
  local all = call('HGETALL', P .. 'e:' .. key)
  all[#all + 1] = 'body'
  all[#all + 1] = call('GET', P .. 'b:' .. key)
  all[#all + 1] = 'key'
  all[#all + 1] = key
  out[i] = all
end
return out
]]

-- ARGV: states. Returns the number of entries in each state, then the seconds that the oldest due entry has waited.
scripts.counts = [[
local out = {}
for i, state in ipairs(ARGV) do out[i] = call('ZCARD', P .. 's:' .. state) end
local first = call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
out[#out + 1] = num(first[2] and math.max(0, NOW - tonumber(first[2])) or 0)
return out
]]

-- ARGV: key, "again" or "drop"
scripts.resolve = [[
local e = read(ARGV[1])
if not e or e.state ~= 'unknown' then return 0 end
local h = P .. 'e:' .. e.key
if ARGV[2] == 'again' then
  call('HSET', h, 'due', num(NOW))
  call('HDEL', h, 'error')
  move(e, 'queued')
else
  call('HSET', h, 'error', 'dropped')
  move(e, 'failed')
end
return 1
]]

-- ARGV: age, n
scripts.purge = [[
local keys = call('ZRANGEBYSCORE', P .. 'ended', '-inf', num(NOW - tonumber(ARGV[1])), 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do
  local v = call('HMGET', P .. 'e:' .. key, 'stamp', 'state')
  if v[1] then call('HDEL', P .. 'stamps', v[1]) end
  if v[2] then call('ZREM', P .. 's:' .. v[2], key) end
  call('DEL', P .. 'e:' .. key, P .. 'b:' .. key)
  call('ZREM', P .. 'ended', key)
end
return #keys
]]

-- ARGV: for each place key, interval, burst, at_most or ""; returns the waits as strings
scripts.take_all = [[
local out = {}
for i = 1, #ARGV, 4 do
  local key, interval, burst, most = P .. 'limit:' .. ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local ends = math.max(NOW, tonumber(call('GET', key) or 0))
  local wait = ends - (burst - 1) * interval - NOW
  if not (most and wait > most) then
    call('SET', key, num(ends + interval), 'PX', string.format('%d', math.ceil((ends + interval - NOW) * 1000)))
    wait = math.max(0, wait)
  end
  out[#out + 1] = num(wait)
end
return out
]]

for name, script in pairs(scripts) do scripts[name] = BEGINNING .. script end

return scripts
