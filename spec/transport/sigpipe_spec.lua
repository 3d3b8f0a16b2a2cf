-- libcurl before 7.87 may raise SIGPIPE, which ends the process: the transport blocks it, and does not change the signal for
-- other code. The spec simulates such a libcurl: sends raise SIGPIPE (LD_PRELOAD), and the module is built for such a libcurl.
-- Only on Linux; elsewhere there are no cases. Never sends to another host.
local output = require "spec.support.output"
local preloaded = require "spec.support.preloaded"
local run = require "spec.support.run"

-- the server stops reading in the middle of a body, again and again; then the process gives itself the signal
local PROGRAM = [[
local url = (...)
local client = require("whatsapp.curl").new { proxy = "" }
for i = 1, 20 do
  client:perform { method = "POST", url = url, body = ("b"):rep(4000000) }
end
io.write "alive"
io.flush()
client:close()
local shell = io.popen("kill -PIPE $PPID")
shell:close()
io.write ", and not by the signal"
]]

describe("SIGPIPE", function()
  if not preloaded.possible() then return end
  local place = preloaded.new "transport/sigpipe.c"
  setup(place.start)
  teardown(place.stop)
  local folder = place.scratch.path "build"

  -- returns the program's output, and its exit status in the shell
  local function said_where(raised_before)
    local status, printed = run(("make -s LUA=%s BUILD=%s/%s CFLAGS='-O1 -DWA_SIGPIPE_BEFORE=%s' curl"):format(place.lua, folder,
      raised_before, raised_before))
    assert(status == 0, printed)
    place.fault.play_times(20, "refuse-rudely 413")
    local cpath = ("%s/%s/?.so;%s"):format(folder, raised_before, os.getenv "LUA_CPATH" or ";;")
    return output(("LUA_CPATH='%s' LD_PRELOAD=%s %s %s '%s' 2>&1; echo \" $?\""):format(cpath, place.library, place.lua,
      place.scratch.write("script", PROGRAM), place.fault.url "plain"))
  end

  it("ends a program if it is not blocked", function()
    assert.truthy(said_where("0"):find "141")
  end)

  it("is blocked for libcurl's sends, but a program still gets it from other code", function()
    assert.equal("alive 141\n", said_where "0x7fffffff")
  end)
end)
