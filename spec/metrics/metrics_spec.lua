-- whatsapp.metrics: which numbers events change, in each sink; that labels are bounded; that Prometheus' own checker accepts the
-- output.
-- Starts one nginx of two workers on 127.0.0.1 and stops it.
local fake_dict = require "spec.support.shared_dict"
local memory = require "whatsapp.transport.memory"
local nginx_server = require "spec.support.nginx"
local output = require "spec.support.output"
local rows = require "whatsapp.metrics.rows"
local scratch = require "spec.support.scratch"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local KEPT = rawget(_G, "ngx")
local TO, TEXT, ID = "16505551234", "words of a person", "wamid.COUNTED"
local ACCEPTED = { status = 200, headers = {}, body = ('{"messages":[{"id":"%s"}]}'):format(ID) }
local BUSY = { status = 429, headers = {}, body = '{"error":{"code":130429,"message":"Rate limit hit"}}' }

-- makes every event of the library, with one object for `observe`
local function run(observer)
  local client = whatsapp.new { token = "token-of-a-spec", phone_number_id = "106", observe = observer,
    transport = memory.new({ ACCEPTED, BUSY, ACCEPTED, { status = 200, headers = {}, body = '{"success":true}' } }, { delay = 0.02 }) }
  client:send { to = TO, text = { body = TEXT } }
  client:send { to = TO, text = { body = TEXT } }
  client:send { to = TO, text = { body = "" } }
  client:mark_read(ID)
  local handle = whatsapp.webhook.handler {
    app_secret = webhooks.SECRET, verify_token = webhooks.TOKEN, on = { message = function() end }, observe = observer,
    now = function() return 1749416390 end,
  }
  handle(webhooks.post(webhooks.body { messages = { webhooks.text(ID, TEXT, TO) }, statuses = { webhooks.status(ID, "read") } }))
  handle { method = "POST", headers = {}, body = "{}" }
  observer { name = "put", result = "new" }
  observer { name = "outbox", counts = { queued = 3, sending = 0 }, oldest = 12.5 }
  observer { name = "sandbox_request", endpoint = "messages", http_status = 200 }
  observer { name = "sandbox_delivery", http_status = 500 }
  observer { name = "of the program itself" }
end

local LINES = {
  'whatsapp_messages_total{outcome="accepted",endpoint="messages",phone_number_id="106"} 2',
  'whatsapp_messages_total{outcome="invalid",endpoint="messages",phone_number_id="106"} 1',
  'whatsapp_message_answer_seconds_bucket{outcome="accepted",le="0.01"} 0',
  'whatsapp_message_answer_seconds_bucket{outcome="accepted",le="0.025"} 2',
  'whatsapp_message_answer_seconds_bucket{outcome="accepted",le="+Inf"} 2',
  'whatsapp_message_answer_seconds_count{outcome="accepted"} 2',
  'whatsapp_calls_total{outcome="accepted",endpoint="messages"} 1',
  'whatsapp_repeated_attempts_total{outcome="failed",http_status="429",code="130429",endpoint="messages"} 1',
  'whatsapp_webhook_events_total{kind="message",result="handled"} 1',
  'whatsapp_webhook_events_total{kind="status",status="read",result="ignored"} 1',
  'whatsapp_webhook_lag_seconds_bucket{kind="message",le="15"} 1',
  'whatsapp_webhook_lag_seconds_sum{kind="message"} 7',
  'whatsapp_refused_webhooks_total{why="signature"} 1',
  'whatsapp_outbox_puts_total{result="new"} 1',
  'whatsapp_outbox_messages{state="queued"} 3',
  'whatsapp_outbox_messages{state="sending"} 0',
  "whatsapp_outbox_oldest_seconds 12.5",
  'whatsapp_sandbox_requests_total{endpoint="messages",http_status="200"} 1',
  'whatsapp_sandbox_deliveries_total{http_status="500"} 1',
}

local function check(text)
  for _, line in ipairs(LINES) do assert.is_truthy(("\n" .. text):find("\n" .. line .. "\n", 1, true), line .. " is not in\n" .. text) end
  for _, private in ipairs { TO, TEXT, ID } do assert.is_nil(text:find(private, 1, true), private) end
end

-- the functions of nginx-lua-prometheus that the sink uses
local function fake_prometheus(seen)
  local function add(kind)
    return function(self, name, help, labels, bounds)
      assert.is_truthy(self and #help > 0 and type(labels) == "table" and (kind == "histogram") == (type(bounds) == "table"))
      local function count(metric, n, values)
        assert.equal(#labels, #values)
        seen[#seen + 1] = ("%s %s %s %g"):format(metric.kind, name, table.concat(values, ","), n)
      end
      return { kind = kind, inc = count, set = count, observe = count }
    end
  end
  return { counter = add "counter", gauge = add "gauge", histogram = add "histogram", metric_data = function() return { "a\n", "b\n" } end }
end

describe("whatsapp.metrics", function()
  after_each(function() rawset(_G, "ngx", KEPT) end)

  it("counts every event once, in memory and in a shared dict", function()
    local dict, ngx = fake_dict.new(1000)
    rawset(_G, "ngx", ngx)
    for _, sink in ipairs { whatsapp.metrics.memory(), whatsapp.metrics.shared(dict), whatsapp.metrics.shared "fake" } do
      for name in pairs(dict.entries) do dict:delete(name) end
      local metrics = whatsapp.metrics.new { sink = sink }
      run(metrics)
      check(metrics:text())
    end
  end)

  it("counts in nginx-lua-prometheus with a value for every label", function()
    local seen = {}
    local metrics = whatsapp.metrics.new { sink = whatsapp.metrics.nginx_lua_prometheus(fake_prometheus(seen)) }
    run(metrics)
    local all = table.concat(seen, "\n")
    for _, line in ipairs { "counter whatsapp_messages_total accepted,,messages,106 1", "gauge whatsapp_outbox_messages queued 3",
      "histogram whatsapp_message_answer_seconds accepted 0.02" } do
      assert.is_truthy(all:find(line, 1, true), line)
    end
    assert.equal("a\nb\n", metrics:text())
  end)

  it("counts in any table with add", function()
    local seen = {}
    local metrics = whatsapp.metrics.new { sink = { add = function(_, series, n) seen[series.key] = (seen[series.key] or 0) + n end } }
    run(metrics)
    assert.equal(1, seen['whatsapp_refused_webhooks_total{why="signature"}'])
    assert.has_error(function() metrics:text() end, "the sink of these metrics writes no text")
  end)

  it("limits the values of each label, and the combinations of labels", function()
    local metrics = whatsapp.metrics.new()
    for i = 1, 300 do
      for j = 1, 20 do metrics { name = "message", outcome = "accepted", endpoint = "e" .. i, code = j, attempts = 1 } end
    end
    for _, odd in ipairs { "a b", 'a"b', "a\nb", ("x"):rep(65), "\195\164", "a\\" } do
      metrics { name = "refused_webhook", why = odd }
    end
    metrics { name = "refused_webhook", why = {} }
    local text = metrics:text()
    local _, lines = text:gsub("\nwhatsapp_messages_total{", "")
    assert.is_true(lines <= 2001, lines)
    local total = 0
    for n in text:gmatch "\nwhatsapp_messages_total{[^}]*} (%d+)" do total = total + n end
    assert.equal(6000, total)
    assert.is_truthy(text:find('whatsapp_refused_webhooks_total{why="other"} 7\n', 1, true), text)
  end)

  it("reports an error if a full dict loses a number", function()
    local dict, ngx = fake_dict.new(2)
    rawset(_G, "ngx", ngx)
    local metrics = whatsapp.metrics.new { sink = whatsapp.metrics.shared(dict) }
    local client = whatsapp.new { token = "token-of-a-spec", phone_number_id = "106", observe = metrics,
      transport = memory.new { ACCEPTED, ACCEPTED } }
    for _, why in ipairs { "a", "b" } do metrics { name = "refused_webhook", why = why } end
    local result, _, info = client:send { to = TO, text = { body = TEXT } }
    assert.equal(ID, result.messages[1].id)
    assert.matches("cannot count whatsapp_messages_total.*no memory", info.observe_error)
    assert.has_error(function() metrics { name = "outbox", counts = { queued = 1 } } end)
    metrics { name = "refused_webhook", why = "a" }
    assert.matches('{why="a"} 2\n.*{why="b"} 1\n', metrics:text())
  end)

  it("answers requests for the text", function()
    local handler = whatsapp.metrics.new():handler()
    local answer = handler { method = "GET" }
    assert.same({ 200, "text/plain; version=0.0.4; charset=utf-8" }, { answer.status, answer.headers["content-type"] })
    assert.equal(405, handler({ method = "POST", body = "x" }).status)
  end)

  it("refuses a value that is not a sink", function()
    for _, wrong in ipairs { { sink = {} }, { sink = 5 }, { sinks = {} } } do
      assert.has_error(function() whatsapp.metrics.new(wrong) end)
    end
    assert.has_error(function() whatsapp.metrics.nginx_lua_prometheus {} end)
    assert.has_error(function() whatsapp.metrics.shared {} end)
  end)

  it("has complete rows, each name once", function()
    local names = {}
    for _, row in ipairs(rows) do
      assert.is_nil(names[row.name])
      names[row.name] = true
      assert.is_truthy(row.event and row.help and row.labels and (row.type ~= "histogram" or row.bounds), row.name)
      for _, label in ipairs(row.labels) do
        assert.is_nil(({ to = 1, recipient = 1, id = 1, text = 1, from = 1, stamp = 1 })[label], label)
      end
    end
  end)

  it("passes promtool check metrics", function()
    if output "command -v promtool" == "" then return pending "promtool (Debian's package prometheus) is not here" end
    local metrics, folder = whatsapp.metrics.new(), scratch.new()
    run(metrics)
    for _, event in ipairs { "call", "message" } do
      metrics { name = event, outcome = "failed", code = 1, waited = 1.5, answer_seconds = 1e3, endpoint = "media" }
    end
    folder.write("metrics.txt", metrics:text())
    local said = output(("promtool check metrics < '%s' 2>&1; echo \"exit $?\""):format(folder.path "metrics.txt"))
    folder.remove()
    assert.equal("exit 0\n", said)
  end)
end)

describe("metrics in nginx", function()
  local nginx
  setup(function()
    nginx = nginx_server.start {
      workers = 2,
      http = [[
lua_shared_dict metrics 1m;
init_by_lua_block {
  local whatsapp = require "whatsapp"
  local memory = require "whatsapp.transport.memory"
  metrics = whatsapp.metrics.new { sink = whatsapp.metrics.shared "metrics" }
  client = whatsapp.new { token = "token-of-a-spec", phone_number_id = "106", observe = metrics, limiter = false,
    transport = memory.new(function() return { status = 200, headers = {}, body = '{"messages":[{"id":"wamid.x"}]}' } end) }
}]],
      server = [[
location = /send { content_by_lua_block { client:send { to = "16505551234", text = { body = "x" } } ngx.print(ngx.worker.pid()) } }
location = /metrics { content_by_lua_block { require("whatsapp.nginx").serve(metrics:handler()) } }]],
    }
  end)
  teardown(function() nginx.stop() end)

  it("are the numbers of all workers", function()
    local workers, count = {}, 0
    while count < 20 or (count < 500 and not next(workers, next(workers))) do
      local _, pid = nginx.ask("/send", { headers = { Connection = "close" } })
      workers[pid], count = true, count + 1
    end
    local status, text, headers = nginx.ask "/metrics"
    assert.same({ 200, "text/plain; version=0.0.4; charset=utf-8" }, { status, headers["content-type"] })
    assert.is_truthy(text:find(('outcome="accepted",endpoint="messages",phone_number_id="106"} %d\n'):format(count), 1, true), text)
    assert.is_truthy(text:find(('whatsapp_message_answer_seconds_count{outcome="accepted"} %d\n'):format(count), 1, true), text)
    assert.is_true(nginx.logged "[error]" == 0, nginx.log())
  end)
end)
