-- A sink keeps the numbers of metrics: in memory, in a shared dict of nginx, or in nginx-lua-prometheus. For a histogram, the
-- first two sinks keep a sum, and a count for each bucket. They count a value in one bucket only. Prometheus also counts it in
-- all larger buckets, so metrics/text adds the counts up. This file never decides which events count.
local text = require "whatsapp.metrics.text"

local sinks = {}

-- ---- memory ---------------------------------------------------------------------------------------------------------------
-- A cell is two functions for one series: the first adds a number, the second writes the numbers of the series into a table. The
-- numbers are upvalues of these functions. With numbers in tables, an event costs twice as much (make bench-send ROUNDS=0).

local CELLS = {}

function CELLS.counter()
  local total
  return function(n) total = (total or 0) + n end, function(key, numbers) numbers[key] = total end
end

function CELLS.gauge()
  local last
  return function(n) last = n end, function(key, numbers) numbers[key] = last end
end

function CELLS.histogram(bounds)
  local sum, counts, size = nil, {}, #bounds
  local function add(n)
    sum = (sum or 0) + n
    for at = 1, size do
      if n <= bounds[at] then
        counts[at] = (counts[at] or 0) + 1
        return
      end
    end
    counts[size + 1] = (counts[size + 1] or 0) + 1
  end
  return add, function(key, numbers)
    numbers[key .. text.SUM] = sum
    for at, count in pairs(counts) do numbers[key .. text.BUCKET .. at] = count end
  end
end

local Memory = {}
Memory.__index = Memory
Memory.never_yields = true

-- Returns the function that adds to a series. A sink has one cell for each series, even if several metrics share the sink.
function Memory:adder(series)
  local key = series.key
  if not self.adders[key] then self.adders[key], self.readers[key] = CELLS[series.type](series.bounds) end
  return self.adders[key]
end

function Memory:add(series, n) self:adder(series)(n) end

function Memory:text()
  local numbers = {}
  for key, read in pairs(self.readers) do read(key, numbers) end
  return text.written(numbers)
end

---Makes a sink in the memory of this process.
---@return whatsapp.metric_sink
function sinks.memory() return setmetatable({ adders = {}, readers = {} }, Memory) end

-- ---- a shared dict ----------------------------------------------------------------------------------------------------------

local Shared = {}
Shared.__index = Shared
Shared.never_yields = true

-- makes the keys of a histogram's buckets and of its sum, and keeps them in the series; returns the keys of the buckets
local function buckets_of(series)
  local keys = {}
  for i = 1, #series.bounds + 1 do keys[i] = series.key .. text.BUCKET .. i end
  series.buckets, series.sum = keys, series.key .. text.SUM
  return keys
end

-- returns the key of the bucket for a value
local function bucket_of(series, value)
  local bounds, buckets = series.bounds, series.buckets or buckets_of(series)
  for i = 1, #bounds do
    if value <= bounds[i] then return buckets[i] end
  end
  return buckets[#bounds + 1]
end

-- adds n to a number of the dict; uses safe_add, because add() removes other numbers if the dict is full
local function increase(self, key, n)
  local dict = self.dict
  local new, err = dict:incr(key, n)
  if not new and err == "not found" then
    new, err = dict:safe_add(key, n)
    if not new and err == "exists" then new, err = dict:incr(key, n) end -- another worker process added the key
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

---Makes a sink in a shared dict of nginx.
---@param dict ngx.shared.DICT
---@param name string the name of the dict, as errors show it
---@return whatsapp.metric_sink
function sinks.shared(dict, name) return setmetatable({ dict = dict, name = name }, Shared) end

-- ---- nginx-lua-prometheus ---------------------------------------------------------------------------------------------------

local METHODS = { counter = "inc", gauge = "set", histogram = "observe" }

local Prometheus = {}
Prometheus.__index = Prometheus
Prometheus.never_yields = true

function Prometheus:add(series, n)
  local metric = self.metrics[series.name]
  metric[METHODS[series.type]](metric, n, series.values)
end

function Prometheus:text() return table.concat(self.prometheus:metric_data()) end

---Makes a sink that counts in nginx-lua-prometheus.
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
