-- whatsapp listen, trigger, sandbox and replay: they make webhooks on this machine, verify, print and forward them, and run programs.
local crypto = require "whatsapp.crypto"
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local programs = require "spec.support.program"
local read = require "spec.support.read"
local webhook = require "whatsapp.webhook"
local webhooks = require "whatsapp.cli.webhooks"

local SECRET, VERIFY = "appsecret0123456789", "verify0123456789"

-- Starts a command that is a server, in the background. Returns its URL. stop() or stop_all() ends the command.
local function start(program, words, name)
  output(program.command(("(trap '' HUP; exec whatsapp %s >%s.out 2>%s.err </dev/null) & echo $! >%s.pid"):format(words, name, name, name)))
  for _ = 1, 200 do
    local url = (read(program.scratch.path(name .. ".err"), "") .. read(program.scratch.path(name .. ".out"), "")):match "http://127%S+"
    if url and output(("curl -s -o /dev/null %s && echo up"):format(url)) ~= "" then return url end
    output "sleep 0.05"
  end
  error(read(program.scratch.path(name .. ".err"), ""))
end

local function stop(program, name)
  output(("cd %s; pid=$(cat %s.pid); kill -TERM $pid 2>/dev/null; while kill -0 $pid 2>/dev/null; do sleep 0.05; done"):format(
    program.scratch.folder, name))
end

-- ends the commands that still run, also after a spec that failed
local function stop_all(program)
  for name in output(("ls %s"):format(program.scratch.folder)):gmatch "([%w]+)%.pid" do stop(program, name) end
end

describe("webhooks in the program", function()
  local program, run
  setup(function()
    program = programs.new { WHATSAPP_APP_SECRET = SECRET, WHATSAPP_VERIFY_TOKEN = VERIFY }
    run = program.run
  end)
  teardown(function()
    stop_all(program)
    program.remove()
  end)

  local function printed(name) return read(program.scratch.path(name .. ".out"), "") end

  it("are made for every kind, and webhook.parse reads them", function()
    for _, kind in ipairs(webhooks.kinds()) do
      local made = run("trigger " .. kind.name .. " --dry-run")
      assert.equal(0, made.status, kind.name)
      assert.is_nil(made.out:find "[\128-\255]", kind.name)
      local event = webhook.parse(made.out)[1]
      local expected = kind.name:match "^(%l+)%."  or kind.name
      assert.is_true(event.kind == expected or event.field == kind.name, kind.name .. " " .. tostring(event))
      assert.is_truthy(run("trigger --list").out:find(kind.name, 1, true))
    end
    local event = webhook.parse(run("trigger message.text text.body='Hé/@' from=4917012345 --dry-run").out)[1]
    assert.same({ "Hé/@", "4917012345" }, { event.text, event.from })
  end)

  it("are verified, printed, passed to a program, and counted", function()
    local url = start(program, "listen --port 0 --count 4 --exec 'cat >>events; whatsapp version >version'", "listen")
    assert.equal(0, run("trigger message.text text.body=Hello --to " .. url).status)
    assert.equal(0, run("trigger status.delivered --to " .. url).status)
    local stranger = run("trigger message.text --to " .. url, { env = { WHATSAPP_APP_SECRET = "another0123456789" } })
    assert.equal(1, stranger.status)
    assert.is_truthy(stranger.out:find "^401" and stranger.err:find("another secret", 1, true), stranger.out .. stranger.err)
    local answer = output(("curl -s '%s?hub.mode=subscribe&hub.challenge=77&hub.verify_token=%s'"):format(url, VERIFY))
    assert.equal("77", answer)
    assert.equal("403", output(("curl -s -o /dev/null -w '%%{http_code}' '%s?hub.mode=subscribe&hub.challenge=77&hub.verify_token=x'"):format(url)))
    assert.equal("404", output(("curl -s -o /dev/null -w '%%{http_code}' %sx"):format(url)))
    assert.equal(0, run("trigger message.button --to " .. url).status)
    assert.equal(0, run("trigger account_update --to " .. url).status)
    output(("cd %s; pid=$(cat listen.pid); i=0; while kill -0 $pid 2>/dev/null && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done"):format(
      program.scratch.folder))
    local _, lines = printed "listen":gsub("\n", "")
    assert.equal(4, lines, printed "listen")
    local events = read(program.scratch.path "events")
    assert.equal("Hello", json.decode(events:match "[^\n]+").text)
    assert.is_truthy(read(program.scratch.path "version"):find "^whatsapp ") -- the program has the environment of `listen`
    assert.equal(5, run("trigger message.text --to " .. url).status) -- `listen` has ended
  end)

  it("are forwarded as the same bytes with the same signature, and the answer is returned", function()
    local inner = start(program, "--json listen --port 0 --path /inner --exec 'grep -vq refused'", "inner")
    local outer = start(program, "listen --port 0 --forward-to " .. inner, "outer")
    assert.equal(0, run("trigger message.text text.body='Grüße 👍/' --to " .. outer).status)
    assert.equal("Grüße 👍/", json.decode(printed "inner":match "[^\n]+").text)
    local refused = run("trigger message.text text.body=refused --to " .. outer)
    assert.equal(1, refused.status)
    assert.is_truthy(refused.out:find "^500", refused.out)
    stop(program, "inner")
    output(("while curl -s -o /dev/null %s; do sleep 0.05; done"):format(inner))
    assert.is_truthy(run("trigger message.text --to " .. outer).out:find "^502")
    stop(program, "outer")
    output(("while curl -s -o /dev/null %s; do sleep 0.05; done"):format(outer))
    for _, name in ipairs { "inner", "outer" } do
      local all = printed(name) .. read(program.scratch.path(name .. ".err"))
      assert.is_nil(all:find(SECRET, 1, true))
    end
  end)

  it("come from the sandbox, which accepts a bot's answers", function()
    local bot = start(program, "--json listen --port 0", "bot")
    local base_url = start(program, "sandbox --port 0 --no-page --webhook " .. bot, "sandbox"):match "^http://[^/]+"
    output(("curl -s -X POST -H 'Content-Type: application/json' -d '{\"text\":\"Hi\"}' %s/_sandbox/users/16505551234/write"):format(base_url))
    for _ = 1, 100 do
      if printed "bot" ~= "" then break end
      output "sleep 0.05"
    end
    assert.equal("Hi", json.decode(printed "bot":match "[^\n]+").text)
    local env = { WHATSAPP_BASE_URL = base_url, WHATSAPP_TOKEN = "any-token-0123", WHATSAPP_PHONE_NUMBER_ID = "106540352242922" }
    assert.equal(0, run("send 16505551234 'Hello Ana'", { env = env }).status)
    assert.is_truthy(printed "sandbox":find("Hello Ana", 1, true))
    local port = base_url:match "%d+$"
    local taken = run("sandbox --port " .. port)
    assert.equal(1, taken.status)
    assert.is_truthy(taken.err:find("use port 0 for a free port", 1, true), taken.err)
    stop(program, "bot")
    stop(program, "sandbox")
    output(("while curl -s -o /dev/null %s/; do sleep 0.05; done"):format(base_url))
  end)

  it("are signed as the API signs them", function()
    local body = run("trigger message.text --dry-run").out:gsub("\n$", "")
    local signature = "sha256=" .. crypto.hmac_sha256(SECRET, body)
    assert.is_true(webhook.verify(body, signature, SECRET))
  end)
end)

describe("whatsapp replay", function()
  local program, run
  setup(function()
    program = programs.new { WHATSAPP_APP_SECRET = SECRET, WHATSAPP_VERIFY_TOKEN = VERIFY }
    run = program.run
  end)
  teardown(function()
    stop_all(program)
    program.remove()
  end)

  local ANA = "http://127.0.0.1:%s/_sandbox/users/16505551234/"

  -- writes a bot, a script of the shell that answers each text
  local function bot(port, words)
    program.scratch.write("bot.sh",
      ("grep -q '\"kind\":\"message\"' || exit 0\nexport WHATSAPP_BASE_URL=http://127.0.0.1:%s WHATSAPP_TOKEN=any-token-01 "
      .. "WHATSAPP_PHONE_NUMBER_ID=106540352242922\nwhatsapp -q send 16505551234 '%s' >/dev/null\n"):format(port, words))
  end

  it("plays a recorded run again, and prints a diff if the answers differ", function()
    local url = start(program, "listen --port 0 --exec 'sh ./bot.sh'", "bot")
    local base = start(program, "sandbox --port 0 --no-page --record run.jsonl --webhook " .. url, "recorder"):match "^http://[^/]+"
    local port = base:match "%d+$"
    bot(port, "You are welcome")
    for _, text in ipairs { "Hi", "Thanks" } do
      output(("curl -s -X POST -H 'Content-Type: application/json' -d '{\"text\":\"%s\"}' %swrite"):format(text, ANA:format(port)))
      output "sleep 0.5"
    end
    for _ = 1, 100 do
      if select(2, read(program.scratch.path "recorder.out"):gsub("You are welcome", "")) >= 2 then break end
      output "sleep 0.05"
    end
    stop(program, "recorder")
    output(("while curl -s -o /dev/null %s/; do sleep 0.05; done"):format(base))
    local same = run(("replay run.jsonl --port %s --webhook %s"):format(port, url))
    assert.equal(0, same.status, same.out .. same.err)
    assert.is_truthy(same.err:find("2 steps, the same answers", 1, true), same.err)
    bot(port, "Something else")
    local other = run(("replay run.jsonl --port %s --webhook %s"):format(port, url))
    assert.equal(7, other.status, other.err)
    assert.is_truthy(other.out:find("\n%-bot .*You are welcome") and other.out:find("\n%+bot .*Something else"), other.out)
    program.scratch.write("bot.sh", "cat >/dev/null\n")
    local posted = run("replay run.jsonl --webhooks-only --webhook " .. url)
    assert.equal(0, posted.status, posted.out .. posted.err)
    assert.is_truthy(posted.out:find "^1\t200\n")
    stop(program, "bot")
    output(("while curl -s -o /dev/null %s; do sleep 0.05; done"):format(url))
  end)

  it("refuses a file that is not a record, and names the line", function()
    program.scratch.write("bad.jsonl", '{"kind":"clock","at":1}\nno json\n')
    local ended = run "replay bad.jsonl --webhook http://127.0.0.1:1"
    assert.equal(3, ended.status)
    assert.is_truthy(ended.err:find("line 2", 1, true), ended.err)
    assert.equal(2, run("replay bad.jsonl").status)
    assert.equal(2, run("replay nowhere.jsonl --webhook http://127.0.0.1:1").status)
  end)
end)
