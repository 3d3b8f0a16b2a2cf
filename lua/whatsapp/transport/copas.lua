-- The transport over LuaSocket and LuaSec, for programs without libcurl. In a thread of Copas, only this thread waits, and the
-- loop goes on. Elsewhere, the transport blocks the process. The look-up of a host name always blocks. The transport speaks
-- HTTP/1.1, keeps its connections, and verifies each certificate and the name in it. Never sends a POST twice.
--
-- In this file, a plan is the table of one checked request; a box holds the answers of one inbox (see transport/inboxes).
local checked = require "whatsapp.transport.request"
local exchange = require "whatsapp.transport.copas.exchange"
local failures = require "whatsapp.transport.failure"
local http1 = require "whatsapp.transport.http1"
local inboxes = require "whatsapp.transport.inboxes"
local outcome = require "whatsapp.wire.outcome"
local util_options = require "whatsapp.util.options"
local values = require "whatsapp.util.values"
local waits = require "whatsapp.transport.copas.waits"

local M = {}

local LONGEST = 60 -- the longest single wait, in seconds

---@class whatsapp.copas_options
---@field timeout number? seconds for one attempt, 30 if absent
---@field connect_timeout number? seconds for the connection and TLS, 10 if absent
---@field ca_file string? file of trusted certificates; the system's certificates if absent
---@field user_agent string?
---@field allow_http boolean? true: plain http is allowed to every host
---@field max_body integer? largest size of an answer in bytes, 16 MiB if absent
---@field headers string[]? names in lower case: a response has only these headers; all headers if absent
---@field pool_size integer? number of idle connections that are kept, 32 if absent
---@field idle_timeout number? seconds that an idle connection is kept, 60 if absent

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", ca_file = "text", user_agent = "text", allow_http = "boolean",
  max_body = "bytes", headers = "names", pool_size = "count", idle_timeout = "seconds", proxy = "string",
}

local DEFAULTS = { timeout = 30, connect_timeout = 10, max_body = 16 * 1024 * 1024, pool_size = 32, idle_timeout = 60 }

local function settings_of(options, level)
  local settings = values.with_defaults(util_options.check(options, NEW, level + 1), DEFAULTS)
  if settings.proxy and settings.proxy ~= "" then
    error("option proxy: this transport cannot use a proxy; whatsapp.transport.curl can", level + 1)
  end
  settings.wanted = settings.headers and values.set(settings.headers)
  return settings
end

-- ---- one request ----------------------------------------------------------------------------------------------------------

-- Returns the plan of a request; or nil, err, details. Puts the bytes of files and forms into the body, because this transport
-- does not stream.
local function plan_of(state, request)
  local inlined, err, details = require("whatsapp.transport.inlined").request(request)
  if not inlined then return nil, err, details end
  local plan
  plan, err = checked.request(inlined, state.settings.allow_http, state.checked)
  if not plan then return outcome.invalid(err) end
  plan.request = inlined
  plan.timeout = request.timeout or state.settings.timeout
  plan.limit = request.to_file and (request.max_file or 100 * 1024 * 1024) or state.settings.max_body
  plan.last = (plan.headers.connection or ""):lower():find("close", 1, true) ~= nil
  plan.head = http1.head(plan, plan.body and #plan.body, state.settings.user_agent)
  return plan
end

-- sends a request, reads its answer, and writes the answer to a file if the request names one
local function perform(state, plan, pause)
  local response, err, details = exchange.run(state, plan, pause)
  if not response then return nil, err, details end
  local request = plan.request
  if not (request.to_file or request.progress) then return response end
  return require("whatsapp.send.body").saved(request, response)
end

local function wake(box)
  if box.waiter then waits.wake(box.waiter) end
end

-- Sends a request, and puts its answer into its box; runs in the thread of this request. If the transport was closed meanwhile,
-- does nothing: close() has given the request its outcome.
local function answer(state, plan, pause)
  local ok, response, err, details = values.protected(perform, state, plan, pause)
  if not ok then response, err, details = failures.lost(plan, values.text_of(response)) end
  local entry = plan.entry
  if not entry then return end
  plan.entry, state.under_way[plan] = nil, nil
  wake(state.inboxes.put(entry, response, err, details))
end

-- Begins a request in its own thread. A refused request gets its outcome at once.
local function start(state, request, slot, box)
  local plan, err, details = plan_of(state, request)
  local entry = state.inboxes:expect(slot, box)
  if not plan then
    wake(state.inboxes.put(entry, nil, err, details))
    return
  end
  plan.entry = entry
  state.under_way[plan] = true
  state.waits:spawn(function(pause) answer(state, plan, pause) end)
end

-- ---- waiting --------------------------------------------------------------------------------------------------------------

-- waits until an answer is in the box, the time is over, or the transport is closed
local function wait(state, box, seconds)
  local deadline = waits.now() + seconds
  local left = seconds
  while not (box.first or state.closed) and left > 0 do
    box.waiter = waits.current()
    state.waits:wait(box.waiter, math.min(left, LONGEST))
    box.waiter = nil
    left = deadline - waits.now()
  end
end

-- Gives an outcome to each request under way, ends its wait, and closes all connections.
local function close(state)
  if state.closed then return end
  state.closed = true
  local under_way = state.under_way
  state.under_way = {}
  for plan in pairs(under_way) do
    local entry = plan.entry
    plan.entry = nil
    wake(state.inboxes.put(entry, failures.closed()))
    if plan.socket then state.waits:cancel(plan.socket) end
  end
  for box in pairs(state.waiting) do wake(box) end
  state.pool:close()
end

---@param options whatsapp.copas_options?
---@return whatsapp.Transport transport callable, with
---now(), sleep(seconds), start(request, slot, inbox), wait(seconds, inbox), close()
function M.new(options)
  local settings = settings_of(options, 2)
  local state = {
    settings = settings, inboxes = inboxes.new(), checked = {}, closed = false, waits = waits.new(),
    pool = exchange.new_pool(settings), under_way = {}, waiting = setmetatable({}, { __mode = "k" }),
  }
  local transport = { streams = true, now = waits.now, sleep = waits.sleep }

  function transport.start(request, slot, inbox)
    checked.check_call(state, request, 2)
    checked.check_slot(slot, 2)
    start(state, request, slot, state.inboxes:box(inbox))
  end

  function transport.wait(seconds, inbox)
    local box = state.inboxes:box(inbox)
    if not (box.first or state.closed) then
      waits.check()
      if seconds > 0 then
        state.waiting[box] = true
        wait(state, box, seconds)
      else state.waits:look() end
    end
    return state.inboxes:take(box, inbox)
  end

  function transport.close() close(state) end

  local function call(_, request)
    checked.check_call(state, request, 2)
    waits.check()
    local box = state.inboxes.new_box()
    start(state, request, box, box)
    while not box.first do wait(state, box, LONGEST) end
    local _, response, err, details = state.inboxes:take(box)
    return response, err, details
  end
  return setmetatable(transport, { __call = call, __tostring = function() return "whatsapp.transport.copas" end })
end

return M
