-- Time-outs hold while a name is looked up: over each transport, with a name server that never answers and with one that
-- answers late. libcurl's name server is set by a namespace of mounts with its own resolv.conf, which needs root: without it
-- the cases over libcurl are pending. Never asks another name server, and never sends to another host.
local output = require "spec.support.output"
local read = require "spec.support.read"
local rows = require "spec.transport.rows"
local scratch_folder = require "spec.support.scratch"

local SERVER = "127.53.53.53" -- a loopback address that no other program uses
local TIMEOUT, GRACE = 1, 1 -- seconds
local LATE = 0.5 -- seconds after which the server gives the name that begins with "late"
local OLD = "libcurl before 7.87 waits for its resolver: see README"

-- A separate program prints the outcome of a request: seconds, the longest pause of another coroutine, status or error. With luv,
-- a timer measures the pauses.
local PROGRAM = [[
local module, what, url, seconds, connect = (...):match "^(%S+) (%S+) (%S+) (%S+) (%S+)$"
local curl = require "whatsapp.curl"
local options = { proxy = "", allow_http = true, timeout = tonumber(seconds), connect_timeout = tonumber(connect) }
local transport = require(module).new(options)
local before, longest, ended = curl.now(), 0, false
local function beat()
  local now = curl.now()
  longest, before = math.max(longest, now - before), now
end
local function send()
  local started = curl.now()
  local response, text, details
  if what == "close" then
    local client = curl.new(options)
    client:add({ method = "POST", url = url, body = "x" }, 1)
    client:wait(0.2)
    client:close()
    text, details = "closed", { may_have_been_sent = false }
  else
    response, text, details = transport { method = "POST", url = url, body = "x" }
  end
  ended = true
  beat()
  io.write(("%.2f %.2f %s %s"):format(curl.now() - started, longest, tostring(details and details.may_have_been_sent),
    response and response.status or text))
end
if module:find "cqueues" then
  local cqueues = require "cqueues"
  local queue = cqueues.new()
  queue:wrap(function() while not ended do beat() cqueues.sleep(0.02) end end)
  queue:wrap(send)
  assert(queue:loop())
elseif module:find "luv" then
  local uv = require "luv"
  local timer = uv.new_timer()
  timer:start(0, 20, function()
    beat()
    if ended then timer:close() end
  end)
  assert(coroutine.resume(coroutine.create(send)))
  uv.run()
else
  send()
end
io.flush()
os.exit(0, false) -- the program does not wait for a resolver that is still asking
]]

-- a Lua state of another thread asks for a name and is closed while the resolver waits for an answer; the resolver continues to
-- wait
local CLOSED_STATE = [[
local uv = require "luv"
uv.thread_join(uv.new_thread(function(url)
  local client = require("whatsapp.curl").new { proxy = "", allow_http = true, timeout = 0.2 }
  client:perform { method = "POST", url = url, body = "x" }
end, (...)))
uv.sleep(4000) -- the resolver gives up after 3 seconds
io.write "alive"
]]

local function is_old()
  local major, minor = require("whatsapp.curl").version:match "(%d+)%.(%d+)"
  return tonumber(major) < 8 and tonumber(minor) < 87
end

local function can_have_names()
  local root = output "id -u" == "0\n"
  return root and output "unshare -m mount --bind /etc/hosts /etc/resolv.conf 2>/dev/null && echo yes" == "yes\n"
end

-- the server and a folder with the programs
local function start_names()
  local here = debug.getinfo(1, "S").source:match "^@(.*)transport/names_spec%.lua$"
  local scratch = scratch_folder.new()
  local pipe = assert(io.popen(("echo pid $$; exec %s '%ssupport/dns_server.lua' %s 53"):format(
    os.getenv "FAULT_LUA" or "lua5.4", here, SERVER)))
  local pid = pipe:read "*l":match "%d+"
  assert(pipe:read "*l" == "port 53")
  scratch.write("resolv.conf", ("nameserver %s\noptions timeout:3 attempts:1\n"):format(SERVER))
  local names = { program = scratch.write("program.lua", PROGRAM), closed_state = scratch.write("closed.lua", CLOSED_STATE) }

  function names.run(program, arguments)
    return output(("unshare -m sh -c 'mount --bind %s /etc/resolv.conf && exec timeout 20 %s %s \"$1\"' sh '%s' 2>&1"):format(
      scratch.path "resolv.conf", os.getenv "LUA" or "lua5.4", program, arguments))
  end

  function names.stop()
    output("kill " .. pid)
    pipe:close()
    scratch.remove()
  end
  return names
end

-- the name of the case, the host, timeout, connect_timeout; `says`: the status, or a part of the error
local CASES = {
  { "a name server never answers: timeout holds", "slow", TIMEOUT, 10, says = "nothing was sent" },
  { "a name server never answers: connect_timeout holds", "slow", 15, TIMEOUT, says = "nothing was sent" },
  { "a name server answers late: the request arrives", "late", 5, 5, says = "^200$" },
}

rows.describe("when", function(t)
  if t.row.home then
    it("a name server never answers: connect_timeout and timeout hold", function()
      for _, options in ipairs { { timeout = TIMEOUT, connect_timeout = 10 }, { timeout = 15, connect_timeout = TIMEOUT } } do
        local transport = t.open(options)
        local started = transport.now()
        t.fails(transport, t.post("h1", { url = "https://slow.invalid/" }), rows.UNSENT)
        assert.is_true(transport.now() - started < TIMEOUT + GRACE)
      end
    end)
    return
  end
  if t.lacks.names then return end -- the host's resolver finds the name, not libcurl's resolver
  if is_old() then return pending(OLD) end
  if not can_have_names() then return pending "without root no namespace of mounts can be made, which sets the name server" end

  local names

  setup(function() names = start_names() end)
  teardown(function() names.stop() end)

  -- the most seconds, the longest pause, the outcome
  local function asked(what, name, timeout, connect)
    local url = t.fault.url("plain"):gsub("127%.0%.0%.1", name .. ".test")
    local said = names.run(names.program, ("%s %s %s %g %g"):format(t.row.module, what, url, timeout, connect))
    local seconds, pause, sent, text = said:match "^(%S+) (%S+) (%S+) (.*)$"
    assert.is_string(seconds, said)
    return tonumber(seconds), tonumber(pause), text, sent
  end

  for _, case in ipairs(CASES) do
    it(case[1], function()
      t.fault.play "ok"
      local seconds, pause, text = asked("send", case[2], case[3], case[4])
      assert.truthy(text:find(case.says), text)
      assert.is_true(seconds < (case[2] == "slow" and TIMEOUT or LATE) + GRACE, seconds)
      if t.row.loop then assert.is_true(pause < 0.5, pause) end
    end)
  end

  it("a name server never answers: close does not wait", function()
    local seconds = asked("close", "slow", 15, 15)
    assert.is_true(seconds < 1, seconds)
  end)

  if t.row.module == "whatsapp.transport.luv" and read("/proc/self/maps", "") ~= "" then
    it("a name server never answers: the code of libcurl stays loaded though its Lua state was closed", function()
      assert.equal("alive", names.run(names.closed_state, "http://slow.test/"))
    end)
  end
end)
