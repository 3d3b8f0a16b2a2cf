-- A transport that checks the time of each request: each outcome must come within the time-out plus a second, for any behaviour
-- of the other side, and on each way to get the outcome. Changes nothing else, and never waits.
--   local transport = require("spec.support.timed")(transport, options)
local GRACE, DEFAULT = 1, 30 -- seconds

-- true under valgrind, where everything takes ten times as long
local SLOW = (os.getenv "LD_PRELOAD" or ""):find "vgpreload" ~= nil

---@param transport table callable, with now(); may have start(request, slot, ...) and wait(...)
---@param options table it was made with these
---@return table transport
return function(transport, options)
  local now, deadlines = transport.now, {}

  local function deadline(request)
    return now() + (type(request) == "table" and request.timeout or options.timeout or DEFAULT) + GRACE
  end

  -- replaces an outcome that came too late by an outcome that no case expects
  local function checked(latest, ...)
    local late = now() - latest
    if late <= 0 or SLOW then return ... end
    return nil, ("an outcome came %.1f s after its time-out and a second"):format(late), { kind = "late" }
  end

  local timed = { transport = transport }
  if transport.start then
    -- an error names the line of the caller
    function timed.start(request, slot, ...)
      local latest = deadline(request)
      local ok, raised = pcall(transport.start, request, slot, ...)
      if not ok then error(raised, 2) end
      deadlines[slot] = latest
    end
    local function came(...)
      local slot = ...
      local latest = slot ~= nil and deadlines[slot]
      if not latest then return ... end
      deadlines[slot] = nil
      return slot, checked(latest, select(2, ...))
    end
    function timed.wait(...) return came(transport.wait(...)) end
  end

  return setmetatable(timed, {
    __index = transport,
    __call = function(_, request) return checked(deadline(request), transport(request)) end,
    __tostring = function() return tostring(transport) end,
  })
end
