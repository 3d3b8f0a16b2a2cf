-- The stores in nginx's shared dict: their logic over a dict with a clock that the spec moves, and in a real nginx whose four
-- workers all take at once. The counts do not depend on the speed of the machine.
local fake_dict = require "spec.support.shared_dict"
local json = require "whatsapp.wire.json"
local memory = require "whatsapp.transport.memory"
local nginx_server = require "spec.support.nginx"
local shared = require "whatsapp.nginx"
local webhooks = require "spec.support.webhooks"
local whatsapp = require "whatsapp"

local KEPT = rawget(_G, "ngx")

-- returns a dict, and an ngx with the functions that the stores use
local function new(capacity)
  local dict, ngx = fake_dict.new(capacity)
  rawset(_G, "ngx", ngx)
  return dict, ngx
end

local function near(expected, actual)
  assert.is_true(math.abs(expected - actual) < 0.01, ("%s, not %s"):format(tostring(actual), tostring(expected)))
end

-- steps that show the behaviour that the stores rely on: each is { method, argument ... }, or milliseconds that pass
local STEPS = {
  { "get", "a" }, { "incr", "a", 5 }, { "incr", "a", 5, 10 }, { "incr", "a", 2 ^ 32, 10 }, { "get", "a" },
  { "add", "a", 1, 1 }, { "safe_add", "a", 1, 1 }, { "delete", "a" }, { "safe_add", "a", 1, 0.05 }, { "incr", "a", 1 },
  { "add", "a", 7, 0.05 }, 120, { "get", "a" }, { "incr", "a", 1 }, { "expire", "a", 1 }, { "add", "a", 7, 0.05 }, { "expire", "a", 10 },
  120, { "get", "a" }, { "expire", "a", 0.05 }, 120, { "incr", "a", 3, 1.79e15, 10 }, { "get", "a" }, { "add", "b", 1, 0.05 },
  { "safe_add", "c", 1, 0.05 }, 120, { "flush_expired" }, { "get", "b" }, { "get", "a" },
}

-- returns the result of each step, as a line that is the same in every Lua
local SHOW = [[ return function(i, name, result, err)
  return ("%d %s %s %s"):format(i, name, type(result) == "number" and ("%.17g"):format(result) or tostring(result), tostring(err))
end ]]

describe("a shared dict for specs", function()
  it("behaves like nginx's", function()
    local dict, clock = fake_dict.new()
    local show, here = (loadstring or load)(SHOW)(), {}
    for i, step in ipairs(STEPS) do
      if type(step) == "number" then
        clock.ms = clock.ms + step
      else
        here[#here + 1] = show(i, step[1], dict[step[1]](dict, step[2], step[3], step[4], step[5]))
      end
    end
    local nginx = nginx_server.start {
      http = "lua_shared_dict real 1m;",
      server = [[ location / { content_by_lua_block {
        local show, there, dict = (function() ]] .. SHOW .. [[ end)(), {}, ngx.shared.real
        ngx.req.read_body()
        for i, step in ipairs(require("cjson").decode(ngx.req.get_body_data())) do
          if type(step) == "number" then
            ngx.sleep(step / 1000)
          else
            there[#there + 1] = show(i, step[1], dict[step[1] ](dict, unpack(step, 2)))
          end
        end
        ngx.print(table.concat(there, "\n")) } } ]],
    }
    finally(nginx.stop)
    local _, there = nginx.ask("/", { body = assert(json.encode(STEPS)) })
    assert.equal(there, table.concat(here, "\n"))
  end)
end)

describe("a shared store of limits", function()
  after_each(function() rawset(_G, "ngx", KEPT) end)

  it("gives a burst at once, and then one place in each interval, as the memory of a process does", function()
    local dict, ngx = new()
    local store, waits = shared.limits(dict), {}
    for i = 1, 5 do waits[i] = store:take("a", 100, 6, 3) end
    assert.same({ 0, 0, 0, 6, 12 }, waits)
    assert.equal(0, store:take("b", 100, 6, 3))
    ngx.ms = ngx.ms + 10000
    assert.equal(8, store:take("a", 0, 6, 3)) -- the clock of the process does not matter
    ngx.ms = ngx.ms + 26000 + 1
    for _ = 1, 3 do assert.equal(0, store:take("a", 0, 6, 3)) end
    assert.equal(6, store:take("a", 0, 6, 3))
  end)

  it("takes no place if the wait would be longer than the caller may wait, and returns the wait", function()
    local dict, ngx = new()
    local store = shared.limits(dict)
    assert.equal(0, store:take("a", nil, 6, 2, 0))
    assert.equal(0, store:take("a", nil, 6, 2, 0))
    for _ = 1, 100 do assert.equal(6, store:take("a", nil, 6, 2, 5.9)) end
    assert.equal(6, store:take("a", nil, 6, 2, 6))
    assert.equal(12, store:take("a", nil, 6, 2, 6))
    assert.equal(12, store:take("a", nil, 6, 2))
    ngx.ms = ngx.ms + 18001
    assert.equal(0, store:take("a", nil, 6, 2, 0))
  end)

  it("agrees with the memory of a process, at any time", function()
    local dict, ngx = new()
    local store, other = shared.limits(dict), require("whatsapp.send.limits").store()
    local random = 7
    for _ = 1, 3000 do
      random = random * 16807 % 2147483647
      ngx.ms = ngx.ms + random % 47
      near(other:take("a", ngx.ms / 1000, 1 / 80, 8), store:take("a", nil, 1 / 80, 8))
      near(other:take("b", ngx.ms / 1000, 0.021, 1), store:take("b", nil, 0.021, 1))
    end
  end)

  it("never gives places too fast if an interval is no whole number of microseconds", function()
    local store = shared.limits((new()))
    for _ = 1, 30000 do store:take("a", nil, 1 / 3, 1) end
    local wait = store:take("a", nil, 1 / 3, 1)
    assert.is_true(wait >= 10000 and wait < 10000.1, tostring(wait))
  end)

  it("keeps an entry exactly as long as its places last", function()
    local dict, ngx = new()
    local store = shared.limits(dict)
    for _ = 1, 10 do store:take("a", nil, 6, 3) end
    ngx.ms = ngx.ms + 60000
    dict:flush_expired()
    assert.equal(1, #dict.order)
    ngx.ms = ngx.ms + 1
    assert.equal(1, dict:flush_expired())
  end)

  it("keeps the longer of two lives, in any order of writes", function()
    local dict, ngx = new()
    local store, slow = shared.limits(dict), nil
    local expire = dict.expire
    function dict.expire(self, name, seconds) -- another worker takes a place before this worker writes the life
      if not slow then
        slow = true
        store:take("a", nil, 6, 1)
      end
      return expire(self, name, seconds)
    end
    store:take("a", nil, 6, 1)
    store:take("a", nil, 6, 1)
    assert.is_true(slow)
    ngx.ms = ngx.ms + 17999
    assert.is_not_nil(dict:get "whatsapp:limit:a")
  end)

  it("takes the next place if another worker was faster", function()
    local dict = new()
    local store, safe_add = shared.limits(dict), dict.safe_add
    function dict.safe_add(self, ...)
      dict.safe_add = safe_add
      assert.equal(0, store:take("a", nil, 6, 1))
      return safe_add(self, ...)
    end
    assert.equal(6, store:take("a", nil, 6, 1))
  end)

  it("drops expired entries, forgets no limit, and sends no message that cannot be counted", function()
    local dict, ngx = new(3)
    local store = shared.limits(dict)
    store:take("long", nil, 1000, 1) -- the last entry of the dict, at which the search stops
    store:take("a", nil, 1, 1)
    store:take("b", nil, 1, 1)
    local wait, text = store:take("c", nil, 1, 1)
    assert.is_nil(wait)
    assert.is_truthy(text:find("no memory", 1, true) and text:find("nginx.conf", 1, true), text)
    assert.equal(1000, store:take("long", nil, 1000, 1))
    ngx.ms = ngx.ms + 1500
    store:take("long", nil, 1000, 1)
    assert.equal(0, store:take("c", nil, 1, 1))
    near(2998.5, store:take("long", nil, 1000, 1))

    local transport = memory.new(function() return { status = 200, headers = {}, body = '{"messages":[{"id":"1"}]}' } end)
    local client = whatsapp.new { token = "a-token-of-a-test", phone_number_id = "1", transport = transport,
      limiter = { store = shared.limits((new(1))) } }
    local sent, err, details = client:send { to = "1", text = { body = "x" } }
    assert.is_nil(sent)
    assert.is_truthy(err:find("the limits could not be checked: the shared dict", 1, true), err)
    assert.same({ "transport", true, false, 0 }, { details.kind, details.retryable, details.may_have_been_sent, details.attempts })
    assert.equal(0, #transport.requests)
  end)
end)

describe("the names of 0.1", function()
  it("are those of whatsapp.nginx", function()
    local old = require "whatsapp.shared"
    assert.same({ shared.limits, shared.events }, { old.limits, old.events })
  end)
end)

describe("a shared store of events", function()
  after_each(function() rawset(_G, "ngx", KEPT) end)

  it("counts attempts, and gives up an attempt that never ends", function()
    local dict, ngx = new()
    local store = shared.events(dict, { claim = 5 })
    assert.equal(1, store:begin("a", 100))
    assert.same({ nil, "busy" }, { store:begin("a", 100) })
    store:forget "a"
    assert.equal(2, store:begin("a", 100))
    ngx.ms = ngx.ms + 5001
    assert.equal(3, store:begin("a", 100))
    store:done "a"
    assert.same({}, { store:begin("a", 100) })
    store:forget "unknown"
    assert.equal(1, store:begin("unknown", 100))
  end)

  it("remembers an event for its ttl, from the first attempt on", function()
    local dict, ngx = new()
    local store = shared.events(dict)
    assert.equal(1, store:begin("a", 10))
    ngx.ms = ngx.ms + 9000
    store:done "a"
    assert.same({}, { store:begin("a", 10) })
    ngx.ms = ngx.ms + 1001
    assert.equal(1, store:begin("a", 10))
  end)

  it("does not begin an event that another worker handled between its two steps", function()
    local dict = new()
    local store, add = shared.events(dict), dict.add
    function dict.add(self, ...)
      dict.add = add
      assert.equal(1, store:begin("a", 10)) -- another worker begins and ends
      store:done "a"
      return add(self, ...)
    end
    assert.same({}, { store:begin("a", 10) })
    assert.same({}, { store:begin("a", 10) }) -- and the claim is gone
    assert.is_nil(dict:get "whatsapp:claim:a")
  end)

  it("forgets the oldest event if it is full, and reports this once a minute", function()
    local dict, ngx = new(4)
    local store = shared.events(dict)
    local function handle(key)
      assert.equal(1, store:begin(key, 1000))
      store:done(key)
    end
    for i = 1, 10 do handle("k" .. i) end
    assert.same({}, { store:begin("k10", 1000) })
    assert.equal(1, store:begin("k1", 1000)) -- it could be handled again
    assert.equal(1, #ngx.logged)
    assert.is_truthy(ngx.logged[1]:find("give it more memory", 1, true))
    ngx.ms = ngx.ms + 60000
    handle "k11"
    assert.equal(2, #ngx.logged)
  end)

  it("raises if the dict cannot write, so that the API repeats the event, and leaves no claim", function()
    local dict = new()
    local store, incr = shared.events(dict), dict.incr
    function dict.incr() return nil, "no memory", false end
    assert.has_error(function() store:begin("a", 10) end, "the shared dict: no memory")
    dict.incr = incr
    assert.equal(1, store:begin("a", 10))
  end)

  it("is found by name, inside nginx, and its error names the missing line of nginx.conf", function()
    local function raises(words, call, ...)
      local ok, text = pcall(call, ...)
      assert.is_false(ok)
      assert.is_truthy(text:find(words, 1, true) and text:find("shared_spec.lua", 1, true), text)
    end
    local function limits(dict) return (shared.limits(dict)) end
    local function events(...) return (shared.events(...)) end
    raises("inside nginx only", limits, "fake")
    local dict = new()
    assert.equal(dict, shared.limits("fake").dict)
    raises("lua_shared_dict other 1m;", events, "other")
    raises("a shared dict or its name", limits, nil)
    raises("a shared dict or its name", events, {})
    raises("option claim", events, dict, { claim = 0 })
  end)
end)

-- runs `work(dict, number)` in all workers at the same time; returns the list of their results
local function in_all_workers(work, http)
  local nginx = nginx_server.start {
    workers = 4,
    http = (http or "") .. [[
      lua_shared_dict limits 1m; lua_shared_dict events 4m; lua_shared_dict meet 1m;
      init_worker_by_lua_block {
        local function work(number) ]] .. work .. [[ end
        local meet = ngx.shared.meet
        ngx.timer.at(0, function()
          meet:incr("ready", 1, 0)
          while meet:get "ready" < 4 do ngx.sleep(0.001) end
          local ok, result = pcall(work, ngx.worker.id())
          meet:rpush("results", tostring(result))
        end)
      } ]],
    server = [[ location / { content_by_lua_block {
      for _ = 1, 4 do
        local result
        repeat result = ngx.shared.meet:lpop "results" or ngx.sleep(0.01) until result
        ngx.say(result)
      end } } ]],
  }
  finally(nginx.stop)
  local status, body = nginx.ask("/", { timeout = 60 })
  assert.equal(200, status)
  local results = {}
  for line in body:gmatch "[^\n]+" do results[#results + 1] = line end
  return results
end

describe("in four workers that take at once,", function()
  it("every place of a limit is taken once", function()
    local results = in_all_workers [[
      local store, waits = require("whatsapp.nginx").limits "limits", {}
      for i = 1, 500 do
        for k = 1, 20 do waits[#waits + 1] = math.ceil(store:take("key " .. k, 0, 100000, 50) / 100000) end
      end
      return table.concat(waits, " ")
    ]]
    local places = {}
    for _, line in ipairs(results) do
      for wait in line:gmatch "%S+" do places[wait] = (places[wait] or 0) + 1 end
    end
    local expected = { ["0"] = 20 * 50 }
    for i = 1, 2000 - 50 do expected[tostring(i)] = 20 end
    assert.same(expected, places)
  end)

  it("every event is begun once", function()
    local results = in_all_workers [[
      require("jit").off() -- slow workers meet more often
      local store, begun = require("whatsapp.nginx").events "events", 0
      for i = 1, 6000 do
        if store:begin("event " .. i, 100) then
          begun = begun + 1
          store:done("event " .. i)
        end
      end
      return begun
    ]]
    local begun = 0
    for _, number in ipairs(results) do begun = begun + number end
    assert.equal(6000, begun)
  end)

  it("a limit that ends again and again works", function()
    local results = in_all_workers [[
      local store, granted = require("whatsapp.nginx").limits "limits", {}
      math.randomseed(number + 1)
      local function often(key)
        for _ = 1, 60 do
          ngx.sleep(math.random(0, 60) / 1000)
          local wait = store:take(key, 0, 0.005, 3)
          granted[#granted + 1] = ("%d:%.3f"):format(key, (ngx.now() + wait) * 1000)
        end
      end
      local threads = {}
      for key = 1, 8 do threads[key] = ngx.thread.spawn(often, key) end
      for key = 1, 8 do ngx.thread.wait(threads[key]) end
      return table.concat(granted, " ")
    ]]
    local times = {}
    for _, line in ipairs(results) do
      for key, time in line:gmatch "(%d+):(%S+)" do
        times[key] = times[key] or {}
        table.insert(times[key], tonumber(time))
      end
    end
    local at_once = 0
    for _, list in pairs(times) do
      table.sort(list)
      assert.equal(240, #list)
      local ends = 0 -- the same limit again
      for _, time in ipairs(list) do
        ends = math.max(ends, time) + 5
        assert.is_true(ends - 3 * 5 - time <= 1, "a place too early") -- the clock has whole milliseconds
        if ends - time > 5 then at_once = at_once + 1 end
      end
    end
    assert.is_true(at_once > 0)
  end)

  it("a full dict forgets no limit, and reports that it cannot count", function()
    local results = in_all_workers([[
      local store, first, kept = require("whatsapp.nginx").limits "small", {}, 0
      for i = 1, 200 do first[i] = store:take(number .. " and a longer name of a key " .. i, 0, 1000, 1) end
      for i = 1, 200 do
        local again, text = store:take(number .. " and a longer name of a key " .. i, 0, 1000, 1)
        if first[i] then assert(again and again > 990)
        elseif not again then assert(text:find("the shared dict small cannot keep the limit (no memory)", 1, true)) end
        kept = kept + (first[i] and 1 or 0)
      end
      return kept
    ]], "lua_shared_dict small 12k;")
    local kept = 0
    for _, number in ipairs(results) do kept = kept + assert(tonumber(number), number) end
    assert.is_true(kept > 10 and kept < 800, tostring(kept))
  end)
end)

describe("a webhook in an nginx of four workers", function()
  local nginx
  local HANDLER = [[
    lua_shared_dict events 1m; lua_shared_dict counts 1m; client_body_buffer_size 1m;
    init_by_lua_block {
      local whatsapp, counts = require "whatsapp", ngx.shared.counts
      local function on_message(event)
        local attempt = counts:incr("begun " .. event.id, 1, 0)
        ngx.sleep(0.01)
        if event.text == "fails twice" and attempt <= 2 then error "no database" end
        if event.text == "kills" and attempt == 1 then io.popen("kill -KILL " .. ngx.worker.pid()):close() end
        counts:incr("handled " .. event.id, 1, 0)
        counts:incr("by " .. ngx.worker.pid(), 1, 0)
      end
      package.loaded.handle = whatsapp.webhook.handler {
        app_secret = "$SECRET", verify_token = "$TOKEN", on = { message = on_message },
        on_error = function(text) ngx.log(ngx.WARN, text) end,
        store = require("whatsapp.nginx").events("events", { claim = 8 }),
      }
    } ]]

  setup(function()
    nginx = nginx_server.start {
      workers = 4, http = (HANDLER:gsub("%$SECRET", webhooks.SECRET):gsub("%$TOKEN", webhooks.TOKEN)),
      server = [[
        location /webhook { content_by_lua_block {
          local ends = os.clock() + 0.003
          repeat until os.clock() > ends -- the other workers get the connections of a busy worker
          ngx.req.read_body()
          local response = package.loaded.handle {
            method = ngx.req.get_method(), headers = ngx.req.get_headers(), body = ngx.req.get_body_data() }
          ngx.status = response.status
          ngx.print(response.body) } }
        location /count { content_by_lua_block {
          for _, key in ipairs(ngx.shared.counts:get_keys(0)) do ngx.say(key, "=", ngx.shared.counts:get(key)) end } } ]],
    }
  end)
  teardown(function() nginx.stop() end)

  -- posts all bodies at once; returns how often each status came
  local function post_all(bodies)
    local client, statuses = require("whatsapp.curl").new { proxy = "" }, {}
    for i, body in ipairs(bodies) do
      client:add({ method = "POST", url = nginx.url "/webhook", body = body, timeout = 30,
        headers = { ["X-Hub-Signature-256"] = webhooks.sign(body) } }, i)
    end
    for _ = 1, #bodies do
      local tag, answer = client:next()
      while not tag do
        client:wait(1)
        tag, answer = client:next()
      end
      local status = answer and answer.status or "none"
      statuses[status] = (statuses[status] or 0) + 1
    end
    client:close()
    return statuses
  end

  local function counts()
    local _, text = nginx.ask "/count"
    local found = {}
    for key, value in text:gmatch "([^\n]+)=(%d+)" do found[key] = tonumber(value) end
    return found
  end

  it("handles every event once, also if it comes many times and to several workers", function()
    local bodies = {}
    for i = 1, 240 do
      local first = (i - 1) % 40 + 1
      bodies[i] = webhooks.body { messages = { webhooks.text("once." .. first, "x"), webhooks.text("once." .. first % 40 + 1, "y") } }
    end
    for _ = 1, 20 do -- another worker is busy with the event: the API repeats it
      local statuses = post_all(bodies)
      if not statuses[500] then break end
    end
    local found, workers = counts(), 0
    for i = 1, 40 do assert.equal(1, found["handled once." .. i]) end
    for key in pairs(found) do workers = workers + (key:find "^by " and 1 or 0) end
    assert.is_true(workers > 1)
    assert.same({ [200] = 240 }, post_all(bodies))
  end)

  it("handles every event once while nginx reloads and has two sets of workers", function()
    local process = require "whatsapp.sandbox.process"
    local bodies = {}
    for i = 1, 1000 do bodies[i] = webhooks.body { messages = { webhooks.text("reload." .. i % 500, "x") } } end -- each twice
    process.run(nginx.folder, "(for i in 1 2 3 4; do sleep 0.1; kill -HUP $(cat nginx.pid); done) > /dev/null 2>&1 &")
    for _ = 1, 20 do -- a closed connection, or another worker is busy with the event: the API repeats it
      if post_all(bodies)[200] == 1000 then break end
    end
    local found = counts()
    for i = 0, 499 do assert.equal(1, found["handled reload." .. i]) end
    assert(nginx.wait_for("reconfiguring", 4))
  end)

  it("begins a failed event again, and counts its attempts over all workers", function()
    local body = webhooks.body { messages = { webhooks.text("f", "fails twice") } }
    for _, expected in ipairs { 500, 500, 200, 200 } do assert.same({ [expected] = 1 }, post_all { body }) end
    assert.equal(3, counts()["begun f"])
    assert.equal(1, counts()["handled f"])
  end)

  it("gives the event of a dead worker to another worker when its claim is over", function()
    local body = webhooks.body { messages = { webhooks.text("k", "kills") } }
    assert.same({ none = 1 }, post_all { body })
    assert.same({ [500] = 1 }, post_all { body })
    local ends = os.time() + 20
    repeat local statuses = post_all { body } until statuses[200] or os.time() > ends
    assert.equal(2, counts()["begun k"])
    assert.equal(1, counts()["handled k"])
  end)
end)
