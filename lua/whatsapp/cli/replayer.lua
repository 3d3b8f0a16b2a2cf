-- The sandbox of `whatsapp replay`, inside nginx. It repeats the users' actions of a recorded run, waits for the answers of the
-- bot after each action, and compares both runs, except their ids and times. At the end, it writes the result into a file for the
-- command, and ends nginx.
-- luacheck: std min+ngx_lua
local body_of = require("whatsapp.util.nginx_body").read
local driver = require "whatsapp.sandbox.driver"
local file = require "whatsapp.util.file"
local json = require "whatsapp.wire.json"
local master = require "whatsapp.sandbox.master"
local sandbox = require "whatsapp.sandbox"
local tape = require "whatsapp.sandbox.tape"
local wire = require "whatsapp.sandbox.wire"

local replayer = {}

local QUIET = 0.3 -- seconds that an unexpected answer has to come, after the last expected answer
-- The state of nginx's only worker process: the options; text: the record; lines: the events of this run; box; driver; master.
local state

-- returns the ids of the messages that the bot sent, in their order; lines: events, each a line of JSON
local function ids_in(lines)
  local ids = {}
  for line in lines:gmatch "[^\n]+" do
    local event = json.decode(line)
    if event.kind == "request" and event.status == 200 and type(event.message) == "table" then ids[#ids + 1] = event.id or "" end
  end
  return ids
end

-- writes the result for the command, and ends nginx
local function finish(outcome)
  local result = assert(io.open(state.result, "wb"))
  result:write(outcome)
  result:close()
  state.master:signal "QUIT"
end

-- Waits until the bot has sent `count` messages, at most for --patience seconds; then waits QUIET seconds.
local function wait_for(count)
  local deadline = ngx.now() + state.patience
  while #ids_in(table.concat(state.lines, "\n")) < count and ngx.now() < deadline do
    ngx.sleep(0.02)
    ngx.update_time()
  end
  ngx.sleep(QUIET)
end

-- with --speed, waits as long as the recorded users did, divided by the speed
local function pause_before(step, last)
  if not (state.speed and last) then return end
  ngx.sleep(math.max(0.001, (step.at - last.at) / state.speed))
end

-- plays all steps; returns the diff, "" if both runs are the same
local function play()
  local recorded = assert(tape.read(state.text))
  local recorded_ids, ids, expected, last = ids_in(state.text), {}, #recorded.before, nil
  if expected > 0 then wait_for(expected) end
  for _, step in ipairs(recorded.steps) do
    pause_before(step, last)
    recorded:pair(recorded_ids, ids_in(table.concat(state.lines, "\n")), ids)
    recorded:perform(state.box, step, ids)
    state.driver:wake()
    expected, last = expected + #step.answers, step
    wait_for(expected)
  end
  local played = assert(tape.read(table.concat(state.lines, "\n")))
  return recorded:compare(played) or ""
end

local function run(premature)
  if premature then return end
  local ok, diff = pcall(play)
  finish(ok and diff or "error: " .. tostring(diff))
end

---Starts the sandbox in nginx's worker process. For init_worker_by_lua.
---@param path string of the file with the options
function replayer.begin(path)
  state = assert(json.decode(assert(file.read(path))))
  state.text, state.lines, state.master = assert(file.read(state.file, file.SANDBOX)), {}, master.of_worker()
  state.box = sandbox.new {
    app_secret = state.app_secret, webhook = state.webhook,
    now = function()
      ngx.update_time()
      return ngx.now()
    end,
  }
  state.box.on_event = function(event) state.lines[#state.lines + 1] = tape.line(event, state.box) end
  state.driver = driver.new(ngx, state.box, function() end)
  state.driver:start()
  ngx.timer.at(0.1, run)
end

---Answers a request. For content_by_lua.
function replayer.content()
  local response = state.box.handle {
    method = ngx.req.get_method(), url = ngx.var.request_uri, headers = ngx.req.get_headers(0), body = body_of(ngx),
    origin = ("%s://%s"):format(ngx.var.scheme, ngx.var.http_host or ngx.var.host),
  }
  state.driver:wake()
  wire.send(ngx, response)
end

return replayer
