-- The part of spec/support/resty.lua that runs in nginx's worker process: reads a command as JSON, and calls a function of a transport of
-- this worker process. Each command is a function of `ops`.
local json = require("cjson").new()
local read = require "spec.support.read"
local timed = require "spec.support.timed"

local M = {}

local worker = { transports = {} } -- number -> transport; the chunks of home.run() use this table, too

local function pack(...) return { n = select("#", ...), ... } end

local ops = {}

function ops.run(given)
  return assert(loadstring(given.code, "=chunk"))(given.args, worker)
end

function ops.new(given)
  local id = #worker.transports + 1
  worker.transports[id] = timed(require("whatsapp.transport.resty").new(given.options), given.options)
  return id
end

function ops.call(given)
  local answer, text, details = worker.transports[given.id](given.request)
  return { answer = answer, text = text, details = details }
end

-- Starts a request in a timer: its light threads live until the answer is there. A light thread of this handler would end with the handler.
function ops.start(given)
  local transport, state = worker.transports[given.id], {}
  assert(ngx.timer.at(0, function()
    local ok, err = pcall(transport.start, given.request, given.slot, given.inbox)
    state.started, state.err = true, not ok and err
  end))
  while not state.started do ngx.sleep(0.001) end
  if state.err then error(state.err, 0) end
end

function ops.wait(given)
  local slot, answer, text, details = worker.transports[given.id].wait(given.seconds, given.inbox)
  return { slot = slot, answer = answer, text = text, details = details }
end

function ops.close(given) worker.transports[given.id].close() end

function ops.now(given) return worker.transports[given.id].now() end
function ops.sleep(given) worker.transports[given.id].sleep(given.seconds) end
function ops.tostring(given) return tostring(worker.transports[given.id]) end

function M.content()
  ngx.req.read_body()
  local given = json.decode(ngx.req.get_body_data() or read(ngx.req.get_body_file()))
  if given.body_path then given.request.body = read(given.body_path) end
  local results = pack(pcall(ops[given.op], given))
  ngx.print(json.encode(results[1] and { result = results[2] } or { raised = tostring(results[2]) }))
end

return M
