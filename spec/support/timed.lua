-- A transport whose requests are timed: each has its outcome within its time-out and a second, whatever the other side does,
-- and however the outcome is asked for. Changes nothing else, and never waits.
--   local transport = require("spec.support.timed")(transport, options)
local GRACE, DEFAULT = 1, 30 -- seconds

-- where everything takes ten times as long
local SLOW = (os.getenv "LD_PRELOAD" or ""):find "vgpreload" ~= nil

---@param transport table callable, with now(), and with begin(request, done) or start(request, slot, ...) and wait(...)
---@param options table it was made with these
---@return table transport
return function(transport, options)
  local now, deadlines = transport.now, {}

  local function deadline(request)
    return now() + (type(request) == "table" and request.timeout or options.timeout or DEFAULT) + GRACE
  end

  local function check(latest)
    local late = now() - latest
    if late > 0 and not SLOW then error(("an outcome came %.1f s after its time-out and a second"):format(late), 0) end
  end

  local timed = { transport = transport }
  if transport.begin then
    function timed.begin(request, done, ...)
      local latest = math.huge
      transport.begin(request, function(...)
        check(latest)
        return done(...)
      end, ...)
      latest = deadline(request) -- it has begun: to hand a large body to nginx took its time
    end
  end
  if transport.start then
    function timed.start(request, slot, ...)
      transport.start(request, slot, ...)
      deadlines[slot] = deadline(request) -- it has begun: to hand a large body to nginx took its time
    end
    local function came(slot, ...)
      if slot ~= nil and deadlines[slot] then
        check(deadlines[slot])
        deadlines[slot] = nil
      end
      return slot, ...
    end
    function timed.wait(...) return came(transport.wait(...)) end
  end

  local function answered(latest, ...)
    check(latest)
    return ...
  end
  return setmetatable(timed, {
    __index = transport,
    __call = function(_, request) return answered(deadline(request), transport(request)) end,
    __tostring = function() return tostring(transport) end,
  })
end
