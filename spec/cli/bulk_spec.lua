-- whatsapp validate and bulk, against the sandbox: both read messages from files of each format. bulk writes one outcome for each
-- row, and asks before it sends.
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local programs = require "spec.support.program"
local read = require "spec.support.read"
local server = require "whatsapp.sandbox.server"

local NUMBER = "106540352242922"

local function message(i) return ('{"to":"1650%07d","text":{"body":"message %d"}}'):format(i, i) end

local function messages(count)
  local lines = {}
  for i = 1, count do lines[i] = message(i) end
  return table.concat(lines, "\n") .. "\n"
end

local function outcomes_in(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = assert(json.decode(line)) end
  return list
end

-- Checks that each of the first `count` lines has exactly one outcome. Returns line -> state.
local function check_lines(list, count)
  local seen = {}
  for _, one in ipairs(list) do
    assert.is_nil(seen[one.line], one.line)
    seen[one.line] = one.state
  end
  for i = 1, count do assert.is_string(seen[i], i) end
  return seen
end

describe("whatsapp validate", function()
  local program, run
  setup(function()
    program = programs.new()
    run = program.run
  end)
  teardown(function() program.remove() end)

  it("names file, record and path of each problem, in every format", function()
    local scratch = program.scratch
    scratch.write("one.json", '{"to":"1","text":{"body":""}}')
    scratch.write("list.json", '[{"to":"1","text":{"body":"x"}},\n {"to":"1","txt":{}}]')
    scratch.write("lines.jsonl", '{"to":"1","text":{"body":"x"}}\n\n{"to":"1","text":{"body":""}}\nno json\n3\n')
    scratch.write("lines.lua", 'return { text("1", "x"), text("1", ""), { to = "1" } }')
    local ended = run "validate one.json list.json lines.jsonl lines.lua"
    assert.equal(3, ended.status)
    local places = {}
    for place, path in ended.out:gmatch "([%w.]+:%d+): ([%w_.]+)" do places[#places + 1] = place .. " " .. path end
    assert.same({ "one.json:1 text.body", "list.json:2 type", "list.json:2 txt", "lines.jsonl:3 text.body", "lines.jsonl:4 not", "lines.jsonl:5 a",
      "lines.lua:2 text.body", "lines.lua:3 type" }, places)
    assert.is_truthy(ended.err:find("7 of 10 messages would be refused", 1, true), ended.err)
  end)

  it("reads stdin: one message, a list over many lines, JSON Lines", function()
    assert.equal(0, run("validate", { stdin = message(1) }).status)
    assert.equal(0, run("validate -", { stdin = "[\n" .. message(1) .. ",\n" .. message(2) .. "\n]\n" }).status)
    assert.is_truthy(run("validate", { stdin = messages(3) }).err:find("3 messages, all valid", 1, true))
    assert.equal(0, run("validate", { stdin = '{\n"to":"1",\n"text":{"body":"x"}\n}' }).status)
    assert.equal(3, run("validate", { stdin = '{\n"to":"1",\n"text":{"body":""}\n}' }).status)
    assert.equal(3, run("validate", { stdin = '{"to":"1",\n{"to":"2","text":{"body":"x"}}\n' }).status)
    assert.equal(0, run("validate", { stdin = "\239\187\191" .. message(1) }).status)
    assert.equal(0, run("validate", { stdin = "" }).status)
  end)

  it("prints the problems as JSON, and counts warnings as problems with --strict", function()
    local warned = '{"to":"1","type":"template","template":{"name":"order","language":{"code":"pt-BR"}}}'
    local ended = run("--json validate", { stdin = warned })
    assert.equal(0, ended.status)
    local problem = json.decode(ended.out)
    assert.same({ "-", 1, true, "template.language.code" }, { problem.file, problem.record, problem.warning, problem.path })
    assert.equal(3, run("validate --strict", { stdin = warned }).status)
  end)

  it("lets a Lua file open no file, run no program and load no module, and stops the file after 3 seconds", function()
    for text, said in pairs {
      ["return os.execute 'touch made'"] = "os", ["io.open('made', 'w')"] = "io", ["require 'os'"] = "require",
      ["while true do end"] = "longer than 3 seconds", ["local function f() return f() end f()"] = "longer than 3 seconds",
      ["\27Lua"] = "byte code", ["return 1 +"] = "unexpected",
    } do
      program.scratch.write("m.lua", text)
      local ended = run "validate m.lua"
      assert.equal(3, ended.status, text)
      assert.is_truthy(ended.out:find(said, 1, true), text .. ": " .. ended.out)
    end
    assert.equal("", program.scratch.run "ls made 2>/dev/null")
  end)
end)

describe("whatsapp bulk", function()
  local program, run, box
  setup(function()
    box = server.start { tls = false, page = false }
    program = programs.new { WHATSAPP_BASE_URL = box.base_url, WHATSAPP_TOKEN = "EAAtoken0123456789", WHATSAPP_PHONE_NUMBER_ID = NUMBER }
    run = program.run
  end)
  teardown(function()
    box.stop()
    program.remove()
  end)

  -- returns the number of messages that the sandbox accepted, and how often it accepted each body
  local function taken()
    local list = json.decode(output(("curl -s '%s/_sandbox/messages?limit=10000'"):format(box.base_url))).messages
    local by_body = {}
    for _, entry in ipairs(list) do
      local body = entry.message.text and entry.message.text.body
      if body then by_body[body] = (by_body[body] or 0) + 1 end
    end
    return #list, by_body
  end

  it("sends every line and prints an outcome for each", function()
    program.scratch.write("rows.jsonl", messages(50))
    local ended = run "bulk rows.jsonl --yes --rate 1000"
    assert.equal(0, ended.status, ended.err)
    local list = outcomes_in(ended.out)
    check_lines(list, 50)
    for _, one in ipairs(list) do
      assert.equal("accepted", one.state)
      assert.is_truthy(one.id:find "^wamid" and one.to and one.stamp and #one.key == 64 and one.attempts == 1)
    end
    assert.is_truthy(ended.err:find("50 read: 50 accepted", 1, true))
  end)

  it("sends nothing if one row is wrong; with --skip-invalid, sends the other rows", function()
    program.scratch.write("rows.jsonl", messages(3) .. '{"to":"1","text":{"body":""}}\n{"to":\n')
    local before = taken()
    local ended = run "bulk rows.jsonl --yes"
    assert.equal(3, ended.status)
    assert.equal("", ended.out)
    assert.is_truthy(ended.err:find("rows.jsonl:4: text.body", 1, true) and ended.err:find("rows.jsonl:5: not JSON", 1, true), ended.err)
    assert.equal(before, (taken()))
    ended = run "bulk rows.jsonl --yes --skip-invalid --out outcomes.jsonl"
    assert.equal(7, ended.status, ended.err)
    assert.equal("", ended.out)
    local seen = check_lines(outcomes_in(read(program.scratch.path "outcomes.jsonl")), 5)
    assert.same({ "accepted", "accepted", "accepted", "invalid", "invalid" }, seen)
    -- a pipe cannot be read twice, so a wrong row of a pipe gets an outcome
    seen = check_lines(outcomes_in(run(nil, { command = "cat rows.jsonl | whatsapp bulk - --yes" }).out), 5)
    assert.equal("invalid", seen[4])
  end)

  it("fills in a message from CSV, but only its strings", function()
    program.scratch.write("order.json", '{"to":"{{phone}}","text":{"body":"Hello {{name}}, {{ note }}"}}')
    program.scratch.write("rows.csv", '\239\187\191phone,name,note,key\r\n16505551001,"Ana ""A"", B","two\nlines",k1\r\n'
      .. '16505551002,"{{phone}}\"\",\"\"x",100%1,\r\n\r\n')
    local ended = run "bulk rows.csv -m order.json --yes"
    assert.equal(0, ended.status, ended.err)
    local list = outcomes_in(ended.out)
    table.sort(list, function(a, b) return a.line < b.line end)
    assert.equal("k1", list[1].key)
    assert.same({ 2, 4, "16505551001" }, { list[1].line, list[2].line, list[1].to })
    local _, by_body = taken()
    assert.equal(1, by_body['Hello Ana "A", B, two\nlines'])
    assert.equal(1, by_body['Hello {{phone}}","x, 100%1'])
  end)

  it("refuses wrong CSV, and says what is wrong", function()
    program.scratch.write("order.json", '{"to":"{{phone}}","text":{"body":"{{name}}"}}')
    for text, said in pairs {
      ["phone,nam\n1,x\n"] = "did you mean nam?", ["phone,name\n1\n"] = "rows.csv:2: 1 field, but", ["phone,name\n1,\n"] = "name is empty",
      ['phone,name\n1,"x\n'] = "not closed", ['phone,name\n1,x"y\n'] = "a quote inside", ['phone,name\n1,"x"y\n'] = "follows",
      ["phone;name\n1;x\n"] = "only commas", ["phone,phone,name\n1,1,x\n"] = "twice", [""] = "no header",
    } do
      program.scratch.write("rows.csv", text)
      local ended = run "bulk rows.csv -m order.json --yes"
      assert.equal(3, ended.status, text .. ended.err)
      assert.is_truthy(ended.err:find(said, 1, true), text .. ": " .. ended.err)
      assert.equal("", ended.out)
    end
    program.scratch.write("rows.csv", "phone,name\n1,\n")
    assert.equal(3, run("bulk rows.csv -m order.json --yes --empty ok").status) -- the check of messages refuses an empty text
    assert.equal(2, run("bulk rows.csv --yes").status)
  end)

  it("checks and prints with --dry-run, without a token", function()
    program.scratch.write("rows.jsonl", messages(3))
    local before = taken()
    local ended = run("bulk rows.jsonl --dry-run", { env = { WHATSAPP_TOKEN = "" } })
    assert.equal(0, ended.status)
    assert.equal("message 2", outcomes_in(ended.out)[2].text.body)
    assert.equal(before, (taken()))
  end)

  it("asks in a terminal; without a terminal, needs --yes", function()
    program.scratch.write("rows.jsonl", messages(2))
    assert.equal(2, run("bulk rows.jsonl").status)
    local before = taken()
    local no = run("bulk rows.jsonl", { terminal = true, typed = "echo n" })
    assert.equal(1, no.status)
    assert.is_truthy(no.out:find("Send 2 messages from " .. NUMBER .. "? [y/N]", 1, true), no.out)
    assert.equal(before, (taken()))
    local yes = run("bulk rows.jsonl", { terminal = true, typed = "echo y" })
    assert.equal(0, yes.status, yes.out)
    assert.equal(before + 2, (taken()))
  end)

  it("shows progress in a terminal only, within its columns", function()
    program.scratch.write("rows.jsonl", messages(40))
    local shown = run("bulk rows.jsonl --yes --rate 40 --out outcomes", { terminal = true, env = { COLUMNS = "60" } }).out
    local line = shown:match "%[[#-]+%] [^\r\n]*"
    assert.is_truthy(line and line:find "%d/40  %d+%%  [%d.]+/s" and line:find "eta %d:%d%d", shown)
    for piece in shown:gmatch "[^\r\n]+" do assert.is_true(#piece:gsub("\27%[K", "") <= 60, piece) end
    assert.is_nil(run("bulk rows.jsonl --yes --rate 1000").err:find("[#", 1, true))
  end)

  it("has one outcome for each row that was read before Ctrl-C", function()
    program.scratch.write("rows.jsonl", messages(3000))
    for _, wait in ipairs { 0.2, 0.5, 0.9 } do
      program.scratch.run "rm -f out"
      local ended = run(nil, { command = ("whatsapp bulk rows.jsonl --yes --rate 1000 --concurrency 64 --out out & pid=$!; "
        .. "while ! [ -s out ]; do sleep 0.02; done; sleep %s; kill -INT $pid; wait $pid"):format(wait) })
      assert.equal(130, ended.status, ended.err)
      local list = outcomes_in(read(program.scratch.path "out"))
      assert.is_true(#list > 0 and #list <= 3000)
      check_lines(list, #list)
      local accepted = 0
      for _, one in ipairs(list) do
        assert.is_true(one.state == "accepted" or one.state == "not_sent" or one.state == "unknown", one.state)
        if one.state == "accepted" then accepted = accepted + 1 end
      end
      assert.is_truthy(ended.err:find("interrupted", 1, true), ended.err)
      assert.is_true(accepted > 0)
    end
  end)

  it("writes the outcome of each row even if answers are lost, and sends nothing twice", function()
    local made = json.decode(output(("curl -s -X POST -H 'Content-Type: application/json' -d '%s' %s/_sandbox/chaos")
      :format('{"on":"answer","what":"reset","every":5}', box.base_url)))
    if not made or made.problem then return pending "the sandbox has no chaos" end
    program.scratch.write("rows.jsonl", messages(40))
    local _, before = taken()
    local ended = run "bulk rows.jsonl --yes --rate 1000"
    output(("curl -s -X DELETE %s/_sandbox/chaos"):format(box.base_url))
    assert.equal(7, ended.status, ended.err)
    local list = outcomes_in(ended.out)
    check_lines(list, 40)
    local _, after = taken()
    local unknown = 0
    for _, one in ipairs(list) do
      local body = "message " .. one.line
      local arrived = (after[body] or 0) - (before[body] or 0)
      assert.is_true(arrived <= 1, body)
      if one.state == "accepted" then assert.equal(1, arrived, body)
      elseif one.state == "unknown" then unknown = unknown + 1 end
    end
    assert.is_true(unknown > 0)
  end)

  it("reads and sends the rows of a pipe", function()
    local ended = run(nil, { command = "(echo '" .. message(1) .. "'; sleep 2) | whatsapp bulk - --yes | head -1 | cat; date +%s%N >/dev/null" })
    assert.is_truthy(ended.out:find('"state":"accepted"', 1, true), ended.out .. ended.err)
  end)
end)
