-- Writes numbers in Prometheus' text format 0.0.4. Pure: takes a table key -> number, and writes the metrics in the order of
-- metrics/rows.
local rows = require "whatsapp.metrics.rows"
local values = require "whatsapp.util.values"

local text = {}

-- suffixes of a histogram's keys in a sink
text.BUCKET, text.SUM = "#", "#sum"

local function number(n)
  return values.text(n) or (n ~= n and "NaN") or ("%.17g"):format(n)
end

-- returns a table: name of a metric -> sorted list of its keys
local function keys_by_name(numbers)
  local by_name = {}
  for key in pairs(numbers) do
    local name = key:match "^[%w_]+"
    by_name[name] = by_name[name] or {}
    table.insert(by_name[name], key)
  end
  for _, keys in pairs(by_name) do table.sort(keys) end
  return by_name
end

-- returns a histogram's labels with one more label
local function with_label(labels, more)
  return labels == "" and ("{%s}"):format(more) or ("%s,%s}"):format(labels:sub(1, -2), more)
end

local function write_histogram(lines, row, labels, numbers)
  local key, count = row.name .. labels, 0
  for i = 1, #row.bounds + 1 do
    count = count + (numbers[key .. text.BUCKET .. i] or 0)
    local bound = row.bounds[i] and number(row.bounds[i]) or "+Inf"
    lines[#lines + 1] = ("%s_bucket%s %s"):format(row.name, with_label(labels, ('le="%s"'):format(bound)), number(count))
  end
  lines[#lines + 1] = ("%s_sum%s %s"):format(row.name, labels, number(numbers[key .. text.SUM] or 0))
  lines[#lines + 1] = ("%s_count%s %s"):format(row.name, labels, number(count))
end

local function write_histograms(lines, row, keys, numbers)
  local written = {}
  for _, key in ipairs(keys) do
    local labels = key:sub(#row.name + 1):match "^[^#]*"
    if not written[labels] then write_histogram(lines, row, labels, numbers) end
    written[labels] = true
  end
end

---Writes the numbers of a sink.
---@param numbers table<string, number> by key, as a sink keeps them
---@return string
function text.written(numbers)
  local lines, by_name = {}, keys_by_name(numbers)
  for _, row in ipairs(rows) do
    local keys = by_name[row.name]
    if keys then
      lines[#lines + 1] = ("# HELP %s %s"):format(row.name, row.help)
      lines[#lines + 1] = ("# TYPE %s %s"):format(row.name, row.type)
      if row.type == "histogram" then write_histograms(lines, row, keys, numbers)
      else
        for _, key in ipairs(keys) do lines[#lines + 1] = ("%s %s"):format(key, number(numbers[key])) end
      end
    end
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end

return text
