-- Sends the entries of an outbox. Stops at Ctrl-C between two steps: each message on the wire gets its outcome, and all other
-- entries stay in the store. Never loses an entry.
local exit = require "whatsapp.cli.exit"
local interruptible = require "whatsapp.cli.interruptible"

local outbox_run = {}

local STOPPED = {} -- raised to end the run when nothing is on the wire
-- seconds for an attempt; seconds by which a lease (the time for which a sender has an entry) is longer than an attempt
local TIMEOUT, MARGIN = 30, 5

---@param context whatsapp.cli.context
---@return { lease: number } options of whatsapp.outbox.new
function outbox_run.options(context)
  return { lease = (context.options.timeout or TIMEOUT) + MARGIN }
end

-- returns a client that yields to the main coroutine while it waits, and the state that stops it
local function client_of(context)
  local options = context.options
  local ok, transport = pcall(require("whatsapp.transport.curl").new, context.settings():transport_options())
  if not ok then exit.stop("usage", tostring(transport)) end
  local wrapped = interruptible.transport(transport)
  local sleep, state = wrapped.sleep, {}
  function wrapped.sleep(seconds)
    if state.is_stopping then error(STOPPED, 0) end
    return sleep(seconds)
  end
  local client = context.settings():client {
    transport = wrapped, timeout = options.timeout or TIMEOUT, limiter = options.rate and { throughput = options.rate } or nil,
  }
  return client, state
end

---@param context whatsapp.cli.context
---@param outbox whatsapp.outbox_object
---@param until_empty boolean
---@param on_outcome fun(entry: whatsapp.outbox.entry, result: table?, err: string?, details: table?)
---@return boolean is_interrupted
function outbox_run.run(context, outbox, until_empty, on_outcome)
  local client, state = client_of(context)
  local co = coroutine.create(function()
    return outbox:run(client, {
      until_empty = until_empty, concurrency = context.options.concurrency, poll = 0.2,
      on_outcome = function(...)
        on_outcome(...)
        coroutine.yield()
        return not state.is_stopping
      end,
      on_error = function(err, seconds) context.terminal:note(("%s; next try in %g seconds"):format(err, seconds)) end,
    })
  end)
  while coroutine.status(co) ~= "dead" do
    local err, details
    local is_interrupted, problem = interruptible.step(co, function(_, ...) err, details = ... end)
    if is_interrupted then
      context.terminal:note "waiting for the messages on the wire; press Ctrl-C again to end at once"
      state.is_stopping = true
    elseif problem and problem ~= STOPPED then error(problem, 0)
    elseif err and coroutine.status(co) == "dead" then exit.stop("failed", err, { details = details }) end
  end
  return state.is_stopping or false
end

return outbox_run
