-- Sends the events of a box to its readers (pages and programs), as text/event-stream. The `id` of an event is its number. If the
-- box has forgotten events that a reader does not have, the reader gets an event `gap`. Each reader reads the events from the
-- journal of the box at its own speed, so a slow reader delays no other reader.
local journal = require "whatsapp.sandbox.journal"
local json = require "whatsapp.wire.json"

local stream = {}

local EVENTS, BYTES = 64, 256 * 1024 -- a chunk ends after this number of events, or after the event that exceeds the bytes
local QUIET = 15 -- seconds without an event, after which a comment shows the reader that the stream still works

-- ---- readers ----------------------------------------------------------------------------------------------------------------

local Readers = {}
Readers.__index = Readers

---@param ngx table
---@return table readers the readers that wait for the next event; each reader is a light thread of nginx
function stream.readers(ngx)
  return setmetatable({ ngx = ngx, waiting = {} }, Readers)
end

---Suspends the current light thread until wake() is called, or until the seconds are over.
---@param seconds number the longest wait
function Readers:wait(seconds)
  local semaphore = require("ngx.semaphore").new()
  self.waiting[semaphore] = true
  semaphore:wait(math.max(0.001, seconds))
  self.waiting[semaphore] = nil
end

---Wakes all waiting readers. Call this function after each event.
function Readers:wake()
  if next(self.waiting) == nil then return end
  local waiting = self.waiting
  self.waiting = {}
  for semaphore in pairs(waiting) do semaphore:post(1) end
end

-- ---- serving ----------------------------------------------------------------------------------------------------------------

-- Returns the number of the last event that the reader has, from the request. nil: the reader wants only new events.
local function last_seen(ngx)
  return tonumber(ngx.req.get_headers()["last-event-id"]) or tonumber(ngx.var.arg_after)
end

-- Returns the response with which the control API refuses this reader; nil: the reader may read. The guard of the control API
-- decides.
local function is_refused(ngx, box)
  local response = box.control { method = "GET", url = "/_sandbox/info", headers = ngx.req.get_headers(0), body = "" }
  if response and response.status == 403 then return response end
end

-- Returns the next events after a number as text, and the number of the last of them; nil: there is no newer event.
local function chunk_of(box, after)
  local list, gap = box:events(after, EVENTS)
  if #list == 0 and not gap then return nil end
  local out, bytes = {}, 0
  if gap then out[1] = "event: gap\ndata: {}\n\n" end
  for _, event in ipairs(list) do
    local text = ("id: %d\ndata: %s\n\n"):format(event.seq, json.encode(journal.shown(event)) or "{}")
    out[#out + 1], after, bytes = text, event.seq, bytes + #text
    if bytes > BYTES then break end
  end
  return table.concat(out), after
end

---Answers the current request with a stream of events. Returns when the reader has closed the connection, or when nginx ends.
---@param ngx table
---@param box whatsapp.sandbox
---@param readers table that readers() returned
function stream.serve(ngx, box, readers)
  local refused = is_refused(ngx, box)
  if refused then return require("whatsapp.sandbox.wire").send(ngx, refused) end
  ngx.header["content-type"], ngx.header["cache-control"] = "text/event-stream; charset=utf-8", "no-store"
  local after = last_seen(ngx) or box.journal.last
  ngx.print ": the sandbox\n\n"
  local ok = ngx.flush(true)
  while ok and not ngx.worker.exiting() do
    local text, last = chunk_of(box, after)
    if text then
      after = last
      ngx.print(text)
      ok = ngx.flush(true)
    else
      local before = ngx.now()
      readers:wait(QUIET)
      if ngx.now() - before >= QUIET then
        ngx.print ":\n\n"
        ok = ngx.flush(true)
      end
    end
  end
end

return stream
