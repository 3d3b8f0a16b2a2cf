-- Sinks keep the numbers of metrics: in memory, in a shared dict of nginx, or in nginx-lua-prometheus. A histogram has a sum, and
-- a number for each bucket; this number does not include the smaller buckets: metrics/text adds them. Never decides which events
-- count.
local text = require "whatsapp.metrics.text"

local sinks = {}

---Adds the keys of its numbers to a series, so that an event makes no new string.
---@param series whatsapp.metric_series
---@return whatsapp.metric_series series the same table
function sinks.prepared(series)
  if series.type == "histogram" then
    series.sum, series.buckets = series.key .. text.SUM, {}
    for i = 1, #series.bounds + 1 do series.buckets[i] = series.key .. text.BUCKET .. i end
  end
  return series
end

-- returns the key of the bucket for a value
local function bucket_of(series, value)
  local bounds = series.bounds
  for i = 1, #bounds do
    if value <= bounds[i] then return series.buckets[i] end
  end
  return series.buckets[#bounds + 1]
end

-- ---- memory ---------------------------------------------------------------------------------------------------------------

local Memory = {}
Memory.__index = Memory

function Memory:add(series, n)
  local numbers, key = self.numbers, series.key
  if series.type == "counter" then
    numbers[key] = (numbers[key] or 0) + n
  elseif series.type == "gauge" then
    numbers[key] = n
  else
    local bucket, sum = bucket_of(series, n), series.sum
    numbers[bucket] = (numbers[bucket] or 0) + 1
    numbers[sum] = (numbers[sum] or 0) + n
  end
end

function Memory:text() return text.written(self.numbers) end

---@return whatsapp.metric_sink
function sinks.memory() return setmetatable({ numbers = {} }, Memory) end

-- ---- a shared dict ----------------------------------------------------------------------------------------------------------

local Shared = {}
Shared.__index = Shared

-- adds n to a number of the dict; safe_add removes no other number from a full dict
local function increase(self, key, n)
  local dict = self.dict
  local new, err = dict:incr(key, n)
  if not new and err == "not found" then
    new, err = dict:safe_add(key, n)
    if not new and err == "exists" then new, err = dict:incr(key, n) end -- another worker added it meanwhile
  end
  if not new then error(("the shared dict%s cannot count %s (%s)"):format(self.name, key, tostring(err)), 0) end
end

function Shared:add(series, n)
  if series.type == "counter" then return increase(self, series.key, n) end
  if series.type == "histogram" then
    increase(self, bucket_of(series, n), 1)
    return increase(self, series.sum, n)
  end
  local ok, err = self.dict:safe_set(series.key, n)
  if not ok then error(("the shared dict%s cannot keep %s (%s)"):format(self.name, series.key, tostring(err)), 0) end
end

function Shared:text()
  local numbers = {}
  for _, key in ipairs(self.dict:get_keys(0)) do
    if key:find "^whatsapp_" then numbers[key] = self.dict:get(key) end
  end
  return text.written(numbers)
end

---@param dict ngx.shared.DICT
---@param name string for errors
---@return whatsapp.metric_sink
function sinks.shared(dict, name) return setmetatable({ dict = dict, name = name }, Shared) end

-- ---- nginx-lua-prometheus ---------------------------------------------------------------------------------------------------

local METHODS = { counter = "inc", gauge = "set", histogram = "observe" }

local Prometheus = {}
Prometheus.__index = Prometheus

function Prometheus:add(series, n)
  local metric = self.metrics[series.name]
  metric[METHODS[series.type]](metric, n, series.values)
end

function Prometheus:text() return table.concat(self.prometheus:metric_data()) end

---@param prometheus table
---@param rows table[] of whatsapp.metrics.rows
---@return whatsapp.metric_sink
function sinks.nginx_lua_prometheus(prometheus, rows)
  local made = {}
  for _, row in ipairs(rows) do
    made[row.name] = prometheus[row.type](prometheus, row.name, row.help, row.labels, row.bounds)
  end
  return setmetatable({ metrics = made, prometheus = prometheus }, Prometheus)
end

return sinks
