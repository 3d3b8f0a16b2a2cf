-- Runs whatsapp.transport.resty inside a worker process of Debian's nginx, for specs in this process. home.new() returns a transport with
-- the functions of every transport: each call of a function is a request to nginx, where resty_worker.lua calls the real transport.
-- home.stop() ends nginx.
--   local home = require("spec.support.resty").start { ca_file = fault.ca_file }
--   home.run([[local args, worker = ... return ngx.worker.pid()]], args)      runs the chunk in nginx; raises the error of the chunk
--   home.new(options), home.nginx, home.stop()
local nginx = require "spec.support.nginx"
local values = require "whatsapp.util.values"

local M = {}

local LONG = 2 ^ 20 -- bytes: a longer body of a request goes through a file

local NAMES = "resolver 127.0.0.1:$DNS ipv6=off; resolver_timeout 20s;"
local HTTP = [[
client_max_body_size 64m; client_body_buffer_size 16m; lua_max_running_timers 1024;
]]
local TRUST = "lua_ssl_trusted_certificate $CA; lua_ssl_verify_depth 2;"
local SERVER = [[location = /op { content_by_lua_block { require("spec.support.resty_worker").content() } }]]

-- starts the name server; returns its port, and a function that ends it
local function start_names()
  local here = debug.getinfo(1, "S").source:match "^@(.*)resty%.lua$"
  local pipe = assert(io.popen(("echo pid $$; exec %s '%sdns_server.lua'"):format(os.getenv "FAULT_LUA" or "lua5.4", here)))
  local pid, port = pipe:read "*l":match "%d+", pipe:read "*l":match "%d+"
  return port, function()
    os.execute("kill " .. pid)
    pipe:close()
  end
end

---@param options { ca_file: string?, nameless: boolean?, http: string?, server: string? } ca_file: the certificates that nginx trusts;
---nameless: true: nginx has no resolver; http, server: more directives
---@return table home
function M.start(options)
  local json = require("cjson").new()
  local port, stop_names = start_names()
  local ok, home = pcall(function()
    return { nginx = nginx.start {
      http = table.concat {
        HTTP, options.nameless and "" or NAMES:gsub("%$DNS", port),
        options.ca_file and TRUST:gsub("%$CA", options.ca_file) or "", options.http or "",
      },
      server = SERVER .. (options.server or ""), level = "warn",
    } }
  end)
  if not ok then
    stop_names()
    error(home, 0)
  end

  -- Puts a long body of a request into a file. To read it as JSON would take a second on a busy machine, and nginx would do nothing else.
  local function with_body_apart(given)
    local request = given.request
    if type(request) ~= "table" or type(request.body) ~= "string" or #request.body < LONG then return given end
    local apart = values.copy(given)
    apart.request, apart.body_path = values.copy(request), home.nginx.folder .. "/body-of-a-request"
    apart.request.body = nil
    local file = assert(io.open(apart.body_path, "wb"))
    assert(file:write(request.body))
    assert(file:close())
    return apart
  end

  local function ask(given)
    given = with_body_apart(given)
    local status, body = home.nginx.ask("/op", { body = json.encode(given), timeout = 120 })
    if status ~= 200 then error(("nginx answered %s %s: %s"):format(tostring(status), tostring(body), home.nginx.log()), 0) end
    local answer = json.decode(body)
    if answer.raised then error(answer.raised, 0) end
    if answer.result ~= json.null then return answer.result end
  end

  function home.run(code, args) return ask { op = "run", code = code, args = args } end

  local pools = 0

  function home.new(given)
    pools = pools + 1
    local wanted = { pool = "spec " .. pools }
    for name, value in pairs(given or {}) do wanted[name] = value end
    local id, closed = ask { op = "new", options = wanted }, false
    local transport = {}

    -- makes status and size integers: some JSON readers return floats
    local function counted(answer)
      if answer and answer.status then answer.status, answer.size = math.floor(answer.status), answer.size and math.floor(answer.size) end
      return answer
    end

    function transport.start(request, slot, inbox)
      ask { op = "start", id = id, request = request, slot = slot, inbox = inbox }
    end
    function transport.wait(seconds, inbox)
      local outcome = ask { op = "wait", id = id, seconds = seconds, inbox = inbox }
      if outcome.slot == nil then return end
      local slot = type(outcome.slot) == "number" and math.floor(outcome.slot) or outcome.slot
      return slot, counted(outcome.answer), outcome.text, outcome.details
    end
    function transport.now() return ask { op = "now", id = id } end
    function transport.sleep(seconds) return ask { op = "sleep", id = id, seconds = seconds } end
    function transport.close()
      if closed then return end
      closed = true
      ask { op = "close", id = id }
    end
    return setmetatable(transport, {
      __call = function(_, request)
        local outcome = ask { op = "call", id = id, request = request }
        return counted(outcome.answer), outcome.text, outcome.details
      end,
      __tostring = function() return ask { op = "tostring", id = id } end,
    })
  end

  -- Ends nginx. Raises if the log of nginx reports an event that must not happen, such as a crash.
  function home.stop()
    local log = home.nginx.log()
    home.nginx.stop()
    stop_names()
    for _, words in ipairs { "[alert]", "[crit]", "[emerg]", "exited on signal", "thread aborted" } do
      if log:find(words, 1, true) then error("nginx's log has " .. words .. ": " .. log, 0) end
    end
  end
  return home
end

return M
