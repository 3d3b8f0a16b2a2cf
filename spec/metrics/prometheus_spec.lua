-- whatsapp.metrics over the real nginx-lua-prometheus, in two workers of nginx. Debian has no package of this library. If the
-- library is not on package.path, nothing runs here. To run this spec: LUA_PATH="NGINX_LUA_PROMETHEUS/?.lua;;"
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local rows = require "whatsapp.metrics.rows"
local scratch = require "spec.support.scratch"

local HTTP = [[
lua_shared_dict prometheus 1m;
init_by_lua_block { package.path = $PATH .. ";" .. package.path }
init_worker_by_lua_block {
  local whatsapp = require "whatsapp"
  local prometheus = require("prometheus").init("prometheus", { sync_interval = 0.1 })
  prometheus:counter("of_the_program_total", "A metric of the program itself"):inc(1)
  metrics = whatsapp.metrics.new { sink = whatsapp.metrics.nginx_lua_prometheus(prometheus) }
}]]

-- counts one event for each row, and messages of three phone numbers
local SERVER = [[
location = /count { content_by_lua_block {
  for _, row in ipairs(require "whatsapp.metrics.rows") do
    local event = { name = row.event }
    for _, label in ipairs(row.labels) do event[label] = label == "http_status" and 200 or "x" end
    if row.value then event[row.value] = 0.3 end
    if row.each then event[row.each] = { queued = 3 } end
    metrics(event)
  end
  for i = 1, 3 do
    metrics { name = "message", outcome = "accepted", answer_seconds = 0.3, endpoint = "messages", phone_number_id = "10" .. i }
  end
  ngx.print(ngx.worker.pid())
} }
location = /metrics { content_by_lua_block { require("whatsapp.nginx").serve(metrics:handler()) } }]]

describe("metrics in nginx-lua-prometheus", function()
  local path = package.path:gsub("[^;]+", function(pattern)
    local file = io.open((pattern:gsub("%?", "prometheus_resty_counter")))
    if file then file:close() end
    return file and pattern or ""
  end):gsub("^;+", ""):gsub(";+$", "")
  if path == "" then
    it("was not run", function() pending "nginx-lua-prometheus is not on package.path" end)
    return
  end
  local nginx
  setup(function()
    local values = { PATH = ("%q"):format(path) }
    nginx = nginx_server.start { workers = 2, http = (HTTP:gsub("%$(%u+)", values)), server = SERVER }
  end)
  teardown(function() nginx.stop() end)

  it("are the sums of both workers, and pass promtool check metrics", function()
    local workers, count = {}, 0
    while count < 20 or (count < 500 and not next(workers, next(workers))) do
      local _, pid = nginx.ask("/count", { headers = { Connection = "close" } })
      workers[pid], count = true, count + 1
    end
    local wanted = ('whatsapp_messages_total{outcome="accepted",code="",endpoint="messages",phone_number_id="103"} %d\n'):format(count)
    local status, text
    for _ = 1, 100 do -- the library writes its counters every 0.1 seconds
      status, text = nginx.ask "/metrics"
      if text:find(wanted, 1, true) then break end
      output "sleep 0.1"
    end
    assert.equal(200, status, nginx.log())
    assert.is_truthy(text:find(wanted, 1, true), text)
    assert.is_truthy(text:find("of_the_program_total 2\n", 1, true), text)
    assert.is_truthy(text:find("nginx_metric_errors_total 0\n", 1, true), text)
    for _, row in ipairs(rows) do
      assert.is_truthy(text:find(("\n# TYPE %s %s\n"):format(row.name, row.type), 1, true) or text:find("# TYPE " .. row.name, 1, true),
        row.name .. " is not in\n" .. text)
      local sample = row.type == "histogram" and row.name .. "_count" or row.name
      assert.matches("\n" .. sample .. "[{ ]", text)
    end
    assert.equal(0, nginx.logged "[error]", nginx.log())
    if output "command -v promtool" == "" then return end
    local folder = scratch.new()
    folder.write("metrics.txt", text)
    local said = output(("promtool check metrics < '%s' 2>&1; echo \"exit $?\""):format(folder.path "metrics.txt"))
    folder.remove()
    assert.equal("exit 0\n", said)
  end)
end)
