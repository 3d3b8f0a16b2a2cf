-- Nonsense on the command line, in configuration files and in variables; streams that are closed or full. Each failure has an exit
-- code and a line, and no position in the code. A failed write of stdout or of --out is a failure.
local cli = require "whatsapp.cli"
local fault_server = require "spec.support.fault"
local output = require "spec.support.output"
local programs = require "spec.support.program"

local MESSAGE = '{"to":"16505551234","type":"text","text":{"body":"Hi"}}\n'

-- values of each kind of number that are refused
local NUMBERS = {
  port = { "-1", "1.5", "65536" }, count = { "0", "1.5", "1000001" }, seconds = { "0", "86001" }, life = { "0", "1e10" },
  days = { "10001" }, rate = { "0", "1e-300", "1e7" }, seed = { "-1", "0.5", "2147483648" },
}
local NO_NUMBERS = { "abc", "''", "nan", "inf", "-inf", "1e308", "99999999999999999999", "1,5", "0x", "-5" }

local CONFIGURATIONS = { -- the bytes of a file, the words of the error
  { "", "is not JSON" }, { "null", "must be an object" }, { "7", "must be an object" }, { "\255\254{\0}\0", "is not JSON" },
  { "\0\1\2\27[2J", "is not JSON" }, { '{"defualt":"a"}', "did you mean default?" }, { "[1]", "no setting 1" },
  { '{"profiles":{"a":{"tokn":"x"}}}', "did you mean token?" }, { '{"profiles":5}', "profiles must be an object" },
  { '{"profiles":{"a":5}}', "must be an object" }, { '{"default":{"x":1}}', "default must be a string" }, { '{"default":5}', "default must be" },
  { '{"default":"a\\nb"}', "there is no profile a\\nb" }, { '{"profiles":{"a":{"live":"yes"}}}', "must be a boolean" },
  { '{"default":"a","profiles":{"a":{"token_command":7}}}', "the token_command" }, { '{"profiles":{"a":{"waba_id":null}}}', "must be a string" },
  { '{"default":"a","profiles":{"a":{"token_file":"."}}}', "Is a directory" }, { ("["):rep(100000), "is not JSON" },
}

-- commands that write to stdout
local WRITERS = {
  "--help", "send --help", "outbox put --help", "help", "help send", "help settings", "help exit-codes", "version", "--version", "schema",
  "schema --json-schema", "explain text", "completion bash", "completion zsh", "completion fish", "trigger --list",
  "trigger message.text --dry-run", "send 1 Hi --dry-run", "send 1 Hi", "--json send 1 Hi", "bulk r.jsonl --dry-run", "bulk r.jsonl --yes",
  "bulk r.jsonl --yes --out /dev/full", "bulk r.jsonl --yes --state s.db --out /dev/full", "validate wrong.json", "media check x.txt",
  "call GET x", "outbox put r.jsonl --store sqlite:o.db", "outbox ls --store sqlite:o.db", "outbox stats --store sqlite:o.db",
  "outbox purge --store sqlite:o.db", "flows key key.pem",
}

describe("nonsense:", function()
  local program, fault
  setup(function()
    fault = fault_server.start()
    program = programs.new {
      WHATSAPP_BASE_URL = fault.url("plain", ""), WHATSAPP_PHONE_NUMBER_ID = "1", WHATSAPP_WABA_ID = "2", WHATSAPP_APP_SECRET = "secretsecret",
    }
    program.scratch.write("r.jsonl", MESSAGE)
    program.scratch.write("wrong.json", '{"to":"1"}')
    program.scratch.write("x.txt", "text")
    output("cd " .. program.scratch.folder .. " && openssl genrsa -out key.pem 2048 2>/dev/null")
  end)
  teardown(function()
    program.remove()
    fault.stop()
  end)

  -- runs a command; returns its first line on stderr after the checks that hold for each failure
  local function failed(command, env)
    local ran = program.run(nil, { command = "timeout -s KILL 60 " .. command, env = env })
    local shown = command .. "\n" .. ran.out:sub(1, 500) .. ran.err
    assert.is_true(ran.status >= 1 and ran.status <= 7, shown)
    assert.is_nil(shown:find "%.lua:%d", shown)
    assert.is_nil(shown:find("traceback", 1, true), shown)
    assert.is_nil(ran.err:find "[%z\1-\8\11-\31]", shown)
    local line = ran.err:match "whatsapp: ([^\n]+)\n"
    assert.is_string(line, shown)
    return line, shown
  end

  it("text that is no number, or a number that is too large or small, is refused by each option that takes a number", function()
    local arguments = { bulk = "r.jsonl --yes", ["flows key"] = "new.pem", ["flows serve"] = "x.lua", replay = "x", ["outbox put"] = "r.jsonl" }
    local parser = require("whatsapp.cli.parser").of(cli.commands())
    local function check(words, row)
      for _, option in ipairs(row.options or {}) do
        local name = option[1]:match "%-%-%S+"
        for _, list in ipairs(option.number and { NUMBERS[option.number], NO_NUMBERS } or {}) do
          for _, value in ipairs(list) do
            local line = ("%s %s %s"):format(words, arguments[words] or "", name .. "=" .. value:gsub("'", ""))
            local list_of_words = {}
            for word in line:gmatch "%S+" do list_of_words[#list_of_words + 1] = word end
            local ok, err = parser:pparse(list_of_words)
            assert.is_false(ok, line)
            assert.is_truthy(err:find(name .. " takes a", 1, true), err)
          end
        end
      end
    end
    for _, command in ipairs(cli.commands()) do
      check(command.name, command)
      for _, below in ipairs(command.commands or {}) do check(command.name .. " " .. below.name, below) end
    end
    assert.is_truthy(failed("whatsapp bulk r.jsonl --yes --rate nan"):find("--rate takes a number", 1, true))
    assert.is_truthy(failed("whatsapp send 1 Hi --await read:99999999999999999999"):find("--await takes", 1, true))
  end)

  it("a configuration file that is wrong is refused with one line", function()
    for i, row in ipairs(CONFIGURATIONS) do
      program.scratch.write("config.json", row[1])
      local line, shown = failed "whatsapp --config config.json send 1 Hi"
      assert.is_truthy(line:find(row[2], 1, true), i .. shown)
    end
    for _, path in ipairs { ".", "nowhere", "r.jsonl/x", "''" } do failed("whatsapp --config " .. path .. " send 1 Hi") end
    output("mkdir -p " .. program.scratch.folder .. "/.config/whatsapp/config.json")
    assert.is_truthy(failed("whatsapp send 1 Hi"):find("Is a directory", 1, true)) -- also at its default path
    output("rmdir " .. program.scratch.folder .. "/.config/whatsapp/config.json")
  end)

  it("a variable with nonsense is refused with one line", function()
    for name, list in pairs {
      WHATSAPP_VERSION = { "nonsense", "\1", "v0" }, WHATSAPP_PROXY = { "nonsense://", "\1" }, WHATSAPP_CA_FILE = { "/nowhere" },
      WHATSAPP_TOKEN = { "a\nb", " " }, WHATSAPP_PHONE_NUMBER_ID = { "-5", "abc", "1\n" }, WHATSAPP_PROFILE = { "x" }, WHATSAPP_CONFIG = { "." },
      WHATSAPP_BASE_URL = { "nonsense", "http://", "https://[", "ftp://x", "\27" },
    } do
      for _, value in ipairs(list) do
        local env = { WHATSAPP_TOKEN = "tokentoken", WHATSAPP_BASE_URL = "https://127.0.0.1:9" }
        env[name] = value
        failed("whatsapp send 1 Hi", env)
      end
    end
    for _, value in ipairs { "nonsense", "sqlite:", "redis://", "redis://127.0.0.1:99999/q", "sqlite:/nowhere/x", "sqlite:.", "sqlite:x.txt",
      "postgres://127.0.0.1:9/q" } do
      failed("whatsapp outbox ls", { WHATSAPP_STORE = value })
    end
  end)

  it("an argument with control characters is shown on lines of its own text only", function()
    for _, arguments in ipairs { "send 1 'text.nowhere[9999999999]=x'", "explain '\27[2J'", "help '\27'", "call '\27' x", "validate '\1'",
      "media info '\n'", "media check 'no\nsuch'", "trigger '\n'", "'\27'", "--phone-number-id '1\n' send 1 Hi", "--base-url '\27' send 1 Hi",
      "send '' Hi --dry-run", "send 1 '' --dry-run", "''", "send 1 text:=1e999 --dry-run", "send 1 'contacts:=[' --dry-run" } do
      failed("whatsapp " .. arguments, { WHATSAPP_TOKEN = "tokentoken" })
    end
  end)

  it("stdout or a file for outcomes that is full or closed is a failure of each command that writes", function()
    local env = { WHATSAPP_TOKEN = "tokentoken" }
    for _, arguments in ipairs(WRITERS) do
      for _, stream in ipairs(arguments:find "/dev/full" and { "" } or { ">/dev/full", ">&-" }) do
        fault.play "accept"
        local line, shown = failed(("whatsapp %s %s"):format(arguments, stream), env)
        local names_it = line:find("stdout", 1, true) or line:find("/dev/full", 1, true)
        assert.is_truthy(names_it, shown)
        output(("cd %s && rm -f s.db*"):format(program.scratch.folder))
      end
    end
  end)

  it("stdin that is closed is a failure of each command that reads it", function()
    for _, arguments in ipairs { "validate", "send 1 - --dry-run", "--token-file - send 1 Hi", "send 1 -m - --dry-run", "bulk r.jsonl" } do
      failed("whatsapp " .. arguments .. " <&-")
    end
  end)
end)
