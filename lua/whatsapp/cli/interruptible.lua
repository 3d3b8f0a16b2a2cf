-- Ctrl-C between two steps, and never in the middle of one. Lua raises "interrupted!" in the main coroutine only (LuaJIT in any
-- one): the work runs in another one, which comes back to the main one after each outcome and while it waits. Never loses a value
-- that the work has in its hands.
local interruptible = {}

local PAUSE = {} -- what the work yields while it waits

local function pause()
  local co, is_main = coroutine.running() -- Lua 5.1 gives nothing for the main one
  if co and not is_main then coroutine.yield(PAUSE) end
end

local LONGEST = 0.25 -- seconds without a look at the main coroutine
local PATIENCE = 40 -- seconds without an answer, at the end

-- A transport that comes back while it waits. Everything else is the transport's.
---@param transport whatsapp.Transport
---@return whatsapp.Transport
function interruptible.transport(transport)
  local made = { now = transport.now, start = transport.start, close = transport.close, streams = transport.streams }
  function made.sleep(seconds)
    local until_then = transport.now() + seconds
    while true do
      local left = until_then - transport.now()
      if left <= 0 then return end
      transport.sleep(math.min(left, LONGEST))
      pause()
    end
  end
  function made.wait(seconds, inbox)
    local slot, response, err, details = transport.wait(math.min(seconds, LONGEST), inbox)
    if slot ~= nil then
      made.answered = transport.now()
      return slot, response, err, details
    end
    if made.is_ending and transport.now() - made.answered > PATIENCE then error("no answer came any more", 0) end
    return pause()
  end

  -- from now on a silence that is longer than every time-out is an error
  function made.expect_end() made.is_ending, made.answered = true, transport.now() end
  return setmetatable(made, { __call = function(_, request) return transport(request) end })
end

---Resumes work until Ctrl-C or its end. May be called again after Ctrl-C, where the work did not hear of it.
---@param co thread
---@param on_end fun(...) gets what the work returns
---@return boolean is_interrupted
---@return any problem what it raised
function interruptible.step(co, on_end)
  local problem
  local function take(went, ...)
    if not went then problem = (...)
    elseif coroutine.status(co) == "dead" then on_end(...) end
  end
  local ok, raised = pcall(function()
    while coroutine.status(co) ~= "dead" do take(coroutine.resume(co)) end
  end)
  if not ok then problem = raised end
  if type(problem) == "string" and problem:find "interrupted!" then return true end
  return false, problem
end

---Runs work to its end, or until Ctrl-C.
---@param work fun() that may yield
---@return boolean is_interrupted
---@return any problem what it raised
function interruptible.run(work)
  return interruptible.step(coroutine.create(work), function() end)
end

return interruptible
