-- The part of spec/support/resty.lua that runs in an nginx worker: does what it is asked for, as JSON, with transports that
-- live there. What was begun waits in a timer of its own.
local json = require("cjson").new()
local read = require "spec.support.read"
local timed = require "spec.support.timed"

local M = {}

local worker = { transports = {}, outcomes = {} } -- for the chunks too: of this worker, by number

local function pack(...) return { n = select("#", ...), ... } end

local ops = {}

function ops.run(given)
  return assert(loadstring(given.code, "=chunk"))(given.args, worker)
end

function ops.new(given)
  local id = #worker.transports + 1
  worker.transports[id] = timed(require("whatsapp.transport.resty").new(given.options), given.options)
  worker.outcomes[id] = {}
  return id
end

function ops.call(given)
  local answer, text, details = worker.transports[given.id](given.request)
  return { answer = answer, text = text, details = details }
end

local function taken(id)
  local outcomes = worker.outcomes[id]
  worker.outcomes[id] = {}
  return outcomes
end

-- begins in a timer, which lives until the outcome is there
function ops.begin(given)
  local transport, outcomes, state = worker.transports[given.id], worker.outcomes, {}
  assert(ngx.timer.at(0, function()
    local ok, problem = pcall(transport.begin, given.request, function(answer, text, details)
      state.ended = true
      table.insert(outcomes[given.id], { tag = given.tag, answer = answer, text = text, details = details })
    end)
    state.begun, state.problem = true, not ok and problem
    while ok and not state.ended do transport.turn(1) end
  end))
  while not state.begun do ngx.sleep(0.001) end
  if state.problem then error(state.problem, 0) end
end

function ops.turn(given)
  local transport = worker.transports[given.id]
  local till = transport.now() + given.seconds
  transport.turn(0.001)
  while #worker.outcomes[given.id] == 0 and transport.now() < till do ngx.sleep(0.001) end
  return taken(given.id)
end

function ops.close(given)
  worker.transports[given.id].close()
  return taken(given.id)
end

function ops.now(given) return worker.transports[given.id].now() end
function ops.sleep(given) worker.transports[given.id].sleep(given.seconds) end
function ops.tostring(given) return tostring(worker.transports[given.id]) end

function M.content()
  ngx.req.read_body()
  local given = json.decode(ngx.req.get_body_data() or read(ngx.req.get_body_file()))
  local results = pack(pcall(ops[given.op], given))
  ngx.print(json.encode(results[1] and { result = results[2] } or { raised = tostring(results[2]) }))
end

return M
