-- Inputs without an end: a device or a pipe in each place where the program takes a file, stdin or the output of a command.
-- Each run ends soon, in little memory, with a line that names the input and the bound.
local output = require "spec.support.output"
local programs = require "spec.support.program"

local is_sanitized = os.getenv "LD_PRELOAD" ~= nil -- AddressSanitizer reserves more address space than ulimit allows
local LIMIT = is_sanitized and "" or "ulimit -v 3000000;"

-- a command, and the words of its error; FILE: a device, or a pipe without line ends
local WHOLE, SECRET, LINE = "more than 67108864 bytes", "more than 65536 bytes", "a line of more than 8388608 bytes"
local COMMANDS = {
  -- rows and records
  { "bulk FILE --dry-run", LINE }, { "bulk rows.csv -m FILE --dry-run", LINE }, { "validate FILE", LINE },
  { "outbox put FILE --store sqlite:box", LINE }, { "send 1 -m FILE --dry-run", LINE }, { "call POST {phone} --body FILE", LINE },
  { "templates check FILE", LINE }, { "templates create FILE", LINE }, { "templates preview x --definition FILE", LINE },
  -- whole files
  { "--config FILE send 1 Hi", WHOLE }, { "send 1 text.body=@FILE --dry-run", WHOLE }, { "replay FILE --webhook http://127.0.0.1:9", WHOLE },
  { "flows key FILE", WHOLE }, { "flows key key.pem --passphrase-file FILE", WHOLE }, { "flows serve screens.lua --key FILE", WHOLE },
  { "flows serve FILE --key key.pem", WHOLE }, { "sandbox --port 0 --state FILE", WHOLE },
  -- secrets
  { "--token-file FILE send 1 Hi", SECRET }, { "trigger message.text --to http://127.0.0.1:9 --app-secret-file FILE", SECRET },
  { "listen --app-secret-file FILE", SECRET }, { "sandbox --port 0 --app-secret-file FILE", SECRET },
  { "flows serve screens.lua --key key.pem --app-secret-file FILE", SECRET },
}

-- the whole command; the words of its error
local STDIN = {
  { "bulk - --dry-run", LINE }, { "validate", LINE }, { "send 1 - --dry-run", "more than 1048576 bytes" },
  { "send 1 -m - --dry-run", LINE }, { "outbox put --store sqlite:box", LINE }, { "--token-file - send 1 Hi", SECRET },
}

describe("an input without an end", function()
  local program
  setup(function()
    program = programs.new {
      WHATSAPP_BASE_URL = "http://127.0.0.1:9", WHATSAPP_PHONE_NUMBER_ID = "1", WHATSAPP_WABA_ID = "2", WHATSAPP_TOKEN = "tokentoken",
      WHATSAPP_APP_SECRET = "secretsecret",
    }
    program.scratch.write("rows.csv", "to\n1\n")
    program.scratch.write("screens.lua", "return {}")
    output("cd " .. program.scratch.folder .. " && openssl genrsa -out key.pem 2048 2>/dev/null && ln -s /dev/zero zero.lua"
      .. " && mkdir templates && ln -s /dev/zero templates/x.json && mkfifo pipe")
  end)
  teardown(function() program.remove() end)

  local function check(command, words, name)
    local ran = program.run(nil, { command = ("%s timeout -s KILL 60 sh -c '%s'"):format(LIMIT, command) })
    local shown = command .. "\n" .. ran.out .. ran.err
    assert.is_true(ran.status >= 1 and ran.status <= 5, shown)
    local line = ran.err:match "^whatsapp: ([^\n]+)\n"
    assert.is_truthy(line and line:find(words, 1, true), shown)
    assert.is_truthy(line:find(name, 1, true), shown)
    assert.is_nil(shown:find "%.lua:%d", shown)
  end

  for _, row in ipairs(COMMANDS) do
    it("ends with a line that names file and bound: " .. row[1], function()
      for _, file in ipairs { "/dev/zero", "/dev/full" } do check("whatsapp " .. row[1]:gsub("FILE", file), row[2], file) end
      local command = "whatsapp " .. row[1]:gsub("FILE", "pipe")
      check("cat /dev/zero >pipe & " .. command .. "; code=$?; kill $! 2>/dev/null; exit $code", row[2], "pipe")
    end)
  end

  for _, row in ipairs(STDIN) do
    it("ends as stdin: " .. row[1], function()
      check("whatsapp " .. row[1] .. " </dev/zero", row[2], "")
      check("cat /dev/zero | whatsapp " .. row[1], row[2], "")
    end)
  end

  it("ends in a file that the name of the file reads in another way", function()
    check("whatsapp send 1 -m zero.lua --dry-run", LINE, "zero.lua")
    check("whatsapp sandbox --port 0 --templates templates", WHOLE, "templates/x.json")
  end)

  it("ends where a media file is needed", function()
    for _, command in ipairs { "send 1 --file /dev/zero", "send 1 image=@/dev/full", "media up /dev/zero", "media check /dev/full" } do
      check("whatsapp " .. command, "the file is empty", "file")
    end
  end)

  it("ends as the output of token_command", function()
    program.scratch.write("config.json", '{"default":"p","profiles":{"p":{"token_command":"yes"}}}')
    check("WHATSAPP_TOKEN= whatsapp --config config.json send 1 Hi", "more than 1 MiB", "token_command")
  end)
end)

describe("rows of a pipe", function()
  local program
  setup(function() program = programs.new() end)
  teardown(function() program.remove() end)

  it("are still read one by one, and never after the last one that is needed", function()
    local ran = program.run(nil, { command = [[
      { for i in 1 2 3; do echo '{"to":"1","text":{"body":"x"}}'; sleep 0.2; done; printf '\0\n'; } | whatsapp validate --strict]] })
    assert.equal(3, ran.status)
    assert.is_truthy(ran.out:find("-:4: not JSON", 1, true), ran.out)
  end)
end)
