-- Lets Ctrl-C interrupt work between two steps, and never within a step. At Ctrl-C, Lua raises "interrupted!" only in the main
-- coroutine (LuaJIT: in any coroutine; see resume_in_hook). So the work runs in another coroutine. The work yields to the main
-- coroutine after each outcome, and its transport yields while it waits. No value of the work is lost: after Ctrl-C, the next
-- call of step() continues the work. A second Ctrl-C ends the program at once, because `lua` catches only the first one.
local interruptible = {}

local PAUSE = {} -- the work yields this value while it waits

-- yields to the main coroutine; in the main coroutine, does nothing
local function pause()
  local co, is_main = coroutine.running() -- Lua 5.1 returns no value in the main coroutine
  if co and not is_main then coroutine.yield(PAUSE) end
end

local LONGEST = 0.25 -- seconds: the longest wait before a yield to the main coroutine
local PATIENCE = 40 -- seconds: after expect_end(), a longer wait without an answer is an error

---Wraps a transport: the functions sleep() and wait() of the new transport yield to the main coroutine at least every 0.25
---seconds.
---@param transport whatsapp.Transport
---@return whatsapp.Transport wrapped has one more function: expect_end()
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

  -- From now on, wait() raises an error if no answer has come for PATIENCE seconds. PATIENCE is longer than each time-out of a
  -- request.
  function made.expect_end() made.is_ending, made.answered = true, transport.now() end
  return setmetatable(made, { __call = function(_, request) return transport(request) end })
end

-- At Ctrl-C, LuaJIT raises "interrupted!" from a hook, in any coroutine. But LuaJIT calls no hook while another hook runs. So
-- this function resumes the work inside a hook: LuaJIT raises the error only after this hook has returned.
local function resume_in_hook(co, take)
  debug.sethook(function()
    debug.sethook()
    take(coroutine.resume(co))
  end, "", 1)
  return co -- LuaJIT calls the hook before this instruction
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

---Resumes the coroutine of some work until the work ends, or until Ctrl-C. After Ctrl-C, the next call continues the work.
---@param co thread the coroutine
---@param on_end fun(...) called with the return values of the work after its end
---@return boolean is_interrupted true: Ctrl-C was pressed
---@return any problem the error that the work raised, or nil
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

---Runs a function until it ends, or until Ctrl-C.
---@param work fun() may yield
---@return boolean is_interrupted true: Ctrl-C was pressed
---@return any problem the error that the function raised, or nil
function interruptible.run(work)
  return interruptible.step(coroutine.create(work), function() end)
end

return interruptible
