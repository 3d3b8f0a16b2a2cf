-- The code that curl.lua, cqueues.lua and luv.lua share. An object of this file has one client of whatsapp.curl, and makes the
-- client when it first begins a request or waits. The object begins requests, puts each answer into a box, and calls the
-- progress functions. Slots, entries and boxes: see transport/inboxes. A tag is the value by which whatsapp.curl names a
-- request: the transport passes a tag when it begins the request, and whatsapp.curl returns the tag with the outcome. This file
-- knows no event loop. Only two functions wait: perform(), and the function that waiter() makes.
--   start(request, slot, box)   begins a request; its tag is the entry for its answer
--   step(wake)                  puts each new answer into its box, and calls wake(box), which wakes the caller that waits
--   close()                     gives an outcome to each request that is under way
local checks = require "whatsapp.transport.request"
local inboxes = require "whatsapp.transport.inboxes"
local util_options = require "whatsapp.util.options"
local progress = require "whatsapp.transport.progress"

local libcurl = {}

local OPTIONS = { headers = "names" }
for name, kind in pairs(util_options.TRANSPORT) do OPTIONS[name] = kind end

local CLOSED = "the transport was closed before the answer came; the request may have been sent"
local NO_MEMORY = "not enough memory"

-- Returns whatsapp.curl. If whatsapp.curl is not installed, raises an error of one line: Lua's own error would list every path
-- that Lua searched.
local function load_curl()
  local ok, curl = pcall(require, "whatsapp.curl")
  if ok then return curl end
  local err = tostring(curl)
  if err:find("module 'whatsapp.curl' not found", 1, true) then
    err = "whatsapp.curl is not installed: install the rock with libcurl, or pass another transport"
  end
  error(err, 0)
end

local clock

---@return number seconds of a clock that never goes back
function libcurl.now()
  clock = clock or load_curl().now
  return clock()
end

---@class whatsapp.libcurl
---@field client userdata|false a client of whatsapp.curl; false before the first request or wait, and after close()
---@field add function the client's method add; kept here, because a look-up through the metatable costs 1 % of a request
---@field next function the client's method next; kept here for the same reason
---@field has_descriptor boolean true: a descriptor becomes readable when step() has work. false, on systems without epoll: a
---loop must watch client:sockets(), and must call step() when a socket is ready or when client:timeout() seconds are over
---@field closed boolean
---@field inboxes table
---@field observed table<any, table>|false tag -> teller, the object that calls the progress function of the request (see
---transport/progress); false before the first request with progress, and after close()
---@field calls table<table, true>|false the entries that perform() with progress uses as tags. Only whatsapp.transport.curl has
---such calls; its other tags are slots. false before the first such call
local Libcurl = {}
Libcurl.__index = Libcurl

---@param name string the transport's name
---@param options whatsapp.curl_options?
---@param level integer the stack level of the caller to blame, as for error()
---@param watched boolean true: an event loop watches the client's descriptor, and all tags are entries; false: tags are slots
---@return whatsapp.libcurl
function libcurl.new(name, options, level, watched)
  return setmetatable({
    name = name, options = util_options.check(options, OPTIONS, level + 1), watched = watched, closed = false,
    inboxes = inboxes.new(), client = false, has_descriptor = true, observed = false, calls = false,
  }, Libcurl)
end

-- ---- the client ---------------------------------------------------------------------------------------------------------

---@param level integer the stack level of the caller to blame
---@return userdata? client nil: this libcurl cannot be used
---@return string? err
---@return whatsapp.details? details
function Libcurl:open(level)
  if self.closed then error("attempt to use a closed transport", level + 1) end
  if self.client then return self.client end
  local client, err, details = load_curl().new(self.options)
  if not client then return nil, err, details end
  self.client, self.add, self.next = client, client.add, client.next
  self.has_descriptor = client:pollfd() ~= nil
  return client
end

---@return integer? descriptor nil before the first request or wait, after close(), and without epoll. In a forked child, fd()
---returns another descriptor
function Libcurl:fd()
  local client = self.client
  return client and client:pollfd() or nil
end

-- ---- begin ----------------------------------------------------------------------------------------------------------------

-- Raises if the transport is closed, or if the request is used wrongly.
local function check(self, request, level)
  if self.closed then error("attempt to use a closed transport", level + 1) end
  if type(request) ~= "table" then error("the request must be a table, not a " .. type(request), level + 1) end
  if request.body_file or request.form or request.progress then checks.check_streams(request, level + 1) end
end

-- sets the teller of a tag; nil removes the teller
local function observe(self, tag, teller)
  if not (self.observed or teller) then return end
  self.observed = self.observed or {}
  self.observed[tag] = teller
end

-- Begins a request with a tag. Returns true if the request began. Returns false, err, details if the request is refused, this
-- libcurl cannot be used, or there is no memory. Returns nil and the error if the request is used wrongly. After a failure, no
-- part of the request is kept.
local function add(self, request, tag, level)
  local client, unusable, why = self.client, nil, nil
  if not client then client, unusable, why = self:open(level + 1) end
  if not client then return false, unusable, why end
  if request.progress then observe(self, tag, progress.new(request.progress, libcurl.now())) end
  local ok, added, err, details = pcall(self.add, client, request, tag)
  if ok and added then return true end
  observe(self, tag, nil)
  if ok then return false, err, details end
  if not tostring(added):find(NO_MEMORY, 1, true) then return nil, added end
  return false, NO_MEMORY .. " (nothing was sent)", { kind = "transport", retryable = true, may_have_been_sent = false }
end

---Begins a request whose answer goes into the box.
---@param request table
---@param slot any
---@param box table
---@param level integer the stack level of the caller to blame
---@return table? box nil: the answer comes later; else the box already has the answer, and the transport must wake the waiter
function Libcurl:start(request, slot, box, level)
  check(self, request, level + 1)
  if slot == nil then error("start needs a slot, which wait() returns with the answer", level + 1) end
  local entry = self.inboxes:expect(slot, box)
  local added, err, details = add(self, request, entry, level + 1)
  if added then return nil end
  if added == false then return self.inboxes.put(entry, nil, err, details) end
  self.inboxes:release(entry)
  error(err, level + 1)
end

---Returns the function start() of whatsapp.transport.curl. In that transport, the slot of a request is also its tag: so most
---requests need no entry. The closures of starter() and waiter() save 560 instructions for each message, compared with methods
---of this object.
---@return fun(request: table, slot: any) start
function Libcurl:starter()
  return function(request, slot)
    if self.closed or type(request) ~= "table" or request.progress then check(self, request, 2) end
    if slot == nil then error("start needs a slot, which wait() returns with the answer", 2) end
    local added, err, details = add(self, request, slot, 2)
    if added then return end
    if added == nil then error(err, 2) end
    self.inboxes.put(self.inboxes:expect(slot, self.inboxes.common), nil, err, details)
  end
end

-- ---- progress -----------------------------------------------------------------------------------------------------------

-- calls the progress function of one request, if a report is due or the request has ended
local function report(self, tag, teller, now)
  local moved, total, ended = self.client:progress(tag)
  if moved ~= nil and (ended or teller:is_due(now)) then teller:tell(now, moved, total, ended) end
end

-- calls the progress functions of all requests; copies the list first, because a function may start another request or close
-- the transport
local function report_all(self)
  local now, all = libcurl.now(), {}
  for tag, teller in pairs(self.observed) do all[tag] = teller end
  for tag, teller in pairs(all) do
    if self.client then report(self, tag, teller, now) end
  end
end

-- ---- answers --------------------------------------------------------------------------------------------------------------

-- returns the tag and the outcome of the next request that has ended; no value if no request has ended
local function next_outcome(self)
  if self.observed then report_all(self) end
  local client = self.client
  if not client then return end
  if not self.observed then return self.next(client) end
  local tag, response, err, details = self.next(client)
  local teller = self.observed[tag or false]
  if teller then
    self.observed[tag] = nil
    teller:finish(response or details)
  end
  return tag, response, err, details
end

-- Puts an outcome into a box, and returns the box. If the tag is an entry, this is the box of the entry. If the tag is a slot,
-- this is the common box. Needs no memory if inboxes:reserve() ran before.
local function keep(self, tag, response, err, details)
  local entry = tag
  if self.calls and self.calls[tag] then self.calls[tag] = nil
  elseif not self.watched then entry = self.inboxes:expect(tag, self.inboxes.common) end
  return self.inboxes.put(entry, response, err, details)
end

local function wake_nothing() end

---Puts each answer that has arrived into its box. Does not wait.
---@param wake (fun(box: table))? must not raise; may start requests, and may close the transport
function Libcurl:collect(wake)
  wake = wake or wake_nothing
  repeat
    self.inboxes:reserve()
    local tag, response, err, details = next_outcome(self)
    local box = tag ~= nil and keep(self, tag, response, err, details)
    if box then wake(box) end
  until tag == nil
end

---Lets libcurl do all work that needs no waiting, then collects the answers as collect() does.
---@param wake fun(box: table)
function Libcurl:step(wake)
  if not self.client then return end
  self.client:step()
  self:collect(wake)
end

-- For whatsapp.transport.curl: returns the slot and the outcome of the next request of start() that has ended; no value if no
-- such request has ended. Puts the outcomes of perform() into their boxes.
local function next_started(self)
  while true do
    if self.client and not (self.observed or self.calls) then return self.next(self.client) end -- all tags are slots
    local tag, response, err, details = next_outcome(self)
    if not (self.calls and self.calls[tag or false]) then return tag, response, err, details end
    keep(self, tag, response, err, details)
  end
end

---Returns the function wait() of whatsapp.transport.curl. wait() stays in libcurl until a request of start() has ended. It
---returns no value if the time is over, if the transport was closed, or if this libcurl cannot be used.
---@return fun(seconds: number): any, table?, string?, table? wait returns slot, response, err, details
function Libcurl:waiter()
  local common = self.inboxes.common
  return function(seconds)
    if common.first then return self.inboxes:take(common) end
    if self.closed then return end
    local client = self.client or self:open(2)
    if not client then return end
    local slot, response, err, details = next_started(self)
    if slot == nil then
      local deadline, left = libcurl.now() + seconds, seconds
      repeat
        client:wait(math.max(0, left))
        slot, response, err, details = next_started(self)
        if slot == nil and not self.closed then left = deadline - libcurl.now() end
      until slot ~= nil or common.first or self.closed or left <= 0
    end
    if slot == nil then return self.inboxes:take(common) end -- close() may have put an outcome there
    return slot, response, err, details
  end
end

-- ---- one at a time --------------------------------------------------------------------------------------------------------

local function step_of_call(self)
  self.client:wait(1)
  self:collect()
end

-- Sends a request with a progress function: waits in steps, and calls the function between two steps. Answers to other requests
-- stay in their boxes, for wait(). If code raises an error during the wait (Ctrl-C does so), ends the request, removes the file
-- of its answer, and raises the error again.
local function perform_observed(self, request, level)
  local box = self.inboxes.new_box()
  local call = self.inboxes:expect(box, box)
  self.calls = self.calls or {}
  self.calls[call] = true
  local added, err, details = add(self, request, call, level + 1)
  if added then
    while not box.first do
      local ok, raised = pcall(step_of_call, self)
      if not ok then
        if self.client then self.client:abort(call) end
        if request.to_file then os.remove(request.to_file) end -- this request made the file
        error(raised, 0)
      end
    end
    return select(2, self.inboxes:take(box))
  end
  self.calls[call] = nil
  self.inboxes:release(call)
  if added == nil then error(err, level + 1) end
  return nil, err, details
end

---Sends one request, and waits in libcurl for the answer.
---@param request table
---@param level integer the stack level of the caller to blame
---@return table? response
---@return string? err
---@return table? details
function Libcurl:perform(request, level)
  check(self, request, level + 1)
  if request.progress then return perform_observed(self, request, level + 1) end
  local client, err, details = self.client, nil, nil
  if not client then client, err, details = self:open(level + 1) end
  if not client then return nil, err, details end
  return client:perform(request)
end

-- ---- close ----------------------------------------------------------------------------------------------------------------

---Closes the client, and gives an outcome to each request that is under way. After this, wait() still returns these outcomes. A
---second call does nothing.
---@param wake (fun(box: table))? as in collect()
function Libcurl:close(wake)
  if self.closed then return end
  self:collect(wake) -- a request that has already ended keeps its outcome
  local client = self.client
  local tags, told = client and client:tags() or {}, {} -- before any change: these two lines raise if there is no memory
  for i in ipairs(tags) do told[i] = { kind = "transport", retryable = false, may_have_been_sent = true } end
  self.closed, self.client, self.observed = true, false, false
  if client then client:close() end
  for i, tag in ipairs(tags) do
    local box = keep(self, tag, nil, CLOSED, told[i])
    if box and wake then wake(box) end
  end
end

-- ---- Lua 5.1 --------------------------------------------------------------------------------------------------------------

local FIRM = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

---Raises if plain Lua 5.1 cannot suspend the coroutine that runs. Plain Lua 5.1 cannot suspend a coroutine within a pcall or
---within the iterator of a `for`, and raises its own error only when the coroutine waits: by then the request is under way, and
---its answer is lost. So the transports call this function before the request begins.
function libcurl.check_suspendable()
  if not FIRM then return end
  local level = 2
  local info = debug.getinfo(level, "nS")
  while info do
    local within = info.what == "C" and (info.name or "a C function") or info.name == "(for generator)" and "a for"
    if within then error(("Lua 5.1 cannot wait in an event loop within %s; nothing was sent"):format(within), 0) end
    level = level + 1
    info = debug.getinfo(level, "nS")
  end
end

return libcurl
