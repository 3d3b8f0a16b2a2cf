-- The program as a whole: help, wrong use, completion, the man page, the schema, and its output. Needs no network.
local cli = require "whatsapp.cli"
local json = require "whatsapp.wire.json"
local output = require "spec.support.output"
local parser = require "whatsapp.cli.parser"
local programs = require "spec.support.program"
local read = require "spec.support.read"

describe("the program whatsapp", function()
  local program, run
  setup(function()
    program = programs.new()
    run = program.run
  end)
  teardown(function() program.remove() end)

  -- calls visit(words, row) for each command and each subcommand
  local function each_command(visit)
    for _, command in ipairs(cli.commands()) do
      visit(command.name, command)
      for _, below in ipairs(command.commands or {}) do visit(command.name .. " " .. below.name, below) end
    end
  end

  it("has a help of each command that names all options, has an example and fits into 80 columns", function()
    each_command(function(words, row)
      local help = run(words .. " --help")
      assert.equal(0, help.status, words)
      for _, option in ipairs(row.options or {}) do
        for name in option[1]:gmatch "%S+" do assert.is_truthy(help.out:find(name, 1, true), words .. " " .. name) end
      end
      assert.is_true(#row.examples > 0, words)
      for _, example in ipairs(row.examples) do assert.is_truthy(help.out:find(example, 1, true), words .. ": " .. example) end
      for line in help.out:gmatch "[^\n]+" do assert.is_true(#line <= 80, words .. ": " .. line) end
    end)
  end)

  it("names every command and global option in its help, in `help` and in the man page", function()
    local help, page = run("--help").out, read "lua/whatsapp/cli/whatsapp.1":gsub("\\%-", "-")
    assert.equal(help, run("help").out)
    for _, command in ipairs(cli.commands()) do
      assert.is_truthy(help:find("\n   " .. command.name .. "%f[^%w]"), command.name)
      assert.is_truthy(page:find("\n.SS " .. command.name, 1, true), command.name)
    end
    for _, option in ipairs(parser.GLOBAL) do
      local name = option[1]:match "%-%-%S+"
      assert.is_truthy(help:find(name, 1, true), name)
      assert.is_truthy(page:find(name, 1, true), name)
    end
    for line in help:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
  end)

  it("has a man page that is up to date", function()
    assert.is_true(require("whatsapp.cli.man").page() == read "lua/whatsapp/cli/whatsapp.1", "the man page is stale: make docs")
  end)

  it("shows the help of a command and of topics", function()
    assert.equal(run("send --help").out, run("help send").out)
    local codes = run("help exit-codes").out
    for _, code in ipairs { 0, 1, 2, 3, 4, 5, 6, 7, 130 } do assert.is_truthy(codes:find("\n%s+" .. code .. "  "), code) end
    assert.is_truthy(run("help settings").out:find("WHATSAPP_TOKEN", 1, true))
  end)

  it("ends with 2 after wrong use, suggests the right use, and prints no data", function()
    for words, said in pairs {
      ["sned 1 x"] = "did you mean 'send'", ["send"] = "missing argument 'TO'", ["send 1"] = "nothing to send",
      ["send 1 x --dryrun"] = "unknown option '--dryrun'", ["help sned"] = "did you mean send",
      ["bulk x --rate fast"] = "--rate takes a number", ["validate nowhere.jsonl"] = "nowhere.jsonl", ["explain txt"] = "did you mean text?",
      ["send 1 image.lnk=x"] = "did you mean image.link?", ["send 1 text.body.x=y"] = "there is no text.body.x",
      ["send 1 location.latitude:=x"] = "takes JSON", ["send 1 image=x"] = "image must be an object",
      ["send 1 text.preview_url=maybe"] = "true or false", ["send 1 x --await seen"] = "--await takes", ["media"] = "a command is required",
      ["completion csh"] = "must be one of", ["trigger message.txt --dry-run"] = "did you mean message.text?", ["trigger"] = "KIND",
      ["call PUT x"] = "the method must be", ["listen --port 99999"] = "--port",
      ["send 1 --file x --template y"] = "use only one of",
    } do
      local ended = run(words)
      assert.equal(2, ended.status, words .. ended.err)
      assert.is_truthy(ended.err:lower():find(said:lower(), 1, true), words .. ": " .. ended.err)
      assert.is_truthy(ended.err:find("wrong use", 1, true), words)
      assert.equal("", ended.out, words)
    end
    assert.equal(2, run("").status)
  end)

  it("refuses a secret as an option, and does not print it", function()
    for _, words in ipairs { "--token EAASECRET send 1 x", "send 1 x --token=EAASECRET", "send --access-token EAASECRET 1 x",
      "listen --app-secret EAASECRET", "trigger message.text --secret=EAASECRET" } do
      local ended = run(words)
      assert.equal(2, ended.status, words)
      assert.is_truthy(ended.err:find("is not an option", 1, true), ended.err)
      assert.is_nil((ended.out .. ended.err):find("EAASECRET", 1, true), words)
    end
    assert.equal(0, run("send 1 --dry-run -- --token").status)
  end)

  it("prints its version", function()
    local plain = run("version").out
    assert.is_truthy(plain:find("^whatsapp " .. require("whatsapp")._VERSION:gsub("%.", "%%.")))
    assert.equal(plain, run("--version").out)
    assert.equal(require("whatsapp").GRAPH_VERSION, json.decode(run("--json version").out).graph)
  end)

  it("completes its commands and options in bash, zsh and fish", function()
    local checked = 0
    for _, shell in ipairs { "bash", "zsh", "fish" } do
      local script = run("completion " .. shell)
      assert.equal(0, script.status)
      for _, command in ipairs(cli.commands()) do assert.is_truthy(script.out:find(command.name, 1, true), shell .. command.name) end
      if output(("command -v %s"):format(shell)) ~= "" then
        checked = checked + 1
        program.scratch.write("completion", script.out)
        assert.equal("0\n", output(("cd %s && %s -n completion; echo $?"):format(program.scratch.folder, shell)))
      end
    end
    assert.is_true(checked > 0)
    local words = output(("cd %s && bash -c '. ./completion.bash; COMP_WORDS=(whatsapp va); COMP_CWORD=1; _whatsapp; echo ${COMPREPLY[@]}'")
      :format(program.scratch.write("completion.bash", run("completion bash").out):match "^(.*)/"))
    assert.equal("validate\n", words)
  end)

  it("explains a path by the schema", function()
    local title = run("explain interactive.action.buttons[2].reply.title").out
    for _, words in ipairs { "interactive.action.buttons[].reply.title", "string, required, 1-20 characters, unique", "https://" } do
      assert.is_truthy(title:find(words, 1, true), title)
    end
    assert.is_truthy(run("explain image").out:find("\n  caption", 1, true))
    assert.is_truthy(run("explain").out:find("\n  interactive", 1, true))
    assert.equal("text.body", json.decode(run("--json explain text.body").out:match "[^\n]+").path)
  end)

  it("prints the schema, for people and for programs", function()
    local _, rows = run("schema").out:gsub("\n", "")
    assert.equal(#require("whatsapp").schema(), rows)
    for line in run("schema --json").out:gmatch "[^\n]+" do assert.is_string(json.decode(line).path) end
    assert.is_truthy(run("schema --json-schema").out:find('"$defs"', 1, true))
  end)

  it("ends without a message if the reader of its output ends", function()
    local ended = run(nil, { command = "whatsapp schema | head -1" })
    assert.equal(0, ended.status)
    assert.equal("", ended.err)
    ended = run(nil, { command = "(trap '' PIPE; whatsapp schema; echo $? >&2) | head -1" })
    assert.equal("1\n", ended.err)
  end)

  it("reports a full disk", function()
    local ended = run(nil, { command = "whatsapp schema >/dev/full" })
    assert.equal(1, ended.status)
    assert.is_truthy(ended.err:find("No space left", 1, true), ended.err)
  end)

  it("uses colours in a terminal, but not if NO_COLOR is set; elsewhere, only if a variable or an option asks for them", function()
    local function coloured(options) return run("validte", options) end
    assert.is_nil(coloured({}).err:find "\27")
    assert.is_truthy(coloured({ terminal = true }).out:find "\27%[31m")
    assert.is_nil(coloured({ terminal = true, env = { NO_COLOR = "1" } }).out:find "\27")
    assert.is_nil(coloured({ terminal = true, env = { TERM = "dumb" } }).out:find "\27")
    assert.is_truthy(coloured({ env = { CLICOLOR_FORCE = "1" } }).err:find "\27%[31m")
    assert.is_truthy(run("--color always send 1 '' --dry-run").err:find "\27%[31m")
    assert.is_nil(run("--color never send 1 '' --dry-run", { terminal = true }).out:find "\27")
  end)
end)
