-- Wraps a transport, and checks the time of each outcome: it must come within the time-out of the request plus a second, from a call or
-- from wait(), whatever the server does. An outcome that comes too late is replaced by a failure of the kind "late".
--   local transport = require("spec.support.timed")(transport, options)
local GRACE, DEFAULT = 1, 30 -- seconds

-- true: this process runs under valgrind, where everything takes ten times as long
local SLOW = (os.getenv "LD_PRELOAD" or ""):find "vgpreload" ~= nil

---@param transport table callable, with now(); may have start(request, slot, ...) and wait(...)
---@param options table the options with which the transport was made
---@return table timed the new transport
return function(transport, options)
  local now, deadlines = transport.now, {}

  local function deadline(request)
    return now() + (type(request) == "table" and request.timeout or options.timeout or DEFAULT) + GRACE
  end

  -- returns the outcome; a failure that no spec expects if the outcome came too late
  local function checked(latest, ...)
    local late = now() - latest
    if late <= 0 or SLOW then return ... end
    return nil, ("an outcome came %.1f s after its time-out and a second"):format(late), { kind = "late" }
  end

  local timed = { transport = transport }
  if transport.start then
    -- raises an error of the transport at the line of the caller
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
