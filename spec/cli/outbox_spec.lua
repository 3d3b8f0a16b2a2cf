-- whatsapp outbox over SQLite, Redis and PostgreSQL, and whatsapp bulk --state, against the sandbox. The specs kill or interrupt some
-- senders; no message is sent twice.
local engines = require "spec.support.engines"
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local programs = require "spec.support.program"
local read = require "spec.support.read"
local sql = require "whatsapp.outbox.sql"
local server = require "whatsapp.sandbox.server"

local ROUNDS, ROWS = 6, 300

local function message(i, key)
  return ('{"to":"1650%07d","text":{"body":"message %d"}%s}'):format(i, i, key and (',"key":"%s%d"'):format(key, i) or "")
end

local function messages(count, key)
  local lines = {}
  for i = 1, count do lines[i] = message(i, key) end
  return table.concat(lines, "\n") .. "\n"
end

describe("the outbox in the program", function()
  local program, run, box
  setup(function()
    box = server.start { tls = false, page = false }
    program = programs.new {
      WHATSAPP_BASE_URL = box.base_url, WHATSAPP_TOKEN = "EAAtoken0123456789", WHATSAPP_PHONE_NUMBER_ID = "106540352242922",
      WHATSAPP_STORE = "sqlite:outbox.db",
    }
    run = program.run
  end)
  teardown(function()
    box.stop()
    program.remove()
  end)
  before_each(function()
    program.scratch.run "rm -f *.db* out rows.jsonl"
    output(("curl -s -X POST -H 'Content-Type: application/json' -d '{}' %s/_sandbox/reset"):format(box.base_url))
  end)

  -- returns a table, body of a message -> how often the sandbox accepted it, and the number of accepted messages
  local function taken()
    local list = json.decode(output(("curl -s '%s/_sandbox/messages?limit=10000'"):format(box.base_url))).messages
    local by_body, count = {}, 0
    for _, entry in ipairs(list) do
      local body = entry.message.text.body
      by_body[body], count = (by_body[body] or 0) + 1, count + 1
    end
    return by_body, count
  end

  local function outcomes()
    local list = {}
    for line in read(program.scratch.path "out"):gmatch "[^\n]+" do list[#list + 1] = json.decode(line) end
    return list
  end

  -- engine -> function that starts the engine, and returns two values: a function that makes an empty store and returns its address;
  -- and the engine, which the spec must stop
  local ENGINES = {
    sqlite = function() return function() return "sqlite:outbox.db" end end,
    redis = function()
      local redis, count = engines.redis(), 0
      return function()
        count = count + 1
        return ("redis://127.0.0.1:%d/%d"):format(redis.port, count)
      end, redis
    end,
    postgres = function()
      local postgres, count = engines.postgres(), 0
      local store = sql.postgres { database = "postgres", user = "postgres", host = "127.0.0.1", port = postgres.port }
      return function()
        count = count + 1
        assert(store.db:query("CREATE DATABASE outbox" .. count))
        return ("postgres://postgres@127.0.0.1:%d/outbox%d"):format(postgres.port, count)
      end, postgres
    end,
  }

  for name, start in pairs(ENGINES) do
    describe("over " .. name, function()
      local new_store, engine, address
      setup(function() new_store, engine = start() end)
      teardown(function()
        if engine then engine.stop() end
      end)
      before_each(function() address = new_store() end)

      local function on(words) return run(words, { env = { WHATSAPP_STORE = address } }) end

      it("puts, sends, lists, shows, counts and purges", function()
        program.scratch.write("rows.jsonl", messages(5, "k") .. '{"to":"1","text":{"body":""}}\n')
        local put = on "outbox put rows.jsonl"
        assert.equal(7, put.status, put.err)
        assert.is_truthy(put.err:find("rows.jsonl:6: text.body", 1, true) and put.err:find("5 new, 0 there before, 1 refused", 1, true), put.err)
        assert.is_truthy(on "outbox put rows.jsonl".err:find("0 new, 5 there before", 1, true))
        program.scratch.write("other.jsonl", '{"to":"1","text":{"body":"another"},"key":"k1"}\n')
        assert.equal(3, on("outbox put other.jsonl").status)
        assert.is_truthy(on "outbox stats".out:find("queued\t5\n", 1, true))
        local sent = on "outbox run --once"
        assert.equal(0, sent.status, sent.err)
        local _, lines = sent.out:gsub("accepted\tk%d", "")
        assert.equal(5, lines, sent.out)
        local _, listed = on "outbox ls --state accepted".out:gsub("\n", "")
        assert.equal(5, listed)
        local entry = json.decode(on "outbox show k3".out)
        assert.same({ "accepted", "message 3" }, { entry.state, entry.message.text.body })
        assert.is_nil(entry.fence)
        assert.equal(1, on("outbox show nothing").status)
        assert.equal(1, on("outbox resolve k3 again").status)
        assert.equal(5, json.decode(on "--json outbox purge --days 0".out).purged)
        assert.equal(0, json.decode(on "--json outbox stats".out).accepted)
        local _, count = taken()
        assert.equal(5, count)
      end)

      it("continues after a person has decided about an unknown entry", function()
        program.scratch.write("rows.jsonl", messages(1, "k"))
        on "outbox put rows.jsonl"
        output(("curl -s -X POST -H 'Content-Type: application/json' -d '%s' %s/_sandbox/chaos"):format('{"on":"answer","what":"reset","times":1}',
          box.base_url))
        assert.equal(7, on("outbox run --once").status)
        assert.is_truthy(on "outbox ls --state unknown".out:find("unknown\tk1", 1, true))
        assert.equal(0, on("outbox resolve k1 again").status)
        assert.equal(0, on("outbox run --once").status)
        assert.is_truthy(on "outbox ls".out:find("accepted\tk1", 1, true))
      end)
    end)
  end

  it("opens a store by its address, and refuses a password in the arguments", function()
    for words, said in pairs {
      ["--store mysql://x"] = "a store must be", ["--store redis://me:secret99@127.0.0.1/q"] = "WHATSAPP_STORE_PASSWORD",
    } do
      local ended = run("outbox stats " .. words)
      assert.equal(2, ended.status, words)
      assert.is_truthy(ended.err:find(said, 1, true), ended.err)
      assert.is_nil(ended.err:find("secret99", 1, true))
    end
    assert.equal(2, run("outbox stats", { env = { WHATSAPP_STORE = "" } }).status)
  end)

  it("stores no token", function()
    program.scratch.write("rows.jsonl", messages(3))
    assert.equal(0, run("bulk rows.jsonl --yes --state state.db").status)
    assert.is_nil(program.scratch.run("cat state.db*"):find("EAAtoken0123456789", 1, true))
  end)

  it("lets a killed bulk continue, and sends nothing twice", function()
    program.scratch.write("rows.jsonl", messages(ROWS))
    for round = 1, ROUNDS do
      local command = ("whatsapp bulk rows.jsonl --yes --rate 400 --timeout 1 --state state.db --out out & pid=$!; sleep 0.%d; kill -9 $pid; "
        .. "wait $pid"):format(100 + 70 * round)
      run(nil, { command = command })
    end
    local ended = run "bulk rows.jsonl --yes --rate 1000 --timeout 1 --state state.db --out out --resume"
    assert.is_true(ended.status == 0 or ended.status == 7, ended.err)
    local by_body, seen = taken(), {}
    for _, one in ipairs(outcomes()) do
      local arrived = by_body["message " .. one.line] or 0
      assert.is_nil(seen[one.line], one.line)
      seen[one.line] = true
      assert.is_true(arrived <= 1, one.line)
      assert.is_true(one.state == "unknown" or (one.state == "accepted" and arrived == 1), one.state)
    end
    assert.equal(ROWS, #outcomes())
  end)

  it("writes one outcome for each row after Ctrl-C, and continues later", function()
    program.scratch.write("rows.jsonl", messages(ROWS))
    local ended = run(nil, { command = "whatsapp bulk rows.jsonl --yes --rate 200 --state state.db --out out & pid=$!; "
      .. "while ! whatsapp outbox stats --store sqlite:state.db 2>/dev/null | grep -q 'accepted.[1-9]'; do sleep 0.05; done; "
      .. "kill -INT $pid; wait $pid" })
    assert.equal(130, ended.status, ended.err)
    assert.equal(ROWS, #outcomes())
    local before = select(2, taken())
    assert.is_true(before > 0 and before < ROWS, before)
    ended = run "bulk rows.jsonl --yes --rate 1000 --state state.db --out out"
    assert.equal(0, ended.status, ended.err)
    assert.equal(ROWS, #outcomes())
    local by_body, count = taken()
    assert.equal(ROWS, count)
    for body, times in pairs(by_body) do assert.equal(1, times, body) end
  end)

  it("says that a state file has unsent messages of another file, and sends each of these once", function()
    program.scratch.write("rows.jsonl", messages(3, "a"))
    assert.equal(0, run("outbox put rows.jsonl --store sqlite:state.db").status) -- a killed bulk leaves such messages
    program.scratch.write("rows.jsonl", messages(2, "b"))
    local ended = run "bulk rows.jsonl --yes --state state.db --out out"
    assert.equal(0, ended.status, ended.err)
    assert.is_truthy(ended.err:find("state.db holds 3 unsent messages of another file: they are sent too", 1, true), ended.err)
    assert.equal(2, #outcomes())
    assert.equal(5, select(2, taken()))
  end)

  it("refuses --resume without a state file", function()
    program.scratch.write("rows.jsonl", messages(1))
    assert.equal(2, run("bulk rows.jsonl --yes --resume").status)
    assert.equal(2, run("bulk rows.jsonl --yes --resume --state nowhere.db").status)
    assert.equal(2, run(nil, { command = "cat rows.jsonl | whatsapp bulk - --yes --state state.db" }).status)
  end)
end)
