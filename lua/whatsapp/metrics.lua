-- Counts the events of the option `observe` in counters, gauges and histograms of Prometheus. metrics/rows maps events to
-- metrics. A sink is the object that keeps the numbers. Never keeps a recipient, a message id or a text; a label has a limited
-- number of values.
local options_of = require "whatsapp.util.options"
local rows = require "whatsapp.metrics.rows"
local sinks = require "whatsapp.metrics.sinks"

---@class whatsapp.metrics
local metrics = {}

---A metric with one value for each of its labels: one line of the output, or the lines of one histogram. The table is made once,
---and used for each event.
---@class whatsapp.metric_series
---@field name string
---@field type "counter"|"gauge"|"histogram"
---@field help string
---@field labels string[] names of the labels
---@field values string[] values of the labels; "" if an event has no such member
---@field bounds number[]? of a histogram: the upper bounds of its buckets, the lowest first
---@field key string the name and the labels, as Prometheus writes them

---Keeps the numbers.
---@class whatsapp.metric_sink
---@field add fun(self: any, series: whatsapp.metric_series, n: number) counter: adds n; gauge: sets the number to n; histogram:
---counts the value n
---@field text (fun(self: any): string)? all numbers in Prometheus' text format

---A callable object for the option `observe`.
---@class whatsapp.metrics_observer
---@overload fun(event: whatsapp.observed)
local Metrics = {}
Metrics.__index = Metrics
Metrics.__name = "whatsapp.metrics"

-- MOST: the most values of one label. MOST_TOGETHER: the most combinations of label values. Every other value becomes "other".
local MOST, MOST_TOGETHER = 100, 2000
local LONGEST = 64 -- bytes of a value

-- name of an event -> its rows, and all labels of these rows
local EVENTS = {}
for _, row in ipairs(rows) do
  local event = EVENTS[row.event] or { rows = {}, labels = {} }
  EVENTS[row.event] = event
  event.rows[#event.rows + 1] = row
  event.has_each = event.has_each or row.each ~= nil
  for _, label in ipairs(row.each and {} or row.labels) do
    if not event.labels[label] then
      event.labels[#event.labels + 1] = label
      event.labels[label] = #event.labels
    end
  end
end

-- ---- series ---------------------------------------------------------------------------------------------------------------

-- Returns the value of a label as text. Returns "other" for a new value if MOST values are known, or if the value is not a short
-- word.
local function bounded(self, label, value)
  if not value then return "" end
  local known = self.known[label]
  if not known then
    known = { count = 0, texts = {} }
    self.known[label] = known
  end
  local text = tostring(value)
  if known.texts[text] then return text end
  if known.count >= MOST or #text > LONGEST or not text:find "^[0-9A-Za-z_.:+-]+$" then return "other" end
  known.count, known.texts[text] = known.count + 1, true
  return text
end

local function new_series(row, values)
  local shown = {}
  for i, label in ipairs(row.labels) do
    if values[i] ~= "" then shown[#shown + 1] = ('%s="%s"'):format(label, values[i]) end
  end
  local inner = table.concat(shown, ",")
  return {
    name = row.name, type = row.type, help = row.help, labels = row.labels, values = values, bounds = row.bounds,
    key = inner == "" and row.name or ("%s{%s}"):format(row.name, inner),
  }
end

-- returns the series of a row with these values; makes the series at the first call
local function series_of(self, row, values)
  local made = new_series(row, values)
  self.series[made.key] = self.series[made.key] or made
  return self.series[made.key]
end

local ONCE = {} -- used instead of a member's name if each event adds 1

-- returns the function that adds a number to a series
local function adder_of(self, series)
  local sink = self.sink
  if sink.adder then return sink:adder(series) end
  return function(n) sink:add(series, n) end
end

-- Returns a list for an event with these labels: each function to call, followed by the name of the member to add.
local function additions(self, event, texts)
  local list = {}
  for _, row in ipairs(event.rows) do
    if not row.each then
      local values = {}
      for i, label in ipairs(row.labels) do values[i] = texts[event.labels[label]] end
      list[#list + 1] = adder_of(self, series_of(self, row, values))
      list[#list + 1] = row.value or ONCE
    end
  end
  return list
end

-- The tree has a branch for each event and each combination of label values. The keys of a branch: the name of the event, the
-- value of its first label, the value of its second label … The branch ends with the list from additions().
local NONE = {} -- the branch for a label that the event does not have

-- Returns the additions of an event with a new combination of label values, and adds a branch for the combination to the tree.
local function grow(self, event, observed)
  local texts, node, is_bounded = {}, self.tree[observed.name], self.count < MOST_TOGETHER
  local has_place = is_bounded
  for i, label in ipairs(event.labels) do
    texts[i] = has_place and bounded(self, label, observed[label]) or "other"
    if texts[i] == "other" then is_bounded = false end
  end
  local list = additions(self, event, texts)
  if not is_bounded then return list end -- "other" gets no branch: the number of such values is not limited
  self.count = self.count + 1
  for i, label in ipairs(event.labels) do
    local value = observed[label] or NONE
    node[value] = node[value] or (i == #event.labels and list or {})
    node = node[value]
  end
  return list
end

-- ---- counting -------------------------------------------------------------------------------------------------------------

-- counts a member that is a table label -> value: each label has its own gauge
local function add_each(self, event, observed)
  for _, row in ipairs(event.rows) do
    for value, n in pairs(row.each and observed[row.each] or {}) do
      if type(n) == "number" then self.sink:add(series_of(self, row, { bounded(self, row.labels[1], value) }), n) end
    end
  end
end

---Counts an event. Ignores an event that no row has, because a program may observe its own events.
---@param observed whatsapp.observed
function Metrics:__call(observed)
  local name = observed.name
  local node = self.tree[name]
  if not node then return end
  local event = EVENTS[name]
  local labels = event.labels
  for i = 1, #labels do
    node = node[observed[labels[i]] or NONE]
    if not node then
      node = grow(self, event, observed)
      break
    end
  end
  for i = 1, #node, 2 do
    local member = node[i + 1]
    local n = member == ONCE and 1 or observed[member]
    if n then node[i](n) end
  end
  if event.has_each then add_each(self, event, observed) end
end

---Returns all numbers in Prometheus' text format, version 0.0.4.
---@return string
function Metrics:text()
  if not self.sink.text then error("the sink of these metrics writes no text", 2) end
  return self.sink:text()
end

---Makes an endpoint for Prometheus: a pure function that takes a request and returns the response, for any server. In nginx, use
---`require("whatsapp.nginx").serve(handler)`.
---@return fun(request: whatsapp.webhook_request): whatsapp.webhook_response handler
function Metrics:handler()
  return function(request)
    if request.method ~= "GET" and request.method ~= "HEAD" then
      return { status = 405, headers = { allow = "GET, HEAD", ["content-type"] = "text/plain" }, body = "" }
    end
    local headers = { ["content-type"] = "text/plain; version=0.0.4; charset=utf-8", ["cache-control"] = "no-store" }
    return { status = 200, headers = headers, body = self:text() }
  end
end

-- ---- the public face ------------------------------------------------------------------------------------------------------

local OPTIONS = { sink = "sink" }

---Makes metrics for the option `observe` of clients, handlers, the outbox and the sandbox; one object may serve all of them.
---@param options { sink: whatsapp.metric_sink? }? sink: whatsapp.metrics.memory() if absent
---@return whatsapp.metrics_observer metrics callable; metrics:text(), metrics:handler()
function metrics.new(options)
  local checked = options_of.check(options, OPTIONS, 2)
  local tree = {}
  local sink = checked.sink or sinks.memory()
  local self = setmetatable({
    sink = sink, keeps_no_event = sink.never_yields, tree = tree, series = {}, known = {}, count = 0,
  }, Metrics)
  for name, event in pairs(EVENTS) do tree[name] = #event.labels == 0 and additions(self, event, {}) or {} end
  return self
end

---Makes a sink in the memory of this process (in nginx: of one worker process).
---@return whatsapp.metric_sink
function metrics.memory() return sinks.memory() end

---Makes a sink in a shared dict of nginx, for all worker processes. The sink never removes a number: if the dict is full, a new
---series is an error, which goes to `observe_error` of the observed object.
---@param dict string|ngx.shared.DICT the dict's name, or ngx.shared.NAME; use a dict only for metrics: 1 MB is enough
---@return whatsapp.metric_sink
function metrics.shared(dict)
  local found, name = require("whatsapp.nginx").dict_of(dict, 2)
  return sinks.shared(found, name)
end

---The object of nginx-lua-prometheus.
---@class whatsapp.prometheus
---@field counter fun(self, name: string, help: string?, labels: string[]?): any
---@field gauge fun(self, name: string, help: string?, labels: string[]?): any
---@field histogram fun(self, name: string, help: string?, labels: string[]?, buckets: number[]?): any
---@field metric_data fun(self): string[]

---Makes a sink that counts in nginx-lua-prometheus, next to a program's own metrics. Call it in init_worker_by_lua.
---@param prometheus whatsapp.prometheus as `require("prometheus").init("dict")` returns it
---@return whatsapp.metric_sink
function metrics.nginx_lua_prometheus(prometheus)
  if type(prometheus) ~= "table" or type(prometheus.counter) ~= "function" then
    error('whatsapp.metrics.nginx_lua_prometheus takes the object that require("prometheus").init(...) returns', 2)
  end
  return sinks.nginx_lua_prometheus(prometheus, rows)
end

return metrics
