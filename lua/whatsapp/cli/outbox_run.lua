-- Sends the entries of an outbox, for `whatsapp outbox run` and `whatsapp bulk --state`. At Ctrl-C, waits until each message on
-- the wire has its outcome; all other entries stay in the store. Never loses an entry.
local exit = require "whatsapp.cli.exit"
local interruptible = require "whatsapp.cli.interruptible"

local outbox_run = {}

local STOPPED = {} -- raised to end the run when nothing is on the wire
-- A lease is the time for which one sender has an entry. MARGIN: the seconds by which a lease is longer than an attempt, so that
-- no other sender takes an entry while its message is on the wire.
local TIMEOUT, MARGIN = 30, 5

---@param context whatsapp.cli.context
---@return { lease: number } options of whatsapp.outbox.new
function outbox_run.options(context)
  return { lease = (context.options.timeout or TIMEOUT) + MARGIN }
end

-- Returns a client whose waits yield to the main coroutine (see interruptible.lua), and a table. If its member is_stopping is
-- true, the next sleep of the client ends the run: the client sleeps only if nothing is on the wire.
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

---Sends the due entries. Ends the command if the store fails and its failure is not retryable.
---@param context whatsapp.cli.context
---@param outbox whatsapp.outbox_object
---@param until_empty boolean true: returns when the outbox is empty; false: runs until Ctrl-C
---@param on_outcome fun(entry: whatsapp.outbox.entry, result: table?, err: string?, details: table?) called after each attempt
---@return boolean is_interrupted true: Ctrl-C was pressed
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
