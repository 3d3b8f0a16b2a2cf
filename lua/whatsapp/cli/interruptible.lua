-- Lets Ctrl-C interrupt work between two steps, and never within a step. Lua raises "interrupted!" only in the main coroutine
-- (LuaJIT: in any coroutine; see resume_in_hook). So the work runs in another coroutine, which yields to the main coroutine after
-- each outcome and while it waits. Never loses a value of the work: after Ctrl-C, the work can continue.
local interruptible = {}

local PAUSE = {} -- the work yields this value while it waits

local function pause()
  local co, is_main = coroutine.running() -- Lua 5.1 returns no value in the main coroutine
  if co and not is_main then coroutine.yield(PAUSE) end
end

local LONGEST = 0.25 -- seconds: the longest wait before a yield to the main coroutine
local PATIENCE = 40 -- seconds: after expect_end(), a longer wait without an answer is an error

-- Returns a transport that sends over `transport`, but yields to the main coroutine while it waits.
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
    if made.is_ending and transport.now() - made.answered > PATIENCE then error("no answer came for 40 seconds", 0) end
    return pause()
  end

  -- from now on, wait() raises an error if no answer has come for PATIENCE seconds, which are longer than every time-out
  function made.expect_end() made.is_ending, made.answered = true, transport.now() end
  return setmetatable(made, { __call = function(_, request) return transport(request) end })
end

-- LuaJIT raises "interrupted!" from a hook, in any coroutine, but it calls no hook within a hook. So this function resumes the
-- work within a hook: LuaJIT then raises the error only after the hook has returned.
local function resume_in_hook(co, take)
  debug.sethook(function()
    debug.sethook()
    take(coroutine.resume(co))
  end, "", 1)
  return co -- Lua calls the hook at this instruction
end

local function resume(co, take) return take(coroutine.resume(co)) end

local jit = rawget(_G, "jit")
if jit and jit.off then
  jit.off(resume_in_hook, true) -- compiled code calls no hook
  resume = resume_in_hook
end

local function resume_all(co, take)
  while coroutine.status(co) ~= "dead" do resume(co, take) end
end
if jit and jit.off then jit.off(resume_all) end

---Resumes work until Ctrl-C, or until the work ends. After Ctrl-C, the next call continues the work.
---@param co thread
---@param on_end fun(...) called with the return values of the work
---@return boolean is_interrupted
---@return any problem the error that the work raised
function interruptible.step(co, on_end)
  local problem
  local function take(went, ...)
    if not went then problem = (...)
    elseif coroutine.status(co) == "dead" then on_end(...) end
  end
  local ok, raised = pcall(resume_all, co, take)
  if not ok then problem = raised end
  if type(problem) == "string" and problem:find "interrupted!" then return true end
  return false, problem
end

---Runs work to its end, or until Ctrl-C.
---@param work fun() may yield
---@return boolean is_interrupted
---@return any problem the error that the work raised
function interruptible.run(work)
  return interruptible.step(coroutine.create(work), function() end)
end

return interruptible
