-- The transport over libcurl for programs that run in a cqueues loop. It suspends the coroutine that sends, and the loop goes
-- on. Outside of a loop it blocks until the answer arrives.
--
-- Several coroutines of a controller (one cqueues loop) may wait at the same time. One of them is the watcher: it watches
-- libcurl's descriptor for all (on systems without epoll: libcurl's sockets). A watcher may never run again, because other code
-- closes its controller or drops its coroutine. So a watcher promises a time at which it looks again. If this time is over,
-- another waiting coroutine becomes the watcher. A box holds the answers of one inbox (see transport/inboxes).
local needed = require "whatsapp.util.needed"
local condition = needed.module "cqueues.condition"
local cqueues = needed.module "cqueues"
local libcurl = require "whatsapp.transport.libcurl"

local M = {}

-- seconds. LOOK: the longest single wait of a watcher. PROMISED: the time for which a watcher is trusted to look again.
local LOOK, PROMISED = 0.5, 0.75

local now = libcurl.now
local unpack = table.unpack or unpack -- luacheck: ignore 113 143

-- ---- waiting ----------------------------------------------------------------------------------------------------------------

local Watch = {}
Watch.__index = Watch

local function new_watch(curl)
  local self = setmetatable({ curl = curl, crowds = setmetatable({}, { __mode = "k" }), sockets = {} }, Watch)
  self.changed = condition.new() -- for systems without epoll: signalled when libcurl's sockets may have changed
  self.wake = function(box)
    if box.signal then box.signal:signal() end
  end
  return self
end

-- A crowd is all waiting coroutines of one controller: `watched_until` is the time that the watcher has promised; `boxes` has
-- the boxes of the other coroutines.
function Watch:crowd(controller)
  local crowd = self.crowds[controller]
  if not crowd then
    crowd = { watched_until = 0, boxes = setmetatable({}, { __mode = "k" }) }
    self.crowds[controller] = crowd
  end
  return crowd
end

-- Wakes one of the waiting coroutines: it becomes the watcher. If it never runs again, another one becomes the watcher later.
local function pass_on(crowd)
  local box = next(crowd.boxes)
  if not box or crowd.watched_until > now() then return end
  crowd.boxes[box] = nil
  box.signal:signal()
end

-- Makes cqueues forget libcurl's sockets: libcurl may close a socket, and a new socket may get the same number.
local function cancel_sockets(list)
  for i = 1, #list, 2 do cqueues.cancel(list[i]) end
end

-- Waits until a socket of libcurl is ready, a time-out of libcurl is over, or libcurl's sockets have changed.
function Watch:poll_sockets(seconds)
  local client = self.curl.client
  local list, polled = client:sockets(), { self.changed }
  for i = 1, #list, 2 do polled[#polled + 1] = { pollfd = list[i], events = list[i + 1] } end
  polled[#polled + 1] = math.min(seconds, client:timeout() or seconds)
  local ready, err = cqueues.poll(unpack(polled))
  cancel_sockets(list)
  return ready, err
end

-- Tells the watchers that libcurl's sockets may have changed.
function Watch:change()
  if not self.curl.has_descriptor then self.changed:signal() end
end

function Watch:step()
  self.curl:step(self.wake)
  self:change()
end

-- The caller is the watcher: waits for libcurl's descriptor or sockets, and lets libcurl work.
function Watch:look(crowd, seconds)
  local client = self.curl.client
  local ready, err
  crowd.watched_until = now() + PROMISED
  if self.curl.has_descriptor then ready, err = cqueues.poll(client, math.min(seconds, LOOK))
  else ready, err = self:poll_sockets(math.min(seconds, LOOK)) end
  crowd.watched_until = 0
  if ready == nil and err and not self.curl.closed then error(err, 0) end
  self:step()
end

-- waits until the box gets an answer, or until the time that the watcher has promised is over
local function wait_beside(crowd, box, seconds)
  box.signal = box.signal or condition.new()
  crowd.boxes[box] = true
  cqueues.poll(box.signal, math.min(seconds, math.max(0, crowd.watched_until - now())))
  crowd.boxes[box] = nil
end

-- returns whether the wait is over
local function is_over(self, box) return box.first or self.curl.closed end

---Suspends the caller until an answer is in the box, the time is over, or the transport is closed. If other code resumes the
---caller too early, the caller waits again.
---@param box table
---@param seconds number
function Watch:wait(box, seconds)
  local controller, deadline = cqueues.running(), now() + seconds
  local left = seconds
  if not self.curl:open(2) then return end -- this libcurl cannot be used
  while not is_over(self, box) and left > 0 do
    local crowd = controller and self:crowd(controller)
    if not crowd then
      self.curl.client:wait(left)
      self.curl:collect(self.wake)
    elseif crowd.watched_until > now() then wait_beside(crowd, box, left)
    else self:look(crowd, left) end
    left = deadline - now()
  end
  if controller then pass_on(self:crowd(controller)) end
end

-- sleeps; if other code resumes the coroutine too early, sleeps again
local function sleep(seconds)
  local deadline = now() + seconds
  local left = seconds
  repeat
    cqueues.sleep(math.max(0, left))
    left = deadline - now()
  until left <= 0
end

-- ---- the transport ------------------------------------------------------------------------------------------------------------

local function check(curl)
  if cqueues.running() and not curl.closed then libcurl.check_suspendable() end
end

-- closes the transport, and wakes all coroutines that wait for it
local function close(curl, watch)
  local fd = curl:fd()
  if fd and not curl.closed then cqueues.cancel(fd) end
  if not curl.has_descriptor and curl.client then cancel_sockets(curl.client:sockets()) end
  curl:close(watch.wake)
  watch:change()
  for _, crowd in pairs(watch.crowds) do
    for box in pairs(crowd.boxes) do watch.wake(box) end
  end
end

---@param options whatsapp.curl_options?
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot, inbox), wait(seconds, inbox), close()
function M.new(options)
  local curl = libcurl.new("whatsapp.transport.cqueues", options, 2, true)
  local inboxes, watch = curl.inboxes, new_watch(curl)
  local transport = { streams = true, now = now, sleep = sleep }

  function transport.start(request, slot, inbox)
    local box = curl:start(request, slot, inboxes:box(inbox), 2)
    if box then watch.wake(box) end
    watch:change()
  end

  function transport.wait(seconds, inbox)
    local box = inboxes:box(inbox)
    if not box.first and not curl.closed then
      check(curl)
      if seconds > 0 then watch:wait(box, seconds)
      else watch:step() end
    end
    return inboxes:take(box, inbox)
  end

  function transport.close() close(curl, watch) end

  local function call(_, request)
    check(curl)
    local box = inboxes.new_box()
    curl:start(request, box, box, 2)
    watch:change()
    watch:wait(box, math.huge)
    local _, response, err, details = inboxes:take(box)
    return response, err, details
  end

  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.cqueues" end })
end

return M
