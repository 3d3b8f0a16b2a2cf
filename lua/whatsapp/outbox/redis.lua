-- A store of the outbox in Redis. It sends commands with any client: a function call(name, …) -> reply | nil, err. Each
-- function of the store has one script (redis_scripts.lua). A function that takes a list calls its script once for each 100
-- items. While a script runs, Redis runs no other command. Each call sends the whole script: so a restarted Redis has it, too.
-- All keys of a queue are in one slot of a Redis cluster. The functions follow the contract of a store (README.md of this
-- folder). If Redis fails, a function returns nil and the error; it never raises.
local options_of = require "whatsapp.util.options"
local scripts = require "whatsapp.outbox.redis_scripts"
local states = require "whatsapp.outbox.states"
local values = require "whatsapp.util.values"

local redis = {}

---@class whatsapp.outbox.redis: whatsapp.outbox.store
local Store = {}
Store.__index = Store
Store.__name = "whatsapp.outbox.redis"

local unpack = unpack or table.unpack -- luacheck: ignore 113 143
local number = values.text

local PORTION = 100 -- items in one call; with more, other users of Redis would wait too long

-- runs a script; returns its reply, or nil, err, details
local function run(self, name, arguments)
  local ok, reply, err = values.protected(self.call, "EVAL", scripts[name], "1", self.prefix, unpack(arguments))
  if not ok then reply, err = nil, reply end
  if reply ~= nil and not (reply == false and err) then return reply end
  return nil, values.text_of(err or "Redis gave no answer"), { retryable = true }
end

-- runs a script over a list, in portions; returns all replies in one list, or nil, err, details
local function run_list(self, name, before, list, words_of)
  local all = {}
  for from = 1, #list, PORTION do
    local arguments = values.copy(before)
    for i = from, math.min(from + PORTION - 1, #list) do
      for _, word in ipairs(words_of(list[i])) do arguments[#arguments + 1] = word end
    end
    local reply, err, details = run(self, name, arguments)
    if not reply then return nil, err, details end
    for _, value in ipairs(reply) do all[#all + 1] = value end
  end
  return all
end

-- replaces each 1 with true, and each other value with false
local function booleans(list)
  for i, value in ipairs(list) do list[i] = tonumber(value) == 1 end
  return list
end

-- ---- the contract ---------------------------------------------------------------------------------------------------------

local function words_of_entry(entry)
  return {
    entry.key, entry.stamp, entry.lane, entry.body, entry.fixed and "1" or "", entry.due and number(entry.due) or "",
    entry.ttl and number(entry.ttl) or "",
  }
end

function Store:put(entries)
  local reply, err, details = run_list(self, "put", values.NONE, entries, words_of_entry)
  if not reply then return nil, err, details end
  local results, stamps = {}, {}
  for i = 1, #reply, 2 do results[#results + 1], stamps[#stamps + 1] = reply[i], reply[i + 1] end
  return results, stamps
end

function Store:claim(n, lease, hold_unknown)
  local reply, err, details = run(self, "claim", { number(n), number(lease), hold_unknown and "1" or "" })
  if not reply then return nil, err, details end
  local claimed = {}
  for i = 1, #reply, 6 do
    claimed[#claimed + 1] = {
      key = reply[i], lane = reply[i + 1], stamp = reply[i + 2], body = reply[i + 3], fence = tonumber(reply[i + 4]),
      attempts = tonumber(reply[i + 5]),
    }
  end
  return claimed
end

function Store:start(marks, lease)
  local reply, err, details = run_list(self, "start", { number(lease) }, marks, function(mark)
    return { mark.key, number(mark.fence) }
  end)
  if not reply then return nil, err, details end
  return booleans(reply)
end

local function words_of_outcome(outcome)
  return {
    outcome.key, number(outcome.fence), outcome.state, outcome.id or "", outcome.error or "",
    outcome.attempts and number(outcome.attempts) or "", number(outcome.delay or 0),
  }
end

function Store:finish(outcomes)
  local reply, err, details = run_list(self, "finish", values.NONE, outcomes, words_of_outcome)
  if not reply then return nil, err, details end
  return booleans(reply)
end

function Store:sweep()
  local requeued, unknown = 0, 0
  while true do
    local reply, err, details = run(self, "sweep", values.NONE)
    if not reply then return nil, err, details end
    requeued, unknown = requeued + reply[1], unknown + reply[2]
    if tonumber(reply[3]) == 0 then return requeued, unknown end
  end
end

function Store:settle(stamp, id, status, time, err)
  local reply, problem, details = run(self, "settle", {
    stamp, id or "", status, number(states.rank(status)), time and number(time) or "", err or "",
  })
  if not reply then return nil, problem, details end
  return reply ~= "" and reply
end

local NUMBERS = {
  seq = true, fence = true, attempts = true, made = true, due = true, expires = true, ended = true, status_time = true,
}
-- returns an entry from a list of names and values
local function entry_of(reply, key)
  local entry = { key = key, attempts = 0 }
  for i = 1, #reply, 2 do
    local name, value = reply[i], reply[i + 1]
    entry[name] = NUMBERS[name] and tonumber(value) or value
  end
  return entry
end

function Store:get(key)
  local reply, err, details = run(self, "get", { key })
  if not reply then return nil, err, details end
  return #reply > 0 and entry_of(reply, key)
end

function Store:list(options)
  local arguments = { number(options.after or 0), number(options.limit) }
  for _, state in ipairs(options.state and { options.state } or states.ALL) do arguments[#arguments + 1] = state end
  local reply, err, details = run(self, "list", arguments)
  if not reply then return nil, err, details end
  for i, one in ipairs(reply) do reply[i] = entry_of(one) end
  return reply
end

function Store:counts()
  local reply, err, details = run(self, "counts", states.ALL)
  if not reply then return nil, err, details end
  local counts = {}
  for i, state in ipairs(states.ALL) do counts[state] = tonumber(reply[i]) end
  return counts, tonumber(reply[#states.ALL + 1])
end

function Store:resolve(key, word)
  local reply, err, details = run(self, "resolve", { key, word })
  if not reply then return nil, err, details end
  return tonumber(reply) == 1
end

function Store:purge(age, n)
  local reply, err, details = run(self, "purge", { number(age), number(n) })
  if not reply then return nil, err, details end
  return tonumber(reply)
end

function Store:take_all(asks)
  local reply, err, details = run_list(self, "take_all", values.NONE, asks, function(ask)
    return { ask.key, number(ask.interval), number(ask.burst), ask.at_most and number(ask.at_most) or "" }
  end)
  if not reply then return nil, err, details end
  for i, wait in ipairs(reply) do reply[i] = tonumber(wait) end
  return reply
end

function Store:take(key, _, interval, burst, at_most)
  local waits, err, details = self:take_all { { key = key, interval = interval, burst = burst, at_most = at_most } }
  if not waits then return nil, err, details end
  return waits[1]
end

---Closes the connection that the store opened. May be called again.
function Store:close()
  if self.client then self.client:close() end
end
Store.__close = Store.close

-- ---- making one -----------------------------------------------------------------------------------------------------------

local CONNECTION = {
  host = "text", port = "count", password = "words", user = "text", database = "whole", timeout = "seconds",
}
local NEW = values.copy(CONNECTION)
NEW.call, NEW.queue = "callable", "queue"

-- Returns a call function for nginx. A cosocket ends with its request of nginx: so each call takes a connection from nginx's
-- pool, and puts it back.
local function call_in_nginx(options, client, level)
  local host, port, timeout = options.host or "127.0.0.1", options.port or 6379, (options.timeout or 10) * 1000
  if options.user then error("option user: the Redis clients of nginx take a password only", level + 1) end
  local function greet(one)
    if one:get_reused_times() > 0 then return true end
    for name, value in pairs { auth = options.password, select = options.database and number(options.database) } do
      local ok, err = one[name](one, value)
      if not ok then return nil, err end
    end
    return true
  end
  return function(name, ...)
    local one = client:new()
    one:set_timeout(timeout)
    local ok, err = one:connect(host, port, options.database and { pool = ("%s:%d:%d"):format(host, port, options.database) })
    if ok then ok, err = greet(one) end
    if not ok then return nil, err end
    local reply
    reply, err = one[name:lower()](one, ...)
    if reply == nil or (reply == false and not err) then one:close()
    else one:set_keepalive(60000, 16) end
    if reply == false then return nil, err end
    return reply
  end
end

-- Returns a call function, and a client that can be closed (not in nginx). Uses resty.redis or nginx.redis in nginx, LuaSocket
-- elsewhere.
local function client_of(options, level)
  local ngx = rawget(_G, "ngx")
  if type(ngx) == "table" and ngx.socket then
    for _, name in ipairs { "resty.redis", "nginx.redis" } do
      local ok, client = pcall(require, name)
      if ok then return call_in_nginx(options, client, level + 1) end
    end
    error("this store needs lua-resty-redis: on Debian, apt install lua-nginx-redis", level + 1)
  end
  local ok, socket = pcall(require, "socket")
  if not ok then error("this store needs LuaSocket (on Debian, apt install lua-socket), or the option call", level + 1) end
  local made = values.copy(options)
  made.tcp = socket.tcp
  local client = require("whatsapp.outbox.resp").new(made)
  return function(...) return client:call(...) end, client
end

---Makes a store in Redis, for many machines. The store connects at the first use.
---@param options { call: (fun(name: string, ...: string): any, string?)?, queue: string?, host: string?, port: integer?, user:
---string?, password: string?, database: integer?, timeout: number? } call: sends a command with any client, and returns the
---reply, or nil and an error string. If call is absent, the store connects by itself to host and port ("127.0.0.1" and 6379 if
---absent): with lua-resty-redis in nginx, with LuaSocket elsewhere. queue: the name of the queue, such as the phone number id;
---"default" if absent. timeout: seconds, 10
---@return whatsapp.outbox.redis store
function redis.new(options)
  local checked = options_of.check(options, NEW, 2)
  for name in pairs(CONNECTION) do
    if checked.call and checked[name] ~= nil then
      error(("option %s cannot be used with option call: call has its own connection"):format(name), 2)
    end
  end
  local call, client = checked.call, nil
  if not call then call, client = client_of(checked, 2) end
  return setmetatable({ call = call, client = client, prefix = ("wa:{%s}:"):format(checked.queue or "default") }, Store)
end

return redis
